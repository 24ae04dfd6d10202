//! Rows of FOCUS's Cost and Usage dataset that count tokens, as CSV.
//!
//! See <https://focus.finops.org/focus-specification/>.

use std::borrow::Cow;

use super::defaults::Given;
use super::field::{self, Reason};
use super::meter::{count, meter};
use super::record::{Object, Record};
use super::row::{Reading, Row};
use super::sums::{part_name, parts};
use crate::EventId;
use crate::day::day_number;
use crate::schema::{MODEL, NAMES, TIER};

/// The columns without which there are no tokens in a row.
pub(super) const NEEDED: [&str; 6] = [
    "ChargeCategory",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ConsumedQuantity",
    "ConsumedUnit",
    "SkuMeter",
];

/// The names of a row that a dataset says itself.
pub(super) const SAID: [&str; 2] = [MODEL, TIER];

/// What tells one row from another; costs and quantities may still change.
const KEY: [&str; 11] = [
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ServiceProviderName",
    "BillingAccountId",
    "SubAccountId",
    "ResourceId",
    "RegionId",
    "SkuId",
    "SkuPriceId",
    "SkuMeter",
    "Tags",
];

/// The rows of a line. The dataset does not count calls, so each stands for one.
pub(super) fn rows<'a>(
    line: &'a Record<'a>,
    given: &'a Given,
) -> Result<Vec<Row<'a>>, Vec<Reason>> {
    let mut reading = Reading::of(line, given);
    let category = line.text("ChargeCategory").unwrap_or_default();
    if category != "Usage" {
        return Err(vec![format!("`ChargeCategory` is `{category}`; only usage can be calls")]);
    }
    if let Some(class) = line.text("ChargeClass") {
        reading.wrong(format!("`ChargeClass` is `{class}`; a correction is no call"));
    }
    let [_, start, end, quantity, unit, name] = NEEDED.map(|column| reading.needed(column));
    let period = start.zip(end).and_then(|(start, end)| reading.noted(period(&start, &end)));
    let found = name.as_deref().and_then(|name| reading.noted(meter("SkuMeter", name)));
    let count = quantity.zip(unit).and_then(|(quantity, unit)| {
        reading.noted(count(("ConsumedQuantity", &quantity), ("ConsumedUnit", &unit)))
    });
    let parts = found.as_ref().zip(count).map(|(meter, count)| parts(meter.tokens(count), None));
    let parts = parts.and_then(|parts| reading.noted(parts)).unwrap_or_default();
    let model = line.text("SkuPriceDetails").and_then(|details| model(&details));
    let names = reading.names(NAMES.map(|column| match (column, &found) {
        (MODEL, _) if model.is_some() => model.clone().map(Cow::Owned),
        (MODEL, Some(meter)) if !meter.model.is_empty() => Some(Cow::Owned(meter.model.to_owned())),
        (TIER, Some(meter)) => meter.tier.map(Cow::Borrowed),
        _ => None,
    }));
    let mut key = String::new();
    for said in KEY.map(|column| line.text(column).unwrap_or_default()).iter().chain(&names) {
        key.push_str(said);
        key.push('\0');
    }
    let at_ns = period.unwrap_or_default();
    let rows = parts.into_iter().enumerate().map(|(part, (tokens, calls))| {
        let id = Some(EventId::of_source("focus", &part_name(&key, part)));
        Row { id, at_ns, names: names.clone(), calls, tokens }
    });
    let rows = rows.collect();
    reading.done(rows)
}

/// When a period starts, which must lie within a day.
fn period(start: &str, end: &str) -> Result<i64, Reason> {
    let start = field::instant("ChargePeriodStart", start)?;
    let end = field::instant("ChargePeriodEnd", end)?;
    if end <= start {
        return Err("the charge period ends before it begins".into());
    }
    if day_number(start) != day_number(end - 1) {
        return Err("the charge period spans midnight UTC, so that no day is its own".into());
    }
    Ok(start)
}

/// The model that the details of a price name.
fn model(details: &str) -> Option<String> {
    let details = Object::parse(details).ok()?;
    ["Model", "x_Model", "ModelName", "x_ModelName"]
        .into_iter()
        .find_map(|key| details.text(key).map(Cow::into_owned))
}
