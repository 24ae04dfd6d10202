//! How offers are compared: posted before the first bid, and never changed after it.

use std::cmp::Ordering;
use std::fmt;

use exact::Exact;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::breakdown::{Breakdown, hour};
use crate::check::Invalid;
use crate::figures::Figures;
use crate::formula::Formula;
use crate::need::{Discount, Need};
use crate::offer::Economics;

/// Who is bound by the right, and so whose advantage is looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// A customer buys capacity; suppliers make offers. Less is better.
    #[default]
    BuyerBurdened,
    /// A supplier sells capacity; customers make offers. More is better.
    SellerBurdened,
}

/// What a score is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// As low as can be.
    Minimise,
    /// As high as can be.
    Maximise,
}

/// What offers are compared by. Source: domain rules §3.1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// M1: what is paid by the hour, for each hour delivered. What is paid up front does not count.
    UnitRate,
    /// M2: all that is paid, undiscounted. Fair only between offers of equal quantity and term.
    NetMoney,
    /// M3: all that is paid, discounted. Fair only between offers of equal quantity and term.
    PresentValue,
    /// M4: present value per discounted accelerator-hour, for offers of different term and ramp.
    LevelisedPrice,
    /// M5: present value and the cost of covering what is not delivered. A buyer's default. On the
    /// seller's side the cover price is what unsold capacity fetches elsewhere.
    CostToCover,
    /// M6: a formula of the parties' own.
    Formula(Formula),
}

/// The posted terms of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// Whose advantage is looked for.
    pub side: Side,
    /// What is needed or for sale.
    pub need: Need,
    /// What later money is worth.
    #[serde(default)]
    pub discount: Discount,
    /// What offers are compared by.
    pub method: Method,
}

/// A score, rounded half to even to six places: only so far do two scores differ.
///
/// In $/AH for every method but a formula: money per accelerator-hour needed by M2, present value per
/// discounted accelerator-hour needed by M3 and M5. The divisor is the same for all offers, so it
/// changes no order. Source: domain rules §3.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// The score.
    pub value: Decimal,
    /// What it is to be.
    pub objective: Objective,
}

/// Why an offer has no score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unscored {
    /// It delivers no accelerator-hour, so it has no price for one.
    NothingDelivered,
    /// The formula divides by zero for it.
    DividesByZero,
    /// Its score is a number that is too large to compare.
    TooLarge,
}

/// Where an offer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// By its score.
    Scored(Score),
    /// After all others.
    Unscored(Unscored),
}

/// An offer, worked out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluated {
    /// Where it stands by the posted method.
    pub standing: Standing,
    /// What it comes to by every method.
    pub breakdown: Breakdown,
}

impl Basis {
    /// Works one offer out. Sample offers may be tried in the same way before bids are opened.
    ///
    /// # Errors
    /// [`Invalid`] if the offer, the need or the rate cannot be computed with.
    pub fn evaluate(&self, offer: &Economics) -> Result<Evaluated, Invalid> {
        let figures = self.figures(offer)?;
        Ok(Evaluated { standing: self.standing(&figures), breakdown: Breakdown::of(&figures)? })
    }

    /// Tries the method on sample offers, each by itself, before bids are opened.
    pub fn test(&self, samples: &[Economics]) -> Vec<Result<Evaluated, Invalid>> {
        samples.iter().map(|sample| self.evaluate(sample)).collect()
    }

    /// The price of cover at which two offers come to the same by M5, in $/AH to six places, if it is
    /// the same in every month. `None` if they are short of equally many discounted hours, or if no
    /// price of cover makes them equal.
    ///
    /// # Errors
    /// [`Invalid`] if an offer, the need or the rate cannot be computed with.
    pub fn break_even_cover_price(
        &self,
        one: &Economics,
        other: &Economics,
    ) -> Result<Option<Decimal>, Invalid> {
        let (one, other) = (self.figures(one)?, self.figures(other)?);
        let dearer = other.present_value - one.present_value;
        let shorter = one.present_short_hours - other.present_short_hours;
        let price = dearer.over(&shorter).filter(|price| *price >= Exact::zero());
        price.map(|price| hour("the break-even cover price", &price)).transpose()
    }

    pub(crate) fn figures(&self, offer: &Economics) -> Result<Figures, Invalid> {
        Figures::of(&self.need, &self.discount, offer)
    }

    fn standing(&self, figures: &Figures) -> Standing {
        let nothing = Unscored::NothingDelivered;
        let delivers = figures.accelerators > 0;
        let value = match &self.method {
            // To pay nothing for nothing is no bargain.
            Method::NetMoney | Method::PresentValue if !delivers => Err(nothing),
            Method::UnitRate => figures.unit_rate().ok_or(nothing),
            Method::NetMoney => figures.money().over(&figures.needed_hours).ok_or(nothing),
            Method::PresentValue => Ok(figures.per_needed_present_hour(&figures.present_value)),
            Method::LevelisedPrice => figures.levelised_price().ok_or(nothing),
            Method::CostToCover => Ok(figures.per_needed_present_hour(&figures.cost_to_cover())),
            Method::Formula(formula) => formula.value(figures),
        };
        let rounded = value.and_then(|value| value.round(6).ok_or(Unscored::TooLarge));
        match rounded {
            Ok(value) => Standing::Scored(Score { value, objective: self.objective() }),
            Err(unscored) => Standing::Unscored(unscored),
        }
    }

    /// What a score by the posted method is to be.
    pub fn objective(&self) -> Objective {
        match &self.method {
            Method::Formula(formula) => formula.objective(),
            _ => self.side.objective(),
        }
    }
}

impl Side {
    /// What the burdened party wants money to be.
    pub fn objective(self) -> Objective {
        match self {
            Side::BuyerBurdened => Objective::Minimise,
            Side::SellerBurdened => Objective::Maximise,
        }
    }
}

impl Objective {
    /// The better of two values comes first.
    pub(crate) fn order<T: Ord>(self, one: &T, other: &T) -> Ordering {
        match self {
            Objective::Minimise => one.cmp(other),
            Objective::Maximise => other.cmp(one),
        }
    }
}

impl Standing {
    /// The score, if there is one.
    pub fn score(&self) -> Option<Score> {
        match self {
            Standing::Scored(score) => Some(*score),
            Standing::Unscored(_) => None,
        }
    }

    /// The better comes first, and whatever has no score last.
    pub(crate) fn order(&self, other: &Standing) -> Ordering {
        match (self.score(), other.score()) {
            (Some(one), Some(other)) => one.objective.order(&one.value, &other.value),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    }
}

impl Method {
    /// The name it is posted under.
    pub fn name(&self) -> &'static str {
        match self {
            Method::UnitRate => "unit_rate",
            Method::NetMoney => "net_money",
            Method::PresentValue => "present_value",
            Method::LevelisedPrice => "levelised_price",
            Method::CostToCover => "cost_to_cover",
            Method::Formula(_) => "formula",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Method::Formula(formula) => write!(f, "formula: {formula}"),
            _ => f.write_str(self.name()),
        }
    }
}

impl fmt::Display for Unscored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unscored::NothingDelivered => "it delivers nothing",
            Unscored::DividesByZero => "the formula divides by zero",
            Unscored::TooLarge => "its score is too large a number",
        })
    }
}
