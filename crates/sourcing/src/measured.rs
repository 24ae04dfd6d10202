//! Measured "primarily": whether what a consent lets by is done mainly for the purposes it is for.
//!
//! In flow what was metered by purpose and the tests made so far; out flow the tests that are due, each
//! with its figures. A failed one is the notice of its failure and opens the time to cure; when that
//! ends the share is taken again, and what the clause says follows. Source: domain rules §1.3 and §2.8,
//! invariant 15.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use terms::act::Attribute;
use terms::clause::{Consent, Measure, OnFail, TestDates};
use terms::{Clause, Known, Name, Provision, Terms};

use crate::deadline::{Clock, ClockError};

/// What was done for a purpose, as metered, in the metric of the clause that asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metered {
    /// The consent it is metered for.
    pub clause: String,
    /// Who did it.
    pub by: Name,
    /// The last day of the time it was done in.
    pub on: Date,
    /// For what purpose.
    pub purpose: String,
    /// How much: accelerator-hours, or what else the clause measures.
    pub amount: u64,
}

/// A test of a share, as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// The consent.
    pub clause: String,
    /// The day up to which, inclusive, the trailing time counts.
    pub on: Date,
    /// What was done for the purposes of the consent.
    pub part: u64,
    /// What was done in all.
    pub whole: u64,
    /// What came of it.
    pub outcome: TestOutcome,
}

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum TestOutcome {
    /// The share is what it must be.
    Passed,
    /// It is not: both parties are told, and it may be cured.
    Failed {
        /// The last instant for that.
        cure_by: Timestamp,
    },
    /// It is again, in time.
    Cured,
    /// It is not, and the clause says what follows.
    NotCured {
        /// What follows.
        follows: OnFail,
        /// What is beyond what the share allows, in the clause's metric.
        excess: u64,
    },
}

/// What is measured of each consent: a fold of the two kinds of records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    metered: BTreeMap<String, Vec<Metered>>,
    tested: BTreeMap<String, Vec<Tested>>,
}

impl Measured {
    /// Folds what was metered.
    pub fn meter(&mut self, metered: Metered) {
        self.metered.entry(metered.clause.clone()).or_default().push(metered);
    }

    /// Folds a test.
    pub fn test(&mut self, tested: Tested) {
        self.tested.entry(tested.clause.clone()).or_default().push(tested);
    }

    /// Tests of a consent, in the order they were made.
    pub fn tests(&self, clause: &str) -> &[Tested] {
        self.tested.get(clause).map_or(&[], Vec::as_slice)
    }

    /// The tests that are due by an instant and not yet made, of all consents in force then that
    /// are measured. A day is tested once it is over; one before which nothing was metered is not.
    ///
    /// # Errors
    /// [`ClockError`] if a time to cure ends beyond its calendar.
    pub fn due(
        &self,
        terms: &Terms,
        now: Timestamp,
    ) -> Result<Vec<(Timestamp, Tested)>, ClockError> {
        let mut due = Vec::new();
        for clause in &terms.clauses {
            let Provision::Consent(Consent { primarily: Some(primarily), .. }) = &clause.provision
            else {
                continue;
            };
            let Some(agreement) = terms.agreement_of(clause.document) else { continue };
            let clock = Clock::of(terms, agreement);
            let today = now.to_zoned(clock.zone.clone()).date();
            let in_force = terms.in_force(today, Known::At(now));
            if !in_force.clauses.iter().any(|other| std::ptr::eq(*other, clause)) {
                continue;
            }
            let mut so_far = self.clone();
            let passes = |part, whole| primarily.threshold.passes(part, whole);
            while let Some((at, tested)) =
                so_far.next(&clock, clause, &primarily.measure, &passes, now)?
            {
                so_far.test(tested.clone());
                due.push((at, tested));
            }
        }
        due.sort_by_key(|(at, _)| *at);
        Ok(due)
    }

    /// The next test of a clause that is due by an instant.
    fn next(
        &self,
        clock: &Clock<'_>,
        clause: &Clause,
        measure: &Measure,
        passes: &dyn Fn(u64, u64) -> bool,
        now: Timestamp,
    ) -> Result<Option<(Timestamp, Tested)>, ClockError> {
        let id = clause.id.to_string();
        let last = self.tests(&id).last();
        if let Some(Tested { outcome: TestOutcome::Failed { cure_by }, .. }) = last {
            let cure_by = *cure_by;
            if now <= cure_by {
                return Ok(None);
            }
            let on = cure_by.to_zoned(clock.zone.clone()).date();
            let (part, whole) = self.share(clock, clause, measure, on)?;
            let outcome = if passes(part, whole) {
                TestOutcome::Cured
            } else {
                TestOutcome::NotCured {
                    follows: measure.on_fail,
                    excess: excess(passes, part, whole),
                }
            };
            return Ok(Some((cure_by, Tested { clause: id, on, part, whole, outcome })));
        }
        let Some(first) = self.metered.get(&id).and_then(|all| all.iter().map(|one| one.on).min())
        else {
            return Ok(None);
        };
        let after = last.map_or(first.yesterday()?, |last| last.on);
        let on = test_day(measure.test_dates, after)?;
        let at = clock.midnight(on.tomorrow()?)?;
        if now < at {
            return Ok(None);
        }
        let (part, whole) = self.share(clock, clause, measure, on)?;
        let outcome = if passes(part, whole) {
            TestOutcome::Passed
        } else {
            TestOutcome::Failed { cure_by: clock.deadline(at, measure.cure)? }
        };
        Ok(Some((at, Tested { clause: id, on, part, whole, outcome })))
    }

    /// What was done for the purposes of a consent, and in all, in the trailing time up to a day.
    fn share(
        &self,
        clock: &Clock<'_>,
        clause: &Clause,
        measure: &Measure,
        on: Date,
    ) -> Result<(u64, u64), ClockError> {
        let id = clause.id.to_string();
        let metered = self.metered.get(&id).into_iter().flatten();
        let (mut part, mut whole) = (0u64, 0u64);
        for one in metered.filter(|one| one.on <= on) {
            // A time of twelve months up to 30 June begins on 1 July of the year before.
            if clock.day_after(one.on, measure.window)? <= on {
                continue;
            }
            whole = whole.saturating_add(one.amount);
            if is_for(clause, &one.purpose) {
                part = part.saturating_add(one.amount);
            }
        }
        Ok((part, whole))
    }
}

/// Whether a purpose is one the clause's scope names; every purpose is where it names none.
fn is_for(clause: &Clause, purpose: &str) -> bool {
    let mut named = clause.scope.constraints(Attribute::Purpose).peekable();
    named.peek().is_none() || named.any(|values| values.holds(purpose))
}

/// The first day of testing after a day: the last of a month, a quarter or a year.
fn test_day(dates: TestDates, after: Date) -> Result<Date, ClockError> {
    let mut day = after.tomorrow()?;
    if dates == TestDates::Always {
        return Ok(day);
    }
    let every = match dates {
        TestDates::Yearly => 12,
        TestDates::Quarterly => 3,
        TestDates::Monthly | TestDates::Always => 1,
    };
    loop {
        let last = day.last_of_month();
        if i16::from(last.month()) % every == 0 {
            return Ok(last);
        }
        day = last.tomorrow()?;
    }
}

/// How much less of what is for other purposes would have passed: found by halving, as a bound may be
/// any ratio.
fn excess(passes: &dyn Fn(u64, u64) -> bool, part: u64, whole: u64) -> u64 {
    let (mut enough, mut too_little) = (whole.saturating_sub(part), 0);
    if !passes(part, part) {
        return enough;
    }
    while enough - too_little > 1 {
        let middle = too_little + (enough - too_little) / 2;
        match passes(part, whole - middle) {
            true => enough = middle,
            false => too_little = middle,
        }
    }
    enough
}
