use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Expression, Form, Shape, Unreadable, Value, grouped, plain_number, unexpected};

/// An ISO 4217 currency code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// US dollars.
    pub const USD: Currency = Currency(*b"USD");

    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Decimal places of an amount that can be paid (ISO 4217's minor unit).
    pub fn scale(&self) -> u32 {
        self.listed().and_then(|known| known.exponent()).map_or(2, u32::from)
    }

    /// The currency as ISO 4217 lists it.
    fn listed(&self) -> Option<iso_currency::Currency> {
        iso_currency::Currency::from_code(self.as_str())
    }
}

impl FromStr for Currency {
    type Err = String;

    /// Reads what somebody writes: a code that ISO 4217 gives to no money that can be paid is a slip.
    fn from_str(code: &str) -> Result<Self, String> {
        let currency = Currency::try_from(code.to_string())?;
        match currency.listed().and_then(|known| known.exponent()) {
            Some(_) => Ok(currency),
            None => {
                Err(format!("`{code}` is not a currency of ISO 4217; expected a code as `USD`"))
            }
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = String;

    /// Reads what was recorded: what once counted as a currency still does.
    fn try_from(code: String) -> Result<Self, String> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Currency(code)),
            _ => Err(format!("`{code}` is not a currency; expected three capitals, as `USD`")),
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.as_str().to_string()
    }
}

impl Value for Currency {
    const EXPECTED: &'static str = "a currency, in three capitals, as EUR";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        let code = expression.word().ok_or_else(|| unexpected::<Self>(expression))?;
        code.parse().map_err(|_| unlisted(code).unwrap_or_else(|| unexpected::<Self>(expression)))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with a code that looks like a currency's and is none.
fn unlisted(code: &str) -> Option<Unreadable> {
    let looks_so = Currency::try_from(code.to_string()).is_ok();
    (looks_so && code.parse::<Currency>().is_err()).then(|| Unreadable {
        code: "charter::value::unknown-currency",
        problem: format!("`{code}` is not a currency"),
        help: "use a code of ISO 4217, as USD or EUR".to_string(),
    })
}

/// An exact amount of money in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// In units of the currency, not its minor unit: `12.50` is twelve and a half.
    pub amount: Decimal,
    /// The currency.
    pub currency: Currency,
}

impl FromStr for Money {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (code, number) = text.trim().split_once(' ')?;
            let amount = Decimal::from_str_exact(&plain_number(number.trim())?).ok()?;
            Some(Money { amount, currency: code.parse().ok()? })
        };
        read().ok_or_else(|| format!("`{text}` is not {}", Money::EXPECTED))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = self.amount.to_string();
        let (whole, cents) = amount.split_once('.').unwrap_or((&amount, ""));
        write!(f, "{} {}", self.currency, grouped(whole))?;
        if cents.is_empty() { Ok(()) } else { write!(f, ".{cents}") }
    }
}

impl Value for Money {
    const EXPECTED: &'static str =
        "an amount of money, in quotes its currency in capitals and a number, as \"USD 1_000_000\"";
    const FORM: Form = Form::Money;

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        let no_currency = |number: &str| Unreadable {
            code: "charter::value::money-without-currency",
            problem: format!("`{number}` has no currency"),
            help: format!("say which money it is, as \"USD {number}\""),
        };
        let text = match &expression.shape {
            Shape::Text(text) => text.as_str(),
            Shape::Number(number) => return Err(no_currency(number)),
            _ => return Err(unexpected::<Self>(expression)),
        };
        if plain_number(text).is_some() {
            return Err(no_currency(text));
        }
        let code = text.trim().split(' ').next().unwrap_or_default();
        text.parse().map_err(|_| unlisted(code).unwrap_or_else(|| unexpected::<Self>(expression)))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}
