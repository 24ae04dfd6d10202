//! Most favoured nation: what was charged above what comparable customers pay.

use std::collections::{BTreeMap, BTreeSet};

use exact::Exact;
use jiff::civil::Date;
use terms::clause::{BetterDeal, Comparable, Favour, FavourEffect, MostFavouredNation, Tested};
use terms::value::Currency;
use terms::{Attribute, Clause, Provision};

use super::{Prices, capacity, credit, is_grantors, is_supplied, purchased};
use crate::favoured::{Against, price};
use crate::figure::{Figure, Other};
use crate::statement::holding::{Held, holding};
use crate::statement::{Input, SettleError, Step};

/// What it gives, beside a price that applies by itself; or on what it rests that is not reported.
pub(super) fn left_aside(favoured: &MostFavouredNation) -> Option<String> {
    let aside = [
        ("favour", favoured.favour != Favour::Price),
        ("effect", favoured.effect != FavourEffect::Automatic),
        ("tested", favoured.tested != Tested::Always),
        ("bigger_payer_exception", favoured.bigger_payer_exception),
        ("scale_adjustment", favoured.scale_adjustment),
        ("better_deals", favoured.better_deals != [BetterDeal::Any]),
    ];
    let aside = aside.into_iter().filter(|(_, is_aside)| *is_aside).map(|(name, _)| name);
    let aside: Vec<_> = aside.collect();
    (!aside.is_empty()).then(|| aside.join(", "))
}

pub(super) fn apply(input: &Input<'_>, prices: &mut Prices<'_>) -> Result<(), SettleError> {
    let clauses = holding(input, |provision| match provision {
        Provision::MostFavouredNation(favoured) => Some(favoured),
        _ => None,
    });
    for held in clauses {
        let (clause, favoured) = (held.clause, held.says);
        let is_price = matches!(favoured.favour, Favour::Price | Favour::AllTerms);
        let applies = is_price && favoured.effect == FavourEffect::Automatic;
        // What rests on facts that nobody reports is not guessed.
        if !applies || favoured.tested != Tested::Always {
            continue;
        }
        for currency in currencies(input, prices, &held) {
            let mut back = Back::default();
            for day in &held.days {
                apply_on(input, prices, (clause, favoured), currency, *day, &mut back);
            }
            if back.due != Exact::zero() {
                let title = format!("best price of {}", clause.id.label);
                let due = back.due.clone();
                prices.lines.push(credit(clause, title, &due, currency, back.steps())?);
            }
        }
    }
    Ok(())
}

/// What a clause comes to on a day in one currency, before any clause on volume or caps.
pub(crate) struct Standing {
    pub currency: Currency,
    pub against: Against,
    /// What the holder is charged, each by what it is for, with the price it may be charged.
    pub prices: Vec<(String, Exact, Exact)>,
}

/// What the prices of a day are held against, in each currency in which there is anything to compare.
pub(crate) fn standing(
    input: &Input<'_>,
    clause: &Clause,
    favoured: &MostFavouredNation,
    day: Date,
) -> Vec<Standing> {
    let supplied = input.capacity.iter().filter(|of| {
        of.day == day && capacity::is_between(input, clause, &clause.holder, &clause.grantor, of)
    });
    let supplied: Vec<_> = supplied.collect();
    let is_price = |figure: &&Figure| {
        [Other::ComparablePrice, Other::Price].iter().any(|kind| figure.of == (*kind).into())
            && figure.on <= day
            && figure.is_for(clause)
    };
    let priced = input.figures.iter().filter(is_price).filter_map(|of| of.amount.currency());
    let currencies: BTreeSet<Currency> =
        supplied.iter().map(|of| of.price.currency).chain(priced).collect();
    let standing = currencies.into_iter().map(|currency| {
        let lots: Vec<_> = supplied.iter().filter(|of| of.price.currency == currency).collect();
        let hours: Exact = lots.iter().map(|of| Exact::whole(of.accelerator_hours)).sum();
        let against = against(input, clause, favoured, currency, day, &hours);
        let is_meant = |figure: &Figure| is_grantors(input, clause, figure, currency);
        let asked = input.latest(Other::Price, day, is_meant);
        let asked = asked.map(|figure| (figure.id.clone(), figure.amount.number()));
        let lots = lots.into_iter().map(|of| (of.lot.clone(), of.price.amount));
        let prices = lots.chain(asked).map(|(what, charged)| {
            let charged = Exact::from(charged);
            let best = price(favoured, &charged, &against).0;
            (what, charged, best)
        });
        let prices = prices.collect();
        Standing { currency, against, prices }
    });
    standing.collect()
}

/// The currencies of what the grantor supplies to the holder in the month.
fn currencies(
    input: &Input<'_>,
    prices: &Prices<'_>,
    held: &Held<'_, MostFavouredNation>,
) -> BTreeSet<Currency> {
    let clause = held.clause;
    let supplied = prices.capacity.iter().filter(|priced| {
        held.days.contains(&priced.capacity.day)
            && is_supplied(input, clause, priced, priced.capacity.price.currency)
    });
    let asked = held.days.iter().filter_map(|day| asked_in(input, clause, *day));
    supplied.map(|priced| priced.capacity.price.currency).chain(asked).collect()
}

/// Holds the prices of a day against those of others, and lowers them.
fn apply_on(
    input: &Input<'_>,
    prices: &mut Prices<'_>,
    (clause, favoured): (&Clause, &MostFavouredNation),
    currency: Currency,
    day: Date,
    back: &mut Back,
) {
    let mut capacity: Vec<_> = prices
        .capacity
        .iter_mut()
        .filter(|priced| priced.capacity.day == day)
        .filter(|priced| is_supplied(input, clause, priced, currency))
        .collect();
    let hours: Exact = capacity.iter().map(|priced| priced.hours()).sum();
    let against = against(input, clause, favoured, currency, day, &hours);
    for priced in &mut capacity {
        let best = price(favoured, &priced.price, &against);
        back.add(&priced.price, &priced.hours(), &best);
        priced.price = best.0;
    }
    let is_meant = |figure: &Figure| is_grantors(input, clause, figure, currency);
    let asked = input.latest(Other::Price, day, is_meant);
    if let Some(asked) = asked.map(|figure| Exact::from(figure.amount.number())) {
        let best = price(favoured, &asked, &against);
        for (_, units) in purchased(input, clause).filter(|(on, _)| *on == day) {
            back.add(&asked, &units, &best);
        }
    }
}

/// What is given back, for each price charged and price allowed.
#[derive(Default)]
struct Back {
    due: Exact,
    of_price: BTreeMap<(Exact, Exact), (Exact, Vec<Step>)>,
}

impl Back {
    fn add(&mut self, charged: &Exact, units: &Exact, (best, how): &(Exact, Vec<Step>)) {
        if best < charged {
            let above = charged.clone() - best.clone();
            self.due = self.due.clone() + above * units.clone();
            let key = (charged.clone(), best.clone());
            let entry = self.of_price.entry(key).or_insert_with(|| (Exact::zero(), how.clone()));
            entry.0 = entry.0.clone() + units.clone();
        }
    }

    fn steps(self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (_, (units, how)) in self.of_price {
            steps.extend(how);
            steps.push(Step::new("units", &units));
        }
        steps.push(Step::new("charged too much", &self.due));
        steps
    }
}

/// What a day's price is held against.
fn against(
    input: &Input<'_>,
    clause: &Clause,
    favoured: &MostFavouredNation,
    currency: Currency,
    day: Date,
    hours: &Exact,
) -> Against {
    let is_meant = |figure: &Figure| is_grantors(input, clause, figure, currency);
    let latest = |kind: Other| {
        input.latest(kind, day, is_meant).map(|figure| Exact::from(figure.amount.number()))
    };
    let comparable = input.figures.iter().filter(|figure| {
        figure.of == Other::ComparablePrice.into()
            && is_meant(figure)
            && (favoured.affiliates || figure.party == clause.grantor)
            && counts(favoured, figure.on, day)
            && is_of_size(favoured, figure, hours)
    });
    let cited = comparable.map(|figure| (figure.id.clone(), figure.amount.number().into()));
    Against {
        comparable: cited.collect(),
        list: latest(Other::ListPrice),
        cost: latest(Other::UnitCost),
    }
}

/// Whether a deal of one day counts on another: as far back as the clause looks, and for as long at
/// least as its benefit lasts.
fn counts(favoured: &MostFavouredNation, deal: Date, day: Date) -> bool {
    let until = favoured.look_back.after(deal).max(favoured.benefit_period.after(deal));
    deal <= day && day < until
}

/// Whether somebody else's quantity is like the holder's on the day, in accelerators. One that is not
/// said does not keep a deal out.
fn is_of_size(favoured: &MostFavouredNation, figure: &Figure, hours: &Exact) -> bool {
    let said = figure.about.get(&Attribute::Quantity).and_then(|said| said.parse().ok());
    let Some(theirs) = said.map(|said: u64| Exact::whole(said)) else { return true };
    let ours = hours.clone().per(24);
    if ours == Exact::zero() {
        return true;
    }
    let compares = |by| favoured.comparable.contains(&by);
    let band = ours.clone() * favoured.quantity_band.fraction().into();
    let (low, high) = (ours.clone() - band.clone(), ours.clone() + band);
    let is_near = low <= theirs && theirs <= high;
    (!compares(Comparable::Quantity) || is_near)
        && (!compares(Comparable::QuantityOrLess) || theirs <= ours)
}

/// The currency in which the grantor asks a price.
fn asked_in(input: &Input<'_>, clause: &Clause, day: Date) -> Option<Currency> {
    let named = purchased(input, clause).any(|(on, _)| on == day);
    let asked = input.latest(Other::Price, day, |figure| figure.is_for(clause));
    asked.filter(|_| named)?.amount.currency()
}
