//! What customers are charged: one line for each channel, model and price list.

use std::collections::BTreeMap;

use terms::registry::{Priced, Processing, TokenClass};
use terms::{Basis, Money, Name, Parameter};

use super::{Charge, Day, Line, LineKind, SettleError, Step, rounded};
use crate::rating::Rated;
use exact::Exact;

pub(super) fn lines(rated: &[Rated<'_>]) -> Result<Vec<Line>, SettleError> {
    let mut groups: BTreeMap<(&str, &str, &Name), Vec<&Rated<'_>>> = BTreeMap::new();
    for group in rated {
        let key = (group.usage.channel.as_str(), group.usage.model.as_str(), group.priced.name);
        groups.entry(key).or_default().push(group);
    }
    groups.into_values().map(|groups| line(&groups)).collect()
}

fn line(groups: &[&Rated<'_>]) -> Result<Line, SettleError> {
    // INVARIANT: a group is made by its first member.
    let first = groups[0];
    let title = format!("{} {}", first.usage.channel, first.usage.model);
    let exact: Exact = groups.iter().map(|group| group.amount.clone()).sum();
    Ok(Line {
        kind: LineKind::Revenue,
        amount: rounded(&title, &exact, first.currency())?,
        title,
        clause: format!("price_list.{}", first.priced.name),
        document: first.priced.list.origin.document.name.clone(),
        line: first.priced.list.origin.line(),
        from: first.seller.clone(),
        to: Name::new("customers"),
        exact: exact.to_string(),
        steps: steps(groups),
        days: days(groups),
        balances: Vec::new(),
        payable: None,
        adjusts: None,
        assumed: assumed_of(first).into_iter().collect(),
    })
}

/// What was counted and at which price: calls, and tokens of each class by the way they were processed.
/// A line is by one list and of one model, so that each of them has one price.
fn steps(groups: &[&Rated<'_>]) -> Vec<Step> {
    let mut ways: BTreeMap<Processing, Vec<&Rated<'_>>> = BTreeMap::new();
    for group in groups {
        ways.entry(group.processing).or_default().push(group);
    }
    let mut steps = Vec::new();
    for (processing, groups) in ways {
        // INVARIANT: a way of processing is made by its first group.
        let Priced { list, charges, .. } = groups[0].priced;
        let front = match processing {
            Processing::Standard => String::new(),
            processing => format!("{processing}: "),
        };
        let price = |amount| Money { amount, currency: list.currency };
        let at = match charges.call.is_zero() {
            true => String::new(),
            false => format!(" at {}", price(charges.call)),
        };
        let calls: u64 = groups.iter().map(|group| group.usage.calls).sum();
        steps.push(Step::new(format!("{front}calls{at}"), &Exact::whole(calls)));
        for class in TokenClass::ALL {
            let of_class = |group: &&Rated<'_>| group.usage.tokens.by_class()[class as usize];
            let count: u128 = groups.iter().map(of_class).sum();
            if count > 0 {
                let at = price(charges.of(class));
                let name = format!("{front}{} tokens at {at} a million", class.title());
                steps.push(Step::new(name, &Exact::whole(count)));
            }
        }
    }
    steps
}

/// What is assumed about the price list of a group, if anything is.
pub(super) fn assumed_of(group: &Rated<'_>) -> Option<Parameter> {
    let assumed = group.priced.list.assumed.as_ref().or(group.priced.price.assumed.as_ref());
    Some(Parameter {
        name: "price_list".to_string(),
        value: group.priced.name.to_string(),
        basis: Basis::Assumed(assumed?.clone()),
    })
}

/// Calls and what they were charged, day by day, with the prices that gave it.
fn days(groups: &[&Rated<'_>]) -> Vec<Day> {
    let mut days = sums(groups.iter().map(|group| (*group, &group.amount)));
    for group in groups {
        let charges = group.parts.iter().map(|part| Charge {
            product: group.usage.product.clone(),
            host: group.usage.host.clone(),
            tier: group.usage.tier.clone(),
            class: part.class.clone(),
            quantity: part.quantity.to_string(),
            price: part.price,
            per: part.per,
            amount: part.amount.to_string(),
        });
        let day = days.iter_mut().find(|day| day.day == group.usage.day);
        day.expect("each group has its day").charges.extend(charges);
    }
    days
}

/// Calls and charges day by day, in one currency.
pub(super) fn sums<'r>(groups: impl Iterator<Item = (&'r Rated<'r>, &'r Exact)>) -> Vec<Day> {
    let mut days: BTreeMap<_, (u64, Exact)> = BTreeMap::new();
    for (group, charged) in groups {
        let (events, amount) = days.entry(group.usage.day).or_default();
        *events += group.usage.calls;
        *amount = std::mem::take(amount) + charged.clone();
    }
    let day = |(day, (events, amount)): (_, (u64, Exact))| Day {
        day,
        events,
        amount: amount.to_string(),
        charges: Vec::new(),
    };
    days.into_iter().map(day).collect()
}
