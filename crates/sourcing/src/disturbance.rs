//! What comes between: pauses, insolvency, changes of control. Source: domain rules §2.3, rows 21 to
//! 28, and §2.7.

use jiff::Timestamp;
use terms::{Duration, Name};

use crate::case::{Case, PauseReason, Signed, State};
use crate::command::World;
use crate::deadline::ClockError;
use crate::event::Event;
use crate::release::released_from_all;
use crate::{delivery, release};

/// The least that is left of a window that was interrupted, or whose terms changed. Source: domain
/// rules §2.3, rows 22 and 26, and §2.5, rule 6.
pub(crate) const AT_LEAST: Duration = Duration::business_days(5);
/// How long a holder has to give assurance. Source: row 26.
pub(crate) const ASSURANCE: Duration = Duration::business_days(10);
/// How long the grantor may choose what follows from a change of control. The domain rules name no
/// time; as long as for an assurance is what both sides know from elsewhere in the agreement.
pub(crate) const CONTROL: Duration = Duration::business_days(10);
/// How long the right may then be suspended to decide. Source: domain rules §2.7.
pub(crate) const SUSPENSION: Duration = Duration::days(30);

/// When what runs in a part ends, and when the window ends that runs beside talks, if it has not.
pub(crate) fn running(state: &State, at: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
    match state {
        State::Noticed(noticed) => (Some(noticed.deadline), None),
        State::Negotiating { open, until, .. } => {
            (Some(*until), open.deadline.filter(|deadline| at <= *deadline))
        }
        _ => (state.deadline(), None),
    }
}

/// Parts stand still, and with them the time that runs in them: of active parts, as rows 26 and 28
/// say. The time to sign a definitive agreement runs on: its part is bound, and not active. So does
/// the time for what an offer is contingent on: it measures what its supplier has to bring about with
/// others, which the pause does not hinder.
pub(crate) fn pause(
    case: &Case,
    reason: PauseReason,
    which: impl Fn(usize, &State) -> bool,
) -> Vec<Event> {
    let parts = case.parts.iter().enumerate().filter(|(at, part)| which(*at, &part.state));
    parts.map(|(part, _)| Event::Paused { part, reason }).collect()
}

/// What becomes of parts whose pause is over: they go on, unless the holder is insolvent still, or
/// the last right has lapsed meanwhile.
pub(crate) fn go_on(
    world: &World<'_>,
    case: &Case,
    at: Timestamp,
    which: impl Fn(usize, PauseReason) -> bool,
) -> Result<Vec<Event>, ClockError> {
    let mut events = Vec::new();
    for (part, of) in case.parts.iter().enumerate() {
        let State::Paused { was, since, reason } = &of.state else { continue };
        if !which(part, *reason) {
            continue;
        }
        if case.holders().next().is_none() && was.is_pending() {
            events.push(released_from_all(part));
        } else if case.insolvency.is_some() && *reason != PauseReason::Insolvency {
            events.push(Event::Paused { part, reason: PauseReason::Insolvency });
        } else {
            events.push(resumed(world, part, was, *since, at)?);
        }
    }
    Ok(events)
}

/// A part goes on with the time it had left, and at least five business days. The time is elapsed
/// time: a pause across a change of the clocks takes no hour and gives none.
fn resumed(
    world: &World<'_>,
    part: usize,
    was: &State,
    since: Timestamp,
    at: Timestamp,
) -> Result<Event, ClockError> {
    let at_least = world.clock.deadline(at, AT_LEAST)?;
    let later = |end: Timestamp| -> Result<Timestamp, ClockError> {
        Ok(at.checked_add(end.duration_since(since))?.max(at_least))
    };
    let (deadline, window) = running(was, since);
    let (deadline, window) = (deadline.map(later).transpose()?, window.map(later).transpose()?);
    Ok(Event::Resumed { part, deadline, window })
}

/// A right has lapsed before its time, as the case already says. Where it was the last, everything
/// still wanted is free without limits; what stands still by order does so until the order is
/// lifted. Where other holders are left, what stood still for this one goes on with them.
pub(crate) fn right_lapsed(
    world: &World<'_>,
    case: &Case,
    at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    let last = case.holders().next().is_none();
    let mut events = go_on(world, case, at, |_, reason| match reason {
        PauseReason::Insolvency => true,
        PauseReason::ChangeOfControl => last,
        PauseReason::Stay => false,
    })?;
    if !last {
        return Ok(events);
    }
    for (part, of) in case.parts.iter().enumerate() {
        match &of.state {
            State::Paused { .. } => {}
            State::Matching { signed: Some(_), .. } => {
                events.extend(release::after_matching(world, case, part, at)?);
            }
            state if state.is_pending() => events.push(released_from_all(part)),
            _ => {}
        }
    }
    Ok(events)
}

/// The holder rejects the contract, or gave no assurance in time. What it has not delivered falls
/// short, and a deal it has not signed does not close. Source: row 26 and §2.7, "holder insolvent".
pub(crate) fn rejected(
    world: &World<'_>,
    case: &Case,
    holder: &Name,
    at: Timestamp,
    in_time: bool,
) -> Result<Vec<Event>, ClockError> {
    let rejected = Event::ContractRejected { holder: holder.clone(), in_time };
    let mut after = case.clone();
    after.insolvency = None;
    let holders = case.restriction.holders().enumerate();
    after.lapsed.extend(holders.filter(|(_, of)| *of == holder).map(|(at, _)| at));
    let mut events = vec![rejected];
    events.extend(right_lapsed(world, &after, at)?);
    for (part, of) in case.parts.iter().enumerate() {
        let State::Committed { signed, sign_by, .. } = &of.state else { continue };
        if !world.is_affiliate(&signed.party, holder) {
            continue;
        }
        if sign_by.is_some() {
            events.push(Event::CloseFailed { part, fault: signed.party.clone() });
            events.push(released_from_all(part));
        }
    }
    let then = |case: Case, event: &Event| case.after(at, event.clone());
    let mut after = events.iter().fold(case.clone(), then);
    for lot in 0..case.lots.len() {
        let of = &case.lots[lot];
        if of.is_open() && world.is_affiliate(&of.supplier, holder) {
            let short = delivery::fall_short(world, &after, lot, at, true, true)?;
            after = short.iter().fold(after, then);
            events.extend(short);
        }
    }
    Ok(events)
}

/// The holder gave no assurance in time. Source: row 26.
pub(crate) fn no_assurance(
    world: &World<'_>,
    case: &Case,
    at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    let Some(insolvency) = &case.insolvency else { return Ok(Vec::new()) };
    rejected(world, case, &insolvency.holder, at, false)
}

/// The grantor's time to choose after a change of control is over: full disclosure stays, and what
/// it suspended goes on.
pub(crate) fn control_chosen(
    world: &World<'_>,
    case: &Case,
    at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    let mut events = vec![Event::DisclosureKept];
    events.extend(go_on(world, case, at, |_, reason| reason == PauseReason::ChangeOfControl)?);
    Ok(events)
}

/// The lots of a part signed with somebody else on changed terms: what was not late yet is to be
/// delivered on the new day; all of it where nothing was scheduled.
pub(crate) fn scheduled_anew(
    world: &World<'_>,
    case: &Case,
    part: usize,
    signed: &Signed,
    at: Timestamp,
) -> Result<Option<Event>, ClockError> {
    let mut lots = case.lots.iter().filter(|lot| lot.part == part).peekable();
    let quantity = match lots.peek() {
        None => case.parts.get(part).map_or(0, |part| part.quantity),
        Some(_) => {
            let early = lots.filter(|lot| lot.status == crate::lot::LotStatus::Scheduled);
            early.map(|lot| lot.quantity).sum()
        }
    };
    if quantity == 0 {
        return Ok(None);
    }
    let supplier = case.supplier_and_customer(&signed.party).0.clone();
    let due = delivery::due_after(&world.clock, signed.terms.from, at)?;
    let price = signed.terms.price;
    delivery::schedule(world, case, part, supplier, quantity, price, due).map(Some)
}
