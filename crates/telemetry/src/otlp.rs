//! Sends metrics and traces to a collector, as <https://opentelemetry.io/docs/specs/otlp/> says: protobuf
//! over HTTP.
//!
//! The messages are those of `opentelemetry-proto`, filled from the gateway's own figures. OpenTelemetry's
//! SDK would count everything a second time, on the path of each call, as it takes no histogram that is
//! already counted.

mod message;
mod target;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gateway::config::TelemetrySettings;
use gateway::seen::{Fact, Sight};
use jiff::Timestamp;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tracing::{info, warn};

use crate::log::TARGET;
pub use target::{Target, TargetError};

/// How often spans are sent.
const SPANS_EVERY: Duration = Duration::from_secs(1);

/// Most spans that wait for a collector that does not answer.
const SPANS_MAX: usize = 16_384;

/// How long a collector may take once the gateway has stopped.
const LAST: Duration = Duration::from_secs(2);

/// Sends to one collector.
#[derive(Clone)]
pub(crate) struct Exporter {
    target: Arc<Target>,
    sight: Sight,
    began: Timestamp,
    metrics_every: Duration,
    spans: Arc<Mutex<Vec<Span>>>,
}

impl Exporter {
    pub fn new(
        target: Target,
        settings: &TelemetrySettings,
        sight: Sight,
    ) -> Result<Exporter, TargetError> {
        let began = sight.now();
        let metrics_every = Duration::from_millis(settings.metrics_every_ms.max(100));
        Ok(Exporter {
            target: Arc::new(target),
            sight,
            began,
            metrics_every,
            spans: Arc::default(),
        })
    }

    /// Takes spans to send.
    pub fn take(&self, facts: &[Fact]) {
        let mut waiting = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        let room = SPANS_MAX.saturating_sub(waiting.len());
        waiting.extend(facts.iter().filter_map(message::span).take(room));
    }

    /// Sends until nobody lets it any more.
    pub async fn run(self) {
        let mut spans = tokio::time::interval(SPANS_EVERY);
        let mut metrics = tokio::time::interval(self.metrics_every);
        let mut is_down = false;
        loop {
            let sent = tokio::select! {
                _ = spans.tick() => self.send_spans().await,
                _ = metrics.tick() => self.send_metrics().await,
            };
            match sent {
                Ok(false) => {}
                Ok(true) if is_down => {
                    is_down = false;
                    info!(target: TARGET, event = "collector_answers");
                }
                Ok(true) => {}
                Err(wrong) if !is_down => {
                    is_down = true;
                    warn!(target: TARGET, event = "collector_fails", wrong);
                }
                Err(_) => {}
            }
        }
    }

    /// Sends what is left.
    pub async fn finish(&self) {
        let both = async {
            let _ = self.send_spans().await;
            let _ = self.send_metrics().await;
        };
        let _ = tokio::time::timeout(LAST, both).await;
    }

    /// Whether there was anything to send. What could not be sent waits for the next time.
    async fn send_spans(&self) -> Result<bool, String> {
        let locked = || self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        let spans = std::mem::take(&mut *locked());
        if spans.is_empty() {
            return Ok(false);
        }
        let body = message::traces(spans.clone(), self.target.service()).encode_to_vec();
        let sent = self.target.send("v1/traces", body).await;
        if let Err(wrong) = &sent
            && wrong.may_pass
        {
            let mut waiting = locked();
            let room = SPANS_MAX.saturating_sub(waiting.len());
            waiting.splice(0..0, spans.into_iter().take(room));
        }
        sent.map(|()| true).map_err(|wrong| wrong.why)
    }

    async fn send_metrics(&self) -> Result<bool, String> {
        let snapshot = self.sight.snapshot();
        let is_ready = self.sight.readiness().is_ready();
        let message = message::metrics(&snapshot, is_ready, self.began, self.target.service());
        let sent = self.target.send("v1/metrics", message.encode_to_vec()).await;
        sent.map(|()| true).map_err(|wrong| wrong.why)
    }
}
