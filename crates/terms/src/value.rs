//! Values and their units: what may stand on the right of an `=`.
//!
//! A value with a unit is written as a string: `"25%"`, `"30 days"`, `"USD 1_000_000"`,
//! `"12_000 H100"`, `"2025-01-21"`. A reference or one word of a closed list is written bare:
//! `openai`, `whole_lots`. Digits may be grouped with `_`.

mod duration;
mod expression;
mod money;
mod name;
mod percentage;
mod quantity;
mod share;
mod words;

use std::borrow::Cow;
use std::fmt;

use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use crate::registry::Entry;

pub use duration::{Duration, Unit};
pub(crate) use expression::{Expression, Shape, read_expression};
pub use money::{Currency, Money};
pub use name::Name;
pub use percentage::Percentage;
pub use quantity::Quantity;
pub use share::{Comparison, Share, Threshold};
pub(crate) use words::words;

/// Why a value could not be read: what was found and what was expected, without the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Stable code of the finding.
    pub code: &'static str,
    /// What is wrong with what stands there.
    pub problem: String,
    /// How to write it.
    pub help: String,
}

/// What sort of thing a value is, for whoever helps to write one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// One word of a closed list; each with its meaning, which may be empty.
    Words(Cow<'static, [(&'static str, &'static str)]>),
    /// The name of something of one of these kinds; where there are none, of an agreement.
    Name(&'static [Entry]),
    /// The kind and label of a clause.
    Clause,
    /// A date, or `condition.` and the name of a condition.
    Bound,
    /// An amount of money, with its currency in front.
    Money,
    /// A number and one of these units.
    Measured(&'static [&'static str]),
    /// Anything else, as the words for it say.
    Other,
}

/// A type that can be read from an expression.
pub(crate) trait Value: Sized {
    /// What to write, for the message when something else stands there.
    const EXPECTED: &'static str;

    /// What sort of thing it is.
    const FORM: Form = Form::Other;

    /// What its words tell, if it is one of a closed list.
    const ABOUT: &'static str = "";

    /// Whether a list of them may stand there too.
    const SEVERAL: bool = false;

    /// Reads the value; the caller knows the place.
    fn read(expression: &Expression) -> Result<Self, Unreadable>;

    /// How `charter terms` shows it.
    fn show(&self) -> String;
}

/// The finding for an expression of the wrong shape or unit.
pub(crate) fn unexpected<T: Value>(expression: &Expression) -> Unreadable {
    let help = match expression.quoted() {
        Some(quoted) if T::read(&quoted).is_ok() => format!("put it in quotes: {}", quoted.source),
        _ => format!("write {}", T::EXPECTED),
    };
    Unreadable {
        code: "charter::value::unit",
        problem: format!("{} is not {}", expression.shown(), expected_noun(T::EXPECTED)),
        help,
    }
}

/// `a length of time` out of `a length of time, as "30 days"`.
fn expected_noun(expected: &str) -> &str {
    expected.split_once(',').map_or(expected, |(noun, _)| noun)
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "basis", content = "why")]
pub enum Basis {
    /// The document states it.
    Stated,
    /// No source states it; the document says why it was assumed so.
    Assumed(String),
    /// The document is silent; this is the language's default.
    Default,
}

/// One value of a clause as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// The attribute's name.
    pub name: String,
    /// The value as written, in canonical form.
    pub value: String,
    /// Where it comes from.
    #[serde(flatten)]
    pub basis: Basis,
}

impl Value for String {
    const EXPECTED: &'static str = "text in quotes, as \"new data centres\"";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match &expression.shape {
            Shape::Text(text) => Ok(text.clone()),
            _ => Err(unexpected::<Self>(expression)),
        }
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl Value for bool {
    const EXPECTED: &'static str = "`true` or `false`";
    const FORM: Form = Form::Words(Cow::Borrowed(&[("true", ""), ("false", "")]));

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match expression.shape {
            Shape::Bool(value) => Ok(value),
            _ => Err(unexpected::<Self>(expression)),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for u64 {
    const EXPECTED: &'static str = "a whole number, as 12";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        let number = match &expression.shape {
            Shape::Number(number) | Shape::Text(number) => plain_number(number),
            _ => None,
        };
        number.and_then(|number| number.parse().ok()).ok_or_else(|| unexpected::<Self>(expression))
    }

    fn show(&self) -> String {
        grouped(&self.to_string())
    }
}

impl Value for u32 {
    const EXPECTED: &'static str = u64::EXPECTED;

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        let number = u64::read(expression)?;
        number.try_into().map_err(|_| unexpected::<Self>(expression))
    }

    fn show(&self) -> String {
        u64::from(*self).show()
    }
}

impl Value for Date {
    const EXPECTED: &'static str = "a date, as \"2025-01-21\"";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match &expression.shape {
            Shape::Text(text) if text.len() == 10 => {
                text.parse().map_err(|_| unexpected::<Self>(expression))
            }
            _ => Err(unexpected::<Self>(expression)),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for Time {
    const EXPECTED: &'static str = "a time of day, as \"17:00\"";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match &expression.shape {
            // The parser of times takes seconds too, which would not be shown.
            Shape::Text(text) if text.len() == 5 => {
                text.parse().map_err(|_| unexpected::<Self>(expression))
            }
            _ => Err(unexpected::<Self>(expression)),
        }
    }

    fn show(&self) -> String {
        self.strftime("%H:%M").to_string()
    }
}

impl<T: Value> Value for Vec<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    const FORM: Form = T::FORM;
    const ABOUT: &'static str = T::ABOUT;
    const SEVERAL: bool = true;

    /// A list, or one value where a list of one is meant.
    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match &expression.shape {
            Shape::List(items) => items.iter().map(T::read).collect(),
            _ => Ok(vec![T::read(expression)?]),
        }
    }

    fn show(&self) -> String {
        self.iter().map(|item| unmistakable(item.show())).collect::<Vec<_>>().join(", ")
    }
}

/// An item of a list; in quotes if it could be taken for several, or for none.
fn unmistakable(item: String) -> String {
    if !item.is_empty() && !item.contains([',', '"']) {
        return item;
    }
    format!("\"{}\"", item.replace('\\', r"\\").replace('"', "\\\""))
}

/// Removes digit grouping; `None` unless what remains is digits with at most one point, and each
/// point and `_` stands between two digits.
pub(crate) fn plain_number(text: &str) -> Option<String> {
    let digits = |group: &str| !group.is_empty() && group.chars().all(|c| c.is_ascii_digit());
    let well_formed = text.matches('.').count() <= 1 && text.split(['.', '_']).all(digits);
    well_formed.then(|| text.replace('_', ""))
}

/// Digits grouped by thousands with `_`, as the documents write them.
fn grouped(whole: &str) -> String {
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) && !out.ends_with('-') {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.name, self.value)
    }
}
