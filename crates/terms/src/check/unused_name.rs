use std::collections::BTreeSet;

use crate::fields::Collected;
use crate::registry::Entry;
use crate::{Finding, Name, Terms};

/// What only other terms can use. Acts, usage and prices name clouds, models, services, channels
/// and products, and sites and streams say what is, so these are never of no use.
const FOR_TERMS: &[Entry] = &[Entry::Party, Entry::Asset, Entry::Calendar];

/// Definitions that nothing refers to: one note for each document that has some.
///
/// There are none without an agreement that could refer to them.
pub(crate) fn check(terms: &Terms, read: &Collected) -> Vec<Finding> {
    if terms.agreements().next().is_none() {
        return Vec::new();
    }
    let references = read.references.iter();
    let used: BTreeSet<_> = references
        .flat_map(|reference| reference.entries.iter().map(|entry| (*entry, &reference.name)))
        .collect();
    let bounds: BTreeSet<_> = read.conditions.iter().map(|(name, _)| name).collect();
    let registered = FOR_TERMS.iter().flat_map(|entry| {
        let used = &used;
        terms.registry.names(*entry).filter_map(move |name| {
            let name = Name::new(name);
            let origin = terms.registry.origin(*entry, &name)?;
            (!used.contains(&(*entry, &name))).then(|| (format!("{entry} `{name}`"), origin))
        })
    });
    let conditions = terms.conditions.iter().filter(|(name, _)| !bounds.contains(name));
    let conditions = conditions
        .filter_map(|(name, said)| Some((format!("condition `{name}`"), &said.first()?.origin)));
    super::one_a_document(
        "charter::name::unused",
        registered.chain(conditions),
        "nothing refers to",
        "not used",
        "refer to them, or take them out",
    )
}
