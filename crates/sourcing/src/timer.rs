//! What happens when nobody does anything.

use jiff::Timestamp;
use terms::clause::{FreeTermsLimit, FreeWindow, Silence};

use crate::case::{Case, Restriction, State};
use crate::command::exercise;
use crate::deadline::{Clock, ClockError};
use crate::event::{Dated, Event};

/// The next instant at which something happens by itself, and to which part. Of two at one instant
/// a receipt comes first, because deadlines wait for the commands received then.
pub fn next(case: &Case) -> Option<(Timestamp, usize)> {
    let due = |state: &State| match state {
        State::Noticed { receipt, .. } => Some(*receipt),
        State::Open { .. } if silence(case) == Some(Silence::Wait) => None,
        State::Open { deadline } | State::Matching { deadline, .. } => Some(*deadline),
        State::Free { closes, .. } => *closes,
        State::Committed { sign_by, .. } => *sign_by,
        _ => None,
    };
    let parts = case.parts.iter().enumerate();
    let dues = parts.filter_map(|(at, part)| Some((due(&part.state)?, at)));
    dues.min_by_key(|(due, at)| {
        (*due, !matches!(case.parts[*at].state, State::Noticed { .. }), *at)
    })
}

/// What the passing of time up to `now` makes happen, and the case after it.
///
/// A deadline is inclusive, so what is due at `now` itself waits for the commands received then;
/// only a receipt due at `now` has happened. Source: domain rules §2.5, rule 5.
///
/// # Errors
/// [`ClockError`] if a window that opens now ends beyond its calendar.
pub fn run(
    clock: &Clock<'_>,
    mut case: Case,
    now: Timestamp,
) -> Result<(Case, Vec<Dated>), ClockError> {
    let mut events = Vec::new();
    while let Some((due, part)) = next(&case) {
        let receipt = matches!(case.parts[part].state, State::Noticed { .. });
        if now < due || (now == due && !receipt) {
            break;
        }
        for event in fire(clock, &case, part, due)? {
            let clause = case.restriction.clause();
            // INVARIANT: only a first event can make a case of nothing; this case is there.
            case = Case::apply(Some(case), due, &event).expect("a case stays a case");
            events.push(Dated { at: due, by: None, clause, event });
        }
    }
    Ok((case, events))
}

fn fire(
    clock: &Clock<'_>,
    case: &Case,
    part: usize,
    due: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    Ok(match &case.parts[part].state {
        State::Noticed { deadline, .. } => {
            let round = case.rounds + 1;
            vec![Event::RoundOpened { part, round, deadline: *deadline }]
        }
        State::Open { .. } if silence(case) == Some(Silence::Accept) => {
            exercise::whole(clock, case, part, due)?
        }
        State::Open { .. } => {
            vec![Event::Lapsed { part }, released(clock, case, part, due)?]
        }
        State::Matching { .. } => {
            vec![Event::MatchLapsed { part }, released_after_matching(clock, case, part, due)?]
        }
        State::Free { .. } => vec![Event::MustRenotice { part }],
        State::Committed { .. } => vec![
            Event::CloseFailed { part },
            // The holder failed to sign: others may, on any terms.
            Event::Released { part, baseline: None, closes: None },
        ],
        _ => Vec::new(),
    })
}

/// What the holder's silence means, where it has a say.
fn silence(case: &Case) -> Option<Silence> {
    match &case.restriction {
        Restriction::FirstRefusal { right, .. } => Some(right.silence_means),
        _ => None,
    }
}

/// Others may sign what the holder did not take: within the free window, and for no more than was
/// put to the holder.
pub(crate) fn released(
    clock: &Clock<'_>,
    case: &Case,
    part: usize,
    from: Timestamp,
) -> Result<Event, ClockError> {
    let Restriction::FirstRefusal { right, .. } = &case.restriction else {
        return Ok(Event::Released { part, baseline: None, closes: None });
    };
    // Every limit there is keeps the price to what was put to the holder.
    let limited = right.free_terms_limit != FreeTermsLimit::None;
    let baseline = limited.then_some(case.requirement.price);
    let closes = match right.free_window {
        FreeWindow::Lasting(duration) => Some(clock.deadline(from, duration)?),
        FreeWindow::Unlimited => None,
    };
    Ok(Event::Released { part, baseline, closes })
}

/// Others may sign on the terms the holder did not match, until the later of the end of the
/// interrupted free window and 30 days. Source: domain rules §2.3, row 19.
pub(crate) fn released_after_matching(
    clock: &Clock<'_>,
    case: &Case,
    part: usize,
    from: Timestamp,
) -> Result<Event, ClockError> {
    let State::Matching { bid, closes, .. } = &case.parts[part].state else {
        return released(clock, case, part, from);
    };
    let baseline = case.bids.get(*bid).map(|bid| bid.price);
    let at_least = clock.deadline(from, terms::Duration::days(30))?;
    Ok(Event::Released { part, baseline, closes: closes.map(|old| old.max(at_least)) })
}
