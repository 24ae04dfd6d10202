//! The figures as metrics, which `/metrics` shows and OTLP sends.
//!
//! Where OpenTelemetry's conventions for HTTP (<https://opentelemetry.io/docs/specs/semconv/http/http-metrics/>)
//! have a name, it is theirs; the others begin with `charter.server`.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use telemetry::metric::{Labels, Metric, Scale, Value, labels, metric, number};
use telemetry::otlp::{Noted, Source};

use super::count::{Kind, Times};
use super::{Login, Seen};

impl Source for Seen {
    fn now(&self) -> Timestamp {
        self.clock.read()
    }

    fn metrics(&self) -> Vec<Metric> {
        let mut all = self.of_requests();
        all.extend(self.of_the_journal());
        all.extend(of_the_process());
        all
    }

    fn noted(&self) -> Vec<Noted> {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.drain(..).collect()
    }
}

impl Seen {
    fn of_requests(&self) -> Vec<Metric> {
        let times = |times: &Times| Value::Histogram(times.distribution(), Scale::Micro);
        let (answers, waits, logins) = {
            let counts = self.counts();
            let answers = counts.answers.iter().map(|(kind, of)| (of_kind(kind), times(of)));
            let waits = counts.waits.iter().map(|(lane, of)| (labels([("lane", lane)]), times(of)));
            let logins = [(Login::LetIn, "let_in"), (Login::Refused, "refused")];
            let logins = logins.map(|(ended, word)| {
                let count = counts.logins.get(&ended).copied().unwrap_or_default();
                (labels([("outcome", word)]), Value::Count(count))
            });
            (answers.collect::<Vec<_>>(), waits.collect::<Vec<_>>(), logins)
        };
        vec![
            metric(
                "http.server.request.duration",
                "s",
                "How long it took until the answer to a request began",
                answers,
            ),
            metric(
                "charter.server.desk_wait",
                "s",
                "How long what a request needs of the workspace waited for a thread",
                waits,
            ),
            metric(
                "charter.server.logins",
                "",
                "Passwords, codes and words of a provider by which somebody was let in or not",
                logins,
            ),
            metric(
                "charter.server.listeners",
                "",
                "Streams of events that are open now",
                // One of them is ours, who hear of the journal by it.
                one(Value::Gauge(number(self.news.listeners().saturating_sub(1) as u64))),
            ),
        ]
    }

    fn of_the_journal(&self) -> Vec<Metric> {
        let head = self.head.load(Ordering::Relaxed);
        vec![
            metric(
                "charter.server.journal_position",
                "",
                "The position of the last event that was heard of",
                one(Value::Gauge(number(head))),
            ),
            metric(
                "charter.server.journal_events",
                "",
                "Events that came in since the server began, whoever entered them",
                one(Value::Count(head.saturating_sub(self.began_at))),
            ),
        ]
    }
}

fn of_kind(Kind { route, method, class }: &Kind) -> Labels {
    labels([("http.route", route), ("http.request.method", method), ("status", class)])
}

fn of_the_process() -> Option<Metric> {
    let resident = resident_bytes()?;
    Some(metric(
        "process.resident_memory",
        "By",
        "Memory that the process has",
        one(Value::Gauge(number(resident))),
    ))
}

/// What Linux says; nothing elsewhere.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn one(value: Value) -> [(Labels, Value); 1] {
    [(Labels::new(), value)]
}
