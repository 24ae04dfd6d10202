//! The day from which on what something needs is no longer there.

use jiff::civil::Date;

/// A time, half-open; one without an end goes on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time {
    pub begins: Date,
    pub ends: Option<Date>,
}

impl Time {
    fn holds(self, on: Date) -> bool {
        self.begins <= on && self.ends.is_none_or(|ends| on < ends)
    }
}

/// The first day within `needed` on which one of the `cover`s has ended and none holds, with the
/// place of the one that ended last. `None` as well if there never was any before that day.
pub(super) fn uncovered(cover: &[Time], needed: Time) -> Option<(Date, usize)> {
    let ends = cover.iter().filter_map(|time| time.ends);
    let day = ends
        .map(|ends| ends.max(needed.begins))
        .filter(|day| needed.holds(*day) && !cover.iter().any(|time| time.holds(*day)))
        .min()?;
    let ended = cover.iter().enumerate().filter_map(|(at, time)| Some((time.ends?, at)));
    let (_, last) = ended.filter(|(ends, _)| *ends <= day).max()?;
    Some((day, last))
}
