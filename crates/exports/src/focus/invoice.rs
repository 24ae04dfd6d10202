//! *Invoice Detail*: what one party invoices another, a line of the statement at a time.
//!
//! An invoice stays *Open*: a statement says what is due, and not that somebody has sent an invoice.

use std::collections::BTreeMap;

use settlement::Line;

use super::cost::CORRECTED;
use super::row::{Cell, Row};
use crate::settled::Settled;

/// One row for each detail that the rows of *Cost and Usage* name.
pub fn rows(settled: &Settled<'_>, costs: &[Row]) -> Vec<Row> {
    let mut details: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in costs {
        details.entry(row.text("InvoiceDetailId")).or_default().push(row);
    }
    details.into_iter().map(|(id, rows)| detail(settled, id, &rows)).collect()
}

fn detail(settled: &Settled<'_>, id: &str, rows: &[&Row]) -> Row {
    // INVARIANT: a detail is made by its first row.
    let first = rows[0];
    let number = usize::try_from(first.number("x_Line")).unwrap_or_default();
    let line = number.checked_sub(1).and_then(|at| settled.statement.lines.get(at));
    let corrected = Some(first.text(CORRECTED)).filter(|corrected| !corrected.is_empty());
    let corrected = corrected.unwrap_or(first.text("InvoiceId"));
    let mut row = Row::default();
    if let Some(payable) = line.and_then(|line| line.payable) {
        row.on("PaymentDueDate", payable);
    }
    row.count(["BilledCost"], rows.iter().map(|row| row.number("BilledCost")).sum())
        .say("InvoiceDetailId", id)
        .say("InvoiceDetailDescription", line.map_or("", |line| line.title.as_str()))
        .say("InvoiceDetailGrain", r#"{"x_Grain":"x_Line, ChargeCategory"}"#)
        .say("InvoiceIssueStatus", "Open")
        .say("PaymentTerms", line.map_or_else(String::new, |line| payment_terms(settled, line)))
        .say("ReferenceInvoiceId", corrected)
        .at("InvoiceDetailCreated", settled.at)
        .at("InvoiceDetailLastUpdated", settled.at);
    for column in
        ["BillingAccountId", "BillingCurrency", "ChargeCategory", "InvoiceId", "InvoiceIssuerName"]
    {
        row.say(column, first.text(column));
    }
    for column in ["BillingPeriodStart", "BillingPeriodEnd"] {
        if let Some(Cell::Time(at)) = first.get(column) {
            row.at(column, *at);
        }
    }
    row
}

/// When it is paid, as the clause has it: `30d after the period`.
fn payment_terms(settled: &Settled<'_>, line: &Line) -> String {
    let clauses = settled.terms.clauses.iter();
    let clause = clauses.rev().find(|clause| clause.id.to_string() == line.clause);
    let delay = clause.and_then(|clause| {
        clause.parameters.iter().find(|parameter| parameter.name == "payment_delay")
    });
    delay.map_or("not stated".to_string(), |delay| format!("{} after the period", delay.value))
}
