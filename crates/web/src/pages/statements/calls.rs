//! From a day of a line to the single calls it is made of, and one call with how it was priced.
//!
//! Calls are of no journal, and a day may have millions: a page reads those it shows, and goes on from a place.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use jiff::civil::Date;
use maud::{Markup, html};
use rust_decimal::Decimal;
use serde::Deserialize;
use settlement::{Line, LineKind, Month, Statement};
use shell::calls::{self, Call, OfDay};
use shell::outcome::Failure;
use terms::Terms;
use usage::{CLASS_NAMES, EventId};

use super::super::shown;
use super::{named, not_settled, seen};
use crate::desk::Room;
use crate::frame::Page;
use crate::server::{App, Sorry};
use crate::viewer::Viewer;
use crate::words;

/// How many calls a page shows.
const SHOWN: usize = 50;

/// A day of a line, and where to go on.
#[derive(Debug, Deserialize)]
pub struct Asked {
    line: usize,
    day: Date,
    #[serde(default)]
    after: u64,
    /// What the places of the page before were of.
    #[serde(default)]
    of: String,
}

/// The calls of a day of a line.
pub async fn page(
    State(app): State<App>,
    viewer: Viewer,
    Path(month): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Sorry> {
    let month = named(&month)?;
    shown(app, viewer, "statements", move |room, viewer| {
        let statement = statement(room, viewer, month)?;
        let line = line(&statement, asked.line)?;
        let title = format!("Calls of {}", asked.day);
        let body = html! {
            h1 { (title) }
            (about(&statement, asked.line, line))
            @if calls::are_behind(line) { (listed(room, line, month, &asked)?) }
            @else { (behind_lines(&statement, line, &asked)) }
        };
        Ok(Page::still("statements", title, body))
    })
    .await
}

/// The statement as the viewer may see it: whoever may not see a line sees none of its calls.
fn statement(room: &Room, viewer: &Viewer, month: Month) -> Result<Statement, Failure> {
    let months = room.months()?;
    let settled = months.of(month).ok_or_else(|| not_settled(month))?;
    seen(room, viewer, &settled.statement)
}

fn line(statement: &Statement, number: usize) -> Result<&Line, Failure> {
    statement.lines.get(number).ok_or_else(|| {
        Failure::wrong_use(
            format!("the statement has no line {number} for you"),
            format!("go to it from /statements/{}", statement.month),
        )
    })
}

fn about(statement: &Statement, number: usize, line: &Line) -> Markup {
    html! {
        dl {
            dt { "Line" } dd { a href={ "/statements/" (statement.month) "?line=" (number) "#line-" (number) } { (line.title) } ", statement of " (statement.month) }
            dt { "Of" } dd { (line.from) " to " (line.to) }
            dt { "Clause" } dd { (words::clause(&line.clause)) }
        }
    }
}

fn listed(room: &Room, line: &Line, month: Month, asked: &Asked) -> Result<Markup, Failure> {
    let terms = room.terms()?;
    let OfDay { calls, next, edition } =
        calls::of_day(&room.workspace, &terms, line, asked.day, asked.after, SHOWN)?;
    let has_moved = asked.after > 0 && asked.of != edition;
    let recorded = line.days.iter().find(|day| day.day == asked.day);
    let address = format!("/statements/{month}/calls?line={}&day={}", asked.line, asked.day);
    Ok(html! {
        @if let Some(day) = recorded { p { (words::count(usize::try_from(day.events).unwrap_or(usize::MAX), "call")) ", " (line.amount.currency) " " (words::exact(&day.amount)) " by the statement." } }
        @if has_moved {
            p.note role="status" { "Calls of this day have come in or were put together since the page before, so some may be lacking here. " a href=(address) { "Begin anew" } "." }
        }
        @if calls.is_empty() && next.is_none() { p { "No call of this day is kept here that the terms of today price so." } }
        @else { div.scroll tabindex="0" { table {
            thead { tr { th { "At (UTC)" } th { "Call" } th { "Product" } th { "Host" } th { "Customer" } th { "Tier" } th.number { "Calls" } th.number { "Tokens" } th.number { (line.amount.currency) } } }
            tbody { @for call in &calls { tr {
                td { (at(call)) }
                td { a href={ "/statements/" (month) "/calls/" (call.event.id) "?line=" (asked.line) "&day=" (asked.day) "&place=" (call.place) } { code { (call.event.id.to_string().chars().take(12).collect::<String>()) } } }
                td { (call.event.product) } td { (call.event.host) } td { (call.event.customer) } td { (call.event.tier) }
                td.number { (call.event.calls) }
                td.number { (words::exact(&call.event.tokens.by_class().into_iter().map(u64::from).sum::<u64>().to_string())) }
                td.number { (call.amount) }
            } } }
        } } }
        @if let Some(next) = next {
            p { a rel="next" href={ (address) "&after=" (next) "&of=" (edition) } { "More calls" }
                @if calls.len() < SHOWN { span.quiet { ": few of those read so far are of this line" } } }
        }
    })
}

fn at(call: &Call) -> Markup {
    html! { time datetime=(call.event.at) { (call.event.at.strftime("%H:%M:%S%.3f")) } }
}

/// A line that is no sum of calls is of others that are.
fn behind_lines(statement: &Statement, line: &Line, asked: &Asked) -> Markup {
    let sellers = [&line.from, &line.to];
    let charged: Vec<_> = statement
        .lines
        .iter()
        .enumerate()
        .filter(|(_, of)| of.kind == LineKind::Revenue && sellers.contains(&&of.from))
        .filter_map(|(number, of)| {
            Some((number, of, of.days.iter().find(|day| day.day == asked.day)?))
        })
        .collect();
    html! {
        p { "This line is of what customers were charged, as far as the scope of its clause goes. On " (asked.day) " that was:" }
        @if charged.is_empty() { p.quiet { "What was charged then stands on no line that you may see." } }
        @else { ul { @for (number, of, day) in &charged { li {
            a href={ "/statements/" (statement.month) "/calls?line=" (number) "&day=" (asked.day) } { (of.title) }
            ": " (day.events) " calls, " (of.amount.currency) " " (words::exact(&day.amount))
        } } } }
    }
}

/// A call of a day of a line, and where it was found.
#[derive(Debug, Deserialize)]
pub struct One {
    line: usize,
    day: Date,
    #[serde(default)]
    place: u64,
}

/// One call, whole, with how it was priced.
pub async fn one(
    State(app): State<App>,
    viewer: Viewer,
    Path((month, id)): Path<(String, String)>,
    Query(asked): Query<One>,
) -> Result<Response, Sorry> {
    let month = named(&month)?;
    let id: EventId = id.parse().map_err(|_| Sorry::absent(format!("There is no call “{id}”")))?;
    shown(app, viewer, "statements", move |room, viewer| {
        let statement = statement(room, viewer, month)?;
        let line = line(&statement, asked.line)?;
        let terms = room.terms()?;
        let found = calls::one(&room.workspace, &terms, line, asked.day, id, asked.place)?;
        let call = found.ok_or_else(|| {
            Failure::wrong_use(
                format!("no call {id} of {} is on this line", asked.day),
                "go to it from the calls of the day",
            )
        })?;
        let body = html! {
            h1 { "Call " code { (id) } }
            (about(&statement, asked.line, line))
            (metered(&call))
            (priced(&call, line, &terms))
            p { a href={ "/statements/" (month) "/calls?line=" (asked.line) "&day=" (asked.day) } { "The calls of " (asked.day) } }
        };
        Ok(Page::still("statements", format!("Call {id}"), body))
    })
    .await
}

fn metered(call: &Call) -> Markup {
    let event = &call.event;
    let classes = CLASS_NAMES.iter().zip(event.tokens.by_class()).filter(|(_, count)| *count > 0);
    html! {
        h2 { "As it was metered" }
        dl {
            dt { "At" } dd { (words::instant(event.at, &jiff::tz::TimeZone::UTC)) }
            dt { "Sold by" } dd { (call.seller) ", through " (event.channel) }
            dt { "For" } dd { (event.product) ", to " (event.customer) }
            dt { "Answered by" } dd { (event.model) " on " (event.host) ", " (event.tier) }
            @if event.calls != 1 { dt { "Stands for" } dd { (event.calls) " calls, as its source has sums alone" } }
            @for (class, count) in classes { dt { (class.replace('_', " ")) } dd { (words::exact(&count.to_string())) " tokens" } }
        }
    }
}

fn priced(call: &Call, line: &Line, terms: &Terms) -> Markup {
    let list = line.clause.strip_prefix("price_list.").unwrap_or_default();
    let assumed = terms.registry.price_lists.get(list).and_then(|list| list.assumed.as_ref());
    html! {
        h2 { "As it was priced" }
        p { "By " (words::clause(&line.clause)) ", " (line.document) ", line " (line.line) ", as it holds today."
            @if let Some(why) = assumed { " " span.quiet { "Assumed: " (why) } } }
        div.scroll tabindex="0" { table {
            thead { tr { th { "What" } th.number { "Quantity" } th.number { "Price" } th.number { (line.amount.currency) } } }
            tbody {
                @for part in &call.parts { tr {
                    td { (part.class) } td.number { (words::exact(&part.quantity.to_string())) }
                    td.number { (part.price) " for " (words::exact(&Decimal::from(part.per).to_string())) }
                    td.number { (part.amount) }
                } }
                tr { td { strong { "Comes to" } } td {} td {} td.number { strong { (call.amount) } } }
            }
        } }
        p.quiet.small { "Nothing is rounded for a call: a line is, once, over all its calls." }
    }
}
