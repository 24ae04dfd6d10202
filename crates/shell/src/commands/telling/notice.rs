//! What one party is told of one event.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use notices::Notice;
use serde_json::json;
use terms::{Name, Terms};

use super::Chronicle;
use crate::commands::sourcing::history;
use crate::term;

/// What a party is told of the events that it comes to see with those after position `after`, up to
/// and with `through`. What it caused itself it knows.
pub fn notices(
    terms: &Terms,
    name: &str,
    chronicle: &Chronicle,
    party: &Name,
    (after, through): (u64, u64),
) -> Vec<Notice> {
    let zone = terms.time_zone();
    let seen_with = chronicle.seen_with(terms, party);
    let seen = seen_with.iter().enumerate().filter_map(|(place, with)| Some((place, (*with)?)));
    let told = seen.filter(|(place, with)| {
        let position = chronicle.places[*with].position.0;
        after < position
            && position <= through
            && chronicle.happened[*place].by.as_ref() != Some(party)
    });
    told.map(|(place, with)| {
        let position = chronicle.places[with].position.0;
        notice(name, chronicle, place, party, position, &zone)
    })
    .collect()
}

/// What a party is told of the events at these places, what it caused itself too.
pub fn notices_of(
    terms: &Terms,
    name: &str,
    chronicle: &Chronicle,
    party: &Name,
    places: &BTreeSet<usize>,
) -> Vec<Notice> {
    let zone = terms.time_zone();
    let seen_with = chronicle.seen_with(terms, party);
    let seen = places.iter().filter_map(|place| Some((*place, (*seen_with.get(*place)?)?)));
    let told = seen.map(|(place, with)| {
        let position = chronicle.places[with].position.0;
        notice(name, chronicle, place, party, position, &zone)
    });
    told.collect()
}

fn notice(
    name: &str,
    chronicle: &Chronicle,
    place: usize,
    party: &Name,
    position: u64,
    zone: &TimeZone,
) -> Notice {
    let dated = &chronicle.happened[place];
    let kind = dated.event.name();
    let by = dated.by.as_ref().map_or("by itself".to_string(), |by| format!("by {by}"));
    let mut text = format!("{name}: {kind} {by}, {}\n", term::instant(dated.at, zone));
    let detail = history::detail(&dated.event, zone);
    text.extend(detail.map(|detail| format!("{detail}\n")));
    text.extend(dated.clause.as_ref().map(|clause| format!("under {clause}\n")));
    let set = chronicle.changes[place].set.iter();
    text.extend(set.map(|(due, at)| format!("{}\n", due.line(*at, zone))));
    Notice {
        key: format!("{}/{party}", chronicle.places[place].hash),
        to: party.to_string(),
        kind: kind.to_string(),
        subject: format!("{name}: {kind} {by}"),
        text,
        payload: json!({ "case": name, "happened": dated }),
        occurred: dated.at,
        position,
    }
}
