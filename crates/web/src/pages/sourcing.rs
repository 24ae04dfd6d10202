//! Sourcing: rounds on a board and as clocks that run, one round with its history and what may be done now, lots
//! against need.

pub mod timeline;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;
use shell::cases::{self, Turn};
use shell::outcome::Failure;
use shell::workspace::CASE;
use sourcing::offer::BidStatus;
use sourcing::{Case, Dated};
use terms::Terms;

use super::home::sees_whole;
use super::shown;
use crate::chart::{self, Bar, Tone};
use crate::desk::Room;
use crate::frame::Page;
use crate::server::{App, Sorry};
use crate::viewer::Viewer;
use crate::words;

/// The columns of the board, and the states that stand in each.
const COLUMNS: [(&str, &str, &[&str]); 5] = [
    ("asked", "Asked for", &["DRAFT", "NOTICED"]),
    ("answers", "With the holders", &["OPEN", "PAUSED", "NEGOTIATING", "MATCHING"]),
    ("free", "Free to sign", &["FREE"]),
    ("signed", "Signed", &["COMMITTED", "THIRD_SIGNED"]),
    ("done", "Over", &[]),
];

/// How many cards a column shows.
const CARDS: usize = 20;

/// Which column is shown whole, and from where.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Shown {
    column: String,
    after: usize,
}

/// Every round that the viewer sees.
pub async fn board(
    State(app): State<App>,
    viewer: Viewer,
    Query(which): Query<Shown>,
) -> Result<Response, Sorry> {
    shown(app, viewer, "sourcing", move |room, viewer| {
        let terms = room.terms()?;
        let zone = terms.time_zone();
        let fold = room.workspace.fold()?;
        let now = room.workspace.now;
        let mut columns = vec![Vec::new(); COLUMNS.len()];
        let mut partly = Vec::new();
        let chronicles = room.chronicles()?;
        for (name, case) in fold.book.cases() {
            if !sees_whole(&terms, case, viewer, now) {
                if let (Some(chronicle), Some(party)) = (chronicles.get(name), &viewer.party)
                    && viewer.reads("sourcing", &case.agreement)
                    && room.seen_with(party, name, chronicle)?.iter().any(Option::is_some)
                {
                    partly.push(name);
                }
                continue;
            }
            // A case stands where the part stands that is least far.
            let column = |of: &sourcing::Part| {
                let state = of.state.underlying().name();
                COLUMNS.iter().position(|(.., states)| states.contains(&state)).unwrap_or(COLUMNS.len() - 1)
            };
            let at = case.parts.iter().map(column).min().unwrap_or(COLUMNS.len() - 1);
            columns[at].push((name, case));
        }
        let body = html! {
            h1 { "Sourcing" }
            p {
                @if viewer.party.is_some() { a.button href="/do/request" { "Ask for capacity" } " " }
                a href="/sourcing/timeline" { "Clocks that run" } " · "
                a href="/sourcing/lots" { "Lots against need" }
            }
            @if !partly.is_empty() {
                h2 { "Cases you have a part in" }
                ul { @for name in partly.iter().take(200) { li { a href={ "/sourcing/" (name) } { (name) } } } }
            }
            div.board { @for ((key, title, _), cards) in COLUMNS.iter().zip(&columns) {
                @let skip = if which.column == *key { which.after } else { 0 };
                section aria-label=(title) {
                    h2 { (title) " " span.quiet { "(" (cards.len()) ")" } }
                    @for (name, case) in cards.iter().skip(skip).take(CARDS) { (card(name, case, now, &zone)) }
                    @if skip + CARDS < cards.len() {
                        a href={ "/sourcing?column=" (key) "&after=" (skip + CARDS) } { (cards.len() - skip - CARDS) " more" }
                    }
                }
            } }
        };
        Ok(Page::live("sourcing", "Sourcing", body))
    })
    .await
}

fn card(name: &str, case: &Case, now: Timestamp, zone: &TimeZone) -> Markup {
    let need = &case.requirement;
    html! {
        article.card {
            h3 { a href={ "/sourcing/" (name) } { (name) } }
            p.small { (need.grantor) ": " (quantity(need)) " for " (need.purpose) " by " (need.need_by) }
            @for part in &case.parts { p.small {
                span.tag { (part.state.name()) } " " (words::exact(&part.quantity.to_string()))
                @if let Some(until) = part.state.deadline() { br; (words::deadline(until, now, zone)) }
            } }
        }
    }
}

/// One round.
pub async fn case(
    State(app): State<App>,
    viewer: Viewer,
    Path(name): Path<String>,
) -> Result<Response, Sorry> {
    let absent = format!("There is no case “{name}” that you may see");
    let seen = {
        let (name, viewer) = (name.clone(), viewer.clone());
        app.desk.read(viewer.asker(), move |room| seen_by(room, &viewer, &name)).await?
    };
    if seen.is_none() {
        return Err(Sorry::absent(absent));
    }
    shown(app, viewer, "sourcing", move |room, viewer| {
        let terms = room.terms()?;
        let (zone, now) = (terms.time_zone(), room.workspace.now);
        let seen = seen_by(room, viewer, &name)?.unwrap_or_default();
        let fold = room.workspace.fold()?;
        // INVARIANT: what is seen of it is in the book.
        let Some(case) = fold.book.case(&name) else {
            return Err(Failure::failed("the case is gone", ""));
        };
        let whole = sees_whole(&terms, case, viewer, now);
        let body = html! {
            h1 { (name) }
            @if whole { (need(case, &zone, now)) }
            (turns(room, &terms, viewer, &name, case)?)
            @if whole { (offers(&seen)) (lot_list(case, &zone)) }
            h2 { "What happened" @if !whole { " " span.quiet { "as far as you may see" } } }
            ol.timeline { @for dated in seen.iter().rev() { (happened(dated, &zone)) } }
        };
        Ok(Page::live("sourcing", name.clone(), body))
    })
    .await
}

/// What a viewer may see of what happened in a case; none where that is nothing.
fn seen_by(room: &Room, viewer: &Viewer, name: &str) -> Result<Option<Vec<Dated>>, Failure> {
    let chronicles = room.chronicles()?;
    let Some(chronicle) = chronicles.get(name) else { return Ok(None) };
    match room.agreement_of(&format!("{CASE}{name}"))? {
        Some(agreement) if !viewer.reads("sourcing", &agreement) => return Ok(None),
        Some(agreement) if viewer.sees_all_of(&agreement) => {
            return Ok(Some(chronicle.happened.clone()));
        }
        _ => {}
    }
    let Some(party) = &viewer.party else { return Ok(None) };
    let terms = room.terms()?;
    let seen = sourcing::audience::view(&terms, &chronicle.happened, party, room.workspace.now);
    let seen: Vec<_> = seen.into_iter().cloned().collect();
    Ok((!seen.is_empty()).then_some(seen))
}

fn need(case: &Case, zone: &TimeZone, now: Timestamp) -> Markup {
    let need = &case.requirement;
    html! {
        dl {
            dt { "Who" } dd { (need.grantor) ", by " (need.act.word()) }
            dt { "What" } dd { (quantity(need)) " in lots of " (need.lot) " for " (need.purpose) ", " (need.months) " months" }
            dt { "Where" } dd { (need.region.as_deref().unwrap_or("anywhere")) }
            dt { "By" } dd { (need.need_by) }
            dt { "Price" } dd { (words::money(&need.price)) " an accelerator-hour" }
            dt { "Under" } dd {
                @if let Some(clause) = case.restriction.clause() { (words::clause(&clause)) ": " }
                (cases::restriction(&case.restriction))
            }
        }
        @for (number, part) in case.parts.iter().enumerate() {
            p { "Part " (number + 1) ": " (part.quantity) " " span.tag { (part.state.name()) }
                @if let Some(until) = part.state.deadline() { " until " (words::deadline(until, now, zone)) } }
        }
    }
}

/// How much is needed, with its thousands apart.
fn quantity(need: &sourcing::Requirement) -> String {
    need.quantity.to_string().replace('_', ",")
}

/// What may be done now: by the viewer with a form, by others in words, where the viewer sees the case.
fn turns(
    room: &Room,
    terms: &Terms,
    viewer: &Viewer,
    name: &str,
    case: &Case,
) -> Result<Markup, Failure> {
    let whole = sees_whole(terms, case, viewer, room.workspace.now);
    let parts = 0..case.parts.len();
    let turns = parts.map(|part| Ok((part, room.turns(name, part)?)));
    let turns = turns.collect::<Result<Vec<_>, Failure>>()?;
    let all: Vec<(usize, &Turn)> =
        turns.iter().flat_map(|(part, turns)| turns.iter().map(|turn| (*part, turn))).collect();
    let is_own =
        |turn: &Turn| viewer.party.as_ref().is_some_and(|party| party.as_str() == turn.party);
    Ok(html! {
        @for (part, turn) in all.iter().filter(|(_, turn)| is_own(turn)) {
            section.note {
                h2 { "Your turn" @if case.parts.len() > 1 { ", part " (part + 1) } }
                p { @for may in &turn.may {
                    a.button href=(form_of(may, name, *part)) { (may) } " "
                } }
            }
        }
        @if whole {
            @let others: Vec<_> = all.iter().filter(|(_, turn)| !is_own(turn)).collect();
            @if !others.is_empty() {
                h2 { "Whose turn it is" }
                ul { @for (part, turn) in others { li { "Part " (part + 1) ", " strong { (turn.party) } ": " (turn.may.join(", ")) } } }
            }
        }
    })
}

/// The form of something that may be done, as it is typed: `withdraw-offer --bid 1`.
fn form_of(may: &str, case: &str, part: usize) -> String {
    let mut options = may.split(" --");
    let verb = options.next().unwrap_or(may).replace(' ', "-");
    let filled: String = options
        .filter_map(|option| option.split_once(' '))
        .map(|(name, value)| format!("&{name}={value}"))
        .collect();
    format!("/do/{verb}?case={case}&part={}{filled}", part + 1)
}

/// Offers side by side, of what the viewer may see of them: sealed ones stay sealed until all are revealed.
fn offers(seen: &[Dated]) -> Markup {
    let case = seen.iter().fold(None, Case::apply);
    let Some(case) = case.filter(|case| !case.bids.is_empty()) else { return html! {} };
    html! {
        h2 { "Offers" }
        div.scroll tabindex="0" { table {
            thead { tr { th.number { "Offer" } th { "By" } th.number { "Quantity" } th.number { "Price an hour" } th.number { "Months" } th { "From" } th { "Stands" } } }
            tbody { @for (number, bid) in case.bids.iter().enumerate() {
                @let sealed = matches!(bid.status, BidStatus::Sealed { .. });
                tr {
                    td.number { (number + 1) } td { (bid.supplier) }
                    @if sealed { td.number { "sealed" } td.number {} td.number {} td {} }
                    @else {
                        td.number { (bid.quantity) } td.number { (words::money(&bid.terms.price)) }
                        td.number { (bid.terms.months) } td { (bid.terms.from) }
                    }
                    td { @match &bid.status {
                        BidStatus::Standing => "standing", BidStatus::Sealed { .. } => "sealed",
                        BidStatus::Contingent { .. } => "chosen, contingent",
                        BidStatus::Signed => "signed", BidStatus::Gone => "gone",
                    } }
                }
            } }
        } }
    }
}

fn lot_list(case: &Case, zone: &TimeZone) -> Markup {
    html! { @if !case.lots.is_empty() {
        h2 { "Lots" }
        ul { @for (number, lot) in case.lots.iter().enumerate() {
            li { "Lot " (number + 1) ": " (lot.quantity) " from " (lot.supplier) ", " (cases::lot_status(lot, zone)) }
        } }
    } }
}

fn happened(dated: &Dated, zone: &TimeZone) -> Markup {
    html! { li {
        strong { (dated.event.name()) } " " span.quiet { (words::instant(dated.at, zone)) }
        @if let Some(by) = &dated.by { ", by " (by) }
        @if let Some(clause) = &dated.clause { ", under " (words::clause(clause)) }
        @if let Some(detail) = cases::detail(&dated.event, zone) { br; (detail) }
    } }
}

/// Lots and their slips, to scale, against the day each was needed.
pub async fn lots(State(app): State<App>, viewer: Viewer) -> Result<Response, Sorry> {
    shown(app, viewer, "sourcing", |room, viewer| {
        /// More are not drawn; the table has them.
        const DRAWN: usize = 40;
        let terms = room.terms()?;
        let (zone, now) = (terms.time_zone(), room.workspace.now);
        let fold = room.workspace.fold()?;
        let mut rows = Vec::new();
        for (name, case) in fold.book.cases() {
            let is_theirs = |lot: &sourcing::Lot| viewer.party.as_ref() == Some(&lot.supplier);
            let whole = sees_whole(&terms, case, viewer, now);
            let lots = case.lots.iter().enumerate().filter(|(_, lot)| whole || is_theirs(lot));
            rows.extend(lots.map(|(number, lot)| (name, number, case, lot)));
        }
        rows.sort_by_key(|(.., lot)| std::cmp::Reverse(lot.due));
        let bars: Vec<_> = rows.iter().take(DRAWN).map(|(name, number, case, lot)| {
            let requested = case.requested.to_zoned(zone.clone()).date();
            let until = lot.delivered.map(|at| at.to_zoned(zone.clone()).date()).or(lot.expected).unwrap_or(lot.due);
            let late = until > case.requirement.need_by;
            let tone = match (lot.delivered.is_some(), late) {
                (_, true) => Tone::Two,
                (true, _) => Tone::Three,
                _ => Tone::Four,
            };
            let says = if lot.delivered.is_some() { format!("stands since {until}") } else { format!("due {until}") };
            Bar { label: format!("{name}, lot {}", number + 1), from: chart::day(requested), to: chart::day(until), tone, says, mark: Some(chart::day(case.requirement.need_by)) }
        }).collect();
        let today = now.to_zoned(zone.clone()).date();
        let body = html! {
            h1 { "Lots against need" }
            p.quiet { "From the request to the day a lot stands or is expected. Orange is later than it was needed; the short line is the day it was needed, the long one today." }
            (chart::spans("Lots, from request to delivery", &bars, Some(chart::day(today))))
            div.scroll tabindex="0" { table {
                thead { tr { th { "Case" } th.number { "Lot" } th { "Supplier" } th.number { "Quantity" } th { "Needed by" } th { "Stands" } } }
                tbody { @for (name, number, case, lot) in rows.iter().take(500) { tr {
                    td { a href={ "/sourcing/" (name) } { (name) } } td.number { (number + 1) } td { (lot.supplier) }
                    td.number { (words::exact(&lot.quantity.to_string())) } td { (case.requirement.need_by) } td { (cases::lot_status(lot, &zone)) }
                } } }
            } }
        };
        Ok(Page::live("sourcing", "Lots", body))
    })
    .await
}
