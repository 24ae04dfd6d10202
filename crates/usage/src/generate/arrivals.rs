//! When made-up calls come: more by day than by night, more in the week than at its end.

use jiff::civil::Date;
use jiff::{ToSpan, tz::Offset};

use crate::day::nanoseconds;

pub(super) const NANOS_PER_HOUR: u64 = 3_600_000_000_000;

/// The weight of each UTC hour of a day. Assumed: the traces cover a single hour. The hump is
/// office hours in Europe and America together.
const HOURS: [u64; 24] = [
    46, 42, 38, 36, 35, 37, 44, 58, 74, 86, 92, 95, 97, 100, 104, 108, 110, 107, 100, 90, 80, 70,
    60, 52,
];

/// The weight of each day of a week, from Monday. Assumed too.
const DAYS: [u64; 7] = [98, 103, 104, 103, 97, 58, 52];

/// The hours of one month, each with its start (nanoseconds since 1970) and its calls.
#[derive(Debug, Clone)]
pub(super) struct Arrivals {
    hours: std::vec::IntoIter<(i64, u64)>,
}

impl Arrivals {
    pub(super) fn new(month: Date, calls: u64) -> Self {
        let weights = weights(month);
        let total: u128 = weights.iter().map(|(_, weight)| u128::from(*weight)).sum();
        // Each hour takes the calls due by its end less those due by its start, so that the
        // hours sum to the calls asked for.
        let due = |passed: u128| {
            let due = u128::from(calls) * passed / total;
            u64::try_from(due).expect("a part of the calls is no more than all of them")
        };
        let mut passed = 0;
        let hours = weights.into_iter().map(|(start, weight)| {
            let before = due(passed);
            passed += u128::from(weight);
            (start, due(passed) - before)
        });
        Self { hours: hours.collect::<Vec<_>>().into_iter() }
    }
}

impl Iterator for Arrivals {
    type Item = (i64, u64);

    fn next(&mut self) -> Option<Self::Item> {
        self.hours.next()
    }
}

/// Every hour of a month, with its start and weight. A month in UTC has no odd hours.
fn weights(month: Date) -> Vec<(i64, u64)> {
    let days =
        month.first_of_month().series(1.day()).take(month.days_in_month().unsigned_abs().into());
    days.flat_map(|day| {
        // A month the store cannot hold has no hours, and so no calls.
        let start = Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok().and_then(nanoseconds);
        let of_day = DAYS[usize::from(day.weekday().to_monday_zero_offset().unsigned_abs())];
        start.into_iter().flat_map(move |start| {
            let starts = (start..).step_by(usize::try_from(NANOS_PER_HOUR).unwrap_or(usize::MAX));
            starts.zip(HOURS.map(|of_hour| of_hour * of_day))
        })
    })
    .collect()
}
