//! Every lot, with its days drawn to scale.

use comfy_table::ColumnConstraint;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use sourcing::{Clock, Lot, LotStatus};
use terms::Terms;

use super::ground::case;
use super::history;
use super::rounds::lot_status;
use crate::commands::telling::{Shown, not_seen, shown};
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;

/// Shows every lot: due, expected, grace, cure, damages, delivered.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  charter lots
  charter lots halls --json

In the drawing ░ is the time of grace, ▒ the time to cure, █ what is later; D is due, E expected,
✓ delivered, ┊ today.")]
pub struct Args {
    /// Only those of this case
    #[arg(value_name = "CASE")]
    case: Option<String>,
}

/// A lot as `--json` shows it.
#[derive(Serialize)]
struct Row<'a> {
    case: &'a str,
    number: usize,
    #[serde(flatten)]
    lot: &'a Lot,
    /// The last day of grace, if that can be counted.
    grace_until: Option<Date>,
    /// The last day on which it may be cured.
    cure_until: Option<Date>,
    #[serde(skip)]
    delivered_on: Option<Date>,
}

/// How many characters the drawing is wide.
const WIDE: i64 = 24;

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let terms = workspace.read_terms()?.terms;
    let zone = terms.time_zone();
    let fold = workspace.fold()?;
    let whole =
        |name: &str| Ok::<_, Failure>(matches!(shown(workspace, &terms, name)?, Shown::Whole));
    if let Some(only) = &args.case {
        whole(only)?.then_some(()).ok_or_else(|| not_seen(only))?;
        case(&fold.book, only)?;
    }
    let mut rows = Vec::new();
    for (name, case) in fold.book.cases() {
        if args.case.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        // Lots of others stand between what a party sees in part.
        if !whole(name)? {
            continue;
        }
        let lots = case.lots.iter().enumerate();
        rows.extend(lots.map(|(at, lot)| {
            let (grace_until, cure_until) = stages(&terms, case, lot);
            let delivered_on = lot.delivered.map(|at| at.to_zoned(zone.clone()).date());
            Row { case: name, number: at + 1, lot, grace_until, cure_until, delivered_on }
        }));
    }
    if json {
        term::json(&rows)?;
        return Ok(Answer::Yes);
    }
    if rows.is_empty() {
        say!("no lot yet; one is made when an offer or an exercise is signed");
        return Ok(Answer::Yes);
    }
    let today = workspace.now.to_zoned(zone.clone()).date();
    draw(&rows, today, &zone);
    Ok(Answer::Yes)
}

/// The last days of grace and of cure, as the agreement counts time; none beyond its calendars.
fn stages(terms: &Terms, case: &sourcing::Case, lot: &Lot) -> (Option<Date>, Option<Date>) {
    let agreement = terms.agreements().find(|agreement| agreement.name == case.agreement);
    let Some(agreement) = agreement else { return (None, None) };
    let clock = Clock::of(terms, agreement);
    let due = clock.instant(lot.due.to_datetime(clock.cutoff)).ok();
    let grace = due.and_then(|due| clock.deadline(due, lot.delay.grace).ok());
    let cure = grace.and_then(|grace| clock.deadline(grace, lot.delay.cure).ok());
    let day = |at: jiff::Timestamp| at.to_zoned(clock.zone.clone()).date();
    (grace.map(day), cure.map(day))
}

fn draw(rows: &[Row<'_>], today: Date, zone: &TimeZone) {
    let days = |row: &Row<'_>| {
        let planned = row.cure_until.filter(|_| row.delivered_on.is_none());
        [Some(row.lot.due), row.lot.expected, planned, row.delivered_on]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
    };
    let all: Vec<_> = rows.iter().flat_map(days).chain([today]).collect();
    let (Some(first), Some(last)) = (all.iter().min(), all.iter().max()) else { return };
    let scale = Scale { first: *first, days: between(*first, *last).max(1) };
    let mut table = term::table(["lot", "accelerators", "stands", &format!("{first} → {last}")]);
    for row in rows {
        table.add_row([
            format!("{} {}", row.case, row.number),
            format!("{} from {}", row.lot.quantity, row.lot.supplier),
            lot_status(row.lot, zone),
            scale.line(row, today),
        ]);
    }
    term::keep_names(&mut table);
    if let Some(drawing) = table.column_mut(3) {
        drawing.set_constraint(ColumnConstraint::ContentWidth);
    }
    say!("{table}");
    if rows.iter().any(|row| row.lot.delay.rate.is_some()) {
        let rates = rows.iter().filter_map(|row| {
            let clause = row.lot.delay.clause.as_ref()?;
            Some(format!("{clause}: {}", history::rate(row.lot.delay.rate.as_ref()?)))
        });
        let mut rates: Vec<_> = rates.collect();
        rates.sort();
        rates.dedup();
        rates.iter().for_each(|rate| term::item("", "  ", rate));
    }
}

/// Which character stands for which days.
struct Scale {
    first: Date,
    days: i64,
}

impl Scale {
    fn at(&self, day: Date) -> usize {
        let at = between(self.first, day) * (WIDE - 1) / self.days;
        usize::try_from(at.clamp(0, WIDE - 1)).unwrap_or_default()
    }

    fn line(&self, row: &Row<'_>, today: Date) -> String {
        let mut line = vec!['·'; usize::try_from(WIDE).unwrap_or_default()];
        let ends = row.delivered_on.unwrap_or(today.max(row.lot.due));
        let mut fill = |from: Date, until: Date, with: char| {
            if from < until {
                (self.at(from)..=self.at(until)).for_each(|at| line[at] = with);
            }
        };
        let last = row.delivered_on.unwrap_or(Date::MAX);
        let grace = row.grace_until.unwrap_or(row.lot.due).min(last);
        let cure = row.cure_until.unwrap_or(grace).min(last);
        fill(cure, ends, '█');
        fill(grace, cure, '▒');
        fill(row.lot.due, grace, '░');
        line[self.at(today)] = '┊';
        line[self.at(row.lot.due)] = 'D';
        if let Some(expected) = row.lot.expected {
            line[self.at(expected)] = 'E';
        }
        if let Some(delivered) = row.delivered_on {
            line[self.at(delivered)] = '✓';
        }
        if row.lot.status == LotStatus::Cancelled {
            return "cancelled".to_string();
        }
        line.into_iter().collect()
    }
}

fn between(from: Date, until: Date) -> i64 {
    from.until(until).map_or(0, |span| i64::from(span.get_days()))
}
