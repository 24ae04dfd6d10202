//! What a statement does not say of itself: how it stands to other months and to earlier settlements.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use settlement::Month;
use sourcing::Book;

use super::start;
use crate::outcome::Failure;
use crate::workspace::{Months, Settled, Workspace};

/// What a reader of the statement should know about other months and other settlements.
pub fn of(
    workspace: &Workspace,
    settled: &Settled,
    months: &Months,
    unchanged: bool,
) -> Result<Vec<String>, Failure> {
    let (month, before) = (settled.statement.month, &months.settled);
    let mut notes = Vec::new();
    if unchanged {
        notes.push("unchanged since it was last settled".to_string());
    } else if before.iter().any(|other| other.statement.month == month) {
        notes.push(format!("this takes the place of the earlier settlement of {month}"));
    }
    if settled.rests_on.usage.is_empty() {
        notes.push(format!("there is no usage in {month}; see `charter usage import --help`"));
    }
    let missing = unsettled(workspace, month, before)?;
    if !missing.is_empty() {
        let verb = if missing.len() == 1 { "has" } else { "have" };
        notes.push(format!(
            "{} {verb} usage or capacity and no final settlement: caps and drawdowns here do not \
             count it",
            missing.join(", ")
        ));
    }
    let was_final = |other: &Settled| other.statement.month == month && other.statement.is_final;
    if !settled.statement.is_final && before.iter().any(was_final) {
        notes.push(
            "what was posted for this month before is withdrawn until it is final".to_string(),
        );
    }
    let later: Vec<_> = before
        .iter()
        // What changes in a closed month is booked by itself, in one that is not.
        .filter(|other| month < other.month() && !unchanged && !months.is_closed(other.month()))
        .map(|other| other.statement.month.to_string())
        .collect();
    if !later.is_empty() {
        notes.push(format!("{} rest on this month: settle again", later.join(", ")));
    }
    Ok(notes)
}

/// Earlier months in which something happened that no final settlement counts.
fn unsettled(
    workspace: &Workspace,
    month: Month,
    before: &[Settled],
) -> Result<Vec<String>, Failure> {
    let days = workspace.usage()?.days_before(month.first())?;
    let fold = workspace.fold()?;
    let book = &fold.book;
    let used: BTreeSet<_> = days.into_iter().map(Month::of).collect();
    let delivered = book.cases().flat_map(|(_, case)| &case.lots).filter_map(|lot| lot.delivered);
    let delivered = delivered.min().map(|at| Month::of(at.to_zoned(TimeZone::UTC).date()));
    let mut unsettled = Vec::new();
    let mut at = used.iter().copied().chain(delivered).min().unwrap_or(month);
    while at < month {
        let is_final = |other: &Settled| other.statement.month == at && other.statement.is_final;
        if !before.iter().any(is_final) && (used.contains(&at) || stood(book, at)?) {
            unsettled.push(at);
        }
        at = Month::of(at.end());
    }
    Ok(ranges(&unsettled))
}

/// Months, with runs of them drawn together: `2025-04 to 2026-04`.
fn ranges(months: &[Month]) -> Vec<String> {
    let mut ranges: Vec<(Month, Month)> = Vec::new();
    for month in months {
        match ranges.last_mut() {
            Some((_, last)) if Month::of(last.end()) == *month => *last = *month,
            _ => ranges.push((*month, *month)),
        }
    }
    let shown = |(first, last): &(Month, Month)| match first == last {
        true => first.to_string(),
        false => format!("{first} to {last}"),
    };
    ranges.iter().map(shown).collect()
}

/// Whether a lot stood in a month.
fn stood(book: &Book, month: Month) -> Result<bool, Failure> {
    let (from, until) = (start(month.first())?, start(month.end())?);
    Ok(book.cases().any(|(_, case)| !case.supplied(from, until).is_empty()))
}
