use std::fmt;

use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Expression, Form, Shape, Unreadable, Value, plain_number, unexpected};

/// A length of time in the unit the contract counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Duration {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}

/// What a length of time is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Elapsed physical hours.
    Hours,
    /// Calendar days.
    Days,
    /// Business days of the agreement's calendars.
    BusinessDays,
    /// Calendar months; the day of the month is clipped to the month's end.
    Months,
}

impl Duration {
    /// So many calendar days.
    pub const fn days(count: u32) -> Duration {
        Duration { count, unit: Unit::Days }
    }

    /// So many business days.
    pub const fn business_days(count: u32) -> Duration {
        Duration { count, unit: Unit::BusinessDays }
    }

    /// So many calendar months.
    pub const fn months(count: u32) -> Duration {
        Duration { count, unit: Unit::Months }
    }

    /// So many elapsed hours.
    pub const fn hours(count: u32) -> Duration {
        Duration { count, unit: Unit::Hours }
    }

    /// The first day that is so long after another, at the least: business days are counted as five
    /// a week, as only an agreement's calendars know holidays, and hours as whole days.
    pub fn after(self, day: Date) -> Date {
        let count = i64::from(self.count);
        let span = match self.unit {
            Unit::Hours => Span::new().try_days(count / 24),
            Unit::Days => Span::new().try_days(count),
            Unit::BusinessDays if count == 0 => Ok(Span::new()),
            Unit::BusinessDays => Span::new().try_days((count - 1) / 5 * 7 + (count - 1) % 5 + 1),
            Unit::Months => Span::new().try_months(count),
        };
        // What is after the last day there is, is never.
        span.ok().and_then(|span| day.checked_add(span).ok()).unwrap_or(Date::MAX)
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Hours => "hour",
            Unit::Days => "day",
            Unit::BusinessDays => "business day",
            Unit::Months => "month",
        };
        write!(f, "{} {unit}{}", self.count, if self.count == 1 { "" } else { "s" })
    }
}

impl Value for Duration {
    const EXPECTED: &'static str = "a length of time, in quotes a whole number and `hours`, `days`, \
                                    `business days`, `months` or `years`, as \"30 days\"";
    const FORM: Form = Form::Measured(&["hours", "days", "business days", "months", "years"]);

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        let read = || {
            let Shape::Text(text) = &expression.shape else { return None };
            let (number, unit) = text.trim().split_once(' ')?;
            let count: u32 = plain_number(number)?.parse().ok()?;
            match unit.trim() {
                "hour" | "hours" => Some(Duration::hours(count)),
                "day" | "days" => Some(Duration::days(count)),
                "business day" | "business days" => Some(Duration::business_days(count)),
                "month" | "months" => Some(Duration::months(count)),
                "year" | "years" => Some(Duration::months(count.checked_mul(12)?)),
                _ => None,
            }
        };
        read().ok_or_else(|| unexpected::<Self>(expression))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}
