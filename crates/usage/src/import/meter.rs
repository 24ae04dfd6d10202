//! Meters of clouds: which class of tokens one counts, and in what unit.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::field::Reason;
use crate::Tokens;
use crate::tokens::CLASSES;

/// What the name of a meter says, such as `gpt-4o-0806-cached-Inp-glbl Tokens`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Meter<'a> {
    /// What stands before the first word about tokens; may be empty.
    pub model: &'a str,
    pub tier: Option<&'static str>,
    class: Class,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Input,
    Cached,
    CacheWrite,
    AudioInput,
    ImageInput,
    Output,
    Reasoning,
    AudioOutput,
    ImageOutput,
}

impl Meter<'_> {
    /// So many tokens of the meter's class.
    pub(super) fn tokens(&self, count: u64) -> [u64; CLASSES] {
        let mut tokens = Tokens::of_classes([0; CLASSES]);
        *match self.class {
            Class::Input => &mut tokens.input,
            Class::Cached => &mut tokens.cached,
            Class::CacheWrite => &mut tokens.cache_write,
            Class::AudioInput => &mut tokens.audio_input,
            Class::ImageInput => &mut tokens.image_input,
            Class::Output => &mut tokens.output,
            Class::Reasoning => &mut tokens.reasoning,
            Class::AudioOutput => &mut tokens.audio_output,
            Class::ImageOutput => &mut tokens.image_output,
        } = count;
        tokens.by_class()
    }
}

/// Reads the name of a meter. One that does not say a class for certain has none: a wrong class
/// would be billed at a wrong price.
pub(super) fn meter<'a>(column: &str, name: &'a str) -> Result<Meter<'a>, Reason> {
    let (mut input, mut output, mut cached, mut write) = (false, false, false, false);
    let (mut audio, mut image, mut reasoning, mut tier) = (false, false, false, None);
    let mut model_end = None;
    let mut at = 0;
    for part in name.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric()) {
        let word = part.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
        let is_about_tokens = match word.to_ascii_lowercase().as_str() {
            "inp" | "input" | "prompt" => set(&mut input),
            "outp" | "outpt" | "output" | "completion" | "generated" => set(&mut output),
            "cached" | "cache" | "cchd" => set(&mut cached),
            "write" | "writes" | "creation" => set(&mut write),
            "audio" | "aud" => set(&mut audio),
            // `gpt-image-1` is a model; what it counts is said after it.
            "image" | "images" | "img" if at > 0 && !name[..at].eq_ignore_ascii_case("gpt-") => {
                set(&mut image)
            }
            "reasoning" => set(&mut reasoning),
            "batch" => tier.replace("batch").is_none(),
            "priority" => tier.replace("priority").is_none(),
            "flex" => tier.replace("flex").is_none(),
            "glbl" | "global" | "regnl" | "regional" | "dzn" | "dzone" | "token" | "tokens" => true,
            _ => false,
        };
        if is_about_tokens {
            model_end.get_or_insert(at);
        }
        at += part.len();
    }
    let wrong = |what: &str| Err(format!("`{column}`: `{name}` {what}"));
    let class = match (input, output || reasoning) {
        (true, true) => return wrong("says both that tokens were read and written"),
        (false, false) if cached => Class::Cached,
        (false, false) => return wrong("does not say whether tokens were read or written"),
        (true, false) | (false, true) if audio && image => {
            return wrong("says both audio and images");
        }
        (true, false) if cached && write => Class::CacheWrite,
        (true, false) if cached => Class::Cached,
        (true, false) if audio => Class::AudioInput,
        (true, false) if image => Class::ImageInput,
        (true, false) => Class::Input,
        (false, true) if cached => return wrong("says that what was written was cached"),
        (false, true) if reasoning => Class::Reasoning,
        (false, true) if audio => Class::AudioOutput,
        (false, true) if image => Class::ImageOutput,
        (false, true) => Class::Output,
    };
    let class = if class == Class::Cached && write { Class::CacheWrite } else { class };
    let model = name[..model_end.unwrap_or(name.len())]
        .trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
    Ok(Meter { model, tier, class })
}

/// Notes that a word was there.
fn set(flag: &mut bool) -> bool {
    *flag = true;
    true
}

/// How many tokens a quantity in a unit such as `1K`, `1M Tokens` or `Tokens` is.
pub(super) fn count(
    (quantity_column, quantity): (&str, &str),
    (unit_column, unit): (&str, &str),
) -> Result<u64, Reason> {
    let tokens = tokens_of(unit).ok_or_else(|| {
        format!("`{unit_column}`: `{unit}` is no unit of tokens; expected one such as `1K`")
    })?;
    let quantity = quantity.trim();
    let number = Decimal::from_str_exact(quantity).or_else(|_| Decimal::from_scientific(quantity));
    let wrong = |what: &str| format!("`{quantity_column}`: `{quantity}` {what}");
    let number = number.map_err(|_| wrong("is not a number"))?;
    if number.is_sign_negative() && !number.is_zero() {
        return Err(wrong("is negative; a correction is no call"));
    }
    let whole = number.checked_mul(tokens.into()).filter(|count| count.fract().is_zero());
    let count = whole.and_then(|count| count.to_u64());
    count.ok_or_else(|| wrong(&format!("times {tokens} is not a whole number of tokens")))
}

/// How many tokens there are in one of a unit.
fn tokens_of(unit: &str) -> Option<u32> {
    let unit = unit.trim().to_ascii_lowercase();
    let digits = unit.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = unit.split_at(digits);
    let (scale, rest) = match rest.trim_start().as_bytes() {
        [b'k', ..] => (1_000, &rest.trim_start()[1..]),
        [b'm', ..] => (1_000_000, &rest.trim_start()[1..]),
        _ => (1, rest),
    };
    let says_tokens = match rest.trim() {
        "token" | "tokens" => true,
        "" => false,
        _ => return None,
    };
    let number: u32 = if number.is_empty() { 1 } else { number.parse().ok()? };
    let tokens = number.checked_mul(scale).filter(|tokens| *tokens > 0)?;
    // `1` alone may be anything, an image or an hour.
    (says_tokens || tokens >= 1_000).then_some(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_meters_say_a_class_or_nothing() {
        for (name, expected) in [
            ("gpt-4o-0806-Inp-glbl Tokens", Some(("gpt-4o-0806", None, Class::Input))),
            ("gpt 4o 0513 Output regional Tokens", Some(("gpt 4o 0513", None, Class::Output))),
            ("gpt-4.1 cached Inp glbl Tokens", Some(("gpt-4.1", None, Class::Cached))),
            ("gpt-4o-Batch-Outp-glbl Tokens", Some(("gpt-4o", Some("batch"), Class::Output))),
            ("gpt-4o-rt-aud-Inp Tokens", Some(("gpt-4o-rt", None, Class::AudioInput))),
            ("gpt-image-1 img Outp Tokens", Some(("gpt-image-1", None, Class::ImageOutput))),
            ("Output tokens", Some(("", None, Class::Output))),
            ("Cache write input tokens", Some(("", None, Class::CacheWrite))),
            ("gpt-4o Provisioned Managed Regional Unit", None),
            ("gpt-4o Inp Outp Tokens", None),
            ("", None),
        ] {
            let found = meter("MeterName", name).ok();
            let found = found.as_ref().map(|found| (found.model, found.tier, found.class));
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn quantities_are_whole_tokens_or_refused() {
        for (quantity, unit, expected) in [
            ("12.345", "1K", Some(12_345)),
            ("1.5E-2", "1K Tokens", Some(15)),
            ("0.25", "1M", Some(250_000)),
            ("125000.0", "Tokens", Some(125_000)),
            ("7", "100 Tokens", Some(700)),
            ("0.0001", "1K", None),
            ("-1", "1K", None),
            ("NaN", "1K", None),
            ("999999999999999999999999999999", "1K", None),
            ("1", "1 Hour", None),
            ("1", "1", None),
            ("1", "GB", None),
        ] {
            let found = count(("Quantity", quantity), ("UnitOfMeasure", unit)).ok();
            assert_eq!(found, expected, "{quantity} {unit}");
        }
    }
}
