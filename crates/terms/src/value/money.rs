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
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"KWD" | b"OMR" | b"JOD" | b"TND" | b"IQD" | b"LYD" => 3,
            _ => 2,
        }
    }
}

impl FromStr for Currency {
    type Err = String;

    fn from_str(code: &str) -> Result<Self, String> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Currency(code)),
            _ => Err(format!("`{code}` is not a currency; expected three capitals, as `USD`")),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        code.parse()
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
        let code = expression.word().and_then(|code| code.parse().ok());
        code.ok_or_else(|| unexpected::<Self>(expression))
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
        text.parse().map_err(|_| unexpected::<Self>(expression))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}
