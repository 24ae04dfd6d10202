//! Azure's cost and usage details as CSV: what each meter of tokens counted on a day.
//!
//! Columns are those of the dataset's schemas for enterprise and customer agreements, which differ
//! in case: <https://learn.microsoft.com/azure/cost-management-billing/dataset-schema/schema-index>.

use jiff::civil::Date;
use jiff::tz::Offset;

use super::bill::Bill;
use super::defaults::Given;
use super::field::Reason;
use super::record::Record;
use super::row::{Reading, Row};
use crate::day::nanoseconds;

/// The columns that every export has, in lower case as all are read.
pub(super) const NEEDED: [&str; 4] = ["date", "metername", "quantity", "unitofmeasure"];

const BILL: Bill = Bill {
    source: "azure-cost",
    meter: "metername",
    quantity: "quantity",
    unit: "unitofmeasure",
    key: &[
        "date",
        "meterid",
        "metername",
        "subscriptionid",
        "subscriptionguid",
        "resourceid",
        "instanceid",
        "tags",
        "additionalinfo",
        "chargetype",
    ],
};

/// The rows of a day of a meter.
pub(super) fn rows<'a>(
    line: &'a Record<'a>,
    given: &'a Given,
) -> Result<Vec<Row<'a>>, Vec<Reason>> {
    let mut reading = Reading::of(line, given);
    let date = reading.needed("date");
    let at_ns = date.and_then(|date| reading.noted(midnight(&date)));
    if let Some(kind) = line.text("chargetype")
        && !kind.eq_ignore_ascii_case("usage")
    {
        reading.wrong(format!("`chargetype` is `{kind}`; only usage can be calls"));
    }
    BILL.rows(reading, at_ns, None)
}

/// The start of a day, which Azure counts in UTC: `2025-03-01` or `03/01/2025`.
fn midnight(text: &str) -> Result<i64, Reason> {
    let text = text.trim();
    let day = text.strip_suffix("T00:00:00Z").or(text.strip_suffix("T00:00:00")).unwrap_or(text);
    let date = if day.contains('/') { Date::strptime("%m/%d/%Y", day) } else { day.parse() };
    let at = date.ok().and_then(|date| Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok());
    at.and_then(nanoseconds).ok_or_else(|| {
        format!("`date`: `{text}` is not a day; expected one such as `2025-03-01` or `03/01/2025`")
    })
}
