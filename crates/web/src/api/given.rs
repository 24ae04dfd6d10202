//! What a request gives: parameters by name, each with text, a switch or the content of a file.
//!
//! In come query strings, JSON and multipart forms; out goes one shape for all three. What the verb makes of them
//! is not known here.

use std::collections::BTreeMap;

use base64ct::{Base64, Encoding};
use serde_json::{Map, Value};

use super::problem::{Kind, Problem};

/// What is given under one name, in order.
pub type Given = BTreeMap<String, Vec<Item>>;

/// One thing that is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Text, or a number as it was written.
    Text(String),
    /// A switch.
    Switch(bool),
    /// A file's content, and what its sender calls it.
    File {
        /// Its name, if it has one.
        name: Option<String>,
        /// What is in it.
        content: Vec<u8>,
    },
}

/// Reads the members of a JSON object.
///
/// # Errors
/// A problem that names the member which is no text, number, switch, file or list of those.
pub fn of_json(members: Map<String, Value>) -> Result<Given, Problem> {
    let mut given = Given::new();
    for (name, value) in members {
        let items = match value {
            Value::Null => continue,
            Value::Array(values) => {
                values.into_iter().map(|value| item(&name, value)).collect::<Result<_, _>>()?
            }
            value => vec![item(&name, value)?],
        };
        given.insert(name, items);
    }
    Ok(given)
}

/// Reads the pairs of a query or of a form.
pub fn of_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Given {
    let mut given = Given::new();
    for (name, value) in pairs {
        given.entry(name).or_default().push(Item::Text(value));
    }
    given
}

fn item(name: &str, value: Value) -> Result<Item, Problem> {
    let wrong = |detail: &str| Problem::of(Kind::WrongUse).saying(detail).about(name);
    match value {
        Value::String(text) => Ok(Item::Text(text)),
        Value::Number(number) => Ok(Item::Text(number.to_string())),
        Value::Bool(on) => Ok(Item::Switch(on)),
        Value::Object(members) => file(members).ok_or_else(|| {
            wrong("an object here is a file: `text` or `base64`, and `name` if it matters")
        }),
        Value::Null | Value::Array(_) => Err(wrong("lists hold texts, numbers and files")),
    }
}

fn file(mut members: Map<String, Value>) -> Option<Item> {
    let name = match members.remove("name") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name),
        Some(_) => return None,
    };
    let content = match (members.remove("text"), members.remove("base64")) {
        (Some(Value::String(text)), None) => text.into_bytes(),
        (None, Some(Value::String(base64))) => Base64::decode_vec(&base64).ok()?,
        _ => return None,
    };
    members.is_empty().then_some(Item::File { name, content })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn files_are_objects_and_nothing_else_is() {
        let read = |value: Value| match json!({ "x": value }) {
            Value::Object(members) => of_json(members).map(|given| given["x"].clone()),
            _ => unreachable!("the macro makes an object"),
        };
        let file = |content: &str| Item::File { name: None, content: content.into() };
        assert_eq!(read(json!({ "text": "a" })).unwrap(), [file("a")]);
        assert_eq!(read(json!({ "base64": "YQ==" })).unwrap(), [file("a")]);
        assert_eq!(read(json!([1, "b", true])).unwrap().len(), 3);
        for wrong in [
            json!({ "path": "/etc/passwd" }),
            json!({ "text": "a", "path": "x" }),
            json!({ "text": "a", "base64": "YQ==" }),
            json!({ "base64": "not base64!" }),
            json!([[1]]),
            json!({}),
        ] {
            let problem = read(wrong.clone()).unwrap_err();
            assert_eq!(
                (problem.status(), problem.parameter.as_deref()),
                (422, Some("x")),
                "{wrong}"
            );
        }
    }
}
