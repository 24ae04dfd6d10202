//! What customers are charged: one line for each channel, model and price list.

use std::collections::BTreeMap;

use terms::registry::PriceList;
use terms::{Basis, Name, Parameter};

use super::{Charge, Day, Line, LineKind, SettleError, Step, rounded};
use crate::rating::Rated;
use exact::Exact;

pub(super) fn lines(rated: &[Rated<'_>]) -> Result<Vec<Line>, SettleError> {
    let mut groups: BTreeMap<(&str, &str, &Name), Vec<&Rated<'_>>> = BTreeMap::new();
    for group in rated {
        let key = (group.usage.channel.as_str(), group.usage.model.as_str(), group.list_name);
        groups.entry(key).or_default().push(group);
    }
    groups.into_values().map(|groups| line(&groups)).collect()
}

fn line(groups: &[&Rated<'_>]) -> Result<Line, SettleError> {
    // INVARIANT: a group is made by its first member.
    let first = groups[0];
    let title = format!("{} {}", first.usage.channel, first.usage.model);
    let exact: Exact = groups.iter().map(|group| group.amount.clone()).sum();
    let tokens = |of: fn(&Rated<'_>) -> u128| {
        Exact::whole(groups.iter().map(|group| of(group)).sum::<u128>())
    };
    let calls: u64 = groups.iter().map(|group| group.usage.events).sum();
    Ok(Line {
        kind: LineKind::Revenue,
        amount: rounded(&title, &exact, first.currency())?,
        title,
        clause: format!("price_list.{}", first.list_name),
        document: first.list.origin.document.name.clone(),
        line: first.list.origin.line(),
        from: first.seller.clone(),
        to: Name::new("customers"),
        exact: exact.to_string(),
        steps: vec![
            Step::new("calls", &Exact::whole(calls)),
            Step::new("input tokens", &tokens(|group| group.usage.input_tokens)),
            Step::new("cached input tokens", &tokens(|group| group.usage.cached_input_tokens)),
            Step::new("output tokens", &tokens(|group| group.usage.output_tokens)),
        ],
        days: days(groups),
        assumed: assumed_of(first).into_iter().collect(),
    })
}

/// What is assumed about the price list of a group, if anything is.
pub(super) fn assumed_of(group: &Rated<'_>) -> Option<Parameter> {
    Some(Parameter {
        name: "price_list".to_string(),
        value: group.list_name.to_string(),
        basis: Basis::Assumed(group.list.assumed.clone()?),
    })
}

/// Calls and what they were charged, day by day, with the prices that gave it.
fn days(groups: &[&Rated<'_>]) -> Vec<Day> {
    let mut days = sums(groups.iter().copied());
    for group in groups {
        let charges = group.parts.iter().map(|part| Charge {
            product: group.usage.product.clone(),
            host: group.usage.host.clone(),
            class: part.class.to_string(),
            quantity: part.tokens.to_string(),
            price: part.price,
            per: PriceList::TOKENS,
            amount: part.amount.to_string(),
        });
        let day = days.iter_mut().find(|day| day.day == group.usage.day);
        day.expect("each group has its day").charges.extend(charges);
    }
    days
}

/// Calls and what they were charged, day by day.
pub(super) fn sums<'r>(groups: impl Iterator<Item = &'r Rated<'r>>) -> Vec<Day> {
    let mut days: BTreeMap<_, (u64, Exact)> = BTreeMap::new();
    for group in groups {
        let (events, amount) = days.entry(group.usage.day).or_default();
        *events += group.usage.events;
        *amount = std::mem::take(amount) + group.amount.clone();
    }
    let day = |(day, (events, amount)): (_, (u64, Exact))| Day {
        day,
        events,
        amount: amount.to_string(),
        charges: Vec::new(),
    };
    days.into_iter().map(day).collect()
}
