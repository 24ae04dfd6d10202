use std::fmt;

use crate::Money;
use crate::value::{Expression, Percentage, Shape, Unreadable, Value, unexpected};

/// What damages are computed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DamagesRate {
    /// A sum.
    Amount(Money),
    /// A percentage of the formula's base.
    Percentage(Percentage),
}

impl Value for DamagesRate {
    const EXPECTED: &'static str = "an amount of money or a percentage, as \"USD 12\" or \"50%\"";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match &expression.shape {
            Shape::Text(text) if text.trim_end().ends_with('%') => Percentage::read(expression)
                .map(DamagesRate::Percentage)
                .map_err(|_| unexpected::<Self>(expression)),
            _ => Money::read(expression).map(DamagesRate::Amount),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for DamagesRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DamagesRate::Amount(amount) => amount.fmt(f),
            DamagesRate::Percentage(percentage) => percentage.fmt(f),
        }
    }
}
