use std::collections::BTreeMap;

use super::are_one_side;
use super::timed::Timed;
use super::uncovered::{Time, uncovered};
use crate::finding::Witness;
use crate::registry::PriceList;
use crate::{Attribute, Finding, Kind, Name, Terms};

/// Revenue of a channel is shared for longer than there are prices on it: its calls cannot be rated.
pub(super) fn check(terms: &Terms, timed: &[Timed<'_>]) -> Vec<Finding> {
    let mut lists: BTreeMap<&Name, Vec<(&Name, &PriceList)>> = BTreeMap::new();
    for (name, list) in &terms.registry.price_lists {
        for channel in &list.channels {
            lists.entry(channel).or_default().push((name, list));
        }
    }
    let shares = timed.iter().filter(|one| one.clause.id.kind == Kind::RevenueShare);
    let mut findings = Vec::new();
    for share in shares {
        for (name, lists) in &lists {
            let Some(channel) = terms.registry.channels.get(*name) else { continue };
            let point = BTreeMap::from([(Attribute::Channel, name.as_str())]);
            if !are_one_side(terms, &channel.seller, &share.clause.grantor)
                || !share.clause.scope.holds(&point)
            {
                continue;
            }
            let times = lists.iter().map(|(_, list)| Time { begins: list.from, ends: list.until });
            let times: Vec<_> = times.collect();
            let Some((on, last)) = uncovered(&times, share.time()) else { continue };
            let (list_name, list) = lists[last];
            let message = format!(
                "`{}` shares what `{name}` brings in, and no price list holds there from {on} on",
                share.clause.id
            );
            let place = share.clause.origin.label("goes on");
            findings.push(
                Finding::warning("charter::price::ends-before", message, place)
                    .and(list.origin.label(format!("`{list_name}` has ended by then")))
                    .witness(Witness::Day(on))
                    .help("write the list that follows, or let this one last as long as the share"),
            );
        }
    }
    findings
}
