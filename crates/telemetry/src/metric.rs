//! The table of all metrics, from which both forms are written.
//!
//! Where OpenTelemetry's conventions for generative AI
//! (<https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/>) have a name, it is theirs; the
//! others begin with `charter.gateway`. Labels are words of the settings or the agreement alone.

use gateway::meter::Outcome;
use gateway::seen::{CLASSES, Counted, Distribution, Snapshot};
use gateway::upstream::health::Circuit;
use rust_decimal::prelude::ToPrimitive;

/// Labels of one value. They are words of the settings, the agreement or the program, and never a caller's.
pub type Labels = Vec<(&'static str, String)>;

/// One metric, with its values by their labels.
#[derive(Debug)]
pub struct Metric {
    /// Its name, with dots.
    pub name: &'static str,
    /// What it says, as one sentence without a full stop.
    pub help: &'static str,
    /// What it is measured in: `s`, `By` for bytes, or nothing.
    pub unit: &'static str,
    /// Its values.
    pub values: Vec<(Labels, Value)>,
}

/// A value of a metric.
#[derive(Debug)]
pub enum Value {
    /// It only grows.
    Count(u64),
    /// It only grows, and need not be whole.
    Sum(f64),
    /// It comes and goes.
    Gauge(f64),
    /// How often values were within bounds, in units of which `scale` make one of the metric's.
    Histogram(Distribution, Scale),
}

/// How many units of a distribution make one of its metric's.
#[derive(Debug, Clone, Copy)]
pub enum Scale {
    /// They are the same.
    One,
    /// Microseconds, of a metric in seconds.
    Micro,
}

impl Scale {
    /// A value of the distribution in units of the metric.
    pub fn of(self, value: u64) -> f64 {
        match self {
            Scale::One => number(value),
            Scale::Micro => number(value) / 1e6,
        }
    }
}

/// The operation's name in OpenTelemetry's conventions, which have few.
pub fn operation(endpoint: &str) -> &str {
    match endpoint {
        "chat_completions" | "responses" => "chat",
        "completions" => "text_completion",
        other => other,
    }
}

/// What kind of error an outcome is, if it is one.
pub fn error_type(outcome: Outcome) -> Option<&'static str> {
    (outcome != Outcome::Complete).then(|| outcome.word())
}

/// All metrics of a gateway.
pub fn all(snapshot: &Snapshot, is_ready: bool) -> Vec<Metric> {
    let mut all = of_calls(snapshot);
    all.extend(of_attempts(snapshot));
    all.extend(of_speed(snapshot));
    all.extend(of_upstreams(snapshot));
    all.extend(of_rows(snapshot));
    all.extend(of_process(snapshot, is_ready));
    all
}

/// Metrics count on in doubles, which hold every whole number up to 2⁵³.
pub fn number(value: u64) -> f64 {
    value as f64
}

/// One metric.
pub fn metric(
    name: &'static str,
    unit: &'static str,
    help: &'static str,
    values: impl IntoIterator<Item = (Labels, Value)>,
) -> Metric {
    Metric { name, help, unit, values: values.into_iter().collect() }
}

/// Labels with their values.
pub fn labels<const N: usize>(labels: [(&'static str, &str); N]) -> Labels {
    labels.into_iter().map(|(name, value)| (name, value.to_string())).collect()
}

fn with(labels: &Labels, more: [(&'static str, &str); 2]) -> Labels {
    let more = more.into_iter().map(|(name, value)| (name, value.to_string()));
    labels.iter().cloned().chain(more).collect()
}

fn ends(labels: Labels, ends: &[Counted]) -> impl Iterator<Item = (Labels, Value)> {
    ends.iter().map(move |end| {
        let more = [("outcome", end.outcome.word()), ("status", end.status.word())];
        (with(&labels, more), Value::Count(end.count))
    })
}

fn of_calls(snapshot: &Snapshot) -> Vec<Metric> {
    let calls = snapshot.calls.iter().flat_map(|of| {
        let of_key = [("key", &*of.key), ("product", &of.product), ("channel", &of.channel)];
        let [key, product, channel] = of_key;
        let route = ("route", &*of.route);
        ends(labels([key, product, channel, route, ("endpoint", &of.operation)]), &of.ends)
    });
    let refusals = snapshot
        .refusals
        .iter()
        .map(|of| (labels([("key", &of.key), ("reason", &of.reason)]), Value::Count(of.count)));
    let clauses = snapshot.clauses.iter();
    let clauses = clauses.map(|of| (labels([("clause", &of.clause)]), Value::Count(of.count)));
    vec![
        metric("charter.gateway.calls", "", "Calls that have ended", calls),
        metric(
            "charter.gateway.refusals",
            "",
            "Calls that got an answer of the gateway's own, by its code",
            refusals,
        ),
        metric(
            "charter.gateway.refusals_by_clause",
            "",
            "Refusals of the agreement's, once for each clause they cite",
            clauses,
        ),
    ]
}

fn of_attempts(snapshot: &Snapshot) -> Vec<Metric> {
    let of = |at: usize| {
        let of = &snapshot.attempts[at];
        labels([
            ("key", &of.key),
            ("product", &of.product),
            ("channel", &of.channel),
            ("route", &of.route),
            ("endpoint", &of.operation),
            ("upstream", &of.upstream),
            ("model", &of.model),
        ])
    };
    let all = || snapshot.attempts.iter().enumerate();
    let attempts = all().flat_map(|(at, figures)| ends(of(at), &figures.ends));
    let tokens = all().flat_map(|(at, figures)| {
        let counts = CLASSES.into_iter().zip(figures.tokens.by_class());
        counts.filter(|(_, count)| *count > 0).map(move |(class, count)| {
            let mut labels = of(at);
            labels.push(("class", class.to_string()));
            (labels, Value::Count(count))
        })
    });
    let cost =
        all().map(|(at, figures)| (of(at), Value::Sum(figures.cost.to_f64().unwrap_or(0.0))));
    let unknown = all().map(|(at, figures)| (of(at), Value::Count(figures.unknown)));
    vec![
        metric("charter.gateway.attempts", "", "Attempts at upstreams that have ended", attempts),
        metric(
            "charter.gateway.tokens",
            "",
            "Tokens that attempts used, in classes that do not overlap",
            tokens,
        ),
        metric(
            "charter.gateway.cost",
            "",
            "What attempts cost in the price list's currency; the rows have it exactly",
            cost,
        ),
        metric(
            "charter.gateway.unknown_usage",
            "",
            "Attempts of which nobody knows what they used",
            unknown,
        ),
    ]
}

fn of_speed(snapshot: &Snapshot) -> Vec<Metric> {
    let of_route = |figures: fn(&gateway::seen::RouteFigures) -> &Distribution| {
        snapshot.routes.iter().map(move |of| {
            let labels = labels([
                ("gen_ai.request.model", &of.route),
                ("gen_ai.operation.name", operation(&of.operation)),
                ("endpoint", &of.operation),
            ]);
            (labels, Value::Histogram(figures(of).clone(), Scale::Micro))
        })
    };
    let targets = || snapshot.targets.iter();
    let of_target = |of: &gateway::seen::TargetFigures| {
        labels([
            ("gen_ai.request.model", &of.model),
            ("gen_ai.operation.name", operation(&of.operation)),
            ("gen_ai.provider.name", &of.provider),
            ("server.address", &of.address),
            ("server.port", &of.port.to_string()),
            ("endpoint", &of.operation),
            ("route", &of.route),
            ("upstream", &of.upstream),
        ])
    };
    let duration = targets().flat_map(|of| {
        of.duration_us.iter().map(move |(outcome, distribution)| {
            let mut labels = of_target(of);
            labels.push(("error.type", error_type(*outcome).unwrap_or_default().to_string()));
            (labels, Value::Histogram(distribution.clone(), Scale::Micro))
        })
    });
    let first = targets()
        .map(|of| (of_target(of), Value::Histogram(of.first_byte_us.clone(), Scale::Micro)));
    let tokens = targets().flat_map(|of| {
        let both = [("input", &of.read_tokens), ("output", &of.written_tokens)];
        both.into_iter().map(move |(kind, distribution)| {
            let mut labels = of_target(of);
            labels.push(("gen_ai.token.type", kind.to_string()));
            (labels, Value::Histogram(distribution.clone(), Scale::One))
        })
    });
    vec![
        metric(
            "gen_ai.server.request.duration",
            "s",
            "How long calls took that were not refused",
            of_route(|of| &of.duration_us),
        ),
        metric(
            "gen_ai.server.time_to_first_token",
            "s",
            "When the first byte of a complete answer came, from the call's first byte on",
            of_route(|of| &of.first_byte_us),
        ),
        metric(
            "charter.gateway.added_latency",
            "s",
            "What the gateway took before it asked an upstream, the client's body not waited for",
            of_route(|of| &of.added_us),
        ),
        metric("gen_ai.client.operation.duration", "s", "How long attempts took", duration),
        metric(
            "gen_ai.client.operation.time_to_first_chunk",
            "s",
            "When the first byte of an answer came, from the attempt's beginning on",
            first,
        ),
        metric("gen_ai.client.token.usage", "", "How many tokens attempts used", tokens),
    ]
}

fn of_upstreams(snapshot: &Snapshot) -> Vec<Metric> {
    let all = || snapshot.upstreams.iter();
    let of = |of: &gateway::seen::UpstreamFigures| {
        labels([("upstream", &of.upstream), ("host", &of.host)])
    };
    let circuits = all().flat_map(|figures| {
        let states = [
            ("closed", Circuit::Closed),
            ("half_open", Circuit::HalfOpen),
            ("open", Circuit::Open),
        ];
        states.into_iter().map(move |(word, circuit)| {
            let mut labels = of(figures);
            labels.push(("state", word.to_string()));
            (labels, Value::Gauge(f64::from(figures.circuit == circuit)))
        })
    });
    let limits = all().filter_map(|figures| {
        Some((of(figures), Value::Gauge(f64::from(figures.concurrency_max?))))
    });
    vec![
        metric(
            "charter.gateway.upstream_circuit",
            "",
            "1 for the state in which an upstream's circuit is",
            circuits,
        ),
        metric(
            "charter.gateway.upstream_circuit_opened",
            "",
            "How often an upstream's circuit was opened",
            all().map(|figures| (of(figures), Value::Count(figures.opened))),
        ),
        metric(
            "charter.gateway.upstream_calls",
            "",
            "Calls at an upstream now",
            all().map(|figures| (of(figures), Value::Gauge(number(figures.in_flight)))),
        ),
        metric(
            "charter.gateway.upstream_calls_max",
            "",
            "Most calls at an upstream at once, where settings limit them",
            limits,
        ),
    ]
}

fn of_rows(snapshot: &Snapshot) -> Vec<Metric> {
    let rows = &snapshot.rows;
    let one = |value| [(Labels::new(), value)];
    let last = rows.last_roll.map(|last| {
        let since_1970 = u64::try_from(last.as_millisecond()).unwrap_or(0);
        (Labels::new(), Value::Gauge(number(since_1970) / 1e3))
    });
    vec![
        metric("charter.gateway.rows", "", "Rows written", one(Value::Count(rows.written))),
        metric(
            "charter.gateway.rows_rolled",
            "",
            "Rows taken over into the usage store",
            one(Value::Count(rows.rolled)),
        ),
        metric(
            "charter.gateway.rows_waiting",
            "",
            "Rows that are not in the usage store yet",
            one(Value::Gauge(number(rows.waiting))),
        ),
        metric(
            "charter.gateway.rows_unsynced_age",
            "s",
            "How long the oldest row has waited for the disk; 0 if none waits",
            one(Value::Gauge(Scale::Micro.of(rows.unsynced_us))),
        ),
        metric(
            "charter.gateway.rows_sound",
            "",
            "1 if rows can be written; if not, no call is carried",
            one(Value::Gauge(f64::from(rows.sound))),
        ),
        metric(
            "charter.gateway.last_roll_time",
            "s",
            "When rows were last taken over, in seconds since 1970",
            last,
        ),
    ]
}

fn of_process(snapshot: &Snapshot, is_ready: bool) -> Vec<Metric> {
    let one = |value: u64| [(Labels::new(), Value::Gauge(number(value)))];
    let budgets = || snapshot.budgets.iter();
    let of = |of: &gateway::seen::BudgetFigures| labels([("key", &of.key), ("period", &of.period)]);
    let tokens = budgets()
        .filter_map(|budget| Some((of(budget), Value::Gauge(number(budget.tokens_left?)))));
    let money = budgets()
        .filter_map(|budget| Some((of(budget), Value::Gauge(budget.money_left?.to_f64()?))));
    let forgotten = [(Labels::new(), Value::Count(snapshot.forgotten_facts))];
    vec![
        metric("charter.gateway.ready", "", "1 if calls are taken", one(u64::from(is_ready))),
        metric("charter.gateway.workers", "", "Threads that carry calls", {
            one(snapshot.workers as u64)
        }),
        metric("charter.gateway.running_calls", "", "Calls that run now", one(snapshot.running)),
        metric(
            "charter.gateway.running_streams",
            "",
            "Answers that are streams and run now",
            one(snapshot.streams),
        ),
        metric(
            "charter.gateway.connections",
            "",
            "Connections of clients now",
            one(snapshot.connections),
        ),
        metric(
            "charter.gateway.budget_tokens_left",
            "",
            "Tokens left of a key's budget, after what is kept for calls that run",
            tokens,
        ),
        metric(
            "charter.gateway.budget_money_left",
            "",
            "Money left of a key's budget, in the price list's currency",
            money,
        ),
        metric(
            "charter.gateway.forgotten_facts",
            "",
            "Lines and spans that nobody could take in time",
            forgotten,
        ),
    ]
}
