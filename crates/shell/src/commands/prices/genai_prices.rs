//! The `data.json` of Pydantic's genai-prices: providers, each with models and their prices for a million
//! tokens, in US dollars.
//!
//! Source: the types of the package (`genai_prices/types.py`): later conditional prices go before earlier
//! ones; of variants, the first that holds decides each price on its own.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;
use terms::registry::{Processing, TokenClass};
use terms::value::Currency;

use super::json::{Members, Text};
use super::litellm::{NOT_PROCESSED_SO, filled};
use super::source::{Amounts, LeftOut, Listed, Priced, Source, Unreadable, price, shown};

const PRICES: [(&str, Priced); 9] = [
    ("input_mtok", Priced::Tokens(TokenClass::Input)),
    ("cache_read_mtok", Priced::Tokens(TokenClass::Cached)),
    ("cache_write_mtok", Priced::Tokens(TokenClass::CacheWrite)),
    ("input_audio_mtok", Priced::Tokens(TokenClass::AudioInput)),
    ("input_image_mtok", Priced::Tokens(TokenClass::ImageInput)),
    ("output_mtok", Priced::Tokens(TokenClass::Output)),
    ("output_reasoning_mtok", Priced::Tokens(TokenClass::Reasoning)),
    ("output_audio_mtok", Priced::Tokens(TokenClass::AudioOutput)),
    ("output_image_mtok", Priced::Tokens(TokenClass::ImageOutput)),
];

const BY_TIME: &str = "a price holds for whole days, and not for a time of day";

/// The price of a thousand calls.
const THOUSAND_CALLS: &str = "requests_kcount";

#[derive(Deserialize)]
struct Provider<'a> {
    id: String,
    #[serde(borrow, default)]
    models: Vec<Model<'a>>,
}

#[derive(Deserialize)]
struct Model<'a> {
    id: String,
    #[serde(borrow)]
    prices: Option<&'a RawValue>,
    #[serde(borrow, default)]
    price_variants: Option<Vec<Variant<'a>>>,
}

#[derive(Deserialize)]
struct Conditional<'a> {
    #[serde(default)]
    constraint: Option<Constraint>,
    #[serde(borrow)]
    prices: Members<'a>,
}

#[derive(Deserialize)]
struct Variant<'a> {
    when: BTreeMap<String, String>,
    #[serde(default)]
    constraint: Option<Constraint>,
    #[serde(borrow)]
    prices: Members<'a>,
}

#[derive(Deserialize)]
struct Constraint {
    start_date: Option<Date>,
}

/// Reads the file.
pub fn read(text: &str) -> Result<Source, Unreadable> {
    let text = Text::new(text);
    let providers: Vec<Provider<'_>> = text.read(text.text)?;
    let mut all = Vec::new();
    for provider in &providers {
        for model in &provider.models {
            all.push(Reader::new(&text, &provider.id, model).listed()?);
        }
    }
    Ok(Source { title: "genai-prices", currency: Currency::USD, listed: all })
}

struct Reader<'t, 'a> {
    text: &'t Text<'a>,
    provider: &'t str,
    model: &'t Model<'a>,
    key: String,
    left_out: Vec<LeftOut>,
}

impl<'t, 'a> Reader<'t, 'a> {
    fn new(text: &'t Text<'a>, provider: &'t str, model: &'t Model<'a>) -> Self {
        let key = format!("{provider}/{}", model.id);
        Reader { text, provider, model, key, left_out: Vec::new() }
    }

    fn listed(mut self) -> Result<Listed, Unreadable> {
        let conditional = self.conditional()?;
        let by_time = |constraint: &Option<Constraint>| {
            constraint.as_ref().is_some_and(|constraint| constraint.start_date.is_none())
        };
        let mut periods = Vec::new();
        if let Some(one) = conditional.iter().find(|one| by_time(&one.constraint)) {
            let at = one.prices.0.first().map_or("", |(_, value)| value.get());
            self.leave("prices", at, BY_TIME, true);
        } else {
            let standard = conditional.iter().map(|one| (day(&one.constraint), &one.prices));
            let standard: Vec<_> =
                standard.map(|(day, prices)| (day, self.amounts(prices))).collect();
            let variants = self.variants();
            let mut days: Vec<Option<Date>> = standard.iter().map(|(day, _)| *day).collect();
            days.extend(variants.iter().map(|(day, ..)| *day));
            days.sort();
            days.dedup();
            for on in days {
                // The last that has begun holds; where none has, the first does.
                let begun = standard.iter().rev().find(|(day, _)| *day <= on);
                let Some((_, prices)) = begun.or(standard.first()) else { continue };
                let mut amounts = Amounts::from([(Processing::Standard, prices.clone())]);
                for (_, processing, prices) in variants.iter().filter(|(day, ..)| *day <= on) {
                    let stated = amounts.entry(*processing).or_default();
                    for (priced, amount) in prices {
                        stated.entry(*priced).or_insert(*amount);
                    }
                }
                periods.push((on, filled(amounts)));
            }
        }
        Ok(Listed {
            key: self.key,
            provider: self.provider.to_string(),
            model: self.model.id.clone(),
            periods,
            only_reads: ["embed", "rerank", "moderation"]
                .iter()
                .any(|one| self.model.id.contains(one)),
            left_out: self.left_out,
        })
    }

    /// The prices of standard processing with their conditions; one object is one without a condition.
    fn conditional(&self) -> Result<Vec<Conditional<'a>>, Unreadable> {
        let Some(prices) = self.model.prices else { return Ok(Vec::new()) };
        match prices.get().starts_with('[') {
            true => self.text.read(prices.get()),
            false => {
                let prices = self.text.read(prices.get())?;
                Ok(vec![Conditional { constraint: None, prices }])
            }
        }
    }

    /// The variants that are ways of processing, in their order.
    fn variants(&mut self) -> Vec<(Option<Date>, Processing, BTreeMap<Priced, Decimal>)> {
        let mut variants = Vec::new();
        for variant in self.model.price_variants.iter().flatten() {
            let when: Vec<_> =
                variant.when.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            let processing = match when[..] {
                [("processing" | "service_tier", "batch")] => Processing::Batch,
                [("service_tier", "flex")] => Processing::Flex,
                [("service_tier", "priority")] => Processing::Priority,
                // What says nothing else is as standard processing is.
                _ if variant.prices.0.is_empty() => continue,
                _ => {
                    let when = when.iter().map(|(key, value)| format!("{key} {value}"));
                    let what = format!("price where {}", when.collect::<Vec<_>>().join(", "));
                    let at = variant.prices.0.first().map_or("", |(_, value)| value.get());
                    self.leave(&what, at, NOT_PROCESSED_SO, false);
                    continue;
                }
            };
            let by_time = variant.constraint.as_ref().is_some_and(|one| one.start_date.is_none());
            if by_time {
                let at = variant.prices.0.first().map_or("", |(_, value)| value.get());
                self.leave(processing.word(), at, BY_TIME, true);
                continue;
            }
            variants.push((day(&variant.constraint), processing, self.amounts(&variant.prices)));
        }
        variants
    }

    fn amounts(&mut self, prices: &Members<'a>) -> BTreeMap<Priced, Decimal> {
        let mut amounts = BTreeMap::new();
        for (name, value) in &prices.0 {
            let mut literal = value.get();
            if literal == "null" {
                continue;
            }
            let known = PRICES.iter().find(|(known, _)| known == name).map(|(_, priced)| *priced);
            let priced = match known {
                Some(priced) => priced,
                None if name == THOUSAND_CALLS => Priced::Call,
                None => {
                    self.leave(name, literal, unsaid(name), false);
                    continue;
                }
            };
            if literal.starts_with('{')
                && let Ok(steps) = self.text.read::<Members<'_>>(literal)
                && let Some(base) = steps.get("base")
            {
                self.leave(
                    name,
                    literal,
                    "a token has one price, however long the call's context is; the base is taken",
                    false,
                );
                literal = base;
            }
            // Decimals are written as numbers or as texts.
            let plain = literal.trim_matches('"');
            let read = match priced {
                Priced::Call => thousandth(plain),
                Priced::Tokens(_) => price(plain, 1),
            };
            match read {
                Ok(amount) => _ = amounts.insert(priced, amount),
                Err(why) => self.leave(name, literal, &why, true),
            }
        }
        amounts
    }

    fn leave(&mut self, what: &str, literal: &str, why: &str, is_needed: bool) {
        let line = if literal.is_empty() { 0 } else { self.text.line_of(literal) };
        let left_out = LeftOut {
            model: self.key.clone(),
            line,
            what: what.to_string(),
            value: shown(literal),
            why: why.to_string(),
            is_needed,
        };
        // What holds in several periods is told once.
        let is_same =
            |known: &LeftOut| (&known.what, &known.why) == (&left_out.what, &left_out.why);
        if !self.left_out.iter().any(is_same) {
            self.left_out.push(left_out);
        }
    }
}

fn day(constraint: &Option<Constraint>) -> Option<Date> {
    constraint.as_ref()?.start_date
}

/// The price of one of a thousand.
fn thousandth(literal: &str) -> Result<Decimal, String> {
    match literal.contains(['e', 'E']) {
        true => Err("is no number of thousands of calls".to_string()),
        false => price(&format!("{literal}e-3"), 1),
    }
}

fn unsaid(name: &str) -> &'static str {
    if name.contains("cache_write_") {
        "what is written into a cache has one price, however long it is kept"
    } else if name.starts_with("cache_") {
        "what is read from a cache, or into one, has one price, whatever it is"
    } else if name.contains("video") || name.contains("citation") {
        "it is no class of tokens that is metered"
    } else {
        "only tokens and calls are metered"
    }
}
