use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::Finding;
use crate::fields::{Collected, Fields};
use crate::finding::Origin;
use crate::value::{
    Basis, Currency, Duration, Expression, Money, Shape, Unit, Unreadable, Value, unexpected,
};

/// What one unit of a currency is worth in another, day by day.
///
/// The rates are data of the agreement, as whoever pays must know which of all that are published counts.
#[derive(Debug, Clone)]
pub struct ExchangeRate {
    /// The currency of which one unit is priced.
    pub currency: Currency,
    /// The currency it is priced in.
    pub into: Currency,
    /// What one unit of `currency` is worth in `into` on a day, above zero.
    pub rates: BTreeMap<Date, Decimal>,
    /// For how many days after its own a rate counts, where no later one is stated.
    pub days_after: u32,
    /// Where it is defined.
    pub origin: Origin,
    /// Why its values are assumed, if they are.
    pub assumed: Option<String>,
}

impl ExchangeRate {
    /// The rate that counts on a day, with the day it is of: that of the day itself, or else the last
    /// before it, if that is no older than `days_after` says.
    pub fn on(&self, day: Date) -> Option<(Date, Decimal)> {
        let (of, rate) = self.rates.range(..=day).next_back()?;
        (day <= Duration::days(self.days_after).after(*of)).then_some((*of, *rate))
    }

    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<ExchangeRate> {
        let currency: Option<Currency> = f.required("currency");
        let holds_for = f.or("holds_for", Duration::days(7));
        if holds_for.unit != Unit::Days {
            let place = f.origin_of("holds_for").label("not in days");
            let message = format!("a rate holds for days, not for {holds_for}");
            let finding = Finding::error("charter::value::unit", message, place);
            into.findings.push(finding.help("write calendar days, as \"7 days\""));
        }
        let table: Option<Table> = f.required("rates");
        let assumed = f.parameters.iter().find_map(|parameter| match &parameter.basis {
            Basis::Assumed(why) => Some(why.clone()),
            _ => None,
        });
        let rates: Vec<_> = table?.0.into_iter().filter_map(|row| read_rate(f, row)).collect();
        let currency = currency?;
        let worth: BTreeSet<_> = rates.iter().map(|(_, rate)| rate.currency).collect();
        if worth.len() > 1 || worth.contains(&currency) {
            let (what, help) = match worth.len() > 1 {
                true => {
                    ("rates in several currencies", "write a block for each pair of currencies")
                }
                false => ("rates in its own currency", "say what it is worth in another currency"),
            };
            let message = format!("{} mixes currencies", f.title);
            let place = f.origin_of("rates").label(what);
            let finding = Finding::error("charter::value::currency", message, place);
            into.findings.push(finding.help(help));
        }
        Some(ExchangeRate {
            currency,
            into: *worth.first()?,
            rates: rates.into_iter().map(|(day, rate)| (day, rate.amount)).collect(),
            days_after: holds_for.count,
            origin: f.origin(),
            assumed,
        })
    }
}

/// Reads one row of the table; what is wrong with it is told with its own place.
fn read_rate(f: &mut Fields<'_>, (day, at, rate): Row) -> Option<(Date, Money)> {
    let key = Expression { shape: Shape::Text(day.clone()), span: at, source: day };
    let wrong = |unreadable: Unreadable, span: &Range<usize>| {
        let place = f.place(span.clone(), "in `rates`");
        Finding::error(unreadable.code, unreadable.problem, place).help(unreadable.help)
    };
    let day = Date::read(&key).map_err(|unreadable| wrong(unreadable, &key.span));
    let worth = Money::read(&rate).map_err(|unreadable| wrong(unreadable, &rate.span));
    let zero = worth.as_ref().is_ok_and(|worth| worth.amount.is_zero()).then(|| {
        let place = f.place(rate.span.clone(), "worth nothing");
        let message = "an exchange rate is above zero";
        let finding = Finding::error("charter::value::unit", message, place);
        finding.help("write what one unit is worth, as \"USD 1.08\"")
    });
    match (day, worth, zero) {
        (Ok(day), Ok(worth), None) => Some((day, worth)),
        (day, worth, zero) => {
            f.findings.extend(day.err().into_iter().chain(worth.err()).chain(zero));
            None
        }
    }
}

/// A row: its key with its place, and its value.
type Row = (String, Range<usize>, Expression);

/// Values by name; their reader knows what they mean.
struct Table(Vec<Row>);

impl Value for Table {
    const EXPECTED: &'static str =
        "a table of days and what one unit is worth, as { \"2025-03-31\" = \"USD 1.08\" }";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match &expression.shape {
            Shape::Object(rows) if !rows.is_empty() => Ok(Table(rows.clone())),
            _ => Err(unexpected::<Self>(expression)),
        }
    }

    fn show(&self) -> String {
        let count = self.0.len();
        format!("{count} day{}", if count == 1 { "" } else { "s" })
    }
}
