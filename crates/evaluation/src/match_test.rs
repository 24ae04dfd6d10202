//! Whether the holder's answer matches the best outside offer.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::basis::{Basis, Objective, Side, Standing};
use crate::check::{Invalid, PLACES, within};
use crate::guarded::{ForSupplier, GuardedTerm, costly};
use crate::offer::{Delivery, Economics};

/// What it takes to match. Source: domain rules §1.4 and §3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchStandard {
    /// Every term is the same.
    Mirror,
    /// The score is as good, and no guarded term is worse for the burdened party.
    #[default]
    EconomicEquivalent,
    /// The score is as good.
    PriceOnly,
    /// Every term, money month by month included, is the same or better for the burdened party.
    EqualOrBetter,
}

/// The rule by which answers are tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MatchTest {
    /// What it takes to match.
    pub standard: MatchStandard,
    /// The longest term that must be matched, in months from an offer's first delivery: of a longer
    /// outside offer only so much counts.
    #[serde(default)]
    pub max_match_term: Option<u32>,
    /// The highest price that counts, in $/AH: a higher one counts as this, in either offer.
    #[serde(default)]
    pub rate_ceiling: Option<Decimal>,
}

/// Whether an answer matches, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchResult {
    /// How the holder's answer scores.
    pub holder: Standing,
    /// How the outside offer scores, cut to the term and the ceiling that count.
    pub outside: Standing,
    /// What does not match. Empty if everything does.
    pub failings: Vec<Failing>,
}

/// Why an answer does not match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failing {
    /// Its score is worse.
    Score,
    /// It has no score to compare.
    NoScore,
    /// The payment up front is worse, or differs.
    UpFront,
    /// The effectiveness is worse, or differs.
    Effectiveness,
    /// The price or delivery of a month, from 1, is worse, or differs.
    Month(u32),
    /// A guarded term is worse, or differs, or nobody can say.
    Term(String),
}

impl MatchResult {
    /// Whether the answer matches.
    pub fn matches(&self) -> bool {
        self.failings.is_empty()
    }
}

/// Tests the holder's answer against the best outside offer. `guarded` says of each term that is not
/// money what the holder's answer makes of it, beside the outside offer. A tie is a match.
///
/// # Errors
/// [`Invalid`] if an offer, the need or the rate cannot be computed with.
pub fn match_test(
    basis: &Basis,
    test: &MatchTest,
    holder: &Economics,
    outside: &Economics,
    guarded: &[GuardedTerm],
) -> Result<MatchResult, Invalid> {
    if let Some(ceiling) = test.rate_ceiling {
        within("the rate ceiling", ceiling, Decimal::MAX, PLACES)?;
    }
    let holder = test.capped(holder);
    let outside = test.capped(&test.shortened(outside));
    let (standing, beside) =
        (basis.evaluate(&holder)?.standing, basis.evaluate(&outside)?.standing);
    let score = match (standing, beside) {
        (Standing::Scored(_), _) if standing.order(&beside).is_gt() => Some(Failing::Score),
        (Standing::Scored(_), _) => None,
        (Standing::Unscored(_), _) => Some(Failing::NoScore),
    };
    let costly = costly(basis.side, guarded).into_iter().map(Failing::Term);
    let failings = match test.standard {
        MatchStandard::PriceOnly => Vec::from_iter(score),
        MatchStandard::EconomicEquivalent => score.into_iter().chain(costly).collect(),
        MatchStandard::EqualOrBetter => {
            differing(&holder, &outside, |one, other| no_worse(basis.side, one, other))
                .chain(score)
                .chain(costly)
                .collect()
        }
        MatchStandard::Mirror => {
            let unequal = guarded.iter().filter(|term| term.for_supplier != ForSupplier::Equal);
            let terms = unequal.map(|term| Failing::Term(term.name.clone()));
            differing(&holder, &outside, |one, other| one == other).chain(terms).collect()
        }
    };
    Ok(MatchResult { holder: standing, outside: beside, failings })
}

impl MatchTest {
    /// No price above the ceiling.
    fn capped(&self, offer: &Economics) -> Economics {
        let mut offer = offer.clone();
        if let Some(ceiling) = self.rate_ceiling {
            // A price that is not valid stays as it is, so that it is refused.
            offer.periods.iter_mut().for_each(|period| period.price = period.price.min(ceiling));
        }
        offer
    }

    /// Nothing after the longest term that must be matched.
    fn shortened(&self, offer: &Economics) -> Economics {
        let mut offer = offer.clone();
        if let Some(months) = self.max_match_term {
            let first = offer.periods.iter().position(|period| period.accelerators > 0);
            offer.periods.truncate(first.unwrap_or(0).saturating_add(months as usize));
        }
        offer
    }
}

/// One term of two offers, so far as it is money or capacity.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Term {
    UpFront(Decimal),
    Effectiveness(Decimal),
    Month(Delivery),
}

/// Whether the burdened party is no worse off by the holder's term.
fn no_worse(side: Side, holder: Term, outside: Term) -> bool {
    // A buyer wants to pay less and to get more. A seller wants more money, but whether it wants to
    // deliver more for it, nobody can say.
    let objective = side.objective();
    let pays = |one: Decimal, other: Decimal| objective.order(&one, &other).is_le();
    let gets = |one: Decimal, other: Decimal| match objective {
        Objective::Minimise => one >= other,
        Objective::Maximise => one == other,
    };
    match (holder, outside) {
        (Term::UpFront(one), Term::UpFront(other)) => pays(one, other),
        (Term::Effectiveness(one), Term::Effectiveness(other)) => gets(one, other),
        (Term::Month(one), Term::Month(other)) => {
            // No price is paid where nothing is delivered.
            let free = other.accelerators == 0;
            (free || pays(one.price, other.price))
                && gets(one.accelerators.into(), other.accelerators.into())
        }
        _ => false,
    }
}

/// The terms that do not stand in the relation.
fn differing(
    holder: &Economics,
    outside: &Economics,
    stands: impl Fn(Term, Term) -> bool,
) -> impl Iterator<Item = Failing> {
    let none = Delivery { accelerators: 0, price: Decimal::ZERO };
    let month = |offer: &Economics, at: usize| offer.periods.get(at).copied().unwrap_or(none);
    let mut failings = Vec::new();
    if !stands(Term::UpFront(holder.up_front), Term::UpFront(outside.up_front)) {
        failings.push(Failing::UpFront);
    }
    let (one, other) = (holder.effectiveness, outside.effectiveness);
    if !stands(Term::Effectiveness(one), Term::Effectiveness(other)) {
        failings.push(Failing::Effectiveness);
    }
    for (at, number) in (0..holder.periods.len().max(outside.periods.len())).zip(1..) {
        if !stands(Term::Month(month(holder, at)), Term::Month(month(outside, at))) {
            failings.push(Failing::Month(number));
        }
    }
    failings.into_iter()
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failing::Score => f.write_str("its score is worse than the outside offer's"),
            Failing::NoScore => f.write_str("it has no score to compare"),
            Failing::UpFront => f.write_str("the payment up front does not match"),
            Failing::Effectiveness => f.write_str("the effectiveness does not match"),
            Failing::Month(month) => write!(f, "price or delivery of month {month} does not match"),
            Failing::Term(name) => write!(f, "`{name}` does not match"),
        }
    }
}
