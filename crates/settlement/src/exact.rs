//! Exact numbers inside a calculation, and the one place where they are rounded.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Mul, Sub};

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};
use rust_decimal::Decimal;
use terms::Money;
use terms::value::Currency;

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

    /// Rounded half to even to the currency's minor unit, as money. This is the only place where an
    /// amount is rounded; whoever owes it keeps the difference.
    ///
    /// `None` if the amount has more digits than a [`Decimal`] holds (28).
    pub fn round(&self, currency: Currency) -> Option<Money> {
        let scale = currency.scale();
        let units = &self.0 * BigRational::from_integer(BigInt::from(10).pow(scale));
        let floor = units.floor().to_integer();
        let half = BigRational::new(1.into(), 2.into());
        let up = match (units - BigRational::from_integer(floor.clone())).cmp(&half) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => !(&floor % BigInt::from(2)).is_zero(),
        };
        let units = (floor + BigInt::from(u8::from(up))).to_i128()?;
        let amount = Decimal::try_from_i128_with_scale(units, scale).ok()?;
        Some(Money { amount, currency })
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
            let money = exact(given).round(Currency::USD).unwrap();
            assert_eq!(money.amount, Decimal::from_str_exact(rounded).unwrap(), "{given}");
        }
    }

    #[test]
    fn exact_numbers_show_every_digit() {
        assert_eq!(exact("0.000000000012").to_string(), "0.000000000012");
        assert_eq!(exact("-12.50").to_string(), "-12.5");
        assert_eq!(Exact::whole(1).per(3).to_string(), "1/3");
        assert_eq!(Exact::whole(1_000_000).to_string(), "1000000");
    }
}
