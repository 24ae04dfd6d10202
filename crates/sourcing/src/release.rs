//! How a part comes free for others once the holders have not taken it, and within what limits.

use jiff::Timestamp;
use terms::Duration;
use terms::clause::{FreeTermsLimit, FreeWindow};

use crate::case::{Case, Free, Signed, State};
use crate::command::{World, present};
use crate::deadline::{Clock, ClockError};
use crate::disclosure::disclosed;
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

/// Nobody matched in time: the holders of the next tier may, or others sign. Source: row 19.
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

/// A holder does not match: others of its tier still may, or it is the next tier's turn, or others
/// sign. Source: row 19.
pub(crate) fn not_matched(
    world: &World<'_>,
    case: &Case,
    part: usize,
    right: usize,
) -> Result<Vec<Event>, ClockError> {
    let mut events = vec![Event::MatchDeclined { part, right }];
    let Some(State::Matching { tier, answers, .. }) = case.state(part) else { return Ok(events) };
    let declined =
        |place: usize| place == right || answers.iter().any(|answer| answer.right == place);
    if case.restriction.tier(*tier).all(|(place, _)| declined(place)) {
        events.extend(after_matching(world, case, part, world.now)?);
    }
    Ok(events)
}

/// The definitive agreement was not signed in time. It is the holder's fault unless the holder alone
/// has signed: then it may compel the closing, and nothing comes free. Source: row 30.
pub(crate) fn close_fails(
    _world: &World<'_>,
    case: &Case,
    part: usize,
    _at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    let Some(State::Committed { signed, signed_by, .. }) = case.state(part) else {
        return Ok(Vec::new());
    };
    if signed_by.contains(&signed.party) {
        let fault = case.requirement.grantor.clone();
        return Ok(vec![Event::CloseFailed { part, fault }]);
    }
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

/// What follows once no holder of the tier matches any more: it is the next tier's turn; or a deal
/// that is signed already stands, on the changed terms the holders have now been asked about; or others may sign on the terms the holders did not match, until
/// the later of the end of the interrupted free window and 30 days. Source: domain rules §2.3, row
/// 19.
pub(crate) fn after_matching(
    world: &World<'_>,
    case: &Case,
    part: usize,
    from: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    let Some(State::Matching { bid, tier, free, signed, .. }) = case.state(part) else {
        return Ok(vec![released(world, case, part, from)?]);
    };
    let (at, offer) = (*bid, case.bids.get(*bid));
    let quantity = case.parts.get(part).map_or(0, |part| part.quantity);
    let tiers = case.restriction.rights().iter().map(|right| right.tier);
    if let Some(tier) = tiers.filter(|other| other > tier).min() {
        let (deadline, round) = (present::ends(world, case, tier, from)?, case.rounds + 1);
        let mut events =
            vec![Event::OfferPresented { part, quantity, bid: at, round, deadline, tier }];
        let certificate = case.certificates.get(&at).cloned().unwrap_or_default();
        events.extend(offer.map(|offer| disclosed(case, part, round, offer, &certificate)));
        return Ok(events);
    }
    if let (Some(signed), Some(offer)) = (signed, offer) {
        let (party, terms) = (signed.party.clone(), offer.terms.clone());
        let signed = Signed { party, terms, bid: Some(at) };
        let lot = disturbance::scheduled_anew(world, case, part, &signed, from)?;
        let signed = Event::ThirdSigned { part, quantity, signed };
        return Ok([signed].into_iter().chain(lot).collect());
    }
    let mut free = free.clone();
    free.baseline = offer.map(|offer| offer.terms.clone());
    let at_least = world.clock.deadline(from, Duration::days(30))?;
    let lasting = |right: &Right| matches!(right.says.free_window, FreeWindow::Lasting(_));
    // What was never free before, as where a breach came to light, has no end to keep.
    free.closes = match free.closes {
        None if case.restriction.right().is_some_and(lasting) => Some(at_least),
        closes => closes.map(|old| old.max(at_least)),
    };
    free.defended.insert(at);
    let only = case.restriction.rights().iter().any(|right| right.says.release.same_third_party);
    free.only = offer.filter(|_| only).map(|offer| offer.supplier.clone());
    Ok(vec![Event::Released { part, free }])
}

/// The offer before the holders is gone: what it interrupted goes on, its free window longer by the
/// time spent matching; a deal that was signed already stands as it was. Source: row 20.
pub(crate) fn unmatched(case: &Case, part: usize, at: Timestamp) -> Option<Event> {
    let Some(State::Matching { since, free, signed, .. }) = case.state(part) else { return None };
    if let Some(signed) = signed {
        let quantity = case.parts.get(part).map_or(0, |part| part.quantity);
        return Some(Event::ThirdSigned { part, quantity, signed: (**signed).clone() });
    }
    let mut free = free.clone();
    let spent = at.duration_since(*since);
    free.closes = free.closes.map(|closes| closes.checked_add(spent).unwrap_or(Timestamp::MAX));
    Some(Event::Released { part, free })
}
