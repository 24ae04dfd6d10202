//! What has happened in a case. Events are fact: folding them cannot fail.
//!
//! An event is seen by a party whole or not at all (see [`crate::audience`]). What a party may know
//! only a part of is said by an event of its own.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use terms::{Money, Name};

use crate::case::{Dispute, Free, Joint, PauseReason, Requirement, Signed, State};
use crate::deadline::Channel;
use crate::guard::Guard;
use crate::lot::{DueDay, Lot, LotStatus};
use crate::offer::{Bid, Offered, Tender};
use crate::right::Restriction;

/// An event with the instant it counts at, the party that caused it and the clause behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated {
    /// When it counts.
    pub at: Timestamp,
    /// Who caused it; nobody if it was the clock.
    pub by: Option<Name>,
    /// The clause that makes it so, if one does.
    pub clause: Option<String>,
    /// The command it follows from, by its id; none if it was the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The guards that were asked and passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// What happened.
    pub event: Event,
}

/// What happened. `part`, `bid`, `lot` and `right` count from 0. Source of the names: domain rules
/// §2.3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs)] // The fields are the words of the variant.
pub enum Event {
    // A need and what the agreement says about it.
    /// The grantor stated a need.
    Requested { agreement: Name, requirement: Requirement },
    /// The agreement was asked what it says about the need. `also` are clauses that cover it too
    /// and rank lower.
    Screened { restriction: Restriction, also: Vec<String> },
    /// No right covers it, by a rule: logged, so that it can be audited.
    Exempted { rule: String },
    /// A bridge in an emergency was signed: the holders must be told by then.
    BridgeAllowed { notice_by: Timestamp },
    /// They were told.
    BridgeNotified,
    /// They were not.
    BridgeNoticeMissed,

    // The holders' first say.
    /// A notice was sent to the holders of a tier, on terms they may take: about as much of the
    /// part as it says; the rest stays as it was. Where the terms are those of a third party's offer,
    /// what the holders may know of them is said by the `OfferDisclosed` that follows.
    NoticeSent {
        part: usize,
        quantity: u64,
        channel: Channel,
        receipt: Timestamp,
        deadline: Timestamp,
        terms: Option<Offered>,
        bid: Option<usize>,
        tier: u32,
    },
    /// The holders may answer.
    RoundOpened { part: usize, round: u32, deadline: Option<Timestamp> },
    /// A holder asked for documents; if the window waits for them, it has no end until then.
    DocumentsRequested { part: usize, right: usize, list: Vec<String>, waits: bool },
    /// They arrived; if the window waited, it begins anew.
    DocumentsSent { part: usize, receipt: Timestamp, deadline: Timestamp },
    /// One of several holders said how many it takes; none if it declined.
    Elected { part: usize, right: usize, takes: Option<u64> },
    /// A holder takes all of a part.
    Exercised { part: usize, right: usize, signed: Signed, sign_by: Timestamp },
    /// A holder takes some of it; the rest becomes a part of its own, as it was.
    PartialExercised {
        part: usize,
        right: usize,
        quantity: u64,
        signed: Signed,
        sign_by: Timestamp,
    },
    /// A holder does not take it; because it is unable to, if it says so.
    Declined { part: usize, right: usize, unable: bool },
    /// The holders said nothing in time.
    Lapsed { part: usize },
    /// The holder lets others supply it; tacitly, if it knew and did not object. `right` is that of
    /// a holder whose clause wants its consent to a deal with others beside a first right.
    Consented {
        part: usize,
        tacit: bool,
        evidence: String,
        #[serde(default)]
        right: Option<usize>,
    },
    /// A holder waives its right for this case.
    Waived { part: usize, right: usize, unlimited: bool, evidence: String },
    /// A holder is interested in talks.
    Interested { part: usize, right: usize, until: Timestamp },
    /// A party put terms forward; no exercise.
    Countered { part: usize, right: usize, by_grantor: bool, terms: Offered, until: Timestamp },
    /// Both agreed on the same terms.
    Agreed { part: usize, right: usize, signed: Signed, sign_by: Timestamp },
    /// The talks ended without agreement.
    TalksEnded { part: usize },

    // Others.
    /// Others may sign, within limits.
    Released { part: usize, free: Free },
    /// Offers are asked for.
    Tendered { tender: Tender },
    /// A sealed offer came in.
    BidSealed { supplier: Name, seal: String },
    /// It was revealed, and is what was sealed.
    BidRevealed { bid: usize, revealed: Bid },
    /// An offer came in.
    BidReceived { bid: Bid },
    /// An offer is withdrawn by its supplier, or out of the running.
    BidGone { bid: usize, why: String },
    /// An offer better for the third party was put to the holders: as much of the part as it is
    /// for; the rest stays free.
    OfferPresented {
        part: usize,
        quantity: u64,
        bid: usize,
        round: u32,
        deadline: Timestamp,
        tier: u32,
    },
    /// What the holders are told of an offer put to them: as much as the clause lets them know.
    OfferDisclosed {
        part: usize,
        round: u32,
        /// Who made it, where that is disclosed.
        supplier: Option<Name>,
        /// Its terms, where they are.
        terms: Option<Offered>,
        /// The independent person that has seen it, where one has.
        certified_by: Option<Name>,
        /// The commitment to the offer, by which it can be checked later that it was this one, where
        /// not all of it is disclosed.
        seal: Option<String>,
    },
    /// A holder matches the offer.
    Matched { part: usize, right: usize, signed: Signed, sign_by: Timestamp },
    /// A holder does not match it.
    MatchDeclined { part: usize, right: usize },
    /// The holders did not match it in time.
    MatchLapsed { part: usize },
    /// A supplier whose offer is equal to others may improve it, for so many that are needed: seal an
    /// improvement, and then reveal it. Each of them is told by an event of its own.
    ImprovementAsked {
        part: usize,
        bid: usize,
        needed: u64,
        closes: Timestamp,
        reveal_by: Timestamp,
    },
    /// A sealed improvement came in.
    ImprovementSealed { bid: usize, seal: String },
    /// It was revealed, is what was sealed, and is better: the offer is on these terms now.
    ImprovementRevealed { bid: usize, terms: Offered },
    /// It was not revealed in time: the offer stands as it was.
    ImprovementForgone { bid: usize },
    /// The seed of the lottery was revealed, to be drawn from: 32 bytes in hexadecimal digits.
    SeedRevealed { seed: String },
    /// An offer is chosen; what it is contingent on must be so by then.
    AwardedContingent { part: usize, quantity: u64, bid: usize, until: Timestamp },
    /// What an offer is contingent on is so, or waived.
    ContingencyMet { bid: usize, evidence: String },
    /// It was not so in time.
    ContingencyFailed { bid: usize },
    /// A holder supplies it, though it has not exercised.
    Awarded { part: usize, quantity: u64, signed: Signed },
    /// Somebody else supplies it.
    ThirdSigned { part: usize, quantity: u64, signed: Signed },
    /// The free window ended unused.
    MustRenotice { part: usize },
    /// An offer that was put to the holders is withdrawn: nothing is left to take or to match. It
    /// names nobody, so that the holders may know.
    OfferWithdrawn { part: usize },

    // What is signed.
    /// A party signed the definitive agreement with a holder.
    SignatureGiven { part: usize, party: Name },
    /// It is signed by both.
    DefinitiveSigned { part: usize },
    /// It was not signed in time; by whose fault.
    CloseFailed { part: usize, fault: Name },
    /// One of two parties said what takes both.
    Proposed { by: Name, what: Joint },
    /// What was signed is undone; the need is a part of its own again.
    Annulled { part: usize, reason: String },
    /// What was signed with somebody else was changed, and no better for it.
    TermsChanged { part: usize, terms: Offered },
    /// What was signed with somebody else is to be changed, better for it: the holders may match.
    TaggedBack { part: usize, round: u32, terms: Offered, deadline: Timestamp, tier: u32 },
    /// What was signed with somebody else ended.
    ThirdDefaulted { part: usize, reason: String },
    /// Somebody else was found to have signed without leave.
    BreachDetected {
        part: usize,
        quantity: u64,
        signed: Signed,
        void: bool,
        round: u32,
        deadline: Timestamp,
    },

    // What changes under way.
    /// The requirement changed, not materially. By part: what runs is put off to these instants, so
    /// are the windows that run beside talks, and so many accelerators these parts have now.
    Amended {
        requirement: Requirement,
        deadlines: Vec<(usize, Timestamp)>,
        windows: Vec<(usize, Timestamp)>,
        quantities: Vec<(usize, u64)>,
    },
    /// It changed materially: what is not bound is superseded, and the need is a new part.
    Superseded { requirement: Requirement, quantity: u64, material: Vec<String> },
    /// The grantor no longer needs it.
    Withdrawn,
    /// A party whom a deadline protects put it off.
    Extended { part: usize, deadline: Timestamp },
    /// A right was handed on.
    Assigned { right: usize, to: Name },
    /// A right lapsed because it may not be handed on.
    AssignmentLapsed { right: usize, to: Name },
    /// The right the case is pinned to ended.
    RightEnded,
    /// A holder came under the control of a competitor; the grantor may choose until then.
    ControlChanged { right: usize, competitor: Name, until: Timestamp },
    /// The grantor deals blind from now on.
    Blinded,
    /// The grantor suspends the right to decide; it may choose until then.
    ControlSuspended { until: Timestamp },
    /// The grantor did not choose to deal blind in time: the holders are told what they were.
    DisclosureKept,
    /// A holder is insolvent.
    InsolvencyNoticed { holder: Name },
    /// The grantor asked it for assurance.
    AssuranceAsked { holder: Name, by: Timestamp },
    /// The holder stands by the agreement.
    ContractAssumed { holder: Name },
    /// It does not, or gave no assurance in time.
    ContractRejected { holder: Name, in_time: bool },
    /// A guard is contested; the result is provisional.
    Disputed { dispute: Dispute },
    /// A part stands still.
    Paused { part: usize, reason: PauseReason },
    /// It goes on; its deadline, where it has one, is then, and so is the window that runs beside
    /// talks.
    Resumed { part: usize, deadline: Option<Timestamp>, window: Option<Timestamp> },
    /// The decision-maker ruled.
    Ruled { part: usize, state: State, reasons: String },
    /// A dispute is over.
    DisputeSettled { dispute: usize },

    // Delivery.
    /// Capacity is to be delivered.
    LotScheduled { lot: Lot },
    /// The supplier expects to deliver later; the due day stays.
    DeliveryDelayed { lot: usize, expected: Date, reason: String },
    /// The supplier uses its one slip: the due day moves.
    Slipped { lot: usize, due: DueDay },
    /// The customer or force majeure moved the due day, and with it the stage the lot is in.
    Excused {
        lot: usize,
        days: u32,
        force_majeure: bool,
        reason: String,
        due: DueDay,
        status: LotStatus,
        damages_from: Option<Date>,
    },
    /// It was not delivered on its day.
    DeliveryLate { lot: usize, next: Timestamp },
    /// The grace period is over: damages count from then, and the time to cure runs.
    GraceEnded { lot: usize, damages_from: Date, next: Timestamp },
    /// It was not cured, or cannot be: others may supply what is missing of the part, as `freed`
    /// says.
    Shortfall { lot: usize, declared: bool, damages_until: Option<Date>, freed: State },
    /// The supplier of a lot that fell short can deliver again: what nobody took is its again.
    Recovered { lot: usize, quantity: u64, due: DueDay },
    /// Some of a lot stands; the rest is a lot of its own.
    PartDelivered { lot: usize, quantity: u64 },
    /// The lot stands.
    Delivered { lot: usize },
    /// Damages for delay are due.
    DamagesDue { lot: usize, days: u32, amount: Money, capped: bool },
    /// Every lot of the part stands.
    Fulfilled { part: usize },
    /// Two shortfalls in a year: first rights do not hold for the class until then.
    RightSuspended { holder: Name, class: String, until: Timestamp },
}

impl Event {
    /// The event's name, as the journal keeps it.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Requested { .. } => "requested",
            Event::Screened { .. } => "screened",
            Event::Exempted { .. } => "exempted",
            Event::BridgeAllowed { .. } => "bridge-allowed",
            Event::BridgeNotified => "bridge-notified",
            Event::BridgeNoticeMissed => "bridge-notice-missed",
            Event::NoticeSent { .. } => "notice-sent",
            Event::RoundOpened { .. } => "round-opened",
            Event::DocumentsRequested { .. } => "documents-requested",
            Event::DocumentsSent { .. } => "documents-sent",
            Event::Elected { .. } => "elected",
            Event::Exercised { .. } => "exercised",
            Event::PartialExercised { .. } => "partial-exercised",
            Event::Declined { .. } => "declined",
            Event::Lapsed { .. } => "lapsed",
            Event::Consented { .. } => "consented",
            Event::Waived { .. } => "waived",
            Event::Interested { .. } => "interested",
            Event::Countered { .. } => "countered",
            Event::Agreed { .. } => "agreed",
            Event::TalksEnded { .. } => "talks-ended",
            Event::Released { .. } => "released",
            Event::Tendered { .. } => "tendered",
            Event::BidSealed { .. } => "bid-sealed",
            Event::BidRevealed { .. } => "bid-revealed",
            Event::BidReceived { .. } => "bid-received",
            Event::BidGone { .. } => "bid-gone",
            Event::OfferPresented { .. } => "offer-presented",
            Event::OfferDisclosed { .. } => "offer-disclosed",
            Event::Matched { .. } => "matched",
            Event::MatchDeclined { .. } => "match-declined",
            Event::MatchLapsed { .. } => "match-lapsed",
            Event::ImprovementAsked { .. } => "improvement-asked",
            Event::ImprovementSealed { .. } => "improvement-sealed",
            Event::ImprovementRevealed { .. } => "improvement-revealed",
            Event::ImprovementForgone { .. } => "improvement-forgone",
            Event::SeedRevealed { .. } => "seed-revealed",
            Event::AwardedContingent { .. } => "awarded-contingent",
            Event::ContingencyMet { .. } => "contingency-met",
            Event::ContingencyFailed { .. } => "contingency-failed",
            Event::Awarded { .. } => "awarded",
            Event::ThirdSigned { .. } => "third-signed",
            Event::MustRenotice { .. } => "must-renotice",
            Event::OfferWithdrawn { .. } => "offer-withdrawn",
            Event::SignatureGiven { .. } => "signature-given",
            Event::DefinitiveSigned { .. } => "definitive-signed",
            Event::CloseFailed { .. } => "close-failed",
            Event::Proposed { .. } => "proposed",
            Event::Annulled { .. } => "annulled",
            Event::TermsChanged { .. } => "terms-changed",
            Event::TaggedBack { .. } => "tagged-back",
            Event::ThirdDefaulted { .. } => "third-defaulted",
            Event::BreachDetected { .. } => "breach-detected",
            Event::Amended { .. } => "amended",
            Event::Superseded { .. } => "superseded",
            Event::Withdrawn => "withdrawn",
            Event::Extended { .. } => "extended",
            Event::Assigned { .. } => "assigned",
            Event::AssignmentLapsed { .. } => "assignment-lapsed",
            Event::RightEnded => "right-ended",
            Event::ControlChanged { .. } => "control-changed",
            Event::Blinded => "blinded",
            Event::ControlSuspended { .. } => "control-suspended",
            Event::DisclosureKept => "disclosure-kept",
            Event::InsolvencyNoticed { .. } => "insolvency-noticed",
            Event::AssuranceAsked { .. } => "assurance-asked",
            Event::ContractAssumed { .. } => "contract-assumed",
            Event::ContractRejected { .. } => "contract-rejected",
            Event::Disputed { .. } => "disputed",
            Event::Paused { .. } => "paused",
            Event::Resumed { .. } => "resumed",
            Event::Ruled { .. } => "ruled",
            Event::DisputeSettled { .. } => "dispute-settled",
            Event::LotScheduled { .. } => "lot-scheduled",
            Event::DeliveryDelayed { .. } => "delivery-delayed",
            Event::Slipped { .. } => "slipped",
            Event::Excused { .. } => "excused",
            Event::DeliveryLate { .. } => "delivery-late",
            Event::GraceEnded { .. } => "grace-ended",
            Event::Shortfall { .. } => "shortfall",
            Event::Recovered { .. } => "recovered",
            Event::PartDelivered { .. } => "part-delivered",
            Event::Delivered { .. } => "delivered",
            Event::DamagesDue { .. } => "damages-due",
            Event::Fulfilled { .. } => "fulfilled",
            Event::RightSuspended { .. } => "right-suspended",
        }
    }
}
