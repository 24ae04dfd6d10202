//! Where a guard is not asked, as a model checker does to see that it is missed, the rest goes on
//! without a panic, and so does everything after.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use sourcing::case::{Free, Signed};
use sourcing::command::{
    amend::Amend, annul::Annul, assign::Assign, change_terms::ChangeTerms, control::ChangeControl,
    decide_asking, default::Default as EndOfDeal, detect::Detect, dispute::RaiseDispute,
    extend::Extend, insolvency::NoticeInsolvency, rule::Rule, stay::Stay,
};
use sourcing::{Channel, Command, Dated, Does, Event, Guard, Guards, State};
use terms::{Name, Terms};

use Does::{
    AskAssurance, Assume, DealBlind, Reject, Rescreen, Resume, SuspendForControl, Tick, Withdraw,
};

/// What comes between, in forms that are allowed somewhere and in forms that never are.
fn commands() -> Vec<Does> {
    let text = |text: &str| text.to_string();
    let party = || Name::new(BOREALIS);
    let mut commands = vec![
        AskAssurance,
        Assume,
        DealBlind,
        Reject,
        Rescreen,
        Resume,
        SuspendForControl,
        Withdraw,
        Does::Insolvency(NoticeInsolvency { holder: Name::new(MERIDIAN) }),
        Does::Insolvency(NoticeInsolvency { holder: party() }),
        Does::Assign(Assign { to: party(), continued: false, holder: None }),
        Does::Assign(Assign { to: party(), continued: true, holder: None }),
        Does::ChangeControl(ChangeControl { competitor: party() }),
        Does::Extend(Extend { deadline: at("2025-01-01 09:00") }),
        Does::Extend(Extend { deadline: at("2026-01-02 09:00") }),
    ];
    for words in ["", "so it is"] {
        let reason = || text(words);
        commands.push(Does::Annul(Annul { reason: reason() }));
        commands.push(Does::Default(EndOfDeal { reason: reason() }));
        commands.push(Does::Stay(Stay { reason: reason() }));
        commands.push(Does::Dispute(RaiseDispute { guard: Guard::InTime, grounds: reason() }));
        for quantity in [0, 300, 5_000] {
            let (terms, evidence) = (terms_at("2.60"), reason());
            let detect = Detect {
                party: party(),
                quantity,
                terms,
                evidence,
                certified_by: None,
                nonce: None,
            };
            commands.push(Does::Detect(Box::new(detect)));
        }
    }
    for count in [1, 400, 950, 1_000, 1_050, 5_000] {
        let mut requirement = requirement();
        requirement.quantity.count = count;
        let channel = Channel::Email;
        commands.push(Does::Amend(Box::new(Amend { requirement, channel })));
    }
    for price in ["2.40", "3.00"] {
        commands.push(Does::ChangeTerms(ChangeTerms {
            terms: terms_at(price),
            certified_by: None,
            nonce: None,
        }));
    }
    let signed = Signed { party: party(), terms: terms_at("2.40"), bid: Some(9) };
    let closes = Some(at("2025-01-01 09:00"));
    let states = [
        State::Void,
        State::Draft,
        State::Free(Free { closes, ..Free::default() }),
        State::ThirdSigned { signed, free: None },
    ];
    let rule = |state| Does::Rule(Box::new(Rule { state, reasons: "as heard".to_string() }));
    commands.extend(states.map(rule));
    commands
}

/// Cases at the stages in which something can come between.
#[rustfmt::skip]
fn stages(terms: &Terms) -> Vec<Play> {
    let lapsed = lapsed(terms);
    let mut stages = vec![play(terms, noticed_of(|_| {})), lapsed.clone()];
    let dispute = || Does::Dispute(RaiseDispute { guard: Guard::InTime, grounds: "late".to_string() });
    let scripts: [&[(&str, Does)]; 6] = [
        &[(BOREALIS, bid(BOREALIS, 400, "2.60")), (LAB, present(1))],
        &[(BOREALIS, bid(BOREALIS, 400, "2.40")), (LAB, award(1))],
        &[(LAB, dispute()), (ARBITER, Does::Stay(Stay { reason: "to hear".to_string() }))],
        &[(LAB, Does::Insolvency(NoticeInsolvency { holder: Name::new(MERIDIAN) }))],
        &[(LAB, Does::ChangeControl(ChangeControl { competitor: Name::new(ZEPHYR) }))],
        &[(BOREALIS, bid(BOREALIS, 400, "2.40")), (LAB, award(1)), (LAB, Does::ChangeTerms(ChangeTerms { terms: terms_at("3.00"), certified_by: None, nonce: None })), (BOREALIS, Does::ChangeTerms(ChangeTerms { terms: terms_at("3.00"), certified_by: None, nonce: None }))],
    ];
    for script in scripts {
        let mut stage = lapsed.clone();
        for (by, does) in script {
            stage.act(terms, at("2025-03-10 10:00"), by, does.clone()).unwrap();
        }
        stages.push(stage);
    }
    let mut committed = play(terms, noticed_of(|_| {}));
    committed.act(terms, at("2025-02-04 10:00"), MERIDIAN, exercise(600)).unwrap();
    stages.push(committed);
    stages
}

#[test]
fn a_guard_that_is_not_asked_is_no_panic() {
    let terms = agreement(&first_refusal(""));
    let now = at("2025-03-11 10:00");
    let stages = stages(&terms);
    let commands = commands();
    let mut missed = std::collections::BTreeSet::new();
    for (stage, does, by) in stages.iter().flat_map(|stage| {
        let commands = commands.iter();
        commands
            .flat_map(move |does| [LAB, MERIDIAN, BOREALIS, ARBITER].map(|by| (stage, does, by)))
    }) {
        let command = Command::new(by, does.clone());
        // Only the guard that refuses a command, or has it wait for others to say the same, can make
        // a difference to it.
        let asked = decide_asking(Guards::ALL, &terms, &stage.book, CASE, &command, now);
        let waits = |dated: &Dated| matches!(dated.event, Event::Proposed { .. });
        let guard = match asked {
            Err(refused) => Some(refused.guard),
            Ok(happened) => happened.iter().any(waits).then_some(Guard::Mutual),
        };
        if let Some(guard) = guard {
            let guards = Guards::without(guard);
            let unasked = decide_asking(guards, &terms, &stage.book, CASE, &command, now);
            let Ok(happened) = unasked else { continue };
            missed.insert(guard);
            let mut after = stage.clone();
            happened.iter().for_each(|dated| after.book.apply(CASE, dated));
            let _ = after.act(&terms, at("2025-08-01 10:00"), "clock", Tick);
        }
    }
    // Each guard these commands ask makes a difference somewhere.
    let expected = [
        Guard::ByGrantor,
        Guard::ByHolder,
        Guard::ByDecisionMaker,
        Guard::ByParty,
        Guard::Covered,
        Guard::State,
        Guard::InTime,
        Guard::WithinQuantity,
        Guard::Evidence,
        Guard::OfferStands,
        Guard::Mutual,
        Guard::OnlyLater,
        Guard::Disputed,
    ];
    let unnoticed: Vec<_> = expected.iter().filter(|guard| !missed.contains(guard)).collect();
    assert!(unnoticed.is_empty(), "{unnoticed:?}");
}
