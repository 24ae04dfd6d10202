//! How a part comes free for others once the holders have not taken it, and within what limits.

use jiff::Timestamp;
use terms::Duration;
use terms::clause::{FreeTermsLimit, FreeWindow};

use crate::case::{Case, Free, Signed, State};
use crate::command::World;
use crate::deadline::{Clock, ClockError};
use crate::disturbance;
use crate::event::Event;
use crate::offer::Offered;
use crate::right::Right;

/// The notice of a part is received. Source: domain rules §2.3, row 3.
pub(crate) fn open_round(case: &Case, part: usize) -> Vec<Event> {
    let Some(State::Noticed(noticed)) = case.state(part) else { return Vec::new() };
    let (round, deadline) = (case.rounds + 1, Some(noticed.deadline));
    vec![Event::RoundOpened { part, round, deadline }]
}

/// Nobody answered in time. Source: row 8.
pub(crate) fn lapse(
    world: &World<'_>,
    case: &Case,
    part: usize,
    at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    Ok(vec![Event::Lapsed { part }, released(world, case, part, at)?])
}

/// Talks ended without agreement. Source: row 13.
pub(crate) fn talks_end(
    world: &World<'_>,
    case: &Case,
    part: usize,
    at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    Ok(vec![Event::TalksEnded { part }, released(world, case, part, at)?])
}

/// Nobody matched in time. Source: row 19.
pub(crate) fn match_lapses(
    world: &World<'_>,
    case: &Case,
    part: usize,
    at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    let mut events = vec![Event::MatchLapsed { part }];
    events.extend(after_matching(world, case, part, at)?);
    Ok(events)
}

/// The definitive agreement was not signed in time. Source: row 30.
pub(crate) fn close_fails(
    _world: &World<'_>,
    case: &Case,
    part: usize,
    _at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    let Some(State::Committed { signed, .. }) = case.state(part) else { return Ok(Vec::new()) };
    let fault = signed.party.clone();
    let free = Free { unrestricted: true, ..Free::default() };
    Ok(vec![Event::CloseFailed { part, fault }, Event::Released { part, free }])
}

/// Others may sign what the holders did not take: within the free window, and for no more than was
/// put to the holders.
pub(crate) fn released(
    world: &World<'_>,
    case: &Case,
    part: usize,
    from: Timestamp,
) -> Result<Event, ClockError> {
    let noticed = match case.state(part) {
        Some(State::Open(open) | State::Negotiating { open, .. }) => Some(open.terms.clone()),
        _ => None,
    };
    released_on(&world.clock, case, part, from, noticed)
}

/// The same, on a baseline of one's own.
pub(crate) fn released_on(
    clock: &Clock<'_>,
    case: &Case,
    part: usize,
    from: Timestamp,
    baseline: Option<Offered>,
) -> Result<Event, ClockError> {
    let Some(right) = case.restriction.right() else {
        return Ok(Event::Released { part, free: Free::default() });
    };
    let limited = right.says.free_terms_limit != FreeTermsLimit::None;
    let closes = match right.says.free_window {
        FreeWindow::Lasting(duration) => Some(clock.deadline(from, duration)?),
        FreeWindow::Unlimited => None,
    };
    let baseline = baseline.or_else(|| Some(case.requirement.terms())).filter(|_| limited);
    Ok(Event::Released { part, free: Free { baseline, closes, ..Free::default() } })
}

/// Others may sign on the terms the holders did not match, until the later of the end of the
/// interrupted free window and 30 days. Where a deal was signed already, it stands: on the changed
/// terms, which the holders have now been asked about. Source: domain rules §2.3, rows 19 and 32.
pub(crate) fn after_matching(
    world: &World<'_>,
    case: &Case,
    part: usize,
    from: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    let Some(State::Matching { bid, free, signed, .. }) = case.state(part) else {
        return Ok(vec![released(world, case, part, from)?]);
    };
    if let (Some(signed), Some(changed)) = (signed, case.bids.get(*bid)) {
        let (party, terms) = (signed.party.clone(), changed.terms.clone());
        let signed = Signed { party, terms, bid: Some(*bid) };
        let lot = disturbance::scheduled_anew(world, case, part, &signed)?;
        let quantity = case.parts[part].quantity;
        return Ok([Event::ThirdSigned { part, quantity, signed }]
            .into_iter()
            .chain(lot)
            .collect());
    }
    let mut free = free.clone();
    free.baseline = case.bids.get(*bid).map(|bid| bid.terms.clone());
    let at_least = world.clock.deadline(from, Duration::days(30))?;
    let lasting = |right: &Right| matches!(right.says.free_window, FreeWindow::Lasting(_));
    // What was never free before, as where a breach came to light, has no end to keep.
    free.closes = match free.closes {
        None if case.restriction.right().is_some_and(lasting) => Some(at_least),
        closes => closes.map(|old| old.max(at_least)),
    };
    free.defended.insert(*bid);
    Ok(vec![Event::Released { part, free }])
}
