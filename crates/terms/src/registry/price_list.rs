use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::Entry;
use crate::fields::{Collected, Fields};
use crate::finding::Origin;
use crate::value::{Currency, Money};
use crate::{Finding, Name};

/// What calls of some models cost on some channels, from a day on.
///
/// Prices are exact amounts per [`PriceList::TOKENS`] tokens. Days are UTC days, as those of usage.
#[derive(Debug, Clone)]
pub struct PriceList {
    /// The channels it holds on.
    pub channels: Vec<Name>,
    /// The first day it holds.
    pub from: Date,
    /// The first day it no longer holds; open if none.
    pub until: Option<Date>,
    /// The one currency of all its prices.
    pub currency: Currency,
    /// Prices by model.
    pub prices: BTreeMap<Name, Price>,
    /// Where it is defined.
    pub origin: Origin,
    /// Why its values are assumed, if they are.
    pub assumed: Option<String>,
}

/// What one model costs per [`PriceList::TOKENS`] tokens, in the list's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// Input tokens that were not cached.
    pub input: Decimal,
    /// Cached input tokens.
    pub cached_input: Decimal,
    /// Output tokens.
    pub output: Decimal,
}

impl PriceList {
    /// Prices are per this many tokens, as vendors publish them.
    pub const TOKENS: u32 = 1_000_000;

    /// Most decimal places of a price; with [`PriceList::TOKENS`] a token costs a whole number of
    /// 10⁻¹² units, which rating counts in.
    pub const SCALE: u32 = 6;

    pub(super) fn holds(&self, channel: &str, day: Date) -> bool {
        self.channels.iter().any(|name| name.as_str() == channel)
            && self.from <= day
            && self.until.is_none_or(|until| day < until)
    }

    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<PriceList> {
        let channels = f.required_names("channels", &[Entry::Channel]);
        let from = f.required("from");
        let until: Option<Date> = f.optional("until");
        if let (Some(from), Some(until)) = (from, until)
            && until <= from
        {
            let place = f.origin_of("until").label("ends before it begins");
            let message = format!("{} ends on {until} and begins on {from}", f.title);
            let finding = Finding::error("charter::date::order", message, place);
            into.findings
                .push(finding.help("`until` is the first day on which it no longer holds"));
        }
        let mut currencies = BTreeSet::new();
        let mut prices = BTreeMap::new();
        let blocks = f.labelled_blocks("price", &[Entry::Model]);
        if !f.has_block("price") {
            let place = f.origin().label("no `price`");
            let message = format!("{} has no prices", f.title);
            let finding = Finding::error("charter::value::missing", message, place);
            into.findings
                .push(finding.help("add a `price \"model\"` block with `input` and `output`"));
        }
        let mut first: BTreeMap<Name, Origin> = BTreeMap::new();
        for (name, block) in blocks {
            let origin = block.origin();
            if let Some(first) = first.get(&name) {
                let message = format!("{} gives two prices for `{name}`", f.title);
                let place = origin.label("here again");
                let finding = Finding::error("charter::name::twice", message, place);
                into.findings.push(finding.and(first.label("first here")).help("keep one of them"));
            }
            first.entry(name.clone()).or_insert(origin);
            let (price, currency) = Price::read(block, into);
            currencies.extend(currency);
            prices.extend(price.map(|price| (name, price)));
        }
        if currencies.len() > 1 {
            let place = f.origin().label("prices in several currencies");
            let message = format!("{} mixes currencies", f.title);
            let finding = Finding::error("charter::value::currency", message, place);
            into.findings.push(finding.help("write one price list for each currency"));
        }
        Some(PriceList {
            channels,
            from: from?,
            until,
            currency: *currencies.first()?,
            prices,
            origin: f.origin(),
            assumed: f.parameters.iter().find_map(|parameter| match &parameter.basis {
                crate::Basis::Assumed(why) => Some(why.clone()),
                _ => None,
            }),
        })
    }
}

impl Price {
    /// A cached token costs what any input token does unless the list says otherwise.
    fn read(mut f: Fields<'_>, into: &mut Collected) -> (Option<Price>, Vec<Currency>) {
        let input: Option<Money> = f.required("input");
        let output: Option<Money> = f.required("output");
        let cached: Option<Money> = f.optional("cached_input").or(input);
        let amounts = [("input", input), ("output", output), ("cached_input", cached)];
        for (name, money) in amounts {
            let too_fine = |money: Money| money.amount.normalize().scale() > PriceList::SCALE;
            // A cached price that is not stated is the input's, which is complained of already.
            if f.raw(name).is_some() && money.is_some_and(too_fine) {
                let place = f.origin_of(name).label("too fine");
                let message = format!("a price has at most {} decimal places", PriceList::SCALE);
                let finding = Finding::error("charter::value::price", message, place);
                f.findings.push(finding.help("prices are for a million tokens"));
            }
        }
        f.finish(into);
        let currencies = amounts.iter().filter_map(|(_, money)| Some((*money)?.currency)).collect();
        let price = input.zip(output).zip(cached).map(|((input, output), cached)| Price {
            input: input.amount,
            cached_input: cached.amount,
            output: output.amount,
        });
        (price, currencies)
    }
}
