//! What one party has paid another, as it was reported.

use terms::Money;

use super::{Input, Line, LineKind, Step};
use crate::figure::{Amount, Figure, Other};

pub(super) fn lines(input: &Input<'_>) -> Vec<Line> {
    input.figures(Other::Paid).filter_map(line).collect()
}

/// A payment that does not say to whom, or how much money, is not one: it is refused when it is
/// reported.
fn line(paid: &Figure) -> Option<Line> {
    let (Some(to), Amount::Money(amount)) = (&paid.to, paid.amount) else { return None };
    let Money { amount: number, .. } = amount;
    Some(Line {
        kind: LineKind::Payment,
        title: format!("paid on {}", paid.on),
        clause: paid.clause.clone().unwrap_or_default(),
        document: String::new(),
        line: 0,
        from: paid.party.clone(),
        to: to.clone(),
        amount,
        exact: number.to_string(),
        steps: vec![Step::new(format!("reported as {}", paid.id), &number.into())],
        days: Vec::new(),
        balances: Vec::new(),
        payable: None,
        adjusts: None,
        assumed: Vec::new(),
    })
}
