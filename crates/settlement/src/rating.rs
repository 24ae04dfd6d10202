//! Tokens to revenue: each group of calls at the price of its model, channel and day.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use terms::registry::{Entry, Price, PriceList};
use terms::value::Currency;
use terms::{Name, Registry};

use crate::scan::Usage;
use exact::Exact;

/// A group of calls with what its customers are charged.
#[derive(Debug, Clone)]
pub struct Rated<'a> {
    /// The calls.
    pub usage: &'a Usage,
    /// The party that sold them.
    pub seller: &'a Name,
    /// The price list that holds.
    pub list_name: &'a Name,
    /// Its content.
    pub list: &'a PriceList,
    /// What customers are charged, exactly.
    pub amount: Exact,
    /// The same, a class of tokens at a time.
    pub parts: Vec<Part>,
}

/// The tokens of one class in a group of calls, with what they cost.
#[derive(Debug, Clone)]
pub struct Part {
    /// The class of tokens, as `input`.
    pub class: &'static str,
    /// How many.
    pub tokens: u128,
    /// The price of [`PriceList::TOKENS`] of them, in the list's currency.
    pub price: Decimal,
    /// What they cost, exactly.
    pub amount: Exact,
}

impl Rated<'_> {
    /// The currency customers are charged in.
    pub fn currency(&self) -> Currency {
        self.list.currency
    }
}

/// Calls that could not be rated. While there are any, a statement is not final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unrated {
    /// Their channel.
    pub channel: String,
    /// Their model.
    pub model: String,
    /// How many.
    pub events: u64,
    /// The first of their days.
    pub first_day: Date,
    /// The last of their days.
    pub last_day: Date,
    /// Why.
    pub reason: String,
}

/// Rates every group, or says why it cannot be.
///
/// A token costs its list price divided by [`PriceList::TOKENS`]. Nothing is rounded.
pub fn rate<'a>(registry: &'a Registry, usage: &'a [Usage]) -> (Vec<Rated<'a>>, Vec<Unrated>) {
    let mut rated = Vec::new();
    let mut unrated: BTreeMap<(&str, &str, String), Unrated> = BTreeMap::new();
    for group in usage {
        match rate_group(registry, group) {
            Ok(group) => rated.push(group),
            Err(reason) => {
                let key = (group.channel.as_str(), group.model.as_str(), reason.clone());
                let entry = unrated.entry(key).or_insert_with(|| Unrated {
                    channel: group.channel.clone(),
                    model: group.model.clone(),
                    events: 0,
                    first_day: group.day,
                    last_day: group.day,
                    reason,
                });
                entry.events += group.events;
                entry.first_day = entry.first_day.min(group.day);
                entry.last_day = entry.last_day.max(group.day);
            }
        }
    }
    (rated, unrated.into_values().collect())
}

fn rate_group<'a>(registry: &'a Registry, usage: &'a Usage) -> Result<Rated<'a>, String> {
    let (channel, model) = (usage.channel.as_str(), usage.model.as_str());
    let seller = match registry.channels.get(channel) {
        Some(channel) => &channel.seller,
        None => return Err(format!("no channel is called `{channel}`")),
    };
    // A misspelt name would keep the calls out of every scope that names it rightly.
    for (entry, name) in [
        (Entry::Product, usage.product.as_str()),
        (Entry::Model, model),
        (Entry::Cloud, usage.host.as_str()),
    ] {
        if !registry.knows(entry, name) {
            return Err(format!("no {entry} is called `{name}`"));
        }
    }
    let (list_name, list, price) = registry
        .price(channel, model, usage.day)
        .ok_or_else(|| format!("no price list has `{model}` on `{channel}` that day"))?;
    let parts = parts(usage, price);
    let amount = parts.iter().map(|part| part.amount.clone()).sum();
    Ok(Rated { usage, seller, list_name, list, amount, parts })
}

fn parts(usage: &Usage, price: &Price) -> Vec<Part> {
    let classes = [
        ("input", usage.input_tokens, price.input),
        ("cached", usage.cached_input_tokens, price.cached_input),
        ("output", usage.output_tokens, price.output),
    ];
    let used = classes.into_iter().filter(|(_, tokens, _)| *tokens > 0);
    used.map(|(class, tokens, price)| {
        let amount = (Exact::whole(tokens) * price.into()).per(PriceList::TOKENS);
        Part { class, tokens, price, amount }
    })
    .collect()
}
