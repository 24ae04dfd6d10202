//! The things an agreement speaks of: parties, clouds, models, channels, price lists, calendars.

mod exchange_rate;
mod price;
mod price_list;
mod processing;
mod token_class;

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::fields::{Collected, Fields};
use crate::finding::Origin;
use crate::value::{Expression, Shape, Unreadable, Value, unexpected, words};
use crate::{Calendar, Finding, Name};

pub use exchange_rate::ExchangeRate;
pub use price::{Charges, Price};
pub use price_list::{PriceList, Priced, Sale, Unpriced};
pub use processing::Processing;
pub use token_class::TokenClass;

words! {
    /// The kinds of registry entry.
    pub enum Entry {
        /// A company or body that can have rights and duties.
        Party = "party",
        /// A cloud, run by a party.
        Cloud = "cloud",
        /// A place where capacity stands.
        Site = "site",
        /// A model that calls can be made to.
        Model = "model",
        /// Intellectual property that can be licensed.
        Asset = "asset",
        /// A service that can be run and sold.
        Service = "service",
        /// A way a service is sold.
        Channel = "channel",
        /// Something a party sells.
        Product = "product",
        /// A stream of revenue.
        Stream = "stream",
        /// Prices of models for a million tokens. What a price does not say of batches, of calls that wait
        /// or of those that go first, is as for all calls; of what it says, `discount` is enough.
        PriceList = "price_list",
        /// What one unit of a currency is worth in another, day by day.
        ExchangeRate = "exchange_rate",
        /// A calendar of business days: the days it covers, and the holidays in them.
        Calendar = "calendar",
    }
}

/// A company or body that can have rights and duties.
#[derive(Debug, Clone)]
pub struct Party {
    /// The name to print.
    pub title: String,
    /// The party that controls it, if there is one.
    pub affiliate_of: Option<Name>,
}

/// A cloud.
#[derive(Debug, Clone)]
pub struct Cloud {
    /// The party that runs it.
    pub operator: Name,
}

/// A place where capacity stands.
#[derive(Debug, Clone)]
pub struct Site {
    /// The party or cloud that runs it.
    pub operator: Name,
    /// Its region, if stated.
    pub region: Option<String>,
}

/// A model.
#[derive(Debug, Clone)]
pub struct Model {
    /// The party whose it is.
    pub owner: Name,
    /// The licensable asset it is part of.
    pub asset: Option<Name>,
}

/// Something that a party sells.
#[derive(Debug, Clone)]
pub struct Product {
    /// The party whose it is.
    pub owner: Name,
    /// The assets and models it cannot do without.
    pub needs: Vec<Name>,
    /// The first day it is no longer sold; open if none.
    pub until: Option<Date>,
}

/// Something with an owner: an asset or a service.
#[derive(Debug, Clone)]
pub struct Owned {
    /// The party whose it is.
    pub owner: Name,
}

/// A way a service is sold.
#[derive(Debug, Clone)]
pub struct Channel {
    /// The party that contracts with customers and receives what they pay.
    pub seller: Name,
    /// The service sold.
    pub service: Name,
}

/// A stream of revenue.
#[derive(Debug, Clone)]
pub struct Stream {
    /// The party that receives it.
    pub recipient: Name,
    /// The channel it comes through, if it does.
    pub channel: Option<Name>,
}

/// Everything the documents define.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    /// Parties by name.
    pub parties: BTreeMap<Name, Party>,
    /// Clouds by name.
    pub clouds: BTreeMap<Name, Cloud>,
    /// Sites by name.
    pub sites: BTreeMap<Name, Site>,
    /// Models by name.
    pub models: BTreeMap<Name, Model>,
    /// Licensable assets by name.
    pub assets: BTreeMap<Name, Owned>,
    /// Services by name.
    pub services: BTreeMap<Name, Owned>,
    /// Channels by name.
    pub channels: BTreeMap<Name, Channel>,
    /// Products by name.
    pub products: BTreeMap<Name, Product>,
    /// Revenue streams by name.
    pub streams: BTreeMap<Name, Stream>,
    /// Price lists by name.
    pub price_lists: BTreeMap<Name, PriceList>,
    /// Exchange rates by name.
    pub exchange_rates: BTreeMap<Name, ExchangeRate>,
    /// Calendars by name.
    pub calendars: BTreeMap<Name, Calendar>,
    origins: BTreeMap<(Entry, Name), Origin>,
}

impl Registry {
    /// Whether something of this kind has this name.
    pub fn knows(&self, entry: Entry, name: &str) -> bool {
        self.origins.contains_key(&(entry, Name::new(name)))
    }

    /// The names of this kind.
    pub fn names(&self, entry: Entry) -> impl Iterator<Item = &str> + Clone {
        self.origins.keys().filter(move |(kind, _)| *kind == entry).map(|(_, name)| name.as_str())
    }

    /// Where what has this name is defined.
    pub(crate) fn origin(&self, entry: Entry, name: &Name) -> Option<&Origin> {
        self.origins.get(&(entry, name.clone()))
    }

    /// The party behind a cloud or a party's own name.
    pub fn operator<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        match self.clouds.get(name) {
            Some(cloud) => Some(cloud.operator.as_str()),
            None => self.parties.contains_key(name).then_some(name),
        }
    }

    /// Whether `party` is `other` or controlled by it, over any number of steps.
    pub fn is_affiliate(&self, party: &str, other: &str) -> bool {
        let mut at = party;
        // A chain of owners longer than the number of parties is a circle.
        for _ in 0..=self.parties.len() {
            if at == other {
                return true;
            }
            match self.parties.get(at).and_then(|party| party.affiliate_of.as_ref()) {
                Some(owner) => at = owner.as_str(),
                None => return false,
            }
        }
        false
    }

    /// What calls cost: of the lists that hold and have the model, one that names the host goes before
    /// one that holds for all, and then the latest.
    ///
    /// # Errors
    /// No list has a price, or two hold alike.
    pub fn price(&self, sale: &Sale<'_>) -> Result<Priced<'_>, Unpriced> {
        price_list::price(&self.price_lists, sale)
    }

    /// Reads one entry; a name that is already taken is a finding.
    pub(crate) fn read(
        &mut self,
        entry: Entry,
        name: Name,
        mut f: Fields<'_>,
        into: &mut Collected,
    ) {
        let origin = f.origin();
        if let Some(first) = self.origins.get(&(entry, name.clone())) {
            let message = format!("{entry} `{name}` is defined twice");
            let finding =
                Finding::error("charter::name::twice", message, origin.label("here again"))
                    .and(first.label("first defined here"))
                    .help("keep one, or give the other a name of its own");
            into.findings.push(finding);
            return;
        }
        self.origins.insert((entry, name.clone()), origin);
        self.read_entry(entry, &name, &mut f, into);
        f.finish(into);
    }

    /// Reads what the entry says; what cannot be read is already a finding of the fields.
    fn read_entry(&mut self, entry: Entry, name: &Name, f: &mut Fields<'_>, into: &mut Collected) {
        const PARTY: &[Entry] = &[Entry::Party];
        let key = name.clone();
        match entry {
            Entry::Party => {
                let title = f.optional("title").unwrap_or_else(|| name.to_string());
                let affiliate_of = f.named_optional("affiliate_of", PARTY);
                self.parties.insert(key, Party { title, affiliate_of });
            }
            Entry::Cloud => {
                if let Some(operator) = f.named("operator", PARTY) {
                    self.clouds.insert(key, Cloud { operator });
                }
            }
            Entry::Site => {
                let region = f.optional("region");
                if let Some(operator) = f.named("operator", &[Entry::Cloud, Entry::Party]) {
                    self.sites.insert(key, Site { operator, region });
                }
            }
            Entry::Model => {
                let asset = f.named_optional("asset", &[Entry::Asset]);
                if let Some(owner) = f.named("owner", PARTY) {
                    self.models.insert(key, Model { owner, asset });
                }
            }
            Entry::Product => {
                let needs = f.named_list("needs", &[Entry::Asset, Entry::Model]);
                let until = f.optional("until");
                if let Some(owner) = f.named("owner", PARTY) {
                    self.products.insert(key, Product { owner, needs, until });
                }
            }
            Entry::Asset | Entry::Service => {
                let owned = match entry {
                    Entry::Asset => &mut self.assets,
                    _ => &mut self.services,
                };
                if let Some(owner) = f.named("owner", PARTY) {
                    owned.insert(key, Owned { owner });
                }
            }
            Entry::Channel => {
                let seller = f.named("seller", PARTY);
                let service = f.named("service", &[Entry::Service]);
                if let (Some(seller), Some(service)) = (seller, service) {
                    self.channels.insert(key, Channel { seller, service });
                }
            }
            Entry::Stream => {
                let channel = f.named_optional("channel", &[Entry::Channel]);
                if let Some(recipient) = f.named("recipient", PARTY) {
                    self.streams.insert(key, Stream { recipient, channel });
                }
            }
            Entry::PriceList => {
                if let Some(list) = PriceList::read(f, into) {
                    self.price_lists.insert(key, list);
                }
            }
            Entry::ExchangeRate => {
                if let Some(rate) = ExchangeRate::read(f, into) {
                    self.exchange_rates.insert(key, rate);
                }
            }
            Entry::Calendar => {
                let covers: Option<Covers> = f.required("covers");
                let holidays: Option<Vec<Date>> = f.required("holidays");
                if let (Some(Covers(from, until)), Some(holidays)) = (covers, holidays) {
                    let holidays = holidays.into_iter().collect();
                    let calendar = Calendar { holidays, covers_from: from, covers_until: until };
                    self.calendars.insert(key, calendar);
                }
            }
        }
    }
}

/// The days a calendar's table covers, as `"2019-01-01..2031-01-01"`.
struct Covers(Date, Date);

impl Value for Covers {
    const EXPECTED: &'static str =
        "a range from one date to before another, as \"2019-01-01..2031-01-01\"";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        let read = || {
            let Shape::Text(text) = &expression.shape else { return None };
            let (from, until) = text.split_once("..")?;
            let (from, until) = (from.parse().ok()?, until.parse().ok()?);
            (from < until).then_some(Covers(from, until))
        };
        read().ok_or_else(|| unexpected::<Self>(expression))
    }

    fn show(&self) -> String {
        format!("{}..{}", self.0, self.1)
    }
}
