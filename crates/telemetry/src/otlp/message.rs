//! Figures and facts as the protocol's messages.

use gateway::meter::Outcome;
use gateway::seen::{AttemptFact, CallFact, Fact, SpanIds};
use jiff::Timestamp;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum, metric::Data, number_data_point::Value as Number,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use rust_decimal::prelude::ToPrimitive;

use super::Noted;
use super::target::Target;
use crate::metric::{self, Labels, Value, error_type, operation};

/// The span of a fact, if it has one.
pub fn span(fact: &Fact) -> Option<Span> {
    match fact {
        Fact::Call(call) => Some(of_call(call, call.ids?)),
        Fact::Attempt(attempt) => Some(of_attempt(attempt)),
    }
}

/// Spans as they are sent.
pub fn traces(spans: Vec<Span>, target: &Target) -> ExportTraceServiceRequest {
    let scope_spans = ScopeSpans { scope: Some(scope(target)), spans, ..ScopeSpans::default() };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource(target)),
            scope_spans: vec![scope_spans],
            ..ResourceSpans::default()
        }],
    }
}

/// All metrics as they are sent, of between two instants.
pub fn metrics(
    all: Vec<metric::Metric>,
    from: Timestamp,
    to: Timestamp,
    target: &Target,
) -> ExportMetricsServiceRequest {
    let at = Between { from: nanos(from), to: nanos(to) };
    let metrics = all.into_iter().filter_map(|metric| of_metric(metric, at)).collect();
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(resource(target)),
            scope_metrics: vec![ScopeMetrics {
                scope: Some(scope(target)),
                metrics,
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    }
}

/// From when to when figures are.
#[derive(Clone, Copy)]
struct Between {
    from: u64,
    to: u64,
}

fn of_metric(metric: metric::Metric, at: Between) -> Option<Metric> {
    let cumulative = AggregationTemporality::Cumulative.into();
    let values = metric.values;
    let data = match values.first()?.1 {
        Value::Count(_) | Value::Sum(_) => Data::Sum(Sum {
            data_points: values.into_iter().filter_map(|value| point(value, at)).collect(),
            aggregation_temporality: cumulative,
            is_monotonic: true,
        }),
        Value::Gauge(_) => Data::Gauge(Gauge {
            data_points: values.into_iter().filter_map(|value| point(value, at)).collect(),
        }),
        Value::Histogram(..) => Data::Histogram(Histogram {
            data_points: values.into_iter().filter_map(|value| bars(value, at)).collect(),
            aggregation_temporality: cumulative,
        }),
    };
    let unit = if metric.unit.is_empty() { "1" } else { metric.unit };
    Some(Metric {
        name: metric.name.to_string(),
        description: metric.help.to_string(),
        unit: unit.to_string(),
        data: Some(data),
        ..Metric::default()
    })
}

fn point((labels, value): (Labels, Value), at: Between) -> Option<NumberDataPoint> {
    let value = match value {
        Value::Count(count) => Number::AsInt(i64::try_from(count).unwrap_or(i64::MAX)),
        Value::Sum(number) | Value::Gauge(number) => Number::AsDouble(number),
        Value::Histogram(..) => return None,
    };
    Some(NumberDataPoint {
        attributes: attributes(labels),
        start_time_unix_nano: at.from,
        time_unix_nano: at.to,
        value: Some(value),
        ..NumberDataPoint::default()
    })
}

fn bars((labels, value): (Labels, Value), at: Between) -> Option<HistogramDataPoint> {
    let Value::Histogram(distribution, scale) = value else { return None };
    Some(HistogramDataPoint {
        attributes: attributes(labels),
        start_time_unix_nano: at.from,
        time_unix_nano: at.to,
        count: distribution.count(),
        sum: Some(scale.of(distribution.sum)),
        explicit_bounds: distribution.bounds.iter().map(|bound| scale.of(*bound)).collect(),
        bucket_counts: distribution.counts,
        ..HistogramDataPoint::default()
    })
}

/// What is empty is not there.
fn attributes(labels: Labels) -> Vec<KeyValue> {
    let said = labels.into_iter().filter(|(_, value)| !value.is_empty());
    said.map(|(name, value)| match (name, value.parse()) {
        ("server.port", Ok(port)) => attribute(name, Any::IntValue(port)),
        _ => attribute(name, Any::StringValue(value)),
    })
    .collect()
}

/// The span of what was noted.
pub fn noted(noted: Noted) -> Span {
    let mut said = Said::default();
    for (name, value) in &noted.texts {
        said.text(name, value);
    }
    for (name, value) in noted.numbers {
        said.number(name, value);
    }
    let kind = if noted.is_answer { SpanKind::Server } else { SpanKind::Internal };
    named(noted.name, noted.ids, kind, (noted.at, noted.took_us), said.0, noted.failed)
}

fn of_call(call: &CallFact, ids: SpanIds) -> Span {
    let mut said = Said::default();
    said.text("gen_ai.operation.name", operation(call.operation));
    said.text("gen_ai.request.model", &call.route);
    said.text("charter.endpoint", call.operation);
    said.text("charter.key", &call.key);
    said.text("charter.product", &call.product);
    said.text("charter.channel", &call.channel);
    said.text("charter.outcome", call.outcome.word());
    if let Some(request) = call.request {
        said.text("charter.request", &request.to_string());
    }
    said.text("charter.clauses", &call.clauses.join(" "));
    said.number("http.response.status_code", call.status.into());
    said.seconds("charter.time_to_first_byte", call.first_byte_us);
    let error = call.reason.or(error_type(call.outcome));
    said.text("error.type", error.unwrap_or_default());
    let name = format!("{} {}", operation(call.operation), call.route);
    // A refusal is an answer as it should be; only what failed here or behind is an error.
    let failed = error.is_some() && !(400..500).contains(&call.status);
    named(name, ids, SpanKind::Server, (call.at, call.took_us), said.0, failed)
}

fn of_attempt(attempt: &AttemptFact) -> Span {
    let mut said = Said::default();
    said.text("gen_ai.operation.name", operation(attempt.operation));
    said.text("gen_ai.provider.name", attempt.provider);
    said.text("gen_ai.request.model", &attempt.deployment);
    said.text("server.address", &attempt.address);
    said.number("server.port", attempt.port.into());
    said.number("http.response.status_code", attempt.status.into());
    said.seconds("gen_ai.response.time_to_first_chunk", attempt.first_byte_us);
    let tokens = &attempt.tokens;
    if tokens.total() > 0 {
        for (name, count) in [
            ("gen_ai.usage.input_tokens", tokens.read()),
            ("gen_ai.usage.output_tokens", tokens.written()),
            ("gen_ai.usage.cache_read.input_tokens", tokens.cached),
            ("gen_ai.usage.cache_creation.input_tokens", tokens.cache_write),
            ("gen_ai.usage.reasoning.output_tokens", tokens.reasoning),
        ] {
            said.number(name, i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
    said.text("charter.endpoint", attempt.operation);
    said.text("charter.route", &attempt.route);
    said.text("charter.model", &attempt.model);
    said.text("charter.upstream", &attempt.upstream);
    said.text("charter.host", &attempt.host);
    said.text("charter.decision", &attempt.decision);
    said.text("charter.request", &attempt.request.to_string());
    said.number("charter.attempt", attempt.number.into());
    said.text("charter.outcome", attempt.outcome.word());
    if let Some(cost) = attempt.cost.and_then(|cost| cost.to_f64()) {
        said.0.push(attribute("charter.cost", Any::DoubleValue(cost)));
    }
    let error = error_type(attempt.outcome);
    match attempt.status {
        400.. => said.text("error.type", &attempt.status.to_string()),
        _ => said.text("error.type", error.unwrap_or_default()),
    }
    let name = format!("{} {}", operation(attempt.operation), attempt.deployment);
    let time = (attempt.at, attempt.took_us);
    // That another was faster is how it should be.
    let failed = error.is_some() && attempt.outcome != Outcome::Outrun;
    named(name, attempt.ids, SpanKind::Client, time, said.0, failed)
}

fn named(
    name: String,
    ids: SpanIds,
    kind: SpanKind,
    (at, took_us): (Timestamp, u64),
    attributes: Vec<KeyValue>,
    failed: bool,
) -> Span {
    let began = nanos(at);
    let status = Status { code: StatusCode::Error.into(), ..Status::default() };
    Span {
        trace_id: ids.trace.to_vec(),
        span_id: ids.span.to_vec(),
        parent_span_id: ids.parent.map(|parent| parent.to_vec()).unwrap_or_default(),
        // It is sampled.
        flags: 1,
        name: name.trim_end().to_string(),
        kind: kind.into(),
        start_time_unix_nano: began,
        end_time_unix_nano: began.saturating_add(took_us.saturating_mul(1000)),
        attributes,
        status: failed.then_some(status),
        ..Span::default()
    }
}

/// Attributes of a span. What is empty is not there.
#[derive(Default)]
struct Said(Vec<KeyValue>);

impl Said {
    fn text(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.0.push(attribute(name, Any::StringValue(value.to_string())));
        }
    }

    fn number(&mut self, name: &str, value: i64) {
        if value != 0 {
            self.0.push(attribute(name, Any::IntValue(value)));
        }
    }

    fn seconds(&mut self, name: &str, micros: u64) {
        if micros != 0 {
            let seconds = metric::Scale::Micro.of(micros);
            self.0.push(attribute(name, Any::DoubleValue(seconds)));
        }
    }
}

fn attribute(name: &str, value: Any) -> KeyValue {
    let value = AnyValue { value: Some(value) };
    KeyValue { key: name.to_string(), value: Some(value), ..KeyValue::default() }
}

fn resource(target: &Target) -> Resource {
    let text = |text: &str| Any::StringValue(text.to_string());
    Resource {
        attributes: vec![
            attribute("service.name", text(&target.service)),
            attribute("service.version", text(env!("CARGO_PKG_VERSION"))),
        ],
        ..Resource::default()
    }
}

fn scope(target: &Target) -> InstrumentationScope {
    InstrumentationScope {
        name: target.scope.to_string(),
        version: env!("CARGO_PKG_VERSION").to_string(),
        ..InstrumentationScope::default()
    }
}

fn nanos(at: Timestamp) -> u64 {
    u64::try_from(at.as_nanosecond()).unwrap_or(0)
}
