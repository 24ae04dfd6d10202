//! LiteLLM's `model_prices_and_context_window.json`: an object of models, each with its prices a token.
//!
//! What a name of a price means is said in LiteLLM's documentation ("Add Model Pricing & Context Window")
//! and its code: one with `_batches`, `_flex` or `_priority` holds where calls are processed so, and where
//! there is none, the standard one does.

use std::collections::BTreeMap;

use terms::registry::{PriceList, Processing, TokenClass};
use terms::value::Currency;

use super::json::{Members, Text};
use super::source::{Amounts, LeftOut, Listed, Priced, Source, Unreadable, price, shown};

/// Names of prices, and what they are of.
const PRICES: [(&str, Priced); 10] = [
    ("input_cost_per_token", Priced::Tokens(TokenClass::Input)),
    ("cache_read_input_token_cost", Priced::Tokens(TokenClass::Cached)),
    ("cache_creation_input_token_cost", Priced::Tokens(TokenClass::CacheWrite)),
    ("input_cost_per_audio_token", Priced::Tokens(TokenClass::AudioInput)),
    ("input_cost_per_image_token", Priced::Tokens(TokenClass::ImageInput)),
    ("output_cost_per_token", Priced::Tokens(TokenClass::Output)),
    ("output_cost_per_reasoning_token", Priced::Tokens(TokenClass::Reasoning)),
    ("output_cost_per_audio_token", Priced::Tokens(TokenClass::AudioOutput)),
    ("output_cost_per_image_token", Priced::Tokens(TokenClass::ImageOutput)),
    ("input_cost_per_request", Priced::Call),
];

const PROCESSED: [(&str, Processing); 3] = [
    ("_batches", Processing::Batch),
    ("_flex", Processing::Flex),
    ("_priority", Processing::Priority),
];

/// The entry that shows what others may say.
const SPECIMEN: &str = "sample_spec";

/// Reads the file.
pub fn read(text: &str) -> Result<Source, Unreadable> {
    let text = Text::new(text);
    let models: Members<'_> = text.read(text.text)?;
    let models = models.0.iter().filter(|(key, _)| key != SPECIMEN);
    let listed = models.map(|(key, entry)| Ok(listed(&text, key, &text.read(entry.get())?)));
    let listed = listed.collect::<Result<_, _>>()?;
    Ok(Source { title: "LiteLLM's model prices", currency: Currency::USD, listed })
}

fn listed(text: &Text<'_>, key: &str, entry: &Members<'_>) -> Listed {
    let provider = entry.text("litellm_provider").unwrap_or_default();
    let front = format!("{provider}/");
    let mut left_out = Vec::new();
    let mut amounts = Amounts::new();
    for (name, value) in &entry.0 {
        let literal = value.get();
        let mut leave = |why: String, is_needed| {
            let (what, value) = (name.to_string(), shown(literal));
            let (model, line) = (key.to_string(), text.line_of(literal));
            left_out.push(LeftOut { model, line, what, value, why, is_needed });
        };
        let (plain, processing) = PROCESSED
            .iter()
            .find_map(|(end, processing)| Some((name.strip_suffix(end)?, *processing)))
            .unwrap_or((name, Processing::Standard));
        let Some((_, priced)) = PRICES.iter().find(|(known, _)| *known == plain) else {
            if ["cost", "pricing", "price"].iter().any(|word| name.contains(word)) {
                leave(unsaid(name).to_string(), false);
            }
            continue;
        };
        let units = if *priced == Priced::Call { 1 } else { PriceList::TOKENS };
        match price(literal, units) {
            Ok(amount) => _ = amounts.entry(processing).or_default().insert(*priced, amount),
            Err(why) => leave(why, true),
        }
    }
    let only_reads = matches!(
        entry.text("mode").as_deref(),
        Some("embedding" | "rerank" | "moderation" | "audio_transcription")
    );
    Listed {
        key: key.to_string(),
        model: key.strip_prefix(&front).unwrap_or(key).to_string(),
        provider,
        periods: vec![(None, filled(amounts))],
        only_reads,
        left_out,
    }
}

/// What is stated for standard processing alone holds otherwise too.
pub fn filled(mut amounts: Amounts) -> Amounts {
    let standard = amounts.get(&Processing::Standard).cloned().unwrap_or_else(BTreeMap::new);
    for stated in amounts.values_mut() {
        for (priced, amount) in &standard {
            stated.entry(*priced).or_insert(*amount);
        }
    }
    amounts
}

/// Why a price of some other way of processing has no counterpart.
pub const NOT_PROCESSED_SO: &str =
    "calls are processed as standard, batch, flex, priority or training, and not so";

/// Why a price has no counterpart.
fn unsaid(name: &str) -> &'static str {
    let has = |part: &str| name.contains(part);
    if has("_above_") && has("hr") {
        "what is written into a cache has one price, however long it is kept"
    } else if has("_above_") || has("tiered_pricing") {
        "a token has one price, however long the call's context is"
    } else if has("cache_") && (has("audio") || has("image")) {
        "what is read from a cache, or into one, has one price, whatever it is"
    } else if has("video") {
        "video is no class of tokens that is metered"
    } else if has("_dbu_") {
        "it is in units of the vendor's own, not in money"
    } else if has("_per_token_") || has("token_cost_") || has("_token_") {
        NOT_PROCESSED_SO
    } else if has("second") || has("_audio_per_") {
        "time is not metered, only tokens and calls"
    } else if has("image") || has("pixel") {
        "images are metered in tokens, not by number or size"
    } else {
        "only tokens and calls are metered"
    }
}
