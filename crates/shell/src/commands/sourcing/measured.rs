//! Where the consents stand that are for something done primarily for a purpose.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use sourcing::measured::{Share, TestOutcome, Tested, measured};

use crate::outcome::{Answer, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;

/// Shows every consent that is measured: its share now, what the share must be, the tests made and the
/// next one.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Example:
  charter measured

What is metered is entered with `charter meter`. `charter tick` and `charter watch` make the tests that
are due; both parties are told of each. A failed one may be cured until the day it names, when the share
is taken again.")]
pub struct Args {}

/// A consent as `--json` shows it.
#[derive(Serialize)]
struct Row<'a> {
    clause: String,
    grantor: &'a str,
    holder: &'a str,
    metric: String,
    threshold: String,
    /// The share today.
    share: Share,
    tests: &'a [Tested],
    next: Option<Next>,
}

/// The next test.
#[derive(Serialize)]
struct Next {
    at: Timestamp,
    /// The day up to which it counts.
    on: Date,
}

pub fn run(workspace: &Workspace, _args: &Args, json: bool) -> Outcome {
    let terms = workspace.read_terms()?.terms;
    let zone = terms.time_zone();
    let fold = workspace.fold()?;
    let today = workspace.now.to_zoned(zone.clone()).date();
    let mut rows = Vec::new();
    for (clause, primarily) in measured(&terms, workspace.now) {
        let between = [&clause.grantor, &clause.holder];
        if workspace.asker().party().is_some_and(|asker| !between.contains(&asker)) {
            continue;
        }
        let measure = &primarily.measure;
        let share = fold.measured.share_on(&terms, clause, measure, today)?;
        let next = fold.measured.next_test(&terms, clause, measure)?;
        rows.push(Row {
            clause: clause.id.to_string(),
            grantor: clause.grantor.as_str(),
            holder: clause.holder.as_str(),
            metric: measure.metric.to_string(),
            threshold: primarily.threshold.to_string(),
            share,
            tests: fold.measured.tests(&clause.id.to_string()),
            next: next.map(|(at, on)| Next { at, on }),
        });
    }
    if json {
        term::json(&rows)?;
        return Ok(Answer::Yes);
    }
    if rows.is_empty() {
        say!(
            "no consent in force is measured; one is where a `primarily` block says what its share must be"
        );
    }
    rows.iter().for_each(|row| show(row, &zone));
    Ok(Answer::Yes)
}

fn show(row: &Row<'_>, zone: &TimeZone) {
    let Row { clause, holder, metric, threshold, share, tests, next, .. } = row;
    say!("{}  {holder}: {threshold} of {metric}", term::bold(clause));
    match share.whole {
        0 => say!("  nothing metered yet; enter it with `charter meter {clause} --by {holder} …`"),
        _ => say!("  today     {}", ratio(share.part, share.whole)),
    }
    for tested in *tests {
        say!("  {}  {}", tested.on, detail(tested, zone));
    }
    if let Some(Next { at, on }) = next {
        say!("  next      of {on}, {}", term::instant(*at, zone));
    }
}

/// What a test found, in words.
pub fn detail(tested: &Tested, zone: &TimeZone) -> String {
    let found = ratio(tested.part, tested.whole);
    match &tested.outcome {
        TestOutcome::Passed => format!("{found}  {}", term::green("passed")),
        TestOutcome::Cured => format!("{found}  {}", term::green("cured")),
        TestOutcome::Failed { cure_by } => {
            format!(
                "{found}  {}; to cure by {}",
                term::red("failed"),
                term::instant(*cure_by, zone)
            )
        }
        TestOutcome::NotCured { follows, excess } => {
            format!("{found}  {}: {follows}, {excess} too much", term::red("not cured"))
        }
    }
}

fn ratio(part: u64, whole: u64) -> String {
    let thousandths = u128::from(part) * 1_000 / u128::from(whole.max(1));
    format!("{part} of {whole}, {}.{} %", thousandths / 10, thousandths % 10)
}
