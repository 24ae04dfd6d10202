//! Tokens to revenue: each group of calls at the price of its model, channel, host, processing and day.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use terms::registry::{Charges, Entry, PriceList, Priced, Processing, Sale, TokenClass};
use terms::value::Currency;
use terms::{Attribute, Name, Registry};

use crate::exchange;
use crate::scan::Usage;
use exact::Exact;

/// A group of calls with what its customers are charged.
#[derive(Debug, Clone)]
pub struct Rated<'a> {
    /// The calls.
    pub usage: &'a Usage,
    /// The party that sold them.
    pub seller: &'a Name,
    /// How they were processed.
    pub processing: Processing,
    /// What they cost, and the price list that says so.
    pub priced: Priced<'a>,
    /// What customers are charged, exactly.
    pub amount: Exact,
    /// The same, one thing that is counted at a time.
    pub parts: Vec<Part>,
}

/// What is counted of a group of calls at one price, with what it costs.
#[derive(Debug, Clone)]
pub struct Part {
    /// A class of tokens, as `input`, or `calls`.
    pub class: String,
    /// How many.
    pub quantity: u128,
    /// The price of `per` of them, in the list's currency.
    pub price: Decimal,
    /// How many the price is for.
    pub per: u32,
    /// What they cost, exactly.
    pub amount: Exact,
}

impl Part {
    fn new(class: String, quantity: u128, price: Decimal, per: u32) -> Part {
        let amount = (Exact::whole(quantity) * price.into()).per(per);
        Part { class, quantity, price, per, amount }
    }
}

impl Rated<'_> {
    /// The currency customers are charged in.
    pub fn currency(&self) -> Currency {
        self.priced.list.currency
    }

    /// What the calls are, as scopes ask it. A channel sells one service.
    pub(crate) fn point<'p>(&'p self, registry: &'p Registry) -> BTreeMap<Attribute, &'p str> {
        let usage = self.usage;
        let mut point = BTreeMap::from([
            (Attribute::Channel, usage.channel.as_str()),
            (Attribute::Product, usage.product.as_str()),
            (Attribute::Model, usage.model.as_str()),
            (Attribute::Host, usage.host.as_str()),
        ]);
        if let Some(channel) = registry.channels.get(usage.channel.as_str()) {
            point.insert(Attribute::Service, channel.service.as_str());
        }
        point
    }

    /// What customers are charged, in another currency at the rate of the day, exactly.
    ///
    /// # Errors
    /// Why no rate counts on that day.
    pub fn amount_in(&self, registry: &Registry, currency: Currency) -> Result<Exact, String> {
        let day = self.usage.day;
        exchange::convert(registry, &self.amount, self.currency(), currency, day)
            .map(|(amount, _)| amount)
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
/// A token costs its list price divided by [`PriceList::TOKENS`], and a call what the list says a call
/// costs. Nothing is rounded, so that rating the sum of a group is rating each of its calls.
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
                entry.events += group.calls;
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
    let processing = Processing::from_word(&usage.tier).ok_or_else(|| {
        let known = Processing::WORDS.join(", ");
        format!("`{}` is no way of processing calls; known: {known}", usage.tier)
    })?;
    let sale = Sale { channel, host: &usage.host, model, processing, day: usage.day };
    let priced = registry.price(&sale).map_err(|unpriced| unpriced.reason(&sale))?;
    let parts = parts(usage, priced.charges);
    let amount = parts.iter().map(|part| part.amount.clone()).sum();
    Ok(Rated { usage, seller, processing, priced, amount, parts })
}

fn parts(usage: &Usage, charges: &Charges) -> Vec<Part> {
    let classes = TokenClass::ALL.into_iter().zip(usage.tokens.by_class());
    let tokens = classes.map(|(class, count)| {
        Part::new(class.to_string(), count, charges.of(class), PriceList::TOKENS)
    });
    let calls = Part::new("calls".to_string(), usage.calls.into(), charges.call, 1);
    let calls = Some(calls).filter(|_| !charges.call.is_zero());
    tokens.chain(calls).filter(|part| part.quantity > 0).collect()
}
