//! Which of a source's models are taken over, and from when on each of their prices holds.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;
use terms::registry::{Processing, TokenClass};

use super::source::{Amounts, LeftOut, Listed, Priced, Source};

/// A model to take over.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// By which name the agreement knows it.
    pub name: String,
    /// By which name the source does.
    pub key: String,
}

/// What is taken over.
#[derive(Debug, Default)]
pub struct Chosen {
    /// By the day from which on they hold: models with what they cost.
    pub lists: BTreeMap<Date, Vec<Taken>>,
    /// Models that are not taken over.
    pub missing: Vec<Missing>,
    /// What is left out of those that are, and why others are not.
    pub left_out: Vec<LeftOut>,
}

/// A model with what it costs.
#[derive(Debug)]
pub struct Taken {
    /// By which name the agreement knows it.
    pub name: String,
    /// What it costs; standard processing has a price of what is read and one of what is written.
    pub amounts: Amounts,
    /// Whether its price of what is written is made up, as it writes nothing.
    pub only_reads: bool,
}

/// A model that is not taken over.
#[derive(Debug, Serialize)]
pub struct Missing {
    /// By which name the agreement knows it.
    pub model: String,
    /// Why.
    pub why: String,
}

const READ: Priced = Priced::Tokens(TokenClass::Input);
const WRITTEN: Priced = Priced::Tokens(TokenClass::Output);

/// Takes over what is wanted, with the prices that hold on a day and those that follow.
pub fn choose(source: &Source, wanted: &[Wanted], provider: Option<&str>, from: Date) -> Chosen {
    let mut chosen = Chosen::default();
    for Wanted { name, key } in wanted {
        let taken = find(source, key, provider).and_then(|listed| {
            chosen.left_out.extend(listed.left_out.iter().cloned());
            periods(listed, name, from)
        });
        match taken {
            Ok(periods) => {
                for (day, taken) in periods {
                    chosen.lists.entry(day).or_default().push(taken);
                }
            }
            Err(why) => chosen.missing.push(Missing { model: name.clone(), why }),
        }
    }
    chosen
}

/// The model a name means: the one that is called just so, or else one of some provider's.
fn find<'a>(source: &'a Source, key: &str, provider: Option<&str>) -> Result<&'a Listed, String> {
    let of_provider =
        |listed: &&Listed| provider.is_none_or(|provider| listed.provider == provider);
    let listed = || source.listed.iter().filter(of_provider);
    if let Some(found) = listed().find(|listed| listed.key == key) {
        return Ok(found);
    }
    let found: Vec<_> = listed().filter(|listed| listed.model == key).collect();
    match found[..] {
        [found] => Ok(found),
        [] => Err(match provider {
            Some(provider) => format!("the source lists no `{key}` of `{provider}`"),
            None => format!("the source lists no `{key}`"),
        }),
        _ => {
            let mut providers: Vec<_> =
                found.iter().map(|listed| format!("`{}`", listed.provider)).collect();
            providers.dedup();
            Err(format!(
                "the source lists `{key}` of {}; say of which with `--provider`",
                providers.join(", ")
            ))
        }
    }
}

/// What a model costs from a day on, and what from each later day on which that changes.
fn periods(listed: &Listed, name: &str, from: Date) -> Result<Vec<(Date, Taken)>, String> {
    if let Some(needed) = listed.left_out.iter().find(|left_out| left_out.is_needed) {
        return Err(format!("its `{}` of {}: {}", needed.what, needed.value, needed.why));
    }
    let mut taken: Vec<(Date, Taken)> = Vec::new();
    let held = listed.periods.iter().rposition(|(day, _)| day.is_none_or(|day| day <= from));
    for (day, amounts) in &listed.periods[held.unwrap_or(0)..] {
        let day = day.map_or(from, |day| day.max(from));
        let mut amounts = amounts.clone();
        let has = |priced| {
            amounts.get(&Processing::Standard).is_some_and(|stated| stated.contains_key(&priced))
        };
        if !has(READ) {
            return Err("the source has no price of input tokens".to_string());
        }
        let only_reads = !has(WRITTEN);
        if only_reads && !listed.only_reads {
            return Err("the source has no price of output tokens".to_string());
        }
        for stated in amounts.values_mut() {
            stated.entry(WRITTEN).or_insert(Decimal::ZERO);
        }
        if taken.last().is_none_or(|(_, before)| before.amounts != amounts) {
            taken.push((day, Taken { name: name.to_string(), amounts, only_reads }));
        }
    }
    match taken.is_empty() {
        true => Err("the source has no price of it".to_string()),
        false => Ok(taken),
    }
}
