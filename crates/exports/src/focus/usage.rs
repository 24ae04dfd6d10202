//! Usage and capacity: one row for each day, product, host and class of tokens.

use serde_json::json;
use settlement::{Charge, Line};

use super::FocusError;
use super::cost::cost;
use super::row::Row;
use crate::kind::{Effect, effect};
use crate::number::{decimal, read};
use crate::settled::Settled;

/// The rows of a line that has charges.
pub fn rows(settled: &Settled<'_>, line: &Line, common: &Row) -> Result<Vec<Row>, FocusError> {
    let mut rows = Vec::new();
    for day in &line.days {
        for charge in &day.charges {
            let mut row = common.clone();
            row.on("ChargePeriodStart", day.day)
                .on("ChargePeriodEnd", day.day.tomorrow().unwrap_or(day.day))
                .say("ChargeCategory", "Usage")
                .say("ChargeFrequency", "Usage-Based")
                .say("PricingCategory", "Standard")
                .say("x_Host", charge.host.as_str());
            amounts(&mut row, charge)?;
            match effect(line.kind) {
                Effect::Charged => tokens(&mut row, settled, line, charge),
                _ => capacity(&mut row, settled, line, charge),
            }
            rows.push(row);
        }
    }
    Ok(rows)
}

fn amounts(row: &mut Row, charge: &Charge) -> Result<(), FocusError> {
    let no_number = || FocusError::NoNumber(charge.quantity.clone());
    let quantity = read(&charge.quantity).ok_or_else(no_number)?;
    let inexact = |column| FocusError::Inexact { column, value: charge.quantity.clone() };
    let consumed = decimal(&quantity).ok_or_else(|| inexact("ConsumedQuantity"))?;
    let priced = decimal(&quantity.per(charge.per)).ok_or_else(|| inexact("PricingQuantity"))?;
    row.count(["BilledCost", "EffectiveCost", "ListCost", "ContractedCost"], cost(&charge.amount)?)
        .count(["ListUnitPrice", "ContractedUnitPrice"], charge.price)
        .count(["PricingCurrencyListUnitPrice", "PricingCurrencyContractedUnitPrice"], charge.price)
        .count(["ConsumedQuantity"], consumed)
        .count(["PricingQuantity"], priced);
    Ok(())
}

/// A revenue line is titled by its channel and its model, neither of which has a space in it.
fn tokens(row: &mut Row, settled: &Settled<'_>, line: &Line, charge: &Charge) {
    let (channel, model) = line.title.split_once(' ').unwrap_or((&line.title, ""));
    let registry = &settled.terms.registry;
    let service = registry.channels.get(channel).map_or(channel, |of| of.service.as_str());
    let host = registry.operator(&charge.host).map(terms::Name::new);
    let host = host.map_or_else(|| charge.host.clone(), |operator| settled.title(&operator));
    let (class, tier) = (&charge.class, &charge.tier);
    // A price may also be for the call itself.
    let (meter, what) = match class.as_str() {
        "calls" => ("Calls".to_string(), "Calls"),
        class => (meter(class), "Tokens"),
    };
    let details = json!({
        "x_Model": model, "x_PriceList": line.clause, "x_Processing": tier, "x_TokenClass": class,
    });
    let tags = json!({
        "charter/channel": channel, "charter/model": model, "charter/product": charge.product,
    });
    row.say("ChargeDescription", format!("{meter} of {model} for {} on {channel}", charge.product))
        .say("ConsumedUnit", what)
        .say("PricingUnit", unit(charge.per, what))
        .say("HostProviderName", host)
        .say("ServiceName", service)
        .say("SkuId", format!("{model}/{class}"))
        .say("SkuMeter", meter)
        .say("SkuPriceId", format!("{}/{model}/{class}/{tier}", line.clause))
        .say("SkuPriceDetails", details.to_string())
        .say("SubAccountId", channel)
        .say("SubAccountName", channel)
        .say("Tags", tags.to_string())
        .say("x_Channel", channel)
        .say("x_Model", model)
        .say("x_Product", charge.product.as_str())
        .say("x_Processing", tier.as_str())
        .say("x_TokenClass", class.as_str());
}

fn capacity(row: &mut Row, settled: &Settled<'_>, line: &Line, charge: &Charge) {
    let lot = &charge.product;
    row.say("ChargeDescription", format!("{} of {lot}", charge.class.replace('-', " ")))
        .say("ConsumedUnit", "Accelerator-Hours")
        .say("PricingUnit", unit(charge.per, "Accelerator-Hours"))
        .say("HostProviderName", settled.title(&line.to))
        .say("ServiceCategory", "Compute")
        .say("ServiceSubcategory", "Other (Compute)")
        .say("ServiceName", "accelerator capacity")
        .say("SkuId", lot.as_str())
        .say("SkuMeter", "Accelerator-Hours")
        .say("SkuPriceId", format!("{lot}/{}", charge.price.normalize()))
        .say("SkuPriceDetails", json!({ "x_Lot": lot }).to_string())
        .say("x_Product", lot.as_str());
}

/// `1000000 Tokens` for a price of a million, as the specification's format of units has it.
fn unit(per: u32, what: &str) -> String {
    if per == 1 { what.to_string() } else { format!("{per} {what}") }
}

/// `Cached tokens` for `cached`, `Audio input tokens` for `audio_input`.
fn meter(class: &str) -> String {
    let words = class.replace('_', " ");
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase()).unwrap_or_default();
    format!("{first}{} tokens", letters.as_str())
}
