//! Capacity that stood, and the commitments it draws down.

use std::collections::BTreeMap;

use terms::{Attribute, Clause, Commitment, Money, Name, Provision};

use super::{Input, Line, LineKind, SettleError, Step, assumed, rounded};
use crate::drawdown::draw;
use crate::exact::Exact;

/// Capacity that one supplier had standing for one customer in the month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
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
    fn charge(&self) -> Exact {
        Exact::whole(self.accelerator_hours) * self.price.amount.into()
    }
}

pub(super) fn lines(input: &Input<'_>) -> Result<Vec<Line>, SettleError> {
    let charges = input.capacity.iter().map(|capacity| charge_line(input, capacity));
    let mut lines = charges.collect::<Result<Vec<_>, _>>()?;
    lines.extend(drawdowns(input)?);
    Ok(lines)
}

fn charge_line(input: &Input<'_>, capacity: &Capacity) -> Result<Line, SettleError> {
    let clause = capacity.clause.as_deref().unwrap_or_default();
    // A clause that was replaced under its own id is cited where it stands now.
    let origin = input.terms.clauses.iter().rfind(|known| known.id.to_string() == clause);
    let origin = origin.map(|known| &known.origin);
    let exact = capacity.charge();
    let title = format!("capacity {}", capacity.lot);
    Ok(Line {
        kind: LineKind::Capacity,
        amount: rounded(&title, &exact, capacity.price.currency)?,
        title,
        clause: clause.to_string(),
        document: origin.map_or(String::new(), |origin| origin.document.name.clone()),
        line: origin.map_or(0, |origin| origin.line()),
        from: capacity.customer.clone(),
        to: capacity.supplier.clone(),
        exact: exact.to_string(),
        steps: vec![
            Step::new("accelerator-hours", &Exact::whole(capacity.accelerator_hours)),
            Step::new("price per accelerator-hour", &capacity.price.amount.into()),
        ],
        days: Vec::new(),
        assumed: Vec::new(),
    })
}

/// Spending draws the commitments it falls under down, the oldest first.
fn drawdowns(input: &Input<'_>) -> Result<Vec<Line>, SettleError> {
    let last_day = input.month.first().last_of_month();
    let mut spent: Vec<(&Capacity, Exact)> =
        input.capacity.iter().map(|capacity| (capacity, capacity.charge())).collect();
    let mut lines = Vec::new();
    for clause in input.terms.in_force(last_day, input.known).clauses {
        let Provision::Commitment(commitment) = &clause.provision else { continue };
        let mut spending = Exact::zero();
        let mut under: Vec<&mut Exact> = Vec::new();
        for (capacity, left) in &mut spent {
            if falls_under(input, clause, commitment, capacity) {
                spending = spending + left.clone();
                under.push(left);
            }
        }
        let before = before(input, clause);
        let drawn = draw(commitment.amount.amount.into(), before.clone(), spending.clone());
        // What this commitment took is gone for the next, from the first charge on.
        let mut taken = drawn.drawn.clone();
        for left in under {
            let part = left.clone().min(taken.clone());
            *left = std::mem::take(left) - part.clone();
            taken = taken - part;
        }
        lines.push(drawdown_line(clause, commitment, &before, &spending, &drawn)?);
    }
    Ok(lines)
}

fn drawdown_line(
    clause: &Clause,
    commitment: &Commitment,
    before: &Exact,
    spending: &Exact,
    drawn: &crate::drawdown::Drawdown,
) -> Result<Line, SettleError> {
    let title = format!("drawdown of {}", clause.id.label);
    Ok(Line {
        kind: LineKind::Drawdown,
        amount: rounded(&title, &drawn.drawn, commitment.amount.currency)?,
        title,
        clause: clause.id.to_string(),
        document: clause.origin.document.name.clone(),
        line: clause.origin.line(),
        from: clause.grantor.clone(),
        to: clause.holder.clone(),
        exact: drawn.drawn.to_string(),
        steps: vec![
            Step::new("committed", &commitment.amount.amount.into()),
            Step::new("drawn before", before),
            Step::new("spent under it this month", spending),
            Step::new("left", &drawn.left),
        ],
        days: Vec::new(),
        assumed: assumed(clause),
    })
}

fn falls_under(
    input: &Input<'_>,
    clause: &Clause,
    commitment: &Commitment,
    capacity: &Capacity,
) -> bool {
    let registry = &input.terms.registry;
    let clouds = registry.clouds.iter();
    let mut providers = clouds
        .filter(|(_, cloud)| cloud.operator == capacity.supplier)
        .map(|(name, _)| name.as_str())
        .chain([capacity.supplier.as_str()]);
    capacity.price.currency == commitment.amount.currency
        && registry.is_affiliate(capacity.customer.as_str(), clause.grantor.as_str())
        && registry.is_affiliate(capacity.supplier.as_str(), clause.holder.as_str())
        && providers
            .any(|provider| clause.scope.holds(&BTreeMap::from([(Attribute::Provider, provider)])))
}

/// What this commitment was drawn down by in earlier months.
fn before(input: &Input<'_>, clause: &Clause) -> Exact {
    let id = clause.id.to_string();
    let earlier = input.earlier.iter().filter(|earlier| {
        earlier.month < input.month
            && earlier.clause == id
            && earlier.document == clause.origin.document.name
    });
    earlier.map(|earlier| Exact::from(earlier.amount.amount)).sum()
}
