//! What clauses on prices change of what was charged for capacity: volume tiers first, then caps, then
//! the best price others have. Each sees the price the one before it has left, so that nothing is
//! given back twice.

mod cap;
mod favoured;
mod tiers;

use exact::Exact;
use terms::value::Currency;
use terms::{Clause, Provision};

use super::{Capacity, Input, Line, LineKind, SettleError, Step, capacity};
use crate::figure::{Figure, Other};
use jiff::civil::Date;

pub(super) use cap::index;
pub(crate) use favoured::standing;

/// Capacity, with what an hour of it costs once clauses on prices are heeded.
pub(super) struct Priced<'a> {
    pub capacity: &'a Capacity,
    pub price: Exact,
    /// Whether volume tiers set the price.
    is_tiered: bool,
}

impl Priced<'_> {
    pub fn charge(&self) -> Exact {
        self.hours() * self.price.clone()
    }

    pub fn hours(&self) -> Exact {
        Exact::whole(self.capacity.accelerator_hours)
    }
}

/// What clauses on prices come to.
pub(super) struct Prices<'a> {
    /// A line for each of them.
    pub lines: Vec<Line>,
    /// What is missing to compute others.
    pub left_out: Vec<String>,
    /// The capacity at the prices they leave.
    pub capacity: Vec<Priced<'a>>,
}

pub(super) fn of<'a>(input: &Input<'a>) -> Result<Prices<'a>, SettleError> {
    let priced = input.capacity.iter();
    let priced = priced.map(|capacity| Priced {
        capacity,
        price: capacity.price.amount.into(),
        is_tiered: false,
    });
    let mut prices = Prices { lines: Vec::new(), left_out: Vec::new(), capacity: priced.collect() };
    tiers::apply(input, &mut prices)?;
    cap::apply(input, &mut prices)?;
    favoured::apply(input, &mut prices)?;
    Ok(prices)
}

/// What a clause on prices says that its line does not follow; nothing if it follows all of it.
pub(super) fn left_aside(input: &Input<'_>, clause: &Clause) -> Option<String> {
    match &clause.provision {
        Provision::PriceCap(cap) => cap::left_aside(input, clause, cap),
        Provision::MostFavouredNation(favoured) => favoured::left_aside(favoured),
        Provision::VolumeTier(tier) => tiers::left_aside(tier),
        _ => None,
    }
}

/// Whether capacity is the grantor's supply to the holder, in a currency.
fn is_supplied(
    input: &Input<'_>,
    clause: &Clause,
    priced: &Priced<'_>,
    currency: Currency,
) -> bool {
    priced.capacity.price.currency == currency
        && capacity::is_between(input, clause, &clause.holder, &clause.grantor, priced.capacity)
}

/// Whether a figure is the grantor's own, for a clause and in its currency.
fn is_grantors(input: &Input<'_>, clause: &Clause, figure: &Figure, currency: Currency) -> bool {
    let registry = &input.terms.registry;
    figure.amount.currency() == Some(currency)
        && registry.is_affiliate(figure.party.as_str(), clause.grantor.as_str())
        && figure.is_for(clause)
}

/// What was bought under a price clause beside the capacity, as it was reported for it by name: the
/// day and how many units.
fn purchased<'a>(
    input: &'a Input<'_>,
    clause: &'a Clause,
) -> impl Iterator<Item = (Date, Exact)> + 'a {
    let figures = input.figures(Other::Purchased);
    let named = figures.filter(|figure| figure.clause == Some(clause.id.to_string()));
    let units = named.filter(|figure| figure.amount.currency().is_none());
    units.map(|figure| (figure.on, figure.amount.number().into()))
}

/// A line by which the supplier gives back what was charged too much.
fn credit(
    clause: &Clause,
    title: String,
    exact: &Exact,
    currency: Currency,
    steps: Vec<Step>,
) -> Result<Line, SettleError> {
    let line = Line::under(clause, LineKind::Credit, title, exact, currency)?;
    Ok(Line { steps, ..line })
}
