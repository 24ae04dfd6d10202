use std::fs;
use std::path::{Path, PathBuf};

use journal::{
    Comparison, Condition, Copy, CopyError, Damage, Filter, Found, Hash, Head, ImportError,
    Journal, Position, Sequence, Side, Verdict, compare,
};
use proptest::prelude::*;

use crate::common::{Scene, at, event, on_both_stores, run};

async fn exported(count: u64) -> (Scene, PathBuf, Head) {
    let (scene, heads) = Scene::with_events(count).await;
    let file = scene.folder.path().join("copy.jsonl");
    let extent = scene.open().await.export(&file).await.unwrap();
    assert_eq!(extent.head, heads[count as usize]);
    (scene, file, extent.head)
}

async fn import(scene: &Scene, file: &Path) -> Result<u64, ImportError> {
    scene.open().await.import(Copy::open(file)?).await.map(|imported| imported.added)
}

fn lines(file: &Path) -> Vec<String> {
    fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect()
}

fn write(file: &Path, lines: &[String]) {
    fs::write(file, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
}

#[test]
fn a_copy_of_a_copy_is_the_journal() {
    run(async {
        for count in [0, 1, 2, 199, 200, 201, 650] {
            let (scene, file, head) = exported(count).await;
            assert_eq!(lines(&file).len() as u64, count + 2);
            let other = Scene::sqlite();
            assert_eq!(import(&other, &file).await.unwrap(), count);
            let (ours, theirs) = (scene.open().await, other.open().await);
            assert_eq!(theirs.verify_against(head).await.unwrap(), Verdict::Intact { head });
            assert_eq!(ours.identity().await.unwrap(), theirs.identity().await.unwrap());
            let all = Filter::all();
            assert_eq!(
                ours.read(Position(0), &all).await.unwrap(),
                theirs.read(Position(0), &all).await.unwrap()
            );
            let again = other.folder.path().join("again.jsonl");
            assert_eq!(theirs.export(&again).await.unwrap(), ours.walk(drop).await.unwrap());
            assert_eq!(fs::read(&again).unwrap(), fs::read(&file).unwrap());
        }
    });
}

on_both_stores!(
    copies_go_from_store_to_store,
    a_refused_import_is_in_nobodys_way,
    an_altered_event_is_found_by_comparing
);

async fn copies_go_from_store_to_store(scene: Scene) {
    let head = scene.fill(450).await[450];
    let file = scene.folder.path().join("copy.jsonl");
    let journal = scene.open().await;
    let extent = journal.export(&file).await.unwrap();
    assert_eq!(extent.head, head);
    let other = Scene::sqlite();
    assert_eq!(import(&other, &file).await.unwrap(), 450);
    let added = Condition::head(Position(450));
    let head = other.open().await.append(added, at(900), vec![event(451)]).await.unwrap();
    other.open().await.export(&file).await.unwrap();
    let imported = journal.import(Copy::open(&file).unwrap()).await.unwrap();
    assert_eq!((imported.added, imported.head), (1, head));
    assert_eq!(journal.verify_against(head).await.unwrap(), Verdict::Intact { head });
    assert_eq!(compared(&journal, &other.open().await).await, Comparison::Same { head });
    let all = Filter::all();
    assert_eq!(
        journal.read(Position(0), &all).await.unwrap(),
        other.open().await.read(Position(0), &all).await.unwrap()
    );
}

async fn an_altered_event_is_found_by_comparing(scene: Scene) {
    scene.fill(250).await;
    let file = scene.folder.path().join("copy.jsonl");
    scene.open().await.export(&file).await.unwrap();
    scene
        .tamper("UPDATE events SET payload = replace(payload, 'weiß', 'rot') WHERE position = 230");
    let journal = scene.open().await;
    let copy = Sequence::copy(Copy::open(&file).unwrap());
    let found = compare(Sequence::journal(&journal).await.unwrap(), copy).await.unwrap();
    match found {
        Comparison::Diverged { position, left, right: Found::Event(_) } => {
            assert_eq!((position, left), (Position(230), Found::Damaged(Damage::Content)));
        }
        found => panic!("{found:?}"),
    }
}

#[test]
fn an_import_goes_on_where_the_journal_ends() {
    run(async {
        let (scene, file, _) = exported(5).await;
        let other = Scene::sqlite();
        assert_eq!(import(&other, &file).await.unwrap(), 5);
        assert_eq!(import(&other, &file).await.unwrap(), 0);
        let journal = scene.open().await;
        let head = journal
            .append(Condition::head(Position(5)), at(9), vec![event(6), event(7)])
            .await
            .unwrap();
        let longer = scene.folder.path().join("longer.jsonl");
        journal.export(&longer).await.unwrap();
        assert_eq!(import(&other, &longer).await.unwrap(), 2);
        // An older copy has nothing to add, and takes nothing away.
        assert_eq!(import(&other, &file).await.unwrap(), 0);
        assert_eq!(other.open().await.head().await.unwrap(), head);
        // What was taken over is gone on from.
        let added = Condition::head(Position(7));
        other.open().await.append(added, at(10), vec![event(8)]).await.unwrap();
        assert!(matches!(
            other.open().await.verify().await.unwrap(),
            Verdict::Intact { head: Head { position: Position(8), .. } }
        ));
    });
}

#[test]
fn another_history_is_refused_at_its_first_difference() {
    run(async {
        let (scene, file, _) = exported(3).await;
        let other = Scene::sqlite();
        assert_eq!(import(&other, &file).await.unwrap(), 3);
        let append = async |scene: &Scene, count: u64| {
            let events = (4..4 + count).map(event).collect();
            let journal = scene.open().await;
            journal.append(Condition::head(Position(3)), at(9), events).await.unwrap()
        };
        append(&scene, 4).await;
        let head = append(&other, 1).await;
        let file = scene.folder.path().join("fork.jsonl");
        scene.open().await.export(&file).await.unwrap();
        match import(&other, &file).await.unwrap_err() {
            ImportError::Diverged { position, ours, theirs } => {
                assert_eq!((position, ours.hash), (Position(4), head.hash));
                assert_eq!(
                    (ours.kind.as_str(), ours.stream.as_str()),
                    ("capacity-offered", "case/4")
                );
                // The same words, entered twice: the salts tell them apart.
                assert_ne!(theirs.hash, ours.hash);
            }
            error => panic!("{error:?}"),
        }
        assert_eq!(other.open().await.head().await.unwrap(), head);
        // A journal of its own has nothing in common.
        let (stranger, _) = Scene::with_events(2).await;
        let refused = import(&stranger, &file).await.unwrap_err();
        assert!(matches!(refused, ImportError::Diverged { position: Position(1), .. }));
    });
}

/// Whatever is done to a copy, nothing of it is kept.
#[test]
fn a_copy_that_is_not_whole_is_refused_whole() {
    run(async {
        let (_scene, file, _) = exported(6).await;
        let whole = lines(&file);
        type Change = fn(&mut Vec<String>);
        let changes: [(&str, Change); 14] = [
            ("another word", |lines| lines[3] = lines[3].replace("weiß", "rot")),
            ("another salt", |lines| lines[3] = lines[3].replace("\"salt\":\"", "\"salt\":\"0")),
            ("an event gone", |lines| drop(lines.remove(3))),
            ("an event twice", |lines| lines.insert(3, lines[3].clone())),
            ("two swapped", |lines| lines.swap(3, 4)),
            ("the tail gone", |lines| lines.truncate(5)),
            ("the last line gone", |lines| drop(lines.pop())),
            ("something after it", |lines| lines.push("{}".into())),
            ("an empty line", |lines| lines.insert(2, String::new())),
            ("fewer announced", |lines| {
                lines[0] = lines[0].replace("\"events\":6", "\"events\":5")
            }),
            ("more announced", |lines| lines[0] = lines[0].replace("\"events\":6", "\"events\":7")),
            ("another root", |lines| {
                let end = lines.len() - 1;
                let root = lines[end].rfind(":\"").unwrap() + 2;
                let zeros = "0".repeat(64);
                lines[end].replace_range(root..root + 64, &zeros);
            }),
            ("another journal", |lines| {
                let at = lines[0].find("\"journal\":\"").unwrap() + 11;
                lines[0].replace_range(at..at + 64, &"1".repeat(64));
            }),
            ("another format", |lines| lines[0] = lines[0].replace("\"format\":1", "\"format\":2")),
        ];
        for (what, change) in changes {
            let mut lines = whole.clone();
            change(&mut lines);
            assert_ne!(lines, whole, "{what}");
            write(&file, &lines);
            let empty = Scene::sqlite();
            let refused = import(&empty, &file).await;
            assert!(matches!(refused, Err(ImportError::Copy(_))), "{what}: {refused:?}");
            assert_eq!(empty.open().await.head().await.unwrap(), Head::EMPTY, "{what}");
        }
        for cut in [0, 1, 100, 1000] {
            let text = whole.join("\n") + "\n";
            fs::write(&file, &text[..text.len() - 1 - cut]).unwrap();
            let empty = Scene::sqlite();
            assert!(import(&empty, &file).await.is_err(), "{cut}");
            assert_eq!(empty.open().await.head().await.unwrap(), Head::EMPTY, "{cut}");
        }
    });
}

async fn a_refused_import_is_in_nobodys_way(scene: Scene) {
    let (_other, file, head) = exported(500).await;
    let cut = file.with_file_name("cut.jsonl");
    // Some pages of it are written before the end turns out to be missing.
    write(&cut, &lines(&file)[..450]);
    let journal = scene.open().await;
    for _ in 0..3 {
        assert!(journal.import(Copy::open(&cut).unwrap()).await.is_err());
        assert_eq!(journal.head().await.unwrap(), Head::EMPTY);
    }
    assert_eq!(journal.import(Copy::open(&file).unwrap()).await.unwrap().head, head);
    let added = journal.append(Condition::head(Position(500)), at(900), vec![event(501)]).await;
    assert_eq!(added.unwrap().position, Position(501));
}

#[test]
fn a_damaged_journal_is_not_copied() {
    run(async {
        let (scene, _) = Scene::with_events(6).await;
        let file = scene.folder.path().join("copy.jsonl");
        scene.tamper("UPDATE events SET actor = 'me' WHERE position = 4");
        let refused = scene.open().await.export(&file).await.unwrap_err();
        assert!(refused.to_string().contains("event 4 of the journal is damaged"), "{refused}");
        let left = fs::read_dir(scene.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let left: Vec<_> = left.collect();
        assert!(left.iter().all(|path| path.to_string_lossy().contains("journal.db")), "{left:?}");
    });
}

#[test]
fn a_copy_takes_the_place_of_a_copy_only() {
    run(async {
        let (scene, file, _) = exported(2).await;
        scene.open().await.export(&file).await.unwrap();
        for path in [scene.path().to_owned(), scene.folder.path().join("notes.txt")] {
            if !path.exists() {
                fs::write(&path, "mine\n").unwrap();
            }
            let before = fs::read(&path).unwrap();
            let refused = scene.open().await.export(&path).await.unwrap_err();
            assert!(matches!(refused, CopyError::NotACopy(_)), "{refused:?}");
            assert_eq!(fs::read(&path).unwrap(), before);
        }
    });
}

/// What can be appended can be copied, however deep it is nested.
#[test]
fn the_deepest_payload_survives() {
    run(async {
        let mut payload = serde_json::json!(1.5);
        for _ in 0..127 {
            payload = serde_json::json!([payload]);
        }
        let scene = Scene::sqlite();
        let journal = scene.open().await;
        let deep = journal::NewEvent { payload, ..event(1) };
        let head = journal.append(Condition::head(Position(0)), at(0), vec![deep]).await.unwrap();
        let file = scene.folder.path().join("copy.jsonl");
        journal.export(&file).await.unwrap();
        let other = Scene::sqlite();
        assert_eq!(import(&other, &file).await.unwrap(), 1);
        assert_eq!(other.open().await.head().await.unwrap(), head);
    });
}

async fn compared(left: &Journal, right: &Journal) -> Comparison {
    let (left, right) = (Sequence::journal(left), Sequence::journal(right));
    compare(left.await.unwrap(), right.await.unwrap()).await.unwrap()
}

#[test]
fn comparing_finds_the_first_difference() {
    run(async {
        let (scene, file, head) = exported(300).await;
        let other = Scene::sqlite();
        import(&other, &file).await.unwrap();
        let (ours, theirs) = (scene.open().await, other.open().await);
        assert_eq!(compared(&ours, &theirs).await, Comparison::Same { head });
        let copy = || Sequence::copy(Copy::open(&file).unwrap());
        let journal = Sequence::journal(&theirs).await.unwrap();
        assert_eq!(compare(copy(), journal).await.unwrap(), Comparison::Same { head });

        let longer =
            ours.append(Condition::head(Position(300)), at(400), vec![event(301)]).await.unwrap();
        assert_eq!(
            compared(&ours, &theirs).await,
            Comparison::Prefix { shorter: Side::Right, head, longer }
        );
        assert_eq!(
            compared(&theirs, &ours).await,
            Comparison::Prefix { shorter: Side::Left, head, longer }
        );
        theirs.append(Condition::head(Position(300)), at(400), vec![event(9)]).await.unwrap();
        match compared(&ours, &theirs).await {
            Comparison::Diverged {
                position,
                left: Found::Event(left),
                right: Found::Event(right),
            } => {
                assert_eq!(position, Position(301));
                assert_eq!((left.stream.as_str(), right.stream.as_str()), ("case/301", "case/9"));
            }
            other => panic!("{other:?}"),
        }
    });
}

/// The stored hashes beside an altered event still agree with the other copy.
#[test]
fn an_altered_event_is_a_difference_where_it_is() {
    let rows = [
        ("UPDATE events SET payload = replace(payload, 'weiß', 'rot') WHERE position = 250", 250),
        ("UPDATE events SET actor = 'me' WHERE position = 300", 300),
        ("DELETE FROM events WHERE position = 7", 7),
        ("UPDATE events SET hash = zeroblob(32) WHERE position = 1", 1),
    ];
    run(async {
        for (change, place) in rows {
            let (scene, file, _) = exported(300).await;
            let other = Scene::sqlite();
            import(&other, &file).await.unwrap();
            other.tamper(change);
            let found = compared(&scene.open().await, &other.open().await).await;
            match found {
                Comparison::Diverged { position, left: Found::Event(_), right } => {
                    assert_eq!(position, Position(place), "{change}");
                    assert!(matches!(right, Found::Damaged(_)), "{change}");
                }
                found => panic!("{change}: {found:?}"),
            }
        }
        // The same beyond the end of the shorter one.
        let (scene, file, _) = exported(3).await;
        let other = Scene::sqlite();
        import(&other, &file).await.unwrap();
        let longer = scene.open().await;
        let events = (4..=9).map(event).collect();
        longer.append(Condition::head(Position(3)), at(9), events).await.unwrap();
        scene.tamper("UPDATE events SET kind = 'x' WHERE position = 8");
        let found = compared(&longer, &other.open().await).await;
        let damaged = Found::Damaged(Damage::Content);
        assert_eq!(
            found,
            Comparison::Diverged { position: Position(8), left: damaged, right: Found::Nothing }
        );
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Nothing but the whole copy is ever taken for it, and nothing panics.
    #[test]
    fn a_byte_changed_anywhere_is_found(
        place in any::<prop::sample::Index>(), mask in 1..=u8::MAX,
    ) {
        run(async {
            let (_scene, file, head) = exported(4).await;
            let mut bytes = fs::read(&file).unwrap();
            let place = place.index(bytes.len());
            bytes[place] ^= mask;
            fs::write(&file, bytes).unwrap();
            let other = Scene::sqlite();
            // Some bytes may be spelled in two ways, as a blank; then the events are the same.
            let taken = import(&other, &file).await;
            let found = other.open().await.head().await.unwrap();
            prop_assert_eq!(found, if taken.is_ok() { head } else { Head::EMPTY });
            Ok(())
        })?;
    }
}

#[test]
fn journals_are_told_apart_by_their_first_event() {
    run(async {
        let (one, _) = Scene::with_events(1).await;
        let (other, _) = Scene::with_events(1).await;
        let identity = async |scene: &Scene| scene.open().await.identity().await.unwrap();
        assert_ne!(identity(&one).await, identity(&other).await);
        assert_eq!(identity(&Scene::sqlite()).await, Hash::GENESIS);
    });
}
