//! Traffic: calls, tokens and what they cost, by channel, host, model and product, day by day.
//!
//! From the sums that are kept beside the calls: no call is read for it.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::response::Response;
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use rust_decimal::Decimal;
use serde::Deserialize;
use settlement::{Exact, Month, Usage, rating};
use shell::outcome::Failure;

use super::shown;
use crate::chart;
use crate::desk::Room;
use crate::frame::Page;
use crate::server::{App, Sorry};
use crate::viewer::Viewer;
use crate::words;

/// Which month.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    month: String,
}

/// By what calls are added up, and what each of them has of it.
const GROUPS: [(&str, fn(&Usage) -> &str); 4] = [
    ("Channel", |usage| &usage.channel),
    ("Host", |usage| &usage.host),
    ("Model", |usage| &usage.model),
    ("Product", |usage| &usage.product),
];

/// The calls of a month: the last that has any, unless another is chosen.
pub async fn page(
    State(app): State<App>,
    viewer: Viewer,
    Query(asked): Query<Asked>,
) -> Result<Response, Sorry> {
    shown(app, viewer, "traffic", move |room, _| {
        let wanted = match asked.month.trim() {
            "" => None,
            month => Some(month.parse::<Month>().map_err(|_| {
                Failure::wrong_use(format!("“{month}” is not a month"), "write it as 2025-02")
            })?),
        };
        let months = months(room)?;
        let month = wanted.or(months.last().copied());
        let body = html! {
            h1 { "Traffic" @if let Some(month) = month { " of " (month) } }
            form.inline method="get" {
                label {
                    "Month" br;
                    select name="month" { @for one in months.iter().rev() {
                        option value=(one) selected[Some(*one) == month] { (one) }
                    } }
                }
                button { "Show" }
            }
            @match month {
                None => p { "No call was metered yet: " code { "charter gateway" } " meters them, " code { "charter usage import" } " takes them in." },
                Some(month) => (of_month(room, month)?),
            }
        };
        Ok(Page::live("traffic", "Traffic", body))
    })
    .await
}

/// The months that have calls.
fn months(room: &Room) -> Result<Vec<Month>, Failure> {
    let partitions = room.workspace.usage()?.partitions(Date::MIN, Date::MAX)?;
    let mut months: Vec<_> =
        partitions.iter().filter(|of| of.rows > 0).map(|of| Month::of(of.day)).collect();
    months.sort_unstable();
    months.dedup();
    Ok(months)
}

/// What is added up of a group of calls.
struct Sum {
    calls: u64,
    tokens: u128,
    amount: Exact,
}

impl Sum {
    fn add(&mut self, usage: &Usage, amount: &Exact) {
        self.calls += usage.calls;
        self.tokens += usage.tokens.by_class().into_iter().sum::<u128>();
        self.amount = std::mem::replace(&mut self.amount, Exact::zero()) + amount.clone();
    }
}

fn of_month(room: &Room, month: Month) -> Result<Markup, Failure> {
    let partitions = room.workspace.usage()?.partitions(month.first(), month.end())?;
    let usage = settlement::sums(&partitions, &mut |_| {})?;
    let terms = room.terms()?;
    let (rated, unrated) = rating::rate(&terms.registry, &usage);
    let mut groups: [BTreeMap<(&str, String), Sum>; 4] = Default::default();
    let mut days: BTreeMap<Date, u64> = BTreeMap::new();
    for of in &rated {
        *days.entry(of.usage.day).or_default() += of.usage.calls;
        for (sums, (_, key)) in groups.iter_mut().zip(GROUPS) {
            let currency = of.priced.list.currency.to_string();
            let sum = sums.entry((key(of.usage), currency));
            sum.or_insert(Sum { calls: 0, tokens: 0, amount: Exact::zero() })
                .add(of.usage, &of.amount);
        }
    }
    let bars: Vec<_> = std::iter::successors(Some(month.first()), |day| {
        day.checked_add(1.day()).ok().filter(|day| *day < month.end())
    })
    .map(|day| {
        let calls = days.get(&day).copied().unwrap_or_default();
        (day.to_string(), Decimal::from(calls), calls.to_string())
    })
    .collect();
    Ok(html! {
        @if !unrated.is_empty() {
            div.note { strong { "Not rated:" } ul { @for of in &unrated {
                li { (of.events) " calls of " (of.model) " on " (of.channel) ": " (of.reason) }
            } } }
        }
        @for ((title, _), sums) in GROUPS.iter().zip(&groups) {
            h2 { "By " (title.to_lowercase()) }
            div.scroll tabindex="0" { table {
                thead { tr { th { (title) } th.number { "Calls" } th.number { "Tokens" } th.number { "Charged" } } }
                tbody { @for ((name, currency), sum) in sums { tr {
                    td { (name) } td.number { (sum.calls) } td.number { (sum.tokens) }
                    td.number { (currency) " " (sum.amount.round(2).map_or_else(|| "too much to show".to_string(), words::amount)) }
                } } }
            } }
        }
        h2 { "Day by day" }
        (chart::bars("Calls a day", &bars))
        details #days { summary { "As a table" } table {
            thead { tr { th { "Day" } th.number { "Calls" } } }
            tbody { @for (day, _, calls) in &bars { tr { td { (day) } td.number { (calls) } } } }
        } }
    })
}
