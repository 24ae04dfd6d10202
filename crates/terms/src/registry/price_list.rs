use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Charges, Entry, Price, Processing};
use crate::fields::{Collected, Fields};
use crate::finding::Origin;
use crate::value::{Basis, Currency, Parameter};
use crate::{Finding, Name};

/// What calls of some models cost on some channels, from a day on.
///
/// Prices are exact amounts per [`PriceList::TOKENS`] tokens. Days are UTC days, as those of usage. A
/// list has no steps of volume: which calls of a month lie in which step would depend on their order,
/// so that the price of a sum of calls were no longer the sum of their prices. Who agrees on steps
/// writes a `volume_tier`, which is settled over a period.
#[derive(Debug, Clone)]
pub struct PriceList {
    /// The channels it holds on.
    pub channels: Vec<Name>,
    /// The clouds it holds for; all if none are named.
    pub hosts: Vec<Name>,
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
    /// Why its own values are assumed, if they are; each of its prices may be besides.
    pub assumed: Option<String>,
    /// What was read, as people see it.
    pub parameters: Vec<Parameter>,
}

/// Calls that cost the same: all that a price can depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sale<'a> {
    /// How they were sold.
    pub channel: &'a str,
    /// The cloud that the model ran on.
    pub host: &'a str,
    /// The model that answered.
    pub model: &'a str,
    /// How they were processed.
    pub processing: Processing,
    /// The UTC day.
    pub day: Date,
}

/// What calls cost, and the list that says so.
#[derive(Debug, Clone, Copy)]
pub struct Priced<'a> {
    /// The list's name.
    pub name: &'a Name,
    /// The list.
    pub list: &'a PriceList,
    /// What it says of the model.
    pub price: &'a Price,
    /// What it says of calls that are processed so.
    pub charges: &'a Charges,
}

/// Why calls have no price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unpriced {
    /// No list that holds has the model.
    NoList,
    /// A list that holds has the model, but for other clouds.
    Host(Name),
    /// Two lists hold alike.
    Tie(Name, Name),
    /// The list that holds does not price this way of processing.
    Processing(Name),
}

impl PriceList {
    /// Prices are per this many tokens, as vendors publish them.
    pub const TOKENS: u32 = 1_000_000;

    /// Most decimal places of a price; with [`PriceList::TOKENS`] a token costs a whole number of
    /// 10⁻¹² units, which rating counts in.
    pub const SCALE: u32 = 6;

    /// Whether anything on a channel is sold by it on a day.
    pub fn is_of(&self, channel: &str, day: Date) -> bool {
        self.channels.iter().any(|name| name.as_str() == channel)
            && self.from <= day
            && self.until.is_none_or(|until| day < until)
    }

    fn is_on(&self, host: &str) -> bool {
        self.hosts.is_empty() || self.hosts.iter().any(|name| name.as_str() == host)
    }

    /// Which of several lists that hold goes before others: one that names the host before one that
    /// holds for all, and then the latest.
    fn rank(&self) -> (bool, Date) {
        (!self.hosts.is_empty(), self.from)
    }

    /// Whether neither goes before the other for something that both price; and a model, if so.
    pub(crate) fn ties_with<'a>(&'a self, other: &PriceList) -> Option<&'a Name> {
        let both = |ours: &[Name], theirs: &[Name]| ours.iter().any(|name| theirs.contains(name));
        if self.rank() != other.rank()
            || !both(&self.channels, &other.channels)
            || !self.hosts.is_empty() && !both(&self.hosts, &other.hosts)
        {
            return None;
        }
        self.prices.keys().find(|model| other.prices.contains_key(*model))
    }

    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<PriceList> {
        let channels = f.required_names("channels", &[Entry::Channel]);
        let hosts = f.named_list("hosts", &[Entry::Cloud]);
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
        let assumed = f.parameters.iter().find_map(|parameter| match &parameter.basis {
            Basis::Assumed(why) => Some(why.clone()),
            _ => None,
        });
        let (prices, currencies) = read_prices(f, into);
        if currencies.len() > 1 {
            let place = f.origin().label("prices in several currencies");
            let message = format!("{} mixes currencies", f.title);
            let finding = Finding::error("charter::value::currency", message, place);
            into.findings.push(finding.help("write one price list for each currency"));
        }
        Some(PriceList {
            channels,
            hosts,
            from: from?,
            until,
            currency: *currencies.first()?,
            prices,
            origin: f.origin(),
            assumed,
            parameters: f.parameters.clone(),
        })
    }
}

fn read_prices(
    f: &mut Fields<'_>,
    into: &mut Collected,
) -> (BTreeMap<Name, Price>, BTreeSet<Currency>) {
    let mut currencies = BTreeSet::new();
    let mut prices = BTreeMap::new();
    let blocks = f.labelled_blocks("price", &[Entry::Model]);
    if !f.has_block("price") {
        let place = f.origin().label("no `price`");
        let message = format!("{} has no prices", f.title);
        let finding = Finding::error("charter::value::missing", message, place);
        into.findings.push(finding.help("add a `price \"model\"` block with `input` and `output`"));
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
        let (price, found) = Price::read(f, block, &format!("price {name}"), into);
        currencies.extend(found);
        prices.extend(price.map(|price| (name, price)));
    }
    (prices, currencies)
}

/// What calls cost: of the lists that hold and have the model, one that names the host goes before one
/// that holds for all, and then the latest.
pub(super) fn price<'a>(
    lists: &'a BTreeMap<Name, PriceList>,
    sale: &Sale<'_>,
) -> Result<Priced<'a>, Unpriced> {
    let mut best: Option<(&Name, &PriceList, &Price)> = None;
    let (mut tie, mut elsewhere) = (None, None);
    for (name, list) in lists.iter().filter(|(_, list)| list.is_of(sale.channel, sale.day)) {
        let Some(price) = list.prices.get(sale.model) else { continue };
        if !list.is_on(sale.host) {
            elsewhere = Some(name);
            continue;
        }
        match best.map(|(_, best, _)| list.rank().cmp(&best.rank())) {
            Some(Ordering::Less) => {}
            Some(Ordering::Equal) => tie = Some(name),
            _ => (best, tie) = (Some((name, list, price)), None),
        }
    }
    let Some((name, list, price)) = best else {
        return Err(elsewhere.map_or(Unpriced::NoList, |name| Unpriced::Host(name.clone())));
    };
    if let Some(other) = tie {
        return Err(Unpriced::Tie(name.clone(), other.clone()));
    }
    let charges = price.charges(sale.processing);
    let charges = charges.ok_or_else(|| Unpriced::Processing(name.clone()))?;
    Ok(Priced { name, list, price, charges })
}

impl Unpriced {
    /// The reason, in words.
    pub fn reason(&self, sale: &Sale<'_>) -> String {
        let Sale { channel, host, model, processing, .. } = sale;
        match self {
            Unpriced::NoList => format!("no price list has `{model}` on `{channel}` that day"),
            Unpriced::Host(list) => {
                format!("price list `{list}` has `{model}` on `{channel}`, but not on `{host}`")
            }
            Unpriced::Tie(one, other) => {
                format!(
                    "price lists `{one}` and `{other}` both price `{model}` on `{channel}` alike"
                )
            }
            Unpriced::Processing(list) => {
                format!("price list `{list}` has no price of `{model}` for {processing}")
            }
        }
    }
}
