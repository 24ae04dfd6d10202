//! One record of a source, whose values are asked for by name.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::field::Reason;

/// A record: what a source says of one call, or of one sum of calls.
pub(super) enum Record<'a> {
    Object(Object<'a>),
    Row { header: &'a [String], cells: &'a [Cow<'a, str>] },
}

/// A JSON object. Its values are read when they are asked for, so that those nobody asks for
/// cost next to nothing.
#[derive(Default)]
pub(super) struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Record<'a> {
    /// What the record says of a name; nothing if it is not there, null or an empty cell.
    /// Numbers are as they are written, objects and arrays are JSON.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        match self {
            Self::Object(object) => object.text(name),
            Self::Row { header, cells } => {
                let cell = &cells[header.iter().position(|column| column == name)?];
                (!cell.trim().is_empty()).then_some(Cow::Borrowed(cell))
            }
        }
    }
}

impl<'a> Object<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, Reason> {
        serde_json::from_str(text).map_err(|error| {
            if error.is_eof() {
                "the JSON breaks off; expected an object".into()
            } else {
                format!("not a JSON object: {error}")
            }
        })
    }

    /// The JSON of a value, unless it is null.
    pub(super) fn raw(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        let text = value.get();
        (text != "null").then_some(text)
    }

    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        let raw = self.raw(name)?;
        let Some(inner) = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) else {
            return Some(Cow::Borrowed(raw));
        };
        if !inner.contains('\\') {
            return Some(Cow::Borrowed(inner));
        }
        // Half a surrogate pair is JSON and no text; it is shown as it was written.
        Some(serde_json::from_str(raw).map_or(Cow::Borrowed(inner), Cow::Owned))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| &**key)
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                #[derive(Deserialize)]
                struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

                let mut values: Vec<(Cow<'de, str>, &'de RawValue)> = Vec::with_capacity(12);
                while let Some((Key(key), value)) = map.next_entry::<Key<'de>, _>()? {
                    if values.iter().any(|(other, _)| *other == key) {
                        return Err(A::Error::custom(format!("`{key}` is there twice")));
                    }
                    values.push((key, value));
                }
                Ok(Object(values))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}
