use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::share::percentage;
use super::{Expression, Shape, Unreadable, Value, unexpected};

/// A fraction that may be more than the whole, written as a percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Percentage(Decimal);

impl Percentage {
    /// The fraction: `1.2` for 120%.
    pub fn fraction(&self) -> Decimal {
        self.0
    }
}

impl fmt::Display for Percentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", (self.0 * Decimal::ONE_HUNDRED).normalize())
    }
}

impl Value for Percentage {
    const EXPECTED: &'static str = "a percentage, which may be above the whole, as \"120%\"";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match &expression.shape {
            Shape::Text(text) => percentage(text).map(Percentage),
            _ => None,
        }
        .ok_or_else(|| unexpected::<Self>(expression))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}
