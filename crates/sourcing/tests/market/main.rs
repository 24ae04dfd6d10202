//! What happens with third parties' offers: rows 14 to 20, 29, 30 and 35 of the domain rules §2.3, the
//! traces S3 and S4 of §4.6, "no more favourable" of §2.6, and the cases of §2.7 that offers bring with
//! them. Times are those of Los Angeles. A row is a line, so rustfmt leaves the traces alone.

#![allow(clippy::unwrap_used)]

mod awards;
mod closing;
#[path = "../common/mod.rs"]
mod common;
mod favour;
mod matching;

use common::*;
use jiff::civil::date;
use sourcing::command::{
    award::{Award, AwardBest},
    contingency::MeetContingency,
    match_offer::MatchOffer,
    tender::OpenTender,
    withdraw_offer::WithdrawOffer,
};
use sourcing::offer::{Evidence, Guarded, InKind, Package};
use sourcing::{Bid, Command, Declared, Does, Event, Offered, Restriction, State, Tender};
use terms::{Name, Terms};

use Does::{Sign, Tick};

const FREE: &str = "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00";

/// S3: an offer 1.5% above the baseline is before the holder.
#[rustfmt::skip]
fn matching(terms: &Terms) -> Play {
    go_on(terms, lapsed(terms), vec![
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 1000, "2.436"), FREE),
        ("2025-03-10 11:00", LAB, present(1), "offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-03-24 17:00"),
    ])
}

/// An offer of all of it by one supplier, changed in some way.
fn offer_of(supplier: &str, price: &str, change: impl FnOnce(&mut Bid)) -> Does {
    let mut bid = offer(supplier, 1000, price);
    change(&mut bid);
    bid_of(bid)
}

/// A row for each of several outcomes from one position.
fn each(terms: &Terms, from: &Play, rows: Vec<Row>) {
    for row in rows {
        go_on(terms, from.clone(), vec![row]);
    }
}

/// The same history with something else in its events.
fn told_again(play: &Play, change: impl Fn(&mut Event)) -> Play {
    let mut again = Play::default();
    for mut dated in play.journal.clone() {
        change(&mut dated.event);
        again.book.apply(CASE, &dated);
        again.journal.push(dated);
    }
    again
}

fn match_at(price: &str, change: impl FnOnce(&mut Offered)) -> Does {
    let mut terms = terms_at(price);
    change(&mut terms);
    Does::Match(MatchOffer { terms: Some(terms), package: false })
}

fn tender(change: impl FnOnce(&mut Tender)) -> Does {
    let mut tender = Tender {
        method: "levelised_price".to_string(),
        discount: "12".to_string(),
        cover: None,
        closes: None,
        reveal_by: None,
        seed: None,
        lottery: None,
        improvement: None,
    };
    change(&mut tender);
    Does::Tender(OpenTender { tender })
}
