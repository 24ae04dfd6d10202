//! Who sees what. The process is played to its end, and what a party may see is searched for what it
//! may not know. Times are those of Los Angeles. A row is a line, so rustfmt leaves the traces alone.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use sourcing::audience::{may_see, seen_with, view};
use sourcing::command::{
    award::Award, change_terms::ChangeTerms, detect::Detect, match_offer::MatchOffer,
    notify::Notify, present::Present, seal, tender::OpenTender, withdraw_offer::WithdrawOffer,
};
use sourcing::{Bid, Case, Channel, Does, Event, Tender};
use terms::{Name, Terms};

use Does::{Sign, Tick};

const NONCE: &str = "5ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea1";

/// What a party sees in the end.
fn seen(terms: &Terms, play: &Play, party: &str) -> Vec<&'static str> {
    let now = at("2026-01-01 00:00");
    let seen = view(terms, &play.journal, &Name::new(party), now);
    seen.iter().map(|dated| dated.event.name()).collect()
}

/// The same, as it is handed out.
fn text(terms: &Terms, play: &Play, party: &str) -> String {
    let now = at("2026-01-01 00:00");
    serde_json::to_string(&view(terms, &play.journal, &Name::new(party), now)).unwrap()
}

fn presented(bid: usize, certified_by: Option<&str>) -> Does {
    let certified_by = certified_by.map(Name::new);
    Does::Present(Present { bid, certified_by, nonce: Some(NONCE.to_string()) })
}

fn own_terms(price: &str) -> Does {
    Does::Match(MatchOffer { terms: Some(terms_at(price)), package: false })
}

/// Rivals' names and prices that occur in what the holder sees.
fn leaks(terms: &Terms, play: &Play, secrets: &[&str]) -> Vec<String> {
    let text = text(terms, play, MERIDIAN);
    let names = [BOREALIS, ZEPHYR].into_iter().chain(secrets.iter().copied());
    names.filter(|secret| text.contains(secret)).map(ToString::to_string).collect()
}

/// From the request to a free part, a tender, and offers of two rivals: one within the baseline.
#[rustfmt::skip]
fn offered(terms: &Terms) -> Play {
    let tender = Tender { method: "levelised_price".into(), discount: "0".into(), cover: None, closes: None, reveal_by: None, seed: None, lottery: None, improvement: None };
    let free = "1000 FREE at 2.40 to 2025-06-05 17:00";
    let with = |event: &str| -> &'static str { format!("{event} => {free}").leak() };
    play(terms, vec![
        ("2025-01-21 18:00", LAB, request(), "requested, screened => 1000 DRAFT"),
        ("2025-01-21 18:05", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00"),
        ("2025-02-05 17:00:01", LAB, Does::Tender(OpenTender { tender }), with("round-opened, lapsed, released, tendered")),
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 400, "2.5137"), with("bid-received")),
        ("2025-03-10 10:00", ZEPHYR, bid(ZEPHYR, 600, "2.3731"), with("bid-received")),
        ("2025-03-10 10:00", ZEPHYR, bid(ZEPHYR, 400, "2.6113"), with("bid-received")),
        ("2025-03-10 10:30", LAB, award(2), "third-signed, lot-scheduled => 600 THIRD_SIGNED zephyr at 2.3731 | 400 FREE at 2.40 to 2025-06-05 17:00"),
    ])
}

/// All that can happen after an offer was presented, each with what the holder does itself.
#[rustfmt::skip]
fn ends(terms: &Terms, play: &Play, matching: Does) -> Vec<Play> {
    let signed = |from: &Play| {
        let mut play = from.clone();
        for (when, by, does) in [("2025-03-30 10:00", LAB, award(1)), ("2025-03-30 10:01", LAB, presented(3, Some("auditor")))] {
            // The second is refused where nothing is free any more.
            let _ = play.act(terms, at(when), by, does);
        }
        play.act(terms, at("2025-08-15 10:00"), "clock", Tick).unwrap();
        play
    };
    let act = |when: &str, by: &str, does: Does| {
        let mut play = play.clone();
        play.act(terms, at(when), by, does).unwrap();
        play
    };
    let lapsed = act("2025-03-24 17:00:01", "clock", Tick);
    let declined = act("2025-03-18 12:00", MERIDIAN, decline());
    let mut matched = act("2025-03-18 12:00", MERIDIAN, matching);
    for by in [LAB, MERIDIAN] {
        matched.act(terms, at("2025-03-19 12:00"), by, Sign).unwrap();
    }
    vec![
        signed(&lapsed),
        signed(&declined),
        matched,
        act("2025-03-18 12:00", BOREALIS, Does::WithdrawOffer(WithdrawOffer { bid: 1 })),
    ]
}

/// Invariant 18: under blind disclosure the holder sees the terms to be met, and nothing more.
#[test]
#[rustfmt::skip]
fn a_blind_holder_sees_only_the_terms_to_be_met() {
    let terms = agreement(&first_refusal("identity_disclosure = blind"));
    let play = go_on(&terms, offered(&terms), vec![
        ("2025-03-10 11:00", LAB, present(1), "refused: the holders are not told all of this offer, so a seal must show it later"),
        ("2025-03-10 11:00", LAB, presented(1, None), "offer-presented, offer-disclosed => 600 THIRD_SIGNED zephyr at 2.3731 | 400 MATCHING offer 1 to 2025-03-24 17:00"),
    ]);
    for end in ends(&terms, &play, match_offer()) {
        assert_eq!(leaks(&terms, &end, &["2.3731", "2.6113"]), Vec::<String>::new());
        let seen = view(&terms, &end.journal, &Name::new(MERIDIAN), at("2026-01-01 00:00"));
        // The terms are in what discloses them, and in what the holder then agreed to itself.
        let told: Vec<_> = seen
            .iter()
            .filter(|dated| serde_json::to_string(dated).unwrap().contains("2.5137"))
            .map(|dated| dated.event.name())
            .collect();
        assert!(told.contains(&"offer-disclosed"), "{told:?}");
        let own = ["offer-disclosed", "matched", "lot-scheduled"];
        assert!(told.iter().all(|name| own.contains(name)), "{told:?}");
    }
}

/// Under an independent certificate it sees neither.
#[test]
#[rustfmt::skip]
fn a_certificate_tells_neither_name_nor_price() {
    let terms = agreement(&first_refusal("identity_disclosure = independent_certificate"));
    let play = go_on(&terms, offered(&terms), vec![
        ("2025-03-10 11:00", LAB, presented(1, None), "refused: the clause wants an independent person to certify the offer"),
        ("2025-03-10 11:00", LAB, presented(1, Some(MERIDIAN_UK)), "refused: `meridian-uk` is not independent of those concerned"),
        ("2025-03-10 11:00", LAB, presented(1, Some(BOREALIS)), "refused: `borealis` is not independent of those concerned"),
        ("2025-03-10 11:00", LAB, presented(1, Some("auditor")), "offer-presented, offer-disclosed => 600 THIRD_SIGNED zephyr at 2.3731 | 400 MATCHING offer 1 to 2025-03-24 17:00"),
        ("2025-03-11 11:00", MERIDIAN, match_offer(), "refused: the offer is not disclosed, so the holder states its own terms"),
    ]);
    for end in ends(&terms, &play, own_terms("2.49")) {
        assert_eq!(leaks(&terms, &end, &["2.3731", "2.6113", "2.5137"]), Vec::<String>::new());
    }
    // Terms that do not match are its one answer.
    let mut probed = play.clone();
    let happened = probed.act(&terms, at("2025-03-11 11:00"), MERIDIAN, own_terms("2.52")).unwrap();
    assert_eq!(names(&happened), "match-declined, released");
    assert_eq!(leaks(&terms, &probed, &["2.3731", "2.6113", "2.5137"]), Vec::<String>::new());
    let refused = probed.act(&terms, at("2025-03-11 11:01"), MERIDIAN, own_terms("2.51")).unwrap_err();
    assert!(!refused.found.contains("2.5"), "{refused}");
    // Whoever keeps the nonce can show which offer it was.
    let disclosed = play.journal.iter().find_map(|dated| match &dated.event {
        Event::OfferDisclosed { supplier, terms, certified_by, seal, .. } => Some((supplier, terms, certified_by, seal)),
        _ => None,
    });
    let (supplier, offered, certified_by, sealed) = disclosed.unwrap();
    assert_eq!((supplier, offered, certified_by), (&None, &None, &Some(Name::new("auditor"))));
    let nonce = seal::nonce(NONCE).unwrap();
    let opened = seal::commitment(CASE, &offer(BOREALIS, 400, "2.5137"), &nonce);
    assert_eq!(sealed.as_ref(), Some(&opened));
}

/// A deal that is tagged back is put to a blind holder by its terms, whoever of the two parties said
/// so last.
#[test]
#[rustfmt::skip]
fn a_blind_holder_is_told_of_a_deal_tagged_back() {
    let terms = agreement(&first_refusal("identity_disclosure = blind"));
    let change = || Does::ChangeTerms(ChangeTerms { terms: terms_at("2.5137"), certified_by: None, nonce: Some(NONCE.to_string()) });
    let mut rows = lapsed_of(|_| {});
    rows.extend([
        ("2025-03-03 10:00", BOREALIS, bid(BOREALIS, 1000, "2.40"), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-03 11:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-03-10 11:00", LAB, change(), "proposed => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-03-10 11:00", BOREALIS, change(), "tagged-back, offer-presented, offer-disclosed => 1000 MATCHING offer 2 to 2025-03-24 17:00"),
    ]);
    let play = play(&terms, rows);
    let names = seen(&terms, &play, MERIDIAN);
    assert_eq!(names[names.len() - 2..], ["offer-presented", "offer-disclosed"]);
    assert!(!names.contains(&"tagged-back"), "{names:?}");
    assert!(text(&terms, &play, MERIDIAN).contains("2.5137"));
    assert_eq!(leaks(&terms, &play, &[]), Vec::<String>::new());
}

/// The certificates that a party sees of what was disclosed to it: by whom, and the seal.
fn certificates(terms: &Terms, play: &Play, party: &str) -> Vec<(Option<Name>, Option<String>)> {
    let seen = view(terms, &play.journal, &Name::new(party), at("2026-01-01 00:00"));
    let certificate = |event: Event| match event {
        Event::OfferDisclosed { certified_by, seal, .. } => Some((certified_by, seal)),
        _ => None,
    };
    seen.into_iter().filter_map(|dated| certificate(dated.event.clone())).collect()
}

/// A deal that is tagged back or found out is sealed as an offer that is presented is: whoever keeps
/// the nonce shows a blind holder later that it was this one.
#[test]
#[rustfmt::skip]
fn what_comes_before_a_blind_holder_can_be_shown_later() {
    let keep = || Some(NONCE.to_string());
    let auditor = || Some(Name::new("auditor"));
    let lacks = "refused: the holders are not told all of this offer, so a seal must show it later";
    let nobody = "refused: the clause wants an independent person to certify the offer";
    for (says, certifies) in [("blind", None), ("independent_certificate", auditor())] {
        let terms = agreement(&first_refusal(&format!("identity_disclosure = {says}")));
        let change = |certified_by: Option<Name>, nonce: Option<String>| Does::ChangeTerms(ChangeTerms { terms: terms_at("2.5137"), certified_by, nonce });
        let mut rows = lapsed_of(|_| {});
        rows.extend([
            ("2025-03-03 10:00", BOREALIS, bid(BOREALIS, 1000, "2.40"), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
            ("2025-03-03 11:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
            ("2025-03-10 11:00", LAB, change(None, None), "proposed => 1000 THIRD_SIGNED borealis at 2.40"),
            ("2025-03-10 11:00", BOREALIS, change(auditor(), None), lacks),
        ]);
        if certifies.is_some() {
            rows.push(("2025-03-10 11:00", BOREALIS, change(None, keep()), nobody));
            rows.push(("2025-03-10 11:00", BOREALIS, change(Some(Name::new(LAB)), keep()), "refused: `lab` is not independent of those concerned"));
        }
        rows.push(("2025-03-10 11:00", BOREALIS, change(auditor(), keep()), "tagged-back, offer-presented, offer-disclosed => 1000 MATCHING offer 2 to 2025-03-24 17:00"));
        let tagged = play(&terms, rows);
        let seal = seal::commitment(CASE, &Bid { quantity: 1000, ..offer(BOREALIS, 1000, "2.5137") }, &seal::nonce(NONCE).unwrap());
        assert_eq!(certificates(&terms, &tagged, MERIDIAN), [(certifies.clone(), Some(seal))], "{says}");
        assert_eq!(leaks(&terms, &tagged, &[]), Vec::<String>::new(), "{says}");

        // What the holder itself found out it need not be shown; what the decision-maker did, it must.
        let detect = |certified_by: Option<Name>, nonce: Option<String>| {
            let (party, evidence) = (Name::new(BOREALIS), "a press release".to_string());
            Does::Detect(Box::new(Detect { party, quantity: 400, terms: terms_at("2.6113"), evidence, certified_by, nonce }))
        };
        let matching = "round-opened, breach-detected, offer-presented, offer-disclosed => 400 MATCHING offer 1 to 2025-02-13 17:00 | 600 OPEN to 2025-02-05 17:00";
        let mut rows = noticed_of(|_| {});
        rows.push(("2025-01-30 10:00", ARBITER, detect(None, None), lacks));
        rows.push(("2025-01-30 10:00", ARBITER, detect(None, keep()), matching));
        let found = play(&terms, rows);
        let seal = seal::commitment(CASE, &offer(BOREALIS, 400, "2.6113"), &seal::nonce(NONCE).unwrap());
        let decider = certifies.is_some().then(|| Name::new(ARBITER));
        assert_eq!(certificates(&terms, &found, MERIDIAN), [(decider, Some(seal))], "{says}");
        assert_eq!(leaks(&terms, &found, &[]), Vec::<String>::new(), "{says}");
        let mut rows = noticed_of(|_| {});
        rows.push(("2025-01-30 10:00", MERIDIAN, detect(None, None), matching));
        play(&terms, rows);
    }
}

/// Another holder that may match does not know what one has found out.
#[test]
#[rustfmt::skip]
fn what_one_holder_found_out_is_sealed_for_the_other() {
    let blind = "identity_disclosure = blind\n  response_window = \"10 business days\"";
    let right = |name: &str, holder: &str| format!("right_of_first_refusal \"{name}\" {{\n  grantor = lab\n  holder = {holder}\n  scope {{ subject = capacity }}\n  {blind}\n}}");
    let terms = agreement(&format!("{}\n{}", right("one", MERIDIAN), right("two", AURORA)));
    let detect = |nonce: Option<String>| {
        let (party, evidence) = (Name::new(BOREALIS), "a press release".to_string());
        Does::Detect(Box::new(Detect { party, quantity: 1000, terms: terms_at("2.6113"), evidence, certified_by: None, nonce }))
    };
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-01-30 10:00", MERIDIAN, detect(None), "refused: the holders are not told all of this offer, so a seal must show it later"),
        ("2025-01-30 10:00", MERIDIAN, detect(Some(NONCE.to_string())), "round-opened, breach-detected, offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-02-13 17:00"),
    ]);
    let found = play(&terms, rows);
    let seal = seal::commitment(CASE, &offer(BOREALIS, 1000, "2.6113"), &seal::nonce(NONCE).unwrap());
    assert_eq!(certificates(&terms, &found, AURORA), [(None, Some(seal))]);
    assert!(!text(&terms, &found, AURORA).contains(BOREALIS));
    assert!(text(&terms, &found, MERIDIAN).contains(BOREALIS));
}

/// Where the round is about a third party's offer, a holder sees its notice, and of the offer what its
/// clause lets it know.
#[test]
#[rustfmt::skip]
fn a_notice_of_an_offer_tells_no_more_than_the_clause_allows() {
    for (says, told) in [("full", [true, true]), ("blind", [true, false]), ("independent_certificate", [false, false])] {
        let terms = agreement(&first_refusal(&format!("mode = offer_first\n  identity_disclosure = {says}")));
        let (certified_by, nonce) = (Some(Name::new("auditor")), Some(NONCE.to_string()));
        let notify = Does::Notify(Notify { channel: Channel::Email, bid: Some(1), certified_by, nonce });
        let play = play(&terms, vec![
            ("2025-01-21 18:00", LAB, request(), "requested, screened => 1000 DRAFT"),
            ("2025-01-21 18:00", BOREALIS, bid_until(BOREALIS, 1000, "2.6113", "2025-06-30 17:00"), "bid-received => 1000 DRAFT"),
            ("2025-01-21 18:05", LAB, notify, "notice-sent, offer-disclosed => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00"),
            ("2025-02-05 17:00:01", "clock", Tick, "round-opened, lapsed, released => 1000 FREE at 2.6113 to 2025-06-05 17:00"),
        ]);
        assert_eq!(seen(&terms, &play, MERIDIAN)[..4], ["requested", "screened", "notice-sent", "offer-disclosed"], "{says}");
        let text = text(&terms, &play, MERIDIAN);
        assert_eq!(["2.6113", BOREALIS].map(|secret| text.contains(secret)), told, "{says}");
    }
}

/// So is a breach that the decision-maker found.
#[test]
#[rustfmt::skip]
fn a_blind_holder_is_told_of_a_breach() {
    let terms = agreement(&first_refusal("identity_disclosure = blind"));
    let (party, evidence) = (Name::new(BOREALIS), "a press release".to_string());
    let detect = Does::Detect(Box::new(Detect { party, quantity: 400, terms: terms_at("2.6113"), evidence, certified_by: None, nonce: Some(NONCE.to_string()) }));
    let mut rows = noticed_of(|_| {});
    rows.push(("2025-01-30 10:00", ARBITER, detect, "round-opened, breach-detected, offer-presented, offer-disclosed => 400 MATCHING offer 1 to 2025-02-13 17:00 | 600 OPEN to 2025-02-05 17:00"));
    let play = play(&terms, rows);
    let names = seen(&terms, &play, MERIDIAN);
    assert_eq!(names[names.len() - 2..], ["offer-presented", "offer-disclosed"]);
    assert!(text(&terms, &play, MERIDIAN).contains("2.6113"));
    assert_eq!(leaks(&terms, &play, &[]), Vec::<String>::new());
}

/// Under full disclosure the holder sees who and what was put to it, and what became of it; not what
/// others offered beside.
#[test]
#[rustfmt::skip]
fn full_disclosure_tells_of_the_offer_presented() {
    let terms = agreement(&first_refusal(""));
    let play = go_on(&terms, offered(&terms), vec![
        ("2025-03-10 11:00", LAB, present(1), "offer-presented, offer-disclosed => 600 THIRD_SIGNED zephyr at 2.3731 | 400 MATCHING offer 1 to 2025-03-24 17:00"),
        ("2025-03-18 12:00", MERIDIAN, decline(), "match-declined, released => 600 THIRD_SIGNED zephyr at 2.3731 | 400 FREE at 2.5137 to 2025-06-05 17:00"),
    ]);
    assert_eq!(seen(&terms, &play, MERIDIAN), [
        "requested", "screened", "notice-sent", "round-opened", "lapsed", "released", "tendered",
        "third-signed", "offer-presented", "offer-disclosed", "match-declined", "released",
    ]);
    assert!(text(&terms, &play, MERIDIAN).contains("2.5137"));
    assert!(!text(&terms, &play, MERIDIAN).contains("2.6113"));
    assert_eq!(seen(&terms, &play, MERIDIAN_UK), seen(&terms, &play, MERIDIAN));
}

/// Suppliers see what they are asked for, and what is theirs.
#[test]
#[rustfmt::skip]
fn a_supplier_sees_what_is_its_own() {
    let terms = agreement(&first_refusal(""));
    let play = go_on(&terms, offered(&terms), vec![
        ("2025-03-10 11:00", LAB, present(1), "offer-presented, offer-disclosed => 600 THIRD_SIGNED zephyr at 2.3731 | 400 MATCHING offer 1 to 2025-03-24 17:00"),
        ("2025-03-18 12:00", MERIDIAN, decline(), "match-declined, released => 600 THIRD_SIGNED zephyr at 2.3731 | 400 FREE at 2.5137 to 2025-06-05 17:00"),
    ]);
    assert_eq!(seen(&terms, &play, BOREALIS), ["requested", "tendered", "bid-received", "offer-presented"]);
    assert_eq!(seen(&terms, &play, ZEPHYR), ["requested", "tendered", "bid-received", "bid-received", "third-signed", "lot-scheduled"]);
    for (party, others) in [(BOREALIS, [ZEPHYR, "2.3731", "2.6113", MERIDIAN]), (ZEPHYR, [BOREALIS, "2.5137", "2.5137", MERIDIAN])] {
        let text = text(&terms, &play, party);
        assert!(others.iter().all(|other| !text.contains(other)), "{party}: {text}");
    }
    // The grantor sees everything.
    assert_eq!(seen(&terms, &play, LAB).len(), play.journal.len());
}

/// Before a notice holders see nothing of a draft, and nobody else before a tender.
#[test]
#[rustfmt::skip]
fn a_draft_is_the_grantors_own() {
    let terms = agreement(&first_refusal(""));
    let draft = play(&terms, vec![
        ("2025-01-21 18:00", LAB, request(), "requested, screened => 1000 DRAFT"),
        ("2025-01-21 18:01", BOREALIS, bid(BOREALIS, 1000, "2.30"), "bid-received => 1000 DRAFT"),
    ]);
    assert_eq!(seen(&terms, &draft, MERIDIAN), [""; 0]);
    assert_eq!(seen(&terms, &draft, ZEPHYR), [""; 0]);
    assert_eq!(seen(&terms, &draft, BOREALIS), ["requested", "bid-received"]);
    let noticed = go_on(&terms, draft, vec![
        ("2025-01-21 18:05", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00"),
    ]);
    assert_eq!(seen(&terms, &noticed, MERIDIAN), ["requested", "screened", "notice-sent"]);
    assert_eq!(seen(&terms, &noticed, ZEPHYR), [""; 0]);
}

/// The decision-maker and an observer see all of it; an observer that makes an offer no more than
/// others that do.
#[test]
fn who_watches_sees_all() {
    let watched = format!(
        "{}\nobserver \"seat\" {{\n  grantor = lab\n  holder  = zephyr\n  body    = \"board\"\n}}",
        first_refusal("")
    );
    let terms = agreement(&watched);
    let play = play(
        &terms,
        vec![
            ("2025-01-21 18:00", LAB, request(), "requested, screened => 1000 DRAFT"),
            (
                "2025-01-21 18:01",
                BOREALIS,
                bid(BOREALIS, 1000, "2.30"),
                "bid-received => 1000 DRAFT",
            ),
        ],
    );
    assert_eq!(seen(&terms, &play, ZEPHYR), ["requested", "screened", "bid-received"]);
    let play = go_on(
        &terms,
        play,
        vec![
            ("2025-01-21 18:02", ZEPHYR, bid(ZEPHYR, 1000, "2.40"), "bid-received => 1000 DRAFT"),
            (
                "2025-01-21 18:03",
                BOREALIS,
                bid(BOREALIS, 1000, "2.35"),
                "bid-received => 1000 DRAFT",
            ),
        ],
    );
    assert!(!text(&terms, &play, ZEPHYR).contains("2.35"));
}

/// An observer that holds a right to a need is its holder there, and hears of it with the notice alone.
#[test]
#[rustfmt::skip]
fn an_observer_that_holds_a_right_watches_no_draft() {
    let seat = "observer \"seat\" {\n  grantor = lab\n  holder  = meridian\n  body    = \"board\"\n}";
    let terms = agreement(&format!("{}\n{seat}", first_refusal("")));
    let draft = play(&terms, vec![("2025-01-21 18:00", LAB, request(), "requested, screened => 1000 DRAFT")]);
    assert_eq!(seen(&terms, &draft, MERIDIAN), [""; 0]);
    assert_eq!(seen_with(&terms, &draft.journal, &Name::new(MERIDIAN)), [None, None]);
    let noticed = go_on(&terms, draft, vec![
        ("2025-01-21 18:05", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00"),
    ]);
    assert_eq!(seen_with(&terms, &noticed.journal, &Name::new(MERIDIAN)), [Some(2); 3]);
}

/// Who sees one sealed offer before the others are revealed could tell of it: so not the grantor.
#[test]
#[rustfmt::skip]
fn a_sealed_offer_is_seen_once_all_are_revealed() {
    let terms = agreement(&first_refusal(""));
    let bids: [Bid; 2] = [offer(BOREALIS, 1000, "2.3337"), offer(ZEPHYR, 1000, "2.3443")];
    let nonce = seal::nonce(NONCE).unwrap();
    let sealed = |bid: &Bid| Does::Seal(seal::SealBid { seal: seal::commitment(CASE, bid, &nonce), offer: None });
    let reveal = |number: usize| {
        let offer = bids[number - 1].clone();
        Does::Reveal(Box::new(seal::RevealBid { number, offer, nonce: NONCE.to_string() }))
    };
    let tender = Tender {
        method: "levelised_price".into(), discount: "0".into(), cover: None,
        closes: Some(at("2025-03-14 17:00")), reveal_by: Some(at("2025-03-17 17:00")), seed: None, lottery: None, improvement: None,
    };
    let draft = "1000 DRAFT";
    let with = |event: &str| -> &'static str { format!("{event} => {draft}").leak() };
    let play = play(&terms, vec![
        ("2025-01-21 18:00", LAB, request(), with("requested, screened")),
        ("2025-03-10 10:00", LAB, Does::Tender(OpenTender { tender }), with("tendered")),
        ("2025-03-10 10:01", BOREALIS, sealed(&bids[0]), with("bid-sealed")),
        ("2025-03-10 10:01", ZEPHYR, sealed(&bids[1]), with("bid-sealed")),
        ("2025-03-14 17:01", BOREALIS, reveal(1), with("bid-revealed")),
    ]);
    let sees = |play: &Play, when: &str, party: &str| {
        let seen = view(&terms, &play.journal, &Name::new(party), at(when));
        serde_json::to_string(&seen).unwrap().contains("2.3337")
    };
    assert!(sees(&play, "2025-03-14 17:02", BOREALIS));
    assert!(!sees(&play, "2025-03-14 17:02", LAB));
    // The time to reveal is over.
    assert!(!sees(&play, "2025-03-17 17:00", LAB));
    assert!(sees(&play, "2025-03-17 17:01", LAB));
    let all = go_on(&terms, play, vec![("2025-03-14 17:03", ZEPHYR, reveal(2), with("bid-revealed"))]);
    assert!(sees(&all, "2025-03-14 17:03", LAB));
    assert!(!sees(&all, "2025-03-20 17:03", ZEPHYR));
    // Both offers come to be seen with the last one.
    let last = all.journal.len() - 1;
    let with = seen_with(&terms, &all.journal, &Name::new(LAB));
    assert_eq!(with[last - 1..], [Some(last), Some(last)]);
    assert_eq!(with[last - 2], Some(last - 2));
}

/// What is seen at once is what is seen in the end, but for what had to wait.
#[test]
fn nothing_is_seen_at_once_that_is_not_seen_in_the_end() {
    let terms = agreement(&first_refusal("identity_disclosure = blind"));
    let mut play = offered(&terms);
    play.act(&terms, at("2025-03-10 11:00"), LAB, presented(1, None)).unwrap();
    let award = Does::Award(Award { bid: 9, quantity: None });
    assert!(play.act(&terms, at("2025-03-10 11:01"), LAB, award).is_err());
    for party in [LAB, MERIDIAN, BOREALIS, ZEPHYR] {
        let party = Name::new(party);
        let in_the_end = view(&terms, &play.journal, &party, at("2026-01-01 00:00"));
        let mut case: Option<Case> = None;
        for dated in &play.journal {
            if may_see(&terms, case.as_ref(), dated, &party) {
                assert!(in_the_end.contains(&dated));
            }
            case = Case::apply(case, dated);
        }
        let with = seen_with(&terms, &play.journal, &party);
        let seen = play.journal.iter().zip(&with).filter(|(_, with)| with.is_some());
        assert_eq!(seen.map(|(dated, _)| dated).collect::<Vec<_>>(), in_the_end);
        // What was before a party was asked comes with what asks it.
        let asked = play.journal.iter().position(|dated| dated.event.name() == "notice-sent");
        assert!(party.as_str() != MERIDIAN || with[0] == asked);
    }
}
