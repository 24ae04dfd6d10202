//! What a statement writes as text with every digit, as a number again.

use exact::Exact;
use rust_decimal::Decimal;

/// A number as [`Exact`] shows it: a decimal of any length, or a fraction. `None` for other text.
pub fn read(text: &str) -> Option<Exact> {
    text.parse().ok()
}

/// A number that is one exactly, with as few digits as it has; `None` if it has more than 28.
pub fn decimal(number: &Exact) -> Option<Decimal> {
    let rounded = number.round(18)?;
    (Exact::from(rounded) == *number).then(|| rounded.normalize())
}
