//! *Billing Period*: the month, for each who issues invoices in it.

use std::collections::BTreeSet;

use super::row::Row;
use crate::settled::Settled;

/// One row an issuer.
pub fn rows(settled: &Settled<'_>, costs: &[Row]) -> Vec<Row> {
    let issuers: BTreeSet<&str> = costs.iter().map(|row| row.text("InvoiceIssuerName")).collect();
    let month = settled.statement.month;
    let row = |issuer: &str| {
        let mut row = Row::default();
        row.on("BillingPeriodStart", month.first())
            .on("BillingPeriodEnd", month.end())
            .at("BillingPeriodCreated", settled.at)
            .at("BillingPeriodLastUpdated", settled.at)
            .say("BillingPeriodStatus", if settled.is_closed { "Closed" } else { "Open" })
            .say("InvoiceIssuerName", issuer);
        row
    };
    issuers.into_iter().map(row).collect()
}
