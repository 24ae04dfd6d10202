//! The periods over which a clause counts, before it begins at nothing again. Source: domain rules
//! §1.6 and §1.7.

use exact::Exact;
use jiff::Span;
use jiff::civil::Date;
use terms::clause::Per;

/// The periods of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Periods {
    /// Where the first whole period begins: no later than the clause.
    anchor: Date,
    /// How many months each is long; none for the clause's whole time.
    months: Option<u32>,
    begins: Date,
    ends: Option<Date>,
}

/// One of them: half-open, and no longer than the clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its first day.
    pub begins: Date,
    /// The first day after it; none while nothing ends it.
    pub ends: Option<Date>,
    /// Its days, and those it would have if the clause did not begin or end within it.
    days: Option<(u32, u32)>,
}

impl Periods {
    /// The periods of a clause that holds from one day to another, `count` units of `per` each.
    /// `None` for what is shorter than a month, and for orders and moments.
    pub fn of(per: Per, count: u32, begins: Date, ends: Option<Date>) -> Option<Periods> {
        let quarter = (begins.month() - 1) / 3 * 3 + 1;
        let (anchor, months) = match per {
            Per::Term => (begins, None),
            Per::Year => (begins, Some(12)),
            Per::CalendarYear => (begins.first_of_year(), Some(12)),
            Per::Quarter => (begins, Some(3)),
            Per::CalendarQuarter => (Date::new(begins.year(), quarter, 1).ok()?, Some(3)),
            Per::Month => (begins.first_of_month(), Some(1)),
            Per::Week | Per::Day | Per::Hour | Per::Order | Per::AtAnyTime => return None,
        };
        let months = match months {
            Some(months) => Some(count.checked_mul(months).filter(|months| *months > 0)?),
            None => None,
        };
        Some(Periods { anchor, months, begins, ends })
    }

    /// How many months each is long; none for the clause's whole time.
    pub fn months(&self) -> Option<u32> {
        self.months
    }

    /// Those that have a day from `from` on and before `until`.
    pub fn overlapping(&self, from: Date, until: Date) -> Vec<Period> {
        let (from, until) = (from.max(self.begins), self.ends.map_or(until, |end| until.min(end)));
        let Some(months) = self.months else {
            let period = Period { begins: self.begins, ends: self.ends, days: None };
            return if from < until { vec![period] } else { Vec::new() };
        };
        let at = |count: i64| self.anchor.checked_add(Span::new().try_months(count).ok()?).ok();
        let mut periods = Vec::new();
        let mut count = 0;
        while let (Some(begins), Some(ends)) = (at(count), at(count + i64::from(months))) {
            if until <= begins {
                break;
            }
            let whole = days(begins, ends);
            let begins = begins.max(self.begins);
            let ends = self.ends.map_or(ends, |end| ends.min(end));
            if from < ends && begins < until {
                let days = Some((days(begins, ends), whole));
                periods.push(Period { begins, ends: Some(ends), days });
            }
            count += i64::from(months);
        }
        periods
    }
}

impl Period {
    /// Which part of a whole period it is, by days.
    pub fn part(&self) -> Exact {
        let Some((days, whole)) = self.days else { return Exact::whole(1) };
        Exact::whole(days).per(whole.max(1))
    }

    /// Whether it is over on a day.
    pub fn is_over(&self, on: Date) -> bool {
        self.ends.is_some_and(|end| end <= on)
    }

    /// Whether a day is in it.
    pub fn holds(&self, day: Date) -> bool {
        self.begins <= day && self.ends.is_none_or(|end| day < end)
    }
}

/// The days from one to another, without the latter.
fn days(from: Date, until: Date) -> u32 {
    let days = from.until(until).map_or(0, |span| span.get_days());
    u32::try_from(days).unwrap_or(0)
}
