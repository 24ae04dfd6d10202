//! Whose turn it is: who may do what now, found by asking whether it would be refused.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sourcing::command::{
    award::Award, bid::MakeBid, consent::Consent, contingency::MeetContingency, counter::Counter,
    decline::Decline, deliver::Deliver, documents, exercise::Exercise,
    improvement::SealImprovement, match_offer::MatchOffer, notify::Notify, present::Present,
    recover::Recover, rule::Rule, seal::commitment, shortfall::DeclareShortfall, stay::Stay,
    waive::Waive, withdraw_offer::WithdrawOffer,
};
use sourcing::offer::{BidStatus, Evidence};
use sourcing::{Bid, Book, Case, Channel, Does, Lot, State};
use terms::{Name, Terms};

/// Those who have no part in a case yet.
pub const ANYBODY: &str = "anybody";

/// A party and what it may do now.
#[derive(Debug, Serialize)]
pub struct Turn {
    /// Who; [`ANYBODY`] for those who have no part in the case yet.
    pub party: String,
    /// What, as it is typed.
    pub may: Vec<String>,
}

/// Who may do what about a part now. What can always be done (changing the need, a dispute, a notice
/// of insolvency) is left out.
pub fn turns(terms: &Terms, book: &Book, name: &str, part: usize, now: Timestamp) -> Vec<Turn> {
    let Some(case) = book.case(name) else { return Vec::new() };
    let may = |party: &Name| may(terms, book, name, part, now, party);
    let involved = involved(terms, case);
    let mut turns: Vec<_> =
        involved.iter().map(|party| Turn { party: party.to_string(), may: may(party) }).collect();
    // Whoever has no part in it yet can only make an offer.
    let stranger = terms.registry.parties.keys().find(|party| !involved.contains(*party));
    turns.extend(stranger.map(|party| Turn { party: ANYBODY.to_string(), may: may(party) }));
    turns.retain(|turn| !turn.may.is_empty());
    turns
}

/// What one party may do about a part now, as [`turns`] has it of all.
pub fn may(
    terms: &Terms,
    book: &Book,
    name: &str,
    part: usize,
    now: Timestamp,
    party: &Name,
) -> Vec<String> {
    let Some(case) = book.case(name) else { return Vec::new() };
    let allowed = candidates(case, part, party, now).into_iter().filter(|(_, does)| {
        let command = sourcing::Command {
            id: None,
            by: party.clone(),
            part: Some(part + 1),
            does: does.clone(),
        };
        sourcing::decide(terms, book, name, &command, now.max(case.latest)).is_ok()
    });
    allowed.map(|(words, _)| words).collect()
}

/// The parties that have a part in a case, the grantor first.
pub fn involved(terms: &Terms, case: &Case) -> Vec<Name> {
    let agreement = terms.agreements().find(|agreement| agreement.name == case.agreement);
    let decides = agreement.and_then(|agreement| agreement.decision_maker.as_ref());
    let signed = case.parts.iter().filter_map(|part| match &part.state {
        State::Committed { signed, .. } | State::ThirdSigned { signed, .. } => Some(&signed.party),
        _ => None,
    });
    let all = [&case.requirement.grantor]
        .into_iter()
        .chain(case.restriction.holders())
        .chain(signed)
        .chain(case.lots.iter().map(|lot| &lot.supplier))
        .chain(case.bids.iter().map(|bid| &bid.supplier))
        .chain(decides);
    let mut seen = BTreeSet::new();
    all.filter(|party| seen.insert((*party).clone())).cloned().collect()
}

/// What a party might try, with the words to type.
fn candidates(case: &Case, part: usize, party: &Name, now: Timestamp) -> Vec<(String, Does)> {
    let evidence = || "shown".to_string();
    let one = |words: &str, does: Does| (words.to_string(), does);
    let mut all = vec![
        one(
            "notify",
            Does::Notify(Notify {
                channel: Channel::Email,
                bid: None,
                certified_by: None,
                nonce: None,
            }),
        ),
        one("notify-bridge", Does::NotifyBridge),
        one("exercise", Does::Exercise(Exercise::default())),
        one("decline", Does::Decline(Decline::default())),
        one("match", Does::Match(MatchOffer::default())),
        one("consent", Does::Consent(Consent { tacit: false, evidence: evidence() })),
        one("waive", Does::Waive(Waive { unlimited: false, evidence: evidence() })),
        one("interest", Does::Interest),
        one("counter", Does::Counter(Counter { terms: case.requirement.terms() })),
        one("agree", Does::Agree),
        one("bid", Does::Bid(Box::new(MakeBid { bid: offer(case, part, party) }))),
        one("improvement", Does::AskImprovement),
        one("sign", Does::Sign),
        one("assurance ask", Does::AskAssurance),
        one("assurance give", Does::Assume),
        one("control blind", Does::DealBlind),
        one("control suspend", Does::SuspendForControl),
        one("withdraw", Does::Withdraw),
        one("resume", Does::Resume),
        one("stay", Does::Stay(Stay { reason: evidence() })),
        one("rule", Does::Rule(Box::new(Rule { state: State::Draft, reasons: evidence() }))),
        one(
            "documents request",
            Does::RequestDocuments(documents::RequestDocuments { list: vec![evidence()] }),
        ),
        one(
            "documents send",
            Does::SendDocuments(documents::SendDocuments { channel: Channel::Email }),
        ),
    ];
    for (at, bid) in case.bids.iter().enumerate() {
        all.extend(about_offer(at + 1, &bid.status));
    }
    for number in case.improvements.keys().map(|at| at + 1) {
        // Whatever it is of: whether one would be taken is asked.
        let seal = commitment(party.as_str(), &offer(case, part, party), &[0; 32]);
        let does = Does::SealImprovement(SealImprovement { number, seal, offer: None });
        all.push((format!("bid --improves {number}"), does));
    }
    for (at, lot) in case.lots.iter().enumerate().filter(|(_, lot)| lot.part == part) {
        all.extend(about_lot(at + 1, lot, case.latest.max(now)));
    }
    all
}

/// What there is to be done about an offer, by its number.
fn about_offer(bid: usize, status: &BidStatus) -> Vec<(String, Does)> {
    let evidence = || "shown".to_string();
    match status {
        BidStatus::Standing => vec![
            (
                format!("notify --bid {bid}"),
                Does::Notify(Notify {
                    channel: Channel::Email,
                    bid: Some(bid),
                    certified_by: None,
                    nonce: None,
                }),
            ),
            (
                format!("present --bid {bid}"),
                Does::Present(Present { bid, certified_by: None, nonce: Some("00".repeat(32)) }),
            ),
            (format!("award --bid {bid}"), Does::Award(Award { bid, quantity: None })),
            (format!("withdraw-offer --bid {bid}"), Does::WithdrawOffer(WithdrawOffer { bid })),
        ],
        BidStatus::Contingent { .. } => vec![(
            format!("contingency --bid {bid}"),
            Does::MeetContingency(MeetContingency { bid, evidence: evidence() }),
        )],
        _ => Vec::new(),
    }
}

/// What there is to be done about a lot, by its number.
fn about_lot(number: usize, of: &Lot, now: Timestamp) -> Vec<(String, Does)> {
    let lot = number;
    // A week from now will do to ask whether it may say so at all.
    let due = (now + SignedDuration::from_hours(7 * 24)).to_zoned(TimeZone::UTC).date();
    let open = of.is_open();
    let recover = (format!("recover --lot {lot}"), Does::Recover(Recover { lot, due }));
    let deliver = (format!("deliver --lot {lot}"), Does::Deliver(Deliver { lot, quantity: None }));
    let short =
        (format!("shortfall --lot {lot}"), Does::DeclareShortfall(DeclareShortfall { lot }));
    if open { vec![deliver, short] } else { vec![recover] }
}

/// An offer as good as the need itself, to ask whether one would be taken.
fn offer(case: &Case, part: usize, supplier: &Name) -> Bid {
    Bid {
        supplier: supplier.clone(),
        quantity: case.parts.get(part).map_or(case.requirement.lot, |part| part.quantity),
        minimum: None,
        terms: case.requirement.terms(),
        valid_until: None,
        evidence: Evidence::default(),
        contingencies: Vec::new(),
        status: BidStatus::Standing,
        received: Timestamp::default(),
    }
}
