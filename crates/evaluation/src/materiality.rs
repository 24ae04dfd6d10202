//! Whether changed terms are so different that the holder must be asked again.

use std::fmt;

use exact::Exact;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::basis::{Basis, Objective};
use crate::breakdown::hour;
use crate::check::{Invalid, PLACES, within};
use crate::offer::{Delivery, Economics};

/// The changes up to which terms count as the same. Source: domain rules §2.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Materiality {
    /// The share by which the levelised price may move in the outsider's favour.
    pub price: Decimal,
    /// The share by which the accelerators of a month may change.
    pub quantity: Decimal,
    /// The share by which the term may change.
    pub term: Decimal,
    /// The months by which the term may change.
    pub term_months: u32,
    /// The days by which the date of need may move.
    pub need_by_days: u32,
}

impl Default for Materiality {
    /// 1% of price, 10% of quantity, 10% or 3 months of term, 30 days.
    fn default() -> Self {
        Materiality {
            price: Decimal::new(1, 2),
            quantity: Decimal::new(1, 1),
            term: Decimal::new(1, 1),
            term_months: 3,
            need_by_days: 30,
        }
    }
}

/// A change that went beyond its threshold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Material {
    /// The levelised price, in $/AH.
    Price {
        /// What it was.
        from: Decimal,
        /// What it is.
        to: Decimal,
        /// The share by which it might move.
        threshold: Decimal,
    },
    /// The accelerators of a month, where both deliver: the first month in which they go too far.
    Quantity {
        /// The month, from 1.
        month: u32,
        /// What they were.
        from: u64,
        /// What they are.
        to: u64,
        /// The share by which they might change.
        threshold: Decimal,
    },
    /// The term, in months, by its share.
    Term {
        /// What it was.
        from: u32,
        /// What it is.
        to: u32,
        /// The share by which it might change.
        threshold: Decimal,
    },
    /// The term, by its months.
    TermMonths {
        /// What it was.
        from: u32,
        /// What it is.
        to: u32,
        /// The months by which it might change.
        threshold: u32,
    },
    /// The date of need.
    NeedBy {
        /// The days by which it moved, below zero if to an earlier date.
        days: i32,
        /// The days by which it might move.
        threshold: u32,
    },
    /// A term any change of which is material: class, region, purpose, technical specification,
    /// credit support, prepayment, take-or-pay share, caps of damages or liability, exclusivity.
    Named(String),
}

impl Materiality {
    /// What is material between the terms of the *last round* and the present ones, so that many
    /// small changes count together. `need_by_moved_days` is below zero for an earlier date;
    /// `changed` names the terms that changed and of which any change is material.
    ///
    /// # Errors
    /// [`Invalid`] if something cannot be computed with; [`Invalid::NothingDelivered`] if one of the
    /// two delivers nothing.
    pub fn material(
        &self,
        basis: &Basis,
        last_round: &Economics,
        present: &Economics,
        need_by_moved_days: i32,
        changed: &[String],
    ) -> Result<Vec<Material>, Invalid> {
        for share in [self.price, self.quantity, self.term] {
            within("a threshold", share, Decimal::ONE, PLACES)?;
        }
        let mut material = Vec::new();
        material.extend(self.price(basis, last_round, present)?);
        material.extend(self.quantity(last_round, present));

        let (from, to) = (last_round.months(), present.months());
        if beyond(from.into(), to.into(), self.term) {
            material.push(Material::Term { from, to, threshold: self.term });
        }
        if from.abs_diff(to) > self.term_months {
            material.push(Material::TermMonths { from, to, threshold: self.term_months });
        }
        if need_by_moved_days.unsigned_abs() > self.need_by_days {
            let (days, threshold) = (need_by_moved_days, self.need_by_days);
            material.push(Material::NeedBy { days, threshold });
        }
        material.extend(changed.iter().cloned().map(Material::Named));
        Ok(material)
    }

    /// A price counts only if it moves against the burdened party.
    fn price(
        &self,
        basis: &Basis,
        last_round: &Economics,
        present: &Economics,
    ) -> Result<Option<Material>, Invalid> {
        let levelised = |offer: &Economics| {
            basis.figures(offer)?.levelised_price().ok_or(Invalid::NothingDelivered)
        };
        let (from, to) = (levelised(last_round)?, levelised(present)?);
        let objective = basis.side.objective();
        let share = Exact::from(self.price);
        let limit = match objective {
            Objective::Minimise => Exact::whole(1) + share,
            Objective::Maximise => Exact::whole(1) - share,
        };
        if objective.order(&to, &(from.clone() * limit)).is_le() {
            return Ok(None);
        }
        let (from, to) = (hour("the levelised price", &from)?, hour("the levelised price", &to)?);
        Ok(Some(Material::Price { from, to, threshold: self.price }))
    }

    /// Months in which only one delivers are a matter of term and of the date of need.
    fn quantity(&self, last_round: &Economics, present: &Economics) -> Option<Material> {
        let months = last_round.periods.iter().zip(&present.periods).zip(1..);
        let delivers = |period: &Delivery| period.accelerators > 0;
        let found = months
            .filter(|((from, to), _)| delivers(from) && delivers(to))
            .map(|((from, to), month)| (month, from.accelerators, to.accelerators))
            .find(|(_, from, to)| beyond(*from, *to, self.quantity));
        let threshold = self.quantity;
        found.map(|(month, from, to)| Material::Quantity { month, from, to, threshold })
    }
}

/// Whether a number changed by more than a share of what it was.
fn beyond(from: u64, to: u64, share: Decimal) -> bool {
    Exact::whole(from.abs_diff(to)) > Exact::whole(from) * share.into()
}

impl fmt::Display for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundred = Decimal::ONE_HUNDRED;
        let percent = |share: &Decimal| match share.checked_mul(hundred) {
            Some(percent) => format!("{}%", percent.normalize()),
            None => format!("{share} times"),
        };
        match self {
            Material::Price { from, to, threshold } => {
                let more = percent(threshold);
                write!(f, "the price goes from {from} to {to} $/AH, by more than {more}")
            }
            Material::Quantity { month, from, to, threshold } => {
                let more = percent(threshold);
                write!(
                    f,
                    "month {month} goes from {from} to {to} accelerators, by more than {more}"
                )
            }
            Material::Term { from, to, threshold } => {
                let more = percent(threshold);
                write!(f, "the term goes from {from} to {to} months, by more than {more}")
            }
            Material::TermMonths { from, to, threshold } => {
                write!(
                    f,
                    "the term goes from {from} to {to} months, by more than {threshold} months"
                )
            }
            Material::NeedBy { days, threshold } => {
                write!(f, "the date of need moves by {days} days, by more than {threshold}")
            }
            Material::Named(name) => write!(f, "`{name}` changes"),
        }
    }
}
