//! What somebody who may not see everything sees: of a case, and of the journal in the order in which it came to.
//!
//! In goes the journal, out go its events as far as `sourcing::audience` lets the party see them. An event that
//! is hidden until another has come (a sealed offer, until all are revealed) is seen with that other.

use std::collections::BTreeMap;

use journal::{Event, Filter, Position};
use sourcing::{Dated, audience};
use terms::Terms;

use super::{Chronicle, Sight};
use crate::outcome::Failure;
use crate::workspace::{Asker, CASE, COMMAND, Workspace};

/// What whoever asks may see of a case by now.
pub enum Shown {
    /// All of it.
    Whole,
    /// These of its events.
    Part(Vec<Dated>),
    /// Not even that there is one.
    Nothing,
}

/// What whoever the workspace is open for may see of a case.
pub fn shown(workspace: &Workspace, terms: &Terms, case: &str) -> Result<Shown, Failure> {
    if !is_parted(workspace, case)? {
        return Ok(Shown::Whole);
    }
    let chronicle = Chronicle::of(workspace, case)?;
    let seen = chronicle.seen_by(terms, workspace.asker());
    if !seen.is_empty() && seen.iter().all(Option::is_some) {
        return Ok(Shown::Whole);
    }
    let seen = chronicle.happened.into_iter().zip(seen).filter(|(_, with)| with.is_some());
    let seen: Vec<_> = seen.map(|(dated, _)| dated).collect();
    Ok(if seen.is_empty() { Shown::Nothing } else { Shown::Part(seen) })
}

/// Whether of a case something may be hidden from whoever the workspace is open for.
fn is_parted(workspace: &Workspace, case: &str) -> Result<bool, Failure> {
    Ok(match workspace.asker() {
        Asker::Machine => false,
        Asker::Everything => workspace.fold()?.book.case(case).is_some_and(audience::has_seals),
        Asker::Party(_) => true,
    })
}

/// The same answer for a case that is not there and one that may not be seen.
pub fn not_seen(case: &str) -> Failure {
    Failure::not_there(
        format!("there is no case `{case}` that you have a part in"),
        "`charter rounds` lists those that you have one in",
    )
}

/// An event, and with which it came to be seen: mostly itself, never an earlier one.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The position of the event with which this one came to be seen.
    pub with: Position,
    /// What is seen.
    pub event: Event,
}

/// What somebody has come to see, in that order.
#[derive(Debug, Clone)]
pub struct SeenThrough {
    /// What was seen.
    pub seen: Vec<Seen>,
    /// Up to where the journal was read. Whoever asks again after it misses nothing and sees nothing twice.
    pub through: Position,
}

/// What whoever the workspace is open for has come to see after a position: of so many events read at once, as a
/// long journal is more than is wanted in memory, until something was seen. Nothing, where there is nothing more.
pub fn seen_after(
    workspace: &Workspace,
    mut after: Position,
    at_once: u64,
) -> Result<SeenThrough, Failure> {
    let filter = Filter { limit: Some(at_once), ..Filter::all() };
    loop {
        let events = workspace.events_after(after, &filter)?;
        let Some(through) = events.last().map(|event| event.position) else {
            return Ok(SeenThrough { seen: Vec::new(), through: after });
        };
        let seen = seen_with(workspace, after, events)?;
        if !seen.is_empty() {
            return Ok(SeenThrough { seen, through });
        }
        after = through;
    }
}

/// What is seen with events that follow upon a position.
fn seen_with(
    workspace: &Workspace,
    after: Position,
    events: Vec<Event>,
) -> Result<Vec<Seen>, Failure> {
    let of = |event: Event| Seen { with: event.position, event };
    let through = events.last().map(|event| event.position);
    let mut cases = BTreeMap::new();
    for case in events.iter().filter_map(|event| event.stream.strip_prefix(CASE)) {
        if !cases.contains_key(case) {
            cases.insert(case.to_string(), is_parted(workspace, case)?);
        }
    }
    cases.retain(|_, is_parted| *is_parted);
    let is_of_those = |event: &Event| {
        event.stream.strip_prefix(CASE).is_some_and(|case| cases.contains_key(case))
    };
    let others = events.into_iter().filter(|event| !is_of_those(event)).collect();
    let others = match workspace.asker() {
        asker @ Asker::Party(_) => Sight::of(workspace, asker.clone())?.seen(others)?,
        Asker::Machine | Asker::Everything => others,
    };
    let mut seen: Vec<_> = others.into_iter().map(of).collect();
    if !cases.is_empty() {
        let terms = workspace.adopted_terms()?;
        for case in cases.keys() {
            seen.extend(of_case(workspace, &terms, case)?);
        }
    }
    seen.retain(|seen| after < seen.with && Some(seen.with) <= through);
    seen.sort_by_key(|seen| (seen.with, seen.event.position));
    Ok(seen)
}

/// All that is seen of a case, commands too.
fn of_case(workspace: &Workspace, terms: &Terms, case: &str) -> Result<Vec<Seen>, Failure> {
    let (chronicle, asker) = (Chronicle::of(workspace, case)?, workspace.asker());
    let with = chronicle.seen_by(terms, asker);
    let position = |place: usize| chronicle.places.get(place).map(|place| place.position);
    let mut came: BTreeMap<Position, Position> = BTreeMap::new();
    // What a command led to; the command itself is seen with the last of it.
    let mut of_command: BTreeMap<&str, Position> = BTreeMap::new();
    for (place, with) in with.iter().enumerate() {
        let Some(with) = with.and_then(position) else { continue };
        let Some(own) = position(place) else { continue };
        came.insert(own, with);
        if let Some(id) = &chronicle.happened[place].command {
            let last = of_command.entry(id).or_insert(with);
            *last = with.max(*last);
        }
    }
    let may_see = chronicle.visible(terms, asker, workspace.now);
    let events = workspace.events(&Filter::stream(format!("{CASE}{case}")))?;
    let seen = events.into_iter().filter(|event| may_see(event)).map(|event| {
        let with = match event.kind == COMMAND
            && asker.party().is_none_or(|party| event.actor != party.as_str())
        {
            true => {
                let id = event.payload.pointer("/command/id").and_then(|id| id.as_str());
                id.and_then(|id| of_command.get(id).copied())
            }
            false => came.get(&event.position).copied(),
        };
        let with = with.unwrap_or(event.position).max(event.position);
        Seen { with, event }
    });
    Ok(seen.collect())
}
