//! Which of the journal's events a party may see.

use std::collections::{BTreeMap, BTreeSet};

use journal::{Event, Filter};
use terms::Name;

use super::{Chronicle, chronicles, parties_of};
use crate::outcome::Failure;
use crate::workspace::{CASE, MEASURED, Workspace};

/// What every party may see: what binds it, and who may sign for whom.
const OPEN: [&str; 3] = ["document/", "condition/", "keys/"];

/// Says of each event whether a party may see it: what binds everybody, what it caused itself outside of
/// cases, what was metered for consents of its own, and of cases what their clauses let it see.
pub fn of(workspace: &Workspace, party: &Name) -> Result<impl Fn(&Event) -> bool + use<>, Failure> {
    let cases = visible(workspace, party)?;
    let measured = measured(workspace, party)?;
    let party = party.clone();
    Ok(move |event: &Event| {
        let own = match event.stream.strip_prefix(CASE) {
            Some(case) => cases.get(case).is_some_and(|visible| visible(event)),
            None => event.actor == party.as_str() || measured.contains(&event.stream),
        };
        own || OPEN.into_iter().any(|prefix| is_under(&event.stream, prefix))
    })
}

/// Which events a party may see, by case. What it caused itself is not all for its eyes: an answer of a
/// holder may set free what others offer.
fn visible(
    workspace: &Workspace,
    party: &Name,
) -> Result<BTreeMap<String, impl Fn(&Event) -> bool + use<>>, Failure> {
    let chronicles = chronicles(workspace)?;
    if chronicles.is_empty() {
        return Ok(BTreeMap::new());
    }
    let terms = workspace.adopted_terms()?;
    let visible = |chronicle: Chronicle| chronicle.visible(&terms, party, workspace.now);
    Ok(chronicles.into_iter().map(|(name, chronicle)| (name, visible(chronicle))).collect())
}

/// The streams of what was metered for consents that a party is a party to.
fn measured(workspace: &Workspace, party: &Name) -> Result<BTreeSet<String>, Failure> {
    let events =
        workspace.events(&Filter { stream_prefix: Some(MEASURED.to_string()), ..Filter::all() })?;
    let streams: BTreeSet<_> = events.into_iter().map(|event| event.stream).collect();
    if streams.is_empty() {
        return Ok(streams);
    }
    let terms = workspace.adopted_terms()?;
    let is_theirs = |stream: &String| {
        let clause = stream.strip_prefix(MEASURED);
        clause.is_some_and(|clause| parties_of(&terms, clause).contains(party))
    };
    Ok(streams.into_iter().filter(is_theirs).collect())
}

/// Whether a stream is the one named, or below it: `case/hall` names no part of `case/halls`.
pub fn is_under(stream: &str, named: &str) -> bool {
    match stream.strip_prefix(named) {
        Some(rest) => rest.is_empty() || named.ends_with('/') || rest.starts_with('/'),
        None => false,
    }
}
