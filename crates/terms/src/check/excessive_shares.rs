use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::reckoning::{currency, due, money, sum};
use super::timed::Timed;
use crate::clause::{Base, Deduction, Profit, ProfitParticipation, Reduction, RevenueShare};
use crate::finding::Witness;
use crate::value::Currency;
use crate::{Bound, Clause, Finding, Name, Provision};

/// Shares of one party's revenue or profit that together come to more than that.
pub(super) fn check(timed: &[Timed<'_>]) -> Vec<Finding> {
    let mut bases: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for one in timed {
        if let Some(part) = Part::of(one.clause) {
            bases.entry((part.payer(), part.of)).or_default().push((part, *one));
        }
    }
    bases.into_values().filter_map(|parts| first_excess(&parts)).collect()
}

/// What a share is of, as far as two of them can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    /// Gross and net revenue: with nothing deducted they are the same.
    Revenue,
    Margin,
    Ebit,
    Ebitda,
    Profit,
}

/// A clause by which a part of a base is due.
#[derive(Clone, Copy)]
struct Part<'a> {
    clause: &'a Clause,
    of: Of,
    rule: Rule<'a>,
}

#[derive(Clone, Copy)]
enum Rule<'a> {
    Share(&'a RevenueShare),
    Participation(&'a ProfitParticipation),
}

impl<'a> Part<'a> {
    /// None for what is not a part of a base of the payer's own.
    fn of(clause: &'a Clause) -> Option<Part<'a>> {
        let (of, rule) = match &clause.provision {
            Provision::RevenueShare(share) if is_of_its_own(share) => {
                let of = match share.base {
                    Base::Gross | Base::Net => Of::Revenue,
                    Base::GrossMargin => Of::Margin,
                    Base::Ebit => Of::Ebit,
                    Base::Ebitda => Of::Ebitda,
                    Base::Profit => Of::Profit,
                };
                (of, Rule::Share(share))
            }
            Provision::ProfitParticipation(participation) => {
                let of = match participation.profit {
                    Profit::GrossProfit => Of::Margin,
                    Profit::Ebit => Of::Ebit,
                    Profit::Ebitda => Of::Ebitda,
                    Profit::NetProfit => Of::Profit,
                };
                (of, Rule::Participation(participation))
            }
            _ => return None,
        };
        Some(Part { clause, of, rule })
    }

    fn payer(&self) -> &'a Name {
        &self.clause.grantor
    }

    /// What is due of a base that is the first there is.
    fn due(&self, base: Decimal) -> Option<Decimal> {
        match self.rule {
            Rule::Share(share) => due(share, base),
            Rule::Participation(participation) => {
                let threshold = participation.threshold.map_or(Decimal::ZERO, |t| t.amount);
                let above = base.checked_sub(threshold)?.max(Decimal::ZERO);
                above.checked_mul(participation.share.fraction())
            }
        }
    }

    /// The currency it counts in: none if any, an error if several.
    fn currency(&self) -> Result<Option<Currency>, ()> {
        match self.rule {
            Rule::Share(share) if share.amounts().next().is_none() => Ok(None),
            Rule::Share(share) => currency(share).map(Some).ok_or(()),
            Rule::Participation(participation) => Ok(participation.threshold.map(|t| t.currency)),
        }
    }

    /// Amounts at which what is due changes its course.
    fn bends(&self) -> Vec<Decimal> {
        match self.rule {
            Rule::Share(share) => share.amounts().map(|money| money.amount).collect(),
            Rule::Participation(participation) => {
                participation.threshold.iter().map(|money| money.amount).collect()
            }
        }
    }
}

/// Whether a share is of the payer's own base, whatever others are paid, and at the stated rate as long
/// as nothing happens.
fn is_of_its_own(share: &RevenueShare) -> bool {
    let pays_others =
        |what: &Deduction| matches!(what, Deduction::Commissions | Deduction::ThirdPartyRoyalties);
    let on_an_event = |reduction: &Reduction| {
        matches!(reduction.event, Some(Bound::When(_))) || reduction.once_paid.is_some()
    };
    share.of.is_none()
        && share.pool.is_none()
        && !share.deductions.iter().any(pays_others)
        && share.reductions.iter().all(on_an_event)
}

/// Parts with a common scope that come to more than their base, if there are such. Only on a day on
/// which a part begins may more be owed than on the day before.
fn first_excess(parts: &[(Part<'_>, Timed<'_>)]) -> Option<Finding> {
    let mut order: Vec<_> = (0..parts.len()).collect();
    order.sort_by_key(|at| parts[*at].1.begins);
    // With those of one day and scope the same others hold.
    let mut seen = BTreeSet::new();
    order.retain(|at| seen.insert((parts[*at].1.begins, parts[*at].0.clause.scope.cubes())));
    order.into_iter().find_map(|at| {
        let day = parts[at].1.begins;
        let mut scope = parts[at].0.clause.scope.clone();
        let mut together = vec![at];
        for (other, (part, time)) in parts.iter().enumerate() {
            if other != at && time.holds(day) && scope.meets(&part.clause.scope) {
                scope = scope.intersect(&part.clause.scope);
                together.push(other);
            }
        }
        together.sort_unstable();
        let together: Vec<_> = together.into_iter().map(|at| parts[at].0).collect();
        exceeding(&together, day)
    })
}

fn exceeding(parts: &[Part<'_>], day: Date) -> Option<Finding> {
    let currencies: Result<BTreeSet<_>, ()> = parts.iter().map(Part::currency).collect();
    let mut currencies = currencies.ok()?.into_iter().flatten();
    let currency = currencies.next().unwrap_or(Currency::USD);
    if currencies.next().is_some() {
        return None;
    }
    let bends = parts.iter().flat_map(Part::bends);
    let bases = bends.flat_map(|bend| [Some(bend), bend.checked_mul(Decimal::ONE_HUNDRED)]);
    let mut seen = BTreeSet::new();
    let bases = std::iter::once(Some(Decimal::ONE_HUNDRED)).chain(bases).flatten();
    let bases = bases.filter(|base| seen.insert(*base));
    let (base, dues) = bases.into_iter().find_map(|base| {
        let dues: Option<Vec<_>> = parts.iter().map(|part| part.due(base)).collect();
        let dues = dues?;
        (sum(dues.iter().copied())? > base).then_some((base, dues))
    })?;
    let owed: Vec<_> = parts
        .iter()
        .zip(&dues)
        .filter(|(_, due)| !due.is_zero())
        .map(|(part, due)| (part.clause, money(*due, currency)))
        .collect();
    let shown: Vec<_> =
        owed.iter().map(|(clause, due)| format!("{due} by `{}`", clause.id)).collect();
    let [(first, _), rest @ ..] = &owed[..] else { return None };
    let payer = &first.grantor;
    let message = format!("`{payer}` owes more than it shares");
    let finding =
        Finding::error("charter::share::exceeds-base", message, first.origin.label("this share"));
    let figures =
        format!("of {} on {day} `{payer}` owes {}", money(base, currency), shown.join(" and "));
    let finding = rest
        .iter()
        .fold(finding, |finding, (clause, _)| finding.and(clause.origin.label("and this one")));
    Some(
        finding
            .witness(Witness::Figures(figures))
            .help("lower the shares, or give each its own part with a narrower `scope`"),
    )
}
