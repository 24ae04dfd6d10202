//! What a tick costs, by how many rounds are open and how many of them are due, beside asking every
//! open round whether it is. Run by `benches/tick`.

#![allow(clippy::unwrap_used, reason = "a benchmark")]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::{Duration, Instant};

use common::*;
use jiff::Timestamp;
use sourcing::{Book, Command, Dated, Does, decide};
use terms::Terms;

/// How often each figure is taken; the median is printed.
const TIMES: usize = 101;

/// What makes a round open: the notice of its need has been received, and the window runs.
fn open(terms: &Terms, notice: &str) -> Vec<Dated> {
    let mut play = Play::default();
    play.act(terms, at(notice), LAB, request()).unwrap();
    play.act(terms, at(notice), LAB, notify()).unwrap();
    play.act(terms, at("2025-02-03 12:00"), "clock", Does::Tick).unwrap();
    play.journal
}

/// A book of open rounds, the first of which are due and the others not.
fn book(soon: &[Dated], later: &[Dated], open: usize, due: usize) -> Book {
    let mut book = Book::default();
    for number in 0..open {
        let events = if number < due { soon } else { later };
        events.iter().for_each(|dated| book.apply(&format!("need-{number}"), dated));
    }
    book
}

/// Lets everything happen that is due; how many events that are.
fn tick(terms: &Terms, book: &mut Book, now: Timestamp) -> usize {
    let command = Command::new("clock", Does::Tick);
    let mut happened = 0;
    loop {
        let first = book.due(now).next().map(|(_, name)| name.to_string());
        let Some(name) = first else { return happened };
        let events = decide(terms, book, &name, &command, now).unwrap();
        happened += events.len();
        events.iter().for_each(|dated| book.apply(&name, dated));
    }
}

/// How many are due, as whoever keeps no order of deadlines would find out.
fn asked_one_by_one(book: &Book, now: Timestamp) -> usize {
    let next = book.cases().filter_map(|(_, case)| sourcing::timer::next(case));
    next.filter(|next| *next < now).count()
}

fn median(mut taken: Vec<Duration>) -> f64 {
    taken.sort_unstable();
    taken[taken.len() / 2].as_secs_f64() * 1e6
}

fn main() {
    let terms = agreement(&first_refusal(""));
    // Ten business days later: the 5th and the 12th of February.
    let (soon, later) = (open(&terms, "2025-01-21 18:05"), open(&terms, "2025-01-28 18:05"));
    let now = at("2025-02-06 09:00");
    println!("  open   due        a tick   each that is due   asking every open round");
    for open in [10, 100, 1_000, 10_000] {
        for due in [0, 1, 10] {
            let book = book(&soon, &later, open, due);
            let (mut ticks, mut asks) = (Vec::new(), Vec::new());
            for _ in 0..TIMES {
                let mut book = book.clone();
                let begun = Instant::now();
                let happened = tick(&terms, &mut book, now);
                ticks.push(begun.elapsed());
                assert_eq!(happened, 2 * due, "each lapses and comes free");
                let begun = Instant::now();
                let found = asked_one_by_one(&book, now);
                asks.push(begun.elapsed());
                assert_eq!(found, 0, "nothing is left that is due");
            }
            let (tick, ask) = (median(ticks), median(asks));
            let each = match due {
                0 => "–".to_string(),
                _ => format!("{:.1} µs", tick / due as f64),
            };
            println!("{open:>6} {due:>5}   {tick:>8.1} µs   {each:>16}   {ask:>20.1} µs");
        }
    }
}
