//! What has happened in a case. Events are fact: folding them cannot fail.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use terms::{Money, Name};

use crate::case::{Bid, Lot, Requirement, Restriction};
use crate::deadline::Channel;

/// An event with the instant it counts at, the party that caused it and the clause behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated {
    /// When it counts.
    pub at: Timestamp,
    /// Who caused it; nobody if it was the clock.
    pub by: Option<Name>,
    /// The clause that makes it so, if one does.
    pub clause: Option<String>,
    /// What happened.
    pub event: Event,
}

/// What happened. `part`, `bid` and `lot` count from 0. Source of the names: domain rules §2.3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs)] // The fields are the words of the variant.
pub enum Event {
    /// The customer stated a need.
    Requested { agreement: Name, requirement: Requirement },
    /// The agreement was asked what it says about the need.
    Screened { restriction: Restriction },
    /// No right covers it.
    Exempted,
    /// A notice was sent to the holder.
    NoticeSent { part: usize, by: Channel, receipt: Timestamp, deadline: Timestamp },
    /// The holder may answer.
    RoundOpened { part: usize, round: u32, deadline: Timestamp },
    /// The holder takes all of it.
    Exercised { part: usize, supplier: Name, price: Money, sign_by: Timestamp },
    /// The holder takes some of it; the rest becomes a part of its own.
    PartialExercised {
        part: usize,
        quantity: u64,
        supplier: Name,
        price: Money,
        sign_by: Timestamp,
    },
    /// The holder does not take it.
    Declined { part: usize },
    /// The holder said nothing in time.
    Lapsed { part: usize },
    /// The holder lets others supply it; tacitly, if it knew and did not object.
    Consented { part: usize, tacit: bool, evidence: String },
    /// Others may sign, on terms and until a time.
    Released { part: usize, baseline: Option<Money>, closes: Option<Timestamp> },
    /// An offer came in.
    BidReceived { bid: Bid },
    /// An offer better for the third party was put to the holder: as much of the part as it is
    /// for; the rest stays free.
    OfferPresented { part: usize, quantity: u64, bid: usize, round: u32, deadline: Timestamp },
    /// The holder matches the offer.
    Matched { part: usize, supplier: Name, price: Money, sign_by: Timestamp },
    /// The holder does not match it.
    MatchDeclined { part: usize },
    /// The holder did not match it in time.
    MatchLapsed { part: usize },
    /// The holder supplies it, though it has not exercised.
    Awarded { part: usize, quantity: u64, bid: usize, supplier: Name, price: Money },
    /// Somebody else supplies it.
    ThirdSigned { part: usize, quantity: u64, bid: usize, supplier: Name, price: Money },
    /// The free window ended unused.
    MustRenotice { part: usize },
    /// The definitive agreement with the holder is signed.
    DefinitiveSigned { part: usize },
    /// It was not signed in time.
    CloseFailed { part: usize },
    /// Capacity is to be delivered.
    LotScheduled { lot: Lot },
    /// The supplier expects to deliver later.
    DeliveryDelayed { lot: usize, expected: Date, reason: String },
    /// The lot stands.
    Delivered { lot: usize },
    /// Every lot of the part stands.
    Fulfilled { part: usize },
    /// The customer no longer needs it.
    Withdrawn,
}

impl Event {
    /// The event's name, as the journal keeps it.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Requested { .. } => "requested",
            Event::Screened { .. } => "screened",
            Event::Exempted => "exempted",
            Event::NoticeSent { .. } => "notice-sent",
            Event::RoundOpened { .. } => "round-opened",
            Event::Exercised { .. } => "exercised",
            Event::PartialExercised { .. } => "partial-exercised",
            Event::Declined { .. } => "declined",
            Event::Lapsed { .. } => "lapsed",
            Event::Consented { .. } => "consented",
            Event::Released { .. } => "released",
            Event::BidReceived { .. } => "bid-received",
            Event::OfferPresented { .. } => "offer-presented",
            Event::Matched { .. } => "matched",
            Event::MatchDeclined { .. } => "match-declined",
            Event::MatchLapsed { .. } => "match-lapsed",
            Event::Awarded { .. } => "awarded",
            Event::ThirdSigned { .. } => "third-signed",
            Event::MustRenotice { .. } => "must-renotice",
            Event::DefinitiveSigned { .. } => "definitive-signed",
            Event::CloseFailed { .. } => "close-failed",
            Event::LotScheduled { .. } => "lot-scheduled",
            Event::DeliveryDelayed { .. } => "delivery-delayed",
            Event::Delivered { .. } => "delivered",
            Event::Fulfilled { .. } => "fulfilled",
            Event::Withdrawn => "withdrawn",
        }
    }
}
