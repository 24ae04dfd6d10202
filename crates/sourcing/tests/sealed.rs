//! Sealed tenders: nobody looks before all are revealed, and what is not revealed in time is gone.
//! Times are those of Los Angeles. A row is a line, so rustfmt leaves the traces alone.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use sourcing::command::award::AwardBest;
use sourcing::command::seal::{RevealBid, SealBid, commitment, nonce};
use sourcing::command::{tender::OpenTender, withdraw_offer::WithdrawOffer};
use sourcing::{Bid, Does, Tender};
use terms::Terms;

use Does::Tick;

const BOREALIS_NONCE: &str = "0b0e0a1150b0e0a1150b0e0a1150b0e0a1150b0e0a1150b0e0a1150b0e0a1150";
const ZEPHYR_NONCE: &str = "2e9f12e9f12e9f12e9f12e9f12e9f12e9f12e9f12e9f12e9f12e9f12e9f12e9f";

fn tender() -> Does {
    let tender = Tender {
        method: "levelised_price".to_string(),
        discount: "0".to_string(),
        cover: None,
        closes: Some(at("2025-03-14 17:00")),
        reveal_by: Some(at("2025-03-17 17:00")),
        seed: None,
        lottery: None,
        improvement: None,
    };
    Does::Tender(OpenTender { tender })
}

fn seal(offer: &Bid, digits: &str) -> Does {
    Does::Seal(SealBid { seal: commitment(CASE, offer, &nonce(digits).unwrap()), offer: None })
}

/// Sealed where the offer itself is at hand.
fn seal_at_hand(offer: &Bid) -> Does {
    let Does::Seal(sealed) = seal(offer, BOREALIS_NONCE) else { unreachable!() };
    Does::Seal(SealBid { offer: Some(Box::new(offer.clone())), ..sealed })
}

fn reveal(number: usize, offer: &Bid, nonce: &str) -> Does {
    let (offer, nonce) = (offer.clone(), nonce.to_string());
    Does::Reveal(Box::new(RevealBid { number, offer, nonce }))
}

/// Two sealed offers.
#[rustfmt::skip]
fn sealed(terms: &Terms) -> (Play, Bid, Bid) {
    let (first, second) = (offer(BOREALIS, 1000, "2.40"), offer(ZEPHYR, 1000, "2.30"));
    let play = play(terms, vec![
        ("2025-01-21 18:00", LAB, request(), "requested, screened => 1000 DRAFT"),
        ("2025-01-21 18:05", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00"),
        ("2025-03-10 10:00", LAB, tender(), "round-opened, lapsed, released, tendered => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-10 10:01", BOREALIS, bid(BOREALIS, 1000, "2.40"), "refused: only sealed offers are taken"),
        ("2025-03-10 10:01", BOREALIS, Does::Seal(SealBid { seal: "2.40".to_string(), offer: None }), "refused: `2.40` is not a seal"),
        ("2025-03-10 10:01", BOREALIS, seal_at_hand(&offer(BOREALIS, 1001, "2.40")), "refused: 1001 is not part of the 1000 that are needed"),
        ("2025-03-10 10:01", BOREALIS, seal_at_hand(&offer(BOREALIS, 1000, "2.4000001")), "refused: a price is 2.4000001; round it to 6 decimal places"),
        ("2025-03-10 10:01", LAB, seal(&first, BOREALIS_NONCE), "refused: `lab` makes no offers for its own need"),
        ("2025-03-10 10:01", BOREALIS, seal(&first, BOREALIS_NONCE), "bid-sealed => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-10 10:02", LAB, tender(), "refused: there are offers already, made on what was posted before them"),
        ("2025-03-14 17:00", ZEPHYR, seal(&second, ZEPHYR_NONCE), "bid-sealed => 1000 FREE at 2.40 to 2025-06-05 17:00"),
    ]);
    (play, first, second)
}

#[test]
#[rustfmt::skip]
fn sealed_offers_are_chosen_among_once_all_are_revealed() {
    let terms = agreement(&first_refusal(""));
    let (play, first, second) = sealed(&terms);
    let free = "1000 FREE at 2.40 to 2025-06-05 17:00";
    let revealed: &'static str = format!("bid-revealed => {free}").leak();
    let cheaper = Bid { terms: terms_at("2.20"), ..first.clone() };
    let waits = "refused: offers are sealed, and may be revealed until 2025-03-18T00:00:00Z";
    let play = go_on(&terms, play, vec![
        ("2025-03-14 17:00", BOREALIS, reveal(1, &first, BOREALIS_NONCE), "refused: others may still seal offers until 2025-03-15T00:00:00Z"),
        ("2025-03-14 17:01", ZEPHYR, seal(&second, ZEPHYR_NONCE), "refused: offers were taken until 2025-03-15T00:00:00Z"),
        ("2025-03-14 17:01", LAB, award(1), waits),
        ("2025-03-14 17:01", ZEPHYR, reveal(1, &first, BOREALIS_NONCE), "refused: only `borealis`, whose offer it is, may do this, not `zephyr`"),
        ("2025-03-14 17:01", BOREALIS, reveal(1, &cheaper, BOREALIS_NONCE), "refused: this is not what offer 1 was sealed of"),
        ("2025-03-14 17:01", BOREALIS, reveal(1, &first, ZEPHYR_NONCE), "refused: this is not what offer 1 was sealed of"),
        ("2025-03-14 17:01", BOREALIS, reveal(1, &first, "no nonce"), "refused: this is not what offer 1 was sealed of"),
        ("2025-03-14 17:01", BOREALIS, reveal(1, &first, BOREALIS_NONCE), revealed),
        ("2025-03-14 17:02", BOREALIS, reveal(1, &first, BOREALIS_NONCE), "refused: offer 1 is not sealed"),
        // Zephyr's is still sealed.
        ("2025-03-14 17:02", LAB, award(1), waits),
        ("2025-03-14 17:02", LAB, present(1), waits),
        ("2025-03-14 17:02", LAB, Does::AwardBest(AwardBest::default()), "refused: offers are still sealed"),
    ]);
    assert!(sourcing::best(&terms, play.case().unwrap(), 0, at("2025-03-14 17:02")).is_err());
    let both = go_on(&terms, play.clone(), vec![
        ("2025-03-17 17:00", ZEPHYR, reveal(2, &second, ZEPHYR_NONCE), revealed),
    ]);
    // They were received when they were sealed.
    assert_eq!(both.case().unwrap().bids[1].received, at("2025-03-14 17:00"));
    go_on(&terms, both, vec![
        ("2025-03-17 17:00", LAB, Does::AwardBest(AwardBest::default()), "third-signed, lot-scheduled => 1000 THIRD_SIGNED zephyr at 2.30"),
    ]);
    let late: &'static str = format!("bid-gone => {free}").leak();
    let gone = go_on(&terms, play, vec![
        ("2025-03-17 17:00:01", "clock", Tick, late),
        ("2025-03-17 17:00:01", ZEPHYR, reveal(2, &second, ZEPHYR_NONCE), "refused: offer 2 is not sealed"),
        ("2025-03-17 17:00:01", LAB, award(2), "refused: offer 2 is withdrawn or out of the running"),
    ]);
    go_on(&terms, gone, vec![
        ("2025-03-17 17:00:01", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
    ]);
}

/// A supplier may take a sealed offer back; then nobody waits for it.
#[test]
#[rustfmt::skip]
fn a_sealed_offer_may_be_withdrawn() {
    let terms = agreement(&first_refusal(""));
    let (play, first, _) = sealed(&terms);
    go_on(&terms, play, vec![
        ("2025-03-14 17:01", BOREALIS, reveal(1, &first, BOREALIS_NONCE), "bid-revealed => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-14 17:01", ZEPHYR, Does::WithdrawOffer(WithdrawOffer { bid: 2 }), "bid-gone => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-14 17:01", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
    ]);
}

/// A seal hides its offer and binds to it, to its supplier and to the case.
#[test]
fn a_seal_is_of_one_offer_of_one_supplier_in_one_case() {
    let nonce = |digits| nonce(digits).unwrap();
    let bid = offer(BOREALIS, 1000, "2.40");
    let seal = commitment(CASE, &bid, &nonce(BOREALIS_NONCE));
    assert_eq!(seal, commitment(CASE, &bid, &nonce(BOREALIS_NONCE)));
    assert_eq!(seal.len(), 43);
    let others = [
        commitment("other", &bid, &nonce(BOREALIS_NONCE)),
        commitment(CASE, &bid, &nonce(ZEPHYR_NONCE)),
        commitment(CASE, &offer(ZEPHYR, 1000, "2.40"), &nonce(BOREALIS_NONCE)),
        commitment(CASE, &offer(BOREALIS, 999, "2.40"), &nonce(BOREALIS_NONCE)),
        commitment(CASE, &offer(BOREALIS, 1000, "2.41"), &nonce(BOREALIS_NONCE)),
    ];
    assert!(others.iter().all(|other| *other != seal));
}
