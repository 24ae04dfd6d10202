use jiff::civil::Date;
use rust_decimal::Decimal;

use super::reckoning::{currency, money, most_within, sum};
use crate::clause::{Advance, RevenueShare};
use crate::finding::Witness;
use crate::value::Currency;
use crate::{Bound, Clause, Finding, Known, Provision, Terms};

/// A recoupable advance that is more than what may ever fall due to recoup it from.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let endless = terms.clauses.iter().filter_map(|clause| {
        let Provision::RevenueShare(share) = &clause.provision else { return None };
        let currency = currency(share)?;
        let recoupable: Vec<_> =
            share.advances.iter().filter(|advance| advance.recoupable).collect();
        let figures = recoupable.iter().find_map(|advance| {
            late(terms, clause, advance).or_else(|| growing(share, advance, currency))
        });
        let figures =
            figures.or_else(|| above_caps(terms, clause, share, &recoupable, currency))?;
        let message = format!("the advance of `{}` is never recouped", clause.id);
        let place = clause.origin.label("too little ever falls due under it");
        let finding = Finding::warning("charter::recoupment::never-finishes", message, place);
        Some(finding.witness(Witness::Figures(figures)).help(
            "lower the advance, raise the cap, give it more time, or write `recoupable = false`",
        ))
    });
    endless.collect()
}

/// Paid when nothing falls due any more.
fn late(terms: &Terms, clause: &Clause, advance: &Advance) -> Option<String> {
    let Some(Bound::On(due)) = advance.due else { return None };
    let ends = ends(terms, clause).filter(|ends| *ends <= due)?;
    Some(format!("{} is paid on {due}, and the clause ends on {ends}", advance.amount))
}

/// The day it begins, or what it takes the place of does: that has recouped as well.
fn begins(terms: &Terms, clause: &Clause) -> Option<Date> {
    let replaced = clause.replaces.iter().flat_map(|(id, _)| terms.versions(id));
    replaced.chain([clause]).filter_map(|version| terms.begins(version)).min()
}

/// The day it ends, unless another takes its place and goes on recouping.
fn ends(terms: &Terms, clause: &Clause) -> Option<Date> {
    let is_replaced =
        terms.replacing(&clause.id).any(|other| terms.is_later(other.document, clause.document));
    terms.ends(clause, Known::Everything).filter(|_| !is_replaced)
}

/// Interest of a year that is no less than what a year may recoup.
fn growing(share: &RevenueShare, advance: &Advance, currency: Currency) -> Option<String> {
    let interest = advance.amount.amount.checked_mul(advance.interest.fraction())?;
    let recouped = share.cap_per_year?.amount.checked_mul(advance.recoupment.fraction())?;
    (interest >= recouped && !interest.is_zero()).then(|| {
        format!(
            "{} bears {} of interest a year, and at most {} is recouped",
            advance.amount,
            money(interest, currency),
            money(recouped, currency)
        )
    })
}

/// More than the caps let through while the clause holds, interest aside.
fn above_caps(
    terms: &Terms,
    clause: &Clause,
    share: &RevenueShare,
    advances: &[&Advance],
    currency: Currency,
) -> Option<String> {
    let paid = sum(advances.iter().map(|advance| advance.amount.amount))?;
    let kept_back = sum(advances.iter().map(|advance| advance.recoupment.fraction()))?;
    let life = begins(terms, clause).zip(ends(terms, clause)).filter(|(from, until)| from < until);
    let in_time =
        life.and_then(|(from, until)| Some((most_within(share, from, until)?, Some(until))));
    let in_all = share.cap_total.map(|cap| (cap.amount, None));
    let (most, until) = in_time.into_iter().chain(in_all).min()?;
    let recouped = most.checked_mul(kept_back.min(Decimal::ONE))?;
    let when = until.map_or("in all".to_string(), |until| format!("until {until}"));
    (paid > recouped).then(|| {
        format!(
            "{} is paid ahead, and {} is recouped at most {when}",
            money(paid, currency),
            money(recouped, currency)
        )
    })
}
