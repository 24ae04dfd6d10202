//! Statements: what is due for a month, from gross to net, each line down to its steps, its days and its calls.

pub mod calls;
pub mod compare;

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use exports::kind::{Effect, effect};
use maud::{Markup, html};
use rust_decimal::Decimal;
use serde::Deserialize;
use settlement::{Charge, Line, LineKind, Month, Statement};
use shell::outcome::Failure;
use shell::workspace::Settled;
use terms::Money;
use terms::value::Currency;

use super::shown;
use crate::api::{self, Api, Problem};
use crate::chart;
use crate::desk::Room;
use crate::entrance::wall;
use crate::frame::Page;
use crate::server::Sorry;
use crate::viewer::Viewer;
use crate::words;

/// Every settled month.
pub async fn list(State(api): State<Api>, viewer: Viewer, parts: Parts) -> Result<Response, Sorry> {
    let may = May::of(&api, &parts, &viewer).await;
    shown(api.app, viewer, "statements", move |room, viewer| {
        let months = room.months()?;
        let body = html! {
            h1 { "Statements" }
            @if months.settled.is_empty() { p { "No month is settled yet." } }
            @if may.settle { (settle_any(room, viewer)?) }
            @if !months.settled.is_empty() { div.scroll tabindex="0" { table {
                thead { tr { th { "Month" } th { "State" } th.number { "Lines" } th.number { "Customers were charged" } } }
                tbody { @for settled in months.settled.iter().rev() { tr {
                    td { a href={ "/statements/" (settled.month()) } { (settled.month()) } }
                    td { (state(&settled.statement, months.is_closed(settled.month()))) }
                    td.number { (lines_seen(&settled.statement, viewer).count()) }
                    td.number { @for money in charged(&settled.statement, viewer) { div { (words::money(&money)) } } }
                } } }
            } } }
        };
        Ok(Page::live("statements", "Statements", body))
    })
    .await
}

fn state(statement: &Statement, is_closed: bool) -> Markup {
    html! {
        @if is_closed { span.tag.good { "closed" } }
        @else if statement.is_final { span.tag.good { "final" } }
        @else { span.tag.wait { "provisional" } }
    }
}

/// What customers were charged, by currency.
pub fn charged(statement: &Statement, viewer: &Viewer) -> Vec<Money> {
    let mut sums = BTreeMap::<Currency, Decimal>::new();
    for line in lines_seen(statement, viewer).filter(|line| line.kind == LineKind::Revenue) {
        *sums.entry(line.amount.currency).or_default() += line.amount.amount;
    }
    sums.into_iter().map(|(currency, amount)| Money { amount, currency }).collect()
}

/// The lines that a viewer sees: a party those that it owes, is owed or earns by.
fn lines_seen<'s>(statement: &'s Statement, viewer: &'s Viewer) -> impl Iterator<Item = &'s Line> {
    let party = viewer.party.as_ref().filter(|_| !viewer.sees_all);
    let is_its = move |line: &&Line| party.is_none_or(|of| [&line.from, &line.to].contains(&of));
    statement.lines.iter().filter(is_its)
}

/// What somebody may do with months.
#[derive(Clone, Copy)]
struct May {
    settle: bool,
    close: bool,
}

impl May {
    async fn of(api: &Api, parts: &Parts, viewer: &Viewer) -> May {
        let settle = api::may(api, parts, viewer, "settle").await;
        May { settle, close: api::may(api, parts, viewer, "close").await }
    }
}

/// A form that settles one of the months that have calls.
fn settle_any(room: &Room, viewer: &Viewer) -> Result<Markup, Failure> {
    let months = room.months()?;
    let days = room.workspace.usage()?.days_before(jiff::civil::Date::MAX)?;
    let open: BTreeSet<Month> =
        days.into_iter().map(Month::of).filter(|month| !months.is_closed(*month)).collect();
    Ok(html! {
        @if open.is_empty() { p.quiet { "No month that is open has calls; " code { "charter settle 2025-02" } " settles one that has none." } }
        @else {
            form.inline method="post" action="/do/settle" {
                (wall::token(viewer))
                label { "Month" br; select name="month" { @for month in open.iter().rev() { option { (month) } } } }
                button { "Settle" }
            }
        }
    })
}

/// What may be done with a month now, and what that means.
fn books(room: &Room, viewer: &Viewer, may: May, settled: &Settled) -> Result<Markup, Failure> {
    let (months, month) = (room.months()?, settled.month());
    let before = months.settled.iter().map(Settled::month);
    let before = before.filter(|of| *of < month && !months.is_closed(*of)).min();
    let form = |verb: &str, label: String, plain: bool| {
        html! { form method="post" action={ "/do/" (verb) } {
            (wall::token(viewer))
            input type="hidden" name="month" value=(month);
            button.plain[plain] { (label) }
        } }
    };
    Ok(html! {
        h2 #books { "The books" }
        @if let Some(closed) = months.closed.get(&month) {
            p { "They are closed, with the settlement " code { (closed.settlement.chars().take(12).collect::<String>()) }
                ". What becomes known later is booked as an adjustment in a month that is not closed." }
        } @else {
            p { "They are open: settling again takes the place of this statement." }
            @if may.settle { (form("settle", format!("Settle {month} again"), true)) }
            @if may.close {
                @if !settled.statement.is_final { p { "A month is closed once its statement is final." } }
                @else if let Some(before) = before { p { "First close " a href={ "/statements/" (before) "#books" } { (before) } ", which comes before it." } }
                @else {
                    p { "Closing is for good: this statement never changes again, and nothing opens it. What becomes known                          later, late calls, corrections, an amendment that reaches back, is booked as an adjustment in a                          month that is not closed. It is refused if something that it rests on has changed since it was settled." }
                    (form("close", format!("Close the books of {month}"), false))
                }
            }
        }
        p { a href={ "/statements/" (month) "/compare" } { "Compare it" } " with what it comes to now"
            @if months.versions_of(month).nth(1).is_some() { ", or with one of its earlier versions" }
            @if may.settle || viewer.sees_all { ", or with what it would come to under a scenario" } "." }
    })
}

/// A statement as a viewer may see it: a party sees what it owes, is owed or earns, and its own books.
fn seen(room: &Room, viewer: &Viewer, statement: &Statement) -> Result<Statement, Failure> {
    Ok(match viewer.party.as_ref().filter(|_| !viewer.sees_all) {
        Some(party) => exports::party::view(statement, &*room.terms()?, party),
        None => statement.clone(),
    })
}

fn not_settled(month: Month) -> Failure {
    Failure::wrong_use(
        format!("{month} has not been settled"),
        format!("settle it with `charter settle {month}`"),
    )
}

/// The month that an address names.
fn named(month: &str) -> Result<Month, Sorry> {
    month.parse().map_err(|_| Sorry::absent(format!("There is no statement of “{month}”")))
}

/// Which line is unfolded.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Unfolded {
    line: Option<usize>,
}

/// One month.
pub async fn month(
    State(api): State<Api>,
    viewer: Viewer,
    Path(month): Path<String>,
    Query(unfolded): Query<Unfolded>,
    parts: Parts,
) -> Result<Response, Sorry> {
    let wanted = named(&month)?;
    let may = May::of(&api, &parts, &viewer).await;
    let room_for = move |room: &Room, viewer: &Viewer| {
        let months = room.months()?;
        let settled = months.of(wanted).ok_or_else(|| not_settled(wanted))?;
        let statement = seen(room, viewer, &settled.statement)?;
        let body = html! {
            h1 { "Statement of " (wanted) " " (state(&statement, months.is_closed(wanted))) }
            @for reason in &statement.open { p.note { strong { "Not final: " } (reason) } }
            (waterfalls(&statement))
            (lines(&statement, unfolded.line))
            @if !statement.unrated.is_empty() { (unrated(&statement)) }
            @if !statement.not_computed.is_empty() {
                h2 { "Not computed here" }
                ul { @for clause in &statement.not_computed { li { (clause) } } }
            }
            (books(room, viewer, may, settled)?)
            h2 { "Take it with you" }
            (downloads(wanted))
        };
        Ok(Page::live("statements", format!("Statement of {wanted}"), body))
    };
    shown(api.app, viewer, "statements", room_for).await
}

/// From what customers were charged to what remains, for whoever earns it.
fn waterfalls(statement: &Statement) -> Markup {
    let mut earners = BTreeSet::new();
    for line in statement.lines.iter().filter(|line| line.kind == LineKind::Revenue) {
        earners.insert((line.from.clone(), line.amount.currency));
    }
    html! {
        @for (earner, currency) in earners {
            @let steps = steps(statement, &earner, &currency);
            h2 { "From gross to net for " (earner) ", in " (currency) }
            (chart::waterfall(&format!("What {earner} is left with of {currency}"), &steps))
        }
    }
}

type WaterfallStep = (String, Decimal, String, bool);

fn steps(statement: &Statement, earner: &terms::Name, currency: &Currency) -> Vec<WaterfallStep> {
    let own = statement.lines.iter().filter(|line| line.amount.currency == *currency);
    let (mut gross, mut net) = (Decimal::ZERO, Decimal::ZERO);
    let mut moved = Vec::new();
    for line in own {
        let amount = line.amount.amount;
        match effect(line.kind) {
            Effect::Charged if line.from == *earner => gross += amount,
            Effect::Due if line.from == *earner => moved.push((line.title.clone(), -amount)),
            Effect::Due if line.to == *earner => moved.push((line.title.clone(), amount)),
            // What is set off or tracked moves no money, and what is paid was due before.
            _ => {}
        }
    }
    net += gross;
    let mut steps = vec![("gross".to_string(), gross, words::amount(gross, *currency), true)];
    for (title, amount) in moved {
        net += amount;
        steps.push((title, amount, words::amount(amount, *currency), false));
    }
    steps.push(("net".to_string(), net, words::amount(net, *currency), true));
    steps
}

fn lines(statement: &Statement, unfolded: Option<usize>) -> Markup {
    html! {
        h2 { "Lines" }
        div.scroll tabindex="0" { table {
            thead { tr { th { "Line" } th { "From" } th { "To" } th.number { "Amount" } th { "Clause" } } }
            tbody { @for (number, line) in statement.lines.iter().enumerate() {
                tr #{ "line-" (number) } {
                    td {
                        a href={ "?line=" (number) "#line-" (number) } { (line.title) }
                        @if let Some(adjusts) = &line.adjusts { br; span.quiet.small { "adjusts " (adjusts.month) ": booked " (words::money(&adjusts.booked)) ", restated " (words::money(&adjusts.restated)) } }
                    }
                    td { (line.from) } td { (line.to) }
                    td.number { (words::money(&line.amount)) }
                    td {
                        @if line.kind != LineKind::Net { (words::clause(&line.clause)) }
                        @if !line.assumed.is_empty() { span.quiet title="Rests on values that no source states" { " *" } }
                    }
                }
                @if unfolded == Some(number) { tr { td colspan="5" { (line_steps(statement.month, number, line)) } } }
            } }
        } }
        p.quiet.small { "* rests on values that no source states; the line, unfolded, says which and why." }
    }
}

/// A line, unfolded: its steps in their order, its days, and what was counted on each.
fn line_steps(month: Month, number: usize, line: &Line) -> Markup {
    html! {
        div {
            h3 { "How it was computed" }
            table {
                thead { tr { th { "Stage" } th { "Step" } th.number { "Given" } th.number { "Comes to" } } }
                tbody {
                    @for step in &line.steps { tr {
                        td.quiet { @if let Some(stage) = step.stage { (stage.title()) } }
                        td { (step.name) }
                        td.number { @if let Some(given) = &step.given { (given) } }
                        td.number { (words::exact(&step.value)) }
                    } }
                    tr { td.quiet { "rounding" } td { "rounded, half to even" } td.number { (words::exact(&line.exact)) } td.number { (words::money(&line.amount)) } }
                }
            }
            @for balance in &line.balances { p.small { "carried: " (balance.name) ", " (balance.brought) " → " (balance.carried) } }
            @if let Some(payable) = line.payable { p.small { "payable " (payable) } }
            @for parameter in &line.assumed { p.small { (parameter) (words::basis(parameter)) } }
            p.quiet.small { (line.document) ", line " (line.line) }
            @if !line.days.is_empty() {
                h3 { "Day by day" }
                @for day in &line.days { details id={ "day-" (day.day) } {
                    summary { (day.day) ": " @if day.events > 0 { (day.events) " calls, " } (words::exact(&day.amount)) }
                    @if day.events > 0 { p { a href={ "/statements/" (month) "/calls?line=" (number) "&day=" (day.day) } { "The calls of " (day.day) } } }
                    @if !day.charges.is_empty() { div.scroll tabindex="0" { table {
                        thead { tr { th { "Product" } th { "Host" } th { "Tier" } th { "What" } th.number { "Quantity" } th.number { "Price" } th.number { "Amount" } } }
                        tbody { @for charge in &day.charges { tr {
                            td { (of_charge(line, charge)) } td { (charge.host) } td { (charge.tier) } td { (charge.class) }
                            td.number { (words::exact(&charge.quantity)) } td.number { (charge.price) " for " (words::exact(&charge.per.to_string())) } td.number { (words::exact(&charge.amount)) }
                        } } }
                    } } }
                } }
            }
        }
    }
}

/// What a charge is for; of capacity, the case, which has the lot's events.
fn of_charge(line: &Line, charge: &Charge) -> Markup {
    let case = charge.product.split_once(" lot ").map(|(case, _)| case);
    html! {
        @match case.filter(|_| line.kind == LineKind::Capacity) {
            Some(case) => a href={ "/sourcing/" (case) } { (charge.product) },
            None => (charge.product),
        }
    }
}

fn unrated(statement: &Statement) -> Markup {
    html! {
        h2 { "Not rated" }
        ul { @for unrated in &statement.unrated { li {
            (unrated.events) " calls of " (unrated.model) " on " (unrated.channel) ", "
            (unrated.first_day) " to " (unrated.last_day) ": " (unrated.reason)
        } } }
    }
}

/// The formats others read.
fn downloads(month: Month) -> Markup {
    const FORMATS: [&str; 6] = ["json", "csv", "xlsx", "pdf", "hledger", "beancount"];
    html! { ul { @for format in FORMATS { li { a href={ "/statements/" (month) "/download?format=" (format) } { (format) } } } } }
}

/// Which format.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    format: String,
}

/// A statement in a format that others read: what `charter statement --format` writes. Who acts for a party
/// gets that party's.
pub async fn download(
    State(api): State<Api>,
    viewer: Viewer,
    Path(month): Path<String>,
    Query(wanted): Query<Wanted>,
    parts: Parts,
) -> Result<Response, Problem> {
    let mut pairs =
        vec![("month".to_string(), month.clone()), ("format".to_string(), wanted.format.clone())];
    if let Some(party) = viewer.party.as_ref().filter(|_| !viewer.sees_all) {
        pairs.push(("party".to_string(), party.to_string()));
    }
    let verb = api::known("statement")?;
    let answered = api::carried(&api, verb, &parts, api::given::of_pairs(pairs)).await?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let name: String =
        format!("{month}.{}", wanted.format).chars().filter(|c| is_plain(*c)).collect();
    let as_file = format!("attachment; filename=\"{name}\"");
    let headers =
        [(header::CONTENT_TYPE, answered.media_type), (header::CONTENT_DISPOSITION, as_file)];
    Ok((headers, answered.body).into_response())
}
