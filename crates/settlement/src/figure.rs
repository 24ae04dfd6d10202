//! What parties report and nobody meters: costs, refunds, an index, what a stake is worth.
//!
//! A figure is of a party and a day. Whoever computes with it cites its id; what is reported later
//! under the same id takes its place.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use terms::clause::Deduction;
use terms::value::Currency;
use terms::{Attribute, Clause, Money, Name};

/// One reported figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is cited by.
    pub id: String,
    /// What it is a figure of.
    pub of: FigureKind,
    /// The party whose it is: who paid the taxes, made the profit, gives the price.
    pub party: Name,
    /// The other party, where there is one: to whom a payment went, at what price somebody else buys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Name>,
    /// The UTC day it counts on; for what is of a time, a day in that time.
    pub on: Date,
    /// How much.
    pub amount: Amount,
    /// The clause it is for, if it is for one alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// What it is about, as channel or product. What is not said is left open.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub about: BTreeMap<Attribute, String>,
    /// Its name, where there are several of a kind: which index, which project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The day it was announced, where that counts: of a price that rises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<Date>,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How much a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Amount {
    /// Money.
    Money(Money),
    /// A number: an index, accelerator-hours, units.
    Number(Decimal),
}

/// What a figure is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum FigureKind {
    /// What is taken off revenue before a share is computed.
    Deduction(Deduction),
    /// Any other.
    Other(Other),
}

macro_rules! others {
    ($($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+) => {
        /// Figures that are no deductions.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Other { $($(#[doc = $doc])+ $variant,)+ }

        impl Other {
            const ALL: &'static [(Other, &'static str, &'static str)] =
                &[$((Other::$variant, $word, concat!($($doc),+).trim_ascii())),+];
        }
    };
}

others! {
    /// Revenue that is not metered.
    Revenue = "revenue",
    /// What the goods or services sold cost.
    CostOfSales = "cost_of_sales",
    /// Earnings before interest and taxes.
    Ebit = "ebit",
    /// Earnings before interest, taxes, depreciation and amortisation.
    Ebitda = "ebitda",
    /// What is left after all costs.
    Profit = "profit",
    /// Units sold.
    Units = "units",
    /// What an index stands at.
    Index = "index",
    /// The price on the party's own list.
    ListPrice = "list_price",
    /// What a unit costs the party.
    UnitCost = "unit_cost",
    /// The price at which the party sells to somebody comparable.
    ComparablePrice = "comparable_price",
    /// The price at which the party sells to somebody who is not comparable.
    OtherPrice = "other_price",
    /// The price the party asks from a day on.
    Price = "price",
    /// Bought under a commitment beside the capacity that stood.
    Purchased = "purchased",
    /// What the supplier could not supply.
    Undeliverable = "undeliverable",
    /// What a stake is worth.
    Valuation = "valuation",
    /// Paid to the other party.
    Paid = "paid",
    /// Drawn of what is funded.
    Drawn = "drawn",
    /// What damages are a part of: a monthly fee, a price; under the name `value`, what their cap is a part of.
    DamagesBase = "damages_base",
    /// What damages are counted by: `days`, `units`, `months_left`, `months`, `reached`, `time`.
    DamagesCount = "damages_count",
}

impl FigureKind {
    /// Every kind: its word, and what it means.
    pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
        let deductions = Deduction::WORDS.iter().filter_map(|word| {
            let deduction = Deduction::from_word(word)?;
            Some((*word, deduction.meaning()))
        });
        deductions.chain(Other::ALL.iter().map(|(_, word, meaning)| (*word, *meaning)))
    }

    /// The word it is reported by.
    pub fn word(self) -> &'static str {
        match self {
            FigureKind::Deduction(deduction) => deduction.word(),
            FigureKind::Other(other) => {
                // INVARIANT: the table has every variant, as one macro makes both.
                Other::ALL.iter().find(|(one, ..)| *one == other).map_or("", |(_, word, _)| word)
            }
        }
    }
}

impl From<Other> for FigureKind {
    fn from(other: Other) -> FigureKind {
        FigureKind::Other(other)
    }
}

impl fmt::Display for FigureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl From<FigureKind> for String {
    fn from(kind: FigureKind) -> String {
        kind.word().to_string()
    }
}

impl FromStr for FigureKind {
    type Err = String;

    fn from_str(word: &str) -> Result<FigureKind, String> {
        if let Some(deduction) = Deduction::from_word(word) {
            return Ok(FigureKind::Deduction(deduction));
        }
        let other = Other::ALL.iter().find(|(_, known, _)| *known == word);
        other.map(|(other, ..)| FigureKind::Other(*other)).ok_or_else(|| {
            let known: Vec<_> = FigureKind::all().map(|(word, _)| word).collect();
            format!("`{word}` is no figure; expected one of {}", known.join(", "))
        })
    }
}

impl TryFrom<String> for FigureKind {
    type Error = String;

    fn try_from(word: String) -> Result<FigureKind, String> {
        word.parse()
    }
}

impl Amount {
    /// The number, whatever it counts.
    pub fn number(self) -> Decimal {
        match self {
            Amount::Money(money) => money.amount,
            Amount::Number(number) => number,
        }
    }

    /// The currency, of money.
    pub fn currency(self) -> Option<Currency> {
        match self {
            Amount::Money(money) => Some(money.currency),
            Amount::Number(_) => None,
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Amount::Money(money) => money.fmt(f),
            Amount::Number(number) => number.fmt(f),
        }
    }
}

impl Figure {
    /// Whether it counts for a clause: it names this one or none, and is about what falls in its
    /// scope. What it leaves open does not keep it out.
    pub fn is_for(&self, clause: &Clause) -> bool {
        let named = self.clause.as_ref().is_none_or(|name| *name == clause.id.to_string());
        let about = self.about.iter().map(|(attribute, value)| (*attribute, value.as_str()));
        named && clause.scope.holds(&about.collect())
    }
}
