//! Capacity that stood, and the commitments it draws down.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;
use terms::finding::Origin;
use terms::{Attribute, Clause, Money, Name, Provision};

use super::balance::is_of;
use super::prices::Priced;
use super::{Charge, Day, Earlier, Input, Line, LineKind, SettleError, Step, commitments, rounded};
use crate::drawdown::draw;
use crate::figure::Other;
use exact::Exact;

/// Capacity that one supplier had standing for one customer on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Capacity {
    /// The UTC day.
    pub day: Date,
    /// The case and lot it comes from, as `stargate lot 1`.
    pub lot: String,
    /// Who supplied it.
    pub supplier: Name,
    /// Who had it.
    pub customer: Name,
    /// Accelerators times hours.
    pub accelerator_hours: u64,
    /// The price per accelerator-hour.
    pub price: Money,
    /// The clause under which it was sourced, if one covered it.
    pub clause: Option<String>,
}

impl Capacity {
    pub(super) fn charge(&self) -> Exact {
        Exact::whole(self.accelerator_hours) * self.price.amount.into()
    }
}

pub(super) fn lines(input: &Input<'_>, priced: &[Priced<'_>]) -> Result<Vec<Line>, SettleError> {
    let mut lots: BTreeMap<&str, Vec<&Capacity>> = BTreeMap::new();
    for capacity in input.capacity {
        lots.entry(&capacity.lot).or_default().push(capacity);
    }
    let lots = lots.into_values().map(|days| charge_line(input, &days));
    let mut lines = lots.collect::<Result<Vec<_>, _>>()?;
    lines.extend(drawdowns(input, priced)?);
    Ok(lines)
}

/// The charge for one lot, over its days.
fn charge_line(input: &Input<'_>, days: &[&Capacity]) -> Result<Line, SettleError> {
    // INVARIANT: a lot is made by its first day, and has one supplier and one price.
    let first = days[0];
    let clause = first.clause.as_deref().unwrap_or_default();
    let exact: Exact = days.iter().map(|day| day.charge()).sum();
    let hours: u128 = days.iter().map(|day| u128::from(day.accelerator_hours)).sum();
    let title = format!("capacity {}", first.lot);
    let origin = origin(input, clause);
    Ok(Line {
        kind: LineKind::Capacity,
        amount: rounded(&title, &exact, first.price.currency)?,
        title,
        clause: clause.to_string(),
        document: origin.map_or(String::new(), |origin| origin.document.name.clone()),
        line: origin.map_or(0, |origin| origin.line()),
        from: first.customer.clone(),
        to: first.supplier.clone(),
        exact: exact.to_string(),
        steps: vec![
            Step::new("accelerator-hours", &Exact::whole(hours)),
            Step::new("price per accelerator-hour", &first.price.amount.into()),
        ],
        days: days.iter().map(|capacity| day(capacity)).collect(),
        balances: Vec::new(),
        payable: None,
        adjusts: None,
        assumed: Vec::new(),
    })
}

/// What one day of a lot comes to. Nobody calls capacity.
fn day(capacity: &Capacity) -> Day {
    let charge = Charge {
        product: capacity.lot.clone(),
        host: capacity.supplier.to_string(),
        tier: String::new(),
        class: "accelerator-hours".to_string(),
        quantity: capacity.accelerator_hours.to_string(),
        price: capacity.price.amount,
        per: 1,
        amount: capacity.charge().to_string(),
    };
    Day { day: capacity.day, events: 0, amount: charge.amount.clone(), charges: vec![charge] }
}

/// Where a clause, or the end of one, stands. A clause that was replaced under its own id is cited
/// where it stands now.
fn origin<'a>(input: &Input<'a>, clause: &str) -> Option<&'a Origin> {
    if let Some(ended) = clause.strip_prefix("end.") {
        let ending = input.terms.endings.iter().rfind(|ending| ending.clause.to_string() == ended);
        return ending.map(|ending| &ending.origin);
    }
    let clause = input.terms.clauses.iter().rfind(|known| known.id.to_string() == clause);
    clause.map(|clause| &clause.origin)
}

/// What one commitment was drawn down by in the month.
struct Drawn<'a> {
    clause: &'a Clause,
    committed: Money,
    before: Exact,
    spent: Exact,
    drawn: Exact,
}

/// Each day's spending draws the commitments down that hold on that day and that it falls under, the
/// one that began first first.
fn drawdowns(input: &Input<'_>, priced: &[Priced<'_>]) -> Result<Vec<Line>, SettleError> {
    let mut all: Vec<Drawn<'_>> = Vec::new();
    for day in input.month.days() {
        let holding = input.terms.in_force(day, input.known).clauses.into_iter();
        let mut holding: Vec<_> =
            holding.filter_map(|clause| Some((clause, committed(clause)?))).collect();
        holding.sort_by_key(|(clause, _)| input.starts(clause));
        let today = priced.iter().filter(|priced| priced.capacity.day == day);
        let mut today: Vec<_> = today.map(|priced| (priced.capacity, priced.charge())).collect();
        let bought = input.figures(Other::Purchased).filter(|figure| figure.on == day);
        let mut bought: Vec<_> =
            bought.map(|figure| (figure, Exact::from(figure.amount.number()))).collect();
        for (clause, committed) in holding {
            let known = all.iter().position(|drawn| std::ptr::eq(drawn.clause, clause));
            let at = known.unwrap_or_else(|| {
                let made = input.versions(clause).skip(1).filter_map(|version| {
                    all.iter().find(|drawn| std::ptr::eq(drawn.clause, version))
                });
                let made: Exact = made.map(|drawn| drawn.drawn.clone()).sum();
                let before = before(input, clause, &[]) + made;
                let (spent, drawn) = (Exact::zero(), Exact::zero());
                all.push(Drawn { clause, committed, before, spent, drawn });
                all.len() - 1
            });
            let (customer, supplier) = (&clause.grantor, &clause.holder);
            let of_clause = today.iter_mut().filter(|(capacity, _)| {
                committed.currency == capacity.price.currency
                    && is_between(input, clause, customer, supplier, capacity)
            });
            let beside = bought.iter_mut().filter(|(figure, _)| {
                let registry = &input.terms.registry;
                figure.amount.currency() == Some(committed.currency)
                    && figure.is_for(clause)
                    && registry.is_affiliate(figure.party.as_str(), customer.as_str())
            });
            let spending = of_clause.map(|(_, left)| left).chain(beside.map(|(_, left)| left));
            for left in spending {
                let drawn = &mut all[at];
                let committed = Exact::from(committed.amount);
                let so_far = drawn.before.clone() + drawn.drawn.clone();
                let draw = draw(committed, so_far, left.clone());
                drawn.spent = drawn.spent.clone() + left.clone();
                drawn.drawn = drawn.drawn.clone() + draw.drawn;
                // What this commitment took is gone for the next.
                *left = draw.spending_left;
            }
        }
    }
    all.sort_by_key(|drawn| input.starts(drawn.clause));
    let mut lines = Vec::with_capacity(all.len());
    for drawn in &all {
        lines.push(drawdown_line(input, drawn, &lines)?);
    }
    Ok(lines)
}

/// The amount a clause commits to, if it is a commitment that spending draws down.
pub(super) fn committed(clause: &Clause) -> Option<Money> {
    match &clause.provision {
        Provision::Commitment(commitment) => commitment.drawn_down(),
        _ => None,
    }
}

fn drawdown_line(input: &Input<'_>, drawn: &Drawn<'_>, made: &[Line]) -> Result<Line, SettleError> {
    let Drawn { clause, committed: Money { amount, currency }, .. } = drawn;
    let title = format!("drawdown of {}", clause.id.label);
    let committed = Exact::from(*amount);
    let left = committed.clone() - drawn.before.clone() - drawn.drawn.clone();
    let line = Line::under(clause, LineKind::Drawdown, title, &drawn.drawn, *currency)?;
    Ok(Line {
        steps: vec![
            Step::new("committed", &committed),
            Step::new("drawn before", &drawn.before),
            Step::new("spent under it this month", &drawn.spent),
            Step::new("left", &left.max(Exact::zero())),
        ],
        balances: commitments::not_supplied(input, clause, made).into_iter().collect(),
        ..line
    })
}

/// Whether a party had capacity from another, or their affiliates did, and it is in a clause's scope.
pub(super) fn is_between(
    input: &Input<'_>,
    clause: &Clause,
    customer: &Name,
    supplier: &Name,
    capacity: &Capacity,
) -> bool {
    let registry = &input.terms.registry;
    let clouds = registry.clouds.iter();
    let mut providers = clouds
        .filter(|(_, cloud)| cloud.operator == capacity.supplier)
        .map(|(name, _)| name.as_str())
        .chain([capacity.supplier.as_str()]);
    registry.is_affiliate(capacity.customer.as_str(), customer.as_str())
        && registry.is_affiliate(capacity.supplier.as_str(), supplier.as_str())
        && providers
            .any(|provider| clause.scope.holds(&BTreeMap::from([(Attribute::Provider, provider)])))
}

/// What a commitment was drawn down by in earlier months, and in this month in versions that it carries
/// on, which are among the lines `made`.
pub(super) fn before(input: &Input<'_>, clause: &Clause, made: &[Line]) -> Exact {
    let is_drawdown = |earlier: &&Earlier| earlier.kind == LineKind::Drawdown;
    let earlier = input.earlier_of(clause).filter(is_drawdown).map(|earlier| earlier.amount);
    let made = input.versions(clause).skip(1).flat_map(|version| {
        let is_its = |line: &&Line| is_of(version, &line.clause, &line.document);
        made.iter().filter(is_its).map(|line| line.amount)
    });
    earlier.chain(made).map(|money| Exact::from(money.amount)).sum()
}
