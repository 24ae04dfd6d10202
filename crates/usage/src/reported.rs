//! Tokens by class, as OpenAI's API reports them.

use serde::Deserialize;

use crate::Tokens;

/// A `usage` object of OpenAI's API, by the names of all its endpoints.
///
/// `prompt_tokens` (`input_tokens`) include what was cached, audio and images; `completion_tokens`
/// (`output_tokens`) include reasoning and audio. Details leave out what is text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Reported {
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
pub fn reported(usage: &[u8]) -> Option<Tokens<u64>> {
    let usage: Option<Reported> = serde_json::from_slice(usage).ok()?;
    usage?.tokens()
}

impl Reported {
    /// With totals that are known otherwise.
    pub(crate) fn with_whole(self, read: u64, written: u64) -> Self {
        Self { prompt_tokens: Some(read), completion_tokens: Some(written), ..self }
    }

    /// With what was read from a cache and written into it, where the details do not say.
    pub(crate) fn with_cache(mut self, cached: Option<u64>, written: Option<u64>) -> Self {
        let details = self.prompt_tokens_details.get_or_insert_default();
        details.cached_tokens = details.cached_tokens.or(cached);
        details.cache_write_tokens = details.cache_write_tokens.or(written);
        self
    }

    /// The classes; `None` if it counts no tokens.
    pub(crate) fn tokens(self) -> Option<Tokens<u64>> {
        let usage = self;
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
