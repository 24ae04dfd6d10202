//! The journal: every event with its actor, its cause and its proof.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use journal::{Event, Filter, Position, Verdict};
use maud::html;
use serde::Deserialize;
use shell::outcome::Failure;

use super::shown;
use crate::frame::Page;
use crate::server::{App, Sorry};
use crate::viewer::Viewer;
use crate::words;

/// Which events.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Those before this one; the latest, if it is not said.
    before: Option<u64>,
    /// Whether the whole chain is to be verified.
    verify: Option<String>,
}

/// How many events a page shows.
const MANY: u64 = 100;

/// The latest events that the viewer may see.
pub async fn page(
    State(app): State<App>,
    viewer: Viewer,
    Query(asked): Query<Asked>,
) -> Result<Response, Sorry> {
    shown(app, viewer, "journal", move |room, viewer| {
        let workspace = &room.workspace;
        let head = workspace.fold()?.head;
        let before = asked.before.unwrap_or(head.position.0 + 1).min(head.position.0 + 1);
        let after = before.saturating_sub(MANY + 1);
        let filter = Filter { limit: Some(before.saturating_sub(after + 1)), ..Filter::all() };
        let read = workspace.with_journal(async |journal| {
            Ok(journal.read(Position(after), &filter).await?)
        })?;
        let read = read.unwrap_or_default();
        let all = read.len();
        let events = room.seen(viewer, read)?;
        let zone = room.terms()?.time_zone();
        let verified = match &asked.verify {
            None => None,
            Some(_) => workspace.with_journal(async |journal| Ok(journal.verify().await?))?,
        };
        let body = html! {
            h1 { "Journal" }
            dl {
                dt { "Events" } dd { (head.position.0) }
                dt { "Hash of the last" } dd { code { (head.hash) } }
            }
            @if let Some(verified) = verified {
                p.note role="status" { @match verified {
                    Verdict::Intact { head } => { "Intact: the hash of each of " (head.position) " events follows from the event and the one before it." }
                    Verdict::Broken { position, reason } => { "Broken at event " (position) ": " (reason) }
                } }
            }
            form.inline method="get" { button name="verify" value="1" { "Verify the whole chain" } }
            @if events.len() < all { p.quiet { (all - events.len()) " of these events are not for you to see." } }
            div.scroll tabindex="0" { table {
                thead { tr { th.number { "Place" } th { "Recorded" } th { "What happened" } th { "About" } th { "By" } th { "Cause" } th { "Proof" } } }
                tbody { @for event in events.iter().rev() { (row(event, &zone)) } }
            } }
            @if after > 0 { p { a rel="next" href={ "/journal?before=" (after + 1) } { "Earlier events" } } }
        };
        Ok(Page::live("journal", "Journal", body))
    })
    .await
}

fn row(event: &Event, zone: &jiff::tz::TimeZone) -> maud::Markup {
    html! {
        tr {
            td.number { (event.position.0) }
            td { (words::instant(event.recorded, zone)) }
            td { a href={ "/journal/" (event.position.0) } { (event.kind) } }
            td {
                @if let Some(case) = event.stream.strip_prefix("case/") { a href={ "/sourcing/" (case) } { (event.stream) } }
                @else { (event.stream) }
            }
            td { (event.actor) }
            td { @if let Some(cause) = &event.cause { (words::clause(cause)) } }
            td { code title=(event.hash) { (event.hash.to_string().chars().take(12).collect::<String>()) } }
        }
    }
}

/// One event, whole.
pub async fn event(
    State(app): State<App>,
    viewer: Viewer,
    Path(position): Path<u64>,
) -> Result<Response, Sorry> {
    shown(app, viewer, "journal", move |room, viewer| {
        let filter = Filter { limit: Some(1), ..Filter::all() };
        let after = Position(position.saturating_sub(1));
        let found = room.seen(viewer, room.workspace.events_after(after, &filter)?)?;
        let Some(event) = found.into_iter().find(|event| event.position.0 == position) else {
            let help = "the journal lists those there are";
            return Err(Failure::not_there(format!("there is no event {position} for you"), help));
        };
        let zone = room.terms()?.time_zone();
        let payload = serde_json::to_string_pretty(&event.payload)?;
        let body = html! {
            h1 { "Event " (position) ": " (event.kind) }
            dl {
                dt { "About" } dd { (event.stream) }
                dt { "By" } dd { (event.actor) }
                @if let Some(cause) = &event.cause { dt { "Cause" } dd { (words::clause(cause)) } }
                dt { "Recorded" } dd { (words::instant(event.recorded, &zone)) }
                dt { "Effective" } dd { (words::instant(event.effective, &zone)) }
                dt { "Hash" } dd { code { (event.hash) } }
                dt { "Hash of the one before" } dd { code { (event.previous) } }
                dt { "Hash of what it says" } dd { code { (event.content) } }
            }
            h2 { "What it says" }
            pre tabindex="0" { (payload) }
        };
        Ok(Page::still("journal", format!("Event {position}"), body))
    })
    .await
}
