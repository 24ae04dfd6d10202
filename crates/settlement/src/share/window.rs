//! Stretches of whole months over which sums are added up.

use std::fmt;

use jiff::civil::Date;
use terms::clause::TierMeasure;
use terms::{Duration, Unit};

use crate::month::Month;

/// From one month to another, both inclusive; without a last one, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// The first month.
    pub first: Month,
    /// The last month.
    pub last: Option<Month>,
}

impl Window {
    /// A clause's whole time.
    pub fn cumulative() -> Window {
        Window { first: Month::of(Date::MIN), last: None }
    }

    /// The calendar year of a month.
    pub fn year(month: Month) -> Window {
        Window::calendar(month, 12)
    }

    /// What tiers are found by.
    pub fn of_tiers(measure: TierMeasure, month: Month) -> Window {
        match measure {
            TierMeasure::Month => Window::calendar(month, 1),
            TierMeasure::Quarter => Window::calendar(month, 3),
            TierMeasure::Year => Window::year(month),
            TierMeasure::Cumulative => Window::cumulative(),
        }
    }

    /// The period of a share that a month lies in: of the calendar if a year has a whole number of
    /// them, counted from the beginning of the clause if not. One that is no number of months is
    /// computed by the month, as statements are.
    pub fn period(length: Duration, begins: Option<Date>, month: Month) -> Window {
        match (length.unit, i64::from(length.count)) {
            (Unit::Months, count) if count > 0 && 12 % count == 0 => Window::calendar(month, count),
            (Unit::Months, count) if count > 0 => {
                Window::counted(begins.unwrap_or(month.first()), count, month).0
            }
            _ => Window::calendar(month, 1),
        }
    }

    /// The window of so many months after a day that a month lies in, and how many went before. A
    /// month in which one window ends and the next begins belongs to the one that ends.
    pub fn counted(begins: Date, months: i64, month: Month) -> (Window, i64) {
        let late = i64::from(begins.day() > 1);
        let (begins, at) = (number(Month::of(begins)), number(month));
        // The first month is short by what went before the day; the last one makes up for it.
        let elapsed = ((at - begins - late).max(0)) / months;
        let first = begins + elapsed * months + if elapsed > 0 { late } else { 0 };
        let last = begins + (elapsed + 1) * months - 1 + late;
        (Window { first: numbered(first), last: Some(numbered(last)) }, elapsed)
    }

    fn calendar(month: Month, months: i64) -> Window {
        let first = number(month) / months * months;
        Window { first: numbered(first), last: Some(numbered(first + months - 1)) }
    }

    /// Whether a month is the last.
    pub fn ends_in(self, month: Month) -> bool {
        self.last == Some(month)
    }

    /// Whether a month lies in it.
    pub fn holds(self, month: Month) -> bool {
        self.first <= month && self.last.is_none_or(|last| month <= last)
    }
}

fn number(month: Month) -> i64 {
    i64::from(month.year()) * 12 + i64::from(month.first().month()) - 1
}

/// The month of a number; the last there is, if it is beyond.
fn numbered(number: i64) -> Month {
    let year = i16::try_from(number.div_euclid(12));
    let month = i8::try_from(number.rem_euclid(12) + 1);
    let first = year.ok().zip(month.ok()).and_then(|(year, month)| Date::new(year, month, 1).ok());
    Month::of(first.unwrap_or(Date::MAX))
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.first;
        let Some(last) = self.last else { return f.write_str("all") };
        let (from, months) = (first.first().month(), number(last) - number(first) + 1);
        match months {
            1 => write!(f, "{first}"),
            12 if from == 1 => write!(f, "{}", first.year()),
            3 if (from - 1) % 3 == 0 => write!(f, "{}-Q{}", first.year(), (from - 1) / 3 + 1),
            _ => write!(f, "{first} to {last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_of_the_calendar_or_counted() {
        let month = |text: &str| text.parse::<Month>().unwrap();
        let shown = |length, begins: &str, at: &str| {
            Window::period(length, Some(begins.parse().unwrap()), month(at)).to_string()
        };
        assert_eq!(shown(Duration::months(3), "2025-02-01", "2025-03"), "2025-Q1");
        assert_eq!(shown(Duration::months(12), "2025-02-01", "2025-03"), "2025");
        assert_eq!(shown(Duration::days(7), "2025-02-01", "2025-03"), "2025-03");
        assert_eq!(shown(Duration::months(6), "2025-02-01", "2025-08"), "2025-07 to 2025-12");
        // 17 months from the middle of a month end in the middle of a month.
        for (at, window, elapsed) in [
            ("2018-08", "2018-08 to 2020-01", 0),
            ("2020-01", "2018-08 to 2020-01", 0),
            ("2020-02", "2020-02 to 2021-06", 1),
            ("2021-06", "2020-02 to 2021-06", 1),
            ("2021-07", "2021-07 to 2022-11", 2),
        ] {
            let (counted, before) = Window::counted("2018-08-21".parse().unwrap(), 17, month(at));
            assert_eq!((counted.to_string().as_str(), before), (window, elapsed), "{at}");
        }
        let (whole, before) = Window::counted("2025-04-01".parse().unwrap(), 12, month("2026-04"));
        assert_eq!((whole.to_string().as_str(), before), ("2026-04 to 2027-03", 1));
    }
}
