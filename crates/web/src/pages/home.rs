//! Home: what needs me now, the money of the month, capacity against need.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use shell::outcome::Failure;
use terms::Severity;

use super::{shown, statements};
use crate::desk::Room;
use crate::frame::Page;
use crate::server::{App, Sorry};
use crate::viewer::Viewer;
use crate::words;

/// The most that is listed of anything.
const MANY: usize = 12;

/// What somebody should look at first.
pub async fn page(State(app): State<App>, viewer: Viewer) -> Result<Response, Sorry> {
    shown(app, viewer, "home", |room, viewer| {
        if room.workspace.adoptions()?.is_empty() {
            return Ok(Page::live("home", "Home", first_steps(room, viewer)?));
        }
        let body = html! {
            @if viewer.may_open("sourcing") { h1 { "What needs you now" } (needs(room, viewer)?) }
            @else { h1 { "Home" } }
            ul.cards {
                @if viewer.may_open("statements") { li.card { (money(room, viewer)?) } }
                @if viewer.may_open("sourcing") { li.card { (capacity(room, viewer)?) } }
                @if viewer.reads_all("agreement") { li.card { (agreement(room)?) } }
            }
            p { a href="/do" { "What you may enter" } }
        };
        Ok(Page::live("home", "Home", body))
    })
    .await
}

/// An empty workspace: how the first agreement gets in.
fn first_steps(room: &Room, viewer: &Viewer) -> Result<Markup, Failure> {
    let documents = room.workspace.documents()?;
    let compiled = room.workspace.read_terms()?;
    let errors = compiled.findings.iter().filter(|of| of.severity == Severity::Error).count();
    Ok(html! {
        h1 { "Let the first agreement in" }
        ol {
            li { "Write it as Markdown with " code { "hcl" } " blocks, in files beside " code { "charter.toml" } ". "
                (words::count(documents.len(), "document")) " there now." }
            li { "Check it with " code { "charter check" } ": " (words::count(errors, "error")) " now." }
            li { "Adopt it: from then on it is enforced. Who has the role lab may: "
                a.button href="/do/adopt?all=true" { "Adopt all documents" }
                @if viewer.may_open("people") { " " a href="/people" { "Invite somebody who has it" } } }
        }
        @for finding in compiled.findings.iter().take(MANY) {
            p.note { (words::told(finding))
                @if let Some(help) = &finding.help { br; (words::told(help)) } }
        }
    })
}

/// The answers that are the viewer's turn, the soonest deadline first; for who acts for nobody, what is due
/// soonest.
fn needs(room: &Room, viewer: &Viewer) -> Result<Markup, Failure> {
    let zone = room.terms()?.time_zone();
    let needs = room.needs(viewer, MANY)?;
    let is_all = needs.soonest.len() < MANY;
    Ok(html! {
        @if needs.soonest.is_empty() { p { "Nothing waits for you." } }
        @else {
            div.scroll tabindex="0" { table {
                caption {
                    @if is_all { (words::count(needs.soonest.len(), "thing")) " to decide" }
                    @else { "What is due soonest" }
                }
                thead { tr { th { "Case" } th { "Part" } th { "Stands" } th { "Until" } th { "What can be done" } } }
                tbody { @for need in &needs.soonest { tr {
                    td { a href={ "/sourcing/" (need.case) } { (need.case) } }
                    td.number { (need.part + 1) }
                    td { @if let Some(state) = need.state { (state) } }
                    td { @if let Some(until) = need.until { (words::deadline(until, room.workspace.now, &zone)) } }
                    td { (need.may) }
                } } }
            } }
            @if !is_all { p { a href="/sourcing" { (words::count(needs.open, "part")) " of rounds are open" } } }
        }
    })
}

fn money(room: &Room, viewer: &Viewer) -> Result<Markup, Failure> {
    let months = room.months()?;
    Ok(html! {
        h2 { "Money" }
        @match months.settled.last() {
            None => p { "No month is settled yet." },
            Some(settled) => {
                p { a href={ "/statements/" (settled.month()) } { (settled.month()) } ", customers were charged" }
                @for money in statements::charged(&settled.statement, viewer) { p.figure { (words::money(&money)) } }
                @if !settled.statement.is_final { p { span.tag.wait { "provisional" } " " (settled.statement.open.join("; ")) } }
            }
        }
    })
}

/// How much is asked for, how much of it is signed, and how much stands.
fn capacity(room: &Room, viewer: &Viewer) -> Result<Markup, Failure> {
    let (fold, looking) = (room.workspace.fold()?, room.looking(viewer)?);
    let (mut asked, mut signed, mut stands) = (0, 0, 0);
    for (name, case) in fold.book.cases() {
        let known = looking.known(name, case);
        let Some(case) = known.and_then(|known| known.all()) else { continue };
        asked += u128::from(case.requirement.quantity.count);
        signed += case.lots.iter().map(|lot| u128::from(lot.quantity)).sum::<u128>();
        let delivered = case.lots.iter().filter(|lot| lot.delivered.is_some());
        stands += delivered.map(|lot| u128::from(lot.quantity)).sum::<u128>();
    }
    Ok(html! {
        h2 { "Capacity" }
        @if asked == 0 { p { "No need that you see all of." } }
        @else {
            p { (signed) " of " (asked) " accelerators asked for are signed, " (stands) " stand." }
            progress value=(stands) max=(asked) aria-label="Capacity that stands" { (stands) " of " (asked) }
        }
        p { a href="/sourcing" { "Every round" } ", " a href="/sourcing/lots" { "every lot" } }
    })
}

fn agreement(room: &Room) -> Result<Markup, Failure> {
    let findings = room.findings()?;
    let errors = findings.iter().filter(|of| of.severity == Severity::Error).count();
    Ok(html! {
        h2 { "Agreement" }
        @if findings.is_empty() { p { "Nothing is wrong in the documents." } }
        @else { p { (words::count(errors, "error")) " and " (words::count(findings.len() - errors, "warning")) " in the documents" } }
        @for finding in findings.iter().take(3) { p.small { (finding) } }
        p { a href="/agreement" { "Read it" } }
    })
}
