use std::collections::BTreeMap;

use super::licensed;
use super::timed::{Timed, by_parties};
use super::uncovered::{Time, uncovered};
use crate::finding::Witness;
use crate::registry::Entry;
use crate::{Act, Attribute, Finding, Kind, Terms, Verb};

/// A product is sold for longer than its owner may use what it needs.
pub(super) fn check(terms: &Terms, timed: &[Timed<'_>]) -> Vec<Finding> {
    let registry = &terms.registry;
    let licences = by_parties(timed, |clause| clause.id.kind == Kind::Licence);
    let mut findings = Vec::new();
    let needs = registry.products.iter().flat_map(|(name, product)| {
        product.needs.iter().map(move |needed| (name, product, needed))
    });
    for (name, product, needed) in needs {
        let asset = registry.assets.get(needed).map(|asset| (Attribute::Asset, &asset.owner));
        let model = || registry.models.get(needed).map(|model| (Attribute::Model, &model.owner));
        let Some((attribute, owner)) = asset.or_else(model) else { continue };
        if registry.is_affiliate(product.owner.as_str(), owner.as_str()) {
            continue;
        }
        let stated = BTreeMap::from([
            (attribute, needed.to_string()),
            (Attribute::Product, name.to_string()),
        ]);
        let act = Act::new(Verb::Use, product.owner.clone(), stated).completed(registry);
        let held = licensed(terms, &licences, owner, &act);
        let times: Vec<_> = held.iter().map(Timed::time).collect();
        let Some(begins) = times.iter().map(|time| time.begins).min() else { continue };
        let needs = Time { begins, ends: product.until };
        let Some((on, last)) = uncovered(&times, needs) else { continue };
        let Some(origin) = registry.origin(Entry::Product, name) else { continue };
        let sold = product.until.map_or("without an end".to_string(), |day| format!("to {day}"));
        let message = format!("product `{name}` needs `{needed}` for longer than it is licensed");
        let finding = Finding::warning(
            "charter::licence::ends-before",
            message,
            origin.label(format!("sold {sold}")),
        );
        findings.push(
            finding
                .and(held[last].clause.origin.label(format!("no longer holds on {on}")))
                .witness(Witness::Act { act, on })
                .help("let the licence last longer, or say with `until` how long it is sold"),
        );
    }
    findings
}
