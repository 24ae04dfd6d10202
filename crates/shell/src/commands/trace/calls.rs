//! The calls behind a day of a line, some at a time, each with what it is charged.

use std::ops::ControlFlow;

use jiff::civil::Date;
use settlement::rating::{self, Part};
use settlement::{Exact, Line, LineKind, Usage};
use terms::{Name, Terms};
use usage::{Event, EventId, Partition, Tokens};

use crate::outcome::Failure;
use crate::workspace::Workspace;

/// How many rows are read for one page, whatever they are of: a line may have few of a day's calls.
const ROWS_MAX: u64 = 100_000;

/// A call, with what it is charged.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its place among the rows of its day, from 0.
    pub place: u64,
    /// What was metered.
    pub event: Event,
    /// The party that sold it.
    pub seller: Name,
    /// What was counted, each at its price.
    pub parts: Vec<Part>,
    /// What they come to, exactly.
    pub amount: Exact,
}

/// Some of a day's calls.
#[derive(Debug, Default)]
pub struct OfDay {
    /// Those of the line.
    pub calls: Vec<Call>,
    /// From which place to go on; none where there is nothing more.
    pub next: Option<u64>,
    /// What the places are of: other calls, or the same kept otherwise, have other places.
    pub edition: String,
}

/// Whether there are calls behind a line by themselves: behind what customers are charged.
pub fn are_behind(line: &Line) -> bool {
    line.kind == LineKind::Revenue && line.adjusts.is_none()
}

/// At most `most` calls of a line and a day, from a place on.
///
/// # Errors
/// [`Failure`] if the usage cannot be read.
pub fn of_day(
    workspace: &Workspace,
    terms: &Terms,
    line: &Line,
    day: Date,
    from: u64,
    most: usize,
) -> Result<OfDay, Failure> {
    let Some(partition) = partition(workspace, line, day)? else { return Ok(OfDay::default()) };
    let (mut found, mut next) = (Vec::new(), None);
    partition.events_from(from, |place, event| {
        if found.len() == most || place - from == ROWS_MAX {
            next = Some(place);
            return ControlFlow::Break(());
        }
        found.extend(priced(terms, line, day, event).map(|call| Call { place, ..call }));
        ControlFlow::Continue(())
    })?;
    Ok(OfDay { calls: found, next, edition: edition(&partition) })
}

/// One call of a line and a day, by its id. It is looked for at `place` first.
///
/// # Errors
/// [`Failure`] if the usage cannot be read.
pub fn one(
    workspace: &Workspace,
    terms: &Terms,
    line: &Line,
    day: Date,
    id: EventId,
    place: u64,
) -> Result<Option<Call>, Failure> {
    let Some(partition) = partition(workspace, line, day)? else { return Ok(None) };
    let mut found = None;
    let mut take = |place: u64, event: &Event| {
        let is_it = event.id == id;
        if is_it {
            found = priced(terms, line, day, event).map(|call| Call { place, ..call });
        }
        is_it
    };
    let mut is_there = false;
    partition.events_from(place, |place, event| {
        is_there = take(place, event);
        ControlFlow::Break(())
    })?;
    if !is_there {
        partition.events_from(0, |place, event| match take(place, event) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })?;
    }
    Ok(found)
}

/// A call, if it is of a line, at the price of the terms.
pub(super) fn priced(terms: &Terms, line: &Line, day: Date, event: &Event) -> Option<Call> {
    if line.title.split_once(' ') != Some((&event.channel, &event.model)) {
        return None;
    }
    let usage = usage(day, event);
    let (rated, _) = rating::rate(&terms.registry, std::slice::from_ref(&usage));
    let rated = rated.into_iter().next()?;
    let is_its = format!("price_list.{}", rated.priced.name) == line.clause;
    is_its.then(|| Call {
        place: 0,
        event: event.clone(),
        seller: rated.seller.clone(),
        parts: rated.parts,
        amount: rated.amount,
    })
}

/// A row as a group of its own.
fn usage(day: Date, event: &Event) -> Usage {
    let Event { channel, product, model, host, tier, .. } = event.clone();
    let calls = event.calls.into();
    let tokens = Tokens::of_classes(event.tokens.by_class().map(u128::from));
    Usage { day, channel, product, model, host, tier, events: 1, calls, tokens }
}

fn partition(workspace: &Workspace, line: &Line, day: Date) -> Result<Option<Partition>, Failure> {
    if !are_behind(line) {
        return Ok(None);
    }
    Ok(workspace.usage()?.partitions(day, day.tomorrow()?)?.pop())
}

/// Rows change their places when some are added, and when segments are merged.
fn edition(partition: &Partition) -> String {
    let rows: String = partition.fingerprint.to_string().chars().take(12).collect();
    format!("{rows}-{}", partition.segments.len())
}
