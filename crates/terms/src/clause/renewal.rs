use jiff::Span;
use jiff::civil::Date;

use crate::fields::{Collected, Fields};
use crate::value::{Unit, words};
use crate::{Bound, Duration};

words! {
    /// What makes the agreement go on.
    pub enum RenewalMode {
        /// It goes on unless a party gives notice.
        Automatic = "automatic",
        /// The holder may make it go on.
        Option = "option",
        /// Both must agree.
        Mutual = "mutual",
    }
}

words! {
    /// What prices are for the next term.
    pub enum RenewalPrice {
        /// Those of the term before.
        Unchanged = "unchanged",
        /// What the agreement's price caps let them be.
        Capped = "capped",
        /// The market's.
        Market = "market",
        /// Whatever both agree.
        Agreed = "agreed",
    }
}

/// "The agreement goes on for another term." Source: domain rules §1.11.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// What makes it go on.
    pub mode: RenewalMode,
    /// For how long.
    pub term: Duration,
    /// How long before the end notice must be given.
    pub notice: Duration,
    /// How often at most; without end if not stated.
    pub times: Option<u32>,
    /// Notice that it will not go on, which ends an automatic one.
    pub unless: Vec<Bound>,
    /// The holder's choice, or both parties' agreement, that it goes on: one for each time.
    pub exercised: Vec<Bound>,
    /// What must have happened for it to go on; each of these.
    pub provided: Vec<Bound>,
    /// What prices then are.
    pub price: RenewalPrice,
    /// Whether the holder keeps what it has against others who want it, and on what terms.
    pub rollover: Option<Rollover>,
}

/// "Who has the capacity keeps it if it takes it for as long as the rival would, at the cap's price."
/// Source: domain rules §1.11, after the practice of electric grids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollover {
    /// How long before the end the holder must say so.
    pub notice: Duration,
    /// The shortest term that gives this right.
    pub minimum_term: Duration,
}

impl Renewal {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Renewal {
        let provided: Vec<Bound> = f.optional("provided").unwrap_or_default();
        f.expect_conditions("provided", &provided, into);
        let unless: Vec<Bound> = f.optional("unless").unwrap_or_default();
        f.expect_conditions("unless", &unless, into);
        let exercised: Vec<Bound> = f.optional("exercised").unwrap_or_default();
        f.expect_conditions("exercised", &exercised, into);
        Renewal {
            unless,
            exercised,
            mode: f.or("mode", RenewalMode::Automatic),
            term: f.or("term", Duration::months(12)),
            notice: f.or("notice", Duration::days(90)),
            times: f.optional("times"),
            provided,
            price: f.or("price", RenewalPrice::Capped),
            rollover: Rollover::read(f, into),
        }
    }

    /// The last of the days on which the agreement would end, the first of which is `day`; `None` if
    /// it goes on without end. From `stopped` on it renews nothing. `day_of` tells when something
    /// happened, if it is known to have.
    ///
    /// Notice, choice and agreement count if they are there the notice period before the end.
    pub(crate) fn last_day(
        &self,
        mut day: Date,
        stopped: Option<Date>,
        day_of: impl Fn(&Bound) -> Option<Date>,
    ) -> Option<Date> {
        let happened = |bounds: &[Bound]| bounds.iter().filter_map(&day_of).collect::<Vec<_>>();
        let (unless, mut exercised) = (happened(&self.unless), happened(&self.exercised));
        exercised.sort();
        let mut exercised = exercised.into_iter();
        let mut left = self.times.unwrap_or(u32::MAX);
        while left > 0 {
            let in_time = |said: &Date| self.notice.after(*said) <= day;
            let met = |bound: &Bound| day_of(bound).is_some_and(|met| met <= day);
            let goes_on = stopped.is_none_or(|stopped| day < stopped)
                && self.provided.iter().all(met)
                && match self.mode {
                    RenewalMode::Automatic => !unless.iter().any(in_time),
                    RenewalMode::Option | RenewalMode::Mutual => {
                        exercised.next().is_some_and(|said| in_time(&said))
                    }
                };
            if !goes_on {
                return Some(day);
            }
            let next = self.term.after(day);
            if next <= day {
                return Some(day);
            }
            let never_stopped =
                self.mode == RenewalMode::Automatic && unless.is_empty() && stopped.is_none();
            if never_stopped && self.times.is_none() {
                return None;
            }
            // Automatic terms of so many days pass alike until the day on which they stop.
            let mut alike = 1;
            if self.mode == RenewalMode::Automatic && self.term.unit != Unit::Months {
                let stops = unless.iter().map(|said| self.notice.after(*said)).chain(stopped).min();
                let whole = days(day, stops.unwrap_or(Date::MAX)) / days(day, next);
                alike = u32::try_from(whole).unwrap_or(1).clamp(1, left);
            }
            let passed = Span::new().days(days(day, next).saturating_mul(alike.into()));
            day = if alike == 1 { next } else { day.saturating_add(passed) };
            if day == Date::MAX {
                return None;
            }
            left -= alike;
        }
        Some(day)
    }
}

fn days(from: Date, until: Date) -> i64 {
    (until - from).get_days().into()
}

impl Rollover {
    /// Off where there is no such block.
    fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<Rollover> {
        let mut block = f.block("rollover")?;
        let rollover = Rollover {
            notice: block.or("notice", Duration::months(12)),
            minimum_term: block.or("minimum_term", Duration::months(60)),
        };
        f.adopt(block, "rollover", into);
        Some(rollover)
    }
}
