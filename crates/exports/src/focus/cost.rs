//! *Cost and Usage*: what each line is made of, and what rounding it added.

use rust_decimal::Decimal;
use settlement::{Line, Month, Statement};

use super::column::COST;
use super::row::Row;
use super::{FocusError, commitment, share, usage};
use crate::kind::{Effect, effect, word};
use crate::number::read;
use crate::settled::Settled;
use exact::Exact;

/// The invoice that a row corrects. It is no column of *Cost and Usage*, but one of *Invoice Detail*.
pub const CORRECTED: &str = "ReferenceInvoiceId";

/// Who invoices whom for a line, and whether it is a credit on that invoice.
pub struct Invoice<'a> {
    pub issuer: &'a terms::Name,
    pub account: &'a terms::Name,
    pub is_credit: bool,
}

impl<'a> Invoice<'a> {
    /// Where a net stands, its two sides are on one invoice of whoever is paid in the end.
    fn of(statement: &'a Statement, line: &'a Line) -> Invoice<'a> {
        if effect(line.kind) == Effect::Charged {
            return Invoice { issuer: &line.from, account: &line.to, is_credit: false };
        }
        let net = statement.lines.iter().find(|net| {
            effect(net.kind) == Effect::SetOff
                && net.amount.currency == line.amount.currency
                && net.clause.split(", ").any(|clause| clause == line.clause)
                && [&net.from, &net.to].contains(&&line.from)
                && [&net.from, &net.to].contains(&&line.to)
        });
        let (issuer, account) = net.map_or((&line.to, &line.from), |net| (&net.to, &net.from));
        Invoice { issuer, account, is_credit: line.from == *issuer }
    }

    /// Its number until somebody issues it under another. What customers are charged has one for all of
    /// them, as a statement does not tell them apart.
    fn id(&self, month: Month, line: &Line) -> String {
        let Invoice { issuer, account, .. } = self;
        format!("{month}/{issuer}/{account}/{}", line.amount.currency)
    }
}

/// The rows of all lines that charge something.
pub fn rows(settled: &Settled<'_>) -> Result<Vec<Row>, FocusError> {
    let statement = settled.statement;
    let mut rows = Vec::new();
    for (at, line) in statement.lines.iter().enumerate() {
        if !matches!(effect(line.kind), Effect::Charged | Effect::Due) {
            continue;
        }
        let invoice = Invoice::of(statement, line);
        let common = common(settled, line, at + 1, &invoice);
        let charges: usize = line.days.iter().map(|day| day.charges.len()).sum();
        let mut of_line = if charges > 0 {
            usage::rows(settled, line, &common)?
        } else {
            vec![share::row(line, &common, &invoice)?]
        };
        let sum: Decimal = of_line.iter().map(|row| row.number("BilledCost")).sum();
        let billed = if invoice.is_credit { -line.amount.amount } else { line.amount.amount };
        if sum != billed {
            of_line.push(rounding(&common, billed - sum));
        }
        for (row, number) in of_line.iter_mut().zip(1..) {
            finish(row, statement, line, &invoice, at + 1, number);
        }
        rows.extend(of_line);
    }
    commitment::apply(settled, &mut rows)?;
    Ok(rows)
}

/// What every row of a line has.
fn common(settled: &Settled<'_>, line: &Line, number: usize, invoice: &Invoice<'_>) -> Row {
    let month = settled.statement.month;
    let (issuer, account) = (settled.title(invoice.issuer), settled.title(invoice.account));
    let mut row = Row::default();
    row.say("BillingAccountId", invoice.account.as_str())
        .say("BillingAccountName", account)
        .say("BillingCurrency", line.amount.currency.as_str())
        .say("PricingCurrency", line.amount.currency.as_str())
        .on("BillingPeriodStart", month.first())
        .on("BillingPeriodEnd", month.end())
        .on("ChargePeriodStart", month.first())
        .on("ChargePeriodEnd", month.end())
        .say("InvoiceIssuerName", issuer.as_str())
        .say("ProviderName", issuer.as_str())
        .say("PublisherName", issuer.as_str())
        .say("ServiceProviderName", issuer)
        .say("ServiceCategory", "AI and Machine Learning")
        .say("ServiceSubcategory", "Generative AI")
        .say("x_Clause", line.clause.as_str())
        .say("x_Document", line.document.as_str())
        .count(["x_DocumentLine"], line.line.into())
        .say("x_Kind", word(line.kind))
        .count(["x_Line"], number.into())
        .say("x_Settlement", settled.hash)
        .say("x_From", line.from.as_str())
        .say("x_To", line.to.as_str());
    // What changes a closed month is invoiced later, for the days of that month.
    if let Some(adjusts) = &line.adjusts {
        row.say("ChargeClass", "Correction")
            .on("ChargePeriodStart", adjusts.month.first())
            .on("ChargePeriodEnd", adjusts.month.end())
            .say(CORRECTED, invoice.id(adjusts.month, line));
    }
    row
}

/// What rounding the line added or took.
fn rounding(common: &Row, difference: Decimal) -> Row {
    let mut row = common.clone();
    row.say("ChargeCategory", "Adjustment")
        .say("ChargeDescription", "rounding of the line, half to even")
        .say("ChargeFrequency", "Recurring")
        .say("ServiceName", "rounding")
        .count(["BilledCost", "EffectiveCost", "ListCost", "ContractedCost"], difference);
    row
}

fn finish(
    row: &mut Row,
    statement: &Statement,
    line: &Line,
    invoice: &Invoice<'_>,
    number: usize,
    of_line: usize,
) {
    let id = invoice.id(statement.month, line);
    let detail = format!("{id}/{number}/{}", row.text("ChargeCategory").to_lowercase());
    let effective = row.number("EffectiveCost");
    row.say("x_ChargeKey", format!("{}/{number}/{of_line}", statement.month))
        .say("InvoiceId", id)
        .say("InvoiceDetailId", detail)
        .count(["PricingCurrencyEffectiveCost"], effective);
}

/// A cost in as many places as there are; what has no end in decimals is cut off there, and the rounding
/// of the line makes up for it.
pub fn cost(digits: &str) -> Result<Decimal, FocusError> {
    let exact = read(digits).ok_or_else(|| FocusError::NoNumber(digits.to_string()))?;
    rounded("BilledCost", &exact)
}

/// A number to the places of a cost.
pub fn rounded(column: &'static str, exact: &Exact) -> Result<Decimal, FocusError> {
    let rounded = exact.round(u32::from(COST)).map(|number| number.normalize());
    rounded.ok_or_else(|| FocusError::Inexact { column, value: exact.to_string() })
}
