//! Deadlines of a case, in words.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sourcing::timer::{Timer, timers};
use sourcing::{Case, Event};

use crate::term;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// What ends by itself.
    Timer(Timer),
    /// Offers are made.
    Offers,
    /// Sealed offers are revealed.
    Reveal,
    /// An offer, by its place, is improved.
    Improvement(usize),
}

/// What runs in a case, as far as anybody has to act by then, or may act no longer. That a notice
/// counts as received, or that a right ends with its term, asks nothing of anybody.
pub fn running(case: &Case) -> impl Iterator<Item = (Due, Timestamp)> {
    // The time to reveal runs from the first sealed offer or improvement on, so it would tell the others of
    // that.
    let left_out = |timer| {
        matches!(timer, Timer::Receipt(_) | Timer::RightEnd | Timer::Reveal | Timer::Improvement(_))
    };
    let due = timers(case).filter(move |(_, timer)| !left_out(*timer));
    due.map(|(at, timer)| (Due::Timer(timer), at))
}

/// What an event sets itself, whether anything runs yet or not.
pub fn stated(event: &Event) -> impl Iterator<Item = (Due, Timestamp)> {
    let tender = match event {
        Event::Tendered { tender } => Some(tender),
        _ => None,
    };
    let asked = match event {
        Event::ImprovementAsked { bid, closes, reveal_by, .. } => {
            let revealed = Due::Timer(Timer::Improvement(*bid));
            vec![(Due::Improvement(*bid), *closes), (revealed, *reveal_by)]
        }
        _ => Vec::new(),
    };
    let closes = tender.and_then(|tender| Some((Due::Offers, tender.closes?)));
    let revealed = tender.and_then(|tender| Some((Due::Reveal, tender.reveal_by?)));
    closes.into_iter().chain(revealed).chain(asked)
}

impl Due {
    /// What must have been done by then.
    pub fn words(self) -> String {
        let timer = match self {
            Due::Timer(timer) => timer,
            Due::Offers => return "offers are made".to_string(),
            Due::Improvement(bid) => return format!("offer {} is improved", bid + 1),
            Due::Reveal => return "sealed offers are revealed".to_string(),
        };
        match timer {
            Timer::Receipt(part) => format!("part {}: the notice arrives", part + 1),
            Timer::RightEnd => "the right ends".to_string(),
            Timer::Window(part) => format!("part {}: the holders answer", part + 1),
            Timer::Talks(part) => format!("part {}: talks end", part + 1),
            Timer::Match(part) => format!("part {}: the holders match", part + 1),
            Timer::Signing(part) => {
                format!("part {}: the definitive agreement is signed", part + 1)
            }
            Timer::Contingency(bid) => format!("offer {}: what it is contingent on is so", bid + 1),
            Timer::FreeWindow(part) => format!("part {}: others sign", part + 1),
            Timer::Assurance => "the holder gives assurance".to_string(),
            Timer::Control => "the grantor chooses after the change of control".to_string(),
            Timer::BridgeNotice => "the holders are told of the bridge".to_string(),
            Timer::Lot(lot) => format!("lot {} is delivered", lot + 1),
            Timer::Reveal => Due::Reveal.words(),
            Timer::Improvement(bid) => {
                format!("offer {}: its sealed improvement is revealed", bid + 1)
            }
        }
    }

    /// The same, with the instant.
    pub fn line(self, at: Timestamp, zone: &TimeZone) -> String {
        format!("{}, by {}", self.words(), term::instant(at, zone))
    }
}
