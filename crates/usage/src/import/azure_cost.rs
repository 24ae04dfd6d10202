//! Azure's cost and usage details as CSV: what each meter of tokens counted on a day.
//!
//! Columns are those of the dataset's schemas for enterprise and customer agreements, which differ
//! in case: <https://learn.microsoft.com/azure/cost-management-billing/dataset-schema/schema-index>.

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::tz::Offset;

use super::defaults::Given;
use super::field::Reason;
use super::meter::{count, meter};
use super::record::Record;
use super::row::{Reading, Row};
use super::sums::{part_name, parts};
use crate::EventId;
use crate::day::nanoseconds;
use crate::schema::{MODEL, NAMES, TIER};

/// The columns that every export has, in lower case as all are read.
pub(super) const NEEDED: [&str; 4] = ["date", "metername", "quantity", "unitofmeasure"];

/// The names of a row that an export says itself.
pub(super) const SAID: [&str; 2] = [MODEL, TIER];

/// What tells one row of a day from another; costs and quantities may still change.
const KEY: [&str; 10] = [
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
];

/// The rows of a day of a meter. The export does not count calls, so each stands for one.
pub(super) fn rows<'a>(
    line: &'a Record<'a>,
    given: &'a Given,
) -> Result<Vec<Row<'a>>, Vec<Reason>> {
    let mut reading = Reading::of(line, given);
    let [date, name, quantity, unit] = NEEDED.map(|column| reading.needed(column));
    let at_ns = date.and_then(|date| reading.noted(midnight(&date))).unwrap_or_default();
    if let Some(kind) = line.text("chargetype")
        && !kind.eq_ignore_ascii_case("usage")
    {
        reading.wrong(format!("`chargetype` is `{kind}`; only usage can be calls"));
    }
    let found = name.as_deref().and_then(|name| reading.noted(meter("metername", name)));
    let count = quantity.zip(unit).and_then(|(quantity, unit)| {
        reading.noted(count(("quantity", &quantity), ("unitofmeasure", &unit)))
    });
    let parts = found.as_ref().zip(count).map(|(meter, count)| parts(meter.tokens(count), None));
    let parts = parts.and_then(|parts| reading.noted(parts)).unwrap_or_default();
    let names = reading.names(NAMES.map(|column| match (column, &found) {
        (MODEL, Some(meter)) if !meter.model.is_empty() => Some(Cow::Owned(meter.model.to_owned())),
        (TIER, Some(meter)) => meter.tier.map(Cow::Borrowed),
        _ => None,
    }));
    let mut key = String::new();
    for said in KEY.map(|column| line.text(column).unwrap_or_default()).iter().chain(&names) {
        key.push_str(said);
        key.push('\0');
    }
    let rows = parts.into_iter().enumerate().map(|(part, (tokens, calls))| {
        let id = Some(EventId::of_source("azure-cost", &part_name(&key, part)));
        Row { id, at_ns, names: names.clone(), calls, tokens }
    });
    let rows = rows.collect();
    reading.done(rows)
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
