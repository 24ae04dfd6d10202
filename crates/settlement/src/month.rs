//! The month of a statement.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A calendar month, written `2023-11`. Its days are UTC days, as those of usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Month {
    first: Date,
}

impl Month {
    /// The month a day is in.
    pub fn of(day: Date) -> Month {
        Month { first: day.first_of_month() }
    }

    /// The first day.
    pub fn first(self) -> Date {
        self.first
    }

    /// The first day of the next month.
    pub fn end(self) -> Date {
        // The last month that can be written has no next one; it ends with its last day.
        let last = self.first.last_of_month();
        last.tomorrow().unwrap_or(last)
    }

    /// Its days, in order.
    pub fn days(self) -> impl Iterator<Item = Date> {
        self.first.series(jiff::Span::new().days(1)).take_while(move |day| *day < self.end())
    }

    /// The calendar year.
    pub fn year(self) -> i16 {
        self.first.year()
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is not a month; expected year and month, as 2023-11");
        let (year, month) = text.split_once('-').ok_or_else(bad)?;
        let digits = text.chars().all(|c| c.is_ascii_digit() || c == '-');
        if year.len() != 4 || month.len() != 2 || !digits {
            return Err(bad());
        }
        let (year, month) = (year.parse().map_err(|_| bad())?, month.parse().map_err(|_| bad())?);
        let first = Date::new(year, month, 1).map_err(|_| bad())?;
        if year >= 9999 {
            return Err(bad());
        }
        Ok(Month { first })
    }
}

impl TryFrom<String> for Month {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> String {
        month.to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first.strftime("%Y-%m"))
    }
}
