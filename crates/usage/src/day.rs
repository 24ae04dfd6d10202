//! The billing day: the UTC day of a call's timestamp.

use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan, tz::Offset};

const NANOS_PER_DAY: i64 = 86_400_000_000_000;

/// The day a call is billed on: the UTC day of `at`, whatever zone the parties live in.
///
/// FOCUS and the vendors' usage exports count the same way, so a day here can be held against
/// a day of theirs.
pub fn day_of(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}

/// Days since 1970-01-01 for an instant in nanoseconds, the form the hot paths compare.
pub(crate) fn day_number(at_ns: i64) -> i64 {
    at_ns.div_euclid(NANOS_PER_DAY)
}

/// The date with a given number, which must come from [`day_number`].
pub(crate) fn day_from_number(number: i64) -> Date {
    date(1970, 1, 1)
        .checked_add(number.days())
        .expect("nanoseconds in an i64 reach from 1677 to 2262, and dates reach further")
}

/// Nanoseconds since 1970, or `None` outside the years 1677 to 2262 that a segment can hold.
pub(crate) fn nanoseconds(at: Timestamp) -> Option<i64> {
    i64::try_from(at.as_nanosecond()).ok()
}

/// The instant of so many nanoseconds since 1970.
pub(crate) fn instant(at_ns: i64) -> Timestamp {
    Timestamp::from_nanosecond(at_ns.into())
        .expect("nanoseconds in an i64 reach from 1677 to 2262, and instants reach further")
}
