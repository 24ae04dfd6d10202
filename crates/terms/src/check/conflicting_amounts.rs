use jiff::civil::Date;
use rust_decimal::Decimal;

use super::reckoning::{after, currency, money, months, most_within, sum};
use super::shared_day;
use crate::clause::{Funding, MinimumGuarantee, RevenueShare};
use crate::finding::Witness;
use crate::{Bound, Clause, Finding, Known, Money, Provision, Terms};

/// Caps, floors and guarantees of one time, of which one is broken whatever is paid.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let mut findings: Vec<_> = terms
        .clauses
        .iter()
        .filter_map(|clause| Some(finding(clause, alone(terms, clause)?)))
        .collect();
    findings.extend(prices(terms));
    findings
}

fn finding(clause: &Clause, figures: String) -> Finding {
    let message = format!("the amounts of `{}` cannot all hold", clause.id);
    let place = clause.origin.label("whatever is paid, one of them is broken");
    Finding::error("charter::money::cannot-all-hold", message, place)
        .witness(Witness::Figures(figures))
        .help("raise the higher bound, or lower the other")
}

/// What cannot hold within one clause.
fn alone(terms: &Terms, clause: &Clause) -> Option<String> {
    match &clause.provision {
        Provision::RevenueShare(share) => share
            .minimum_guarantees
            .iter()
            .find_map(|least| guaranteed(terms, clause, share, least)),
        Provision::LiquidatedDamages(damages) => {
            let (least, most) = (damages.minimum?, damages.maximum?);
            is_above(least, most).then(|| format!("{least} is the least and {most} the most"))
        }
        Provision::Funding(funding) => tranches(funding),
        _ => None,
    }
}

/// A guarantee above what the caps of the same time let through.
fn guaranteed(
    terms: &Terms,
    clause: &Clause,
    share: &RevenueShare,
    least: &MinimumGuarantee,
) -> Option<String> {
    let currency = currency(share)?;
    let show = |amount| money(amount, currency);
    if let Some(cap) = share.cap_total.filter(|cap| is_above(least.amount, *cap)) {
        let (amount, period) = (least.amount, least.period);
        return Some(format!("{amount} is guaranteed for {period}, and {cap} is the most in all"));
    }
    let from = match least.from {
        None => terms.begins(clause)?,
        Some(Bound::On(day)) => day.max(terms.begins(clause)?),
        Some(Bound::When(_)) => return None,
    };
    let ends = terms.ends(clause, Known::Everything);
    let last = match least.until {
        Some(Bound::On(day)) => Some(ends.map_or(day, |ends| ends.min(day))),
        _ => ends,
    };
    let period = months(least.period).filter(|months| *months > 0)?;
    let mut amount = least.amount.amount;
    let mut total = Decimal::ZERO;
    // What a guarantee that rises comes to is looked at for ten periods, as contracts are.
    for periods in 1..=10 {
        let until = after(from, period.checked_mul(periods)?)?;
        if last.is_some_and(|last| last < until) {
            return None;
        }
        total = total.checked_add(amount)?;
        let most = most_within(share, from, until)?;
        if most < total {
            let (total, most) = (show(total), show(most));
            return Some(format!(
                "from {from} until {until} {total} is guaranteed, and the caps let {most} through"
            ));
        }
        amount = amount.checked_mul(Decimal::ONE + least.escalator.fraction())?;
    }
    None
}

/// Parts that come to more than the whole.
fn tranches(funding: &Funding) -> Option<String> {
    let whole = funding.amount?;
    let parts = funding.tranches.iter().map(|tranche| tranche.amount);
    let parts = parts.filter(|part| part.currency == whole.currency).map(|part| part.amount);
    let sum = money(sum(parts)?, whole.currency);
    is_above(sum, whole).then(|| format!("the tranches come to {sum}, and {whole} is the whole"))
}

/// What a price may not go below or above.
#[derive(Clone, Copy)]
struct Limits<'a> {
    clause: &'a Clause,
    floor: Option<Money>,
    ceiling: Option<Money>,
}

impl<'a> Limits<'a> {
    fn of(clause: &'a Clause) -> Option<Limits<'a>> {
        let (floor, ceiling) = match &clause.provision {
            Provision::PriceCap(cap) => (cap.floor, cap.ceiling),
            Provision::MostFavouredNation(favoured) => (favoured.cost_floor, None),
            _ => return None,
        };
        Some(Limits { clause, floor, ceiling })
    }
}

/// A floor of prices above a ceiling of the same prices, in one clause or in two.
fn prices(terms: &Terms) -> Vec<Finding> {
    let limits: Vec<_> = terms.clauses.iter().filter_map(Limits::of).collect();
    let mut findings = Vec::new();
    for low in &limits {
        for high in &limits {
            let (Some(floor), Some(ceiling)) = (low.floor, high.ceiling) else { continue };
            if !is_above(floor, ceiling) {
                continue;
            }
            let figures = format!("a price is {floor} at least and {ceiling} at most");
            if std::ptr::eq(low.clause, high.clause) {
                findings.push(finding(low.clause, figures));
            } else if let Some(day) = same_prices(terms, low.clause, high.clause) {
                let figures = format!("{figures} on {day}");
                let place = high.clause.origin.label("under this ceiling");
                findings.push(finding(low.clause, figures).and(place));
            }
        }
    }
    findings
}

/// The first day on which two clauses limit the same prices between the same parties.
fn same_prices(terms: &Terms, one: &Clause, other: &Clause) -> Option<Date> {
    let same =
        one.grantor == other.grantor && one.holder == other.holder && one.scope.meets(&other.scope);
    same.then(|| shared_day(terms, one, other))?
}

fn is_above(one: Money, other: Money) -> bool {
    one.currency == other.currency && one.amount > other.amount
}
