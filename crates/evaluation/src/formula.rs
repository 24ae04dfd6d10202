//! A formula of the parties' own, by which offers are compared.

mod parse;

use std::fmt;
use std::str::FromStr;

use exact::Exact;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::basis::{Objective, Unscored};
use crate::figures::Figures;

/// A posted formula: what it is to be, and how it is worked out.
///
/// ```
/// use evaluation::Formula;
/// let formula: Formula = "minimise (present_value + cover_cost) / needed_present_hours".parse()?;
/// let refused = "minimise present_value / (hours + )".parse::<Formula>().unwrap_err();
/// assert_eq!(refused.at, 34);
/// # Ok::<(), evaluation::FormulaError>(())
/// ```
///
/// It begins with `minimise` or `maximise`. Then come numbers, [quantities](Quantity), `+ - * /`,
/// parentheses, `min(…, …)` and `max(…, …)`. The arithmetic is exact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Formula {
    text: String,
    objective: Objective,
    expression: Expression,
}

/// What is wrong in the text of a formula.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}`, character {}: {found}, where {expected} was expected", self.at + 1)]
pub struct FormulaError {
    /// The formula.
    pub text: String,
    /// Where, in characters from 0.
    pub at: usize,
    /// What stands there.
    pub found: String,
    /// What could stand there.
    pub expected: String,
}

/// What a formula may name. Money in $, hours in AH, both of one offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// `up_front`: paid at the start.
    UpFront,
    /// `money`: all that is paid, undiscounted.
    Money,
    /// `present_value`: all that is paid, discounted.
    PresentValue,
    /// `hours`: accelerator-hours delivered.
    Hours,
    /// `present_hours`: the same, discounted.
    PresentHours,
    /// `short_hours`: accelerator-hours needed and not delivered.
    ShortHours,
    /// `present_short_hours`: the same, discounted.
    PresentShortHours,
    /// `cover_cost`: what covering them costs, discounted.
    CoverCost,
    /// `needed_hours`: accelerator-hours needed.
    NeededHours,
    /// `needed_present_hours`: the same, discounted.
    NeededPresentHours,
    /// `months`: the term.
    Months,
    /// `accelerators`: the most delivered in any month.
    Accelerators,
    /// `effectiveness`: how much of the reference class an accelerator stands for.
    Effectiveness,
}

/// What is worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Expression {
    Number(Exact),
    Quantity(Quantity),
    Negative(Box<Expression>),
    Both(Operator, Box<Expression>, Box<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Min,
    Max,
}

/// Numbers with more bits than this cost too much to go on with. A present value over fifty years at
/// the finest rate has a quarter of them.
const MOST_BITS: u64 = 1 << 16;

impl Quantity {
    /// Every quantity, by the name a formula gives it.
    pub const ALL: [(&'static str, Quantity); 13] = [
        ("up_front", Quantity::UpFront),
        ("money", Quantity::Money),
        ("present_value", Quantity::PresentValue),
        ("hours", Quantity::Hours),
        ("present_hours", Quantity::PresentHours),
        ("short_hours", Quantity::ShortHours),
        ("present_short_hours", Quantity::PresentShortHours),
        ("cover_cost", Quantity::CoverCost),
        ("needed_hours", Quantity::NeededHours),
        ("needed_present_hours", Quantity::NeededPresentHours),
        ("months", Quantity::Months),
        ("accelerators", Quantity::Accelerators),
        ("effectiveness", Quantity::Effectiveness),
    ];

    fn of(self, figures: &Figures) -> Exact {
        match self {
            Quantity::UpFront => figures.up_front.clone(),
            Quantity::Money => figures.money(),
            Quantity::PresentValue => figures.present_value.clone(),
            Quantity::Hours => figures.hours.clone(),
            Quantity::PresentHours => figures.present_hours.clone(),
            Quantity::ShortHours => figures.short_hours.clone(),
            Quantity::PresentShortHours => figures.present_short_hours.clone(),
            Quantity::CoverCost => figures.cover_cost.clone(),
            Quantity::NeededHours => figures.needed_hours.clone(),
            Quantity::NeededPresentHours => figures.needed_present_hours.clone(),
            Quantity::Months => Exact::whole(figures.months),
            Quantity::Accelerators => Exact::whole(figures.accelerators),
            Quantity::Effectiveness => figures.effectiveness.clone(),
        }
    }
}

impl Formula {
    /// What its value is to be.
    pub fn objective(&self) -> Objective {
        self.objective
    }

    /// Its value for an offer.
    pub(crate) fn value(&self, figures: &Figures) -> Result<Exact, Unscored> {
        self.expression.value(figures)
    }
}

impl Expression {
    fn value(&self, figures: &Figures) -> Result<Exact, Unscored> {
        let value = match self {
            Expression::Number(number) => number.clone(),
            Expression::Quantity(quantity) => quantity.of(figures),
            Expression::Negative(inner) => Exact::zero() - inner.value(figures)?,
            Expression::Both(operator, one, other) => {
                let (one, other) = (one.value(figures)?, other.value(figures)?);
                match operator {
                    Operator::Add => one + other,
                    Operator::Subtract => one - other,
                    Operator::Multiply => one * other,
                    Operator::Divide => one.over(&other).ok_or(Unscored::DividesByZero)?,
                    Operator::Min => one.min(other),
                    Operator::Max => one.max(other),
                }
            }
        };
        if value.bits() > MOST_BITS { Err(Unscored::TooLarge) } else { Ok(value) }
    }
}

impl FromStr for Formula {
    type Err = FormulaError;

    fn from_str(text: &str) -> Result<Self, FormulaError> {
        let (objective, expression) = parse::formula(text)?;
        Ok(Formula { text: text.to_string(), objective, expression })
    }
}

impl TryFrom<String> for Formula {
    type Error = FormulaError;

    fn try_from(text: String) -> Result<Self, FormulaError> {
        text.parse()
    }
}

impl From<Formula> for String {
    fn from(formula: Formula) -> String {
        formula.text
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
