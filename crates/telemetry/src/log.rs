//! Lines on standard error: one for each thing that happens, for people or as JSON.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use gateway::config::{LogFormat, LogLevel};
use gateway::seen::{CallFact, Fact, Sight, hex};
use gateway::upstream::health::Circuit;
use tracing::{Level, info, warn};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What a gateway's lines are of. Nothing that libraries say passes, as it might hold anything.
pub const TARGET: &str = "gateway";

/// What a server's lines are of: its requests, and what its own modules say.
pub const OF_SERVER: &str = "web";

/// Most lines a second about refused calls, where not each call has one anyway.
const REFUSALS_MAX: u32 = 20;

/// Has lines written to standard error from now on. Only the first time counts: a server and its gateway
/// share a log.
pub fn begin(format: LogFormat, level: LogLevel) {
    let level = match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let ours = Targets::new().with_target(TARGET, level).with_target(OF_SERVER, level);
    let registry = tracing_subscriber::registry().with(ours);
    let _ = match format {
        LogFormat::Text => registry.with(lines).try_init(),
        LogFormat::Json => {
            registry.with(lines.json().flatten_event(true).with_current_span(false)).try_init()
        }
    };
}

/// Looks for what is worth a line.
pub(crate) struct Watcher {
    circuits: HashMap<String, (Circuit, u64)>,
    was_sound: bool,
    forgotten: u64,
    /// In this second: when it began, how many refusals had a line, and how many had none.
    second: Option<Instant>,
    said: u32,
    unsaid: u32,
}

impl Watcher {
    pub fn new(sight: &Sight) -> Watcher {
        let mut watcher = Watcher {
            circuits: HashMap::new(),
            was_sound: true,
            forgotten: 0,
            second: None,
            said: 0,
            unsaid: 0,
        };
        watcher.look_at_circuits(sight);
        watcher
    }

    /// Writes lines about all that has happened since the last look.
    pub fn look(&mut self, sight: &Sight, facts: &[Fact], now: Instant) {
        let each = sight.seeing().calls;
        if self.second.is_none_or(|second| now - second >= Duration::from_secs(1)) {
            if self.unsaid > 0 {
                warn!(target: TARGET, event = "refusals_unsaid", count = self.unsaid);
            }
            (self.second, self.said, self.unsaid) = (Some(now), 0, 0);
        }
        for fact in facts {
            let Fact::Call(call) = fact else { continue };
            if !call.is_logged {
                continue;
            }
            if !each && self.said >= REFUSALS_MAX {
                self.unsaid += 1;
                continue;
            }
            self.said += u32::from(!each);
            line(call);
        }
        self.look_at_circuits(sight);
        let rows = sight.is_sound();
        if rows != self.was_sound {
            match rows {
                true => info!(target: TARGET, event = "rows_sound"),
                false => tracing::error!(
                    target: TARGET,
                    event = "rows_unsound",
                    "rows cannot be written, so no call is carried"
                ),
            }
            self.was_sound = rows;
        }
        let forgotten = sight.forgotten_facts();
        if forgotten > self.forgotten {
            warn!(target: TARGET, event = "facts_forgotten", count = forgotten - self.forgotten);
            self.forgotten = forgotten;
        }
    }

    fn look_at_circuits(&mut self, sight: &Sight) {
        for figures in sight.upstreams() {
            let now = (figures.circuit, figures.opened);
            let before = self.circuits.insert(figures.upstream.clone(), now);
            let (circuit, opened) = before.unwrap_or((Circuit::Closed, 0));
            let (upstream, host) = (&*figures.upstream, &*figures.host);
            let failures = figures.failures;
            if figures.opened > opened {
                warn!(target: TARGET, event = "circuit_opened", upstream, host, failures);
            }
            // It may have been opened and closed between two looks.
            let was_open = circuit != Circuit::Closed || figures.opened > opened;
            if was_open && figures.circuit == Circuit::Closed {
                info!(target: TARGET, event = "circuit_closed", upstream, host);
            }
        }
    }
}

fn line(call: &CallFact) {
    let request = call.request.map(|request| request.to_string());
    let trace = call.ids.map(|ids| hex(&ids.trace));
    let prompt = call.prompt.as_deref().map(String::from_utf8_lossy);
    let clauses = (!call.clauses.is_empty()).then(|| call.clauses.join(" "));
    info!(
        target: TARGET,
        event = if call.reason.is_some() { "refused" } else { "call" },
        began = %call.at,
        request,
        key = &*call.key,
        product = &*call.product,
        channel = &*call.channel,
        route = &*call.route,
        endpoint = call.operation,
        outcome = call.outcome.word(),
        status = call.status,
        reason = call.reason,
        clauses,
        took_us = call.took_us,
        first_byte_us = call.first_byte_us,
        trace,
        prompt = prompt.as_deref(),
    );
}
