//! Metrics in the text form that Prometheus reads, which is OpenMetrics.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::{Registry, Unit};

use crate::metric::{Metric, Value};

/// The content type of [`page`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Metrics, as they are now.
///
/// # Errors
/// The library cannot write them.
pub fn page(metrics: Vec<Metric>) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Page(metrics)));
    let mut text = String::new();
    text::encode(&mut text, &registry)?;
    Ok(text)
}

#[derive(Debug)]
struct Page(Vec<Metric>);

impl Collector for Page {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for metric in &self.0 {
            let Some((_, first)) = metric.values.first() else { continue };
            let kind = match first {
                Value::Count(_) | Value::Sum(_) => MetricType::Counter,
                Value::Gauge(_) => MetricType::Gauge,
                Value::Histogram(..) => MetricType::Histogram,
            };
            let unit = match metric.unit {
                "s" => Some(Unit::Seconds),
                "By" => Some(Unit::Bytes),
                _ => None,
            };
            let name = underscored(metric.name);
            let mut family = encoder.encode_descriptor(&name, metric.help, unit.as_ref(), kind)?;
            for (labels, value) in &metric.values {
                let labels: Vec<_> =
                    labels.iter().map(|(name, value)| (underscored(name), value)).collect();
                match labels.is_empty() {
                    true => write(&mut family, value)?,
                    false => write(&mut family.encode_family(&labels)?, value)?,
                }
            }
        }
        Ok(())
    }
}

fn underscored(name: &str) -> String {
    name.replace('.', "_")
}

/// No value has an example.
type NoExemplar<'a, T> = Option<&'a Exemplar<Vec<(String, String)>, T>>;

fn write(encoder: &mut MetricEncoder<'_>, value: &Value) -> Result<(), fmt::Error> {
    match value {
        Value::Count(count) => encoder.encode_counter(count, NoExemplar::<u64>::None),
        Value::Sum(sum) => encoder.encode_counter(sum, NoExemplar::<f64>::None),
        Value::Gauge(gauge) => encoder.encode_gauge(gauge),
        Value::Histogram(distribution, scale) => {
            // The library adds up buckets by itself; the last has no bound.
            let bounds = distribution.bounds.iter().map(|bound| scale.of(*bound));
            let buckets: Vec<_> =
                bounds.chain([f64::INFINITY]).zip(distribution.counts.iter().copied()).collect();
            let (sum, count) = (scale.of(distribution.sum), distribution.count());
            encoder.encode_histogram::<Vec<(String, String)>>(sum, count, &buckets, None)
        }
    }
}
