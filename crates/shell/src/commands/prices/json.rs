//! JSON whose numbers stay as they are written, with the lines they stand in.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::source::Unreadable;

/// The members of an object in their order, each value as it is written.
pub struct Members<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

/// A text that is JSON, of which values know where they stand.
pub struct Text<'a> {
    /// The whole.
    pub text: &'a str,
    /// Where each line ends.
    ends: Vec<usize>,
}

impl<'a> Text<'a> {
    pub fn new(text: &'a str) -> Text<'a> {
        Text { text, ends: text.match_indices('\n').map(|(at, _)| at).collect() }
    }

    /// Reads a value of the text.
    ///
    /// # Errors
    /// It is not of this shape: where, and why.
    pub fn read<T: Deserialize<'a>>(&self, raw: &'a str) -> Result<T, Unreadable> {
        serde_json::from_str(raw).map_err(|error| {
            let (line, column) = (self.line_of(raw), error.column());
            Unreadable {
                line: line + error.line().saturating_sub(1),
                column,
                problem: problem(&error),
            }
        })
    }

    /// The line, from 1, of a piece of this very text.
    pub fn line_of(&self, piece: &str) -> usize {
        let offset = (piece.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        1 + self.ends.partition_point(|end| *end < offset)
    }
}

/// What is wrong, without the place, which is that of a piece.
fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_string()
}

impl<'a> Members<'a> {
    /// The value of a member, as it is written.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.get())
    }

    /// A member that is a text.
    pub fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?).ok()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct AnyMembers;

        impl<'de> Visitor<'de> for AnyMembers {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    members.push((name, map.next_value()?));
                }
                Ok(Members(members))
            }
        }

        reader.deserialize_map(AnyMembers)
    }
}

/// A name that is borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
