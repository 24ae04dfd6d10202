//! The deadlines that a party knows of.

use std::collections::BTreeMap;

use jiff::Timestamp;
use notices::{Calendar, Deadline};
use terms::{Name, Terms};

use super::chronicle::chronicles;
use super::deadline::Due;
use super::shares;
use crate::outcome::Failure;
use crate::workspace::Workspace;

/// A party's deadlines as an iCalendar feed.
///
/// A deadline is known to whoever sees the event that sets it, and is over only with an event that
/// the party sees as well: one that quietly went away would tell of what happened behind.
pub fn feed(
    workspace: &Workspace,
    terms: &Terms,
    party: &Name,
    stamp: Timestamp,
) -> Result<String, Failure> {
    let zone = terms.time_zone();
    let chronicles = chronicles(workspace)?;
    let mut seen = Vec::new();
    for (name, chronicle) in &chronicles {
        let seen_with = chronicle.seen_with(terms, party);
        let places = (0..chronicle.places.len()).filter(|place| seen_with[*place].is_some());
        seen.extend(places.map(|place| (chronicle.places[place].position, name, chronicle, place)));
    }
    seen.sort_by_key(|(position, ..)| *position);
    let mut calendar = Calendar::new();
    let mut open: BTreeMap<(&String, Due), Deadline> = BTreeMap::new();
    for (_, name, chronicle, place) in seen {
        let dated = &chronicle.happened[place];
        let changes = &chronicle.changes[place];
        changes.ended.iter().for_each(|due| drop(open.remove(&(name, *due))));
        for (due, at) in &changes.set {
            // One that is put off stays the deadline it was.
            let uid = match open.get(&(name, *due)) {
                Some(known) => known.uid.clone(),
                None => format!("{}/{due:?}", chronicle.places[place].hash),
            };
            let clause = dated.clause.as_ref().map_or(String::new(), |c| format!("\nunder {c}"));
            let deadline = Deadline {
                uid,
                party: party.to_string(),
                at: *at,
                zone: zone.clone(),
                title: format!("{name}: {}", due.words()),
                description: format!("{}{clause}", dated.event.name()),
            };
            open.insert((name, *due), deadline);
        }
        calendar.observe(open.values().cloned(), dated.at);
    }
    let fold = workspace.fold()?;
    let to_cure = shares::deadlines(terms, &fold, party, &zone);
    calendar.observe(open.into_values().chain(to_cure), stamp);
    Ok(calendar.feed(party.as_str(), stamp))
}
