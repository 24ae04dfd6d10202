//! The position: stakes, commitments burnt down against time, licences and their ends, what is done primarily for a
//! purpose against its threshold, and what most favoured terms are held against.

use axum::extract::{Query, State};
use axum::response::Response;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use rust_decimal::Decimal;
use settlement::position::{Committed, Favoured, Held, Position};
use shell::outcome::Failure;
use sourcing::measured::TestOutcome;
use terms::clause::{Consent, FavourEffect};
use terms::value::Threshold;
use terms::{Clause, Provision, Terms};

use super::agreement::today;
use super::date::{Chosen, Dates};
use super::shown;
use crate::chart;
use crate::desk::Room;
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
    shown(app, viewer, "position", move |room, viewer| {
        let terms = room.terms_for(viewer, "position")?;
        let chosen = dates.chosen(&terms, today(room.workspace.now, &terms))?;
        let mut position = room.position(&terms, chosen.on, chosen.known)?;
        let is_seen = |held: &Held| viewer.sees_between(&held.grantor, &held.holder);
        position.stakes.retain(|of| is_seen(&of.held));
        position.commitments.retain(|of| is_seen(&of.held));
        position.licences.retain(|of| is_seen(&of.held));
        position.funding.retain(|of| is_seen(&of.held));
        let body = html! {
            h1 { "Position on " (position.on) }
            (chosen.form("/position", &terms))
            @if !viewer.sees_books { p.quiet { "Of what parties hold of each other, that of which your party is a side." } }
            (stakes(&position))
            (commitments(&position, &terms))
            (funding(&position))
            (licences(&position))
            (shares(room, viewer, &terms, &chosen)?)
            (favours(room, viewer, &terms, &chosen)?)
        };
        Ok(Page::live("position", "Position", body))
    })
    .await
}

fn stakes(position: &Position) -> Markup {
    html! {
        h2 { "Stakes" }
        @if position.stakes.is_empty() { p { "None." } }
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
        @if position.commitments.is_empty() { p { "None." } }
        @else {
            (chart::spans("Commitments: how much is drawn, and how much of their time is gone, in percent", &rows.concat(), Some(100.0)))
            div.scroll tabindex="0" { table {
                thead { tr { th { "Commitment" } th { "From" } th { "To" } th.number { "Committed" } th.number { "Left" } th { "Until" } } }
                tbody { @for of in &position.commitments { tr {
                    td { (words::clause(&of.held.clause)) } td { (of.held.grantor) } td { (of.held.holder) }
                    td.number { @if let Some(committed) = &of.committed { (words::money(committed)) } }
                    td.number {
                        @if let Some(left) = &of.left { (words::exact(left)) }
                        @for balance in &of.balances { div { (balance.name) ": " (words::exact(&balance.carried)) } }
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
        mark: None,
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

/// What is paid for projects. An agreement without any says nothing of it.
fn funding(position: &Position) -> Markup {
    html! { @if !position.funding.is_empty() {
        h2 { "Funding" }
        div.scroll tabindex="0" { table {
            thead { tr { th { "Clause" } th { "Funder" } th { "Recipient" } th { "Project" } th.number { "In all" } th.number { "So far" } th { "Next" } } }
            tbody { @for of in &position.funding { tr {
                td { (words::clause(&of.held.clause)) } td { (of.held.grantor) } td { (of.held.holder) } td { (of.project) }
                td.number { @match &of.amount { Some(amount) => (words::money(amount)), None => "not stated" } }
                td.number {
                    @if of.balances.is_empty() { "nothing yet" }
                    @for balance in &of.balances { div { (balance.name) ": " (words::exact(&balance.carried)) } }
                }
                td { @match &of.next { Some(next) => { (next.on) ": " (words::money(&next.amount)) }, None => "no day is known" } }
            } } }
        } }
    } }
}

fn licences(position: &Position) -> Markup {
    html! {
        h2 { "Licences" }
        @if position.licences.is_empty() { p { "None." } }
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

/// What is only allowed as long as something is done primarily for a purpose.
fn shares(room: &Room, viewer: &Viewer, terms: &Terms, chosen: &Chosen) -> Result<Markup, Failure> {
    let fold = room.workspace.fold()?;
    let mut rows = Vec::new();
    for clause in terms.in_force(chosen.on, chosen.known).clauses {
        let Provision::Consent(Consent { primarily: Some(primarily), .. }) = &clause.provision
        else {
            continue;
        };
        if viewer.sees_between(&clause.grantor, &clause.holder) {
            let share = fold.measured.share_on(terms, clause, &primarily.measure, chosen.on)?;
            let next = fold.measured.next_test(terms, clause, &primarily.measure)?;
            let tests = fold.measured.tests(&clause.id.to_string()).last();
            rows.push((clause, primarily, share, tests, next));
        }
    }
    let bars: Vec<_> = rows
        .iter()
        .map(|(clause, primarily, share, ..)| {
            let Threshold { numerator, denominator, .. } = primarily.threshold;
            let passes = primarily.threshold.passes(share.part, share.whole);
            chart::Bar {
                label: clause.id.label.clone(),
                from: 0.0,
                to: chart::length(percent(share.part, share.whole)),
                tone: if passes { chart::Tone::Three } else { chart::Tone::Two },
                says: match share.whole {
                    0 => "nothing metered".to_string(),
                    _ => format!("{} %", percent(share.part, share.whole)),
                },
                mark: Some(chart::length(percent(numerator, denominator))),
            }
        })
        .collect();
    let zone = terms.time_zone();
    Ok(html! { @if !rows.is_empty() {
        h2 { "Done primarily for a purpose" }
        (chart::spans("Shares, in percent, each with the line that it must keep to", &bars, Some(100.0)))
        div.scroll tabindex="0" { table {
            thead { tr { th { "Consent" } th { "Holder" } th { "Of" } th.number { "For its purposes" } th.number { "In all" } th.number { "Share" } th { "Must be" } th { "Last test" } th { "Next test" } } }
            tbody { @for (clause, primarily, share, tested, next) in &rows { tr {
                td { (words::clause(&clause.id.to_string())) } td { (clause.holder) } td { (primarily.measure.metric.to_string().replace('_', " ")) }
                td.number { (words::exact(&share.part.to_string())) } td.number { (words::exact(&share.whole.to_string())) }
                td.number { @if share.whole == 0 { "nothing metered" } @else { (percent(share.part, share.whole)) " %" } }
                td { (primarily.threshold) }
                td { @if let Some(tested) = tested { (tested.on) ": " (outcome(&tested.outcome, &zone)) } @else { "none yet" } }
                td { @if let Some((_, on)) = next { (on) } @else { "once something is metered" } }
            } } }
        } }
    } })
}

/// A part of a whole in percent, to a tenth.
fn percent(part: u64, whole: u64) -> Decimal {
    (Decimal::from(part) * Decimal::ONE_HUNDRED / Decimal::from(whole.max(1))).round_dp(1)
}

fn outcome(outcome: &TestOutcome, zone: &TimeZone) -> Markup {
    html! { @match outcome {
        TestOutcome::Passed => span.tag.good { "passed" },
        TestOutcome::Cured => span.tag.good { "cured" },
        TestOutcome::Failed { cure_by } => { span.tag.bad { "failed" } ", to cure by " (words::instant(*cure_by, zone)) },
        TestOutcome::NotCured { follows, excess } => { span.tag.bad { "not cured" } ": " (follows) ", " (words::exact(&excess.to_string())) " too much" },
    } }
}

/// Favours to be matched, with what they are held against.
fn favours(
    room: &Room,
    viewer: &Viewer,
    terms: &Terms,
    chosen: &Chosen,
) -> Result<Markup, Failure> {
    let clauses = terms.in_force(chosen.on, chosen.known).clauses.into_iter();
    let clauses = clauses.filter_map(|clause| match &clause.provision {
        Provision::MostFavouredNation(says) => Some((clause, says)),
        _ => None,
    });
    let clauses: Vec<_> = clauses.collect();
    if clauses.is_empty() {
        return Ok(html! {});
    }
    let compared = shell::favoured_on(&room.workspace, terms, chosen.on, chosen.known)?;
    Ok(html! {
        h2 { "Most favoured" }
        @for (clause, says) in clauses {
            @let id = clause.id.to_string();
            article.card {
                h3 { (words::clause(&id)) ": " (clause.grantor) " to " (clause.holder) }
                p.small {
                    "What must be no worse: " (says.favour) ". Compared: " (says.comparable.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
                    @if let Some(whom) = &says.compared_with { ", with " (whom) }
                    "; deals count " (says.look_back) " back. A better deal: " (says.effect) "."
                }
                @if viewer.sees_between(&clause.grantor, &clause.holder) {
                    @let own: Vec<_> = compared.iter().filter(|of| of.held.clause == id).collect();
                    @if own.is_empty() { p.quiet { "Nothing to compare on " (chosen.on) ": no price of another deal was reported, and no capacity of these two stood." } }
                    @for of in own { (comparison(viewer, clause, of)) }
                    @if says.effect != FavourEffect::Automatic { p.quiet.small { "No settlement gives anything back by itself under this clause." } }
                } @else { p.quiet { "What is compared is between its two sides." } }
            }
        }
        p.quiet.small { "Prices are those of the day, before volume tiers and price caps; a settled month heeds those first, and says what it gave back." }
    })
}

fn comparison(viewer: &Viewer, clause: &Clause, of: &Favoured) -> Markup {
    // The deals of others are the grantor's own business until a settlement cites them.
    let sees_deals = viewer.sees_all || viewer.party.as_ref() == Some(&clause.grantor);
    let binds = of.prices.iter().any(|(_, charged, best)| best < charged);
    html! {
        p { @if of.prices.is_empty() { span.tag { "no price to hold it against" } }
            @else if binds { span.tag.bad { "binds" } " something is charged above what it may be" }
            @else { span.tag.good { "does not bind" } " nothing is charged above what it may be" } }
        @if !of.prices.is_empty() { div.scroll tabindex="0" { table {
            thead { tr { th { "Charged for" } th.number { "Charged, " (of.currency) } th.number { "At most" } } }
            tbody { @for (what, charged, best) in &of.prices { tr {
                td { (what) } td.number { (charged) }
                td.number { @if sees_deals || best == charged { (best) } @else { "less" } }
            } } }
        } } }
        @if sees_deals {
            dl {
                dt { "Best elsewhere" } dd { @match of.best() { Some(best) => strong { (of.currency) " " (best) }, None => "no comparable deal counts on this day" } }
                @if let Some(list) = &of.list { dt { "List" } dd { (of.currency) " " (list) } }
                @if let Some(cost) = &of.cost { dt { "Cost" } dd { (of.currency) " " (cost) } }
            }
            @if !of.comparable.is_empty() { div.scroll tabindex="0" { table {
                thead { tr { th { "Comparable deal, by its figure" } th.number { "Price, " (of.currency) } } }
                tbody { @for (figure, price) in &of.comparable { tr { td { (figure) } td.number { (price) } } } }
            } } }
        } @else { p.quiet.small { (of.comparable.len()) " deals of others count; what they are is the grantor's to see, until a statement cites them." } }
    }
}
