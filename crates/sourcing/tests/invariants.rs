//! What holds whatever the parties do, and whenever. Source: domain rules §2.8.
//!
//! A play is a random sequence of commands by random parties at instants that stand still or move
//! on: by a little, by weeks, to the next deadline exactly, or to just after it. A watcher reads the
//! events alone and knows from them what must not happen next.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::sync::LazyLock;

use common::*;
use jiff::civil::date;
use jiff::{Span, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseResult;
use sourcing::command::Does;
use sourcing::{Case, Command, Dated, Event, Restriction, State, decide, timer};
use terms::clause::Silence;
use terms::{Money, Name, Terms};

/// Agreements to play under.
static AGREEMENTS: LazyLock<Vec<Terms>> = LazyLock::new(|| {
    let refusals = [
        "",
        "partial_exercise = any_quantity",
        "partial_exercise = none\n  silence_means = accept",
        "free_terms_limit = none",
        "match_window = \"48 hours\"\n  close_within = \"1 months\"",
        "close_within = \"0 days\"",
    ];
    let refusals = refusals.map(|more| agreement(&first_refusal(more)));
    refusals.into_iter().chain([agreement(EXCLUSIVITY), agreement("")]).collect()
});

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
        3 => Just(Wait::No),
        3 => (1i64..7_200).prop_map(Wait::Seconds),
        2 => (1i64..40 * 86_400).prop_map(Wait::Seconds),
        3 => Just(Wait::ToTimer),
        2 => Just(Wait::PastTimer),
        1 => select(instants.to_vec()).prop_map(Wait::To),
    ]
}

impl Wait {
    /// The next instant; never an earlier one.
    fn from(&self, now: Timestamp, case: Option<&Case>) -> Timestamp {
        let timer = case.and_then(timer::next).map_or(now, |(due, _)| due);
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

/// Somebody, mostly the one whose turn it could be, does something.
fn step() -> impl Strategy<Value = (&'static str, Does)> {
    let anybody = || select(vec![LAB, MERIDIAN, MERIDIAN_UK, BOREALIS, ZEPHYR]);
    let quantity = || select(vec![0, 50, 100, 250, 300, 400, 600, 650, 1000, 1100]);
    let price = select(vec!["2.30", "2.40", "2.436", "2.50", "2.60"]);
    let number = || 0usize..7;
    let suppliers = select(vec![BOREALIS, ZEPHYR, MERIDIAN, MERIDIAN_UK, LAB]);
    let bids = (suppliers, quantity(), price)
        .prop_map(|(by, quantity, price)| (by, bid(by, quantity, price)));
    let lots = (anybody(), 0usize..5, any::<bool>()).prop_map(|(by, lot, late)| {
        (by, if late { delay(lot, date(2026, 1, 1)) } else { deliver(lot) })
    });
    let turn = prop_oneof![
        3 => Just((LAB, notify())),
        2 => quantity().prop_map(|quantity| (MERIDIAN, exercise(quantity))),
        1 => Just((MERIDIAN_UK, exercise_all())),
        2 => Just((MERIDIAN, Does::Decline)),
        1 => Just((MERIDIAN, consent())),
        1 => Just((LAB, tacit_consent())),
        5 => bids,
        3 => number().prop_map(|bid| (LAB, present(bid))),
        2 => Just((MERIDIAN, Does::Match)),
        5 => number().prop_map(|bid| (LAB, award(bid))),
        2 => Just((LAB, Does::Sign)),
        2 => lots,
        1 => Just((LAB, request())),
        2 => Just(("clock", Does::Tick)),
    ];
    prop_oneof![
        12 => turn.clone(),
        2 => (anybody(), turn).prop_map(|(by, (_, does))| (by, does)),
        // Seldom, since it ends most plays.
        1 => prop_oneof![9 => Just((LAB, Does::Tick)), 1 => Just((LAB, Does::Withdraw))],
    ]
}

fn steps() -> impl Strategy<Value = Vec<(Wait, &'static str, Does)>> {
    vec((wait(), step()).prop_map(|(wait, (by, does))| (wait, by, does)), 1..60)
}

/// Why others may supply a part, and within what.
#[derive(Debug, Clone, PartialEq)]
struct Release {
    baseline: Option<Money>,
    closes: Option<Timestamp>,
}

/// What the events alone say of a part.
#[derive(Debug, Clone, Default)]
struct Watched {
    exempt: bool,
    release: Option<Release>,
    /// The window the holder has, and how often it was answered.
    deadline: Option<Timestamp>,
    presented: Option<usize>,
}

/// Reads events and tells what must not happen.
#[derive(Default)]
struct Watcher {
    parts: Vec<Watched>,
    restriction: Option<Restriction>,
    last: Option<Dated>,
    /// Rounds opened, and answers to them; silence is one.
    opened: usize,
    answered: usize,
    signed: Vec<usize>,
}

impl Watcher {
    /// `before` is the case the event turned into `after`.
    fn see(&mut self, before: Option<&Case>, dated: &Dated, after: &Case) -> TestCaseResult {
        let Dated { at, by, event, .. } = dated;
        prop_assert!(self.last.as_ref().is_none_or(|last| last.at <= *at), "order of events");
        match event {
            Event::Requested { .. } => self.parts.push(Watched::default()),
            Event::Screened { restriction } => self.restriction = Some(restriction.clone()),
            Event::Exempted => self.parts.iter_mut().for_each(|part| part.exempt = true),
            Event::NoticeSent { part, receipt, deadline, .. } => {
                prop_assert!(at <= receipt && receipt <= deadline);
                self.parts[*part] = Watched { deadline: Some(*deadline), ..Watched::default() };
            }
            Event::RoundOpened { part, deadline, round } => {
                prop_assert_eq!(self.parts[*part].deadline, Some(*deadline), "deadline as noticed");
                prop_assert_eq!(*round, before.unwrap().rounds + 1);
                self.opened += 1;
            }
            Event::Exercised { part, .. } | Event::PartialExercised { part, .. } => {
                self.answer(*part, dated)?;
                self.answered += 1;
                if let Event::PartialExercised { quantity, .. } = event {
                    self.split(before, *part, *quantity);
                }
            }
            Event::Declined { part } => {
                prop_assert!(by.is_some());
                self.answer(*part, dated)?;
                self.answered += 1;
            }
            Event::Lapsed { part } => {
                prop_assert_eq!(Some(*at), self.parts[*part].deadline, "lapses at the deadline");
                prop_assert!(by.is_none());
                self.answered += 1;
            }
            Event::Consented { part, tacit, .. } => {
                let first = matches!(self.restriction, Some(Restriction::FirstRefusal { .. }));
                prop_assert!(!(*tacit && first), "a first right waived tacitly");
                prop_assert!(*tacit || is_holder(by.as_ref()), "consent by {by:?}");
                let open = matches!(before.unwrap().parts[*part].state, State::Open { .. });
                self.answered += usize::from(open);
            }
            Event::Released { part, baseline, closes } => {
                self.released(before.unwrap(), *part, *baseline)?;
                let release = Release { baseline: *baseline, closes: *closes };
                self.parts[*part] = Watched { release: Some(release), ..Watched::default() };
            }
            Event::BidReceived { .. } => {}
            Event::OfferPresented { part, quantity, bid, deadline, .. } => {
                let offer = &before.unwrap().bids[*bid];
                let release = self.parts[*part].release.as_ref().unwrap();
                prop_assert!(release.baseline.unwrap().amount < offer.price.amount);
                prop_assert_eq!(offer.quantity, *quantity);
                self.split(before, *part, *quantity);
                self.parts[*part].deadline = Some(*deadline);
                self.parts[*part].presented = Some(*bid);
            }
            Event::Matched { part, price, .. } => {
                let bid = self.parts[*part].presented.unwrap();
                prop_assert_eq!(*price, before.unwrap().bids[bid].price);
                self.answer(*part, dated)?;
            }
            Event::MatchDeclined { part } => self.answer(*part, dated)?,
            Event::MatchLapsed { part } => {
                prop_assert_eq!(Some(*at), self.parts[*part].deadline);
            }
            Event::ThirdSigned { part, quantity, bid, supplier, price } => {
                prop_assert!(self.may_sign(*part, *at, *price), "third signed: {dated:?}");
                prop_assert!(!is_holder(Some(supplier)) || self.parts[*part].exempt);
                self.sign(before, *part, *quantity, *bid)?;
            }
            Event::Awarded { part, quantity, bid, supplier, .. } => {
                prop_assert!(is_holder(Some(supplier)));
                self.sign(before, *part, *quantity, *bid)?;
            }
            Event::MustRenotice { part } => {
                let release = self.parts[*part].release.take().unwrap();
                prop_assert_eq!(release.closes, Some(*at));
            }
            Event::CloseFailed { .. }
            | Event::DefinitiveSigned { .. }
            | Event::LotScheduled { .. }
            | Event::DeliveryDelayed { .. }
            | Event::Delivered { .. }
            | Event::Fulfilled { .. } => {}
            Event::Withdrawn => {
                let open = |part: &&sourcing::Part| matches!(part.state, State::Open { .. });
                self.answered += before.unwrap().parts.iter().filter(open).count();
            }
        }
        self.last = Some(dated.clone());
        prop_assert_eq!(self.parts.len(), after.parts.len());
        sums(after)?;
        before.map_or(Ok(()), |before| no_deadline_moves_earlier(before, after))
    }

    /// An answer is the holder's, in time; an exercise may be silence where that means acceptance.
    fn answer(&self, part: usize, dated: &Dated) -> TestCaseResult {
        let deadline = self.parts[part].deadline.unwrap();
        prop_assert!(dated.at <= deadline, "late: {dated:?}");
        match &dated.by {
            Some(by) => prop_assert!(is_holder(Some(by)), "by {by}"),
            None => {
                let accepts = matches!(&self.restriction, Some(Restriction::FirstRefusal { right, .. })
                    if right.silence_means == Silence::Accept);
                prop_assert!(accepts && dated.at == deadline, "{dated:?}");
            }
        }
        Ok(())
    }

    /// A release follows from its reason at once, and has the limit its reason gives.
    fn released(&self, before: &Case, part: usize, baseline: Option<Money>) -> TestCaseResult {
        let asked = match &before.restriction {
            Restriction::FirstRefusal { right, .. }
                if right.free_terms_limit == terms::clause::FreeTermsLimit::NoMoreFavourable =>
            {
                Some(before.requirement.price)
            }
            _ => None,
        };
        let limit = match self.last.as_ref().map(|dated| &dated.event) {
            Some(Event::Consented { part: of, .. } | Event::CloseFailed { part: of }) => {
                prop_assert_eq!(*of, part);
                None
            }
            Some(Event::Declined { part: of } | Event::Lapsed { part: of }) => {
                prop_assert_eq!(*of, part);
                asked
            }
            Some(Event::PartialExercised { .. }) => {
                prop_assert_eq!(part, before.parts.len() - 1);
                asked
            }
            Some(Event::MatchDeclined { part: of } | Event::MatchLapsed { part: of }) => {
                prop_assert_eq!(*of, part);
                Some(before.bids[self.parts[part].presented.unwrap()].price)
            }
            other => panic!("released after {other:?}"),
        };
        prop_assert_eq!(baseline, limit);
        Ok(())
    }

    /// Safety, invariant 3: exempt, or released and within the time and the terms.
    fn may_sign(&self, part: usize, at: Timestamp, price: Money) -> bool {
        let part = &self.parts[part];
        part.exempt
            || part.release.as_ref().is_some_and(|release| {
                part.presented.is_none()
                    && release.closes.is_none_or(|closes| at <= closes)
                    && release.baseline.is_none_or(|baseline| price.amount <= baseline.amount)
            })
    }

    fn sign(
        &mut self,
        before: Option<&Case>,
        part: usize,
        quantity: u64,
        bid: usize,
    ) -> TestCaseResult {
        prop_assert!(!self.signed.contains(&bid), "offer {bid} is signed twice");
        prop_assert_eq!(before.unwrap().bids[bid].quantity, quantity);
        self.signed.push(bid);
        self.split(before, part, quantity);
        self.parts[part] = Watched::default();
        Ok(())
    }

    /// What is not taken becomes a part of its own, on the terms there were.
    fn split(&mut self, before: Option<&Case>, part: usize, quantity: u64) {
        if quantity < before.unwrap().parts[part].quantity {
            self.parts.push(self.parts[part].clone());
        }
    }
}

fn is_holder(party: Option<&Name>) -> bool {
    party.is_some_and(|party| [MERIDIAN, MERIDIAN_UK].contains(&party.as_str()))
}

/// Conservation, invariant 1; and no part is to be delivered more than once.
fn sums(case: &Case) -> TestCaseResult {
    let all: u64 = case.parts.iter().map(|part| part.quantity).sum();
    prop_assert_eq!(all, case.requirement.quantity.count);
    prop_assert!(case.parts.iter().all(|part| part.quantity > 0));
    for (at, part) in case.parts.iter().enumerate() {
        let lots: u64 = case.lots.iter().filter(|lot| lot.part == at).map(|lot| lot.quantity).sum();
        prop_assert!(lots <= part.quantity, "part {at}: {lots} of {}", part.quantity);
        match &part.state {
            State::Fulfilled => prop_assert_eq!(lots, part.quantity),
            State::ThirdSigned { .. } | State::Committed { sign_by: None, .. } => {}
            _ => prop_assert_eq!(lots, 0, "lots of part {}, {}", at, part),
        }
    }
    Ok(())
}

/// Invariant 6, part by part as long as it stands where it stood.
fn no_deadline_moves_earlier(before: &Case, after: &Case) -> TestCaseResult {
    use State::{Committed, Free, Matching, Noticed, Open};
    for (before, after) in before.parts.iter().zip(&after.parts) {
        let (was, is) = match (&before.state, &after.state) {
            (
                Noticed { deadline: was, .. } | Open { deadline: was },
                Noticed { deadline: is, .. } | Open { deadline: is },
            ) => (Some(*was), Some(*is)),
            (Matching { bid, deadline: was, .. }, Matching { bid: same, deadline: is, .. })
                if bid == same =>
            {
                (Some(*was), Some(*is))
            }
            (
                Free { closes: was, .. } | Matching { closes: was, .. },
                Free { closes: is, .. } | Matching { closes: is, .. },
            ) => (*was, *is),
            (Committed { sign_by: Some(was), .. }, Committed { sign_by: Some(is), .. }) => {
                (Some(*was), Some(*is))
            }
            _ => continue,
        };
        let Some(is) = is else { continue };
        prop_assert!(was.is_some_and(|was| was <= is), "{was:?} moves to {is}");
    }
    Ok(())
}

/// Plays a sequence and watches it; gives the play as it stands at the end, and the last instant.
fn watch(
    terms: &Terms,
    steps: &[(Wait, &'static str, Does)],
) -> Result<(Play, Watcher, Timestamp), TestCaseError> {
    let mut play = Play::default();
    let mut watcher = Watcher::default();
    let mut now = at("2025-01-21 18:05");
    let begin = [(Wait::No, LAB, request())];
    for (wait, by, does) in begin.iter().chain(steps) {
        now = wait.from(now, play.case.as_ref());
        watched(terms, &mut play, &mut watcher, now, by, does)?;
    }
    Ok((play, watcher, now))
}

fn watched(
    terms: &Terms,
    play: &mut Play,
    watcher: &mut Watcher,
    now: Timestamp,
    by: &str,
    does: &Does,
) -> TestCaseResult {
    let command = Command { by: Name::new(by), does: does.clone() };
    let case = play.case.clone();
    let decided = decide(terms, case.as_ref(), &command, now);
    prop_assert_eq!(&decided, &decide(terms, case.as_ref(), &command, now), "decided twice");
    prop_assert_eq!(&case, &play.case, "deciding changes nothing");
    let Ok(happened) = decided else {
        return Ok(());
    };
    for dated in happened {
        prop_assert!(dated.at <= now);
        let before = play.case.clone();
        play.case = Case::apply(play.case.take(), dated.at, &dated.event);
        watcher.see(before.as_ref(), &dated, play.case.as_ref().unwrap())?;
        play.journal.push(dated);
    }
    Ok(())
}

proptest! {
    /// Invariants 1, 3, 4 and 6; refusals change nothing; every round is answered once and no part
    /// is left waiting (7 and 8).
    #[test]
    fn nothing_forbidden_happens_and_nobody_waits_for_ever(
        terms in select((0..AGREEMENTS.len()).collect::<Vec<_>>()),
        steps in steps(),
    ) {
        let terms = &AGREEMENTS[terms];
        let (mut play, mut watcher, _) = watch(terms, &steps)?;
        let far = at("2100-01-01 00:00");
        watched(terms, &mut play, &mut watcher, far, "clock", &Does::Tick)?;
        let case = play.case.as_ref().unwrap();
        for part in &case.parts {
            let waits = matches!(
                part.state,
                State::Noticed { .. }
                    | State::Open { .. }
                    | State::Matching { .. }
                    | State::Free { closes: Some(_), .. }
                    | State::Committed { sign_by: Some(_), .. }
            );
            prop_assert!(!waits, "{part} waits for ever");
        }
        prop_assert_eq!(timer::next(case), None);
        prop_assert_eq!(watcher.opened, watcher.answered, "each round has one answer");
        let again = Command { by: Name::new("clock"), does: Does::Tick };
        prop_assert_eq!(decide(terms, Some(case), &again, far), Ok(Vec::new()));
    }

    /// Invariant 17: the journal alone gives the case, also after it has been written and read.
    #[test]
    fn a_replay_of_the_journal_gives_the_same_case(
        terms in select((0..AGREEMENTS.len()).collect::<Vec<_>>()),
        steps in steps(),
    ) {
        let (play, _, _) = watch(&AGREEMENTS[terms], &steps)?;
        let mut replayed = None;
        for dated in &play.journal {
            let written = serde_json::to_string(dated).unwrap();
            let read: Dated = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(&read, dated, "{}", written);
            let name = format!("\"event\":\"{}\"", dated.event.name());
            prop_assert!(written.contains(&name), "{}", written);
            replayed = Case::apply(replayed, read.at, &read.event);
        }
        prop_assert_eq!(replayed, play.case);
    }

    /// Time brings about the same, however often one looks.
    #[test]
    fn looking_often_or_once_sees_the_same(
        terms in select((0..AGREEMENTS.len()).collect::<Vec<_>>()),
        steps in steps(),
        looks in vec(wait(), 1..12),
    ) {
        let terms = &AGREEMENTS[terms];
        let (play, _, mut now) = watch(terms, &steps)?;
        let (mut often, mut once) = (play.clone(), play);
        for look in looks {
            now = look.from(now, often.case.as_ref());
            often.act(terms, now, "clock", Does::Tick).unwrap();
        }
        once.act(terms, now, "clock", Does::Tick).unwrap();
        prop_assert_eq!(often.journal, once.journal);
        prop_assert_eq!(often.case, once.case);
    }

    /// A look before a command does not change what comes of it.
    #[test]
    fn a_look_before_a_command_changes_nothing(
        terms in select((0..AGREEMENTS.len()).collect::<Vec<_>>()),
        steps in steps(),
        wait in wait(),
        (by, does) in step(),
    ) {
        let terms = &AGREEMENTS[terms];
        let (play, _, now) = watch(terms, &steps)?;
        let now = wait.from(now, play.case.as_ref());
        let (mut looked, mut straight) = (play.clone(), play);
        looked.act(terms, now, "clock", Does::Tick).unwrap();
        let after_look = looked.act(terms, now, by, does.clone());
        let direct = straight.act(terms, now, by, does);
        prop_assert_eq!(after_look.is_ok(), direct.is_ok());
        if direct.is_ok() {
            prop_assert_eq!(looked.journal, straight.journal);
        }
    }
}

/// The random plays do reach every state and event; else the laws above say little.
#[test]
fn the_plays_reach_everything() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..1500 {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        let (play, _, _) = watch(&AGREEMENTS[round % AGREEMENTS.len()], &steps).unwrap();
        seen.extend(play.journal.iter().map(|dated| dated.event.name()));
        let parts = play.case.iter().flat_map(|case| &case.parts);
        seen.extend(parts.map(|part| part.state.name()).collect::<Vec<_>>());
    }
    let all = [
        "requested",
        "screened",
        "exempted",
        "notice-sent",
        "round-opened",
        "exercised",
        "partial-exercised",
        "declined",
        "lapsed",
        "consented",
        "released",
        "bid-received",
        "offer-presented",
        "matched",
        "match-declined",
        "match-lapsed",
        "awarded",
        "third-signed",
        "must-renotice",
        "definitive-signed",
        "close-failed",
        "lot-scheduled",
        "delivery-delayed",
        "delivered",
        "fulfilled",
        "withdrawn",
        "DRAFT",
        "NOTICED",
        "OPEN",
        "FREE",
        "MATCHING",
        "COMMITTED",
        "THIRD_SIGNED",
        "FULFILLED",
        "EXEMPT",
        "WITHDRAWN",
        "EXPIRED",
    ];
    let missed: Vec<_> = all.into_iter().filter(|name| !seen.contains(name)).collect();
    assert_eq!(missed, Vec::<&str>::new());
}
