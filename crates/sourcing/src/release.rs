//! How a part comes free for others once the holders have not taken it, and within what limits.

use jiff::Timestamp;
use terms::Duration;
use terms::clause::{
    FreeTermsLimit, FreeWindow, FreeWindowStart, PartialExercise, RefusalMode, Silence,
};

use crate::case::{Answer, Case, Documents, Free, Open, Part, Signed, State};
use crate::command::{World, present};
use crate::deadline::{Clock, ClockError};
use crate::disclosure::disclosed;
use crate::disturbance;
use crate::event::Event;
use crate::offer::Offered;
use crate::right::{Right, RightKind, Say, Waiver};
use crate::round;

/// The notice of a part is received. Source: domain rules §2.3, row 3.
pub(crate) fn open_round(case: &Case, part: usize) -> Vec<Event> {
    let Some(State::Noticed(noticed)) = case.state(part) else { return Vec::new() };
    let waits = noticed.documents == Documents::Requested
        && round::waits_for_documents(case, noticed.tier, noticed.receipt);
    let (round, deadline) = (case.rounds + 1, (!waits).then_some(noticed.deadline));
    vec![Event::RoundOpened { part, round, deadline }]
}

/// The holders' time to answer is over: whoever said nothing takes it or does not, as its clause
/// says. Source: row 8.
pub(crate) fn lapse(
    world: &World<'_>,
    case: &Case,
    part: usize,
    at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    let Some(State::Open(open)) = case.state(part) else { return Ok(Vec::new()) };
    let all = case.parts.get(part).map(|part| part.quantity);
    let asked = round::asked(case, open.tier, open.receipt);
    // What a holder said whose right has lapsed meanwhile says nothing any more.
    let mut answers = open.answers.clone();
    answers.retain(|answer| asked.iter().any(|(right, _)| *right == answer.right));
    for (place, right) in asked {
        if open.answers.iter().all(|answer| answer.right != place) {
            let takes = all.and_then(|all| by_silence(world, case, right, all));
            answers.push(Answer { right: place, takes });
        }
    }
    let mut events = Vec::new();
    if answers.iter().all(|answer| answer.takes.is_none()) {
        events.push(Event::Lapsed { part });
    }
    events.extend(round::done(world, case, part, open, &answers, at)?);
    Ok(events)
}

/// How many a holder takes by saying nothing: all of it where its clause says so, but no more than it
/// has declared to have and not committed, nor a part that may not be taken alone.
fn by_silence(world: &World<'_>, case: &Case, right: &Right, all: u64) -> Option<u64> {
    if right.says.silence_means != Silence::Accept {
        return None;
    }
    let supplier = case.supplier_and_customer(&right.holder).0;
    let capacity = world.capacity(case, supplier);
    let left = capacity.map_or(all, |(declared, committed)| declared.saturating_sub(committed));
    let lot = case.requirement.lot.max(1);
    let takes = match right.says.partial_exercise {
        _ if all <= left => all,
        _ if case.requirement.linked => 0,
        PartialExercise::None => 0,
        PartialExercise::WholeLots => left - left % lot,
        PartialExercise::AnyQuantity => left,
    };
    Some(takes).filter(|takes| *takes > 0)
}

/// Talks ended without agreement. Source: row 13.
pub(crate) fn talks_end(
    world: &World<'_>,
    case: &Case,
    part: usize,
    at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    let Some(State::Negotiating { open, .. }) = case.state(part) else { return Ok(Vec::new()) };
    let mut events = vec![Event::TalksEnded { part }];
    events.extend(round::done(world, case, part, open, &[], at)?);
    Ok(events)
}

/// The free window ended. A new notice is needed, unless the right has ended meanwhile: then nobody
/// need be asked again. Source: rows 16 and 25.
pub(crate) fn window_ends(case: &Case, part: usize) -> Vec<Event> {
    if case.right_ended.is_some() {
        return vec![Event::Released { part, free: Free::default() }];
    }
    vec![Event::MustRenotice { part }]
}

/// The right the case is pinned to ended: what nobody has been asked about needs no notice any more.
/// What is before the holders runs to its end. Source: row 25.
pub(crate) fn right_ends(case: &Case) -> Vec<Event> {
    let unasked = |part: &Part| matches!(part.state, State::Draft | State::Expired);
    let exempted = case.parts.iter().any(unasked);
    let rule = "the right has ended".to_string();
    let exempted = exempted.then_some(Event::Exempted { rule });
    [Event::RightEnded].into_iter().chain(exempted).collect()
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
    let Some(State::Matching { tier, answers, since, .. }) = case.state(part) else {
        return Ok(events);
    };
    let declined =
        |place: usize| place == right || answers.iter().any(|answer| answer.right == place);
    if round::matching(case, *tier, *since).iter().all(|(place, _)| declined(*place)) {
        events.extend(after_matching(world, case, part, world.now)?);
    }
    Ok(events)
}

/// The definitive agreement was not signed in time. It is the holder's fault unless the holder alone
/// has signed: then it may compel the closing, and nothing comes free. Source: row 30.
pub(crate) fn close_fails(case: &Case, part: usize) -> Vec<Event> {
    let Some(State::Committed { signed, signed_by, .. }) = case.state(part) else {
        return Vec::new();
    };
    if signed_by.contains(&signed.party) {
        let fault = case.requirement.grantor.clone();
        return vec![Event::CloseFailed { part, fault }];
    }
    let fault = signed.party.clone();
    vec![Event::CloseFailed { part, fault }, released_from_all(part)]
}

/// Others may sign what no holder is asked about any more: within the free window, and for no more
/// than the grantor itself asks or offers.
pub(crate) fn released_unasked(
    world: &World<'_>,
    case: &Case,
    part: usize,
    from: Timestamp,
) -> Result<Event, ClockError> {
    let baseline = Some(case.requirement.terms());
    Ok(Event::Released { part, free: freedom(&world.clock, case, None, baseline, from)? })
}

/// No right applies to a part any more.
pub(crate) fn released_from_all(part: usize) -> Event {
    Event::Released { part, free: Free { unrestricted: true, ..Free::default() } }
}

/// What others may sign, and until when: within the limits of every right that still limits it, so
/// that none of several holders is passed over.
///
/// Where the clause wants notice so long before the act, nobody signs earlier, also where the holder
/// has declined: that time is for it to act in. Only a waiver gives it up.
///
/// A window that need not be followed by a new notice does not end: the grantor may go on signing
/// within the limit of terms.
pub(crate) fn freedom(
    clock: &Clock<'_>,
    case: &Case,
    open: Option<&Open>,
    baseline: Option<Offered>,
    from: Timestamp,
) -> Result<Free, ClockError> {
    let rights = case.restriction.rights();
    let limiting: Vec<_> = rights.iter().filter(|right| right.limits(from)).collect();
    let waived = |right: &Right| right.waived == Some(Waiver::Unlimited);
    let unrestricted = !rights.is_empty() && rights.iter().all(waived);
    let bid = open.and_then(|open| case.bids.get(open.bid?));
    let mut free = Free { unrestricted, ..Free::default() };
    for right in &limiting {
        if let Some(notice) = open
            && let Some(before) = right.says.approach.notice_before
            && right.waived.is_none()
        {
            let opens = clock.deadline(notice.receipt, before)?;
            free.opens = Some(free.opens.map_or(opens, |other| other.max(opens)));
        }
    }
    for right in limiting {
        let release = &right.says.release;
        let limited = right.says.free_terms_limit != FreeTermsLimit::None
            && !matches!(right.says.mode, RefusalMode::Preference | RefusalMode::Consideration);
        if limited {
            free.baseline = baseline.clone();
        }
        if release.same_third_party {
            free.only = bid.map(|bid| bid.supplier.clone());
        }
        if let FreeWindow::Lasting(window) = right.says.free_window
            && release.renotice
        {
            let starts = match release.free_window_starts {
                FreeWindowStart::Release => from,
                FreeWindowStart::Notice => open.map_or(from, |open| open.receipt),
                FreeWindowStart::Offer => bid.map_or(from, |bid| bid.received),
            };
            // Others have all of the window, also where notice must come long before they sign.
            let starts = free.opens.map_or(starts, |opens| opens.max(starts));
            let closes = clock.deadline(starts, window)?.max(from);
            free.closes = Some(free.closes.map_or(closes, |other| other.min(closes)));
        }
    }
    Ok(free)
}

/// What others may not better once the holders have not taken it: the terms put to them; in talks,
/// the last the grantor offered; where the holder makes the offer, its last one. Source: domain rules
/// §2.3, row 13, and "modes".
pub(crate) fn last_put(
    case: &Case,
    open: &Open,
    by_grantor: Option<&Offered>,
    by_holder: Option<&Offered>,
) -> Option<Offered> {
    let right = case.restriction.tier(open.tier).next().map(|(_, right)| right);
    let against_its_offer =
        |right: &Right| right.says.free_terms_limit == FreeTermsLimit::BetterForGrantor;
    let last = match right {
        // There is no offer of the holder's to do better than.
        Some(right) if against_its_offer(right) => return by_holder.cloned(),
        Some(Right { kind: RightKind::Offer, .. }) => by_holder,
        Some(Right { kind: RightKind::Negotiation, .. }) => by_grantor,
        _ => None,
    };
    Some(last.unwrap_or(&open.terms).clone())
}

/// The terms asked for a rest of so many: the grantor's own quote for as many lots, begun ones as
/// whole. A third party's offer stays what it is. Source: domain rules §2.7, "partial exercise".
pub(crate) fn quoted(case: &Case, open: &Open, quantity: u64) -> Offered {
    let lots = quantity.div_ceil(case.requirement.lot.max(1));
    let quote = case.requirement.quotes.get(&lots).filter(|_| open.bid.is_none());
    Offered { price: quote.copied().unwrap_or(open.terms.price), ..open.terms.clone() }
}

/// What follows once no holder of the tier matches any more: it is the next tier's turn; or a deal
/// that is signed already stands, on the changed terms the holders have now been asked about; or
/// others may sign on the terms the holders did not match, until the later of the end of the
/// interrupted free window and 30 days. Source: domain rules §2.3, row 19.
pub(crate) fn after_matching(
    world: &World<'_>,
    case: &Case,
    part: usize,
    from: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    let Some(State::Matching { bid, tier, free, signed, .. }) = case.state(part) else {
        return Ok(Vec::new());
    };
    let (at, offer) = (*bid, case.bids.get(*bid));
    let quantity = case.parts.get(part).map_or(0, |part| part.quantity);
    if let Some(tier) = round::next_tier(case, Say::Match, Some(*tier), from) {
        let (deadline, round) = (present::window(world, case, tier, from)?, case.rounds + 1);
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
    let State::Matching { since, free, signed, .. } = case.state(part)?.underlying() else {
        return None;
    };
    if let Some(signed) = signed {
        let quantity = case.parts.get(part).map_or(0, |part| part.quantity);
        return Some(Event::ThirdSigned { part, quantity, signed: (**signed).clone() });
    }
    let mut free = free.clone();
    let spent = at.duration_since(*since);
    free.closes = free.closes.map(|closes| closes.checked_add(spent).unwrap_or(Timestamp::MAX));
    Some(Event::Released { part, free })
}
