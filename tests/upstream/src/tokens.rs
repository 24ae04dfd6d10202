//! How many tokens there are in what was sent: by a rule that a test can repeat.
//!
//! A token is four bytes of text, begun ones counted whole. An image is 85 tokens, and audio is one
//! token for each 1,600 bytes. From 1,024 tokens on, half of the input comes from the cache and the
//! other half goes into it, both rounded down to a multiple of 128.

use serde::Serialize;
use serde_json::Value;

/// Tokens by class. Cached, written, audio and image input are parts of `input`; reasoning, audio
/// and image output are parts of `output`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// All of the input.
    pub input: u32,
    /// Input read from the cache.
    pub cached: u32,
    /// Input written to the cache.
    pub cache_write: u32,
    /// Input that is audio.
    pub input_audio: u32,
    /// Input that is images.
    pub input_image: u32,
    /// All of the output.
    pub output: u32,
    /// Output that nobody sees.
    pub reasoning: u32,
    /// Output that is audio.
    pub output_audio: u32,
    /// Output that is images.
    pub output_image: u32,
}

impl Tokens {
    /// Input and output.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.input + self.output
    }

    /// Adds another's tokens, class by class.
    pub fn add(&mut self, other: &Tokens) {
        self.input += other.input;
        self.cached += other.cached;
        self.cache_write += other.cache_write;
        self.input_audio += other.input_audio;
        self.input_image += other.input_image;
        self.output += other.output;
        self.reasoning += other.reasoning;
        self.output_audio += other.output_audio;
        self.output_image += other.output_image;
    }

    /// The tokens of an input, with what the cache has of it.
    #[must_use]
    pub fn of_input(size: Size) -> Tokens {
        let input = size.text + size.image + size.audio;
        let half = if input >= 1024 { input / 2 / 128 * 128 } else { 0 };
        Tokens {
            input,
            cached: half,
            cache_write: half,
            input_audio: size.audio,
            input_image: size.image,
            ..Tokens::default()
        }
    }
}

/// The tokens of an input by what they are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Of text.
    pub text: u32,
    /// Of images.
    pub image: u32,
    /// Of audio.
    pub audio: u32,
}

impl Size {
    /// The tokens of a text.
    #[must_use]
    pub fn of_text(text: &str) -> Size {
        Size { text: text_tokens(text.len()), ..Size::default() }
    }

    /// The tokens of a value written as JSON: its texts, its images and its audio.
    #[must_use]
    pub fn of_json(json: &str) -> Size {
        // The usual case, a text in which nothing is escaped, needs no reading.
        if let Some(text) = json.strip_prefix('"').and_then(|json| json.strip_suffix('"'))
            && !text.contains('\\')
        {
            return Size::of_text(text);
        }
        serde_json::from_str(json).map(|value| Size::of_value(&value)).unwrap_or_default()
    }

    /// The tokens of a value.
    #[must_use]
    pub fn of_value(value: &Value) -> Size {
        match value {
            Value::String(text) => Size::of_text(text),
            Value::Array(values) => {
                values.iter().map(Size::of_value).fold(Size::default(), Size::plus)
            }
            Value::Object(fields) => match fields.get("type").and_then(Value::as_str) {
                Some("image_url" | "input_image") => Size { image: 85, ..Size::default() },
                Some("input_audio") => {
                    let audio = fields.get("audio").or_else(|| fields.get("input_audio"));
                    let data = audio.map(|audio| audio.get("data").unwrap_or(audio));
                    let base64 = data.and_then(Value::as_str).unwrap_or_default().len();
                    Size { audio: audio_tokens(base64 / 4 * 3), ..Size::default() }
                }
                // What names a thing is not said to the model.
                _ => fields
                    .iter()
                    .filter(|(key, _)| !matches!(key.as_str(), "type" | "role" | "id"))
                    .map(|(_, value)| Size::of_value(value))
                    .fold(Size::default(), Size::plus),
            },
            _ => Size::default(),
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Size) -> Size {
        Size {
            text: self.text + other.text,
            image: self.image + other.image,
            audio: self.audio + other.audio,
        }
    }
}

/// The tokens of a text of so many bytes.
#[must_use]
pub fn text_tokens(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(4)).unwrap_or(u32::MAX)
}

/// The tokens of audio of so many bytes.
#[must_use]
pub fn audio_tokens(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1600)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_can_be_repeated_by_hand() {
        for (json, text, image, audio) in [
            (r#""""#, 0, 0, 0),
            (r#""four""#, 1, 0, 0),
            (r#""fours""#, 2, 0, 0),
            (r#""\u0066our""#, 1, 0, 0),
            (r#"[{"type":"text","text":"hello"}]"#, 2, 0, 0),
            (r#"[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]"#, 0, 85, 0),
            (r#"[{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]"#, 0, 0, 1),
            ("null", 0, 0, 0),
        ] {
            assert_eq!(Size::of_json(json), Size { text, image, audio }, "{json}");
        }
    }

    #[test]
    fn a_long_input_is_half_in_the_cache() {
        for (text, cached) in [(1023, 0), (1024, 512), (2000, 896), (2048, 1024)] {
            let tokens = Tokens::of_input(Size { text, ..Size::default() });
            assert_eq!((tokens.cached, tokens.cache_write), (cached, cached), "{text}");
            assert!(tokens.cached + tokens.cache_write <= tokens.input);
        }
    }
}
