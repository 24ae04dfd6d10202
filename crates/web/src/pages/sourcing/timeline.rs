//! The timeline: every open part from when its clock began to its deadline, the soonest first, with what remains.

use axum::extract::State as Shared;
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use shell::outcome::Failure;
use sourcing::{Case, State};

use super::super::shown;
use crate::chart::{self, Bar, Tone};
use crate::desk::Room;
use crate::frame::Page;
use crate::server::{App, Sorry};
use crate::viewer::Viewer;
use crate::words;

/// More are not drawn.
const DRAWN: usize = 40;

/// More are not listed: they are the farthest off.
const LISTED: usize = 500;

/// A clock that runs.
struct Clock {
    case: String,
    part: usize,
    state: &'static str,
    /// When it began.
    begun: Timestamp,
    until: Timestamp,
}

/// Every clock that runs and that the viewer sees.
pub async fn page(Shared(app): Shared<App>, viewer: Viewer) -> Result<Response, Sorry> {
    shown(app, viewer, "sourcing", |room, viewer| {
        let zone = room.terms()?.time_zone();
        let now = room.workspace.now;
        let clocks = clocks(room, viewer)?;
        let bars: Vec<_> = clocks.iter().take(DRAWN).map(|clock| bar(clock, now)).collect();
        let body = html! {
            h1 { "Clocks that run" }
            @if clocks.is_empty() { p { "No clock runs that you see." } }
            @else {
                p.quiet { "From when each clock began to its deadline, the soonest first; a time to sign is drawn from the request. The line is now." }
                (chart::timeline("Clocks, each from its beginning to its deadline", &bars, instant(now), &day(zone.clone())))
                (table(&clocks, now, &zone))
                @if clocks.len() > LISTED { p { (clocks.len() - LISTED) " more end later." } }
            }
            p { a href="/sourcing" { "The board" } }
        };
        Ok(Page::live("sourcing", "Clocks that run", body))
    })
    .await
}

fn table(clocks: &[Clock], now: Timestamp, zone: &TimeZone) -> Markup {
    html! {
        div.scroll tabindex="0" { table {
            thead { tr { th { "Case" } th.number { "Part" } th { "Stands" } th { "Since" } th { "Until" } } }
            tbody { @for clock in clocks.iter().take(LISTED) { tr {
                td { a href={ "/sourcing/" (clock.case) } { (clock.case) } } td.number { (clock.part + 1) }
                td { span.tag { (clock.state) } }
                td { (words::instant(clock.begun, zone)) }
                td { (words::deadline(clock.until, now, zone)) }
            } } }
        } }
    }
}

/// Those of the parts of which the viewer may know where they stand, and the time to make an offer.
fn clocks(room: &Room, viewer: &Viewer) -> Result<Vec<Clock>, Failure> {
    let (fold, looking, now) = (room.workspace.fold()?, room.looking(viewer)?, room.workspace.now);
    let mut clocks = Vec::new();
    for (name, case) in fold.book.cases() {
        let Some(known) = looking.known(name, case) else { continue };
        let clock = |part, state, begun, until| {
            let case = name.to_string();
            Clock { case, part, state, begun, until }
        };
        let before = clocks.len();
        clocks.extend(known.parts().filter_map(|(part, _, state)| {
            Some(clock(part, state.name(), begun(case, state), state.deadline()?))
        }));
        if clocks.len() == before
            && let Some(until) = known.offers_until(now).flatten()
        {
            clocks.push(clock(0, "TENDERED", case.requested, until));
        }
    }
    clocks.sort_by(|one, other| {
        (one.until, &one.case, one.part).cmp(&(other.until, &other.case, other.part))
    });
    Ok(clocks)
}

/// When the clock of a part began that runs now; the request, where its state does not say.
fn begun(case: &Case, state: &State) -> Timestamp {
    match state {
        State::Open(open) | State::Negotiating { open, .. } => open.receipt,
        State::Matching { since, .. } => *since,
        // Since when others may sign, or the definitive agreement waits, no state says.
        _ => case.requested,
    }
}

fn bar(clock: &Clock, now: Timestamp) -> Bar {
    let hours = clock.until.duration_since(now).as_hours();
    Bar {
        label: format!("{}, part {}: {}", clock.case, clock.part + 1, clock.state),
        from: instant(clock.begun),
        to: instant(clock.until),
        tone: if clock.until < now { Tone::Two } else { Tone::One },
        says: match hours {
            _ if clock.until < now => "over".to_string(),
            0..48 => format!("{hours} h left"),
            _ => format!("{} d left", hours / 24),
        },
        mark: None,
    }
}

/// An instant as a length.
fn instant(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}

/// The day of a length, where the ends of a drawing are named.
fn day(zone: TimeZone) -> impl Fn(f64) -> String {
    move |length| {
        #[allow(clippy::cast_possible_truncation)]
        let at = Timestamp::from_second(length as i64);
        at.map_or_else(|_| String::new(), |at| at.to_zoned(zone.clone()).date().to_string())
    }
}
