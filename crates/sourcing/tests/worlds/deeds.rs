//! What parties do in the worlds, in short words, and the agreements they do it under.

use jiff::civil::date;
use sourcing::case::PauseReason;
use sourcing::command::{
    amend::Amend,
    annul::Annul,
    assign::Assign,
    award::AwardBest,
    change_terms::ChangeTerms,
    contingency::MeetContingency,
    control::ChangeControl,
    counter::Counter,
    decline::Decline,
    default::Default as Defaults,
    deliver::Deliver,
    detect::Detect,
    dispute::RaiseDispute,
    documents::{RequestDocuments, SendDocuments},
    excuse::Excuse,
    exercise::Exercise,
    extend::Extend,
    improvement::{RevealImprovement, SealImprovement},
    insolvency::NoticeInsolvency,
    match_offer::MatchOffer,
    notify::Notify,
    present::Present,
    recover::Recover,
    rule::Rule,
    seal::{RevealBid, SealBid, commitment, improvement_commitment, nonce},
    shortfall::DeclareShortfall,
    slip::Slip,
    stay::Stay,
    tender::OpenTender,
    waive::Waive,
    withdraw_offer::WithdrawOffer,
};
use sourcing::{Bid, Channel, Does, Guard, Requirement, State, Tender, lottery};
use terms::{Duration, Name, Terms};

pub use crate::common::*;

/// 32 bytes that nobody knows.
pub const NONCE: &str = "0b0e0a1150b0e0a1150b0e0a1150b0e0a1150b0e0a1150b0e0a1150b0e0a1150";

/// The seed of a lottery.
pub const SEED: &str = "5eed05eed05eed05eed05eed05eed05eed05eed05eed05eed05eed05eed05eed";

/// An agreement between a customer and two suppliers, whose calendar reaches far enough for worlds that
/// go on for long.
pub fn between_three(clauses: &str) -> Terms {
    agreement_until("2029-01-01", clauses)
}

/// A first right of a kind, with what else is said of it.
pub fn first(kind: &str, label: &str, holder: &str, more: &str) -> String {
    format!(
        r#"{kind} "{label}" {{
  grantor = lab
  holder  = {holder}
  scope {{
    subject = capacity
    kind    = new
  }}
  response_window = "10 business days"
  free_window     = "120 days"
  {more}
}}"#
    )
}

pub fn refusal(more: &str) -> Terms {
    between_three(&first("right_of_first_refusal", "capacity", MERIDIAN, more))
}

/// Two holders of equal rank, of whom the first has twice the weight; or one after the other.
pub fn two_refusals(first_says: &str, second_says: &str) -> Terms {
    let one = first("right_of_first_refusal", "capacity", MERIDIAN, first_says);
    let other = first("right_of_first_refusal", "overflow", AURORA, second_says);
    between_three(&format!("{one}\n{other}"))
}

/// A need of 200 in two lots, changed in some way.
pub fn need(change: impl FnOnce(&mut Requirement)) -> Does {
    request_of(|need| {
        need.quantity.count = 200;
        change(need);
    })
}

pub fn need_200() -> Does {
    need(|_| {})
}

pub fn amend(change: impl FnOnce(&mut Requirement)) -> Does {
    let mut requirement = requirement();
    requirement.quantity.count = 200;
    change(&mut requirement);
    Does::Amend(Box::new(Amend { requirement, channel: Channel::Email }))
}

pub fn notify_of(bid: usize) -> Does {
    Does::Notify(Notify {
        channel: Channel::Email,
        bid: Some(bid),
        certified_by: None,
        nonce: None,
    })
}

pub fn exercise_if(condition: &str) -> Does {
    let conditions = vec![condition.to_string()];
    Does::Exercise(Exercise { conditions, ..Exercise::default() })
}

pub fn unable() -> Does {
    Does::Decline(Decline { unable: true })
}

pub fn waive_within_limits() -> Does {
    Does::Waive(Waive { unlimited: false, evidence: "letter".to_string() })
}

pub fn waive_without_evidence() -> Does {
    Does::Waive(Waive { unlimited: true, evidence: " ".to_string() })
}

pub fn request_documents() -> Does {
    Does::RequestDocuments(RequestDocuments { list: vec!["grid study".to_string()] })
}

pub fn send_documents() -> Does {
    Does::SendDocuments(SendDocuments { channel: Channel::Email })
}

pub fn counter(price: &str) -> Does {
    Does::Counter(Counter { terms: terms_at(price) })
}

pub fn present_sealed(bid: usize) -> Does {
    let certified_by = Some(Name::new(ARBITER));
    Does::Present(Present { bid, certified_by, nonce: Some(NONCE.to_string()) })
}

pub fn match_at(price: &str) -> Does {
    Does::Match(MatchOffer { terms: Some(terms_at(price)), ..MatchOffer::default() })
}

pub fn withdraw_offer(bid: usize) -> Does {
    Does::WithdrawOffer(WithdrawOffer { bid })
}

/// An offer that is contingent on financing.
pub fn contingent(supplier: &str, quantity: u64, price: &str) -> Does {
    let contingencies = vec!["financing".to_string()];
    bid_of(Bid { contingencies, ..offer(supplier, quantity, price) })
}

pub fn meet(bid: usize) -> Does {
    Does::MeetContingency(MeetContingency { bid, evidence: "loan agreement".to_string() })
}

pub fn tender(closes: Option<&str>, reveal_by: Option<&str>) -> Does {
    tender_of(closes, reveal_by, |_| {})
}

/// A tender that posts a round of improvements and a lottery.
pub fn tender_for_ties() -> Does {
    tender_of(None, None, |tender| {
        let seed = nonce(SEED).unwrap();
        tender.lottery = Some(lottery::commitment(CASE, &Name::new(LAB), &seed));
        tender.improvement = Some(Duration::hours(24));
    })
}

fn tender_of(
    closes: Option<&str>,
    reveal_by: Option<&str>,
    change: impl FnOnce(&mut Tender),
) -> Does {
    let mut tender = Tender {
        method: "levelised_price".to_string(),
        discount: "0".to_string(),
        cover: None,
        closes: closes.map(at),
        reveal_by: reveal_by.map(at),
        seed: None,
        lottery: None,
        improvement: None,
    };
    change(&mut tender);
    Does::Tender(OpenTender { tender })
}

pub fn seal_improvement(number: usize, offer: &Bid) -> Does {
    let seal = improvement_commitment(CASE, number, offer, &nonce(NONCE).unwrap());
    Does::SealImprovement(SealImprovement { number, seal, offer: None })
}

pub fn reveal_improvement(number: usize, offer: &Bid) -> Does {
    let (offer, nonce) = (offer.clone(), NONCE.to_string());
    Does::RevealImprovement(Box::new(RevealImprovement { number, offer, nonce }))
}

pub fn award_best(seed: Option<&str>) -> Does {
    Does::AwardBest(AwardBest { seed: seed.map(ToString::to_string) })
}

pub fn seal(offer: &Bid) -> Does {
    Does::Seal(SealBid { seal: commitment(CASE, offer, &nonce(NONCE).unwrap()), offer: None })
}

pub fn reveal(number: usize, offer: &Bid) -> Does {
    let (offer, nonce) = (offer.clone(), NONCE.to_string());
    Does::Reveal(Box::new(RevealBid { number, offer, nonce }))
}

pub fn extend(until: &str) -> Does {
    Does::Extend(Extend { deadline: at(until) })
}

pub fn annul() -> Does {
    Does::Annul(Annul { reason: "an error".to_string() })
}

pub fn change_terms(price: &str) -> Does {
    Does::ChangeTerms(ChangeTerms { terms: terms_at(price), certified_by: None, nonce: None })
}

pub fn default() -> Does {
    Does::Default(Defaults { reason: "no power".to_string() })
}

pub fn detect(party: &str, quantity: u64, price: &str) -> Does {
    let (party, terms, evidence) = (Name::new(party), terms_at(price), "a contract".to_string());
    Does::Detect(Box::new(Detect {
        party,
        quantity,
        terms,
        evidence,
        certified_by: None,
        nonce: None,
    }))
}

pub fn assign(to: &str, continued: bool) -> Does {
    Does::Assign(Assign { to: Name::new(to), continued, holder: None })
}

pub fn change_control() -> Does {
    Does::ChangeControl(ChangeControl { competitor: Name::new(ZEPHYR) })
}

pub fn insolvent(holder: &str) -> Does {
    Does::Insolvency(NoticeInsolvency { holder: Name::new(holder) })
}

pub fn dispute() -> Does {
    Does::Dispute(RaiseDispute { guard: Guard::InTime, grounds: "it came late".to_string() })
}

pub fn stay() -> Does {
    Does::Stay(Stay { reason: "to hear both".to_string() })
}

pub fn rule(state: State) -> Does {
    Does::Rule(Box::new(Rule { state, reasons: "as agreed".to_string() }))
}

pub fn some(lot: usize, quantity: u64) -> Does {
    Does::Deliver(Deliver { lot, quantity: Some(quantity) })
}

pub fn shortfall(lot: usize) -> Does {
    Does::DeclareShortfall(DeclareShortfall { lot })
}

pub fn recover(lot: usize) -> Does {
    Does::Recover(Recover { lot, due: date(2026, 3, 2) })
}

pub fn slip(lot: usize) -> Does {
    Does::Slip(Slip { lot, due: date(2025, 9, 22) })
}

pub fn excuse(lot: usize, days: u32) -> Does {
    let reason = "no permit".to_string();
    Does::Excuse(Excuse { lot, days, force_majeure: true, reason })
}

/// A reason to stand still.
pub const STAY: PauseReason = PauseReason::Stay;

/// As [`amend`], of the need of 1,000.
pub fn amend_from_1000(change: impl FnOnce(&mut Requirement)) -> Does {
    let mut requirement = requirement();
    change(&mut requirement);
    Does::Amend(Box::new(Amend { requirement, channel: Channel::Email }))
}
