//! What holds whatever the parties do, and whenever, in histories longer than a model checker can
//! exhaust. Source: domain rules §2.8.
//!
//! A play is a random sequence of commands by random parties in two cases, at instants that stand
//! still or move on: by a little, by weeks, to the next deadline exactly, or to just after it. The
//! [`watcher`] reads what happens and knows what must not happen next. `PROPTEST_CASES=20000` plays
//! for longer.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;
#[allow(dead_code, reason = "the worlds themselves are another test's")]
#[path = "worlds/deeds.rs"]
mod deeds;
mod watcher;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use deeds::*;
use jiff::civil::date;
use jiff::{Span, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseResult;
use sourcing::case::Free;
use sourcing::{Book, Command, Declared, Does, Guards, State, decide};
use terms::{Name, Terms};
use watcher::act::Watched;

/// Agreements to play under.
static AGREEMENTS: LazyLock<Vec<Terms>> = LazyLock::new(|| {
    let refusals = [
        "",
        "partial_exercise = any_quantity",
        "partial_exercise = none\n  silence_means = accept",
        "free_terms_limit = none",
        "match_window = \"48 hours\"\n  close_within = \"1 months\"",
        "close_within = \"0 days\"\n  assignable = free",
        "mode = offer_first\n  silence_means = wait",
        "mode = two_step\n  withdrawn_offer = option_ripened",
        "identity_disclosure = blind\n  effect_of_breach = void",
        "identity_disclosure = independent_certificate",
        "until = \"2025-02-20\"",
        "exempt_below = \"700 H100\"\n  package_rule = prohibited",
    ];
    let refusals = refusals.map(|more| {
        let right = first("right_of_first_refusal", "capacity", MERIDIAN, more);
        between_three(&format!("{right}\n{DAMAGES}"))
    });
    let pairs = [
        ("weight = 2", ""),
        ("over_allotment = false", "partial_exercise = any_quantity"),
        ("multi_holder = tiered", "ranks_after = meridian"),
    ];
    let pairs = pairs.map(|(one, other)| two_refusals(one, other));
    let kinds = ["right_of_first_offer", "right_of_first_negotiation"];
    let kinds = kinds.map(|kind| between_three(&first(kind, "capacity", MERIDIAN, "")));
    let others = [between_three(EXCLUSIVITY), between_three("")];
    refusals.into_iter().chain(pairs).chain(kinds).chain(others).collect()
});

const DAMAGES: &str = r#"liquidated_damages "delay" {
  grantor = meridian
  holder  = lab
  rate = "USD 12"
  cap  = "1%"
  slip = "30 days"
}"#;

/// How time moves between two commands.
#[derive(Debug, Clone)]
enum Wait {
    No,
    Seconds(i64),
    /// To the next instant at which something happens by itself.
    ToTimer,
    /// To a microsecond after it.
    PastTimer,
    /// To an instant at which clocks change, or some other one that matters.
    To(Timestamp),
}

fn wait() -> impl Strategy<Value = Wait> {
    let instants = ["2025-03-09 01:59:59", "2025-03-09 03:00", "2025-11-02 01:30"].map(at);
    prop_oneof![
        5 => Just(Wait::No),
        3 => (1i64..7_200).prop_map(Wait::Seconds),
        1 => (1i64..40 * 86_400).prop_map(Wait::Seconds),
        3 => Just(Wait::ToTimer),
        2 => Just(Wait::PastTimer),
        1 => select(instants.to_vec()).prop_map(Wait::To),
    ]
}

impl Wait {
    /// The next instant; never an earlier one.
    fn from(&self, now: Timestamp, book: &Book) -> Timestamp {
        let timer = book.next().map_or(now, |(due, _)| due);
        let next = match self {
            Wait::No => now,
            Wait::Seconds(seconds) => now + Span::new().seconds(*seconds),
            Wait::ToTimer => timer,
            Wait::PastTimer => timer + Span::new().microseconds(1),
            Wait::To(instant) => *instant,
        };
        next.max(now)
    }
}

/// Who does what: in which case, about which part if it says.
type Step = (Wait, &'static str, &'static str, Option<usize>, Does);

/// Somebody, mostly the one whose turn it could be, does something.
fn deed() -> impl Strategy<Value = (&'static str, Does)> {
    let anybody = || select(vec![LAB, MERIDIAN, MERIDIAN_UK, AURORA, BOREALIS, ZEPHYR, ARBITER]);
    let holder = || select(vec![MERIDIAN, MERIDIAN, MERIDIAN_UK, AURORA]);
    let quantity = || select(vec![0, 50, 100, 250, 300, 400, 600, 650, 1000, 1100]);
    let price = || select(vec!["2.30", "2.40", "2.436", "2.50", "2.60"]);
    let number = || 0usize..6;
    let supplier = || select(vec![BOREALIS, ZEPHYR, MERIDIAN, MERIDIAN_UK, LAB]);
    let bids =
        (supplier(), quantity(), price(), any::<bool>()).prop_map(|(by, n, price, plain)| {
            (by, if plain { bid(by, n, price) } else { contingent(by, n, price) })
        });
    let lots = (supplier(), 0usize..4, 0..12).prop_map(|(by, lot, which)| {
        let does = match which {
            0 => delay(lot, date(2026, 1, 1)),
            1 => some(lot, 100),
            2 => shortfall(lot),
            3 => recover(lot),
            4 => slip(lot),
            5 => excuse(lot, 40),
            _ => deliver(lot),
        };
        (by, does)
    });
    let offers = prop_oneof![
        6 => bids,
        3 => number().prop_map(|n| (LAB, present(n))),
        2 => number().prop_map(|n| (LAB, present_sealed(n))),
        6 => number().prop_map(|n| (LAB, award(n))),
        4 => Just((MERIDIAN, match_offer())),
        1 => (holder(), price()).prop_map(|(by, price)| (by, match_at(price))),
        1 => (supplier(), number()).prop_map(|(by, n)| (by, withdraw_offer(n))),
        1 => (supplier(), number()).prop_map(|(by, n)| (by, meet(n))),
        1 => select(vec![tender(None, None), tender_for_ties(), tender(Some("2025-03-14 17:00"), Some("2025-03-17 17:00"))])
            .prop_map(|tender| (LAB, tender)),
        1 => supplier().prop_map(|by| (by, seal(&offer(by, 100, "2.40")))),
        1 => (supplier(), number()).prop_map(|(by, n)| (by, reveal(n, &offer(by, 100, "2.40")))),
        1 => Just((LAB, Does::AskImprovement)),
        1 => (supplier(), number()).prop_map(|(by, n)| (by, seal_improvement(n, &offer(by, 100, "2.30")))),
        1 => (supplier(), number()).prop_map(|(by, n)| (by, reveal_improvement(n, &offer(by, 100, "2.30")))),
        1 => Just((LAB, award_best(Some(SEED)))),
    ];
    let rounds = prop_oneof![
        4 => Just((LAB, notify())),
        1 => number().prop_map(|bid| (LAB, notify_of(bid))),
        3 => (holder(), quantity()).prop_map(|(by, quantity)| (by, exercise(quantity))),
        1 => holder().prop_map(|by| (by, exercise_all())),
        1 => holder().prop_map(|by| (by, exercise_if("financing"))),
        3 => holder().prop_map(|by| (by, decline())),
        1 => holder().prop_map(|by| (by, unable())),
        1 => holder().prop_map(|by| (by, waive())),
        1 => holder().prop_map(|by| (by, waive_within_limits())),
        1 => Just((MERIDIAN, consent())),
        1 => Just((LAB, tacit_consent())),
        1 => holder().prop_map(|by| (by, request_documents())),
        1 => Just((LAB, send_documents())),
        3 => Just((MERIDIAN, Does::Interest)),
        2 => (select(vec![LAB, MERIDIAN]), price()).prop_map(|(by, price)| (by, counter(price))),
        3 => select(vec![LAB, MERIDIAN]).prop_map(|by| (by, Does::Agree)),
        5 => select(vec![LAB, MERIDIAN]).prop_map(|by| (by, Does::Sign)),
    ];
    let needs = (quantity(), price()).prop_map(|(quantity, price)| {
        let change = amend_from_1000(|need| {
            need.quantity.count = quantity;
            need.price = usd(price);
        });
        (LAB, change)
    });
    let disturbances = prop_oneof![
        2 => needs,
        1 => anybody().prop_map(|by| (by, extend("2025-06-20 17:00"))),
        1 => holder().prop_map(|by| (by, Does::Rescreen)),
        1 => Just((LAB, Does::Rescreen)),
        2 => anybody().prop_map(|by| (by, annul())),
        2 => (anybody(), price()).prop_map(|(by, price)| (by, change_terms(price))),
        1 => anybody().prop_map(|by| (by, default())),
        1 => (holder(), quantity(), price())
            .prop_map(|(by, quantity, price)| (by, detect(ZEPHYR, quantity, price))),
        1 => any::<bool>().prop_map(|continued| (MERIDIAN, assign(AURORA, continued))),
        1 => Just((LAB, assign(AURORA, true))),
        1 => Just((MERIDIAN, change_control())),
        1 => select(vec![Does::DealBlind, Does::SuspendForControl]).prop_map(|does| (LAB, does)),
        2 => holder().prop_map(|by| (by, insolvent(by))),
        1 => Just((LAB, Does::AskAssurance)),
        2 => holder().prop_map(|by| (by, Does::Assume)),
        1 => holder().prop_map(|by| (by, Does::Reject)),
        2 => holder().prop_map(|by| (by, dispute())),
        2 => Just((ARBITER, stay())),
        2 => Just((ARBITER, Does::Resume)),
        1 => select(vec![State::Exempt, State::Free(Free::default()), State::Draft])
            .prop_map(|state| (ARBITER, rule(state))),
    ];
    let turn = prop_oneof![
        10 => rounds,
        10 => offers,
        5 => disturbances,
        3 => lots,
        1 => Just((LAB, request())),
        1 => Just((LAB, request_of(|need| need.linked = true))),
        1 => Just((LAB, request_of(|need| need.act = terms::Verb::Sell))),
        1 => Just((LAB, Does::NotifyBridge)),
        2 => Just(("clock", Does::Tick)),
    ];
    prop_oneof![
        14 => turn.clone(),
        2 => (anybody(), turn).prop_map(|(by, (_, does))| (by, does)),
        // Seldom, since it ends most plays.
        1 => prop_oneof![9 => Just((LAB, Does::Tick)), 1 => Just((LAB, Does::Withdraw))],
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let case = prop_oneof![4 => Just(CASE), 1 => Just("annex")];
    let part = prop_oneof![4 => Just(None), 1 => (1usize..5).prop_map(Some)];
    (wait(), case, part, deed())
        .prop_map(|(wait, case, part, (by, does))| (wait, case, by, part, does))
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..60)
}

fn agreements() -> impl Strategy<Value = usize> {
    0..AGREEMENTS.len()
}

/// What there is before anything happened: a holder that has not enough for both cases.
fn begun() -> Book {
    let mut book = Book::default();
    let supplier = Name::new(MERIDIAN);
    book.declare(&Declared { supplier, class: "H100".to_string(), count: 1200 });
    book
}

/// Plays a sequence and watches it; gives the play as it stands at the end, and the last instant.
fn watch(terms: &Terms, steps: &[Step]) -> Result<(Watched, Timestamp), TestCaseError> {
    let mut play = Watched { book: begun(), ..Watched::default() };
    let mut now = at("2025-01-21 18:05");
    let begin = [(Wait::No, CASE, LAB, None, request())];
    for (wait, case, by, part, does) in begin.iter().chain(steps) {
        now = wait.from(now, &play.book);
        watched(terms, &mut play, now, case, by, *part, does)?;
    }
    Ok((play, now))
}

fn watched(
    terms: &Terms,
    play: &mut Watched,
    now: Timestamp,
    case: &str,
    by: &str,
    part: Option<usize>,
    does: &Does,
) -> TestCaseResult {
    let command = Command { part, ..Command::new(by, does.clone()) };
    let before = play.book.clone();
    let decided = decide(terms, &play.book, case, &command, now);
    prop_assert_eq!(&decided, &decide(terms, &play.book, case, &command, now), "decided twice");
    prop_assert_eq!(&before, &play.book, "deciding changes nothing");
    let happened = play.act(Guards::ALL, terms, case, now, &command);
    prop_assert_eq!(decided.is_ok(), happened.is_ok());
    if let Ok(happened) = happened {
        prop_assert!(happened.iter().all(|dated| dated.at <= now));
    }
    prop_assert!(play.watcher.broken.is_empty(), "{:#?} after {}", play.watcher.broken, told(play));
    Ok(())
}

/// What happened, in a line each.
fn told(play: &Watched) -> String {
    let told = play.journal.entries().into_iter().map(|(case, dated)| {
        let by = dated.by.as_ref().map_or("nobody", |by| by.as_str());
        format!("\n{} {case}: {by} {:?}", local(dated.at), dated.event)
    });
    told.collect()
}

/// Lets time pass to the end of all that runs.
fn to_the_end(terms: &Terms, play: &mut Watched) -> TestCaseResult {
    let far = at("2028-12-01 00:00");
    for case in [CASE, "annex"] {
        if play.book.case(case).is_some() {
            watched(terms, play, far, case, "clock", None, &Does::Tick)?;
        }
    }
    Ok(())
}

proptest! {
    /// Every law of the watcher; refusals change nothing; and no part is left waiting.
    #[test]
    fn nothing_forbidden_happens_and_nobody_waits_for_ever(
        terms in agreements(),
        steps in steps(),
    ) {
        let terms = &AGREEMENTS[terms];
        let (mut play, now) = watch(terms, &steps)?;
        play.see_that_nothing_waits(Timestamp::MIN);
        prop_assert!(play.watcher.broken.is_empty(), "{now}: {:#?}", play.watcher.broken);
        to_the_end(terms, &mut play)?;
        let due = play.book.next().map(|(at, case)| (at, case.to_string()));
        prop_assert!(due.as_ref().is_none_or(|(at, _)| *at > common::at("2028-12-01 00:00")), "{due:?}");
    }

    /// Invariant 17: the journal alone gives the book, also after it has been written and read.
    #[test]
    fn a_replay_of_the_journal_gives_the_same_book(terms in agreements(), steps in steps()) {
        let (mut play, _) = watch(&AGREEMENTS[terms], &steps)?;
        play.see_that_it_replays(&begun());
        prop_assert!(play.watcher.broken.is_empty(), "{:#?}", play.watcher.broken);
    }

    /// Time brings about the same, however often one looks.
    #[test]
    fn looking_often_or_once_sees_the_same(
        terms in agreements(),
        steps in steps(),
        looks in vec(wait(), 1..12),
    ) {
        let terms = &AGREEMENTS[terms];
        let (play, mut now) = watch(terms, &steps)?;
        let (mut often, mut once) = (play.clone(), play);
        for look in looks {
            now = look.from(now, &often.book);
            often.act(Guards::ALL, terms, CASE, now, &Command::new("clock", Does::Tick)).unwrap();
        }
        once.act(Guards::ALL, terms, CASE, now, &Command::new("clock", Does::Tick)).unwrap();
        prop_assert_eq!(often.journal.entries(), once.journal.entries());
        prop_assert_eq!(often.book, once.book);
    }

    /// A look before a command does not change what comes of it.
    #[test]
    fn a_look_before_a_command_changes_nothing(
        terms in agreements(),
        steps in steps(),
        (wait, case, by, part, does) in step(),
    ) {
        let terms = &AGREEMENTS[terms];
        let (play, now) = watch(terms, &steps)?;
        let case = if play.book.case(case).is_some() { case } else { CASE };
        let now = wait.from(now, &play.book);
        let (mut looked, mut straight) = (play.clone(), play);
        looked.act(Guards::ALL, terms, case, now, &Command::new("clock", Does::Tick)).unwrap();
        let command = Command { part, ..Command::new(by, does) };
        let after_look = looked.act(Guards::ALL, terms, case, now, &command);
        let direct = straight.act(Guards::ALL, terms, case, now, &command);
        prop_assert_eq!(after_look.is_ok(), direct.is_ok());
        if direct.is_ok() {
            prop_assert_eq!(looked.journal.entries(), straight.journal.entries());
        }
    }
}

/// The random plays do reach every state and event; else the laws above say little.
#[test]
fn the_plays_reach_everything() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for round in 0..4000 {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        let (mut play, _) = watch(&AGREEMENTS[round % AGREEMENTS.len()], &steps).unwrap();
        let parts = play.book.cases().flat_map(|(_, case)| &case.parts);
        seen.extend(parts.map(|part| part.state.name()).collect::<Vec<_>>());
        to_the_end(&AGREEMENTS[round % AGREEMENTS.len()], &mut play).unwrap();
        seen.extend(play.journal.entries().iter().map(|(_, dated)| dated.event.name()));
        let parts = play.book.cases().flat_map(|(_, case)| &case.parts);
        seen.extend(parts.map(|part| part.state.name()).collect::<Vec<_>>());
    }
    let missed: Vec<_> = ALL.iter().filter(|name| !seen.contains(*name)).collect();
    assert_eq!(missed, Vec::<&&str>::new());
}

/// Every state and event that plays come to; others, as talks that end in agreement, the worlds of
/// `tests/model.rs` do.
const ALL: &[&str] = &[
    "requested",
    "screened",
    "exempted",
    "notice-sent",
    "round-opened",
    "elected",
    "exercised",
    "partial-exercised",
    "declined",
    "lapsed",
    "consented",
    "waived",
    "countered",
    "talks-ended",
    "released",
    "tendered",
    "bid-sealed",
    "bid-received",
    "bid-gone",
    "offer-presented",
    "matched",
    "match-declined",
    "match-lapsed",
    "awarded-contingent",
    "awarded",
    "third-signed",
    "must-renotice",
    "signature-given",
    "definitive-signed",
    "close-failed",
    "proposed",
    "amended",
    "superseded",
    "withdrawn",
    "extended",
    "assigned",
    "assignment-lapsed",
    "right-ended",
    "insolvency-noticed",
    "assurance-asked",
    "contract-assumed",
    "contract-rejected",
    "disputed",
    "paused",
    "resumed",
    "lot-scheduled",
    "delivery-late",
    "grace-ended",
    "shortfall",
    "delivered",
    "fulfilled",
    "DRAFT",
    "NOTICED",
    "OPEN",
    "NEGOTIATING",
    "PAUSED",
    "FREE",
    "MATCHING",
    "COMMITTED",
    "THIRD_SIGNED",
    "FULFILLED",
    "EXEMPT",
    "WITHDRAWN",
    "SUPERSEDED",
    "EXPIRED",
];
