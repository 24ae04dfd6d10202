//! Terms of capacity as flags.

use jiff::civil::Date;
use sourcing::Offered;
use sourcing::offer::{Guarded, InKind, Package};
use terms::{Money, Name};

/// Terms beside the price; what is not given is as in the request.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct OtherTerms {
    /// For how many months; as long as requested if not given
    #[arg(long, value_name = "N")]
    months: Option<u32>,
    /// From which day; the day it is needed if not given
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Paid at the start, beside the price, as "USD 1_000_000"
    #[arg(long, value_name = "MONEY")]
    up_front: Option<Money>,
    /// How many stand from a month on, counted from 0, as 0=16000; may be given again
    #[arg(long, value_name = "MONTH=N", value_parser = numbers)]
    ramp: Vec<(u32, u64)>,
    /// A term beside the price, as prepayment=10% (prepayment, take_or_pay, credit_support,
    /// damages_cap, liability_cap, exclusivity, specification or region); may be given again
    #[arg(long, value_name = "NAME=VALUE", value_parser = guarded)]
    guarded: Vec<(Guarded, String)>,
    /// The wider deal it is a part of: what all of it costs, and what this part and the rest would
    /// cost alone, as "USD 10, USD 6, USD 5"
    #[arg(long, value_name = "ALL,THIS,REST", value_parser = package)]
    package: Option<Package>,
    /// What is given beside money: equity, a site, a licence
    #[arg(long, value_name = "WHAT", requires_all = ["worth", "appraised_by"])]
    in_kind: Option<String>,
    /// What that is worth in money; it counts as paid at the start
    #[arg(long, value_name = "MONEY", requires = "in_kind")]
    worth: Option<Money>,
    /// The expert who says so
    #[arg(long, value_name = "PARTY", requires = "in_kind")]
    appraised_by: Option<String>,
    /// What the grantor pays brokers and finders beside it
    #[arg(long, value_name = "MONEY")]
    fee: Option<Money>,
    /// What the grantor owes the holder that buys, and the holder sets off, where its clause counts
    /// that at its full amount
    #[arg(long, value_name = "MONEY")]
    credit: Option<Money>,
}

impl OtherTerms {
    /// The terms, on the base of others.
    pub fn over(&self, base: Offered, price: Option<Money>) -> Offered {
        let mut terms = base;
        terms.price = price.unwrap_or(terms.price);
        terms.months = self.months.unwrap_or(terms.months);
        terms.from = self.from.unwrap_or(terms.from);
        terms.up_front = self.up_front.or(terms.up_front);
        if !self.ramp.is_empty() {
            terms.ramp.clone_from(&self.ramp);
        }
        terms.guarded.extend(self.guarded.iter().cloned());
        terms.package = self.package.clone().map(Box::new).or(terms.package);
        terms.fee = self.fee.or(terms.fee);
        terms.credit = self.credit.or(terms.credit);
        if let (Some(what), Some(worth), Some(expert)) =
            (&self.in_kind, self.worth, &self.appraised_by)
        {
            let appraised_by = Name::new(expert);
            terms.in_kind = Some(Box::new(InKind { what: what.clone(), worth, appraised_by }));
        }
        terms
    }
}

/// `NAME=VALUE`.
fn pair(text: &str) -> Result<(&str, &str), String> {
    let pair = text.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
    pair.ok_or_else(|| "expected two values with `=` between them".to_string())
}

fn numbers(text: &str) -> Result<(u32, u64), String> {
    let (month, count) = pair(text)?;
    let number = |text: &str| text.replace('_', "").parse::<u64>().map_err(|e| e.to_string());
    let month = u32::try_from(number(month)?).map_err(|error| error.to_string())?;
    Ok((month, number(count)?))
}

/// A term beside the price, by its name.
pub fn guarded(text: &str) -> Result<(Guarded, String), String> {
    let (name, value) = pair(text)?;
    let named = serde_json::from_value(serde_json::Value::String(name.replace('-', "_")));
    let named = named.map_err(|_| {
        "expected prepayment, take_or_pay, credit_support, damages_cap, liability_cap, exclusivity, \
         specification or region"
            .to_string()
    })?;
    Ok((named, value.to_string()))
}

/// What a rest of so many lots costs.
pub fn quote(text: &str) -> Result<(u64, Money), String> {
    let (lots, price) = pair(text)?;
    let lots = lots.parse().map_err(|_| format!("`{lots}` is not a number of lots"))?;
    Ok((lots, price.parse()?))
}

fn package(text: &str) -> Result<Package, String> {
    let amounts = text.split(',').map(|amount| amount.trim().parse::<Money>());
    match amounts.collect::<Result<Vec<_>, _>>()?[..] {
        [price, burdened, free] => Ok(Package { price, burdened, free }),
        _ => Err("expected three amounts with commas between them".to_string()),
    }
}
