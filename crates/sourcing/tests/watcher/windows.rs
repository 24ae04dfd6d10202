//! How long windows are, and that no deadline comes earlier.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use sourcing::{Case, Event, State};
use terms::clause::Silence;
use terms::{Duration, Unit};

use super::{Happened, Law, Leave, Told, Watcher};

impl Watcher {
    /// The window is as long as the clause of every holder asked says.
    pub(super) fn length(
        &mut self,
        h: &Happened<'_>,
        tier: u32,
        from: Timestamp,
        until: Timestamp,
        to_match: bool,
    ) {
        let case = h.after();
        for (_, right) in case.restriction.tier(tier) {
            let says = &right.says;
            let agreed = if to_match { says.match_window } else { says.response_window };
            let least = at_least(agreed);
            let given =
                matches!(says.approach.clock_starts, terms::clause::ClockStart::NoticeGiven);
            let lasts = until.duration_since(from);
            self.must(Law::Windows, given || least <= lasts, || {
                format!("{lasts:?} from {from} to {until}, not {agreed}")
            });
        }
    }

    /// No round begins once every right has ended.
    pub(super) fn right_holds(&mut self, h: &Happened<'_>, now: Timestamp) {
        let rights = h.after().restriction.rights();
        let holds = rights.iter().any(|right| right.ends.is_none_or(|ends| now < ends));
        self.must(Law::Listed, holds, || format!("a round after the right: {:?}", h.dated));
    }

    /// Deadlines that the process moved, by what the case says after it; [`moved`] checks them.
    pub(super) fn put_off(&mut self, h: &Happened<'_>, told: &mut Told) {
        for (at, seen) in told.parts.iter_mut().enumerate() {
            let Some(state) = h.after().state(at) else { continue };
            let ends = match state {
                State::Negotiating { open, .. } => open.deadline,
                _ => deadline_of(state),
            };
            if let Some(window) = &mut seen.window {
                window.deadline = ends;
            }
            if let (Some(Leave::Released(free)), State::Free(is)) = (&mut seen.leave, state) {
                free.closes = is.closes;
            }
        }
        if let Event::Resumed { part, .. } = &h.dated.event {
            self.resumed(h, told, *part);
        }
    }

    pub(super) fn resumed(&mut self, h: &Happened<'_>, told: &mut Told, part: usize) {
        let Some((_, left)) = told.parts.get_mut(part).and_then(|seen| seen.paused.take()) else {
            return self.broke(Law::Paused, "it did not stand still");
        };
        let ends = h.after().state(part).and_then(deadline_of);
        let now = h.dated.at;
        let (Some(left), Some(ends)) = (left, ends) else { return };
        let left_now = ends.duration_since(now).as_nanos();
        self.must(Law::Windows, left <= left_now, || {
            format!("{left} ns were left, not {left_now}")
        });
        // Five business days from a Friday are ten days with a holiday, and some hours.
        let five = SignedDuration::from_hours(24 * 11).as_nanos();
        self.must(Law::Paused, left_now <= left.max(five), || {
            format!("{left} ns were left, now {left_now}")
        });
    }

    /// A deadline moves earlier for nobody, as long as what it belongs to stands where it stood.
    pub(super) fn no_earlier(&mut self, h: &Happened<'_>, at: usize, was: &State, is: &State) {
        use State::{Committed, Free, Matching, Negotiating, Noticed, Open};
        let (was, is) = match (was, is) {
            (Noticed(was), Noticed(is)) => (Some(was.deadline), Some(is.deadline)),
            (Noticed(was), Open(is)) => (Some(was.deadline), is.deadline),
            (Open(was), Open(is)) => (was.deadline, is.deadline),
            (Open(was), Negotiating { open: is, .. }) => (was.deadline, is.deadline),
            (Negotiating { open: was, until: w, .. }, Negotiating { open: is, until: i, .. }) => {
                self.must(Law::Windows, w <= i, || format!("talks of part {at} end at {i}"));
                (was.deadline, is.deadline)
            }
            (Matching { bid: w, deadline: was, .. }, Matching { bid: i, deadline: is, .. })
                if w == i =>
            {
                (Some(*was), Some(*is))
            }
            (Free(was), Free(is)) if h.dated.event.name() != "released" => (was.closes, is.closes),
            (Matching { free: was, .. }, Free(is)) => (was.closes, is.closes),
            (Committed { sign_by: Some(was), .. }, Committed { sign_by: Some(is), .. }) => {
                (Some(*was), Some(*is))
            }
            _ => return,
        };
        let (Some(was), Some(is)) = (was, is) else { return };
        self.must(Law::Windows, was <= is, || {
            format!("part {at}: {was} moves to {is} by {:?}", h.dated.event)
        });
    }
}

/// When what runs in a part ends.
pub(super) fn deadline_of(state: &State) -> Option<Timestamp> {
    match state {
        State::Noticed(noticed) => Some(noticed.deadline),
        _ => state.deadline(),
    }
}

/// The least a window can last: it ends at a cutoff on its last day, and an hour may be lost to
/// daylight saving time.
pub(super) fn at_least(window: Duration) -> SignedDuration {
    let count = i64::from(window.count);
    let hour = SignedDuration::from_hours(1);
    match window.unit {
        Unit::Hours => SignedDuration::from_hours(count),
        Unit::Days | Unit::BusinessDays => SignedDuration::from_hours(24 * count) - hour,
        _ => SignedDuration::from_hours(24 * 28 * count) - hour,
    }
}

/// What waits although nothing will ever happen by itself, in words.
pub fn waits_for_ever(case: &Case) -> Option<String> {
    let timers: BTreeSet<Timestamp> = sourcing::timer::timers(case).map(|(at, _)| at).collect();
    case.parts.iter().find_map(|part| {
        let runs = match &part.state {
            // It waits for the grantor alone, who alone loses by it: documents, or silence that
            // means nothing.
            State::Open(open) if open.deadline.is_none() => return None,
            State::Open(open) => open.deadline,
            State::Noticed(noticed) => Some(noticed.receipt),
            State::Negotiating { until, .. } => Some(*until),
            State::Matching { deadline, .. } => Some(*deadline),
            State::Free(free) => match free.closes {
                Some(closes) => Some(closes),
                None => return None,
            },
            State::Committed { sign_by: Some(sign_by), compellable: false, .. } => Some(*sign_by),
            _ => return None,
        };
        let waits = case.restriction.rights().iter().any(|r| r.says.silence_means == Silence::Wait);
        let ends = runs.is_some_and(|at| timers.contains(&at));
        (!ends && !waits).then(|| format!("{part} runs to {runs:?}, and nothing ends it"))
    })
}
