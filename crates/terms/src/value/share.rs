use std::cmp::Ordering;
use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Expression, Shape, Unreadable, Value, plain_number, unexpected};

/// A fraction between 0 and 1, written as a percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Share(Decimal);

impl Share {
    /// So many whole percent, up to 100.
    pub const fn percent(percent: u8) -> Share {
        Share(Decimal::from_parts(if percent > 100 { 100 } else { percent as u32 }, 0, 0, false, 2))
    }

    /// The share as a fraction: `0.25` for 25%.
    pub fn fraction(&self) -> Decimal {
        self.0
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", (self.0 * Decimal::ONE_HUNDRED).normalize())
    }
}

/// Reads `25%` or `12.5%`; not yet checked against 100%.
pub(super) fn percentage(text: &str) -> Option<Decimal> {
    let number = plain_number(text.trim().strip_suffix('%')?.trim_end())?;
    let percent = Decimal::from_str_exact(&number).ok()?;
    let fraction = percent.checked_div(Decimal::ONE_HUNDRED)?;
    // The last two of 28 decimal places would be lost.
    (fraction * Decimal::ONE_HUNDRED == percent).then_some(fraction)
}

impl Value for Share {
    const EXPECTED: &'static str = "a percentage of at most 100%, as \"25%\"";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        let Shape::Text(text) = &expression.shape else {
            return Err(unexpected::<Self>(expression));
        };
        let fraction = percentage(text).ok_or_else(|| unexpected::<Self>(expression))?;
        if fraction > Decimal::ONE {
            return Err(Unreadable {
                code: "charter::value::share-above-whole",
                problem: format!("a share of `{text}` is more than the whole"),
                help: "write a share between \"0%\" and \"100%\"".to_string(),
            });
        }
        Ok(Share(fraction))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// Whether a threshold itself passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// `>`: the threshold itself fails.
    Above,
    /// `>=`: the threshold itself passes.
    AtLeast,
    /// `<`: the threshold itself fails.
    Below,
    /// `<=`: the threshold itself passes.
    AtMost,
}

/// A bound that a measured share must keep to, as `"> 50%"`, `">= 2/3"` or `"<= 5%"`; kept as an
/// exact ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    /// Whether equality passes.
    pub comparison: Comparison,
    /// The bound's numerator.
    pub numerator: u64,
    /// The bound's denominator, above 0.
    pub denominator: u64,
}

impl Comparison {
    /// Longer signs first, so that `>=` is not read as `>`.
    const ALL: [Comparison; 4] =
        [Comparison::AtLeast, Comparison::AtMost, Comparison::Above, Comparison::Below];

    fn sign(self) -> &'static str {
        match self {
            Comparison::Above => ">",
            Comparison::AtLeast => ">=",
            Comparison::Below => "<",
            Comparison::AtMost => "<=",
        }
    }
}

impl Threshold {
    /// Whether `part` of `whole` passes, exactly. Nothing of nothing is not above a bound, and is
    /// within one.
    ///
    /// Source: domain rules, oracle Q1 ("primarily": 63 of 103 passes `> 50%` and fails `>= 2/3`).
    pub fn passes(&self, part: u64, whole: u64) -> bool {
        let measured = u128::from(part) * u128::from(self.denominator);
        let bound = u128::from(whole) * u128::from(self.numerator);
        let order = measured.cmp(&bound);
        match self.comparison {
            Comparison::Above => order == Ordering::Greater,
            Comparison::AtLeast => order == Ordering::Greater || order.is_eq() && whole > 0,
            Comparison::Below => order == Ordering::Less || whole == 0,
            Comparison::AtMost => order != Ordering::Greater,
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = self.comparison.sign();
        match self.denominator {
            100 => write!(f, "{sign} {}%", self.numerator),
            _ => write!(f, "{sign} {}/{}", self.numerator, self.denominator),
        }
    }
}

impl Value for Threshold {
    const EXPECTED: &'static str = "a threshold, as \"> 50%\", \">= 2/3\" or \"<= 5%\"";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        let read = || {
            let Shape::Text(text) = &expression.shape else { return None };
            let (comparison, bound) = Comparison::ALL.into_iter().find_map(|comparison| {
                Some((comparison, text.strip_prefix(comparison.sign())?.trim()))
            })?;
            let (numerator, denominator) = match bound.strip_suffix('%') {
                Some(percent) => (percent.trim().parse().ok()?, 100),
                None => {
                    let (above, below) = bound.split_once('/')?;
                    (above.trim().parse().ok()?, below.trim().parse().ok()?)
                }
            };
            (numerator <= denominator && denominator > 0).then_some(Threshold {
                comparison,
                numerator,
                denominator,
            })
        };
        read().ok_or_else(|| unexpected::<Self>(expression))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primarily_is_measured_exactly() {
        let above_half =
            Threshold { comparison: Comparison::Above, numerator: 50, denominator: 100 };
        let at_least_half = Threshold { comparison: Comparison::AtLeast, ..above_half };
        let two_thirds =
            Threshold { comparison: Comparison::AtLeast, numerator: 2, denominator: 3 };
        // (part, whole, > 50 %, >= 50 %, >= 2/3): oracle Q1, and the edge itself.
        for (part, whole, above, at_least, thirds) in [
            (63, 103, true, true, false),
            (50, 100, false, true, false),
            (0, 0, false, false, false),
        ] {
            assert_eq!(above_half.passes(part, whole), above, "{part}/{whole}");
            assert_eq!(at_least_half.passes(part, whole), at_least, "{part}/{whole}");
            assert_eq!(two_thirds.passes(part, whole), thirds, "{part}/{whole}");
        }
    }

    #[test]
    fn a_limit_is_the_opposite_of_passing_it() {
        let bound = |comparison| Threshold { comparison, numerator: 1, denominator: 5 };
        for (part, whole) in [(0, 0), (0, 10), (1, 10), (2, 10), (3, 10), (10, 10)] {
            let passes = |comparison| bound(comparison).passes(part, whole);
            assert_ne!(passes(Comparison::AtMost), passes(Comparison::Above), "{part}/{whole}");
            assert_ne!(passes(Comparison::Below), passes(Comparison::AtLeast), "{part}/{whole}");
        }
    }
}
