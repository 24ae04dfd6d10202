//! A case as the journal has it: its events, and the deadlines that each of them changed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::Timestamp;
use journal::{Event, Filter, Hash, Head, Position, Replayed};
use sourcing::{Case, Dated};
use terms::{Name, Terms};

use super::deadline::{self, Due};
use crate::outcome::Failure;
use crate::workspace::{Asker, CASE, COMMAND, Given, Workspace};

/// A case as the journal has it.
#[derive(Clone, Default)]
pub struct Chronicle {
    /// Where the journal has what happened, in order.
    pub places: Vec<Place>,
    /// What happened, in the same order.
    pub happened: Vec<Dated>,
    /// The deadlines that each of them set or put off, and those that it ended.
    pub changes: Vec<Changes>,
    /// What all of it comes to.
    case: Option<Case>,
}

/// Where the journal has an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The event's position.
    pub position: Position,
    /// The event's hash.
    pub hash: Hash,
}

/// What an event did to the deadlines of its case.
#[derive(Clone)]
pub struct Changes {
    /// Those that it set or put off, and to when.
    pub set: Vec<(Due, Timestamp)>,
    /// Those that it ended.
    pub ended: Vec<Due>,
}

/// Every case there is, by name.
pub fn chronicles(workspace: &Workspace) -> Result<Chronicles, Failure> {
    Ok(follow(workspace, Chronicles::new(), Head::EMPTY)?.0)
}

/// Every case by name, as the journal has them.
pub type Chronicles = BTreeMap<String, Arc<Chronicle>>;

/// Adds what was entered into cases after a place of the journal, and says up to where that was.
pub fn follow(
    workspace: &Workspace,
    chronicles: Chronicles,
    after: Head,
) -> Result<(Chronicles, Head), Failure> {
    let push = |(chronicles, wrong): &mut (Chronicles, Option<_>), event: Replayed<'_>| {
        let pushed = match event.stream.strip_prefix(CASE) {
            Some(name) if event.kind != COMMAND => event.decode().map(|dated| {
                let chronicle = chronicles.entry(name.to_string()).or_default();
                let place = Place { position: event.position, hash: event.hash };
                Arc::make_mut(chronicle).push(place, dated);
            }),
            _ => Ok(()),
        };
        *wrong = pushed.err();
        if wrong.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let known = chronicles.clone();
    let read = workspace.with_journal(async |journal| {
        Ok(journal.replay(after, (known, None::<serde_json::Error>), push).await?)
    })?;
    match read {
        None => Ok((chronicles, after)),
        Some(((chronicles, None), head)) => Ok((chronicles, head)),
        Some(((_, Some(wrong)), _)) => Err(wrong.into()),
    }
}

impl Chronicle {
    /// What the journal has of one case.
    pub fn of(workspace: &Workspace, name: &str) -> Result<Chronicle, Failure> {
        let mut chronicle = Chronicle::default();
        let events = workspace.events(&Filter::stream(format!("{CASE}{name}")))?;
        for event in events.into_iter().filter(|event| event.kind != COMMAND) {
            let place = Place { position: event.position, hash: event.hash };
            chronicle.push(place, serde_json::from_value(event.payload)?);
        }
        Ok(chronicle)
    }

    fn push(&mut self, place: Place, dated: Dated) {
        let running = |case: &Option<Case>| -> BTreeMap<Due, Timestamp> {
            case.iter().flat_map(deadline::running).collect()
        };
        let before = running(&self.case);
        self.case = Case::apply(self.case.take(), &dated);
        let after = running(&self.case);
        let set = after.iter().filter(|(due, at)| before.get(due) != Some(at));
        let set = set.map(|(due, at)| (*due, *at)).chain(deadline::stated(&dated.event));
        let ended = before.keys().filter(|due| !after.contains_key(due)).copied();
        self.changes.push(Changes { set: set.collect(), ended: ended.collect() });
        self.places.push(place);
        self.happened.push(dated);
    }

    /// With which event a party comes to see each of them, by their places; none while it may not.
    pub fn seen_with(&self, terms: &Terms, party: &Name) -> Vec<Option<usize>> {
        sourcing::audience::seen_with(terms, &self.happened, party)
    }

    /// The same, of whoever is shown something.
    pub fn seen_by(&self, terms: &Terms, asker: &Asker) -> Vec<Option<usize>> {
        match asker {
            Asker::Machine => (0..self.happened.len()).map(Some).collect(),
            Asker::Everything => sourcing::audience::seen_with_everything(&self.happened),
            Asker::Party(party) => self.seen_with(terms, party),
        }
    }

    /// The events that set the deadlines which run for a party, as far as it sees, by their places. One
    /// that a hidden event ended runs for it, as its calendar has it.
    pub fn open_for(&self, terms: &Terms, party: &Name) -> BTreeSet<usize> {
        let seen = self.seen_with(terms, party);
        let mut open: BTreeMap<Due, usize> = BTreeMap::new();
        for (place, changes) in
            self.changes.iter().enumerate().filter(|(at, _)| seen[*at].is_some())
        {
            open.retain(|due, _| !changes.ended.contains(due));
            open.extend(changes.set.iter().map(|(due, _)| (*due, place)));
        }
        open.into_values().collect()
    }

    /// Which of the journal's events of the case somebody may see. A command holds all of what was
    /// asked for, so beside whoever gave it only those see it that see the whole case, and not before
    /// all that came of it.
    pub fn visible(
        &self,
        terms: &Terms,
        asker: &Asker,
        now: Timestamp,
    ) -> impl Fn(&Event) -> bool + use<> {
        let seen = self.seen_by(terms, asker);
        let seen = || self.places.iter().zip(&self.happened).zip(&seen);
        let positions: BTreeSet<_> = seen()
            .filter(|(_, seen)| seen.is_some())
            .map(|((place, _), _)| place.position)
            .collect();
        let withheld: BTreeSet<_> = seen()
            .filter(|(_, seen)| seen.is_none())
            .filter_map(|((_, dated), _)| dated.command.clone())
            .collect();
        let all = self.case.as_ref().is_some_and(|case| {
            let sees_all =
                |party| sourcing::audience::sees_all(terms, case, now.max(case.latest), party);
            asker.party().is_none_or(sees_all)
        });
        let party = asker.party().cloned();
        move |event| {
            if event.kind != COMMAND {
                return positions.contains(&event.position);
            }
            let given = || serde_json::from_value::<Given>(event.payload.clone()).ok();
            let open = || given()?.command.id.map(|id| !withheld.contains(&id));
            party.as_ref().is_some_and(|party| event.actor == party.as_str())
                || (all && open().unwrap_or(false))
        }
    }
}
