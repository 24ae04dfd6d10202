//! What is due without a price for a unit, as a share of revenue: one row, with the facts of the share.

use settlement::{Line, LineKind};

use super::FocusError;
use super::cost::{Invoice, rounded};
use super::row::Row;
use crate::kind::word;
use crate::number::read;
use exact::Exact;

/// The row of a line that has no charges. What the issuer itself owes is a credit on its invoice.
pub fn row(line: &Line, common: &Row, invoice: &Invoice<'_>) -> Result<Row, FocusError> {
    let amount = line.amount.amount;
    let billed = if invoice.is_credit { -amount } else { amount };
    let mut row = common.clone();
    row.say("ChargeCategory", if invoice.is_credit { "Credit" } else { "Adjustment" })
        .say("ChargeDescription", format!("{} ({})", line.title, line.clause))
        .say("ChargeFrequency", "Recurring")
        .say("ServiceName", word(line.kind))
        .count(["BilledCost", "EffectiveCost", "ListCost", "ContractedCost"], billed);
    if !matches!(line.kind, LineKind::RevenueShare | LineKind::ProfitParticipation) {
        return Ok(row);
    }
    row.say("x_ShareRuleId", line.clause.as_str()).count(["x_ShareCost"], amount);
    let basis: Option<Exact> = line.days.iter().map(|day| read(&day.amount)).sum();
    let Some(basis) = basis.filter(|_| !line.days.is_empty()) else { return Ok(row) };
    row.count(["x_ShareBasisCost"], rounded("x_ShareBasisCost", &basis)?);
    // The rate that the tiers and caps of the clause come to.
    if let Some(rate) = read(&line.exact).and_then(|due| due.over(&basis)) {
        row.count(["x_ShareRate"], rounded("x_ShareRate", &rate)?);
    }
    Ok(row)
}
