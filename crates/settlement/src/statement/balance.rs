//! What clauses go on with from month to month. A clause that takes the place of another goes on with
//! what that one carried: an amendment restates a promise, and forgets nothing of what was paid.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use exact::Exact;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use terms::value::Currency;
use terms::{Clause, Money};

use super::{Input, Line, LineKind};
use crate::month::Month;

/// A sum that a clause goes on with from month to month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// What it is, as `advance to recoup` or `due in 2025`. Another name is another balance.
    pub name: String,
    /// What it was brought forward with, with every digit.
    pub brought: String,
    /// What is carried forward.
    pub carried: String,
}

/// What a clause came to in an earlier month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Earlier {
    /// The month.
    pub month: Month,
    /// As what sort of line.
    pub kind: LineKind,
    /// The clause.
    pub clause: String,
    /// The document it stands in.
    pub document: String,
    /// What it came to.
    pub amount: Money,
    /// What it carried forward.
    pub balances: Vec<Balance>,
}

/// What a clause was brought forward with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Brought(BTreeMap<String, Exact>);

impl Balance {
    /// What is carried forward.
    pub(crate) fn carried(&self) -> Exact {
        // INVARIANT: it was written by `Brought::carry`; the journal's hashes vouch for the rest.
        self.carried.parse().unwrap_or_default()
    }
}

impl Earlier {
    /// What a line of a month came to.
    pub fn of(month: Month, line: &Line) -> Earlier {
        Earlier {
            month,
            kind: line.kind,
            clause: line.clause.clone(),
            document: line.document.clone(),
            amount: line.amount,
            balances: line.balances.clone(),
        }
    }
}

impl Brought {
    /// What balances carry forward.
    pub(crate) fn of<'a>(balances: impl IntoIterator<Item = &'a Balance>) -> Brought {
        let balances = balances.into_iter();
        Brought(balances.map(|balance| (balance.name.clone(), balance.carried())).collect())
    }

    /// A balance; nothing if it was never carried.
    pub(crate) fn get(&self, name: &str) -> Exact {
        self.find(name).unwrap_or_default()
    }

    /// A balance, if it was carried.
    pub(crate) fn find(&self, name: &str) -> Option<Exact> {
        self.0.get(name).cloned()
    }

    /// The balances whose names begin so, without that beginning.
    pub(crate) fn named<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Exact)> + 'a {
        let balances = self.0.iter();
        balances.filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value)))
    }

    /// The balance as it goes on with `carried`.
    pub(crate) fn carry(&self, name: &str, carried: &Exact) -> Balance {
        Balance {
            name: name.to_string(),
            brought: self.get(name).to_string(),
            carried: carried.to_string(),
        }
    }
}

impl Input<'_> {
    /// A clause, and the versions of it that it carries on, the last first.
    pub(super) fn versions<'c>(&'c self, clause: &'c Clause) -> impl Iterator<Item = &'c Clause> {
        std::iter::successors(Some(clause), |clause| self.terms.predecessor(clause, self.known))
    }

    /// The day a clause began, in the first of its versions.
    pub(crate) fn starts(&self, clause: &Clause) -> Option<Date> {
        self.terms.starts(self.versions(clause).last()?, self.known)
    }

    /// When a clause ends, in the last of its versions.
    pub(crate) fn ends(&self, clause: &Clause) -> Option<Date> {
        let next = |clause: &&Clause| self.terms.successor(clause, self.known);
        // The end of each version but the last is the beginning of the next.
        self.terms.ends(std::iter::successors(Some(clause), next).last()?, self.known)
    }

    /// What came to a clause in months before this one, in any of its versions.
    pub(crate) fn earlier_of<'c>(
        &'c self,
        clause: &'c Clause,
    ) -> impl Iterator<Item = &'c Earlier> {
        let before = self.earlier.iter().filter(|earlier| earlier.month < self.month);
        before.filter(|earlier| {
            self.versions(clause).any(|of| is_of(of, &earlier.clause, &earlier.document))
        })
    }

    /// What a clause goes on with, in a currency; in any if none is given. That is what the version it
    /// takes the place of carried in this month, if that is among the lines `made` so far, or else what
    /// its last month before this one did.
    pub(crate) fn brought(
        &self,
        clause: &Clause,
        currency: impl Into<Option<Currency>>,
        made: &[Line],
    ) -> Brought {
        let currency = currency.into();
        let fits = |amount: Money| currency.is_none_or(|currency| amount.currency == currency);
        // A clause may have several lines in a month.
        for version in self.versions(clause).skip(1) {
            let of_version =
                |line: &&Line| is_of(version, &line.clause, &line.document) && fits(line.amount);
            let mut lines = made.iter().filter(of_version).peekable();
            if lines.peek().is_some() {
                return Brought::of(lines.flat_map(|line| &line.balances));
            }
        }
        let versions: Vec<_> = self.versions(clause).collect();
        let dated = self.earlier_of(clause).filter(|earlier| fits(earlier.amount));
        let dated = dated.map(|earlier| {
            let is_its = |of: &&Clause| is_of(of, &earlier.clause, &earlier.document);
            ((earlier.month, Reverse(versions.iter().position(is_its))), earlier)
        });
        let dated: Vec<_> = dated.collect();
        let last = dated.iter().map(|(at, _)| *at).max();
        let of_last = dated.iter().filter(|(at, _)| Some(*at) == last);
        Brought::of(of_last.flat_map(|(_, earlier)| &earlier.balances))
    }
}

/// Whether a line that cites a clause in a document is of it.
pub(crate) fn is_of(clause: &Clause, cited: &str, document: &str) -> bool {
    clause.origin.document.name == document && clause.id.to_string() == cited
}
