//! What happens when nobody does anything.

use jiff::Timestamp;
use terms::clause::Silence;

use crate::case::{Case, Open, State};
use crate::command::World;
use crate::deadline::ClockError;
use crate::event::{Dated, Event};
use crate::offer::BidStatus;
use crate::right::RightKind;
use crate::{delivery, disturbance, improvement, release, round};

/// What happens by itself, and about what. At one instant the earlier of these comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// A notice counts as received.
    Receipt(usize),
    /// The right the case is pinned to ends.
    RightEnd,
    /// The holders' time to answer ends.
    Window(usize),
    /// Talks end.
    Talks(usize),
    /// The time to match ends.
    Match(usize),
    /// The time to sign the definitive agreement ends.
    Signing(usize),
    /// What an offer is contingent on must be so.
    Contingency(usize),
    /// The free window ends.
    FreeWindow(usize),
    /// The holder's time to give assurance ends.
    Assurance,
    /// The grantor's time to choose after a change of control, or to have chosen, ends.
    Control,
    /// The holders must have been told of a bridge.
    BridgeNotice,
    /// A lot's next stage begins.
    Lot(usize),
    /// The time to reveal sealed offers ends.
    Reveal,
    /// The time to reveal a sealed improvement ends.
    Improvement(usize),
}

impl Timer {
    /// A receipt happens at its instant, and a right no longer holds from the instant it ends.
    /// Deadlines are inclusive: they wait for the commands received then. Source: domain rules §2.5,
    /// rule 5.
    fn is_due(self, at: Timestamp, now: Timestamp) -> bool {
        match self {
            Timer::Receipt(_) | Timer::RightEnd => at <= now,
            _ => at < now,
        }
    }
}

/// Everything that is to happen by itself, in no order.
pub fn timers(case: &Case) -> impl Iterator<Item = (Timestamp, Timer)> {
    let parts =
        case.parts.iter().enumerate().filter_map(|(at, part)| of_part(case, at, &part.state));
    let bids = case.bids.iter().enumerate().filter_map(|(at, bid)| match bid.status {
        BidStatus::Contingent { until, .. } => Some((until, Timer::Contingency(at))),
        _ => None,
    });
    let lots = case.lots.iter().enumerate();
    let lots = lots.filter_map(|(at, lot)| Some((lot.next?, Timer::Lot(at))));
    let assurance = case.insolvency.as_ref().and_then(|insolvency| insolvency.assure_by);
    let improvements = improvement::sealed(case).map(|(at, bid)| (at, Timer::Improvement(bid)));
    let one = |at: Option<Timestamp>, timer| at.map(|at| (at, timer));
    parts
        .chain(bids)
        .chain(lots)
        .chain(improvements)
        .chain(one(assurance, Timer::Assurance))
        .chain(one(case.control_changed, Timer::Control))
        .chain(one(case.bridge_notice, Timer::BridgeNotice))
        .chain(one(right_end(case), Timer::RightEnd))
        .chain(one(reveal_end(case), Timer::Reveal))
}

fn of_part(case: &Case, at: usize, state: &State) -> Option<(Timestamp, Timer)> {
    let due = state.deadline()?;
    let timer = match state {
        State::Noticed(_) => Timer::Receipt(at),
        State::Open(open) if waits(case, open, false) => return None,
        State::Negotiating { open, .. } if waits(case, open, true) => return None,
        State::Open(_) => Timer::Window(at),
        State::Negotiating { .. } => Timer::Talks(at),
        State::Free(_) => Timer::FreeWindow(at),
        State::Matching { .. } => Timer::Match(at),
        State::Committed { .. } => Timer::Signing(at),
        _ => return None,
    };
    Some((due, timer))
}

/// When the last of the rights ends, while that still changes anything. Where nothing was left for it
/// to change and something is again, it ends then: nothing happens before what has happened.
fn right_end(case: &Case) -> Option<Timestamp> {
    let concerned = |state: &State| state.is_active() || *state == State::Expired;
    let concerned =
        case.right_ended.is_none() && case.parts.iter().any(|part| concerned(&part.state));
    let ends = case.restriction.rights().iter().map(|right| right.ends);
    let ends = concerned.then(|| ends.collect::<Option<Vec<_>>>()?.into_iter().max()).flatten();
    ends.map(|ends| ends.max(case.latest))
}

/// When sealed offers must have been revealed, while some are not.
fn reveal_end(case: &Case) -> Option<Timestamp> {
    sealed(case).next()?;
    case.tender.as_ref()?.reveal_by
}

/// Offers that are still sealed, by their places.
fn sealed(case: &Case) -> impl Iterator<Item = usize> {
    let bids = case.bids.iter().enumerate();
    bids.filter(|(_, bid)| matches!(bid.status, BidStatus::Sealed { .. })).map(|(at, _)| at)
}

/// The next instant at which something happens by itself.
pub fn next(case: &Case) -> Option<Timestamp> {
    timers(case).map(|(at, _)| at).min()
}

/// What the passing of time up to `now` makes happen, and the case after it.
///
/// # Errors
/// [`ClockError`] if a window that opens now ends beyond its calendar.
pub(crate) fn run(
    world: &World<'_>,
    mut case: Case,
    now: Timestamp,
) -> Result<(Case, Vec<Dated>), ClockError> {
    let mut events = Vec::new();
    while let Some((at, timer)) = timers(&case).min().filter(|(at, timer)| timer.is_due(*at, now)) {
        for event in fire(world, &case, timer, at)? {
            let clause = match timer {
                Timer::Lot(lot) => case.lots[lot].delay.clause.clone(),
                _ => None,
            };
            let clause = clause.or_else(|| case.restriction.clause());
            case = case.after(at, event.clone());
            events.push(Dated { at, by: None, clause, command: None, guards: Vec::new(), event });
        }
    }
    Ok((case, events))
}

// INVARIANT: what fires changes or removes its timer, so that `run` comes to an end.
fn fire(
    world: &World<'_>,
    case: &Case,
    timer: Timer,
    at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    match timer {
        Timer::Receipt(part) => Ok(release::open_round(case, part)),
        Timer::RightEnd => Ok(release::right_ends(case)),
        Timer::Window(part) => release::lapse(world, case, part, at),
        Timer::Talks(part) => release::talks_end(world, case, part, at),
        Timer::Match(part) => release::match_lapses(world, case, part, at),
        Timer::Signing(part) => Ok(release::close_fails(case, part)),
        Timer::Contingency(bid) => Ok(vec![Event::ContingencyFailed { bid }]),
        Timer::FreeWindow(part) => Ok(release::window_ends(case, part)),
        Timer::Assurance => disturbance::no_assurance(world, case, at),
        Timer::Control => disturbance::control_chosen(world, case, at),
        Timer::BridgeNotice => Ok(vec![Event::BridgeNoticeMissed]),
        Timer::Lot(lot) => delivery::advance(world, case, lot, at),
        Timer::Reveal => {
            let gone = |bid| Event::BidGone { bid, why: "not revealed in time".to_string() };
            Ok(sealed(case).map(gone).collect())
        }
        Timer::Improvement(bid) => Ok(vec![Event::ImprovementForgone { bid }]),
    }
}

/// Whether only an answer ends a round, and a holder has not given one. A counter to a refusal is
/// none; talks of other kinds end with their own window.
fn waits(case: &Case, open: &Open, in_talks: bool) -> bool {
    round::asked(case, open.tier, open.receipt).into_iter().any(|(at, right)| {
        right.says.silence_means == Silence::Wait
            && open.answers.iter().all(|answer| answer.right != at)
            && (!in_talks || right.kind == RightKind::Refusal)
    })
}
