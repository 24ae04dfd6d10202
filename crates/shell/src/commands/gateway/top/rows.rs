//! Figures of a gateway between two looks at it, by route, upstream and key.

use std::collections::BTreeMap;

use ::gateway::meter::Outcome;
use ::gateway::seen::{Counted, Distribution, Snapshot};
use ::gateway::upstream::health::Circuit;
use rust_decimal::Decimal;
use serde::Serialize;

/// What figures are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum By {
    /// The name that is asked for
    Route,
    /// Who answers
    Upstream,
    /// Who calls
    Key,
}

/// Figures between two looks.
#[derive(Debug, Serialize)]
pub struct View {
    at: jiff::Timestamp,
    /// Over how many milliseconds rates are taken.
    over_ms: u64,
    running: u64,
    streams: u64,
    connections: u64,
    cost_of_hour: Decimal,
    rows_waiting: u64,
    rows_sound: bool,
    routes: Vec<Line>,
    upstreams: Vec<Line>,
    keys: Vec<Line>,
}

/// Figures of one route, upstream or key.
#[derive(Debug, Default, Serialize)]
pub struct Line {
    name: String,
    /// Calls or attempts that ended in 1,000 seconds.
    calls_per_1000_s: u64,
    /// Tokens in 1,000 seconds.
    tokens_per_1000_s: u64,
    /// Half of first bytes came within so many microseconds; none if none came.
    first_byte_p50_us: Option<u64>,
    /// 99 of 100 did.
    first_byte_p99_us: Option<u64>,
    /// Since the start, as are errors and refusals.
    calls: u64,
    errors: u64,
    refusals: u64,
    cost_of_hour: Decimal,
    #[serde(skip_serializing_if = "Option::is_none")]
    circuit: Option<Circuit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_flight: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget_left: Option<String>,
}

/// What is added up before it is made a line of.
#[derive(Default)]
struct Sums {
    calls: u64,
    tokens: u64,
    errors: u64,
    refusals: u64,
    cost_of_hour: Decimal,
    first_byte: Option<Distribution>,
}

impl By {
    /// That which comes after it.
    pub fn next(self) -> By {
        match self {
            By::Route => By::Upstream,
            By::Upstream => By::Key,
            By::Key => By::Route,
        }
    }

    /// What columns are called. How long keys wait is not measured, and no upstream refuses.
    pub fn header(self) -> Vec<&'static str> {
        let mut header = match self {
            By::Route => vec!["route", "calls/s", "tok/s", "p50", "p99"],
            By::Upstream => vec!["upstream", "calls/s", "tok/s", "p50", "p99"],
            By::Key => vec!["key", "calls/s", "tok/s"],
        };
        header.extend(match self {
            By::Route => &["errors", "refused", "cost/h"][..],
            By::Upstream => &["errors", "cost/h", "circuit"],
            By::Key => &["errors", "refused", "cost/h", "budget left"],
        });
        header
    }
}

impl Line {
    /// What stands in columns.
    pub fn cells(&self, by: By) -> Vec<String> {
        let wait = |us: Option<u64>| us.map_or_else(|| "-".to_string(), span);
        let mut cells =
            vec![self.name.clone(), rate(self.calls_per_1000_s), rate(self.tokens_per_1000_s)];
        if by != By::Key {
            cells.extend([self.first_byte_p50_us, self.first_byte_p99_us].map(wait));
        }
        cells.push(self.errors.to_string());
        if by != By::Upstream {
            cells.push(self.refusals.to_string());
        }
        cells.push(money(self.cost_of_hour));
        match by {
            By::Route => {}
            By::Upstream => cells.push(match self.circuit {
                Some(Circuit::Closed) => "closed".to_string(),
                Some(Circuit::HalfOpen) => "HALF OPEN".to_string(),
                Some(Circuit::Open) => "OPEN".to_string(),
                None => "gone".to_string(),
            }),
            By::Key => cells.push(self.budget_left.clone().unwrap_or_default()),
        }
        cells
    }

    /// Whether somebody should look.
    pub fn is_bad(&self) -> bool {
        self.circuit.is_some_and(|circuit| circuit != Circuit::Closed)
    }
}

impl View {
    /// What happened between two looks, and has since the start.
    pub fn of(before: &Snapshot, now: &Snapshot) -> View {
        let over_ms = u64::try_from(now.at.duration_since(before.at).as_millis()).unwrap_or(0);
        let lines = |by| lines(&sums(before, by), &sums(now, by), over_ms);
        let mut upstreams = lines(By::Upstream);
        for figures in &now.upstreams {
            let line = of_name(&mut upstreams, &figures.upstream);
            line.circuit = Some(figures.circuit);
            line.in_flight = Some(figures.in_flight);
        }
        let mut keys = lines(By::Key);
        for budget in &now.budgets {
            let amount = budget.money_left.map(money);
            let tokens = budget.tokens_left.map(|tokens| format!("{tokens} tok"));
            let left: Vec<_> = amount.into_iter().chain(tokens).collect();
            of_name(&mut keys, &budget.key).budget_left = Some(left.join(", "));
        }
        View {
            at: now.at,
            over_ms,
            running: now.running,
            streams: now.streams,
            connections: now.connections,
            cost_of_hour: now.attempts.iter().map(|of| of.cost_of_hour).sum(),
            rows_waiting: now.rows.waiting,
            rows_sound: now.rows.sound,
            routes: lines(By::Route),
            upstreams,
            keys,
        }
    }

    /// Its lines.
    pub fn rows(&self, by: By) -> &[Line] {
        match by {
            By::Route => &self.routes,
            By::Upstream => &self.upstreams,
            By::Key => &self.keys,
        }
    }

    /// What concerns the whole gateway, in two lines.
    pub fn summary(&self) -> [String; 2] {
        let View { running, streams, connections, rows_waiting, .. } = self;
        let sum = |of: fn(&Line) -> u64| self.routes.iter().map(of).sum::<u64>();
        let calls = rate(sum(|line| line.calls_per_1000_s));
        let tokens = rate(sum(|line| line.tokens_per_1000_s));
        let rows = if self.rows_sound { "" } else { "   ROWS CANNOT BE WRITTEN" };
        [
            format!("{calls} calls/s   {tokens} tok/s   {} this hour", money(self.cost_of_hour)),
            format!(
                "{running} running   {streams} streams   {connections} connections   \
                 {rows_waiting} rows waiting{rows}"
            ),
        ]
    }
}

/// Whether a gateway was begun anew between two looks.
pub fn began_anew(before: &Snapshot, now: &Snapshot) -> bool {
    now.rows.written < before.rows.written || now.at < before.at
}

fn sums(snapshot: &Snapshot, by: By) -> BTreeMap<String, Sums> {
    let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
    let mut of = |name: &str, with: &dyn Fn(&mut Sums)| {
        // Calls of nobody, and those for no route, have no name.
        let name = if name.is_empty() { "(none)" } else { name };
        with(sums.entry(name.to_string()).or_default());
    };
    for figures in &snapshot.calls {
        let name = match by {
            By::Route => &figures.route,
            By::Key => &figures.key,
            By::Upstream => continue,
        };
        of(name, &|sums| sums.count(&figures.ends));
    }
    for figures in &snapshot.attempts {
        let name = match by {
            By::Route => &figures.route,
            By::Key => &figures.key,
            By::Upstream => &figures.upstream,
        };
        of(name, &|sums| {
            sums.tokens += figures.tokens.total();
            sums.cost_of_hour += figures.cost_of_hour;
            if by == By::Upstream {
                sums.count(&figures.ends);
            }
        });
    }
    let routes = snapshot.routes.iter().map(|of| (By::Route, &of.route, &of.first_byte_us));
    let targets = snapshot.targets.iter();
    let targets = targets.map(|of| (By::Upstream, &of.upstream, &of.first_byte_us));
    for (_, name, first_byte) in routes.chain(targets).filter(|(of, _, _)| *of == by) {
        of(name, &|sums| sums.first_byte.get_or_insert_default().add(first_byte));
    }
    sums
}

impl Sums {
    fn count(&mut self, ends: &[Counted]) {
        for end in ends {
            self.calls += end.count;
            match end.outcome {
                Outcome::Failed | Outcome::CutByUpstream => self.errors += end.count,
                Outcome::Refused => self.refusals += end.count,
                Outcome::Complete | Outcome::ClientGone | Outcome::Outrun => {}
            }
        }
    }
}

fn lines(before: &BTreeMap<String, Sums>, now: &BTreeMap<String, Sums>, over_ms: u64) -> Vec<Line> {
    let nothing = Sums::default();
    let of = |(name, now): (&String, &Sums)| {
        let before = before.get(name).unwrap_or(&nothing);
        let per = |now: u64, before: u64| {
            now.saturating_sub(before).saturating_mul(1_000_000) / over_ms.max(1)
        };
        let percentile = |of: u64| {
            let now = now.first_byte.as_ref()?;
            let since = before.first_byte.as_ref().and_then(|before| difference(now, before));
            since.as_ref().unwrap_or(now).within(of)
        };
        Line {
            name: name.clone(),
            calls_per_1000_s: per(now.calls, before.calls),
            tokens_per_1000_s: per(now.tokens, before.tokens),
            first_byte_p50_us: percentile(50),
            first_byte_p99_us: percentile(99),
            calls: now.calls,
            errors: now.errors,
            refusals: now.refusals,
            cost_of_hour: now.cost_of_hour,
            ..Line::default()
        }
    };
    now.iter().map(of).collect()
}

fn of_name<'a>(lines: &'a mut Vec<Line>, name: &str) -> &'a mut Line {
    let at = lines.iter().position(|line| line.name == name).unwrap_or_else(|| {
        lines.push(Line { name: name.to_string(), ..Line::default() });
        lines.len() - 1
    });
    &mut lines[at]
}

/// What has come in between; `None` if nothing has.
fn difference(now: &Distribution, before: &Distribution) -> Option<Distribution> {
    let pairs = now.counts.iter().zip(&before.counts);
    let counts: Vec<_> = pairs.map(|(now, before)| now.saturating_sub(*before)).collect();
    let sum = now.sum.saturating_sub(before.sum);
    let difference = Distribution { bounds: now.bounds.clone(), counts, sum };
    (difference.count() > 0).then_some(difference)
}

/// Thousandths, as `12.3` or `4567`.
fn rate(thousandths: u64) -> String {
    match thousandths {
        0 => "0".to_string(),
        1..1_000_000 => format!("{}.{}", thousandths / 1000, thousandths % 1000 / 100),
        _ => (thousandths / 1000).to_string(),
    }
}

/// Microseconds, as `7.4 ms`.
pub fn span(us: u64) -> String {
    match us {
        0..100_000 => format!("{}.{} ms", us / 1000, us % 1000 / 100),
        100_000..10_000_000 => format!("{} ms", us / 1000),
        _ => format!("{} s", us / 1_000_000),
    }
}

fn money(amount: Decimal) -> String {
    amount.round_dp(4).normalize().to_string()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Two looks at a gateway, ten seconds apart.
    pub fn looks() -> [Snapshot; 2] {
        let look = |at: &str, calls: u64, counts: &str| -> Snapshot {
            let tokens = calls * 100;
            let first = format!(r#"{{"bounds":[1000,10000,100000],"counts":{counts},"sum":1}}"#);
            let none = r#"{"bounds":[],"counts":[],"sum":0}"#;
            let text = format!(
                r#"{{"at":"{at}","workers":2,"running":3,"streams":2,"connections":5,
                "forgotten_facts":0,
                "calls":[{{"key":"web","product":"api","channel":"direct","route":"gpt-4o",
                    "operation":"chat_completions","ends":[
                    {{"outcome":"complete","status":"2xx","count":{calls}}},
                    {{"outcome":"failed","status":"5xx","count":2}},
                    {{"outcome":"refused","status":"4xx","count":7}}]}},
                  {{"key":"","product":"","channel":"","route":"","operation":"unknown","ends":[
                    {{"outcome":"refused","status":"4xx","count":1}}]}}],
                "routes":[{{"route":"gpt-4o","operation":"chat_completions",
                    "first_byte_us":{first},"duration_us":{none},"added_us":{none}}}],
                "attempts":[{{"key":"web","product":"api","channel":"direct","route":"gpt-4o",
                    "operation":"chat_completions","upstream":"azure-east","model":"gpt-4o",
                    "ends":[{{"outcome":"complete","status":"2xx","count":{calls}}},
                    {{"outcome":"failed","status":"none","count":2}}],
                    "tokens":{{"input":{tokens},"cached":0,"cache_write":0,"audio_input":0,
                        "image_input":0,"output":0,"reasoning":0,"audio_output":0,
                        "image_output":0}},
                    "cost":"12.5","cost_of_hour":"1.25","unknown":0}}],
                "targets":[{{"route":"gpt-4o","upstream":"azure-east","model":"gpt-4o",
                    "provider":"azure.ai.openai","address":"x","port":443,
                    "operation":"chat_completions","first_byte_us":{first},"duration_us":[],
                    "read_tokens":{none},"written_tokens":{none}}}],
                "refusals":[],"clauses":[],
                "upstreams":[{{"upstream":"azure-east","host":"azure","circuit":"closed",
                    "opened":1,"failures":0,"in_flight":3,"concurrency_max":null,
                    "first_byte_us":4000}},
                  {{"upstream":"oci-west","host":"oci","circuit":"open","opened":1,"failures":9,
                    "in_flight":0,"concurrency_max":8,"first_byte_us":0}}],
                "budgets":[{{"key":"web","period":"month","tokens_left":900,
                    "money_left":"87.5"}}],
                "rows":{{"written":{calls},"rolled":0,"waiting":{calls},"unsynced_us":0,
                    "last_roll":null,"sound":true}}}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        [
            look("2026-01-01T00:00:00Z", 100, "[100,0,0,0]"),
            look("2026-01-01T00:00:10Z", 223, "[100,100,22,1]"),
        ]
    }

    #[test]
    fn rates_are_of_what_came_in_between() {
        let [before, now] = looks();
        let view = View::of(&before, &now);
        let [none, line] = &view.routes[..] else { panic!("{view:?}") };
        assert_eq!((&*none.name, none.refusals), ("(none)", 1));
        assert_eq!((line.calls_per_1000_s, line.tokens_per_1000_s), (12_300, 1_230_000));
        assert_eq!((line.errors, line.refusals, line.calls), (2, 7, 232));
        // 62 of 123 are within the second bound, which holds 100; 122 within the third.
        assert_eq!(line.first_byte_p50_us, Some(1000 + 9000 * 62 / 100));
        assert_eq!(line.first_byte_p99_us, Some(100_000));
        assert_eq!(view.upstreams[0].errors, 2);
        assert_eq!(view.upstreams[1].circuit, Some(Circuit::Open));
        assert_eq!(view.keys[1].budget_left.as_deref(), Some("87.5, 900 tok"));
        assert!(began_anew(&now, &before) && !began_anew(&before, &now));
    }
}
