use signing::{
    JournalId, KeyEvent, KeyRegistered, KeyRevoked, NotValid, NotVerified, Registry, Signed,
};

use crate::common::{JOURNAL, at, key};

const COMMAND: &str = r#"{"exercise": {"case": "halls", "price":  "2.10"}}"#;

fn registry() -> Registry {
    let register = |party: &str, number: u8| {
        let (party, key) = (party.to_owned(), key(number).public());
        KeyEvent::Registered(KeyRegistered { party, key, from: at(0), vouched: None })
    };
    [register("openai", 1), register("microsoft", 2)]
        .iter()
        .fold(Registry::default(), |registry, event| registry.apply(event, JOURNAL, at(0)))
}

#[test]
fn a_signed_command_counts_for_what_it_was_signed_for() {
    let signed = Signed::new(&key(1), JOURNAL, "openai", "c1", COMMAND);
    let json = serde_json::to_string(&signed).unwrap();
    let read: Signed = serde_json::from_str(&json).unwrap();
    assert_eq!(read, signed);
    assert_eq!(read.verify(&registry(), JOURNAL, at(1)), Ok(()));

    let wrong = NotVerified::Signature { party: "openai".into(), id: "c1".into() };
    assert_eq!(signed.verify(&registry(), JournalId([8; 32]), at(1)), Err(wrong.clone()));
    let blank = Signed { command: COMMAND.replace("  ", " "), ..signed.clone() };
    assert_eq!(blank.verify(&registry(), JOURNAL, at(1)), Err(wrong));
    let other = Signed { id: "c2".into(), ..signed.clone() };
    assert!(matches!(
        other.verify(&registry(), JOURNAL, at(1)),
        Err(NotVerified::Signature { .. })
    ));
    // Another party's key, under this party's name or its own.
    let posed = Signed { key: key(2).public().fingerprint(), ..signed.clone() };
    assert!(matches!(posed.verify(&registry(), JOURNAL, at(1)), Err(NotVerified::Key(_))));
    let posed = Signed { party: "microsoft".into(), ..posed };
    assert!(matches!(
        posed.verify(&registry(), JOURNAL, at(1)),
        Err(NotVerified::Signature { .. })
    ));
}

#[test]
fn the_key_counts_that_was_valid_when_the_command_was_recorded() {
    let signed = Signed::new(&key(1), JOURNAL, "openai", "c1", COMMAND);
    let fingerprint = key(1).public().fingerprint();
    let revoked = KeyRevoked::vouched("openai", fingerprint, at(0), "stolen", JOURNAL, &key(1));
    let registry = registry().apply(&KeyEvent::Revoked(revoked), JOURNAL, at(5));
    assert_eq!(signed.verify(&registry, JOURNAL, at(4)), Ok(()));
    let refused = signed.verify(&registry, JOURNAL, at(5)).unwrap_err();
    assert!(matches!(refused, NotVerified::Key(NotValid::Revoked { .. })));
    let early = signed.verify(&registry, JOURNAL, at(-1)).unwrap_err();
    assert!(matches!(early, NotVerified::Key(NotValid::NotYet { .. })));
}

/// In an empty journal all journals are the same, so nothing said there counts.
#[test]
fn nothing_is_said_in_no_journal() {
    let signed = Signed::new(&key(1), JournalId::NONE, "openai", "c1", COMMAND);
    assert!(signed.verify(&registry(), JournalId::NONE, at(1)).is_err());
}
