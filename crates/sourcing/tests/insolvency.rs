//! A holder becomes insolvent, is taken over, or hands its right on. Source: domain rules §2.3, row 26,
//! and §2.7. S6 is that of §4.6.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use sourcing::command::assign::Assign;
use sourcing::command::control::ChangeControl;
use sourcing::command::insolvency::NoticeInsolvency;
use sourcing::{Does, LotStatus};
use terms::Name;

use Does::{AskAssurance, Assume, DealBlind, Reject, Sign, SuspendForControl, Tick};

fn insolvent() -> Does {
    Does::Insolvency(NoticeInsolvency { holder: Name::new(MERIDIAN) })
}

fn assign(to: &str, continued: bool) -> Does {
    Does::Assign(Assign { to: Name::new(to), continued, holder: None })
}

fn taken_over() -> Does {
    Does::ChangeControl(ChangeControl { competitor: Name::new(ZEPHYR) })
}

#[test]
#[rustfmt::skip]
fn s6_what_stood_still_goes_on_with_the_time_it_had_or_five_business_days() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-01-30 12:00", BOREALIS, insolvent(), "refused: only `meridian` or `lab` or `arbiter` may do this, not `borealis`"),
        ("2025-01-30 12:00", MERIDIAN, insolvent(), "round-opened, insolvency-noticed, paused => 1000 PAUSED was OPEN"),
        ("2025-01-30 12:00", MERIDIAN, insolvent(), "refused: an insolvency is noted already"),
        ("2025-01-30 12:00", MERIDIAN, exercise_all(), "refused: this needs a part that is OPEN; there is 1000 × PAUSED"),
        // No window ends while it stands still.
        ("2025-02-20 12:00", "clock", Tick, " => 1000 PAUSED was OPEN"),
        ("2025-03-03 09:00", LAB, Assume, "refused: only `meridian`, which is insolvent, may do this, not `lab`"),
        ("2025-03-03 09:00", MERIDIAN, Assume, "contract-assumed, resumed => 1000 OPEN to 2025-03-10 17:00"),
        ("2025-03-03 09:00", MERIDIAN, Assume, "refused: no insolvency is noted in this case"),
        ("2025-03-10 17:00", MERIDIAN, exercise_all(), "exercised => 1000 COMMITTED meridian at 2.40 to sign 2025-05-09 17:00"),
    ]);
    play(&terms, rows);
}

/// The time that was left is elapsed time, and restored where it is more than five business days.
#[test]
#[rustfmt::skip]
fn what_was_left_is_left() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        // 13 days and 5 hours before the end.
        ("2025-01-23 12:00", LAB, insolvent(), "round-opened, insolvency-noticed, paused => 1000 PAUSED was OPEN"),
        ("2025-02-03 12:00", MERIDIAN, Assume, "contract-assumed, resumed => 1000 OPEN to 2025-02-16 17:00"),
    ]);
    play(&terms, rows);
}

/// A notice that was still on its way opens its round no earlier than the case goes on.
#[test]
#[rustfmt::skip]
fn a_notice_under_way_waits() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-01-21 18:30", ARBITER, insolvent(), "insolvency-noticed, paused => 1000 PAUSED was NOTICED"),
        ("2025-01-28 18:30", MERIDIAN, Assume, "contract-assumed, resumed => 1000 NOTICED from 2025-01-28 18:30 to 2025-02-12 17:00"),
        ("2025-02-12 17:00", MERIDIAN, exercise_all(), "round-opened, exercised => 1000 COMMITTED meridian at 2.40 to sign 2025-04-13 17:00"),
    ]);
    play(&terms, rows);
}

#[test]
#[rustfmt::skip]
fn a_holder_that_gives_no_assurance_loses_its_right() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-01-30 12:00", LAB, AskAssurance, "refused: no insolvency is noted in this case"),
        ("2025-01-30 12:00", LAB, insolvent(), "round-opened, insolvency-noticed, paused => 1000 PAUSED was OPEN"),
        ("2025-01-30 12:00", MERIDIAN, AskAssurance, "refused: only `lab`, whose case it is, may do this, not `meridian`"),
        ("2025-01-30 12:00", LAB, AskAssurance, "assurance-asked => 1000 PAUSED was OPEN"),
        ("2025-01-30 12:00", LAB, AskAssurance, "refused: `meridian` is asked already, and has until 2025-02-14T01:00:00Z"),
        ("2025-02-13 17:00", "clock", Tick, " => 1000 PAUSED was OPEN"),
    ]);
    let asked = play(&terms, rows);
    go_on(&terms, asked.clone(), vec![
        ("2025-02-13 17:00", MERIDIAN, Assume, "contract-assumed, resumed => 1000 OPEN to 2025-02-21 17:00"),
    ]);
    go_on(&terms, asked.clone(), vec![
        ("2025-02-13 17:00", MERIDIAN, Reject, "contract-rejected, released => 1000 FREE at any terms open-ended"),
    ]);
    let free = go_on(&terms, asked, vec![
        ("2025-02-13 17:00:01", "clock", Tick, "contract-rejected, released => 1000 FREE at any terms open-ended"),
        ("2025-02-13 17:00:01", MERIDIAN, Assume, "refused: no insolvency is noted in this case"),
        ("2025-02-14 10:00", BOREALIS, bid(BOREALIS, 400, "9.00"), "bid-received => 1000 FREE at any terms open-ended"),
        ("2025-02-14 10:00", LAB, award(1), "third-signed, lot-scheduled => 400 THIRD_SIGNED borealis at 9.00 | 600 FREE at any terms open-ended"),
    ]);
    assert!(!free.case().unwrap().lapsed.is_empty());
}

/// After commitment: what is bound stays bound until it is rejected; then what is not delivered falls
/// short, and what is not signed does not close.
#[test]
#[rustfmt::skip]
fn what_an_insolvent_holder_owes_falls_short_if_it_rejects() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    let half = "600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00";
    let row = |events: &str, rest: &str| -> &'static str { format!("{events} => {half} | {rest}").leak() };
    rows.extend([
        ("2025-02-04 10:00", MERIDIAN, exercise(600), row("round-opened, partial-exercised, released", "400 FREE at 2.40 to 2025-06-04 17:00")),
        ("2025-02-10 10:00", LAB, insolvent(), row("insolvency-noticed, paused", "400 PAUSED was FREE")),
    ]);
    let unsigned = play(&terms, rows);
    go_on(&terms, unsigned.clone(), vec![
        ("2025-02-11 10:00", MERIDIAN, Reject, "contract-rejected, released, close-failed, released => 600 FREE at any terms open-ended | 400 FREE at any terms open-ended"),
    ]);
    // Assumed, the free window goes on with what it had left: one day more.
    go_on(&terms, unsigned.clone(), vec![
        ("2025-02-11 10:00", MERIDIAN, Assume, row("contract-assumed, resumed", "400 FREE at 2.40 to 2025-06-05 17:00")),
    ]);
    let mut signed = unsigned;
    for party in [LAB, MERIDIAN] {
        // Whether one signature is enough is not what this is about.
        let _ = signed.act(&terms, at("2025-02-12 10:00"), party, Sign);
    }
    assert_eq!(signed.case().unwrap().lots.len(), 1);
    let rejected = go_on(&terms, signed, vec![
        ("2025-02-13 10:00", MERIDIAN, Reject, "contract-rejected, released, shortfall => 600 FREE at any terms to 2026-02-13 17:00 | 400 FREE at any terms open-ended"),
    ]);
    assert_eq!(rejected.case().unwrap().lots[0].status, LotStatus::Shortfall);
}

/// A right follows its holder only where it may be handed on.
#[test]
#[rustfmt::skip]
fn a_right_is_handed_on_where_it_may_be() {
    let rows = [
        ("no", MERIDIAN_UK, false),
        ("affiliates", MERIDIAN_UK, true),
        ("affiliates", ZEPHYR, false),
        ("wholly_owned", MERIDIAN_UK, true),
        ("wholly_owned", ZEPHYR, false),
        ("successor", ZEPHYR, true),
        ("free", ZEPHYR, true),
    ];
    for (assignable, to, follows) in rows {
        let terms = agreement(&first_refusal(&format!("assignable = {assignable}")));
        let asked = play(&terms, noticed_of(|_| {}));
        let (expected, answer) = match follows {
            true => (
                "round-opened, assigned => 1000 OPEN to 2025-02-05 17:00",
                format!("exercised => 1000 COMMITTED {to} at 2.40 to sign 2025-03-31 17:00"),
            ),
            false => (
                "round-opened, assignment-lapsed, released => 1000 FREE at any terms open-ended",
                "refused: this needs a part that is OPEN; there is 1000 × FREE".to_string(),
            ),
        };
        let by = if follows { to } else { LAB };
        let answer = if follows { answer } else { "refused: only the holder, `meridian`, may do this, not `lab`".to_string() };
        go_on(&terms, asked, vec![
            ("2025-01-30 10:00", BOREALIS, assign(to, false), "refused: only the holder, `meridian`, may do this, not `borealis`"),
            ("2025-01-30 10:00", MERIDIAN, assign("nobody", false), "refused: the agreement knows no party `nobody`"),
            ("2025-01-30 10:00", MERIDIAN, assign(to, false), expected),
            ("2025-01-30 10:00", by, exercise_all(), answer.leak()),
        ]);
    }
}

/// The grantor may go on with a new holder, and the old one has no say any more.
#[test]
#[rustfmt::skip]
fn the_grantor_may_elect_to_continue() {
    let terms = agreement(&first_refusal(""));
    let asked = play(&terms, noticed_of(|_| {}));
    go_on(&terms, asked.clone(), vec![
        ("2025-01-30 10:00", MERIDIAN, assign(ZEPHYR, true), "refused: only `lab`, whose case it is, may do this, not `meridian`"),
        ("2025-01-30 10:00", LAB, assign(ZEPHYR, true), "round-opened, assigned => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-01-30 10:00", MERIDIAN, exercise_all(), "refused: only the holder, `zephyr`, may do this, not `meridian`"),
        ("2025-01-30 10:00", ZEPHYR, exercise_all(), "exercised => 1000 COMMITTED zephyr at 2.40 to sign 2025-03-31 17:00"),
    ]);
    // A lapsed right is exercised no more.
    go_on(&terms, asked, vec![
        ("2025-01-30 10:00", LAB, assign(ZEPHYR, false), "round-opened, assignment-lapsed, released => 1000 FREE at any terms open-ended"),
        ("2025-01-30 10:00", MERIDIAN, exercise_all(), "refused: the right of `meridian` has lapsed"),
    ]);
}

#[test]
#[rustfmt::skip]
fn after_a_change_of_control_the_grantor_deals_blind_or_takes_time_to_decide() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-01-30 10:00", LAB, DealBlind, "refused: no change of control is noted, or the time to choose is over"),
        ("2025-01-30 10:00", BOREALIS, taken_over(), "refused: only the holder, `meridian`, may do this, not `borealis`"),
        ("2025-01-30 10:00", MERIDIAN, taken_over(), "round-opened, control-changed => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-01-30 10:00", LAB, taken_over(), "refused: a change of control is noted already"),
        ("2025-01-30 10:00", MERIDIAN, DealBlind, "refused: only `lab`, whose case it is, may do this, not `meridian`"),
    ]);
    let noted = play(&terms, rows);
    let blind = go_on(&terms, noted.clone(), vec![
        ("2025-01-30 11:00", LAB, DealBlind, "blinded => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-01-30 11:00", LAB, SuspendForControl, "refused: no change of control is noted, or the time to choose is over"),
    ]);
    assert!(blind.case().unwrap().blinded);
    let suspended = go_on(&terms, noted.clone(), vec![
        ("2025-01-30 17:00", LAB, SuspendForControl, "control-suspended, paused => 1000 PAUSED was OPEN"),
        ("2025-01-30 17:00", LAB, SuspendForControl, "refused: the right is suspended already, once"),
    ]);
    go_on(&terms, suspended.clone(), vec![
        ("2025-02-10 17:00", LAB, DealBlind, "blinded, resumed => 1000 OPEN to 2025-02-18 17:00"),
    ]);
    let kept = go_on(&terms, suspended, vec![
        ("2025-03-01 17:00", "clock", Tick, " => 1000 PAUSED was OPEN"),
        // Six days were left, and five business days are more from a Saturday evening on.
        ("2025-03-01 17:00:01", "clock", Tick, "disclosure-kept, resumed => 1000 OPEN to 2025-03-07 17:00"),
        ("2025-03-02 10:00", LAB, DealBlind, "refused: no change of control is noted, or the time to choose is over"),
    ]);
    assert!(!kept.case().unwrap().blinded);
    // Ten business days to choose, and no more.
    go_on(&terms, noted, vec![
        ("2025-02-13 17:00:01", "clock", Tick, "lapsed, released, disclosure-kept => 1000 FREE at 2.40 to 2025-06-05 17:00"),
    ]);
}
