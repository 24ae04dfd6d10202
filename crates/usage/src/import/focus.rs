//! Rows of FOCUS's Cost and Usage dataset that count tokens, as CSV or Parquet.
//!
//! See <https://focus.finops.org/focus-specification/>.

use std::borrow::Cow;

use super::bill::Bill;
use super::defaults::Given;
use super::field::{self, Reason};
use super::record::{Object, Record};
use super::row::{Reading, Row};
use crate::day::day_number;

/// The columns without which there are no tokens in a row.
pub(super) const NEEDED: [&str; 6] = [
    "ChargeCategory",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ConsumedQuantity",
    "ConsumedUnit",
    "SkuMeter",
];

const BILL: Bill = Bill {
    source: "focus",
    meter: "SkuMeter",
    quantity: "ConsumedQuantity",
    unit: "ConsumedUnit",
    key: &[
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
    ],
};

/// What says more of a model than the name of its meter does.
const DETAILS: &str = "SkuPriceDetails";

const CLASS: &str = "ChargeClass";

/// Whether a column says something of a row.
pub(super) fn is_read(column: &str) -> bool {
    NEEDED.contains(&column) || BILL.key.contains(&column) || [DETAILS, CLASS].contains(&column)
}

/// The rows of a charge.
pub(super) fn rows<'a>(
    line: &'a Record<'a>,
    given: &'a Given,
) -> Result<Vec<Row<'a>>, Vec<Reason>> {
    let mut reading = Reading::of(line, given);
    let category = line.text("ChargeCategory").unwrap_or_default();
    if category != "Usage" {
        return Err(vec![format!("`ChargeCategory` is `{category}`; only usage can be calls")]);
    }
    if let Some(class) = line.text(CLASS) {
        reading.wrong(format!("`ChargeClass` is `{class}`; a correction is no call"));
    }
    let [start, end] =
        ["ChargePeriodStart", "ChargePeriodEnd"].map(|column| reading.needed(column));
    let at_ns = start.zip(end).and_then(|(start, end)| reading.noted(period(&start, &end)));
    let model = line.text(DETAILS).and_then(|details| model(&details));
    BILL.rows(reading, at_ns, model)
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
