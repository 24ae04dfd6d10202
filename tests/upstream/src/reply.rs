//! What the model says: always the same to the same question.

use std::borrow::Cow;
use std::sync::LazyLock;

use serde_json::Value;

use crate::schema::instance;

/// The most tokens of a text.
const LONGEST: u32 = 16_384;

/// What it says when nothing binds it, four bytes to a token, none of which JSON escapes.
static TEXT: LazyLock<String> = LazyLock::new(|| {
    let words = "the sea has its own law and our old map may yet say how far one can go ";
    words.chars().cycle().take(LONGEST as usize * 4).collect()
});

/// What a reply is made from.
#[derive(Clone, Debug, Default)]
pub struct Wish<'a> {
    /// The model asked for.
    pub model: &'a str,
    /// The tokens of the input.
    pub input: u32,
    /// The most tokens of the output, which is also how many come of free text.
    pub max: Option<u32>,
    /// How many tokens come of free text, whatever the request says.
    pub chunks: Option<u32>,
    /// How hard the model is to think.
    pub effort: Option<&'a str>,
    /// The schema that binds what it says.
    pub schema: Option<Value>,
    /// The tools it is to call, each with the schema of its arguments.
    pub tools: Vec<(String, Value)>,
}

/// What the model says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its text; empty where it calls tools.
    pub text: Cow<'static, str>,
    /// Its calls of tools: names and arguments.
    pub calls: Vec<(String, String)>,
    /// Whether the most tokens cut it short.
    pub short: bool,
    /// The tokens it thought for.
    pub reasoning: u32,
}

impl Reply {
    /// What the model says to a wish.
    #[must_use]
    pub fn to(wish: &Wish<'_>) -> Reply {
        let reasoning = reasoning(wish.model, wish.effort);
        let calls = wish
            .tools
            .iter()
            .map(|(name, schema)| (name.clone(), instance(schema).to_string()))
            .collect::<Vec<_>>();
        if !calls.is_empty() {
            return Reply { text: Cow::Borrowed(""), calls, short: false, reasoning };
        }
        if let Some(schema) = &wish.schema {
            let mut text = instance(schema).to_string();
            let short = wish.max.is_some_and(|max| pieces(&text).count() > max as usize);
            if let (true, Some(max)) = (short, wish.max) {
                text = pieces(&text).take(max as usize).collect();
            }
            return Reply { text: text.into(), calls, short, reasoning };
        }
        let tokens = wish.chunks.or(wish.max).unwrap_or(16 + wish.input % 17).min(LONGEST);
        let text = Cow::Borrowed(&TEXT[..tokens as usize * 4]);
        let short = wish.chunks.is_none() && wish.max.is_some();
        Reply { text, calls, short, reasoning }
    }

    /// The tokens of what it says, without those of thinking.
    #[must_use]
    pub fn tokens(&self) -> u32 {
        let calls = self.calls.iter().map(|(_, arguments)| pieces(arguments).count());
        u32::try_from(pieces(&self.text).count() + calls.sum::<usize>()).unwrap_or(u32::MAX)
    }
}

/// The tokens a model thinks for: reasoning models alone think, for as long as their effort says.
#[must_use]
pub fn reasoning(model: &str, effort: Option<&str>) -> u32 {
    let thinks = model.starts_with("gpt-5")
        || model.starts_with("o1")
        || model.starts_with("o3")
        || model.starts_with("o4");
    match effort {
        _ if !thinks => 0,
        Some("none" | "minimal") => 0,
        Some("low") => 16,
        Some("high" | "xhigh") => 256,
        _ => 64,
    }
}

/// A text in pieces of a token each: four bytes, or what is left to the end of a character.
pub fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = (4..rest.len()).find(|&end| rest.is_char_boundary(end)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_as_long_as_asked() {
        let wish = Wish { input: 20, ..Wish::default() };
        for (wish, tokens, short) in [
            (wish.clone(), 19, false),
            (Wish { max: Some(5), ..wish.clone() }, 5, true),
            (Wish { max: Some(5), chunks: Some(9), ..wish.clone() }, 9, false),
            (Wish { max: Some(u32::MAX), ..wish.clone() }, LONGEST, true),
        ] {
            let reply = Reply::to(&wish);
            assert_eq!((reply.tokens(), reply.short), (tokens, short), "{wish:?}");
        }
    }

    #[test]
    fn pieces_make_the_text_again() {
        for text in ["", "abc", "abcd", "abcde", "é€é€é€", "日本語"] {
            assert_eq!(pieces(text).collect::<String>(), text);
            assert!(pieces(text).all(|piece| !piece.is_empty()));
        }
    }
}
