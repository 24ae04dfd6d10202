//! What somebody does or means to do: the question a decision answers.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use thiserror::Error;

use crate::finding::suggest;
use crate::registry::Entry;
use crate::scope::{Cube, Interval, Scope, Values};
use crate::value::words;
use crate::{Name, Registry};

words! {
    /// The verbs of an act.
    pub enum Verb {
        /// Contract capacity from a provider.
        Contract = "contract",
        /// Build capacity of one's own.
        Build = "build",
        /// Run a service on a host.
        Serve = "serve",
        /// Use intellectual property in a product.
        Use = "use",
        /// Sell somebody's service on to customers.
        Resell = "resell",
        /// Buy goods or services from somebody.
        Buy = "buy",
        /// Sell goods or services to somebody.
        Sell = "sell",
        /// Let somebody use intellectual property, as its owner or by a sublicence.
        License = "license",
        /// Part with something one owns: an asset, a stake, a business.
        Transfer = "transfer",
        /// Make somebody one's distributor, agent or partner.
        Appoint = "appoint",
        /// Carry on a business, or have a stake in one.
        Compete = "compete",
        /// Make something, or have it made: goods, a work, a product, a site.
        Make = "make",
        /// Promote, endorse or advertise something.
        Promote = "promote",
        /// Approach, solicit or negotiate with somebody.
        Approach = "approach",
        /// Work for somebody, or hold an office there.
        Work = "work",
        /// Apply for, keep up or defend the protection of an asset.
        Protect = "protect",
        /// Give up something one has, or not seek or keep up its protection.
        Abandon = "abandon",
    }
}

words! {
    /// The attributes by which scopes tell acts apart.
    pub enum Attribute {
        /// The verb.
        Act = "act",
        /// What the act is about: `capacity`, `service`, `ip`, `goods`, `ownership` or `business`;
        /// follows from the verb.
        Subject = "subject",
        /// The party that acts.
        By = "by",
        /// `new` capacity, or `existing`.
        Kind = "kind",
        /// What it is for; `performance` is that of the agreement.
        Purpose = "purpose",
        /// The cloud or party that supplies capacity.
        Provider = "provider",
        /// The cloud a service runs on.
        Host = "host",
        /// The service that is run or sold on.
        Service = "service",
        /// The intellectual property that is used, licensed, transferred or protected.
        Asset = "asset",
        /// The model that is used or run.
        Model = "model",
        /// The product in which something is used.
        Product = "product",
        /// The sales channel.
        Channel = "channel",
        /// The class of accelerator, as `H100`.
        Class = "class",
        /// The region in which capacity stands or a service runs.
        Region = "region",
        /// How many accelerators, or units of what is bought, sold or parted with.
        Quantity = "quantity",
        /// The party it is done with.
        With = "with",
        /// What is bought, sold, parted with or dealt in.
        Item = "item",
        /// The country or other territory in which it is done.
        Territory = "territory",
        /// The line of business or technical field.
        Field = "field",
        /// By which medium or at which outlet, as `print` or `airport-shops`.
        Medium = "medium",
        /// In which manner intellectual property is used: `reproduce`, `modify`, `distribute`, …
        Manner = "manner",
        /// Whether it is granted to nobody else: `exclusive`, `sole` or `non_exclusive`.
        Exclusivity = "exclusivity",
    }
}

/// What values an attribute takes.
pub(crate) enum Domain {
    /// One of these words.
    Words(&'static [&'static str]),
    /// Something of one of these registry kinds.
    Registered(&'static [Entry]),
    /// Any word.
    Free,
    /// A count.
    Count,
}

const PURPOSES: &[&str] =
    &["research", "training", "inference", "development", "performance", "promotion", "support"];

/// The exclusive rights of patent and copyright law, and what licences add to them.
const MANNERS: &[&str] = &[
    "operate",
    "reproduce",
    "modify",
    "develop",
    "distribute",
    "perform",
    "display",
    "make",
    "sell",
    "import",
    "promote",
    "link",
];

/// Capacity somebody builds is always new.
const BUILT: &str = "new";

/// What an act has in place of an attribute that its verb does not have: no scope can name it.
const ABSENT: &str = "—";
const ABSENT_COUNT: &str = "-1";

impl Attribute {
    /// Every value a registry knows for the attribute; none where any word or count would do.
    pub fn known_values(self, registry: &Registry) -> Vec<String> {
        match self.domain() {
            Domain::Words(words) => words.iter().map(ToString::to_string).collect(),
            Domain::Registered(entries) => entries
                .iter()
                .flat_map(|entry| registry.names(*entry))
                .map(str::to_string)
                .collect(),
            Domain::Free | Domain::Count => Vec::new(),
        }
    }

    /// Whether any word or count is a value of the attribute, registered or not.
    pub fn takes_any(self) -> bool {
        matches!(self.domain(), Domain::Free | Domain::Count)
    }

    /// What an act has in place of a value whose verb does not have this attribute.
    pub fn absent_value(self) -> &'static str {
        match self.domain() {
            Domain::Count => ABSENT_COUNT,
            _ => ABSENT,
        }
    }

    /// A constraint that lets only this value through.
    fn exactly(self, value: &str) -> Values {
        match self.domain() {
            Domain::Count => Values::within(Interval::exactly(value.parse().unwrap_or(i64::MAX))),
            _ => Values::only([value]),
        }
    }

    pub(crate) fn domain(self) -> Domain {
        match self {
            Attribute::Act => Domain::Words(Verb::WORDS),
            Attribute::Subject => {
                Domain::Words(&["capacity", "service", "ip", "goods", "ownership", "business"])
            }
            Attribute::Exclusivity => Domain::Words(&["exclusive", "sole", "non_exclusive"]),
            Attribute::Kind => Domain::Words(&["new", "existing"]),
            Attribute::Purpose => Domain::Words(PURPOSES),
            Attribute::Manner => Domain::Words(MANNERS),
            Attribute::By | Attribute::With => Domain::Registered(&[Entry::Party]),
            Attribute::Provider => Domain::Registered(&[Entry::Cloud, Entry::Party]),
            Attribute::Host => Domain::Registered(&[Entry::Cloud]),
            Attribute::Service => Domain::Registered(&[Entry::Service]),
            Attribute::Asset => Domain::Registered(&[Entry::Asset]),
            Attribute::Model => Domain::Registered(&[Entry::Model]),
            Attribute::Product => Domain::Registered(&[Entry::Product]),
            Attribute::Channel => Domain::Registered(&[Entry::Channel]),
            Attribute::Class
            | Attribute::Region
            | Attribute::Item
            | Attribute::Territory
            | Attribute::Field
            | Attribute::Medium => Domain::Free,
            Attribute::Quantity => Domain::Count,
        }
    }
}

impl Verb {
    /// What acts of this verb are about.
    pub fn subject(self) -> &'static str {
        match self {
            Verb::Contract | Verb::Build => "capacity",
            Verb::Serve | Verb::Resell => "service",
            Verb::Use | Verb::License | Verb::Protect => "ip",
            Verb::Buy | Verb::Sell | Verb::Appoint | Verb::Make | Verb::Promote => "goods",
            Verb::Transfer | Verb::Abandon => "ownership",
            Verb::Compete | Verb::Approach | Verb::Work => "business",
        }
    }

    /// The attributes somebody may state for this verb, beside `by`.
    pub fn attributes(self) -> &'static [Attribute] {
        use Attribute::*;
        match self {
            Verb::Contract => &[Provider, Kind, Purpose, Class, Region, Quantity],
            Verb::Build => &[Purpose, Class, Region, Quantity],
            Verb::Serve => &[Service, Host, Product, Model, Channel, Region, Purpose],
            Verb::Use => {
                &[Asset, Model, Product, Purpose, Territory, Field, Medium, Manner, Quantity]
            }
            Verb::Resell => &[Service, Channel, Product, Model, Region, Territory, Field, Medium],
            Verb::Buy | Verb::Sell => &[With, Item, Territory, Field, Medium, Quantity],
            Verb::License => &[
                With,
                Asset,
                Model,
                Product,
                Purpose,
                Territory,
                Field,
                Medium,
                Manner,
                Exclusivity,
            ],
            Verb::Transfer => &[With, Item, Asset, Quantity],
            Verb::Appoint => &[With, Item, Territory, Field, Medium, Exclusivity],
            Verb::Promote => &[With, Item, Territory, Field, Medium],
            Verb::Compete => &[Item, Territory, Field, Medium],
            Verb::Make => &[With, Item, Territory, Field, Quantity],
            Verb::Approach | Verb::Work => &[With, Item, Territory, Field],
            Verb::Protect | Verb::Abandon => &[Item, Asset, Territory],
        }
    }

    fn has(self, attribute: Attribute) -> bool {
        matches!(attribute, Attribute::Act | Attribute::Subject | Attribute::By)
            || self.attributes().contains(&attribute)
    }
}

/// An act: a verb, who acts, and what is stated about it.
///
/// What is left open stays open: a prohibition holds an act if any reading of it falls in the
/// scope, a permission only if every reading does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Act {
    /// What is done.
    #[serde(rename = "act")]
    pub verb: Verb,
    /// Who does it.
    pub by: Name,
    /// What is stated or follows, attribute by attribute.
    #[serde(flatten)]
    pub stated: BTreeMap<Attribute, String>,
}

/// What an act says of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said<'a> {
    /// This value.
    Stated(&'a str),
    /// Nothing; it may be any value.
    Open,
    /// The verb does not have the attribute.
    Absent,
}

/// Why words do not make an act.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ActError {
    /// No such verb.
    #[error("`{verb}` is not an act; {suggestion}")]
    UnknownVerb {
        /// The word given.
        verb: String,
        /// What to try.
        suggestion: String,
    },
    /// Not of the form `key=value`.
    #[error("`{word}` is not `KEY=VALUE`, as in `by=PARTY`")]
    NotAPair {
        /// The word given.
        word: String,
    },
    /// The verb has no such attribute.
    #[error("`{key}` says nothing about `{verb}`; {suggestion}")]
    UnknownKey {
        /// The key given.
        key: String,
        /// The verb.
        verb: Verb,
        /// What to try.
        suggestion: String,
    },
    /// The attribute has no such value.
    #[error("`{key}={value}`: no {what} is called so; {suggestion}")]
    UnknownValue {
        /// The attribute.
        key: Attribute,
        /// What its values are: `party`, `purpose`, `cloud or party`.
        what: String,
        /// The value given.
        value: String,
        /// What to try.
        suggestion: String,
    },
    /// Given twice.
    #[error("`{key}` is given twice")]
    Twice {
        /// The attribute.
        key: Attribute,
    },
    /// Nobody acts.
    #[error("nobody acts; say who with `by=PARTY`")]
    NobodyActs,
}

impl Act {
    /// Reads an act from a verb and `key=value` words.
    ///
    /// # Errors
    /// Every [`ActError`] there is, so that one run reports them all.
    pub fn parse(verb: &str, pairs: &[String], registry: &Registry) -> Result<Act, Vec<ActError>> {
        let Some(verb) = Verb::from_word(verb) else {
            let suggestion = suggest(verb, Verb::WORDS.iter().copied());
            return Err(vec![ActError::UnknownVerb { verb: verb.to_string(), suggestion }]);
        };
        let mut errors = Vec::new();
        let mut by = None;
        let mut stated = BTreeMap::new();
        for pair in pairs {
            match read_pair(verb, pair, registry) {
                Ok((Attribute::By, value)) if by.is_none() => by = Some(Name::new(value)),
                Ok((key, _)) if key == Attribute::By || stated.contains_key(&key) => {
                    errors.push(ActError::Twice { key });
                }
                Ok((key, value)) => {
                    stated.insert(key, value);
                }
                Err(error) => errors.push(error),
            }
        }
        if by.is_none() && errors.is_empty() {
            errors.push(ActError::NobodyActs);
        }
        match by {
            Some(by) if errors.is_empty() => Ok(Act::new(verb, by, stated).completed(registry)),
            _ => Err(errors),
        }
    }

    /// An act from values that are known to be good.
    pub fn new(verb: Verb, by: Name, stated: BTreeMap<Attribute, String>) -> Act {
        let mut act = Act { verb, by, stated };
        if verb == Verb::Build {
            act.stated.insert(Attribute::Kind, BUILT.to_string());
        }
        act
    }

    /// Adds what the registry says of what is stated: a model is part of its asset.
    pub fn completed(mut self, registry: &Registry) -> Act {
        if matches!(self.verb, Verb::Use | Verb::License)
            && !self.stated.contains_key(&Attribute::Asset)
        {
            let model = self.stated.get(&Attribute::Model).map(String::as_str);
            let asset = model.and_then(|model| registry.models.get(model)?.asset.clone());
            if let Some(asset) = asset {
                self.stated.insert(Attribute::Asset, asset.to_string());
            }
        }
        self
    }

    /// What is stated about an attribute.
    pub fn get(&self, attribute: Attribute) -> Option<&str> {
        match attribute {
            Attribute::Act => Some(self.verb.word()),
            Attribute::Subject => Some(self.verb.subject()),
            Attribute::By => Some(self.by.as_str()),
            _ => self.stated.get(&attribute).map(String::as_str),
        }
    }

    /// All readings of the act, as a cube: open attributes may take any value, and those the verb
    /// does not have take none that a scope could name.
    pub fn cube(&self) -> Cube {
        let mut cube = Cube::any();
        for attribute in Attribute::WORDS.iter().filter_map(|word| Attribute::from_word(word)) {
            match self.said(attribute) {
                Said::Stated(value) => cube.set(attribute, attribute.exactly(value)),
                Said::Absent => cube.set(attribute, attribute.exactly(attribute.absent_value())),
                Said::Open => {}
            }
        }
        cube
    }

    /// What the act says of an attribute.
    pub fn said(&self, attribute: Attribute) -> Said<'_> {
        match self.get(attribute) {
            Some(value) => Said::Stated(value),
            None if self.verb.has(attribute) => Said::Open,
            None => Said::Absent,
        }
    }

    /// An example of an act of `by` in a scope, with names the registry knows where it can be;
    /// `None` if no act is in it.
    pub(crate) fn example(scope: &Scope, by: &Name, registry: &Registry) -> Option<Act> {
        let verbs = Verb::WORDS.iter().filter_map(|word| Verb::from_word(word));
        let acts = verbs.flat_map(|verb| scope.cubes().iter().map(move |cube| (verb, cube)));
        acts.filter_map(|(verb, cube)| Act::in_cube(verb, by, cube, registry)).next()
    }

    fn in_cube(verb: Verb, by: &Name, cube: &Cube, registry: &Registry) -> Option<Act> {
        let any = Act::new(verb, by.clone(), BTreeMap::new());
        let mut stated = BTreeMap::new();
        for (attribute, values) in cube.constraints() {
            let fits = match any.said(attribute) {
                Said::Stated(value) => values.holds(value),
                Said::Absent => values.holds(attribute.absent_value()),
                Said::Open => {
                    let known = attribute.known_values(registry);
                    let known = known.into_iter().find(|value| values.holds(value));
                    stated.insert(attribute, known.or_else(|| values.witness())?);
                    true
                }
            };
            if !fits {
                return None;
            }
        }
        Some(Act::new(verb, by.clone(), stated).completed(registry))
    }
}

fn read_pair(verb: Verb, pair: &str, registry: &Registry) -> Result<(Attribute, String), ActError> {
    let (key, value) =
        pair.split_once('=').ok_or_else(|| ActError::NotAPair { word: pair.to_string() })?;
    let allowed = || {
        std::iter::once(Attribute::By.word()).chain(verb.attributes().iter().map(Attribute::word))
    };
    let key = Attribute::from_word(key)
        .filter(|key| allowed().any(|word| word == key.word()))
        .ok_or_else(|| ActError::UnknownKey {
            key: key.to_string(),
            verb,
            suggestion: suggest(key, allowed()),
        })?;
    let unknown = |suggestion| {
        let what = match key.domain() {
            Domain::Registered(entries) => {
                entries.iter().map(Entry::word).collect::<Vec<_>>().join(" or ")
            }
            _ => key.to_string(),
        };
        ActError::UnknownValue { key, what, value: value.to_string(), suggestion }
    };
    match key.domain() {
        Domain::Words(words) if words.contains(&value) => {}
        Domain::Words(words) => return Err(unknown(suggest(value, words.iter().copied()))),
        Domain::Registered(entries) => {
            if !entries.iter().any(|entry| registry.knows(*entry, value)) {
                let known = entries.iter().flat_map(|entry| registry.names(*entry));
                return Err(unknown(suggest(value, known.collect::<Vec<_>>())));
            }
        }
        Domain::Free if value.is_empty() => return Err(unknown("expected a word".to_string())),
        Domain::Count if value.parse::<u32>().is_err() => {
            return Err(unknown("expected a whole number of accelerators".to_string()));
        }
        Domain::Free | Domain::Count => {}
    }
    Ok((key, value.to_string()))
}

impl fmt::Display for Act {
    /// `contract by=openai kind=new provider=oci`: as one asks for it, so without what follows from
    /// the verb.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by={}", self.verb, self.by)?;
        let mut stated = self.stated.iter().filter(|(key, _)| self.verb.attributes().contains(key));
        stated.try_for_each(|(key, value)| write!(f, " {key}={value}"))
    }
}
