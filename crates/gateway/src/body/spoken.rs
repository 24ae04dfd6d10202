//! What a model said in a stream, kept as far as an estimate needs it.

use std::sync::LazyLock;

use memchr::{memchr2, memmem::Finder};

/// Most bytes of text that are kept: as much as some thousand tokens, from which the rest is judged.
const KEPT_MAX: usize = 16 << 10;

/// A text that is heard piece by piece: its beginning, and how long it is. It is never written anywhere.
#[derive(Default)]
pub struct Spoken {
    /// As it stands in JSON, without quotes.
    kept: Vec<u8>,
    bytes: u64,
}

/// Under which keys events hold what a model says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// `content` of a message, or `arguments` of a call to a tool.
    InChoices,
    /// `delta`.
    InDelta,
}

impl std::fmt::Debug for Spoken {
    /// Shows nothing of it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spoken").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Spoken {
    /// Takes note of what an event says.
    pub fn hear(&mut self, event: &[u8], said: Said) {
        static KEYS: LazyLock<[Finder<'static>; 4]> = LazyLock::new(|| {
            ["\"content\"", "\"arguments\"", "\"text\"", "\"delta\""].map(Finder::new)
        });
        let keys = match said {
            Said::InChoices => &KEYS[..3],
            Said::InDelta => &KEYS[3..],
        };
        if let Some(text) = keys.iter().find_map(|key| text_of(event, key)) {
            self.bytes += text.len() as u64;
            if self.kept.len() + text.len() <= KEPT_MAX {
                self.kept.extend_from_slice(text);
            }
        }
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// How many tokens all of it has, if `count` says how many a text has.
    pub fn tokens(&self, count: impl FnOnce(&str) -> u64) -> u64 {
        let kept = String::from_utf8_lossy(&self.kept);
        let text = serde_json::from_str::<String>(&format!("\"{kept}\""));
        let tokens = count(text.as_deref().unwrap_or(&kept));
        let all = u128::from(tokens) * u128::from(self.bytes);
        u64::try_from(all.div_ceil(self.kept.len().max(1) as u128)).unwrap_or(u64::MAX)
    }
}

/// The text that is the value of a key, as it stands.
fn text_of<'a>(event: &'a [u8], key: &Finder<'_>) -> Option<&'a [u8]> {
    key.find_iter(event).find_map(|at| {
        let after = event[at + key.needle().len()..].trim_ascii_start().strip_prefix(b":")?;
        let text = after.trim_ascii_start().strip_prefix(b"\"")?;
        let mut end = 0;
        loop {
            let found = end + memchr2(b'"', b'\\', &text[end..])?;
            match text[found] {
                b'"' => return (found > 0).then(|| &text[..found]),
                _ => end = found + 2,
            }
            if end > text.len() {
                return None;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> u64 {
        text.split_whitespace().count() as u64
    }

    #[test]
    fn what_is_said_is_heard_and_nothing_else() {
        let mut spoken = Spoken::default();
        for event in [
            r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#,
            r#"{"choices":[{"delta":{"content":"one \"tw"},"logprobs":{"content":[]}}]}"#,
            r#"{"choices":[{"logprobs":{"content":[]},"delta":{"content" : "o\" \u00fc"}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":" {\"a\": 1}"}}]}}]}"#,
            r#"{"choices":[{"delta":{"content":null}}]}"#,
            r#"{"choices":[{"delta":{"content":"\"#,
        ] {
            spoken.hear(event.as_bytes(), Said::InChoices);
        }
        let text = spoken.tokens(|text| {
            assert_eq!(text, "one \"two\" ü {\"a\": 1}");
            words(text)
        });
        assert_eq!(text, 5);
    }

    #[test]
    fn of_a_long_text_the_beginning_says_how_long_it_is() {
        let mut spoken = Spoken::default();
        for _ in 0..50_000 {
            spoken.hear(
                br#"data: {"type":"response.output_text.delta","delta":"word "}"#,
                Said::InDelta,
            );
        }
        assert!(spoken.kept.len() <= KEPT_MAX);
        assert_eq!(spoken.tokens(words), 50_000);
    }
}
