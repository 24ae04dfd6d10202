//! *Contract Commitment*: what is committed, and which rows of *Cost and Usage* draw it down.

use exact::Exact;
use jiff::Unit;
use jiff::civil::Date;
use rust_decimal::Decimal;
use settlement::{Line, LineKind, Statement};
use terms::{Bound, Clause, Known, Provision, Terms};

use super::FocusError;
use super::cost::rounded;
use super::row::{Cell, Row};
use crate::number::read;
use crate::settled::Settled;

/// When what has no end ends: a data set must say some day.
const OPEN_END: Date = jiff::civil::date(9999, 1, 1);

/// The commitments that lines draw down, each with its clause.
fn tracked<'a>(settled: &Settled<'a>) -> impl Iterator<Item = (&'a Line, &'a Clause)> {
    let (statement, terms): (&'a Statement, &'a Terms) = (settled.statement, settled.terms);
    let lines = statement.lines.iter().filter(|line| line.kind == LineKind::Drawdown);
    lines.filter_map(|line| {
        let clause = terms.clauses.iter().rfind(|clause| {
            clause.id.to_string() == line.clause && clause.origin.document.name == line.document
        })?;
        Some((line, clause))
    })
}

/// One row for each commitment that a line tracks.
pub fn rows(settled: &Settled<'_>) -> Result<Vec<Row>, FocusError> {
    tracked(settled).map(|(line, clause)| row(settled, line, clause)).collect()
}

fn row(settled: &Settled<'_>, line: &Line, clause: &Clause) -> Result<Row, FocusError> {
    let terms = settled.terms;
    let (begins, ends) = time(terms, clause);
    let (contract_begins, contract_ends) = contract_time(terms, clause).unwrap_or((begins, ends));
    let issuer = settled.title(&line.to);
    let mut row = Row::default();
    row.say("BillingCurrency", line.amount.currency.as_str())
        .say("ContractCommitmentApplicability", applicability(&issuer))
        .say("ContractCommitmentBenefitCategory", "Availability")
        .say("ContractCommitmentCategory", "Spend")
        .at("ContractCommitmentCreated", settled.at)
        .say(
            "ContractCommitmentDescription",
            format!("{} ({}:{})", line.clause, line.document, line.line),
        )
        .say("ContractCommitmentDurationType", duration(begins, ends))
        .say("ContractCommitmentFulfillmentInterval", "Full Period")
        .say("ContractCommitmentId", line.clause.as_str())
        .at("ContractCommitmentLastUpdated", settled.at)
        .say("ContractCommitmentLifecycleStatus", status(settled, line, begins, ends))
        .say("ContractCommitmentModel", "Discontinuous")
        .say("ContractCommitmentOfferCategory", "Negotiated")
        .say("ContractCommitmentPaymentInterval", "Monthly")
        .say("ContractCommitmentPaymentModel", "No Upfront")
        .on("ContractCommitmentPeriodStart", begins)
        .on("ContractCommitmentPeriodEnd", ends)
        .say("ContractCommitmentType", "drawdown")
        .say("ContractId", contract(terms, clause))
        .on("ContractPeriodStart", contract_begins)
        .on("ContractPeriodEnd", contract_ends)
        .say("InvoiceIssuerName", issuer.as_str())
        .say("ServiceProviderName", issuer)
        .count(["x_DrawnInPeriod"], line.amount.amount);
    if let Provision::Commitment(commitment) = &clause.provision
        && let Some(committed) = commitment.drawn_down()
    {
        row.count(["ContractCommitmentCost"], committed.amount);
    }
    Ok(row)
}

fn time(terms: &Terms, clause: &Clause) -> (Date, Date) {
    let begins = terms.starts(clause, Known::Everything);
    let ends = terms.ends(clause, Known::Everything);
    (begins.unwrap_or(jiff::civil::date(1970, 1, 1)), ends.unwrap_or(OPEN_END))
}

/// From when to when the agreement holds that a clause stands in.
fn contract_time(terms: &Terms, clause: &Clause) -> Option<(Date, Date)> {
    let name = contract(terms, clause);
    let mut frames = terms.documents.iter().filter_map(|framed| framed.frame.as_ref());
    let frame = frames.find(|frame| {
        frame.founds.as_ref().is_some_and(|agreement| agreement.name.as_str() == name)
    })?;
    let dates = frame.until.iter().filter_map(|bound| match bound {
        Bound::On(day) => Some(*day),
        Bound::When(_) => None,
    });
    Some((frame.effective, dates.min().unwrap_or(OPEN_END)))
}

/// The agreement that a clause stands in or amends.
fn contract(terms: &Terms, clause: &Clause) -> String {
    let frame = terms.documents.get(clause.document).and_then(|framed| framed.frame.as_ref());
    frame.map_or_else(|| clause.origin.document.name.clone(), |frame| frame.agreement.to_string())
}

/// All that its supplier provides; the clause says the rest.
fn applicability(supplier: &str) -> String {
    let rule = serde_json::json!({
        "InclusionOperator": "And",
        "Inclusions": [{ "Dimension": "ServiceProviderName", "Operator": "In", "Values": [supplier] }],
    });
    rule.to_string()
}

/// Nominal, as `5 Years` or `18 Months`.
fn duration(begins: Date, ends: Date) -> String {
    let months = begins.until((Unit::Month, ends)).map_or(0, |span| span.get_months());
    let days = begins.until((Unit::Day, ends)).map_or(0, |span| span.get_days());
    let (number, unit) = match months {
        0 => (days, "Day"),
        months if months % 12 == 0 => (months / 12, "Year"),
        months => (months, "Month"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

fn status(settled: &Settled<'_>, line: &Line, begins: Date, ends: Date) -> &'static str {
    let month = settled.statement.month;
    let left = line.steps.iter().find(|step| step.name == "left");
    if ends <= month.first() {
        "Expired"
    } else if month.end() <= begins {
        "Pending"
    } else if left.is_some_and(|left| read(&left.value) == Some(Exact::zero())) {
        "Exhausted"
    } else {
        "Active"
    }
}

/// Says on rows of capacity which commitments they draw down. Each is used up in the order of days, as
/// settlement does it.
pub fn apply(settled: &Settled<'_>, rows: &mut [Row]) -> Result<(), FocusError> {
    let mut by_day: Vec<usize> = (0..rows.len()).collect();
    by_day.sort_by_key(|at| match rows[*at].get("ChargePeriodStart") {
        Some(Cell::Time(start)) => Some(*start),
        _ => None,
    });
    let mut applied: Vec<Vec<(String, String, Decimal)>> = vec![Vec::new(); rows.len()];
    for (line, clause) in tracked(settled) {
        let drawn = read(&line.exact).ok_or_else(|| FocusError::NoNumber(line.exact.clone()))?;
        let mut left = rounded("ContractApplied", &drawn)?;
        for at in &by_day {
            let taken: Decimal = applied[*at].iter().map(|(.., cost)| *cost).sum();
            let cost = (rows[*at].number("BilledCost") - taken).min(left);
            if draws(settled, &rows[*at], line, clause) && cost > Decimal::ZERO {
                left -= cost;
                applied[*at].push((contract(settled.terms, clause), line.clause.clone(), cost));
            }
        }
    }
    for (row, elements) in rows.iter_mut().zip(applied).filter(|(_, of)| !of.is_empty()) {
        row.say("ContractApplied", contract_applied(&elements));
    }
    Ok(())
}

/// Whether a row may count towards a commitment: usage of capacity, between its parties.
fn draws(settled: &Settled<'_>, row: &Row, line: &Line, clause: &Clause) -> bool {
    let registry = &settled.terms.registry;
    row.text("ChargeCategory") == "Usage"
        && row.text("ServiceCategory") == "Compute"
        && row.text("BillingCurrency") == line.amount.currency.as_str()
        && registry.is_affiliate(row.text("x_From"), clause.grantor.as_str())
        && registry.is_affiliate(row.text("x_To"), clause.holder.as_str())
}

/// Written by hand, as numbers of a JSON library are floats.
fn contract_applied(elements: &[(String, String, Decimal)]) -> String {
    let elements = elements.iter().map(|(contract, commitment, cost)| {
        let (contract, commitment) = (serde_json::json!(contract), serde_json::json!(commitment));
        format!(
            "{{\"ContractId\":{contract},\"ContractCommitmentId\":{commitment},\
             \"ContractCommitmentAppliedCost\":{},\"ContractCommitmentAppliedQuantity\":null,\
             \"ContractCommitmentAppliedUnit\":null}}",
            cost.normalize()
        )
    });
    format!("{{\"Elements\":[{}]}}", elements.collect::<Vec<_>>().join(","))
}
