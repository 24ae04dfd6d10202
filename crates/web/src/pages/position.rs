//! The position: stakes, commitments burnt down against time, licences and their ends.

use axum::extract::{Query, State};
use axum::response::Response;
use jiff::civil::Date;
use maud::{Markup, html};
use rust_decimal::Decimal;
use settlement::position::{Committed, Position};
use terms::{Clause, Provision, Terms};

use super::agreement::today;
use super::date::Dates;
use super::shown;
use crate::chart;
use crate::frame::Page;
use crate::server::{App, Sorry};
use crate::viewer::Viewer;
use crate::words;

/// What parties hold of each other on a day.
pub async fn page(
    State(app): State<App>,
    viewer: Viewer,
    Query(dates): Query<Dates>,
) -> Result<Response, Sorry> {
    shown(app, viewer, "position", move |room, _| {
        let terms = room.terms()?;
        let chosen = dates.chosen(&terms, today(room.workspace.now, &terms))?;
        let position = shell::position_on(&room.workspace, &terms, chosen.on, chosen.known)?;
        let body = html! {
            h1 { "Position on " (position.on) }
            (chosen.form("/position", &terms))
            (stakes(&position))
            (commitments(&position, &terms))
            (licences(&position))
            (shares(&terms, chosen.on))
        };
        Ok(Page::live("position", "Position", body))
    })
    .await
}

fn stakes(position: &Position) -> Markup {
    html! {
        h2 { "Stakes" }
        @if position.stakes.is_empty() { p { "None is held." } }
        @else { div.scroll tabindex="0" { table {
            thead { tr { th { "Investor" } th { "In" } th { "Instrument" } th.number { "Held" } th.number { "Put in" } th.number { "Worth" } th { "Clause" } } }
            tbody { @for stake in &position.stakes { tr {
                td { (stake.held.holder) } td { (stake.held.grantor) } td { (stake.instrument) }
                td.number { @if let Some(part) = &stake.stake { (part) } }
                td.number { @if let Some(amount) = &stake.amount { (words::money(amount)) } }
                td.number { @if let Some(worth) = &stake.worth {
                    (words::money(&worth.amount))
                    br; span.quiet.small { @match worth.on { Some(on) => { "on " (on) }, None => { "as stated" } } }
                } }
                td { (words::clause(&stake.held.clause)) }
            } } }
        } } }
    }
}

fn commitments(position: &Position, terms: &Terms) -> Markup {
    let rows: Vec<_> =
        position.commitments.iter().filter_map(|of| burnt(of, terms, position.on)).collect();
    html! {
        h2 { "Commitments" }
        @if position.commitments.is_empty() { p { "None goes on." } }
        @else {
            (chart::spans("Commitments: how much is drawn, and how much of their time is gone, in percent", &rows.concat(), Some(100.0)))
            div.scroll tabindex="0" { table {
                thead { tr { th { "Commitment" } th { "From" } th { "To" } th.number { "Committed" } th.number { "Left" } th { "Until" } } }
                tbody { @for of in &position.commitments { tr {
                    td { (words::clause(&of.held.clause)) } td { (of.held.grantor) } td { (of.held.holder) }
                    td.number { @if let Some(committed) = &of.committed { (words::money(committed)) } }
                    td.number {
                        @if let Some(left) = &of.left { (left) }
                        @for balance in &of.balances { div { (balance.name) ": " (balance.carried) } }
                    }
                    td { @if let Some(until) = of.held.until { (until) } }
                } } }
            } }
        }
    }
}

/// What of a commitment is drawn, and how much of its time is gone.
fn burnt(of: &Committed, terms: &Terms, on: Date) -> Option<Vec<chart::Bar>> {
    let committed = of.committed.filter(|committed| !committed.amount.is_zero())?;
    let left: Decimal = of.left.as_deref()?.rsplit(' ').next()?.replace('_', "").parse().ok()?;
    let drawn = (committed.amount - left) / committed.amount * Decimal::ONE_HUNDRED;
    let clause = terms.clauses.iter().find(|clause| clause.id.to_string() == of.held.clause)?;
    let begun = begins(terms, clause)?;
    let until = of.held.until?;
    let whole = Decimal::from((until - begun).get_days().max(1));
    let gone = Decimal::from((on - begun).get_days()) / whole * Decimal::ONE_HUNDRED;
    let bar = |label: String, part: Decimal, tone| chart::Bar {
        label,
        from: 0.0,
        to: chart::length(part),
        tone,
        says: format!("{} %", part.round_dp(1)),
    };
    let name = &clause.id.label;
    Some(vec![
        bar(format!("{name}: drawn"), drawn, chart::Tone::One),
        bar(format!("{name}: time gone"), gone, chart::Tone::Four),
    ])
}

fn begins(terms: &Terms, clause: &Clause) -> Option<Date> {
    terms.starts(clause, terms::Known::Everything)
}

fn licences(position: &Position) -> Markup {
    html! {
        h2 { "Licences" }
        @if position.licences.is_empty() { p { "None goes on." } }
        @else { div.scroll tabindex="0" { table {
            thead { tr { th { "Licence" } th { "From" } th { "To" } th { "Ends" } } }
            tbody { @for licence in &position.licences { tr {
                td { (words::clause(&licence.held.clause)) } td { (licence.held.grantor) } td { (licence.held.holder) }
                td { @match licence.held.until {
                    Some(until) => (until),
                    None if licence.perpetual => "without end",
                    None => "no end known",
                } }
            } } }
        } } }
    }
}

/// What is only allowed as long as something is done primarily for a purpose, and favours to be matched.
fn shares(terms: &Terms, on: Date) -> Markup {
    let clauses = terms.in_force(on, terms::Known::Everything).clauses;
    let favours =
        clauses.iter().filter(|of| matches!(of.provision, Provision::MostFavouredNation(_)));
    let favours: Vec<_> = favours.collect();
    html! {
        @if !favours.is_empty() {
            h2 { "Most favoured" }
            ul { @for clause in favours { li { (words::clause(&clause.id.to_string())) ": " (clause.grantor) " to " (clause.holder) } } }
        }
    }
}
