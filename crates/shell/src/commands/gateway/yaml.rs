//! A YAML file as a tree that remembers its lines.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Budget, DuplicateKeyPolicy, Options, Spanned};

/// Most events of a file: more than any configuration has, and few enough that anchors that refer to
/// each other end soon.
const EVENTS_MAX: usize = 200_000;

/// A value and the line it stands in.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its line, from 1.
    pub line: u64,
    /// What it is.
    pub value: Value,
}

/// A value. Numbers are kept as they would be written.
#[derive(Debug, Clone)]
pub enum Value {
    /// Nothing.
    Null,
    /// `true` or `false`: no setting that is taken over is one.
    Flag,
    /// A number.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// What has names.
    Table(Vec<(String, Node)>),
}

impl Node {
    /// Reads a file's text.
    ///
    /// # Errors
    /// It is no YAML, or one that grows without end: the line, and what is wrong in words that show
    /// nothing of the text.
    pub fn read(text: &str) -> Result<Node, String> {
        let mut options = Options::default();
        let mut budget = Budget::default();
        (budget.max_events, budget.max_nodes) = (EVENTS_MAX, EVENTS_MAX);
        options.budget = Some(budget);
        options.duplicate_keys = DuplicateKeyPolicy::Error;
        options.with_snippet = false;
        let read: Spanned<Value> =
            serde_saphyr::from_str_with_options(text, options).map_err(|error| {
                match error.location() {
                    Some(at) => {
                        format!("line {}, column {}, cannot be read", at.line(), at.column())
                    }
                    None => "it cannot be read, or grows without end".to_string(),
                }
            })?;
        Ok(Node::of(read))
    }

    fn of(spanned: Spanned<Value>) -> Node {
        Node { line: spanned.referenced.line(), value: spanned.value }
    }

    /// What has names here; nothing if this is something else.
    pub fn table(&self) -> &[(String, Node)] {
        match &self.value {
            Value::Table(members) => members,
            _ => &[],
        }
    }

    /// The items of a list; nothing if this is something else.
    pub fn list(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The member of a name.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.table().iter().find(|(known, _)| known == name).map(|(_, node)| node)
    }

    /// A text or a number, as it would be written.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Flag)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(Node::of(item));
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut table = Vec::new();
        while let Some((name, node)) = members.next_entry::<String, Spanned<Value>>()? {
            table.push((name, Node::of(node)));
        }
        Ok(Value::Table(table))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_remembered() {
        let text = "a: 1\nb:\n  - x: os.environ/KEY\n    y: 0.25\n  - true\nc: null\n";
        let node = Node::read(text).unwrap();
        let list = node.get("b").unwrap().list();
        let x = list[0].get("x").unwrap();
        assert_eq!((x.line, x.text()), (3, Some("os.environ/KEY")));
        assert_eq!(list[0].get("y").unwrap().text(), Some("0.25"));
        assert!(matches!(list[1].value, Value::Flag));
        assert!(matches!(node.get("c").unwrap().value, Value::Null));
    }

    #[test]
    fn what_is_shared_is_there_at_each_place() {
        let text = "base: &b {rpm: 5}\nitems:\n  - <<: *b\n    tpm: 6\n  - *b\n";
        let node = Node::read(text).unwrap();
        for item in node.get("items").unwrap().list() {
            assert_eq!(item.get("rpm").unwrap().text(), Some("5"), "{item:?}");
        }
    }

    #[test]
    fn what_is_wrong_shows_nothing_of_the_text() {
        let mut bomb = "a0: &a0 [sk-planted]\n".to_string();
        for at in 1..30 {
            let before = format!("*a{},", at - 1).repeat(10);
            bomb += &format!("a{at}: &a{at} [{before}]\n");
        }
        let deep = format!("{}sk-planted", "[".repeat(100_000));
        let wrong = [
            "a: sk-planted\na: sk-planted\n",
            "a: [sk-planted\n",
            "\tsk-planted: }",
            "k: 'sk-planted",
        ];
        for text in wrong.into_iter().chain([bomb.as_str(), deep.as_str()]) {
            let error = Node::read(text).unwrap_err();
            assert!(!error.contains("planted"), "{error}");
        }
    }
}
