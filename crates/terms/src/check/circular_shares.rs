use rust_decimal::Decimal;

use super::reckoning::{currency, due, money};
use super::shared_day;
use crate::clause::{Intercompany, RevenueShare};
use crate::finding::Witness;
use crate::{Clause, Finding, Provision, Terms};

/// Two revenue shares, each of which counts what the other pays.
///
/// Shares in both directions are fine where what the parties pay each other does not count, as it does
/// not by default. Source: domain rules §1.10.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let shares: Vec<_> = terms.clauses.iter().filter_map(share_of).collect();
    let mut findings = Vec::new();
    for (at, &(one, share)) in shares.iter().enumerate() {
        if share.of.as_ref() == Some(&one.id) {
            let figures = "it comes to a share of what it comes to".to_string();
            findings.push(finding(one, figures));
        }
        for &(other, others) in &shares[at + 1..] {
            if counts(one, share, other)
                && counts(other, others, one)
                && shared_day(terms, one, other).is_some()
                && let Some(figures) = figures((one, share), (other, others))
            {
                let place = other.origin.label("and this one counts what that pays");
                findings.push(finding(one, figures).and(place));
            }
        }
    }
    findings
}

fn share_of(clause: &Clause) -> Option<(&Clause, &RevenueShare)> {
    match &clause.provision {
        Provision::RevenueShare(share) => Some((clause, share)),
        _ => None,
    }
}

fn finding(clause: &Clause, figures: String) -> Finding {
    let message = format!("what `{}` comes to rests on itself", clause.id);
    let place = clause.origin.label("counts what the payer is paid");
    Finding::warning("charter::share::circular", message, place)
        .witness(Witness::Figures(figures))
        .help("leave `intercompany` excluded in one of them, or name another clause in `of`")
}

/// Whether what `other` pays is in the base of `one`.
fn counts(one: &Clause, share: &RevenueShare, other: &Clause) -> bool {
    match &share.of {
        Some(of) => *of == other.id,
        None => {
            share.intercompany == Intercompany::Included
                && one.grantor == other.holder
                && one.holder == other.grantor
        }
    }
}

/// Three rounds with a revenue of 100 each, unless the third changes nothing.
fn figures(one: (&Clause, &RevenueShare), other: (&Clause, &RevenueShare)) -> Option<String> {
    let (clause, share) = one;
    let (counter, others) = other;
    if share.of.is_some() && others.of.is_some() {
        return Some("each is a share of what the other comes to, and nothing comes first".into());
    }
    let currency = currency(share)?;
    let base = Decimal::ONE_HUNDRED;
    let first = due(share, base)?;
    let back = due(others, base + first)?;
    let again = due(share, base + back)?;
    let show = |amount| money(amount, currency);
    (again != first).then(|| {
        format!(
            "with {} of revenue each, `{}` comes to {}; counting that, `{}` comes to {}; counting \
             that, `{}` comes to {}, and so on",
            show(base),
            clause.id,
            show(first),
            counter.id,
            show(back),
            clause.id,
            show(again)
        )
    })
}
