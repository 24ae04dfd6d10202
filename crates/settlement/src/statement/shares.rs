//! Revenue shares: one line for each clause that holds on a day of the month.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use terms::clause::RevenueShare;
use terms::value::Currency;
use terms::{Attribute, Clause, Provision};

use super::{Input, Line, LineKind, SettleError, assumed, revenue, rounded};
use crate::rating::Rated;
use crate::share::{self, Before};
use exact::Exact;

/// The lines, and what had to be left out: a share whose caps are in another currency than what was
/// charged.
pub(super) fn lines(
    input: &Input<'_>,
    rated: &[Rated<'_>],
) -> Result<(Vec<Line>, Vec<String>), SettleError> {
    let mut lines = Vec::new();
    let mut left_out = Vec::new();
    for (clause, share, days) in clauses(input) {
        let base: Vec<_> = rated
            .iter()
            .filter(|group| days.contains(&group.usage.day) && is_in_base(input, clause, group))
            .collect();
        let mut currencies: BTreeSet<_> = base.iter().map(|group| group.currency()).collect();
        if currencies.is_empty() {
            currencies.insert(cap_currency(share).unwrap_or(Currency::USD));
        }
        for currency in currencies {
            if let Some(caps) = cap_currency(share).filter(|caps| *caps != currency) {
                let id = &clause.id;
                left_out
                    .push(format!("`{id}` counts in {caps}, and {currency} was charged under it"));
                continue;
            }
            let base = base.iter().copied().filter(|group| group.currency() == currency);
            lines.push(line(input, clause, share, &days, currency, &base.collect::<Vec<_>>())?);
        }
    }
    Ok((lines, left_out))
}

/// The revenue shares that hold on some day of the month, each with its days. A clause that is
/// replaced within the month gives two lines, each for its own days.
fn clauses<'a>(input: &Input<'a>) -> Vec<(&'a Clause, &'a RevenueShare, BTreeSet<Date>)> {
    let mut found: Vec<(&Clause, &RevenueShare, BTreeSet<Date>)> = Vec::new();
    for day in input.month.days() {
        for clause in input.terms.in_force(day, input.known).clauses {
            let Provision::RevenueShare(share) = &clause.provision else { continue };
            match found.iter_mut().find(|(known, ..)| std::ptr::eq(*known, clause)) {
                Some((.., days)) => {
                    days.insert(day);
                }
                None => found.push((clause, share, BTreeSet::from([day]))),
            }
        }
    }
    found
}

/// Whether a group of calls is the payer's revenue and falls in the clause's scope.
fn is_in_base(input: &Input<'_>, clause: &Clause, group: &Rated<'_>) -> bool {
    let registry = &input.terms.registry;
    let usage = group.usage;
    let mut point = BTreeMap::from([
        (Attribute::Channel, usage.channel.as_str()),
        (Attribute::Product, usage.product.as_str()),
        (Attribute::Model, usage.model.as_str()),
        (Attribute::Host, usage.host.as_str()),
    ]);
    if let Some(channel) = registry.channels.get(usage.channel.as_str()) {
        point.insert(Attribute::Service, channel.service.as_str());
    }
    registry.is_affiliate(group.seller.as_str(), clause.grantor.as_str())
        && clause.scope.holds(&point)
}

fn line(
    input: &Input<'_>,
    clause: &Clause,
    share: &RevenueShare,
    days: &BTreeSet<Date>,
    currency: Currency,
    base: &[&Rated<'_>],
) -> Result<Line, SettleError> {
    let sum: Exact = base.iter().map(|group| group.amount.clone()).sum();
    let (due, steps) = share::due(share, sum, &before(input, clause, currency));
    let mut title = format!("revenue share {} to {}", clause.grantor, clause.holder);
    if let (Some(first), Some(last)) = (days.first(), days.last())
        && days.len() < input.month.days().count()
    {
        title = format!("{title}, {first} to {last}");
    }
    let lists = base.iter().flat_map(|group| revenue::assumed_of(group));
    let mut assumed = assumed(clause);
    for value in lists {
        if !assumed.contains(&value) {
            assumed.push(value);
        }
    }
    Ok(Line {
        kind: LineKind::RevenueShare,
        amount: rounded(&title, &due, currency)?,
        title,
        clause: clause.id.to_string(),
        document: clause.origin.document.name.clone(),
        line: clause.origin.line(),
        from: clause.grantor.clone(),
        to: clause.holder.clone(),
        exact: due.to_string(),
        steps,
        days: revenue::sums(base.iter().copied()),
        assumed,
    })
}

/// What this very clause came to in earlier months, in this currency.
fn before(input: &Input<'_>, clause: &Clause, currency: Currency) -> Before {
    let id = clause.id.to_string();
    let mut before = Before::default();
    for earlier in input.earlier.iter().filter(|earlier| {
        earlier.clause == id
            && earlier.document == clause.origin.document.name
            && earlier.month < input.month
            && earlier.amount.currency == currency
    }) {
        let amount = Exact::from(earlier.amount.amount);
        if earlier.month.year() == input.month.year() {
            before.in_year = before.in_year + amount.clone();
        }
        before.in_total = before.in_total + amount;
    }
    before
}

/// The currency a clause counts in, if it names amounts.
fn cap_currency(share: &RevenueShare) -> Option<Currency> {
    share.amounts().map(|money| money.currency).next()
}
