//! Traffic: calls, tokens and what they cost, by channel, host, model and product, day by day; and what the running
//! gateway counts beside: how long callers wait, and what was refused under which clause.
//!
//! What is metered comes from the sums that are kept beside the calls: no call is read for it.

mod live;

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
use terms::Registry;
use terms::value::Currency;

use super::shown;
use crate::chart;
use crate::desk::Room;
use crate::frame::Page;
use crate::server::{App, Sorry};
use crate::viewer::Viewer;
use crate::words;

/// How often the page is asked for again: calls come in without an event of the journal.
const EVERY_S: u32 = 10;

/// Which month.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    month: String,
}

/// What calls are added up by.
type Key = fn(&Usage) -> &str;

/// By what calls are added up, and what each of them has of it.
const GROUPS: [(&str, Key); 4] = [
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
    let live = match viewer.may_open("traffic") {
        true => live::figures(&app, &viewer).await?,
        false => live::Live::Off,
    };
    shown(app, viewer, "traffic", move |room, viewer| {
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
            @if !months.is_empty() {
                form.inline method="get" {
                    label {
                        "Month" br;
                        select name="month" { @for one in months.iter().rev() {
                            option value=(one) selected[Some(*one) == month] { (one) }
                        } }
                    }
                    button { "Show" }
                }
            }
            @match month {
                None => p { "No call was metered yet: " code { "charter gateway" } " meters them, " code { "charter usage import" } " takes them in." },
                Some(month) => (of_month(room, viewer, month)?),
            }
            @if viewer.party.is_none() || viewer.sees_books { (live::shown(&live)) }
            @else { p.quiet { "Of calls, those that your party sells and those that run on its cloud." } }
        };
        Ok(Page::live("traffic", "Traffic", body).asked_for_every(EVERY_S))
    })
    .await
}

/// The months that have calls.
fn months(room: &Room) -> Result<Vec<Month>, Failure> {
    let days = room.workspace.usage()?.days_before(Date::MAX)?;
    let mut months: Vec<_> = days.into_iter().map(Month::of).collect();
    months.dedup();
    Ok(months)
}

/// What is added up of a group of calls.
struct Sum {
    calls: u64,
    read: u128,
    written: u128,
    amount: Exact,
}

impl Sum {
    fn nothing() -> Sum {
        Sum { calls: 0, read: 0, written: 0, amount: Exact::zero() }
    }

    fn add(&mut self, usage: &Usage, amount: &Exact) {
        self.calls += usage.calls;
        self.read += usage.tokens.read();
        self.written += usage.tokens.written();
        self.amount = std::mem::replace(&mut self.amount, Exact::zero()) + amount.clone();
    }

    fn charged(&self) -> Decimal {
        self.amount.round(2).unwrap_or(Decimal::MAX)
    }
}

/// Sums by name and currency.
type Sums<'a> = BTreeMap<(&'a str, Currency), Sum>;

/// Whether calls are a viewer's to see: a party's those that it sells or that run on its cloud.
fn is_theirs(viewer: &Viewer, registry: &Registry, usage: &Usage) -> bool {
    let Some(party) = viewer.party.as_ref().filter(|_| !viewer.sees_books) else { return true };
    let is_own = |of: &str| registry.is_affiliate(party.as_str(), of);
    let seller = registry.channels.get(usage.channel.as_str()).map(|channel| &channel.seller);
    let host = registry.operator(&usage.host);
    seller.is_some_and(|seller| is_own(seller.as_str())) || host.is_some_and(is_own)
}

fn of_month(room: &Room, viewer: &Viewer, month: Month) -> Result<Markup, Failure> {
    let (terms, usage) = (room.terms()?, room.sums(month)?);
    let usage = usage.iter().filter(|of| is_theirs(viewer, &terms.registry, of));
    let usage: Vec<_> = usage.cloned().collect();
    let (rated, unrated) = rating::rate(&terms.registry, &usage);
    let mut groups: [Sums<'_>; 4] = Default::default();
    let mut days: BTreeMap<Date, (u64, u128)> = BTreeMap::new();
    for of in &rated {
        let day = days.entry(of.usage.day).or_default();
        *day = (day.0 + of.usage.calls, day.1 + of.usage.tokens.total());
        for (sums, (_, key)) in groups.iter_mut().zip(GROUPS) {
            let name = (key(of.usage), of.currency());
            sums.entry(name).or_insert_with(Sum::nothing).add(of.usage, &of.amount);
        }
    }
    Ok(html! {
        @if !unrated.is_empty() {
            div.note { strong { "Not rated:" } ul { @for of in &unrated {
                li { (of.events) " calls of " (of.model) " on " (of.channel) ": " (of.reason) }
            } } }
        }
        @for ((title, _), sums) in GROUPS.iter().zip(&groups) { (group(title, sums)) }
        (day_by_day(month, &days))
    })
}

/// What is charged by one thing that calls have: drawn where there is something to compare, and as a table.
fn group(title: &str, sums: &Sums<'_>) -> Markup {
    /// More are not drawn.
    const DRAWN: usize = 12;
    let one_currency =
        sums.keys().all(|(_, currency)| sums.keys().all(|(_, other)| other == currency));
    let mut bars: Vec<_> = sums
        .iter()
        .map(|((name, currency), sum)| {
            let charged = sum.charged();
            (
                (*name).to_string(),
                charged,
                format!("{currency} {}", words::amount(charged, *currency)),
            )
        })
        .collect();
    bars.sort_by_key(|(_, charged, _)| std::cmp::Reverse(*charged));
    bars.truncate(DRAWN);
    let by = title.to_lowercase();
    html! {
        h2 { "By " (by) }
        @if one_currency && bars.len() > 1 { (chart::bars(&format!("What is charged, by {by}"), &bars)) }
        div.scroll tabindex="0" { table {
            thead { tr { th { (title) } th.number { "Calls" } th.number { "Tokens read" } th.number { "Tokens written" } th.number { "Charged" } } }
            tbody { @for ((name, currency), sum) in sums { tr {
                td { (name) } td.number { (words::exact(&sum.calls.to_string())) }
                td.number { (words::exact(&sum.read.to_string())) } td.number { (words::exact(&sum.written.to_string())) }
                td.number { (currency) " " (words::amount(sum.charged(), *currency)) }
            } } }
        } }
    }
}

fn day_by_day(month: Month, days: &BTreeMap<Date, (u64, u128)>) -> Markup {
    let all: Vec<_> = std::iter::successors(Some(month.first()), |day| {
        day.checked_add(1.day()).ok().filter(|day| *day < month.end())
    })
    .map(|day| (day, days.get(&day).copied().unwrap_or_default()))
    .collect();
    let bars: Vec<_> = all
        .iter()
        .map(|(day, (calls, _))| {
            (day.to_string(), Decimal::from(*calls), words::exact(&calls.to_string()))
        })
        .collect();
    html! {
        h2 { "Day by day" }
        (chart::bars("Calls a day", &bars))
        details #days { summary { "As a table" } table {
            thead { tr { th { "Day" } th.number { "Calls" } th.number { "Tokens" } } }
            tbody { @for (day, (calls, tokens)) in &all { tr {
                td { (day) } td.number { (words::exact(&calls.to_string())) } td.number { (words::exact(&tokens.to_string())) }
            } } }
        } }
    }
}
