//! Tokens by class, as providers report them and as they add up.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Tokens of one call, in classes that do not overlap: their sum is the whole call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tokens {
    /// Text read by the model, neither from a cache nor into one.
    pub input: u64,
    /// Read from the provider's cache.
    pub cached: u64,
    /// Read and written into the provider's cache.
    pub cache_write: u64,
    /// Audio read by the model.
    pub audio_input: u64,
    /// Images read by the model.
    pub image_input: u64,
    /// Text written by the model for the client.
    pub output: u64,
    /// Written by the model for itself.
    pub reasoning: u64,
    /// Audio written by the model.
    pub audio_output: u64,
    /// Images made by the model.
    pub image_output: u64,
}

impl Tokens {
    /// All that the model read.
    pub fn read(&self) -> u64 {
        self.input + self.cached + self.cache_write + self.audio_input + self.image_input
    }

    /// All that the model wrote.
    pub fn written(&self) -> u64 {
        self.output + self.reasoning + self.audio_output + self.image_output
    }

    /// The whole call.
    pub fn total(&self) -> u64 {
        self.read() + self.written()
    }
}

/// Tokens by class, as in `input=120,output=40`; a class that is not there has none.
impl FromStr for Tokens {
    type Err = NotTokens;

    fn from_str(text: &str) -> Result<Tokens, NotTokens> {
        let mut tokens = Tokens::default();
        for part in text.split(',') {
            let wrong = || NotTokens(part.to_string());
            let (class, count) = part.trim().split_once('=').ok_or_else(wrong)?;
            let place = match class {
                "input" => &mut tokens.input,
                "cached" => &mut tokens.cached,
                "cache_write" => &mut tokens.cache_write,
                "audio_input" => &mut tokens.audio_input,
                "image_input" => &mut tokens.image_input,
                "output" => &mut tokens.output,
                "reasoning" => &mut tokens.reasoning,
                "audio_output" => &mut tokens.audio_output,
                "image_output" => &mut tokens.image_output,
                _ => return Err(wrong()),
            };
            // No call has as many, and their sum must be a number.
            *place = count.parse::<u32>().map_err(|_| wrong())?.into();
        }
        Ok(tokens)
    }
}

/// A text that says no tokens.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no class of tokens and their number; expected one such as `input=120`")]
pub struct NotTokens(String);

/// A `usage` object of OpenAI's API, by the names of all its endpoints.
///
/// `prompt_tokens` (`input_tokens`) include what was cached, audio and images; `completion_tokens`
/// (`output_tokens`) include reasoning and audio. Details leave out what is text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Usage {
    #[serde(alias = "input_tokens")]
    prompt_tokens: Option<u64>,
    #[serde(alias = "output_tokens")]
    completion_tokens: Option<u64>,
    total_tokens: Option<u64>,
    #[serde(alias = "input_tokens_details", alias = "input_token_details")]
    prompt_tokens_details: Option<Details>,
    #[serde(alias = "output_tokens_details", alias = "output_token_details")]
    completion_tokens_details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
    audio_tokens: Option<u64>,
    image_tokens: Option<u64>,
    reasoning_tokens: Option<u64>,
    cached_tokens_details: Option<Cached>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cached {
    audio_tokens: Option<u64>,
    image_tokens: Option<u64>,
}

/// What a `usage` object says; `None` if it is null or counts no tokens, as one in seconds.
///
/// Where details exceed what they are details of, the whole stays right: they are cut, so that the
/// classes add up to the provider's total.
pub fn reported(usage: &[u8]) -> Option<Tokens> {
    let usage: Option<Usage> = serde_json::from_slice(usage).ok()?;
    let usage = usage?;
    let read = usage.prompt_tokens?;
    let written = match (usage.completion_tokens, usage.total_tokens) {
        (Some(written), _) => written,
        (None, Some(total)) => total.saturating_sub(read),
        (None, None) => 0,
    };
    let details = usage.prompt_tokens_details.unwrap_or_default();
    let of_cached = details.cached_tokens_details.unwrap_or_default();
    let beside = |all: Option<u64>, cached: Option<u64>| {
        all.unwrap_or(0).saturating_sub(cached.unwrap_or(0))
    };
    let mut left = read;
    let mut take = |count: u64| {
        let taken = count.min(left);
        left -= taken;
        taken
    };
    let cached = take(details.cached_tokens.unwrap_or(0));
    let cache_write = take(details.cache_write_tokens.unwrap_or(0));
    let audio_input = take(beside(details.audio_tokens, of_cached.audio_tokens));
    let image_input = take(beside(details.image_tokens, of_cached.image_tokens));
    let input = left;

    let details = usage.completion_tokens_details.unwrap_or_default();
    let mut left = written;
    let mut take = |count: Option<u64>| {
        let taken = count.unwrap_or(0).min(left);
        left -= taken;
        taken
    };
    let reasoning = take(details.reasoning_tokens);
    let audio_output = take(details.audio_tokens);
    let image_output = take(details.image_tokens);
    Some(Tokens {
        input,
        cached,
        cache_write,
        audio_input,
        image_input,
        output: left,
        reasoning,
        audio_output,
        image_output,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_do_not_overlap() {
        let none = Tokens::default();
        for (usage, expected) in [
            ("null", None),
            (r#"{"type":"duration","seconds":3}"#, None),
            (r#"{"prompt_tokens":"7"}"#, None),
            (
                r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}"#,
                Some(Tokens { input: 10, output: 5, ..none }),
            ),
            (r#"{"prompt_tokens":8,"total_tokens":8}"#, Some(Tokens { input: 8, ..none })),
            (
                r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,
                    "prompt_tokens_details":{"cached_tokens":60,"audio_tokens":10},
                    "completion_tokens_details":{"reasoning_tokens":30,"audio_tokens":5,
                        "accepted_prediction_tokens":3,"rejected_prediction_tokens":2}}"#,
                Some(Tokens {
                    input: 30,
                    cached: 60,
                    audio_input: 10,
                    output: 15,
                    reasoning: 30,
                    audio_output: 5,
                    ..none
                }),
            ),
            (
                r#"{"input_tokens":36,"input_tokens_details":{"cached_tokens":6},"output_tokens":87,
                    "output_tokens_details":{"reasoning_tokens":7},"total_tokens":123}"#,
                Some(Tokens { input: 30, cached: 6, output: 80, reasoning: 7, ..none }),
            ),
            (
                r#"{"total_tokens":100,"input_tokens":50,"output_tokens":50,
                    "input_tokens_details":{"text_tokens":10,"image_tokens":40}}"#,
                Some(Tokens { input: 10, image_input: 40, output: 50, ..none }),
            ),
            (
                r#"{"total_tokens":253,"input_tokens":132,"output_tokens":121,
                    "input_token_details":{"text_tokens":119,"audio_tokens":13,"cached_tokens":64,
                        "cached_tokens_details":{"text_tokens":60,"audio_tokens":4}},
                    "output_token_details":{"text_tokens":30,"audio_tokens":91}}"#,
                Some(Tokens {
                    input: 59,
                    cached: 64,
                    audio_input: 9,
                    output: 30,
                    audio_output: 91,
                    ..none
                }),
            ),
            (
                r#"{"prompt_tokens":5,"completion_tokens":1,
                    "prompt_tokens_details":{"cached_tokens":9}}"#,
                Some(Tokens { cached: 5, output: 1, ..none }),
            ),
        ] {
            let found = reported(usage.as_bytes());
            assert_eq!(found, expected, "{usage}");
        }
    }
}
