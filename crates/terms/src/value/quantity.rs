use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Expression, Shape, Unreadable, Value, grouped, plain_number, unexpected};

/// A whole number of accelerators of one class, as `"12_000 H100"`, or of anything else that is
/// counted, as `"50 hour"`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quantity {
    /// How many.
    pub count: u64,
    /// Of what: a class of accelerators, or a unit.
    pub class: String,
}

impl FromStr for Quantity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (number, class) = text.trim().split_once(' ')?;
            let count = plain_number(number)?.parse().ok()?;
            let class = class.trim();
            (!class.is_empty() && !class.contains(' '))
                .then(|| Quantity { count, class: class.to_string() })
        };
        read().ok_or_else(|| format!("`{text}` is not {}", Quantity::EXPECTED))
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", grouped(&self.count.to_string()), self.class)
    }
}

impl Value for Quantity {
    const EXPECTED: &'static str = "a number and what is counted, as \"12_000 H100\"";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match &expression.shape {
            Shape::Text(text) => text.parse().map_err(|_| unexpected::<Self>(expression)),
            _ => Err(unexpected::<Self>(expression)),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}
