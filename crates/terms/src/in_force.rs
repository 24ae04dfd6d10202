//! Which clauses hold on a day, as known at an instant.
//!
//! Terms are bitemporal. *Effective* is the day an act happens; *known* is when a document had been
//! adopted, its `signed` date standing in until it is. So "what did we believe in March about
//! February?" has one answer.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::compile::{Ending, Framed, Terms};
use crate::{Bound, Clause, Provision};

/// What is taken to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Every document at hand.
    Everything,
    /// The documents known at this instant.
    At(Timestamp),
}

/// The clauses in force on a day, and those that might be asked after.
#[derive(Debug, Clone)]
pub struct InForce<'a> {
    /// The terms they are of.
    pub terms: &'a Terms,
    /// The day.
    pub on: Date,
    /// What is taken to be known.
    pub known: Known,
    /// The clauses in force, in the order of the documents.
    pub clauses: Vec<&'a Clause>,
    /// Clauses that have ended, the latest end first.
    pub lapsed: Vec<Lapsed<'a>>,
    /// Clauses that are known and have not begun.
    pub upcoming: Vec<&'a Clause>,
}

/// A clause that has ended.
#[derive(Debug, Clone)]
pub struct Lapsed<'a> {
    /// The clause.
    pub clause: &'a Clause,
    /// The first day it no longer held.
    pub ended: Date,
    /// What ended it.
    pub by: EndedBy<'a>,
}

/// What ended a clause.
#[derive(Debug, Clone, Copy)]
pub enum EndedBy<'a> {
    /// Its own `until`, or that of its document.
    Itself(&'a Bound),
    /// The `until` of its document, later for a renewal or because it survives that.
    Extended(&'a Bound),
    /// An amendment that ends it.
    Ending(&'a Ending),
    /// A clause that replaces it.
    Replacement(&'a Clause),
}

/// The time during which a clause holds, given what is known.
struct Span<'a> {
    starts: Option<Date>,
    ends: Option<(Date, EndedBy<'a>)>,
}

impl Terms {
    /// The clauses in force on a day, as known at an instant.
    pub fn in_force(&self, on: Date, known: Known) -> InForce<'_> {
        let mut clauses = Vec::new();
        let mut lapsed = Vec::new();
        let mut upcoming = Vec::new();
        for clause in self.clauses.iter().filter(|clause| self.knows(clause.document, known)) {
            let span = self.span(clause, known);
            match (span.starts, span.ends) {
                // Ended before it began: it never held.
                (Some(starts), Some((ends, _))) if ends <= starts => {}
                (Some(starts), Some((ended, by))) if starts <= on && ended <= on => {
                    lapsed.push(Lapsed { clause, ended, by });
                }
                (Some(starts), _) if starts <= on => clauses.push(clause),
                _ => upcoming.push(clause),
            }
        }
        lapsed.sort_by_key(|lapsed| std::cmp::Reverse(lapsed.ended));
        InForce { terms: self, on, known, clauses, lapsed, upcoming }
    }

    /// Whether one clause is in force on a day, as known at an instant: what
    /// [`in_force`](Terms::in_force) says of it, without asking after the others.
    pub fn is_in_force(&self, clause: &Clause, on: Date, known: Known) -> bool {
        if !self.knows(clause.document, known) {
            return false;
        }
        let span = self.span(clause, known);
        span.starts.is_some_and(|starts| starts <= on)
            && span.ends.is_none_or(|(ends, _)| on < ends)
    }

    /// When a clause ends, given what is known; `None` if nothing known ends it.
    pub fn ends(&self, clause: &Clause, known: Known) -> Option<Date> {
        self.span(clause, known).ends.map(|(date, _)| date)
    }

    /// The first day after `on` on which a clause begins, ends or changes of itself, given what is
    /// known. Until then every question of that day has the same answer.
    pub fn next_change(&self, on: Date, known: Known) -> Option<Date> {
        let clauses = self.clauses.iter().filter(|clause| self.knows(clause.document, known));
        let days = clauses.flat_map(|clause| {
            let span = self.span(clause, known);
            let changes = self.changes(clause, span.starts, known);
            [span.starts, span.ends.map(|(ends, _)| ends)].into_iter().flatten().chain(changes)
        });
        days.filter(|day| on < *day).min()
    }

    /// The days on which a clause that goes on holds something else than before: another share of
    /// requirements, or a consent whose proviso is met.
    fn changes(&self, clause: &Clause, starts: Option<Date>, known: Known) -> Vec<Date> {
        match &clause.provision {
            Provision::Exclusivity(exclusivity) => starts
                .map(|begun| exclusivity.requirement_changes(begun).collect())
                .unwrap_or_default(),
            Provision::Consent(consent) => {
                consent.provided.iter().filter_map(|bound| self.day_of(bound, known)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether a document is known. One without a frame only defines names, and always is.
    pub fn knows(&self, document: usize, known: Known) -> bool {
        let Known::At(instant) = known else { return true };
        let framed = &self.documents[document];
        self.known_since(framed).is_none_or(|since| since <= instant)
    }

    fn known_since(&self, framed: &Framed) -> Option<Timestamp> {
        if framed.adopted.is_some() {
            return framed.adopted;
        }
        let frame = framed.frame.as_ref().filter(|frame| !frame.supposed)?;
        let signed = frame.signed;
        // The last day a document can write, 9999-12-31, ends after the last instant there is.
        let start = signed.to_zoned(self.time_zone());
        Some(start.map_or(Timestamp::MAX, |start| start.timestamp()))
    }

    fn span<'a>(&'a self, clause: &'a Clause, known: Known) -> Span<'a> {
        let starts = self.starts(clause, known);
        let own = self.until(clause).iter().filter_map(|bound| {
            let last = self.end_by(clause, bound, known)?;
            let is_moved = self.day_of(bound, known) != Some(last);
            let by = if is_moved { EndedBy::Extended(bound) } else { EndedBy::Itself(bound) };
            Some((last, by))
        });
        let ends = own.chain(self.amended(clause, known)).min_by_key(|(date, _)| *date);
        Span { starts, ends }
    }

    /// The day on which one of the bounds it has [`until`](Terms::until) ends a clause. Where that is
    /// its document's, a date comes as many terms later as the agreement is renewed, what happens ends
    /// it for good, and the clause lasts for as long after that as it survives. `None` if the bound is
    /// not known to end it.
    pub(crate) fn end_by(&self, clause: &Clause, bound: &Bound, known: Known) -> Option<Date> {
        if !clause.until.is_empty() {
            return self.day_of(bound, known);
        }
        let last = match bound {
            Bound::On(day) => self.renewed(clause.document, *day, known)?,
            Bound::When(name) => self.occurred(name.as_str(), known)?,
        };
        Some(clause.survival.map_or(last, |survival| survival.after(last)))
    }

    /// The last of the days on which the agreement of a document would end, the first of which is
    /// `day`; `None` if it is renewed without end.
    fn renewed(&self, document: usize, day: Date, known: Known) -> Option<Date> {
        let mut renewals =
            self.renewals(document).filter(|renewal| self.knows(renewal.document, known));
        renewals.try_fold(day, |last, clause| match &clause.provision {
            Provision::Renewal(renewal)
                if self.starts(clause, known).is_some_and(|starts| starts < last) =>
            {
                let stopped = self.stopped(clause, known);
                renewal.last_day(last, stopped, |bound| self.day_of(bound, known))
            }
            _ => Some(last),
        })
    }

    /// The day from which on a renewal renews nothing any more.
    fn stopped(&self, renewal: &Clause, known: Known) -> Option<Date> {
        let own = renewal.until.iter().filter_map(|bound| self.day_of(bound, known));
        own.chain(self.amended(renewal, known).map(|(date, _)| date)).min()
    }

    /// The days on which later documents end a clause, or put another in its place.
    fn amended<'a>(
        &'a self,
        clause: &'a Clause,
        known: Known,
    ) -> impl Iterator<Item = (Date, EndedBy<'a>)> {
        // What an earlier document says of this id is about an earlier version of the clause.
        let later = move |document: usize| {
            self.is_later(document, clause.document) && self.knows(document, known)
        };
        let endings = self.ending(&clause.id).filter(move |ending| later(ending.document));
        let endings = endings.filter_map(|ending| {
            let at = ending.at.or_else(|| self.effective(ending.document))?;
            Some((at, EndedBy::Ending(ending)))
        });
        let replacements = self.replacing(&clause.id).filter(move |other| later(other.document));
        let replacements = replacements.filter_map(move |other| {
            Some((self.starts(other, known)?, EndedBy::Replacement(other)))
        });
        endings.chain(replacements)
    }

    /// The day a clause begins; `None` while its condition is not known to have occurred.
    pub fn starts(&self, clause: &Clause, known: Known) -> Option<Date> {
        match &clause.from {
            None => self.effective(clause.document),
            Some(bound) => self.day_of(bound, known),
        }
    }

    /// The clause that one carries on: the last version, made before it, of what it `replaces`. A clause
    /// in whose place several stand goes on in none of them.
    pub fn predecessor(&self, clause: &Clause, known: Known) -> Option<&Clause> {
        let replaced = self.replaced(clause, known)?;
        let carried_on = self.successor(replaced, known)?;
        std::ptr::eq(carried_on, clause).then_some(replaced)
    }

    /// The clause that carries one on.
    pub fn successor(&self, clause: &Clause, known: Known) -> Option<&Clause> {
        let is_of_it = |other: &&Clause| {
            self.replaced(other, known).is_some_and(|of| std::ptr::eq(of, clause))
        };
        let mut others = self.replacing(&clause.id).filter(is_of_it);
        let other = others.next()?;
        others.next().is_none().then_some(other)
    }

    fn replaced(&self, clause: &Clause, known: Known) -> Option<&Clause> {
        let (id, _) = clause.replaces.as_ref()?;
        let earlier = self.versions(id).filter(|other| {
            other.id.kind == clause.id.kind
                && self.is_later(clause.document, other.document)
                && self.knows(other.document, known)
        });
        let earlier = earlier.filter(|_| self.knows(clause.document, known));
        earlier.max_by_key(|other| self.made(other.document))
    }

    /// The day of a bound; `None` while its condition is not known to have occurred.
    pub fn day_of(&self, bound: &Bound, known: Known) -> Option<Date> {
        match bound {
            Bound::On(date) => Some(*date),
            Bound::When(name) => self.occurred(name.as_str(), known),
        }
    }
}
