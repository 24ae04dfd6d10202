//! How the agreement stands on a day towards every call that could be made, decided beforehand.
//!
//! A call is of a [`Subject`] (the channel and product its key names) and goes to a [`Target`] (a
//! model on a host). Settings know all of both, so every decision there can be is made when the terms
//! or the day change, and a call looks up one cell. Each cell asks [`rights::Evaluator`], as a
//! [`rights::Table`] does; a table over the whole registry would have no regions, which are words
//! that no registry knows.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use hyper::header::HeaderValue;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rights::{Decision, Evaluator, Verdict, decide};
use serde::Serialize;
use terms::registry::{Entry, PriceList, Processing, Sale, TokenClass};
use terms::{Act, Attribute, Known, Name, Registry, Terms, Verb};

/// Who calls, as far as the terms tell callers apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// The sales channel it calls through.
    pub channel: String,
    /// The product it calls for.
    pub product: String,
}

/// What answers, as far as the terms tell answers apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The model; none where what is called is no model's work.
    pub model: Option<String>,
    /// The cloud.
    pub host: String,
    /// Its region, if it is stated.
    pub region: Option<String>,
}

/// What tokens cost by class, and a call beside them, in 10⁻¹² of the price list's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// Text read, neither from a cache nor into one.
    pub input: u64,
    /// Read from a cache.
    pub cached: u64,
    /// Read and written into a cache.
    pub cache_write: u64,
    /// Audio read.
    pub audio_input: u64,
    /// Images read.
    pub image_input: u64,
    /// Text written for the client.
    pub output: u64,
    /// Written by the model for itself.
    pub reasoning: u64,
    /// Audio written.
    pub audio_output: u64,
    /// Images made.
    pub image_output: u64,
    /// A call.
    pub call: u64,
}

/// Every decision of a day.
#[derive(Debug)]
pub struct Standing {
    terms: Arc<Terms>,
    known: Known,
    on: Date,
    /// The UTC day, by which calls are priced.
    usage_day: Date,
    until: Option<Timestamp>,
    subjects: Vec<Subject>,
    targets: Vec<Target>,
    cells: Vec<Cell>,
    /// By subject: whether calls of its channel are billed on the day.
    billed: Vec<bool>,
}

#[derive(Debug)]
struct Cell {
    verdict: Verdict,
    /// What identifies the decision, as a header shows it.
    id: HeaderValue,
    rate: Option<Rate>,
    /// The decision in words, once somebody has asked for it.
    words: OnceLock<Arc<Refusal>>,
}

/// Why a call is not carried.
#[derive(Debug)]
pub enum Refusal {
    /// The terms decide so.
    Decided(Box<Decision>),
    /// The agreement does not know what the call is about.
    Unregistered {
        /// What kind of thing is not known, as `channel`.
        kind: Entry,
        /// Its name.
        name: String,
    },
}

impl Standing {
    /// Decides every call of `subjects` to `targets` at an instant.
    pub fn compile(
        terms: Arc<Terms>,
        known: Known,
        now: Timestamp,
        subjects: Vec<Subject>,
        targets: Vec<Target>,
    ) -> Standing {
        let zone = terms.time_zone();
        let on = now.to_zoned(zone.clone()).date();
        let usage_day = now.to_zoned(TimeZone::UTC).date();
        let in_force = terms.in_force(on, known);
        let evaluator = Evaluator::new(&in_force);
        let registry = &terms.registry;
        let text = text_hash(&terms);
        let mut cells = Vec::with_capacity(subjects.len() * targets.len());
        for subject in &subjects {
            for target in &targets {
                let verdict = match acts(registry, subject, target) {
                    Ok(acts) => {
                        let verdicts = acts.iter().map(|act| evaluator.ruling(act).verdict);
                        verdicts.max().unwrap_or(Verdict::Forbidden)
                    }
                    Err(_) => Verdict::Forbidden,
                };
                cells.push(Cell {
                    verdict,
                    id: decision_id(&text, on, subject, target),
                    rate: rate(registry, subject, target, Processing::Standard, usage_day),
                    words: OnceLock::new(),
                });
            }
        }
        let bills = |subject: &Subject| {
            registry.price_lists.values().any(|list| list.is_of(&subject.channel, usage_day))
        };
        let billed = subjects.iter().map(bills).collect();
        let midnight =
            |day: Date, zone: &TimeZone| Some(day.to_zoned(zone.clone()).ok()?.timestamp());
        let clauses = terms.next_change(on, known).and_then(|day| midnight(day, &zone));
        let prices = usage_day.checked_add(1.day()).ok();
        let prices = prices.and_then(|day| midnight(day, &TimeZone::UTC));
        let until = clauses.into_iter().chain(prices).min();
        drop(evaluator);
        drop(in_force);
        Standing { terms, known, on, usage_day, until, subjects, targets, cells, billed }
    }

    /// The same question at another instant.
    pub fn at(&self, now: Timestamp) -> Standing {
        let (subjects, targets) = (self.subjects.clone(), self.targets.clone());
        Standing::compile(self.terms.clone(), self.known, now, subjects, targets)
    }

    /// The same question under other terms.
    pub fn under(&self, terms: Arc<Terms>, known: Known, now: Timestamp) -> Standing {
        Standing::compile(terms, known, now, self.subjects.clone(), self.targets.clone())
    }

    /// The terms it rests on.
    pub fn terms(&self) -> &Arc<Terms> {
        &self.terms
    }

    /// What was known of them.
    pub fn known(&self) -> Known {
        self.known
    }

    /// The instant from which on this must not be used.
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// The verdict on a call: one look-up.
    pub fn verdict(&self, subject: usize, target: usize) -> Verdict {
        self.cell(subject, target).verdict
    }

    /// What identifies the decision on a call: it is the same for the same call under the same terms
    /// on the same day, so whoever has it can ask `charter ask` again.
    pub fn decision_id(&self, subject: usize, target: usize) -> &HeaderValue {
        &self.cell(subject, target).id
    }

    /// What tokens of a call cost; `None` if no price list in force says.
    pub fn rate(&self, subject: usize, target: usize) -> Option<Rate> {
        self.cell(subject, target).rate
    }

    /// What tokens cost where calls are processed otherwise than at once: asked of the price list, not
    /// looked up.
    pub fn rate_otherwise(
        &self,
        subject: usize,
        target: usize,
        processing: Processing,
    ) -> Option<Rate> {
        let (subject, target) = (&self.subjects[subject], &self.targets[target]);
        rate(&self.terms.registry, subject, target, processing, self.usage_day)
    }

    /// Whether calls of this subject are billed under the agreement.
    pub fn bills(&self, subject: usize) -> bool {
        self.billed[subject]
    }

    /// Why a call that is not permitted is not.
    pub fn refusal(&self, subject: usize, target: usize) -> Arc<Refusal> {
        let words = || Arc::new(self.put_into_words(subject, target));
        self.cell(subject, target).words.get_or_init(words).clone()
    }

    fn put_into_words(&self, subject: usize, target: usize) -> Refusal {
        let registry = &self.terms.registry;
        let acts = match acts(registry, &self.subjects[subject], &self.targets[target]) {
            Ok(acts) => acts,
            Err((kind, name)) => return Refusal::Unregistered { kind, name },
        };
        let in_force = self.terms.in_force(self.on, self.known);
        let decisions = acts.iter().map(|act| decide(&in_force, act));
        // Of acts that are restricted alike, the first: the order is that of the acts.
        let worst =
            decisions.reduce(|worst, next| if next.verdict > worst.verdict { next } else { worst });
        Refusal::Decided(Box::new(worst.expect("a call is at least the act of serving it")))
    }

    fn cell(&self, subject: usize, target: usize) -> &Cell {
        &self.cells[subject * self.targets.len() + target]
    }
}

/// What carrying a call amounts to: its seller serves it, sells it on if the service is another's, and
/// the product's owner uses the model in it. All of it must be allowed.
fn acts(
    registry: &Registry,
    subject: &Subject,
    target: &Target,
) -> Result<Vec<Act>, (Entry, String)> {
    let known = |kind, name: &str| match registry.knows(kind, name) {
        true => Ok(()),
        false => Err((kind, name.to_string())),
    };
    let unknown = |kind, name: &str| (kind, name.to_string());
    known(Entry::Cloud, &target.host)?;
    if let Some(model) = &target.model {
        known(Entry::Model, model)?;
    }
    let channel = registry.channels.get(subject.channel.as_str());
    let channel = channel.ok_or_else(|| unknown(Entry::Channel, &subject.channel))?;
    let product = registry.products.get(subject.product.as_str());
    let product = product.ok_or_else(|| unknown(Entry::Product, &subject.product))?;
    let service = registry.services.get(channel.service.as_str());
    let service = service.ok_or_else(|| unknown(Entry::Service, channel.service.as_str()))?;

    let all = BTreeMap::from_iter(
        [
            (Attribute::Service, Some(channel.service.to_string())),
            (Attribute::Host, Some(target.host.clone())),
            (Attribute::Product, Some(subject.product.clone())),
            (Attribute::Model, target.model.clone()),
            (Attribute::Channel, Some(subject.channel.clone())),
            (Attribute::Region, target.region.clone()),
            (Attribute::Purpose, Some("inference".to_string())),
        ]
        .into_iter()
        .filter_map(|(attribute, value)| Some((attribute, value?))),
    );
    let act = |verb: Verb, by: &Name| {
        let mut stated = all.clone();
        stated.retain(|attribute, _| verb.attributes().contains(attribute));
        Act::new(verb, by.clone(), stated).completed(registry)
    };
    let mut acts = vec![act(Verb::Serve, &channel.seller)];
    if !registry.is_affiliate(channel.seller.as_str(), service.owner.as_str()) {
        acts.push(act(Verb::Resell, &channel.seller));
    }
    if target.model.is_some() {
        acts.push(act(Verb::Use, &product.owner));
    }
    Ok(acts)
}

fn rate(
    registry: &Registry,
    subject: &Subject,
    target: &Target,
    processing: Processing,
    day: Date,
) -> Option<Rate> {
    let (channel, host) = (subject.channel.as_str(), target.host.as_str());
    let sale = Sale { channel, host, model: target.model.as_deref()?, processing, day };
    let charges = registry.price(&sale).ok()?.charges;
    let scaled = |mut price: rust_decimal::Decimal| {
        price.rescale(PriceList::SCALE);
        u64::try_from(price.mantissa()).ok()
    };
    // A price has at most `PriceList::SCALE` places and is for 10⁶ tokens, so this is exact.
    let per_token = |class: TokenClass| scaled(charges.of(class));
    Some(Rate {
        input: per_token(TokenClass::Input)?,
        cached: per_token(TokenClass::Cached)?,
        cache_write: per_token(TokenClass::CacheWrite)?,
        audio_input: per_token(TokenClass::AudioInput)?,
        image_input: per_token(TokenClass::ImageInput)?,
        output: per_token(TokenClass::Output)?,
        reasoning: per_token(TokenClass::Reasoning)?,
        audio_output: per_token(TokenClass::AudioOutput)?,
        image_output: per_token(TokenClass::ImageOutput)?,
        call: scaled(charges.call)?.checked_mul(PriceList::TOKENS.into())?,
    })
}

/// A hash of all that the decisions of a day rest on.
fn text_hash(terms: &Terms) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for framed in &terms.documents {
        hasher.update(blake3::hash(framed.document.text.as_bytes()).as_bytes());
    }
    for occurrence in &terms.occurrences {
        hasher.update(format!("{occurrence:?}\0").as_bytes());
    }
    hasher.finalize()
}

fn decision_id(text: &blake3::Hash, on: Date, subject: &Subject, target: &Target) -> HeaderValue {
    let mut hasher = blake3::Hasher::new();
    hasher.update(text.as_bytes());
    hasher.update(format!("{on}\0{subject:?}\0{target:?}").as_bytes());
    let id = format!("dec_{}", &hasher.finalize().to_hex()[..24]);
    HeaderValue::from_str(&id).expect("hexadecimal digits are a header's value")
}

#[cfg(test)]
mod tests {
    use terms::{Document, Source};

    use super::*;

    const DOCUMENTS: [&str; 6] = [
        include_str!("../../../examples/microsoft-openai/registry.md"),
        include_str!("../../../examples/microsoft-openai/prices.md"),
        include_str!("../../../examples/microsoft-openai/2019-partnership.md"),
        include_str!("../../../examples/microsoft-openai/2025-01-first-refusal.md"),
        include_str!("../../../examples/microsoft-openai/2025-10-recapitalisation.md"),
        include_str!("../../../examples/microsoft-openai/2026-04-open-clouds.md"),
    ];

    /// One act, one decision, wherever it is asked from.
    #[test]
    fn what_was_decided_beforehand_is_what_is_decided() {
        let source = |(number, text): (usize, &&str)| Source {
            document: Arc::new(Document::new(format!("{number}.md"), *text)),
            known: None,
        };
        let sources: Vec<_> = DOCUMENTS.iter().enumerate().map(source).collect();
        let terms = Arc::new(terms::compile(&sources).0);
        let names = |entry| -> Vec<String> {
            terms.registry.names(entry).map(str::to_string).chain(["unheard-of".into()]).collect()
        };
        let (channels, products) = (names(Entry::Channel), names(Entry::Product));
        let subjects: Vec<_> = channels
            .iter()
            .flat_map(|channel| products.iter().map(move |product| (channel, product)))
            .map(|(channel, product)| Subject {
                channel: channel.clone(),
                product: product.clone(),
            })
            .collect();
        let (models, hosts) = (names(Entry::Model), names(Entry::Cloud));
        let models: Vec<_> = models.into_iter().map(Some).chain([None]).collect();
        let targets: Vec<_> = hosts
            .iter()
            .flat_map(|host| models.iter().map(move |model| (host, model)))
            .map(|(host, model)| Target {
                model: model.clone(),
                host: host.clone(),
                region: Some("eastus".to_string()),
            })
            .collect();
        let mut seen = std::collections::BTreeSet::new();
        for day in
            ["2019-08-01", "2023-01-10", "2025-01-21", "2025-11-01", "2026-05-01", "2033-01-02"]
        {
            let now: Timestamp = format!("{day}T20:00:00Z").parse().unwrap();
            let (subjects, targets) = (subjects.clone(), targets.clone());
            let standing =
                Standing::compile(terms.clone(), Known::Everything, now, subjects, targets);
            let in_force = terms.in_force(standing.on, Known::Everything);
            for (s, subject) in standing.subjects.iter().enumerate() {
                for (t, target) in standing.targets.iter().enumerate() {
                    let expected = match acts(&terms.registry, subject, target) {
                        Ok(acts) => acts.iter().map(|act| decide(&in_force, act).verdict).max(),
                        Err(_) => Some(Verdict::Forbidden),
                    };
                    let found = standing.verdict(s, t);
                    assert_eq!(Some(found), expected, "{day} {subject:?} {target:?}");
                    seen.insert(found);
                    if let (Refusal::Decided(decision), true) =
                        (&*standing.refusal(s, t), found != Verdict::Permitted)
                    {
                        assert_eq!(decision.verdict, found);
                    }
                }
            }
        }
        assert!(seen.contains(&Verdict::Permitted) && seen.contains(&Verdict::Forbidden));
    }
}
