//! Sends metrics and traces to a collector, as <https://opentelemetry.io/docs/specs/otlp/> says: protobuf
//! over HTTP.
//!
//! The messages are those of `opentelemetry-proto`, filled from figures that are there already. OpenTelemetry's
//! SDK would count everything a second time, on the path of each call, as it takes no histogram that is
//! already counted.

mod message;
mod target;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gateway::seen::{Fact, Sight, SpanIds};
use jiff::Timestamp;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::sync::watch;
use tracing::{info, warn};

use crate::log::TARGET;
use crate::metric::{self, Metric};
pub use target::{GATEWAY, SERVER, Sender, Target, TargetError};

/// How often spans are sent.
const SPANS_EVERY: Duration = Duration::from_secs(1);

/// Most spans that wait for a collector that does not answer.
const SPANS_MAX: usize = 16_384;

/// How long a collector may take once the gateway has stopped.
const LAST: Duration = Duration::from_secs(2);

/// What has figures, and perhaps spans.
pub trait Source: Send + Sync + 'static {
    /// The time.
    fn now(&self) -> Timestamp;
    /// All figures.
    fn metrics(&self) -> Vec<Metric>;
    /// What was noted since this was asked last.
    fn noted(&self) -> Vec<Noted> {
        Vec::new()
    }
}

impl Source for Sight {
    fn now(&self) -> Timestamp {
        Sight::now(self)
    }

    fn metrics(&self) -> Vec<Metric> {
        metric::all(&self.snapshot(), self.readiness().is_ready())
    }
}

/// Something that took its time, to be a span.
#[derive(Debug, Clone)]
pub struct Noted {
    /// What it is known by.
    pub ids: SpanIds,
    /// Whether it is the answer to a request of somebody else's, or a part of one.
    pub is_answer: bool,
    /// What it is called.
    pub name: String,
    /// When it began.
    pub at: Timestamp,
    /// How many microseconds it took.
    pub took_us: u64,
    /// Whether it ended as it should not.
    pub failed: bool,
    /// What else is said of it, in words.
    pub texts: Vec<(&'static str, String)>,
    /// And in numbers.
    pub numbers: Vec<(&'static str, i64)>,
}

/// Sends from a thread of its own, until it is dropped: then what is left is sent.
pub struct Sending {
    thread: Option<std::thread::JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

impl Sending {
    /// Begins to send figures as often as said, and whatever is noted each second.
    ///
    /// # Errors
    /// There is no thread for it.
    pub fn start(
        target: Target,
        metrics_every: Duration,
        source: Arc<dyn Source>,
    ) -> std::io::Result<Sending> {
        let exporter = Exporter::new(target, metrics_every, source);
        let (stop, mut stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let run = move || {
            runtime.block_on(async {
                tokio::select! {
                    () = exporter.clone().run() => {}
                    _ = stopped.wait_for(|stopped| *stopped) => {}
                }
                exporter.finish().await;
            });
            // A collector that does not answer holds nobody up.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("telemetry".to_string()).spawn(run)?;
        Ok(Sending { thread: Some(thread), stop })
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Sends to one collector.
#[derive(Clone)]
pub(crate) struct Exporter {
    target: Arc<Target>,
    source: Arc<dyn Source>,
    began: Timestamp,
    metrics_every: Duration,
    spans: Arc<Mutex<Vec<Span>>>,
}

impl Exporter {
    pub fn new(target: Target, metrics_every: Duration, source: Arc<dyn Source>) -> Exporter {
        let began = source.now();
        let metrics_every = metrics_every.max(Duration::from_millis(100));
        Exporter { target: Arc::new(target), source, began, metrics_every, spans: Arc::default() }
    }

    /// Takes what happened, to be sent.
    pub fn take(&self, facts: &[Fact]) {
        self.put(facts.iter().filter_map(message::span));
    }

    fn put(&self, spans: impl Iterator<Item = Span>) {
        let mut waiting = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        let room = SPANS_MAX.saturating_sub(waiting.len());
        waiting.extend(spans.take(room));
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
        self.put(self.source.noted().into_iter().map(message::noted));
        let locked = || self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        let spans = std::mem::take(&mut *locked());
        if spans.is_empty() {
            return Ok(false);
        }
        let body = message::traces(spans.clone(), &self.target).encode_to_vec();
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
        let (source, target) = (&self.source, &self.target);
        let message = message::metrics(source.metrics(), self.began, source.now(), target);
        let sent = self.target.send("v1/metrics", message.encode_to_vec()).await;
        sent.map(|()| true).map_err(|wrong| wrong.why)
    }
}
