//! How time is counted: receipt, business days, deadlines. Source: domain rules §2.5.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use terms::calendar::OutsideCalendar;
use terms::{Agreement, Calendar, Duration, Terms, Unit};
use thiserror::Error;

/// An agreement's way of counting time.
#[derive(Debug, Clone)]
pub struct Clock<'a> {
    /// The zone in which days begin and deadlines end.
    pub zone: TimeZone,
    /// The time of day at which a deadline ends, inclusive.
    pub cutoff: Time,
    /// A business day is one in each of these.
    pub calendars: Vec<&'a Calendar>,
}

/// How a notice travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Received when handed over.
    Hand,
    /// Received when sent.
    Email,
    /// Received when the courier has proof.
    Courier,
    /// Received on the second business day after posting.
    Post,
    /// Received on the fifth business day after posting.
    PostAbroad,
}

/// Time cannot be counted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClockError {
    /// A day no calendar speaks of.
    #[error(transparent)]
    Calendar(#[from] OutsideCalendar),
    /// A day no calendar could speak of.
    #[error("a deadline lies outside the years that can be counted")]
    OutOfRange,
}

impl From<jiff::Error> for ClockError {
    fn from(_: jiff::Error) -> ClockError {
        ClockError::OutOfRange
    }
}

/// When a recipient reads notices.
const OPENS: Time = Time::constant(9, 0, 0, 0);
const CLOSES: Time = Time::constant(17, 0, 0, 0);

impl<'a> Clock<'a> {
    /// The clock of an agreement.
    pub fn of(terms: &'a Terms, agreement: &'a Agreement) -> Clock<'a> {
        Clock {
            zone: agreement.time_zone.clone(),
            cutoff: agreement.cutoff,
            calendars: terms.calendars(agreement).collect(),
        }
    }

    /// When a notice that starts a window counts as received: on arrival if that is in business
    /// hours, otherwise when business hours next begin.
    ///
    /// # Errors
    /// [`ClockError`] if a calendar does not reach that far.
    pub fn deemed_receipt(&self, sent: Timestamp, by: Channel) -> Result<Timestamp, ClockError> {
        let sent = sent.to_zoned(self.zone.clone()).datetime();
        let arrived = match by {
            Channel::Hand | Channel::Email | Channel::Courier => sent,
            Channel::Post => self.business_day_after(sent.date(), 2)?.to_datetime(OPENS),
            Channel::PostAbroad => self.business_day_after(sent.date(), 5)?.to_datetime(OPENS),
        };
        let business_day = self.is_business_day(arrived.date())?;
        let received = match arrived.time() {
            time if business_day && (OPENS..=CLOSES).contains(&time) => arrived,
            time if business_day && time < OPENS => arrived.date().to_datetime(OPENS),
            _ => self.business_day_after(arrived.date(), 1)?.to_datetime(OPENS),
        };
        self.instant(received)
    }

    /// The last instant of a window, inclusive. The day of receipt is day 0; days, business days
    /// and months end at the cutoff, and a calendar day stays put on a weekend; hours are elapsed.
    /// No window ends before it begins, also where the cutoff of day 0 has passed.
    ///
    /// # Errors
    /// [`ClockError`] if a calendar does not reach that far.
    pub fn deadline(&self, from: Timestamp, window: Duration) -> Result<Timestamp, ClockError> {
        let count = i64::from(window.count);
        let day = from.to_zoned(self.zone.clone()).date();
        if window.unit == Unit::Hours {
            return Ok(from.checked_add(Span::new().try_hours(count)?)?);
        }
        let last = self.day_after(day, window)?;
        Ok(self.instant(last.to_datetime(self.cutoff))?.max(from))
    }

    /// The day that a length of time after a day is; hours count by whole days.
    ///
    /// # Errors
    /// [`ClockError`] if a calendar does not reach that far.
    pub fn day_after(&self, day: Date, time: Duration) -> Result<Date, ClockError> {
        let count = i64::from(time.count);
        Ok(match time.unit {
            Unit::Hours => day.checked_add(Span::new().try_days(count / 24)?)?,
            Unit::Days => day.checked_add(Span::new().try_days(count)?)?,
            Unit::Months => day.checked_add(Span::new().try_months(count)?)?,
            Unit::BusinessDays => self.business_day_after(day, time.count)?,
        })
    }

    /// The instant of a wall-clock time: in the gap of spring, the first instant after it; where
    /// the clock shows a time twice in autumn, the later one.
    ///
    /// # Errors
    /// [`ClockError::OutOfRange`] beyond the years that can be counted.
    pub fn instant(&self, local: DateTime) -> Result<Timestamp, ClockError> {
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        if let AmbiguousOffset::Gap { after, .. } = ambiguous.offset() {
            let before_the_gap = after.to_timestamp(local)?;
            if let Some(transition) = self.zone.following(before_the_gap).next() {
                return Ok(transition.timestamp());
            }
        }
        Ok(ambiguous.later()?)
    }

    /// The instant a day begins.
    ///
    /// # Errors
    /// [`ClockError::OutOfRange`] beyond the years that can be counted.
    pub fn midnight(&self, day: Date) -> Result<Timestamp, ClockError> {
        self.instant(day.to_datetime(Time::midnight()))
    }

    /// The n-th business day after a day.
    fn business_day_after(&self, day: Date, n: u32) -> Result<Date, ClockError> {
        let mut day = day;
        let mut left = n;
        while left > 0 {
            day = day.tomorrow()?;
            if self.is_business_day(day)? {
                left -= 1;
            }
        }
        Ok(day)
    }

    /// A business day is one in every calendar. Weekends are none, even if no calendar is named.
    fn is_business_day(&self, day: Date) -> Result<bool, ClockError> {
        for calendar in &self.calendars {
            if !calendar.is_business_day(day)? {
                return Ok(false);
            }
        }
        Ok(!matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday))
    }
}
