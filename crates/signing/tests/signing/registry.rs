use jiff::Timestamp;
use proptest::prelude::*;
use signing::{JournalId, KeyEvent, KeyRegistered, KeyRevoked, NotAdmitted, NotValid, Registry};

use crate::common::{JOURNAL, at, key};

fn first(party: &str, number: u8, hour: i64) -> KeyEvent {
    let key = key(number).public();
    KeyEvent::Registered(KeyRegistered { party: party.into(), key, from: at(hour), vouched: None })
}

fn next(party: &str, number: u8, hour: i64, by: u8) -> KeyEvent {
    let new = key(number).public();
    KeyEvent::Registered(KeyRegistered::vouched(party, new, at(hour), JOURNAL, &key(by)))
}

fn revoke(party: &str, number: u8, hour: i64, by: u8) -> KeyEvent {
    let old = key(number).public().fingerprint();
    KeyEvent::Revoked(KeyRevoked::vouched(party, old, at(hour), "lost", JOURNAL, &key(by)))
}

fn folded(events: &[(KeyEvent, i64)]) -> Registry {
    events.iter().fold(Registry::default(), |registry, (event, hour)| {
        assert_eq!(registry.admit(event, JOURNAL, at(*hour)), Ok(()), "{event:?}");
        registry.apply(event, JOURNAL, at(*hour))
    })
}

fn valid(registry: &Registry, party: &str, number: u8, time: Timestamp) -> bool {
    registry.valid_key(party, key(number).public().fingerprint(), time).is_ok()
}

#[test]
fn a_key_is_valid_from_its_day_to_its_end() {
    let registry = folded(&[
        (first("openai", 1, 5), 0),
        (next("openai", 2, 7, 1), 6),
        (revoke("openai", 1, 9, 2), 8),
    ]);
    let rows = [(4, false, false), (5, true, false), (6, true, false), (7, true, true)];
    for (hour, one, two) in rows.into_iter().chain([(8, true, true), (9, false, true)]) {
        assert_eq!(valid(&registry, "openai", 1, at(hour)), one, "{hour}");
        assert_eq!(valid(&registry, "openai", 2, at(hour)), two, "{hour}");
    }
    assert!(!valid(&registry, "microsoft", 1, at(6)));
    assert!(registry.knows("openai") && !registry.knows("microsoft"));
    assert_eq!(registry.keys("openai").len(), 2);
}

#[test]
fn dates_before_the_record_count_from_the_record() {
    let registry = folded(&[(first("openai", 1, 0), 5), (revoke("openai", 1, 2, 1), 9)]);
    // Neither is a signature made valid, nor one taken back, by an early date.
    assert!(!valid(&registry, "openai", 1, at(4)));
    assert!(valid(&registry, "openai", 1, at(8)));
    assert!(!valid(&registry, "openai", 1, at(9)));
}

#[test]
fn a_revocation_can_be_brought_forward_but_not_put_off() {
    let to_come = [(first("openai", 1, 0), 0), (revoke("openai", 1, 9, 1), 1)];
    let sooner = folded(&[&to_come[..], &[(revoke("openai", 1, 5, 1), 2)]].concat());
    assert!(valid(&sooner, "openai", 1, at(4)) && !valid(&sooner, "openai", 1, at(5)));
    let later = folded(&[&to_come[..], &[(revoke("openai", 1, 20, 1), 2)]].concat());
    assert!(!valid(&later, "openai", 1, at(9)));
}

#[test]
fn nobody_but_the_party_changes_its_keys() {
    let registry = folded(&[
        (first("openai", 1, 0), 0),
        (first("microsoft", 2, 0), 0),
        (next("openai", 3, 1, 1), 1),
        (revoke("openai", 1, 2, 1), 2),
    ]);
    let refused = |event: KeyEvent| registry.admit(&event, JOURNAL, at(5)).unwrap_err();
    // The operator, though all may believe it entered the first key.
    assert_eq!(refused(first("openai", 9, 5)), NotAdmitted::NotVouched("openai".into()));
    // Another party; a stranger; a key that was revoked.
    for by in [2, 9] {
        let unknown = refused(next("openai", 8, 5, by));
        assert!(matches!(unknown, NotAdmitted::Key(NotValid::Unknown { .. })), "{unknown:?}");
        let unknown = refused(revoke("openai", 3, 5, by));
        assert!(matches!(unknown, NotAdmitted::Key(NotValid::Unknown { .. })), "{unknown:?}");
    }
    let revoked = refused(next("openai", 8, 5, 1));
    assert!(matches!(revoked, NotAdmitted::Key(NotValid::Revoked { .. })), "{revoked:?}");
    // A key that is somebody's already, even if revoked.
    for number in [1, 2, 3] {
        assert!(matches!(refused(next("openai", number, 5, 3)), NotAdmitted::Known { .. }));
        assert!(matches!(refused(first("oracle", number, 5)), NotAdmitted::Known { .. }));
    }
    // A key of another party is not one's own to revoke.
    assert!(matches!(refused(revoke("openai", 2, 5, 3)), NotAdmitted::Key(_)));
}

#[test]
fn a_party_without_valid_keys_stays_without() {
    let registry = folded(&[(first("openai", 1, 0), 0), (revoke("openai", 1, 1, 1), 1)]);
    assert!(registry.admit(&first("openai", 2, 2), JOURNAL, at(2)).is_err());
    assert!(registry.admit(&next("openai", 2, 2, 1), JOURNAL, at(2)).is_err());
}

#[test]
fn a_change_of_keys_is_for_one_journal_and_in_one_text() {
    let registry = folded(&[(first("openai", 1, 0), 0)]);
    let there = next("openai", 2, 1, 1);
    for elsewhere in [JournalId([8; 32]), JournalId::NONE] {
        let refused = registry.admit(&there, elsewhere, at(1));
        assert!(matches!(refused, Err(NotAdmitted::Signature(_))), "{refused:?}");
    }
    // A journal without events is none to sign for: every such journal has the same name.
    let (second, none) = (key(2).public(), JournalId::NONE);
    let nowhere = KeyRegistered::vouched("openai", second, at(1), none, &key(1));
    let refused = registry.admit(&KeyEvent::Registered(nowhere), none, at(1));
    assert!(matches!(refused, Err(NotAdmitted::Signature(_))), "{refused:?}");
    let KeyEvent::Registered(event) = there else { unreachable!() };
    for changed in [
        KeyRegistered { from: at(2), ..event.clone() },
        KeyRegistered { key: key(3).public(), ..event.clone() },
    ] {
        let refused = registry.admit(&KeyEvent::Registered(changed), JOURNAL, at(1));
        assert!(matches!(refused, Err(NotAdmitted::Signature(_))), "{refused:?}");
    }
    let KeyEvent::Revoked(event) = revoke("openai", 1, 1, 1) else { unreachable!() };
    for changed in [
        KeyRevoked { at: at(3), ..event.clone() },
        KeyRevoked { reason: "sold".into(), ..event.clone() },
    ] {
        let refused = registry.admit(&KeyEvent::Revoked(changed), JOURNAL, at(1));
        assert!(matches!(refused, Err(NotAdmitted::Signature(_))), "{refused:?}");
    }
}

#[test]
fn an_event_reads_back_as_it_was_kept() {
    let KeyEvent::Registered(event) = next("openai", 2, 1, 1) else { unreachable!() };
    let json = serde_json::to_value(&event).unwrap();
    assert_eq!(serde_json::from_value::<KeyRegistered>(json).unwrap(), event);
    let KeyEvent::Revoked(event) = revoke("openai", 2, 1, 1) else { unreachable!() };
    let json = serde_json::to_value(&event).unwrap();
    assert_eq!(serde_json::from_value::<KeyRevoked>(json).unwrap(), event);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    First(u8),
    Next(u8, u8),
    Revoke(u8, u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..6u8).prop_map(Step::First),
        (0..6u8, 0..6u8).prop_map(|(new, by)| Step::Next(new, by)),
        (0..6u8, 0..6u8).prop_map(|(old, by)| Step::Revoke(old, by)),
    ]
}

proptest! {
    /// Whatever is entered, in whatever order: only what the rules admit has an effect, every key
    /// but the first of a party goes back to it, and what was valid at a time stays so.
    #[test]
    fn what_is_not_admitted_changes_nothing(steps in prop::collection::vec((step(), 0..20i64), 1..20)) {
        let mut registry = Registry::default();
        for (hour, (step, date)) in (0..).zip(steps) {
            let event = match step {
                Step::First(new) => first("openai", new, date),
                Step::Next(new, by) => next("openai", new, date, by),
                Step::Revoke(old, by) => revoke("openai", old, date, by),
            };
            let before = registry.clone();
            let admitted = before.admit(&event, JOURNAL, at(hour));
            registry = registry.apply(&event, JOURNAL, at(hour));
            if admitted.is_err() {
                prop_assert_eq!(&registry, &before);
            }
            for number in 0..6 {
                // The past does not change: nobody makes or unmakes a signature afterwards.
                for past in 0..hour {
                    prop_assert_eq!(
                        valid(&registry, "openai", number, at(past)),
                        valid(&before, "openai", number, at(past))
                    );
                }
                let fresh = valid(&registry, "openai", number, at(hour)) && !valid(&before, "openai", number, at(hour));
                match step {
                    Step::First(_) if fresh => prop_assert!(!before.knows("openai")),
                    Step::Next(_, by) if fresh => prop_assert!(valid(&before, "openai", by, at(hour))),
                    Step::Revoke(..) => prop_assert!(!fresh),
                    _ => {}
                }
            }
        }
    }
}
