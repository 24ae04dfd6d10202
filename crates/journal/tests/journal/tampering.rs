use std::path::Path;

use futures_util::TryStreamExt;
use journal::{AppendError, Condition, Damage, Filter, Head, Position, ReadError, Verdict};
use proptest::prelude::*;
use rusqlite::params;

use crate::common::{Place, Scene, at, event, on_both_stores, raw, run};

on_both_stores! {
    every_kind_of_tampering_is_found_where_it_begins,
    a_tail_hashed_anew_is_found_by_a_kept_head_only,
    a_damaged_event_is_named_and_nothing_is_built_on_it,
}

fn of_type(column: &'static str, found: &str, wanted: &'static str) -> Damage {
    Damage::Type { column, found: found.into(), wanted }
}

/// What can be done to six events on either store, and where `verify` must point. `ZEROS` are 32.
fn changes() -> Vec<(&'static str, u64, Damage)> {
    let out_of_place = |found| Damage::OutOfPlace { found };
    vec![
        (
            "UPDATE events SET payload = replace(payload, '3', '4') WHERE position = 3",
            3,
            Damage::Content,
        ),
        ("UPDATE events SET payload = payload || ' ' WHERE position = 3", 3, Damage::Content),
        ("UPDATE events SET kind = 'capacity-Offered' WHERE position = 1", 1, Damage::Content),
        ("UPDATE events SET stream = 'case/4' WHERE position = 5", 5, Damage::Content),
        ("UPDATE events SET actor = 'microsoft' WHERE position = 6", 6, Damage::Content),
        ("UPDATE events SET cause = '' WHERE position = 3", 3, Damage::Content),
        ("UPDATE events SET cause = NULL WHERE position = 4", 4, Damage::Content),
        (
            "UPDATE events SET recorded = replace(recorded, 'Z', '+00:00') WHERE position = 2",
            2,
            Damage::Content,
        ),
        (
            "UPDATE events SET effective = replace(effective, '22:12', '22:11') WHERE position = 2",
            2,
            Damage::Content,
        ),
        ("UPDATE events SET previous = ZEROS WHERE position = 2", 2, Damage::Content),
        ("UPDATE events SET hash = ZEROS WHERE position = 2", 2, Damage::Content),
        ("UPDATE events SET salt = ZEROS WHERE position = 2", 2, Damage::Content),
        ("UPDATE events SET actor = 'me'", 1, Damage::Content),
        ("UPDATE events SET payload = '{' WHERE position = 3", 3, Damage::Content),
        ("UPDATE events SET recorded = 'yesterday' WHERE position = 3", 3, Damage::Content),
        ("UPDATE events SET payload = '' WHERE position = 3", 3, Damage::Content),
        ("DELETE FROM events WHERE position = 1", 1, out_of_place(2)),
        ("DELETE FROM events WHERE position IN (3, 4)", 3, out_of_place(5)),
        (
            "DELETE FROM events WHERE position = 3; UPDATE events SET position = position - 1 WHERE position > 3",
            3,
            Damage::Content,
        ),
        (
            "UPDATE events SET position = 100 WHERE position = 3; \
          UPDATE events SET position = 3 WHERE position = 4; \
          UPDATE events SET position = 4 WHERE position = 100",
            3,
            Damage::Content,
        ),
        ("UPDATE events SET position = 9 WHERE position = 6", 6, out_of_place(9)),
        (
            "UPDATE events SET position = 9223372036854775807 WHERE position = 6",
            6,
            out_of_place(i64::MAX),
        ),
        ("UPDATE events SET position = 0 WHERE position = 4", 1, out_of_place(0)),
        (
            "UPDATE events SET position = -9223372036854775808 WHERE position = 4",
            1,
            out_of_place(i64::MIN),
        ),
        (
            "INSERT INTO events SELECT 7, recorded, effective, kind, stream, actor, cause, payload, salt, \
          hash, ZEROS FROM events WHERE position = 6",
            7,
            Damage::Content,
        ),
        (
            "INSERT INTO events SELECT 7, recorded, effective, kind, stream, actor, cause, payload, salt, \
          previous, hash FROM events WHERE position = 6",
            7,
            Damage::Content,
        ),
    ]
}

async fn every_kind_of_tampering_is_found_where_it_begins(scene: Scene) {
    let is_file = matches!(scene.place, Place::File(_));
    drop(scene);
    for (change, position, reason) in changes() {
        let scene = if is_file { Scene::sqlite() } else { Scene::postgres().unwrap() };
        let zeros = if is_file { "zeroblob(32)" } else { "decode(repeat('00', 32), 'hex')" };
        is_found(&scene, &change.replace("ZEROS", zeros), position, reason).await;
    }
}

/// What only a file lets be done to it: nothing that could ever have been stored.
#[test]
fn values_of_other_types_are_found_in_a_file() {
    let unreadable = |column| Damage::Unreadable { column };
    let rows = [
        (
            "UPDATE events SET payload = CAST(x'ff00fe' AS TEXT) WHERE position = 3",
            3,
            Damage::Content,
        ),
        ("UPDATE events SET hash = x'00' WHERE position = 3", 3, unreadable("hash")),
        ("UPDATE events SET previous = x'' WHERE position = 3", 3, unreadable("previous")),
        (
            "UPDATE events SET payload = CAST(payload AS BLOB) WHERE position = 3",
            3,
            of_type("payload", "BLOB", "TEXT"),
        ),
        ("UPDATE events SET cause = x'' WHERE position = 4", 4, of_type("cause", "BLOB", "TEXT")),
        ("UPDATE events SET kind = 7 WHERE position = 3", 3, of_type("kind", "INTEGER", "TEXT")),
        ("UPDATE events SET actor = NULL WHERE position = 3", 3, of_type("actor", "NULL", "TEXT")),
        (
            "UPDATE events SET recorded = 1.5 WHERE position = 3",
            3,
            of_type("recorded", "REAL", "TEXT"),
        ),
        (
            "UPDATE events SET hash = lower(hex(hash)) WHERE position = 3",
            3,
            of_type("hash", "TEXT", "BLOB"),
        ),
        ("UPDATE events SET hash = NULL WHERE position = 6", 6, of_type("hash", "NULL", "BLOB")),
    ];
    run(async {
        for (change, position, reason) in rows {
            is_found(&Scene::sqlite(), change, position, reason).await;
        }
    });
}

async fn is_found(scene: &Scene, change: &str, position: u64, reason: Damage) {
    scene.fill(6).await;
    scene.tamper(change);
    let journal = scene.open().await;
    let position = Position(position);
    let verdict = journal.verify().await.unwrap();
    assert_eq!(verdict, Verdict::Broken { position, reason }, "{change}");
    // A stream sees what is missing as well.
    let streamed: Result<Vec<_>, _> =
        journal.stream(Position(0), &Filter::all()).try_collect().await;
    assert!(matches!(streamed, Err(ReadError::Damaged { .. })), "{change}: {streamed:?}");
    // Reading must not hand out a changed event; the gaps it cannot see.
    if let Err(error) = journal.read(Position(0), &Filter::all()).await {
        assert!(matches!(error, ReadError::Damaged { .. }), "{change}: {error:?}");
    } else {
        assert!(matches!(verdict, Verdict::Broken { reason: Damage::OutOfPlace { .. }, .. }));
    }
    journal.close().await.unwrap();
}

/// A forger who cuts the tail off and lets the journal itself append another.
async fn a_tail_hashed_anew_is_found_by_a_kept_head_only(scene: Scene) {
    let heads = scene.fill(6).await;
    scene.tamper("DELETE FROM events WHERE position > 3");
    let journal = scene.open().await;
    assert_eq!(journal.verify().await.unwrap(), Verdict::Intact { head: heads[3] });
    for kept in &heads[..=3] {
        let verdict = journal.verify_against(*kept).await.unwrap();
        assert_eq!(verdict, Verdict::Intact { head: heads[3] });
    }
    let cut_off = Damage::CutOff { kept: Position(6) };
    assert_eq!(
        journal.verify_against(heads[6]).await.unwrap(),
        Verdict::Broken { position: Position(4), reason: cut_off }
    );

    let forged = (7..=12).map(event).collect();
    let head = journal.append(Condition::head(Position(3)), at(9), forged).await.unwrap();
    assert_eq!(journal.verify().await.unwrap(), Verdict::Intact { head });
    for kept in &heads[4..] {
        let broken = Verdict::Broken { position: kept.position, reason: Damage::Rewritten };
        assert_eq!(journal.verify_against(*kept).await.unwrap(), broken);
    }
    let never = Head { position: Position(0), hash: heads[1].hash };
    let broken = Verdict::Broken { position: Position(0), reason: Damage::Rewritten };
    assert_eq!(journal.verify_against(never).await.unwrap(), broken);
}

/// Rows that give their hashes, but were taken from another journal.
#[test]
fn events_of_another_journal_do_not_fit() {
    run(async {
        let (scene, _) = Scene::with_events(3).await;
        let other = Scene::sqlite();
        let journal = other.open().await;
        journal
            .append(Condition::head(Position(0)), at(0), (11..=13).map(event).collect())
            .await
            .unwrap();
        journal.close().await.unwrap();
        let graft = format!(
            "ATTACH '{}' AS other; DELETE FROM events WHERE position >= 2; \
             INSERT INTO events SELECT * FROM other.events WHERE position >= 2; DETACH other",
            other.path().display()
        );
        scene.tamper(&graft);
        let broken = Verdict::Broken { position: Position(2), reason: Damage::Link };
        assert_eq!(scene.open().await.verify().await.unwrap(), broken);
    });
}

/// Hashes everything from `first` on anew, as a forger can who reads the documentation. This is the
/// encoding written a second time, so it also holds the first to its word.
fn hash_anew(path: &Path, first: i64) {
    let forger = raw(path);
    forger.execute_batch("DROP TRIGGER events_are_never_changed").unwrap();
    let columns = "effective kind stream actor payload recorded cause hash salt".split(' ');
    let columns: Vec<_> = columns.map(|column| format!("CAST({column} AS BLOB)")).collect();
    let select = format!("SELECT position, {} FROM events ORDER BY position", columns.join(", "));
    let mut select = forger.prepare(&select).unwrap();
    let mut rows = select.query([]).unwrap();
    let mut previous = vec![0; 32];
    while let Some(row) = rows.next().unwrap() {
        let position: i64 = row.get(0).unwrap();
        let column = |place| row.get::<_, Vec<u8>>(place).unwrap();
        if position < first {
            previous = column(8);
            continue;
        }
        let mut bytes = b"charterparty journal content, format 2".to_vec();
        (1..=4).for_each(|place| bytes.extend(measured(column(place))));
        match row.get::<_, Option<Vec<u8>>>(7).unwrap() {
            None => bytes.push(0),
            Some(cause) => bytes.extend([vec![1], measured(cause)].concat()),
        }
        (5..=6).for_each(|place| bytes.extend(measured(column(place))));
        let content = blake3::keyed_hash(&column(9).try_into().unwrap(), &bytes);
        let link = [&position.to_le_bytes()[..], &previous, content.as_bytes()].concat();
        let hash = blake3::derive_key("charterparty journal link, format 2", &link).to_vec();
        let update = "UPDATE events SET previous = ?, hash = ? WHERE position = ?";
        raw(path).execute(update, params![previous, hash, position]).unwrap();
        previous = hash;
    }
}

fn measured(text: Vec<u8>) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes()[..], &text].concat()
}

#[test]
fn what_was_hashed_anew_must_still_make_sense() {
    let unreadable = |column| Some(Damage::Unreadable { column });
    let rows = [
        // All that can be said of these is that somebody has the old head.
        ("", None),
        ("UPDATE events SET cause = 'consent.none' WHERE position = 3", None),
        ("UPDATE events SET payload = ' {} ' WHERE position = 3", None),
        (
            "UPDATE events SET recorded = '1999-01-01T00:00:00Z' WHERE position = 3",
            Some(Damage::Clock),
        ),
        ("UPDATE events SET recorded = 'yesterday' WHERE position = 3", unreadable("recorded")),
        ("UPDATE events SET effective = '' WHERE position = 3", unreadable("effective")),
        ("UPDATE events SET payload = '{\"a\":' WHERE position = 3", unreadable("payload")),
        (
            "UPDATE events SET payload = CAST(x'22ff22' AS TEXT) WHERE position = 3",
            unreadable("payload"),
        ),
        ("UPDATE events SET kind = CAST(x'ff' AS TEXT) WHERE position = 3", unreadable("kind")),
        ("UPDATE events SET stream = CAST(x'ff' AS TEXT) WHERE position = 3", unreadable("stream")),
        ("UPDATE events SET actor = CAST(x'ff' AS TEXT) WHERE position = 3", unreadable("actor")),
        ("UPDATE events SET cause = CAST(x'ff' AS TEXT) WHERE position = 3", unreadable("cause")),
    ];
    run(async {
        for (change, reason) in rows {
            let (scene, heads) = Scene::with_events(5).await;
            scene.tamper(change);
            // `tamper` took the triggers away; opening puts them back.
            scene.open().await.close().await.unwrap();
            hash_anew(scene.path(), 3);
            let journal = scene.open().await;
            let verdict = journal.verify().await.unwrap();
            match reason {
                Some(reason) => {
                    assert_eq!(
                        verdict,
                        Verdict::Broken { position: Position(3), reason },
                        "{change}"
                    );
                }
                None => {
                    let head = journal.head().await.unwrap();
                    assert_eq!(verdict, Verdict::Intact { head }, "{change}");
                    assert_eq!(head == heads[5], change.is_empty(), "{change}");
                    let against = journal.verify_against(heads[5]).await.unwrap();
                    assert_eq!(against == verdict, change.is_empty(), "{change}");
                }
            }
        }
    });
}

async fn a_damaged_event_is_named_and_nothing_is_built_on_it(scene: Scene) {
    scene.fill(3).await;
    scene.tamper("UPDATE events SET actor = 'me' WHERE position = 3");
    let journal = scene.open().await;
    let named = |error: ReadError| {
        assert!(matches!(error, ReadError::Damaged { position: Position(3), .. }));
        assert_eq!(
            error.to_string(),
            "event 3 of the journal is damaged; restore it from another party's copy"
        );
    };
    named(journal.read(Position(0), &Filter::all()).await.unwrap_err());
    named(journal.head().await.unwrap_err());
    assert_eq!(journal.read(Position(0), &Filter::stream("case/2")).await.unwrap().len(), 1);
    match journal.append(Condition::head(Position(3)), at(9), vec![event(4)]).await.unwrap_err() {
        AppendError::Head(error) => named(error),
        error => panic!("{error:?}"),
    }
}

/// A forger may make the table anew, without any of its constraints.
#[test]
fn a_table_without_constraints_hides_nothing() {
    let rows = [
        ("INSERT INTO loose SELECT * FROM loose WHERE position = 2", 3),
        ("UPDATE loose SET position = NULL WHERE position = 2", 1),
        ("UPDATE loose SET position = 'two' WHERE position = 2", 2),
        ("UPDATE loose SET position = '2' WHERE position = 2", 2),
        ("UPDATE loose SET position = 2.0 WHERE position = 2", 2),
        ("ALTER TABLE loose DROP COLUMN cause", 1),
        ("ALTER TABLE loose DROP COLUMN position", 1),
    ];
    run(async {
        for (change, position) in rows {
            let (scene, _) = Scene::with_events(3).await;
            let journal = scene.open().await;
            let script = format!(
                "CREATE TABLE loose (position, recorded, effective, kind, stream, actor, cause, \
                 payload, salt, previous, hash); INSERT INTO loose SELECT * FROM events; {change}; \
                 DROP TABLE events; ALTER TABLE loose RENAME TO events"
            );
            raw(scene.path()).execute_batch(&script).unwrap();
            match journal.verify().await {
                Ok(Verdict::Broken { position: found, .. }) => {
                    assert_eq!(found, Position(position), "{change}");
                }
                Err(ReadError::Storage(_)) if change.ends_with("position") => {}
                other => panic!("{change}: {other:?}"),
            }
            let _ = journal.read(Position(0), &Filter::all()).await;
            let _ = journal.head().await;
            let _ = journal.append(Condition::head(Position(3)), at(9), vec![event(4)]).await;
        }
    });
}

const COLUMNS: [&str; 10] = [
    "recorded",
    "effective",
    "kind",
    "stream",
    "actor",
    "cause",
    "payload",
    "salt",
    "previous",
    "hash",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn one_flipped_byte_is_found_where_it_is(
        row in 1..=6u64, column in 0..COLUMNS.len(), byte in any::<prop::sample::Index>(),
        mask in 1..=u8::MAX,
    ) {
        let column = COLUMNS[column];
        let verdict = run(async {
            let (scene, _) = Scene::with_events(6).await;
            let select = format!("SELECT CAST(coalesce({column}, '') AS BLOB) FROM events WHERE position = {row}");
            let mut bytes: Vec<u8> =
                raw(scene.path()).query_row(&select, [], |row| row.get(0)).unwrap();
            if !bytes.is_empty() {
                let place = byte.index(bytes.len());
                bytes[place] ^= mask;
            }
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let kind = if matches!(column, "salt" | "previous" | "hash") { "BLOB" } else { "TEXT" };
            scene.tamper(&format!(
                "UPDATE events SET {column} = CAST(x'{hex}' AS {kind}) WHERE position = {row}"
            ));
            scene.open().await.verify().await.unwrap()
        });
        prop_assert_eq!(
            verdict,
            Verdict::Broken { position: Position(row), reason: Damage::Content }
        );
    }

    #[test]
    fn a_flipped_byte_in_a_position_is_found_at_the_gap(
        row in 1..=6i64, byte in 0..8usize, mask in 1..=u8::MAX,
    ) {
        let mut bytes = row.to_le_bytes();
        bytes[byte] ^= mask;
        let moved = i64::from_le_bytes(bytes);
        prop_assume!(!(1..=6).contains(&moved));
        let verdict = run(async {
            let (scene, _) = Scene::with_events(6).await;
            scene.tamper(&format!("UPDATE events SET position = {moved} WHERE position = {row}"));
            scene.open().await.verify().await.unwrap()
        });
        let first = if moved < row { 1 } else { row };
        prop_assert!(
            matches!(verdict, Verdict::Broken { position, .. } if position.0 == first.unsigned_abs()),
            "{:?}", verdict
        );
    }

    /// The file itself, not through SQLite: nothing may panic, and nothing changed may pass.
    #[test]
    fn a_byte_flipped_anywhere_in_the_file_never_passes_for_another_history(
        byte in any::<prop::sample::Index>(), mask in 1..=u8::MAX,
    ) {
        run(async {
            let (scene, heads) = Scene::with_events(30).await;
            let mut file = std::fs::read(scene.path()).unwrap();
            let place = byte.index(file.len());
            file[place] ^= mask;
            std::fs::write(scene.path(), file).unwrap();
            let Ok(Some(journal)) = journal::Journal::open_existing(scene.path()).await else {
                return Ok(());
            };
            let read = journal.read(Position(0), &Filter::all()).await;
            if let Ok(Verdict::Intact { head }) = journal.verify_against(heads[30]).await {
                prop_assert_eq!(head, heads[30]);
                prop_assert_eq!(read.unwrap().len(), 30);
            }
            Ok(())
        })?;
    }
}
