//! The requirement changes under way, is withdrawn, or deadlines are put off. Source: domain rules
//! §2.3, rows 21 to 24, §2.5, rule 6, and §2.6. S5 is that of §4.6.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use jiff::civil::date;
use sourcing::command::amend::Amend;
use sourcing::command::dispute::RaiseDispute;
use sourcing::command::extend::Extend;
use sourcing::command::stay::Stay;
use sourcing::offer::Guarded;
use sourcing::{Book, Channel, Command, Does, Event, Guard, Requirement};
use terms::Quantity;

use Does::{Rescreen, Tick, Withdraw};

/// The need of 1,000, in lots that let any change of it be tried, changed in some way.
fn amend(change: impl FnOnce(&mut Requirement)) -> Does {
    let mut requirement = requirement();
    requirement.lot = 10;
    change(&mut requirement);
    Does::Amend(Box::new(Amend { requirement, channel: Channel::Email }))
}

fn count(count: u64) -> Does {
    amend(|need| need.quantity.count = count)
}

fn in_tens(need: &mut Requirement) {
    need.lot = 10;
}

fn extend(to: &str) -> Does {
    Does::Extend(Extend { deadline: at(to) })
}

#[test]
#[rustfmt::skip]
fn s5_a_small_change_puts_the_deadline_off_and_a_great_one_begins_a_new_round() {
    let terms = agreement(&first_refusal(""));
    let noticed = play(&terms, noticed_of(in_tens));
    go_on(&terms, noticed.clone(), vec![
        ("2025-02-03 11:00", MERIDIAN, count(1080), "refused: only `lab`, whose case it is, may do this, not `meridian`"),
        ("2025-02-03 11:00", LAB, count(1080), "round-opened, amended => 1080 OPEN to 2025-02-10 17:00"),
        // What the holder then takes is the need as it is.
        ("2025-02-10 17:00", MERIDIAN, exercise_all(), "exercised => 1080 COMMITTED meridian at 2.40 to sign 2025-04-11 17:00"),
    ]);
    let superseded = go_on(&terms, noticed, vec![
        ("2025-02-03 11:00", LAB, count(1150), "round-opened, superseded, screened, notice-sent => 1000 SUPERSEDED | 1150 NOTICED from 2025-02-03 11:00 to 2025-02-18 17:00"),
        ("2025-02-18 17:00", MERIDIAN, exercise_all(), "round-opened, exercised => 1000 SUPERSEDED | 1150 COMMITTED meridian at 2.40 to sign 2025-04-19 17:00"),
    ]);
    let reasons = superseded.journal.iter().find_map(|dated| match &dated.event {
        Event::Superseded { material, .. } => Some(material.clone()),
        _ => None,
    });
    assert_eq!(reasons.unwrap(), ["month 1 goes from 1000 to 1150 accelerators, by more than 10%"]);
}

/// Two days before the end five business days are added; a week before, the old deadline is later.
#[test]
#[rustfmt::skip]
fn a_deadline_is_never_moved_earlier() {
    let terms = agreement(&first_refusal(""));
    go_on(&terms, play(&terms, noticed_of(in_tens)), vec![
        ("2025-01-22 11:00", LAB, count(1080), "round-opened, amended => 1080 OPEN to 2025-02-05 17:00"),
        ("2025-02-03 11:00", LAB, count(1090), "amended => 1090 OPEN to 2025-02-10 17:00"),
    ]);
}

/// Changes count together from the last round on, and a new round counts anew.
#[test]
#[rustfmt::skip]
fn small_changes_accumulate() {
    let terms = agreement(&first_refusal(""));
    go_on(&terms, play(&terms, noticed_of(in_tens)), vec![
        ("2025-02-03 11:00", LAB, count(1080), "round-opened, amended => 1080 OPEN to 2025-02-10 17:00"),
        ("2025-02-03 12:00", LAB, count(1100), "amended => 1100 OPEN to 2025-02-10 17:00"),
        ("2025-02-03 13:00", LAB, count(1110), "superseded, screened, notice-sent => 1100 SUPERSEDED | 1110 NOTICED from 2025-02-03 13:00 to 2025-02-18 17:00"),
        ("2025-02-03 14:00", LAB, count(1220), "round-opened, amended => 1100 SUPERSEDED | 1220 OPEN to 2025-02-18 17:00"),
        ("2025-02-03 15:00", LAB, count(1230), "superseded, screened, notice-sent => 1100 SUPERSEDED | 1220 SUPERSEDED | 1230 NOTICED from 2025-02-03 15:00 to 2025-02-18 17:00"),
    ]);
}

/// Each of the thresholds of §2.6, at it and just beyond.
#[test]
fn what_is_material() {
    let terms = agreement(&first_refusal(""));
    let asked = play(&terms, noticed_of(in_tens));
    type Change = Box<dyn FnOnce(&mut Requirement)>;
    let guarded = |term: Guarded| -> Change {
        Box::new(move |need| drop(need.guarded.insert(term, "10".to_string())))
    };
    let price = |amount: &'static str| -> Change { Box::new(move |need| need.price = usd(amount)) };
    let quantity = |count: u64| -> Change { Box::new(move |need| need.quantity.count = count) };
    let months = |months: u32| -> Change { Box::new(move |need| need.months = months) };
    let day = |month: i8, day: i8| -> Change {
        Box::new(move |need| need.need_by = date(2025, month, day))
    };
    let rows: Vec<(Change, Option<&str>)> = vec![
        (price("2.424"), None),
        (price("2.424001"), Some("the price goes from 2.400000 to 2.424001 $/AH, by more than 1%")),
        // A lower price is worse for the supplier, and the holder may answer it.
        (price("2.00"), None),
        (quantity(1100), None),
        (quantity(1110), Some("month 1 goes from 1000 to 1110 accelerators, by more than 10%")),
        (quantity(900), None),
        (quantity(890), Some("month 1 goes from 1000 to 890 accelerators, by more than 10%")),
        (months(13), None),
        (months(14), Some("the term goes from 12 to 14 months, by more than 10%")),
        (day(10, 1), None),
        (day(10, 2), Some("the date of need moves by 31 days, by more than 30")),
        (day(8, 2), None),
        (day(8, 1), Some("the date of need moves by -31 days, by more than 30")),
        (Box::new(|need| need.region = Some("texas".to_string())), Some("`region` changes")),
        (Box::new(|need| need.purpose = "inference".to_string()), Some("`purpose` changes")),
        (
            Box::new(|need| need.quantity = "1_000 B200".parse::<Quantity>().unwrap()),
            Some("`class` changes"),
        ),
        (guarded(Guarded::Prepayment), Some("`prepayment` changes")),
        (guarded(Guarded::TakeOrPay), Some("`take_or_pay` changes")),
        (guarded(Guarded::CreditSupport), Some("`credit_support` changes")),
        (guarded(Guarded::DamagesCap), Some("`damages_cap` changes")),
        (guarded(Guarded::LiabilityCap), Some("`liability_cap` changes")),
        (guarded(Guarded::Exclusivity), Some("`exclusivity` changes")),
        (guarded(Guarded::Specification), Some("`specification` changes")),
    ];
    for (change, reason) in rows {
        let mut play = asked.clone();
        let happened = play.act(&terms, at("2025-02-03 11:00"), LAB, amend(change)).unwrap();
        let material = happened.iter().find_map(|dated| match &dated.event {
            Event::Superseded { material, .. } => Some(material.clone()),
            _ => None,
        });
        assert_eq!(material, reason.map(|reason| vec![reason.to_string()]));
    }
}

/// A term of 36 months may change by three months, though ten per cent would be more.
#[test]
#[rustfmt::skip]
fn a_long_term_changes_by_three_months_at_most() {
    let terms = agreement(&first_refusal(""));
    let asked = play(&terms, noticed_of(|need| { need.lot = 10; need.months = 36; }));
    for (months, expected) in [(39, "round-opened, amended"), (40, "round-opened, superseded, screened, notice-sent")] {
        let happened = asked.clone().act(&terms, at("2025-02-03 11:00"), LAB, amend(|need| need.months = months)).unwrap();
        assert_eq!(names(&happened), expected, "{months}");
    }
}

/// What is bound stays bound and as it was; the parts sum to what is needed.
#[test]
#[rustfmt::skip]
fn a_change_reaches_what_is_not_bound() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(in_tens);
    rows.push(("2025-02-04 10:00", MERIDIAN, exercise(600), "round-opened, partial-exercised, released => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 400 FREE at 2.40 to 2025-06-04 17:00"));
    let bound = play(&terms, rows);
    let refused = "refused: 600 are bound already; 600 leaves nothing";
    go_on(&terms, bound.clone(), vec![
        ("2025-02-04 11:00", LAB, count(600), refused),
        ("2025-02-04 11:00", LAB, amend(|need| need.purpose = "inference".to_string()), "refused: 600 are bound, and stay what they are: class, purpose and region stay"),
        ("2025-02-04 11:00", LAB, amend(|need| need.quantity.count = 1005), "refused: 1005 accelerators are not whole lots of 10"),
        ("2025-02-04 11:00", LAB, count(1080), "amended => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 480 FREE at 2.40 to 2025-06-04 17:00"),
        ("2025-02-04 11:00", LAB, count(920), "amended => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 320 FREE at 2.40 to 2025-06-04 17:00"),
        // The baseline stays what the holder was asked.
        ("2025-02-04 11:00", LAB, amend(|need| need.price = usd("2.42")), "amended => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 400 FREE at 2.40 to 2025-06-04 17:00"),
        // A free window that is nearly over has five more business days.
        ("2025-06-04 11:00", LAB, count(1080), "close-failed, released, amended => 600 FREE at any terms open-ended | 480 FREE at 2.40 to 2025-06-11 17:00"),
    ]);
    go_on(&terms, bound, vec![
        ("2025-02-04 11:00", LAB, count(1500), "superseded, screened, notice-sent => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 400 SUPERSEDED | 900 NOTICED from 2025-02-04 11:00 to 2025-02-19 17:00"),
    ]);
}

/// What an offer before the holder fixes does not shrink.
#[test]
#[rustfmt::skip]
fn what_is_before_the_holder_with_an_offer_stays() {
    let terms = agreement(&first_refusal(""));
    let mut rows = lapsed_of(in_tens);
    rows.extend([
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 950, "2.60"), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-10 11:00", LAB, present(1), "offer-presented, offer-disclosed => 950 MATCHING offer 1 to 2025-03-24 17:00 | 50 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-10 12:00", LAB, count(940), "refused: 10 of the change would fall on what an offer before the holders fixes"),
        ("2025-03-10 12:00", LAB, count(950), "amended => 950 MATCHING offer 1 to 2025-03-24 17:00 | 0 WITHDRAWN"),
        ("2025-03-21 12:00", LAB, count(950), "amended => 950 MATCHING offer 1 to 2025-03-28 17:00 | 0 WITHDRAWN"),
    ]);
    play(&terms, rows);
}

/// Offers of one thing are no offers of another; of more of the same they stand.
#[test]
#[rustfmt::skip]
fn offers_fall_away_where_the_need_is_of_another_kind() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(in_tens);
    rows.push(("2025-02-03 10:00", BOREALIS, bid(BOREALIS, 400, "2.30"), "round-opened, bid-received => 1000 OPEN to 2025-02-05 17:00"));
    let offered = play(&terms, rows);
    let act = |does: Does| names(&offered.clone().act(&terms, at("2025-02-03 11:00"), LAB, does).unwrap());
    assert_eq!(act(count(1500)), "superseded, screened, notice-sent");
    assert_eq!(act(amend(|need| need.quantity.class = "B200".to_string())), "superseded, bid-gone, screened, notice-sent");
}

/// What stands still stays so, whatever it becomes; a slight change takes nothing from what is left.
#[test]
#[rustfmt::skip]
fn a_change_ends_no_stay() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(in_tens);
    let dispute = RaiseDispute { guard: Guard::InTime, grounds: "late".to_string() };
    rows.extend([
        ("2025-01-23 12:00", MERIDIAN, Does::Dispute(dispute), "round-opened, disputed => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-01-23 12:00", ARBITER, Does::Stay(Stay { reason: "to hear".to_string() }), "paused => 1000 PAUSED was OPEN"),
        ("2025-01-24 12:00", LAB, count(1080), "amended => 1080 PAUSED was OPEN"),
    ]);
    let stayed = play(&terms, rows);
    go_on(&terms, stayed.clone(), vec![
        ("2025-01-27 12:00", ARBITER, Does::Resume, "resumed => 1080 OPEN to 2025-02-09 17:00"),
    ]);
    go_on(&terms, stayed, vec![
        ("2025-01-24 12:00", LAB, count(1500), "superseded, screened, paused => 1080 SUPERSEDED | 1500 PAUSED was DRAFT"),
        ("2025-01-24 12:00", LAB, notify(), "refused: this needs a part that is DRAFT or EXPIRED; there is 1080 × SUPERSEDED, 1500 × PAUSED"),
        ("2025-01-27 12:00", ARBITER, Does::Resume, "resumed => 1080 SUPERSEDED | 1500 DRAFT"),
        ("2025-01-27 12:00", LAB, notify(), "notice-sent => 1080 SUPERSEDED | 1500 NOTICED from 2025-01-27 12:00 to 2025-02-10 17:00"),
    ]);
}

/// A draft that changes materially is another draft: nobody has been told of the first.
#[test]
#[rustfmt::skip]
fn a_draft_is_screened_anew_and_noticed_by_hand() {
    let terms = agreement(&first_refusal("").replace("kind    = new", "kind    = new\n    purpose = training"));
    play(&terms, vec![
        ("2025-01-21 18:00", LAB, request_of(in_tens), "requested, screened => 1000 DRAFT"),
        ("2025-01-21 18:01", LAB, count(1080), "amended => 1080 DRAFT"),
        ("2025-01-21 18:02", LAB, count(1500), "superseded, screened => 1080 SUPERSEDED | 1500 DRAFT"),
        ("2025-01-21 18:03", LAB, amend(|need| { need.quantity.count = 1500; need.purpose = "inference".to_string(); }), "superseded, screened, exempted => 1080 SUPERSEDED | 1500 SUPERSEDED | 1500 EXEMPT"),
        ("2025-01-21 18:04", LAB, count(1500), "refused: this needs a part that is not yet bound; there is 1080 × SUPERSEDED, 1500 × SUPERSEDED, 1500 × EXEMPT"),
    ]);
}

#[test]
#[rustfmt::skip]
fn what_is_not_bound_is_withdrawn() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(in_tens);
    rows.extend([
        ("2025-02-04 10:00", MERIDIAN, exercise(600), "round-opened, partial-exercised, released => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 400 FREE at 2.40 to 2025-06-04 17:00"),
        ("2025-02-04 10:01", MERIDIAN, Withdraw, "refused: only `lab`, whose case it is, may do this, not `meridian`"),
        ("2025-02-04 10:01", LAB, Withdraw, "withdrawn => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 400 WITHDRAWN"),
        ("2025-02-04 10:02", LAB, Withdraw, "refused: nothing is left to withdraw"),
    ]);
    let withdrawn = play(&terms, rows);
    assert_eq!(withdrawn.case().unwrap().withdrawn, Some(at("2025-02-04 10:01")));
}

#[test]
#[rustfmt::skip]
fn a_deadline_is_put_off_by_whom_it_protects() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(in_tens);
    rows.extend([
        ("2025-01-30 10:00", MERIDIAN, extend("2025-02-07 17:00"), "refused: only `lab` may do this, not `meridian`"),
        ("2025-01-30 10:00", LAB, extend("2025-02-05 17:00"), "refused: the deadline is 2025-02-06T01:00:00Z; 2025-02-06T01:00:00Z is no later"),
        ("2025-01-30 10:00", LAB, extend("2025-02-04 17:00"), "refused: the deadline is 2025-02-06T01:00:00Z; 2025-02-05T01:00:00Z is no later"),
        ("2025-01-30 10:00", LAB, extend("2025-02-07 17:00"), "round-opened, extended => 1000 OPEN to 2025-02-07 17:00"),
        ("2025-02-07 17:00", MERIDIAN, exercise(600), "partial-exercised, released => 600 COMMITTED meridian at 2.40 to sign 2025-04-08 17:00 | 400 FREE at 2.40 to 2025-06-07 17:00"),
        ("2025-02-08 10:00", LAB, extend("2025-06-30 17:00"), "refused: nobody alone may put this deadline off"),
        ("2025-02-08 10:00", MERIDIAN, extend("2025-06-30 17:00"), "extended => 600 COMMITTED meridian at 2.40 to sign 2025-04-08 17:00 | 400 FREE at 2.40 to 2025-06-30 17:00"),
        ("2025-02-08 10:00", MERIDIAN, extend("2027-01-04 17:00"), "refused: the calendar covers 2024-01-01 to 2027-01-01, not 2027-01-05; extend its `holidays` and `covers`"),
        ("2025-02-08 10:00", MERIDIAN, extend("2025-06-29 17:00"), "refused: the deadline is 2025-07-01T00:00:00Z; 2025-06-30T00:00:00Z is no later"),
    ]);
    let extended = play(&terms, rows);
    // The window that is named, where several run.
    let mut play = extended.clone();
    let command = Command { part: Some(2), ..Command::new(LAB, extend("2025-07-30 17:00")) };
    let refused = play.act_in(CASE, &terms, at("2025-02-08 10:00"), &command).unwrap_err();
    assert_eq!(refused.to_string(), "only `meridian` may do this, not `lab`");
}

/// Grantor and holder both, or the case stays pinned.
#[test]
#[rustfmt::skip]
fn a_case_is_screened_again_as_both_agree() {
    let before = agreement(&first_refusal(""));
    let narrow = first_refusal("").replace("kind    = new", "kind    = new\n    purpose = inference");
    let after = agreement(&narrow);
    let asked = play(&before, noticed_of(in_tens));
    // A changed agreement changes nothing by itself.
    let pinned = go_on(&after, asked, vec![
        ("2025-01-30 10:00", LAB, Rescreen, "round-opened, proposed => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-01-30 10:00", LAB, Rescreen, "refused: `lab` has said so already, and `meridian` has not said so"),
        ("2025-01-30 10:00", BOREALIS, Rescreen, "refused: only `lab` or `meridian` may do this, not `borealis`"),
    ]);
    go_on(&after, pinned.clone(), vec![
        ("2025-02-05 17:00", MERIDIAN, exercise_all(), "exercised => 1000 COMMITTED meridian at 2.40 to sign 2025-04-06 17:00"),
    ]);
    go_on(&after, pinned.clone(), vec![
        ("2025-01-30 11:00", MERIDIAN, Rescreen, "screened, exempted => 1000 EXEMPT"),
    ]);
    // The same right, said anew: the round goes on.
    go_on(&before, pinned.clone(), vec![
        ("2025-01-30 11:00", MERIDIAN, Rescreen, "screened => 1000 OPEN to 2025-02-05 17:00"),
    ]);
    // Another clause covers it: what is under way under the old one ends.
    go_on(&agreement(EXCLUSIVITY), pinned, vec![
        ("2025-01-30 11:00", MERIDIAN, Rescreen, "superseded, screened => 1000 SUPERSEDED | 1000 DRAFT"),
    ]);
}

/// §2.7: a day that becomes a holiday later moves no deadline already set.
#[test]
#[rustfmt::skip]
fn a_deadline_on_a_day_that_becomes_a_holiday_stays() {
    let before = agreement(&first_refusal(""));
    let asked = play(&before, noticed_of(in_tens));
    let text = agreement_text("2027-01-01", &first_refusal(""));
    let after = terms(&text.replace("\"2025-02-17\"", "\"2025-02-05\", \"2025-02-17\""));
    go_on(&after, asked.clone(), vec![
        ("2025-02-05 17:00:01", "clock", Tick, "round-opened, lapsed, released => 1000 FREE at 2.40 to 2025-06-05 17:00"),
    ]);
    // A deadline set afterwards counts by the new table.
    go_on(&after, asked, vec![
        ("2025-02-03 11:00", LAB, count(1080), "round-opened, amended => 1080 OPEN to 2025-02-11 17:00"),
    ]);
}

/// The same events in another order of folding come to the same: replay of the journal.
#[test]
fn amended_cases_replay() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(in_tens);
    rows.push((
        "2025-02-03 11:00",
        LAB,
        count(1080),
        "round-opened, amended => 1080 OPEN to 2025-02-10 17:00",
    ));
    let played = play(&terms, rows);
    let mut book = Book::default();
    played.journal.iter().for_each(|dated| book.apply(CASE, dated));
    assert_eq!(book, played.book);
}
