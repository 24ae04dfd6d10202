use std::collections::BTreeMap;

use super::timed::{ByParties, Timed, by_parties};
use super::uncovered::uncovered;
use super::{are_one_side, licensed};
use crate::finding::Witness;
use crate::registry::Entry;
use crate::{Act, Attribute, Finding, Kind, Name, Terms, Verb};

/// Revenue of a channel is shared for longer than its seller may sell on it.
pub(super) fn check(terms: &Terms, timed: &[Timed<'_>]) -> Vec<Finding> {
    let licences = by_parties(timed, |clause| clause.id.kind == Kind::Licence);
    let shares = timed.iter().filter(|one| one.clause.id.kind == Kind::RevenueShare);
    // What a seller may sell is the same for every share on the channel.
    let mut sales = BTreeMap::new();
    let mut findings = Vec::new();
    for share in shares {
        for (name, channel) in &terms.registry.channels {
            let point = BTreeMap::from([(Attribute::Channel, name.as_str())]);
            if !are_one_side(terms, &channel.seller, &share.clause.grantor)
                || !share.clause.scope.holds(&point)
            {
                continue;
            }
            let (act, held) = sales.entry(name).or_insert_with(|| resale(terms, &licences, name));
            let Some(act) = act else { continue };
            let times: Vec<_> = held.iter().map(Timed::time).collect();
            let Some((on, last)) = uncovered(&times, share.time()) else { continue };
            let ended = held[last].clause;
            let message = format!(
                "`{}` shares what `{name}` brings in, and `{}` may no longer sell on it",
                share.clause.id, channel.seller
            );
            let place = share.clause.origin.label("goes on");
            let finding = Finding::warning("charter::channel::ends-before", message, place)
                .and(ended.origin.label("has ended by then"));
            let finding = match terms.registry.origin(Entry::Channel, name) {
                Some(origin) => finding.and(origin.label("this channel")),
                None => finding,
            };
            findings.push(finding.witness(Witness::Act { act: act.clone(), on }).help(
                "let the licence last as long as the share, or end the share with the licence",
            ));
        }
    }
    findings
}

/// The act of selling on a channel, if its seller needs a licence for it, and those that hold it.
fn resale<'a>(
    terms: &Terms,
    licences: &ByParties<'a>,
    channel: &Name,
) -> (Option<Act>, Vec<Timed<'a>>) {
    let registry = &terms.registry;
    let resale = || {
        let sold = registry.channels.get(channel)?;
        let owner = &registry.services.get(&sold.service)?.owner;
        let stated = BTreeMap::from([
            (Attribute::Service, sold.service.to_string()),
            (Attribute::Channel, channel.to_string()),
        ]);
        let act = Act::new(Verb::Resell, sold.seller.clone(), stated);
        let is_own = registry.is_affiliate(sold.seller.as_str(), owner.as_str());
        let held = licensed(terms, licences, owner, &act);
        (!is_own).then_some((Some(act), held))
    };
    resale().unwrap_or_default()
}
