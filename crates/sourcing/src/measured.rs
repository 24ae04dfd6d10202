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
use terms::clause::{Consent, Measure, OnFail, Primarily, TestDates};
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
    /// How much, in whole units: accelerator-hours, or what else the clause measures.
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
    /// By consent, day and purpose.
    metered: BTreeMap<String, BTreeMap<Date, BTreeMap<String, u64>>>,
    tested: BTreeMap<String, Vec<Tested>>,
}

/// What was done for the purposes of a consent, and in all, in the trailing time up to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Share {
    /// For its purposes.
    pub part: u64,
    /// For all.
    pub whole: u64,
}

impl Measured {
    /// Folds what was metered. Of a day and a purpose the latest counts, so that a wrong figure can be
    /// put right until it is tested.
    pub fn meter(&mut self, metered: Metered) {
        let Metered { clause, on, purpose, amount, .. } = metered;
        let days = self.metered.entry(clause).or_default();
        days.entry(on).or_default().insert(purpose, amount);
    }

    /// Folds a test.
    pub fn test(&mut self, tested: Tested) {
        self.tested.entry(tested.clause.clone()).or_default().push(tested);
    }

    /// Tests of a consent, in the order they were made.
    pub fn tests(&self, clause: &str) -> &[Tested] {
        self.tested.get(clause).map_or(&[], Vec::as_slice)
    }

    /// Tests of all consents.
    pub fn all_tests(&self) -> impl Iterator<Item = &Tested> {
        self.tested.values().flatten()
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
        for (clause, primarily) in measured(terms, now) {
            let Some(clock) = clock(terms, clause) else { continue };
            let id = clause.id.to_string();
            let mut last = self.tests(&id).last().cloned();
            while let Some(next) = self.next(&clock, &id, &primarily.measure, last.as_ref())?
                && next.is_due(now)
            {
                let tested = self.tested(&clock, clause, primarily, &next)?;
                last = Some(tested.clone());
                due.push((next.at, tested));
            }
        }
        due.sort_by_key(|(at, _)| *at);
        Ok(due)
    }

    /// When a consent is tested next, and on what day's figures; none while nothing was metered.
    ///
    /// # Errors
    /// [`ClockError`] if that is beyond its calendar.
    pub fn next_test(
        &self,
        terms: &Terms,
        clause: &Clause,
        measure: &Measure,
    ) -> Result<Option<(Timestamp, Date)>, ClockError> {
        let Some(clock) = clock(terms, clause) else { return Ok(None) };
        let id = clause.id.to_string();
        let next = self.next(&clock, &id, measure, self.tests(&id).last())?;
        Ok(next.map(|next| (next.at, next.on)))
    }

    /// The share of a consent on a day.
    ///
    /// # Errors
    /// [`ClockError`] if the trailing time ends beyond its calendar.
    pub fn share_on(
        &self,
        terms: &Terms,
        clause: &Clause,
        measure: &Measure,
        on: Date,
    ) -> Result<Share, ClockError> {
        let clock = clock(terms, clause);
        clock.map_or(Ok(Share { part: 0, whole: 0 }), |clock| {
            self.share(&clock, clause, measure, on)
        })
    }

    fn next(
        &self,
        clock: &Clock<'_>,
        id: &str,
        measure: &Measure,
        last: Option<&Tested>,
    ) -> Result<Option<NextTest>, ClockError> {
        if let Some(Tested { outcome: TestOutcome::Failed { cure_by }, .. }) = last {
            let on = cure_by.to_zoned(clock.zone.clone()).date();
            return Ok(Some(NextTest { at: *cure_by, on, cures: true }));
        }
        let Some(first) = self.metered.get(id).and_then(|days| days.keys().next()) else {
            return Ok(None);
        };
        let after = last.map_or(first.yesterday()?, |last| last.on);
        let on = test_day(measure.test_dates, after)?;
        Ok(Some(NextTest { at: clock.midnight(on.tomorrow()?)?, on, cures: false }))
    }

    fn tested(
        &self,
        clock: &Clock<'_>,
        clause: &Clause,
        primarily: &Primarily,
        next: &NextTest,
    ) -> Result<Tested, ClockError> {
        let Primarily { threshold, measure } = primarily;
        let Share { part, whole } = self.share(clock, clause, measure, next.on)?;
        let passes = |part, whole| threshold.passes(part, whole);
        let outcome = match (passes(part, whole), next.cures) {
            (true, false) => TestOutcome::Passed,
            (true, true) => TestOutcome::Cured,
            (false, false) => {
                TestOutcome::Failed { cure_by: clock.deadline(next.at, measure.cure)? }
            }
            (false, true) => TestOutcome::NotCured {
                follows: measure.on_fail,
                excess: excess(&passes, part, whole),
            },
        };
        Ok(Tested { clause: clause.id.to_string(), on: next.on, part, whole, outcome })
    }

    fn share(
        &self,
        clock: &Clock<'_>,
        clause: &Clause,
        measure: &Measure,
        on: Date,
    ) -> Result<Share, ClockError> {
        let days = self.metered.get(&clause.id.to_string());
        let mut share = Share { part: 0, whole: 0 };
        for (day, purposes) in days.into_iter().flat_map(|days| days.range(..=on)) {
            // A time of twelve months up to 30 June begins on 1 July of the year before.
            if clock.day_after(*day, measure.window)? <= on {
                continue;
            }
            for (purpose, amount) in purposes {
                share.whole = share.whole.saturating_add(*amount);
                if is_for(clause, purpose) {
                    share.part = share.part.saturating_add(*amount);
                }
            }
        }
        Ok(share)
    }
}

/// A test that has not been made yet.
struct NextTest {
    at: Timestamp,
    on: Date,
    /// Whether it shows that an earlier one is cured.
    cures: bool,
}

impl NextTest {
    /// A day is over at its end; the time to cure is inclusive.
    fn is_due(&self, now: Timestamp) -> bool {
        if self.cures { self.at < now } else { self.at <= now }
    }
}

/// The consents in force at an instant that are measured.
pub fn measured(terms: &Terms, now: Timestamp) -> impl Iterator<Item = (&Clause, &Primarily)> {
    terms.clauses.iter().filter_map(move |clause| {
        let Provision::Consent(Consent { primarily: Some(primarily), .. }) = &clause.provision
        else {
            return None;
        };
        let today = now.to_zoned(clock(terms, clause)?.zone).date();
        let in_force = terms.in_force(today, Known::At(now));
        let holds = in_force.clauses.iter().any(|other| std::ptr::eq(*other, clause));
        holds.then_some((clause, primarily))
    })
}

fn clock<'t>(terms: &'t Terms, clause: &Clause) -> Option<Clock<'t>> {
    Some(Clock::of(terms, terms.agreement_of(clause.document)?))
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
