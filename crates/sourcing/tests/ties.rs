//! Equal offers: the sealed round of improvements, and the lottery. Source: domain rules §3.4. Times are
//! those of Los Angeles. A row is a line, so rustfmt leaves the traces alone.

#![allow(clippy::unwrap_used)]

mod common;
#[allow(dead_code, reason = "each test file uses its own part")]
#[path = "worlds/deeds.rs"]
mod deeds;

use deeds::*;
use sourcing::audience::{seen_with, view};
use sourcing::command::improvement::SealImprovement;
use sourcing::command::tender::OpenTender;
use sourcing::offer::{Evidence, Guarded};
use sourcing::{Bid, Case, Does, Event, Tender, contests, lottery, timer};
use terms::{Duration, Name, Terms};

use Does::{AskImprovement, Tick};

const FREE: &str = "1000 FREE at 2.40 to 2025-06-05 17:00";
const EQUAL: &str = "refused: offers 1 and 2 are equal, and the lottery decides";
const WAITS: &str = "refused: equal offers may be improved, sealed, until 2025-03-11T17:03:00Z, and revealed until 2025-03-12T17:03:00Z";

fn with(events: &str) -> &'static str {
    format!("{events} => {FREE}").leak()
}

fn signed(events: &str, supplier: &str, price: &str) -> &'static str {
    format!("{events}third-signed, lot-scheduled => 1000 THIRD_SIGNED {supplier} at {price}").leak()
}

/// A tender that posts what is changed of one that posts neither a round nor a lottery.
fn tender(change: impl FnOnce(&mut Tender)) -> Does {
    let Does::Tender(OpenTender { mut tender }) = deeds::tender(None, None) else { panic!() };
    change(&mut tender);
    Does::Tender(OpenTender { tender })
}

fn commitment(seed: &str) -> Option<String> {
    let seed = sourcing::command::seal::nonce(seed).unwrap();
    Some(lottery::commitment(CASE, &Name::new(LAB), &seed))
}

/// An improvement sealed where it is at hand itself.
fn seal_at_hand(number: usize, offer: &Bid) -> Does {
    let Does::SealImprovement(sealed) = seal_improvement(number, offer) else { unreachable!() };
    Does::SealImprovement(SealImprovement { offer: Some(Box::new(offer.clone())), ..sealed })
}

/// What two suppliers offer equally on a tender; the second as long after the first as is as early.
#[rustfmt::skip]
fn tied_on(terms: &Terms, tender: Does) -> Play {
    go_on(terms, lapsed(terms), vec![
        ("2025-03-10 09:00", LAB, tender, with("tendered")),
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 1000, "2.30"), with("bid-received")),
        ("2025-03-10 10:02", ZEPHYR, bid(ZEPHYR, 1000, "2.30"), with("bid-received")),
        ("2025-03-10 10:02", AURORA, bid(AURORA, 1000, "2.35"), with("bid-received")),
    ])
}

/// The same, asked to improve on Monday morning.
#[rustfmt::skip]
fn asked(terms: &Terms) -> Play {
    go_on(terms, tied_on(terms, tender_for_ties()), vec![
        ("2025-03-10 10:02", LAB, award_best(Some(SEED)), "refused: offers 1 and 2 are equal, and may be improved first"),
        ("2025-03-10 10:02", ZEPHYR, AskImprovement, "refused: only `lab`, whose case it is, may do this, not `zephyr`"),
        ("2025-03-10 10:03", LAB, AskImprovement, with("improvement-asked, improvement-asked")),
    ])
}

/// The one improvement, the one that is worse, and the award.
#[test]
#[rustfmt::skip]
fn equal_offers_are_improved_sealed_and_only_improvements_count() {
    let terms = agreement(&first_refusal(""));
    let better = offer(BOREALIS, 1000, "2.28");
    let worse = offer(ZEPHYR, 1000, "2.30");
    let play = go_on(&terms, asked(&terms), vec![
        ("2025-03-10 10:04", LAB, AskImprovement, WAITS),
        ("2025-03-10 10:04", LAB, award_best(Some(SEED)), WAITS),
        ("2025-03-10 10:04", LAB, award(3), WAITS),
        ("2025-03-10 10:04", LAB, present(1), WAITS),
        // Offer 3 is not equal; nobody improves what is another's.
        ("2025-03-10 10:04", AURORA, seal_improvement(3, &better), "refused: nobody was asked to improve offer 3"),
        ("2025-03-10 10:04", ZEPHYR, seal_improvement(1, &better), "refused: only `borealis`, whose offer it is, may do this, not `zephyr`"),
        ("2025-03-10 10:04", BOREALIS, Does::SealImprovement(SealImprovement { number: 1, seal: "2.28".into(), offer: None }), "refused: `2.28` is not a seal"),
        ("2025-03-10 10:04", BOREALIS, reveal_improvement(1, &better), "refused: no improvement of offer 1 is sealed"),
        ("2025-03-10 10:05", BOREALIS, seal_improvement(1, &offer(BOREALIS, 1000, "2.29")), with("improvement-sealed")),
        // The last one counts; the last instant is in time.
        ("2025-03-11 10:03", BOREALIS, seal_improvement(1, &better), with("improvement-sealed")),
        // Where the offer is at hand it is refused at once; a seal alone says nothing of what it is of.
        ("2025-03-11 10:03", ZEPHYR, seal_at_hand(2, &worse), "refused: it is no better for the grantor than offer 2"),
        ("2025-03-11 10:03", ZEPHYR, seal_improvement(2, &worse), with("improvement-sealed")),
        ("2025-03-11 10:03", BOREALIS, reveal_improvement(1, &better), "refused: others may still seal improvements until 2025-03-11T17:03:00Z"),
        ("2025-03-11 10:03:01", ZEPHYR, seal_improvement(2, &worse), "refused: improvements were taken until 2025-03-11T17:03:00Z"),
        ("2025-03-11 10:03:01", BOREALIS, reveal_improvement(1, &offer(BOREALIS, 1000, "2.29")), "refused: this is not what the improvement of offer 1 was sealed of"),
        ("2025-03-11 10:03:01", BOREALIS, reveal_improvement(1, &better), with("improvement-revealed")),
        ("2025-03-11 10:03:01", ZEPHYR, reveal_improvement(2, &worse), "refused: it is no better for the grantor than offer 2"),
        // Zephyr's is still sealed.
        ("2025-03-12 10:03", LAB, award_best(Some(SEED)), WAITS),
    ]);
    go_on(&terms, play, vec![
        ("2025-03-12 10:03:01", ZEPHYR, reveal_improvement(2, &worse), "refused: no improvement of offer 2 is sealed"),
        ("2025-03-12 10:03:01", "clock", Tick, with("improvement-forgone")),
        ("2025-03-12 10:03:01", LAB, AskImprovement, "refused: the offers next to be awarded are not equal, or were asked about before"),
        // Nothing is drawn, so no seed is revealed.
        ("2025-03-12 10:03:01", LAB, award_best(Some(SEED)), signed("", BOREALIS, "2.28")),
    ]);
}

/// An improvement is the offer at less money: nothing else of it changes.
#[test]
#[rustfmt::skip]
fn an_improvement_changes_what_is_paid_alone() {
    let terms = agreement(&first_refusal(""));
    let cheaper = || offer(BOREALIS, 1000, "2.28");
    let changed: [fn(&mut Bid); 6] = [
        |bid| bid.quantity = 900,
        |bid| bid.minimum = Some(100),
        |bid| bid.terms.months = 24,
        |bid| { bid.terms.guarded.insert(Guarded::Prepayment, "50%".to_string()); },
        |bid| bid.contingencies.push("financing".to_string()),
        |bid| bid.evidence = Evidence { signed: false, ..Evidence::default() },
    ];
    for change in changed {
        let mut bid = cheaper();
        change(&mut bid);
        go_on(&terms, asked(&terms), vec![
            ("2025-03-10 10:05", BOREALIS, seal_improvement(1, &bid), with("improvement-sealed")),
            ("2025-03-11 10:04", BOREALIS, reveal_improvement(1, &bid), "refused: it changes more of offer 1 than what is paid for it"),
        ]);
    }
    // The price may rise where less is paid at the start.
    let mut up_front = offer(BOREALIS, 1000, "2.20");
    up_front.terms.up_front = Some(usd("1000"));
    go_on(&terms, asked(&terms), vec![
        ("2025-03-10 10:05", BOREALIS, seal_improvement(1, &up_front), with("improvement-sealed")),
        ("2025-03-11 10:04", BOREALIS, reveal_improvement(1, &up_front), with("improvement-revealed")),
    ]);
}

/// Nobody improves, or all do alike: the next tie-break decides, and here that is the lottery.
#[test]
#[rustfmt::skip]
fn what_is_still_equal_goes_to_the_lottery() {
    let terms = agreement(&first_refusal(""));
    let over = "2025-03-11 10:03:01";
    let nobody = asked(&terms);
    let (one, other) = (offer(BOREALIS, 1000, "2.28"), offer(ZEPHYR, 1000, "2.28"));
    let alike = go_on(&terms, nobody.clone(), vec![
        ("2025-03-10 10:05", BOREALIS, seal_improvement(1, &one), with("improvement-sealed")),
        ("2025-03-10 10:05", ZEPHYR, seal_improvement(2, &other), with("improvement-sealed")),
        (over, BOREALIS, reveal_improvement(1, &one), with("improvement-revealed")),
        (over, ZEPHYR, reveal_improvement(2, &other), with("improvement-revealed")),
    ]);
    let mut winners = Vec::new();
    for (play, price) in [(nobody, "2.30"), (alike, "2.28")] {
        let mut play = go_on(&terms, play, vec![
            (over, LAB, AskImprovement, "refused: the offers next to be awarded are not equal, or were asked about before"),
            (over, LAB, award_best(None), EQUAL),
            (over, LAB, award_best(Some(NONCE)), "refused: this is not the seed that was committed to"),
            (over, LAB, award_best(Some("no seed")), "refused: this is not the seed that was committed to"),
        ]);
        let happened = play.act(&terms, at(over), LAB, award_best(Some(SEED))).unwrap();
        assert_eq!(names(&happened), "seed-revealed, third-signed, lot-scheduled");
        assert_eq!(happened[0].event, Event::SeedRevealed { seed: SEED.to_string() });
        let Event::ThirdSigned { signed, .. } = &happened[1].event else { panic!() };
        assert_eq!(signed.terms.price, usd(price));
        winners.push(signed.bid.unwrap());
        assert_eq!(signed.bid, Some(lowest_ticket(play.case().unwrap(), &[0, 1])));
    }
    // Improvements change no ticket.
    assert_eq!(winners[0], winners[1]);
}

/// The ticket as the documentation has it.
fn lowest_ticket(case: &Case, bids: &[usize]) -> usize {
    let seed = sourcing::command::seal::nonce(SEED).unwrap();
    let ticket = |at: &usize| {
        let bid = &case.bids[*at];
        let mut ticket = blake3::Hasher::new_keyed(&seed);
        ticket.update(bid.supplier.as_str().as_bytes()).update(&[0]);
        ticket.update(&u32::try_from(at + 1).unwrap().to_le_bytes());
        ticket.update(&bid.received.as_nanosecond().to_le_bytes());
        ticket.update(case.seals.get(at).map(String::as_bytes).unwrap_or_default());
        *ticket.finalize().as_bytes()
    };
    *bids.iter().min_by_key(|at| ticket(at)).unwrap()
}

/// For one seed, whoever bids when decides who is drawn: the grantor could not know it beforehand.
#[test]
#[rustfmt::skip]
fn the_draw_depends_on_what_the_grantor_could_not_know() {
    let terms = agreement(&first_refusal(""));
    let mut won = [0, 0];
    for second in 0..32 {
        let when: &'static str = format!("2025-03-10 10:00:{second:02}").leak();
        let post = tender(|tender| tender.lottery = commitment(SEED));
        let mut play = go_on(&terms, lapsed(&terms), vec![
            ("2025-03-10 09:00", LAB, post, with("tendered")),
            ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 1000, "2.30"), with("bid-received")),
            (when, ZEPHYR, bid(ZEPHYR, 1000, "2.30"), with("bid-received")),
        ]);
        let happened = play.act(&terms, at("2025-03-10 11:00"), LAB, award_best(Some(SEED))).unwrap();
        let Event::ThirdSigned { signed, .. } = &happened[1].event else { panic!() };
        won[signed.bid.unwrap()] += 1;
    }
    assert!(won.iter().all(|won| *won >= 4), "{won:?}");
}

/// A ticket of a sealed offer is made of its seal too.
#[test]
#[rustfmt::skip]
fn sealed_offers_are_drawn_by_their_seals() {
    let terms = agreement(&first_refusal(""));
    let post = tender(|tender| {
        tender.lottery = commitment(SEED);
        tender.closes = Some(at("2025-03-14 17:00"));
        tender.reveal_by = Some(at("2025-03-17 17:00"));
    });
    let (first, second) = (offer(BOREALIS, 1000, "2.30"), offer(ZEPHYR, 1000, "2.30"));
    let mut play = go_on(&terms, lapsed(&terms), vec![
        ("2025-03-10 09:00", LAB, post, with("tendered")),
        ("2025-03-10 10:00", BOREALIS, seal(&first), with("bid-sealed")),
        ("2025-03-10 10:00", ZEPHYR, seal(&second), with("bid-sealed")),
        ("2025-03-14 17:01", BOREALIS, reveal(1, &first), with("bid-revealed")),
        ("2025-03-14 17:01", ZEPHYR, reveal(2, &second), with("bid-revealed")),
    ]);
    let happened = play.act(&terms, at("2025-03-14 17:02"), LAB, award_best(Some(SEED))).unwrap();
    let Event::ThirdSigned { signed, .. } = &happened[1].event else { panic!() };
    let case = play.case().unwrap();
    assert_eq!(case.seals.len(), 2);
    assert_eq!(signed.bid, Some(lowest_ticket(case, &[0, 1])));
}

/// What was posted openly, as of old, is read and compared by; but it is not drawn from any more.
#[test]
#[rustfmt::skip]
fn no_lottery_is_held_whose_outcome_could_be_known() {
    let terms = agreement(&first_refusal(""));
    let open = |seed| tender(move |tender| tender.seed = seed);
    let none = "refused: offers 1 and 2 are equal, and the lottery decides; no seed was committed to before they were made";
    let lapsed = lapsed(&terms);
    go_on(&terms, lapsed.clone(), vec![
        ("2025-03-10 09:00", LAB, open(Some(7)), "refused: with a seed that is posted openly everybody knows who would win the lottery"),
        ("2025-03-10 09:00", LAB, tender(|tender| tender.lottery = Some("7".into())), "refused: this is not a commitment to a seed"),
        ("2025-03-10 09:00", LAB, tender(|tender| tender.improvement = Some(Duration::hours(0))), "refused: nobody can improve an offer in no time"),
    ]);
    let play = go_on(&terms, tied_on(&terms, open(None)), vec![
        ("2025-03-10 11:00", LAB, AskImprovement, "refused: no round of improvements was posted before the offers"),
        ("2025-03-10 11:00", LAB, award_best(None), none),
        ("2025-03-10 11:00", LAB, award_best(Some(SEED)), none),
    ]);
    // A journal of old.
    let mut old = sourcing::Book::default();
    for dated in &play.journal {
        let mut written = serde_json::to_value(dated).unwrap();
        if dated.event.name() == "tendered" {
            written["event"]["tender"]["seed"] = 7.into();
        }
        old.apply(CASE, &serde_json::from_value(written).unwrap());
    }
    let case = old.case(CASE).unwrap();
    assert_eq!(case.tender.as_ref().unwrap().seed, Some(7));
    let old = Play { book: old, ..play };
    let shown = contests(&terms, &old.book, CASE, at("2025-03-10 11:00")).unwrap();
    assert_eq!(shown[0].comparison.lotteries, [vec![1, 2]]);
    go_on(&terms, old, vec![
        ("2025-03-10 11:00", LAB, award_best(None), none),
        ("2025-03-10 11:00", LAB, award(2), signed("", ZEPHYR, "2.30")),
    ]);
}

/// Once the seed is known, what is offered later is not drawn with it.
#[test]
#[rustfmt::skip]
fn offers_made_after_the_seed_is_known_are_not_drawn() {
    let terms = agreement(&first_refusal("partial_exercise = any_quantity"));
    let post = tender(|tender| tender.lottery = commitment(SEED));
    let mut play = go_on(&terms, lapsed(&terms), vec![
        ("2025-03-10 09:00", LAB, post, with("tendered")),
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 600, "2.30"), with("bid-received")),
        ("2025-03-10 10:00", ZEPHYR, bid(ZEPHYR, 600, "2.30"), with("bid-received")),
    ]);
    play.act(&terms, at("2025-03-10 11:00"), LAB, award_best(Some(SEED))).unwrap();
    for (by, when) in [(BOREALIS, "2025-03-10 11:01"), (ZEPHYR, "2025-03-10 11:01")] {
        play.act(&terms, at(when), by, bid(by, 400, "2.30")).unwrap();
    }
    let refused = play.act(&terms, at("2025-03-10 11:02"), LAB, award_best(Some(SEED))).unwrap_err();
    assert_eq!(refused.to_string(), "offers 3 and 4 are equal, and the lottery decides; one of them was made when its seed was known");
}

/// Each is asked once: who comes later and is as good begins no second round.
#[test]
#[rustfmt::skip]
fn an_offer_is_asked_about_once() {
    let terms = agreement(&first_refusal(""));
    go_on(&terms, asked(&terms), vec![
        ("2025-03-10 10:04", AURORA, bid(AURORA, 1000, "2.30"), with("bid-received")),
        ("2025-03-11 10:03:01", LAB, AskImprovement, "refused: the offers next to be awarded are not equal, or were asked about before"),
        ("2025-03-11 10:03:01", LAB, award_best(None), "refused: offers 1 and 2 and 4 are equal, and the lottery decides"),
    ]);
}

/// A round asked for in the evening begins the next morning; a withdrawn offer holds up nobody.
#[test]
#[rustfmt::skip]
fn the_time_runs_from_receipt_and_waits_for_nobody_who_left() {
    let terms = agreement(&first_refusal(""));
    let play = go_on(&terms, tied_on(&terms, tender_for_ties()), vec![
        ("2025-03-14 18:00", LAB, AskImprovement, with("improvement-asked, improvement-asked")),
    ]);
    let closes = play.case().unwrap().improvements[&0].closes;
    assert_eq!(local(closes), "2025-03-18 09:00");
    let sealed = offer(BOREALIS, 1000, "2.28");
    let play = go_on(&terms, play, vec![
        ("2025-03-14 18:01", BOREALIS, seal_improvement(1, &sealed), with("improvement-sealed")),
        ("2025-03-18 09:01", LAB, award_best(None), "refused: equal offers may be improved, sealed, until 2025-03-18T16:00:00Z, and revealed until 2025-03-19T16:00:00Z"),
        ("2025-03-18 09:01", BOREALIS, withdraw_offer(1), with("bid-gone")),
        ("2025-03-18 09:01", LAB, award_best(None), signed("", ZEPHYR, "2.30")),
    ]);
    let improves = |(_, timer)| matches!(timer, timer::Timer::Improvement(_));
    assert!(!timer::timers(play.case().unwrap()).any(improves));
}

/// Those who are asked learn nothing of each other, and the grantor of no improvement before all are
/// opened.
#[test]
#[rustfmt::skip]
fn nobody_sees_an_improvement_before_all_are_opened() {
    let terms = agreement(&first_refusal(""));
    let (one, other) = (offer(BOREALIS, 1000, "2.2837"), offer(ZEPHYR, 1000, "2.2931"));
    let play = go_on(&terms, asked(&terms), vec![
        ("2025-03-10 10:05", BOREALIS, seal_improvement(1, &one), with("improvement-sealed")),
        ("2025-03-10 10:06", ZEPHYR, seal_improvement(2, &other), with("improvement-sealed")),
        ("2025-03-11 10:04", BOREALIS, reveal_improvement(1, &one), with("improvement-revealed")),
    ]);
    let seen = |play: &Play, when: &str, party: &str| {
        let seen = view(&terms, &play.journal, &Name::new(party), at(when));
        let names: Vec<_> = seen.iter().map(|dated| dated.event.name()).filter(|name| name.starts_with("improvement")).collect();
        let told = serde_json::to_string(&seen).unwrap();
        (names.join(" "), told.contains("2.2837"), told.contains("2.2931"))
    };
    let own = "improvement-asked improvement-sealed";
    let expected = |names: &str, one, other| (names.to_string(), one, other);
    let all_asked = "improvement-asked improvement-asked improvement-sealed improvement-sealed";
    let when = "2025-03-11 10:05";
    assert_eq!(seen(&play, when, LAB), expected(all_asked, false, false));
    assert_eq!(seen(&play, when, ARBITER), expected(all_asked, false, false));
    assert_eq!(seen(&play, when, BOREALIS), expected("improvement-asked improvement-sealed improvement-revealed", true, false));
    assert_eq!(seen(&play, when, ZEPHYR), expected(own, false, false));
    for holder in [MERIDIAN, AURORA] {
        assert_eq!(seen(&play, when, holder), expected("", false, false));
    }
    // The time to reveal is over.
    assert!(seen(&play, "2025-03-12 10:04", LAB).1);
    let all = go_on(&terms, play, vec![("2025-03-11 10:06", ZEPHYR, reveal_improvement(2, &other), with("improvement-revealed"))]);
    let both = format!("{all_asked} improvement-revealed improvement-revealed");
    assert_eq!(seen(&all, "2025-03-11 10:06", LAB), expected(&both, true, true));
    assert!(!seen(&all, "2025-03-20 10:06", ZEPHYR).1);
    assert_eq!(seen(&all, "2025-03-20 10:06", MERIDIAN), expected("", false, false));
    // Both come to be seen with the last one.
    let last = all.journal.len() - 1;
    let with = seen_with(&terms, &all.journal, &Name::new(LAB));
    assert_eq!(with[last - 1..], [Some(last), Some(last)]);
}
