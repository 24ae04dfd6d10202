//! Revenue shares: one line for each clause that holds on a day of the month.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use terms::clause::RevenueShare;
use terms::value::Currency;
use terms::{Attribute, Clause, Provision};

use super::{Input, Line, LineKind, SettleError, Step, assumed, revenue};
use crate::rating::Rated;
use crate::share::{self, Before};
use exact::Exact;

/// The lines, and what had to be left out: a share that counts in a currency into which what was charged
/// cannot be converted.
///
/// A share whose tiers or caps name amounts counts in their currency, and what was charged in another is
/// converted at the rate of its day. A share that names none is due in each currency that was charged.
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
        let mut bases: BTreeMap<Currency, Vec<Charged<'_>>> = BTreeMap::new();
        let counts_in = cap_currency(share);
        bases.extend(counts_in.map(|currency| (currency, Vec::new())));
        let mut reasons = BTreeSet::new();
        for group in base {
            let currency = counts_in.unwrap_or(group.currency());
            match group.amount_in(&input.terms.registry, currency) {
                Ok(amount) => bases.entry(currency).or_default().push(Charged { group, amount }),
                Err(reason) => _ = reasons.insert(reason),
            }
        }
        if let Some(reason) = reasons.first() {
            let more = match reasons.len() {
                1 => String::new(),
                all => format!("; and {} more like it", all - 1),
            };
            left_out.push(format!("`{}` could not be computed: {reason}{more}", clause.id));
            continue;
        }
        if bases.is_empty() {
            bases.insert(Currency::USD, Vec::new());
        }
        for (currency, base) in bases {
            lines.push(line(input, clause, share, &days, currency, &base)?);
        }
    }
    Ok((lines, left_out))
}

/// Calls in a share's base, with what was charged for them in the currency the share counts in.
struct Charged<'r> {
    group: &'r Rated<'r>,
    amount: Exact,
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
    base: &[Charged<'_>],
) -> Result<Line, SettleError> {
    let sum: Exact = base.iter().map(|charged| charged.amount.clone()).sum();
    let (due, mut steps) = share::due(share, sum, &before(input, clause, currency));
    steps.splice(0..0, converted(base, currency));
    let mut title = format!("revenue share {} to {}", clause.grantor, clause.holder);
    if let (Some(first), Some(last)) = (days.first(), days.last())
        && days.len() < input.month.days().count()
    {
        title = format!("{title}, {first} to {last}");
    }
    let lists = base.iter().flat_map(|charged| revenue::assumed_of(charged.group));
    let mut assumed = assumed(clause);
    for value in lists {
        if !assumed.contains(&value) {
            assumed.push(value);
        }
    }
    let days = revenue::sums(base.iter().map(|charged| (charged.group, &charged.amount)));
    let line = Line::under(clause, LineKind::RevenueShare, title, &due, currency)?;
    Ok(Line { steps, days, assumed, ..line })
}

/// What was charged in other currencies than a share counts in, each before it is converted.
fn converted(base: &[Charged<'_>], into: Currency) -> Vec<Step> {
    let mut charged: BTreeMap<Currency, Exact> = BTreeMap::new();
    for Charged { group, .. } in base.iter().filter(|charged| charged.group.currency() != into) {
        let sum = charged.entry(group.currency()).or_default();
        *sum = std::mem::take(sum) + group.amount.clone();
    }
    let step = |(from, sum): (Currency, Exact)| {
        Step::new(format!("charged in {from}, converted to {into} day by day"), &sum)
    };
    charged.into_iter().map(step).collect()
}

/// What this very clause came to in earlier months, in this currency.
fn before(input: &Input<'_>, clause: &Clause, currency: Currency) -> Before {
    let id = clause.id.to_string();
    let mut before = Before::default();
    for earlier in input.earlier.iter().filter(|earlier| {
        earlier.kind == LineKind::RevenueShare
            && earlier.clause == id
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
