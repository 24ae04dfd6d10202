//! Exact numbers inside a calculation, and the one place where they are rounded.
//!
//! [`Exact`] is a rational number of any size: sums, products, quotients and discounted sums of what
//! people write as decimals, without an error and without an overflow. [`Exact::round`] makes it a
//! decimal again. Knows no currency and no clause.

// No float touches money, a share or a deadline.
#![deny(clippy::float_arithmetic)]

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Mul, Neg, Sub};
use std::str::FromStr;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use rust_decimal::Decimal;

/// An exact rational number, usually an amount in units of a currency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Exact(BigRational);

impl Exact {
    /// Nothing.
    pub fn zero() -> Exact {
        Exact::default()
    }

    /// A whole number.
    pub fn whole(number: impl Into<BigInt>) -> Exact {
        Exact(BigRational::from_integer(number.into()))
    }

    /// This divided by a whole number above zero.
    pub fn per(self, divisor: u32) -> Exact {
        Exact(self.0 / BigRational::from_integer(divisor.into()))
    }

    /// This divided by another; `None` if the other is zero.
    pub fn over(&self, divisor: &Exact) -> Option<Exact> {
        (!divisor.0.is_zero()).then(|| Exact(&self.0 / &divisor.0))
    }

    /// The largest whole number that is no larger.
    pub fn floor(&self) -> BigInt {
        self.0.floor().to_integer()
    }

    /// What is left of it above [`floor`](Self::floor): at least zero and below one.
    pub fn fraction(&self) -> Exact {
        Exact(&self.0 - self.0.floor())
    }

    /// How many bits its numerator and denominator have together: what it costs to go on with it.
    pub fn bits(&self) -> u64 {
        self.0.numer().bits() + self.0.denom().bits()
    }

    /// The sum of each amount divided by `growth` as often as its place in the list, from 1: what
    /// payments at the end of each period are worth at the start of the first.
    ///
    /// `growth` is one plus the rate per period, above zero.
    pub fn present_value(amounts: &[Exact], growth: &Exact) -> Exact {
        // Horner's rule over whole numbers, reduced once: with fractions reduced at every step, a
        // long term at a rate of many digits would take seconds.
        let common = amounts.iter().fold(BigInt::one(), |common, amount| {
            let reduced = BigRational::new(common.clone(), amount.0.denom().clone());
            common * reduced.denom()
        });
        let (numerator, denominator) = (growth.0.numer(), growth.0.denom());
        let mut sum = BigInt::zero();
        let mut scale = common.clone();
        for amount in amounts.iter().rev() {
            sum += amount.0.numer() * (&scale / amount.0.denom());
            sum *= denominator;
            scale *= numerator;
        }
        Exact(BigRational::new(sum, scale))
    }

    /// Rounded half to even to so many decimal places. This is the only place where an amount is
    /// rounded; whoever owes it keeps the difference.
    ///
    /// `None` if the amount has more digits than a [`Decimal`] holds (28).
    pub fn round(&self, places: u32) -> Option<Decimal> {
        let units = &self.0 * BigRational::from_integer(BigInt::from(10).pow(places));
        let floor = units.floor().to_integer();
        let half = BigRational::new(1.into(), 2.into());
        let up = match (units - BigRational::from_integer(floor.clone())).cmp(&half) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => !(&floor % BigInt::from(2)).is_zero(),
        };
        let units = (floor + BigInt::from(u8::from(up))).to_i128()?;
        Decimal::try_from_i128_with_scale(units, places).ok()
    }
}

impl From<Decimal> for Exact {
    fn from(decimal: Decimal) -> Exact {
        let denominator = BigInt::from(10).pow(decimal.scale());
        Exact(BigRational::new(decimal.mantissa().into(), denominator))
    }
}

impl Add for Exact {
    type Output = Exact;

    fn add(self, other: Exact) -> Exact {
        Exact(self.0 + other.0)
    }
}

impl Sub for Exact {
    type Output = Exact;

    fn sub(self, other: Exact) -> Exact {
        Exact(self.0 - other.0)
    }
}

impl Mul for Exact {
    type Output = Exact;

    fn mul(self, other: Exact) -> Exact {
        Exact(self.0 * other.0)
    }
}

impl Neg for Exact {
    type Output = Exact;

    fn neg(self) -> Exact {
        Exact(-self.0)
    }
}

impl Sum for Exact {
    fn sum<I: Iterator<Item = Exact>>(numbers: I) -> Exact {
        numbers.fold(Exact::zero(), Add::add)
    }
}

impl fmt::Display for Exact {
    /// As a decimal with all its digits, or as a fraction if those never end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ten = BigInt::from(10);
        let mut scaled = self.0.clone();
        let mut scale = 0;
        while !scaled.is_integer() && scale < 30 {
            scaled *= BigRational::from_integer(ten.clone());
            scale += 1;
        }
        if !scaled.is_integer() {
            return write!(f, "{}", self.0);
        }
        let digits = scaled.to_integer().abs().to_string();
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        let sign = if self.0.is_negative() { "-" } else { "" };
        let point = if scale > 0 { "." } else { "" };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

impl FromStr for Exact {
    type Err = NotExact;

    /// Reads back what [`Display`](fmt::Display) shows.
    fn from_str(text: &str) -> Result<Exact, NotExact> {
        let number = match text.split_once('/') {
            Some((above, below)) => {
                decimal(above).zip(decimal(below)).and_then(|(above, below)| above.over(&below))
            }
            None => decimal(text),
        };
        number.ok_or_else(|| NotExact(text.to_string()))
    }
}

/// Digits with a point among them or none, and a sign in front if it is below zero.
fn decimal(text: &str) -> Option<Exact> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if digits.is_empty() || !is_number(digits) || !is_number(fraction) {
        return None;
    }
    let digits: BigInt = format!("{whole}{fraction}").parse().ok()?;
    let places = u32::try_from(fraction.len()).ok()?;
    Some(Exact(BigRational::new(digits, BigInt::from(10).pow(places))))
}

/// A text that is no number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotExact(String);

impl std::error::Error for NotExact {}

impl fmt::Display for NotExact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a number; expected digits, as -12.5 or 1/3", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Exact {
        Decimal::from_str_exact(text).unwrap().into()
    }

    #[test]
    fn rounding_is_half_to_even() {
        for (given, rounded) in [
            ("0.005", "0.00"),
            ("0.015", "0.02"),
            ("0.025", "0.02"),
            ("0.0250001", "0.03"),
            ("-0.015", "-0.02"),
            ("-0.025", "-0.02"),
            ("1365908.75", "1365908.75"),
        ] {
            let amount = exact(given).round(2).unwrap();
            assert_eq!(amount, Decimal::from_str_exact(rounded).unwrap(), "{given}");
        }
    }

    #[test]
    fn exact_numbers_show_every_digit() {
        assert_eq!(exact("0.000000000012").to_string(), "0.000000000012");
        assert_eq!(exact("-12.50").to_string(), "-12.5");
        assert_eq!(Exact::whole(1).per(3).to_string(), "1/3");
        assert_eq!(Exact::whole(1_000_000).to_string(), "1000000");
    }

    #[test]
    fn what_is_shown_is_read_back() {
        let long = "123456789012345678901234567890.000000000001";
        for text in ["0", "-12.5", "0.000000000012", "1/3", "-2/7", "1000000", long] {
            assert_eq!(text.parse::<Exact>().unwrap().to_string(), text);
        }
        for text in [
            "", "-", ".5", "1.2.3", "1e5", "+1", "1/0", "1/", "+1/2", "1/2/3", "NaN", " 1", "1_000",
        ] {
            assert!(text.parse::<Exact>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_has_too_many_digits_is_not_rounded() {
        let large = Exact::from(Decimal::MAX);
        assert_eq!(large.round(0), Some(Decimal::MAX));
        assert_eq!((large + Exact::whole(1)).round(0), None);
    }

    #[test]
    fn nothing_divides_by_zero() {
        assert_eq!(Exact::whole(1).over(&Exact::zero()), None);
        assert_eq!(Exact::whole(6).over(&exact("1.5")), Some(Exact::whole(4)));
    }

    proptest::proptest! {
        #[test]
        fn a_present_value_is_the_sum_of_discounted_amounts(
            amounts in proptest::collection::vec((-1_000_000i64..1_000_000, 0u32..9), 0..40),
            rate in 0i64..5_000,
        ) {
            let amounts: Vec<Exact> =
                amounts.into_iter().map(|(units, scale)| Decimal::new(units, scale).into()).collect();
            let growth = Exact::whole(1) + Decimal::new(rate, 4).into();
            let mut factor = Exact::whole(1);
            let mut sum = Exact::zero();
            for amount in &amounts {
                factor = factor.over(&growth).unwrap();
                sum = sum + amount.clone() * factor.clone();
            }
            proptest::prop_assert_eq!(Exact::present_value(&amounts, &growth), sum);
        }
    }
}
