//! Sourcing: rounds on a board and as clocks that run, one round with its history and what may be done now, lots
//! against need.

pub mod timeline;

use axum::extract::{Path, Query, State};
use axum::http::request::Parts;
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;
use shell::cases::{self, Turn};
use shell::outcome::Failure;
use shell::workspace::{Asker, CASE};
use sourcing::offer::BidStatus;
use sourcing::{Bid, Case, Dated, State as Stands, audience};

use super::shown;
use crate::api::{self, Api};
use crate::chart::{self, Bar, Tone};
use crate::desk::{Known, Room};
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
    State(api): State<Api>,
    viewer: Viewer,
    Query(which): Query<Shown>,
    parts: Parts,
) -> Result<Response, Sorry> {
    let may_ask = viewer.party.is_some() && api::may(&api, &parts, &viewer, "request").await;
    shown(api.app.clone(), viewer, "sourcing", move |room, viewer| {
        let zone = room.terms()?.time_zone();
        let (fold, looking) = (room.workspace.fold()?, room.looking(viewer)?);
        let now = room.workspace.now;
        let mut columns: [Vec<Known<'_>>; COLUMNS.len()] = Default::default();
        for (name, case) in fold.book.cases() {
            let Some(known) = looking.known(name, case) else { continue };
            columns[column(&known, now)].push(known);
        }
        let body = html! {
            h1 { "Sourcing" }
            p {
                @if may_ask { a.button href="/do/request" { "Ask for capacity" } " " }
                a href="/sourcing/timeline" { "Clocks that run" } " · "
                a href="/sourcing/lots" { "Lots against need" }
            }
            div.board { @for ((key, title, _), cards) in COLUMNS.iter().zip(&columns) {
                @let skip = if which.column == *key { which.after } else { 0 };
                section aria-label=(title) {
                    h2 { (title) " " span.quiet { "(" (cards.len()) ")" } }
                    @for known in cards.iter().skip(skip).take(CARDS) { (card(known, now, &zone)) }
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

/// Where a case stands on the board: where the part stands that is least far, of those that may be known.
fn column(known: &Known<'_>, now: Timestamp) -> usize {
    let last = COLUMNS.len() - 1;
    let column = |(.., state): (usize, u64, &Stands)| {
        let name = state.underlying().name();
        COLUMNS.iter().position(|(.., states)| states.contains(&name)).unwrap_or(last)
    };
    let least = known.parts().map(column).min();
    least.unwrap_or(if known.all().is_some() || known.is_over(now) { last } else { 0 })
}

fn card(known: &Known<'_>, now: Timestamp, zone: &TimeZone) -> Markup {
    let offers_until = known.offers_until(now).flatten();
    html! {
        article.card {
            h3 { a href={ "/sourcing/" (known.name) } { (known.name) } }
            @if let Some(need) = known.requirement() {
                p.small { (need.grantor) ": " (quantity(need)) " for " (need.purpose) " by " (need.need_by) }
            }
            @for (_, quantity, state) in known.parts() { p.small {
                span.tag { (state.name()) } " " (words::exact(&quantity.to_string()))
                @if let Some(until) = state.deadline() { br; (words::deadline(until, now, zone)) }
            } }
            @if let Some(until) = offers_until { p.small { "Offers until " (words::deadline(until, now, zone)) } }
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
        let (zone, now) = (room.terms()?.time_zone(), room.workspace.now);
        let seen = seen_by(room, viewer, &name)?.unwrap_or_default();
        let (fold, looking) = (room.workspace.fold()?, room.looking(viewer)?);
        // INVARIANT: what is seen of it is in the book.
        let case = fold.book.case(&name).and_then(|case| looking.known(&name, case));
        let Some(known) = case else { return Err(Failure::failed("the case is gone", "")) };
        let told = seen.iter().fold(None, Case::apply);
        let offers_seen = match &told {
            Some(told) if known.all().is_some() => told.bids.iter().enumerate().collect(),
            _ => known.own_offers(),
        };
        let body = html! {
            h1 { (name) }
            (need(&known, &zone, now))
            (turns(room, viewer, &known)?)
            (offers(&offers_seen))
            (lot_list(&known, &zone))
            h2 { "What happened" @if known.all().is_none() { " " span.quiet { "as far as you may see" } } }
            ol.timeline { @for dated in seen.iter().rev() { (happened(dated, &zone)) } }
        };
        Ok(Page::live("sourcing", name.clone(), body))
    })
    .await
}

/// What a viewer may see of what happened in a case; none where that is nothing.
fn seen_by(room: &Room, viewer: &Viewer, name: &str) -> Result<Option<Vec<Dated>>, Failure> {
    let (terms, chronicles) = (room.terms()?, room.chronicles()?);
    let Some(chronicle) = chronicles.get(name) else { return Ok(None) };
    let agreement = room.agreement_of(&format!("{CASE}{name}"))?;
    if agreement.as_ref().is_some_and(|agreement| !viewer.reads("sourcing", agreement)) {
        return Ok(None);
    }
    let everything = agreement.is_some_and(|agreement| viewer.sees_all_of(&agreement));
    let happened = &chronicle.happened;
    let seen: Vec<_> = match &viewer.party {
        _ if everything => {
            let seen = chronicle.seen_by(&terms, &Asker::Everything);
            let seen = happened.iter().zip(seen).filter(|(_, with)| with.is_some());
            seen.map(|(dated, _)| dated.clone()).collect()
        }
        Some(party) => {
            let seen = audience::view(&terms, happened, party, room.workspace.now);
            seen.into_iter().cloned().collect()
        }
        None => Vec::new(),
    };
    Ok((!seen.is_empty()).then_some(seen))
}

fn need(known: &Known<'_>, zone: &TimeZone, now: Timestamp) -> Markup {
    html! {
        @if let Some(need) = known.requirement() { dl {
            dt { "Who" } dd { (need.grantor) ", by " (need.act.word()) }
            dt { "What" } dd { (quantity(need)) " in lots of " (need.lot) " for " (need.purpose) ", " (need.months) " months" }
            dt { "Where" } dd { (need.region.as_deref().unwrap_or("anywhere")) }
            dt { "By" } dd { (need.need_by) }
            dt { "Price" } dd { (words::money(&need.price)) " an accelerator-hour" }
            @if let Some(case) = known.all() {
                dt { "Under" } dd {
                    @if let Some(clause) = case.restriction.clause() { (words::clause(&clause)) ": " }
                    (cases::restriction(&case.restriction))
                }
            }
            @if let Some(Some(until)) = known.offers_until(now) {
                dt { "Offers" } dd { "until " (words::deadline(until, now, zone)) }
            }
        } }
        @for (part, quantity, state) in known.parts() {
            p { "Part " (part + 1) ": " (words::exact(&quantity.to_string())) " " span.tag { (state.name()) }
                @if let Some(until) = state.deadline() { " until " (words::deadline(until, now, zone)) } }
        }
    }
}

/// How much is needed, with its thousands apart.
fn quantity(need: &sourcing::Requirement) -> String {
    need.quantity.to_string().replace('_', ",")
}

/// What may be done now: by the viewer with a form, by others in words, where the viewer sees the case.
fn turns(room: &Room, viewer: &Viewer, known: &Known<'_>) -> Result<Markup, Failure> {
    let (name, now) = (known.name, room.workspace.now);
    let zone = room.terms()?.time_zone();
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for part in 0..known.all_parts() {
        if let Some(party) = &viewer.party {
            own.push((part, room.own_turn(party, name, part)?));
        }
        let turns = room.turns(name, part)?;
        let is_own =
            |turn: &&Turn| viewer.party.as_ref().is_some_and(|own| own.as_str() == turn.party);
        let of_others = turns.iter().filter(|turn| known.all().is_some() && !is_own(turn));
        others.extend(of_others.map(|turn| (part, turn.party.clone(), words::deeds(&turn.may))));
    }
    own.retain(|(_, may)| !may.is_empty());
    let asks = known.all().is_some_and(|case| {
        viewer.party.as_ref() == Some(&case.requirement.grantor)
            && case.parts.iter().any(|part| part.state.is_wanted())
    });
    Ok(html! {
        @for (part, may) in &own {
            section.note {
                h2 { "Your turn" @if known.all_parts() > 1 { ", part " (part + 1) } }
                @if let Some(until) = known.state(*part).and_then(Stands::deadline) {
                    p { "Until " (words::deadline(until, now, &zone)) }
                }
                p.buttons {
                    @for may in may.iter().filter(|may| !ends(may)) { a.button href=(form_of(may, name, *part)) { (words::deed(may)) } }
                    @for may in may.iter().filter(|may| ends(may)) { a.button.plain href=(form_of(may, name, *part)) { (words::deed(may)) } }
                }
            }
        }
        @if asks { p.small {
            "At any time: "
            a href=(form_of("tender", name, 0)) { "ask others for offers" } ", "
            a href=(form_of("amend", name, 0)) { "change what is needed" } ", "
            a href=(form_of("dispute", name, 0)) { "dispute something" } "."
        } }
        @if !others.is_empty() {
            h2 { "Whose turn it is" }
            ul { @for (part, party, may) in others { li { "Part " (part + 1) ", " strong { (party) } ": " (may) } } }
        }
    })
}

/// Whether what may be done gives something up. It stands last, and is pressed less easily.
fn ends(may: &str) -> bool {
    let verb = may.split(" --").next().unwrap_or(may);
    ["withdraw", "withdraw-offer", "decline", "waive", "shortfall", "control suspend"]
        .contains(&verb)
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
fn offers(offers: &[(usize, &Bid)]) -> Markup {
    html! { @if !offers.is_empty() {
        h2 { "Offers" }
        div.scroll tabindex="0" { table {
            thead { tr { th.number { "Offer" } th { "By" } th.number { "Quantity" } th.number { "Price an hour" } th.number { "Months" } th { "From" } th { "Stands" } } }
            tbody { @for (number, bid) in offers {
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
    } }
}

fn lot_list(known: &Known<'_>, zone: &TimeZone) -> Markup {
    html! { @if known.lots().next().is_some() {
        h2 { "Lots" }
        ul { @for (number, lot) in known.lots() {
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
        let (zone, now) = (room.terms()?.time_zone(), room.workspace.now);
        let (fold, looking) = (room.workspace.fold()?, room.looking(viewer)?);
        let mut rows = Vec::new();
        for (name, case) in fold.book.cases().filter(|(_, case)| !case.lots.is_empty()) {
            let Some(known) = looking.known(name, case) else { continue };
            rows.extend(known.lots().map(|(number, lot)| (name, number, case, lot)));
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
