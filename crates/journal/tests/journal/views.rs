use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use journal::{
    Anchor, Condition, Event, Extent, Form, Hash, Journal, NewEvent, Position, Salt, ViewError,
    Viewed, verify_view,
};

use crate::common::{Scene, at, event, run};

const SECRET: &str = "two-dollars-and-ten";

/// Five events, the third a bid that only `coreweave` may see.
async fn scene() -> (Scene, Journal) {
    let scene = Scene::sqlite();
    let journal = scene.open().await;
    let mut events: Vec<_> = (1..=5).map(event).collect();
    events[2] = bid(210);
    journal.append(Condition::head(Position(0)), at(0), events).await.unwrap();
    (scene, journal)
}

fn bid(cents: u64) -> NewEvent {
    NewEvent {
        kind: "bid-sealed".into(),
        stream: "case/sealed".into(),
        actor: "coreweave".into(),
        payload: serde_json::json!({ "cents": cents, "note": SECRET }),
        ..event(0)
    }
}

fn open_to_all(event: &Event) -> bool {
    event.kind != "bid-sealed"
}

async fn viewed(scene: &Scene, journal: &Journal, form: Form) -> (PathBuf, Extent) {
    let file = scene.folder.path().join("view.jsonl");
    let extent = journal.view(&file, "oracle", form, open_to_all).await.unwrap();
    (file, extent)
}

fn root(extent: Extent) -> Anchor {
    Anchor::Root { events: extent.head.position.0, root: extent.root }
}

#[test]
fn a_view_is_proven_by_what_a_party_keeps() {
    run(async {
        let (scene, journal) = scene().await;
        let (file, extent) = viewed(&scene, &journal, Form::Whole).await;
        let expected =
            |form| Viewed { party: "oracle".into(), form, events: 5, shown: 4, proven: 5 };
        for anchor in [Anchor::Head(extent.head), root(extent)] {
            assert_eq!(verify_view(&file, anchor).unwrap(), expected(Form::Whole));
        }
        // An older head proves what was up to it.
        let earlier = journal.read(Position(0), &journal::Filter::all()).await.unwrap()[2].clone();
        let earlier = journal::Head { position: earlier.position, hash: earlier.hash };
        assert_eq!(verify_view(&file, Anchor::Head(earlier)).unwrap().proven, 3);

        let (file, extent) = viewed(&scene, &journal, Form::Selected).await;
        assert_eq!(verify_view(&file, root(extent)).unwrap(), expected(Form::Selected));
        let refused = verify_view(&file, Anchor::Head(extent.head));
        assert!(matches!(refused, Err(ViewError::NeedsRoot(5))));
    });
}

#[test]
fn nothing_hidden_is_in_a_view() {
    run(async {
        let (scene, journal) = scene().await;
        let hidden = journal.read(Position(2), &journal::Filter::all()).await.unwrap()[0].clone();
        for form in [Form::Whole, Form::Selected] {
            let (file, _) = viewed(&scene, &journal, form).await;
            let text = fs::read_to_string(&file).unwrap();
            for secret in [SECRET, "cents", "coreweave", "sealed", &hidden.salt.to_string()] {
                assert!(!text.contains(secret), "{secret} in {form:?}");
            }
            // What is shown is in it, so the search would find what is there.
            assert!(text.contains("weiß") && text.contains("case/5"));
            assert_eq!(text.contains(&hidden.content.to_string()), form == Form::Whole);
        }
    });
}

/// A thousand prices, everything else known: without the salt no guess gives the content.
#[test]
fn a_hidden_price_cannot_be_guessed() {
    run(async {
        let (_scene, journal) = scene().await;
        let hidden = journal.read(Position(2), &journal::Filter::all()).await.unwrap()[0].clone();
        let confirmed = |salt: Salt, recorded: Timestamp| {
            (0..1000)
                .filter(|cents| {
                    Hash::of_content(&salt, recorded, &bid(*cents)).unwrap() == hidden.content
                })
                .collect::<Vec<_>>()
        };
        let guesses = [Salt::from_bytes([0; 32]), Salt::from_bytes([0xff; 32])];
        let known = [hidden.hash, hidden.previous, hidden.content];
        let known = known.map(|hash| Salt::from_bytes(*hash.as_bytes()));
        for salt in guesses.into_iter().chain(known) {
            assert_eq!(confirmed(salt, hidden.recorded), [] as [u64; 0]);
        }
        // Whoever is given the salt is shown the price: the trial itself is sound.
        assert_eq!(confirmed(hidden.salt, hidden.recorded), [210]);
    });
}

fn change(file: &Path, change: impl FnOnce(&mut Vec<String>)) {
    let mut lines: Vec<_> = fs::read_to_string(file).unwrap().lines().map(String::from).collect();
    let before = lines.clone();
    change(&mut lines);
    assert_ne!(lines, before);
    fs::write(file, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
}

#[test]
fn a_view_that_was_changed_proves_nothing() {
    type Change = fn(&mut Vec<String>);
    let both: [(&str, Change); 7] = [
        ("another word", |lines| lines[1] = lines[1].replace("weiß", "rot")),
        ("an event gone", |lines| drop(lines.remove(2))),
        ("two swapped", |lines| lines.swap(1, 2)),
        ("an event twice", |lines| lines.insert(1, lines[1].clone())),
        ("the end gone", |lines| drop(lines.pop())),
        ("another end", |lines| lines.push(lines[1].clone())),
        ("another size", |lines| lines[0] = lines[0].replace("\"events\":5", "\"events\":6")),
    ];
    let hidden: [(&str, Change); 2] = [
        ("another hidden event", |lines| {
            let at = lines[3].find("\"content\":\"").unwrap() + 11;
            lines[3].replace_range(at..at + 64, &"0".repeat(64));
        }),
        ("a hidden event gone", |lines| drop(lines.remove(3))),
    ];
    run(async {
        for form in [Form::Whole, Form::Selected] {
            for (what, by) in both.iter().chain(hidden.iter().filter(|_| form == Form::Whole)) {
                let (scene, journal) = scene().await;
                let (file, extent) = viewed(&scene, &journal, form).await;
                change(&file, by);
                let verified = verify_view(&file, root(extent));
                // A selected view proves no absence, as its documentation says.
                if form == Form::Selected && *what == "an event gone" {
                    assert_eq!(verified.unwrap().shown, 3);
                } else {
                    assert!(verified.is_err(), "{what}: {verified:?}");
                }
            }
        }
    });
}

#[test]
fn a_view_of_another_journal_is_none_of_this() {
    run(async {
        let (ours, journal) = scene().await;
        let (_, mine) = viewed(&ours, &journal, Form::Whole).await;
        let (theirs, journal) = scene().await;
        for form in [Form::Whole, Form::Selected] {
            let (file, _) = viewed(&theirs, &journal, form).await;
            let refused = verify_view(&file, root(mine));
            assert!(matches!(refused, Err(ViewError::NotOfThisJournal)), "{refused:?}");
        }
        let (file, _) = viewed(&theirs, &journal, Form::Whole).await;
        let refused = verify_view(&file, Anchor::Head(mine.head));
        assert!(matches!(refused, Err(ViewError::NotOfThisJournal)));
        let later = Anchor::Root { events: 6, root: mine.root };
        assert!(matches!(verify_view(&file, later), Err(ViewError::Short { ends: 5, kept: 6 })));
        // What a view takes the place of is a view.
        let refused = journal.view(theirs.path(), "oracle", Form::Whole, open_to_all).await;
        assert!(matches!(refused, Err(ViewError::NotAView(_))));
    });
}
