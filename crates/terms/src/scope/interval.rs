use std::fmt;

use serde::{Deserialize, Serialize};

/// A half-open interval of whole numbers, `start <= n < end`; `None` is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Interval {
    /// The first number inside.
    pub start: Option<i64>,
    /// The first number after.
    pub end: Option<i64>,
}

impl Interval {
    /// Every number.
    pub const ALL: Interval = Interval { start: None, end: None };

    /// One number.
    pub fn exactly(number: i64) -> Interval {
        Interval { start: Some(number), end: number.checked_add(1) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.end.is_some_and(|end| self.start.unwrap_or(i64::MIN) >= end)
    }

    pub(super) fn intersect(&self, other: &Interval) -> Interval {
        let start = self.start.max(other.start);
        let end = match (self.end, other.end) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Interval { start, end }
    }

    /// The numbers below and above.
    pub(super) fn complement(&self) -> [Interval; 2] {
        let empty = Interval { start: Some(0), end: Some(0) };
        [
            self.start.map_or(empty, |start| Interval { start: None, end: Some(start) }),
            self.end.map_or(empty, |end| Interval { start: Some(end), end: None }),
        ]
    }

    pub(super) fn holds(&self, number: i64) -> bool {
        self.start.is_none_or(|start| start <= number) && self.end.is_none_or(|end| number < end)
    }

    /// A number inside; the caller knows there is one.
    pub(super) fn witness(&self) -> i64 {
        self.start.unwrap_or_else(|| self.end.map_or(0, |end| end - 1))
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(start) = self.start {
            write!(f, "{start}")?;
        }
        f.write_str("..")?;
        self.end.map_or(Ok(()), |end| write!(f, "{end}"))
    }
}
