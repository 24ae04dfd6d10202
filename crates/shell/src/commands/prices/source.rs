//! What published price data says of models, whichever format it is in.

use std::collections::BTreeMap;
use std::fmt;

use exact::Exact;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;
use terms::registry::{PriceList, Processing, TokenClass};
use terms::value::Currency;

/// A model as a source lists it.
#[derive(Debug)]
pub struct Listed {
    /// By which name the source knows it, with its provider where names would not do.
    pub key: String,
    /// Who offers it, by the source's word.
    pub provider: String,
    /// The model's name without its provider.
    pub model: String,
    /// What it costs, from each day on that the source states; without a day, for all time.
    pub periods: Vec<(Option<Date>, Amounts)>,
    /// Whether it writes nothing, so that nobody prices what it writes.
    pub only_reads: bool,
    /// What of it cannot be said, or could not be read.
    pub left_out: Vec<LeftOut>,
}

/// Prices of one model in one period, as far as the source states them.
pub type Amounts = BTreeMap<Processing, BTreeMap<Priced, Decimal>>;

/// What a price is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priced {
    /// A million tokens of a class.
    Tokens(TokenClass),
    /// A call.
    Call,
}

/// Something of a source that is not taken over as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The model, by its name in the source.
    pub model: String,
    /// Its line in the source, from 1; 0 where there is none.
    pub line: usize,
    /// What it is called there.
    pub what: String,
    /// What stands there.
    pub value: String,
    /// Why it is left out, or what was done instead.
    pub why: String,
    /// Whether what is left of the model's price would be wrong without it.
    #[serde(skip)]
    pub is_needed: bool,
}

/// All that a file says.
#[derive(Debug)]
pub struct Source {
    /// What it is called where the document speaks of it.
    pub title: &'static str,
    /// The currency of its prices.
    pub currency: Currency,
    /// Its models, in its order.
    pub listed: Vec<Listed>,
}

/// Why a file cannot be read at all, and where.
#[derive(Debug)]
pub struct Unreadable {
    /// From 1; 0 where it is no single line.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
}

impl Priced {
    /// What a price list calls it.
    pub fn attribute(self) -> &'static str {
        match self {
            Priced::Tokens(class) => class.attribute(),
            Priced::Call => "call",
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => write!(f, "{}", self.problem),
            (line, column) => write!(f, "line {line}, column {column}: {}", self.problem),
        }
    }
}

/// Fewer digits than these are what somebody wrote; what is beyond is what a computer's float left.
const DIGITS_OF_FLOATS: u32 = 12;

/// The price of a million tokens, or of one call, out of a number as a source writes it, which stands
/// for `units` of what the source prices: 1 for a price of a token, where a million is asked for.
///
/// What binary floats leave behind the last digit that was meant, as in `3.6000000000000003e-06`, is
/// dropped; a price that is really finer is not rounded.
///
/// # Errors
/// It is no number, below zero, or finer than a price may be.
pub fn price(literal: &str, units: u32) -> Result<Decimal, String> {
    let exact = number(literal.trim())? * Exact::whole(units);
    let places = PriceList::SCALE;
    let too_large = || "has more digits than a price may have".to_string();
    let rounded = exact.round(places).ok_or_else(too_large)?;
    let (low, high) = {
        let rounded = Exact::from(rounded);
        (rounded.clone().min(exact.clone()), rounded.max(exact.clone()))
    };
    let noise = (high - low) * Exact::whole(10u64.pow(DIGITS_OF_FLOATS));
    if noise > exact {
        let of = if units == 1 { "" } else { " of a million tokens" };
        return Err(format!("is finer than {places} decimal places of a price{of}"));
    }
    Ok(rounded.normalize())
}

fn number(literal: &str) -> Result<Exact, String> {
    /// Larger or smaller numbers are no prices.
    const EXPONENT_MAX: u32 = 30;
    let wrong = || {
        let what = if literal.starts_with('-') { "is below zero" } else { "is no number" };
        what.to_string()
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = literal.split_once(['e', 'E']).unwrap_or((literal, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    if !digits(whole) || !digits(fraction) {
        return Err(wrong());
    }
    let mantissa =
        Decimal::from_str_exact(mantissa).map_err(|_| "has more than 28 digits".to_string())?;
    let exponent: i32 = exponent.parse().map_err(|_| wrong())?;
    if exponent.unsigned_abs() > EXPONENT_MAX {
        return Err("is too large or too small for a price".to_string());
    }
    let power = Exact::whole(10u128.pow(exponent.unsigned_abs()));
    let mantissa = Exact::from(mantissa);
    match exponent < 0 {
        true => mantissa.over(&power).ok_or_else(wrong),
        false => Ok(mantissa * power),
    }
}

/// A value of a source on one line, short enough to be shown.
pub fn shown(value: &str) -> String {
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = value.chars().take(40).collect();
    if short.len() < value.len() { format!("`{short}…`") } else { format!("`{short}`") }
}

#[cfg(test)]
mod tests {
    use super::price;

    #[test]
    fn numbers_are_read_digit_by_digit() {
        for (literal, units, expected) in [
            ("2.5e-06", 1_000_000, "2.5"),
            ("1e-07", 1_000_000, "0.1"),
            ("0.0", 1_000_000, "0"),
            ("0.8", 1, "0.8"),
            ("10", 1, "10"),
            ("1E+1", 1, "10"),
            // What a float leaves of 3.6, and of 4.7.
            ("3.6000000000000003e-06", 1_000_000, "3.6"),
            ("4.6999999999999995e-07", 1_000_000, "0.47"),
        ] {
            assert_eq!(price(literal, units).unwrap().to_string(), expected, "{literal}");
        }
        for (literal, units, said) in [
            ("NaN", 1, "is no number"),
            ("-1", 1, "is below zero"),
            ("", 1, "is no number"),
            ("1.", 1, "is no number"),
            ("1e", 1, "is no number"),
            ("\"2\"", 1, "is no number"),
            ("1e99", 1, "is too large or too small for a price"),
            ("0.000000000000000000000000000001", 1, "has more than 28 digits"),
            ("3.3333333333333335e-05", 1_000_000, "is finer than 6 decimal places of a price"),
            ("0.0000001", 1, "is finer than 6 decimal places of a price"),
            ("9999999999999999999999999999", 1, "has more digits than a price may have"),
        ] {
            let error = price(literal, units).unwrap_err();
            assert!(error.contains(said), "{literal}: {error}");
        }
    }
}
