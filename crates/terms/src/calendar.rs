//! Business days.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Which days are working days. Holidays are data of the agreement, not of a library, because a
/// change of somebody's table must never move a deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Days without business, besides weekends.
    pub holidays: BTreeSet<Date>,
    /// The first day the table of holidays covers.
    pub covers_from: Date,
    /// The first day after those it covers.
    pub covers_until: Date,
}

/// A day lies outside the years a calendar's table of holidays covers.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the calendar covers {from} to {until}, not {day}; extend its `holidays` and `covers`")]
pub struct OutsideCalendar {
    /// The day asked about.
    pub day: Date,
    /// The first day covered.
    pub from: Date,
    /// The first day not covered.
    pub until: Date,
}

impl Calendar {
    /// Whether `day` is a working day.
    ///
    /// # Errors
    /// [`OutsideCalendar`] if the table says nothing about that day; guessing would make deadlines
    /// depend on when a table was last extended.
    pub fn is_business_day(&self, day: Date) -> Result<bool, OutsideCalendar> {
        let (from, until) = (self.covers_from, self.covers_until);
        if day < from || until <= day {
            return Err(OutsideCalendar { day, from, until });
        }
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        Ok(!weekend && !self.holidays.contains(&day))
    }
}
