//! Acts whose verdict changed.

use rights::{Decision, Reason, Verdict, VerdictChange};
use serde::Serialize;
use terms::Act;

use crate::term;
use crate::term::say;

/// An act whose verdict changed, as `--json` shows it.
#[derive(Serialize)]
pub struct ActRow {
    act: Act,
    before: Side,
    after: Side,
}

/// The decision on one of the days.
#[derive(Serialize)]
struct Side {
    on: jiff::civil::Date,
    verdict: Verdict,
    because: Vec<Reason>,
}

impl ActRow {
    pub fn of(change: VerdictChange) -> ActRow {
        let VerdictChange { before, after } = change;
        ActRow { act: after.act.clone(), before: Side::of(before), after: Side::of(after) }
    }
}

impl Side {
    fn of(decision: Decision) -> Side {
        Side { on: decision.on, verdict: decision.verdict, because: decision.because }
    }
}

/// Shows each act with its verdicts, the clauses behind them, and how to ask for it.
pub fn print(rows: &[ActRow], supposing: &str) {
    say!("");
    if rows.is_empty() {
        say!("no act has another verdict");
        return;
    }
    say!("acts have another verdict:");
    for row in rows {
        say!("");
        say!(
            "{} → {}  {}",
            term::verdict(row.before.verdict),
            term::verdict(row.after.verdict),
            term::bold(&row.act)
        );
        for side in [&row.before, &row.after] {
            let because: Vec<_> = side.because.iter().map(term::place).collect();
            let because = match side.verdict {
                _ if !because.is_empty() => because.join(", "),
                Verdict::Permitted => "no clause stands against it".to_string(),
                _ => "no licence holds it".to_string(),
            };
            say!("    {}: {because}", side.on);
        }
        let ask = format!("charter ask {} --at {}{supposing}", row.act, row.after.on);
        say!("    {}", term::dim(ask));
    }
}
