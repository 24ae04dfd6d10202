//! One member of a JSON text that streams past, without the text.

use memchr::memchr2;

/// Most bytes of the value that are kept: a usage object has a few hundred.
const VALUE_MAX: usize = 16 << 10;

/// Most bytes of a key that are looked at: what is longer is none that anybody looks for.
const KEY_MAX: usize = 64;

/// Finds the value at a path of keys while the text is pushed through, piece by piece.
///
/// Only that value is kept, so memory does not grow with the text. The text is trusted to be JSON:
/// where it is not, nothing is found or what is found does not parse. Of two members with one name
/// the last counts, as in most readers of JSON.
#[derive(Debug, Clone)]
pub struct Find {
    path: &'static [&'static str],
    /// How many objects and arrays are open.
    depth: usize,
    /// How many keys of the path lead to where we are; the object at that depth is being searched.
    matched: usize,
    at: At,
    key: Vec<u8>,
    value: Vec<u8>,
    found: Option<Vec<u8>>,
    begun: bool,
    /// By key of the path: whether it was there, as a bit.
    seen: u8,
    ambiguous: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Between strings.
    Structure,
    /// In a string, which is a key of the searched object or not; after a backslash or not.
    Text { key: bool, escaped: bool },
    /// Before the value of a key that is on the path.
    Colon,
    /// In the value that is looked for, at this depth outside it.
    Value { outside: usize, text: bool, escaped: bool },
}

impl Find {
    /// Looks for the value that `path` leads to; it must not be empty.
    pub fn new(path: &'static [&'static str]) -> Find {
        Find {
            path,
            depth: 0,
            matched: 0,
            at: At::Structure,
            key: Vec::new(),
            value: Vec::new(),
            found: None,
            begun: false,
            seen: 0,
            ambiguous: false,
        }
    }

    /// Reads on.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while let Some(&byte) = bytes.first() {
            match self.at {
                At::Structure => {
                    let mut read = 0;
                    while read < bytes.len() && self.at == At::Structure {
                        self.structure(bytes[read]);
                        read += 1;
                    }
                    bytes = &bytes[read..];
                }
                At::Text { key, escaped } => bytes = self.text(bytes, key, escaped),
                At::Colon => {
                    bytes = &bytes[1..];
                    self.colon(byte);
                }
                At::Value { outside, text, escaped } => {
                    bytes = self.in_value(bytes, outside, text, escaped);
                }
            }
        }
    }

    /// The value as JSON text, if it has been seen whole.
    pub fn found(&self) -> Option<&[u8]> {
        self.found.as_deref()
    }

    /// Whether the text has come to its end.
    pub fn is_whole(&self) -> bool {
        self.begun && self.depth == 0 && self.at == At::Structure
    }

    /// Whether another reader might find another value: a key of the path is there twice, or one beside
    /// it is written with escapes.
    pub fn is_ambiguous(&self) -> bool {
        self.ambiguous
    }

    fn structure(&mut self, byte: u8) {
        self.begun |= !byte.is_ascii_whitespace();
        match byte {
            b'"' => {
                // A string right inside the searched object is a key or a value; values pass as
                // keys that are followed by no colon.
                let key = self.depth == self.matched + 1;
                self.key.clear();
                self.at = At::Text { key, escaped: false };
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.close(),
            b':' if self.depth == self.matched + 1 => self.key(),
            // What was a string value is no key of what comes next.
            b',' => self.key.clear(),
            _ => {}
        }
    }

    /// After a key of the searched object.
    fn key(&mut self) {
        if self.path.get(self.matched).is_some_and(|wanted| wanted.as_bytes() == self.key) {
            let bit = 1 << self.matched;
            self.ambiguous |= self.seen & bit != 0;
            self.seen |= bit;
            self.at = At::Colon;
        } else {
            self.ambiguous |= self.key.contains(&b'\\');
        }
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.matched = self.matched.min(self.depth.saturating_sub(1));
        self.key.clear();
    }

    fn text<'a>(&mut self, bytes: &'a [u8], key: bool, escaped: bool) -> &'a [u8] {
        if escaped {
            self.keep_key(key, &bytes[..1]);
            self.at = At::Text { key, escaped: false };
            return &bytes[1..];
        }
        let Some(end) = end_of_text(bytes) else {
            self.keep_key(key, bytes);
            return &[];
        };
        self.keep_key(key, &bytes[..end]);
        self.at = match bytes[end] {
            b'"' => At::Structure,
            _ => {
                self.keep_key(key, b"\\");
                At::Text { key, escaped: true }
            }
        };
        &bytes[end + 1..]
    }

    fn keep_key(&mut self, key: bool, bytes: &[u8]) {
        if key && self.key.len() <= KEY_MAX {
            self.key.extend_from_slice(&bytes[..bytes.len().min(KEY_MAX + 1)]);
        }
    }

    /// After the colon of a key on the path: the first byte that is no space begins the value.
    fn colon(&mut self, byte: u8) {
        if byte.is_ascii_whitespace() {
            return;
        }
        if self.matched + 1 == self.path.len() {
            self.value.clear();
            self.found = None;
            self.at = At::Value { outside: self.depth, text: false, escaped: false };
            self.push(&[byte]);
            return;
        }
        self.at = At::Structure;
        if byte == b'{' {
            self.matched += 1;
        }
        self.key.clear();
        self.structure(byte);
    }

    fn in_value<'a>(
        &mut self,
        bytes: &'a [u8],
        outside: usize,
        text: bool,
        escaped: bool,
    ) -> &'a [u8] {
        let byte = bytes[0];
        let ends = !text && self.depth == outside && matches!(byte, b',' | b'}' | b']');
        if ends {
            let whole = self.value.len() < VALUE_MAX;
            self.found = whole.then(|| self.value.trim_ascii_end().to_vec());
            self.at = At::Structure;
            self.structure(byte);
            return &bytes[1..];
        }
        if self.value.len() < VALUE_MAX {
            self.value.push(byte);
        }
        let (text, escaped) = match (text, byte) {
            (true, _) if escaped => (true, false),
            (true, b'\\') => (true, true),
            (true, b'"') => (false, false),
            (true, _) => (true, false),
            (false, b'"') => (true, false),
            (false, b'{' | b'[') => {
                self.depth += 1;
                (false, false)
            }
            (false, b'}' | b']') => {
                self.depth = self.depth.saturating_sub(1);
                (false, false)
            }
            (false, _) => (false, false),
        };
        self.at = At::Value { outside, text, escaped };
        &bytes[1..]
    }
}

/// Where the first quote or backslash is. Most texts in answers are short.
fn end_of_text(bytes: &[u8]) -> Option<usize> {
    const SHORT: usize = 16;
    let (short, long) = bytes.split_at(bytes.len().min(SHORT));
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\');
    match short.iter().position(ends) {
        Some(end) => Some(end),
        None => memchr2(b'"', b'\\', long).map(|end| end + short.len()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn find(path: &'static [&'static str], text: &str) -> Option<String> {
        let mut find = Find::new(path);
        find.push(text.as_bytes());
        find.found().map(|value| String::from_utf8(value.to_vec()).unwrap())
    }

    #[test]
    fn finds_the_member_and_no_namesake() {
        let usage: &[&str] = &["usage"];
        let nested: &[&str] = &["response", "usage"];
        for (path, text, expected) in [
            (usage, r#"{"id":"x","usage":{"a":1}}"#, Some(r#"{"a":1}"#)),
            (usage, r#"{"usage" : null , "id":1}"#, Some("null")),
            (usage, r#" {"usage": {"d": {"e": "}"}}, "id": [1, 2]}"#, Some(r#"{"d": {"e": "}"}}"#)),
            (usage, r#"{"x":{"usage":{"a":2}},"usage":{"a":1}}"#, Some(r#"{"a":1}"#)),
            (usage, r#"{"x":[{"usage":{"a":2}}]}"#, None),
            (usage, r#"{"x":"usage","y":{"a":2}}"#, None),
            (usage, r#"{"x":"\"usage\":{}","y":1}"#, None),
            (usage, r#"["usage",{"usage":1}]"#, None),
            (usage, r#"{"usage":{"a":1"#, None),
            (usage, r#"{"usage":1,"usage":2}"#, Some("2")),
            (usage, r#"{"content":"\\","usage":7}"#, Some("7")),
            (nested, r#"{"type":"x","response":{"id":1,"usage":{"a":1}}}"#, Some(r#"{"a":1}"#)),
            (nested, r#"{"usage":1,"response":{"output":[{"usage":2}]}}"#, None),
            (nested, r#"{"response":"usage","usage":2}"#, None),
            (nested, r#"{"response":[{"usage":2}],"usage":3}"#, None),
            (nested, r#"{"response":{"o":{}},"other":{"usage":2}}"#, None),
        ] {
            assert_eq!(find(path, text).as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(cuts in proptest::collection::vec(0usize..90, 0..6)) {
            let text = r#"{"a":"\\\"usage\":1","b":[{"usage":2}],"usage":{"c":"}\"","d":[1]},"e":"ü"}"#;
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let mut find = Find::new(&["usage"]);
            for pair in cuts.windows(2) {
                find.push(&text.as_bytes()[pair[0]..pair[1]]);
            }
            prop_assert_eq!(find.found(), Some(&br#"{"c":"}\"","d":[1]}"#[..]));
        }

        /// A second reader of JSON agrees on any object.
        #[test]
        fn agrees_with_a_parser(
            members in proptest::collection::vec(
                ("[ab\"\\\\]{0,2}|usage", "[a{}\\[\\]:,\"\\\\ü ]{0,6}", any::<bool>()), 0..5),
        ) {
            let mut text = String::from("{");
            let mut last = None;
            for (at, (key, value, nest)) in members.iter().enumerate() {
                let value = serde_json::Value::String(value.clone());
                let value = if *nest { serde_json::json!({"usage": [value]}) } else { value };
                if key == "usage" {
                    last = Some(value.to_string());
                }
                let comma = if at == 0 { "" } else { " , " };
                text += &format!("{comma}{} : {value}", serde_json::Value::String(key.clone()));
            }
            text.push('}');
            prop_assert_eq!(find(&["usage"], &text), last);
        }
    }
}
