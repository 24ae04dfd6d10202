//! Which reported figures a share counts.
//!
//! A figure counts for every share it surely falls under: it names the clause, or says all that the
//! clause's scope asks. What says less, as a refund without a channel, counts where no other share of
//! the same revenue could claim it as its own; where one could, it counts for neither and the
//! statement stays open: nothing is deducted twice, and nobody guesses whose it is.

use std::collections::BTreeMap;

use terms::clause::{Base, Deduction, Seller};
use terms::scope::Scope;
use terms::{Attribute, Clause};

use super::Held;
use crate::figure::{Figure, FigureKind, Other};
use crate::statement::Input;

/// What every sale is: a figure need not say it.
const OF_EVERY_SALE: &[&str] = &["act", "subject", "by"];

/// The figures of a kind that a share counts in the month, and why it counts no more.
pub(super) fn counted<'a>(
    input: &'a Input<'_>,
    all: &[Held<'_>],
    held: &Held<'_>,
    kind: FigureKind,
) -> (Vec<&'a Figure>, Vec<String>) {
    let mut open = Vec::new();
    let mut counted = Vec::new();
    for figure in input.figures(kind).filter(|figure| may_count(input, held, figure)) {
        let rival = all.iter().find(|other| {
            !std::ptr::eq(other.clause, held.clause)
                && counts(other, kind)
                && may_count(input, other, figure)
                && !other.clause.scope.is_equal(&held.clause.scope)
        });
        match rival.filter(|_| !is_sure(input, held.clause, figure)) {
            Some(rival) => open.push(format!(
                "`{}` may be of what `{}` is of or of what `{}` is of; report it again with what it \
                 is about, or for one of them",
                figure.id, held.clause.id, rival.clause.id
            )),
            None => counted.push(figure),
        }
    }
    (counted, open)
}

/// Whether nobody has reported a kind of figure for a share in these months.
pub(super) fn is_missing(
    input: &Input<'_>,
    held: &Held<'_>,
    kind: FigureKind,
    months: impl Fn(crate::month::Month) -> bool,
) -> bool {
    !input.figures.iter().any(|figure| {
        figure.of == kind
            && months(crate::month::Month::of(figure.on))
            && is_of_payer(input, held, figure)
            && figure.is_for(held.clause)
    })
}

/// Whether a share asks for a kind of figure.
pub(super) fn counts(held: &Held<'_>, kind: FigureKind) -> bool {
    let share = held.says;
    match kind {
        FigureKind::Deduction(Deduction::ThirdPartyRoyalties)
            if share.third_party_credit.fraction() > 0.into() =>
        {
            true
        }
        FigureKind::Deduction(deduction) => {
            share.base != Base::Gross && share.deductions.contains(&deduction)
        }
        FigureKind::Other(Other::Revenue) => of_profit(share.base).is_none(),
        FigureKind::Other(Other::CostOfSales) => share.base == Base::GrossMargin,
        FigureKind::Other(Other::Units) => share.per_unit.is_some(),
        FigureKind::Other(other) => of_profit(share.base) == Some(other),
    }
}

/// The figure that a share of profit is of.
pub(super) fn of_profit(base: Base) -> Option<Other> {
    match base {
        Base::Ebit => Some(Other::Ebit),
        Base::Ebitda => Some(Other::Ebitda),
        Base::Profit => Some(Other::Profit),
        Base::Gross | Base::Net | Base::GrossMargin => None,
    }
}

/// Whether a figure could count for a share.
fn may_count(input: &Input<'_>, held: &Held<'_>, figure: &Figure) -> bool {
    // What is of another clause's payments is not of the payer's sales.
    let is_of_it = held.says.of.is_none() || figure.clause.is_some();
    // A unit has the name that the clause gives it, or none.
    let unit = held.says.per_unit.as_ref().map(|per_unit| per_unit.unit.as_str());
    let is_unit = figure.of == FigureKind::Other(Other::Units)
        && figure.name.as_deref().is_some_and(|name| Some(name) != unit);
    is_of_it
        && !is_unit
        && held.days.contains(&figure.on)
        && is_of_payer(input, held, figure)
        && figure.is_for(held.clause)
        && held.clause.scope.holds(&point(input, figure))
}

fn is_of_payer(input: &Input<'_>, held: &Held<'_>, figure: &Figure) -> bool {
    is_seller(input, held, figure.party.as_str())
}

/// Whether a party's sales are those that a share is of.
pub(super) fn is_seller(input: &Input<'_>, held: &Held<'_>, party: &str) -> bool {
    let payer = held.clause.grantor.as_str();
    match held.says.sellers.contains(&Seller::Affiliates) {
        true => input.terms.registry.is_affiliate(party, payer),
        false => party == payer,
    }
}

/// Whether a figure says all that is needed to know that it falls under a clause.
fn is_sure(input: &Input<'_>, clause: &Clause, figure: &Figure) -> bool {
    figure.clause.is_some() || says_all(&clause.scope, &point(input, figure))
}

fn says_all(scope: &Scope, point: &BTreeMap<Attribute, &str>) -> bool {
    let asked = Attribute::WORDS.iter().filter(|word| !OF_EVERY_SALE.contains(word));
    let asked: Vec<_> = asked.filter_map(|word| Attribute::from_word(word)).collect();
    scope.cubes().iter().any(|cube| {
        asked.iter().all(|attribute| {
            let says = |values: &terms::Values| {
                point.get(attribute).is_some_and(|value| values.holds(value))
            };
            cube.get(*attribute).is_none_or(says)
        })
    })
}

/// What a figure is about. A channel sells one service.
fn point<'a>(input: &'a Input<'_>, figure: &'a Figure) -> BTreeMap<Attribute, &'a str> {
    let mut point: BTreeMap<_, _> =
        figure.about.iter().map(|(attribute, value)| (*attribute, value.as_str())).collect();
    let channel = figure.about.get(&Attribute::Channel);
    if let Some(channel) = channel.and_then(|name| input.terms.registry.channels.get(name.as_str()))
    {
        point.entry(Attribute::Service).or_insert(channel.service.as_str());
    }
    point
}
