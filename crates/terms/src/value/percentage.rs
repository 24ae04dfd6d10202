use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::share::percentage;
use super::{Expression, Shape, Unreadable, Value, unexpected};

/// A percentage that may be above the whole, as 120% of a forecast; a part of a whole is a
/// [`Share`](super::Share).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Percentage(Decimal);

impl Percentage {
    /// The whole: 100%.
    pub const WHOLE: Percentage = Percentage(Decimal::ONE);
    /// Nothing: 0%.
    pub const NOTHING: Percentage = Percentage(Decimal::ZERO);

    /// The percentage as a fraction: `1.2` for 120%.
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
    const EXPECTED: &'static str = "a percentage, which may be above 100%, as \"120%\"";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        let text = match &expression.shape {
            Shape::Text(text) => Some(text),
            _ => None,
        };
        let fraction = text.and_then(|text| percentage(text));
        fraction.map(Percentage).ok_or_else(|| unexpected::<Self>(expression))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}
