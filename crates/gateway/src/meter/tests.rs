use std::time::Duration;

use super::*;

fn row<'a>(ids: &Ids, model: &'a str, measure: Measure, input: u64) -> Row<&'a str> {
    let id = ids.next();
    Row {
        id,
        request: id,
        attempt: 1,
        at_ns: 1_760_000_000_000_000_000,
        key: "k",
        customer: "c",
        product: "api",
        channel: "direct",
        endpoint: "chat_completions",
        model,
        deployment: model,
        upstream: "u",
        host: "azure",
        decision: "d",
        outcome: Outcome::Complete,
        status: 200,
        measure,
        tokens: Tokens { input, output: 2, reasoning: 3, ..Tokens::default() },
        cost: Some(7),
        first_byte_us: 1,
        took_us: 2,
        tier: Tier::Standard,
    }
}

fn open(dir: &std::path::Path) -> (Log, Recovered, Vec<Row<String>>) {
    let mut rows = Vec::new();
    let take = |row: &Row<String>| rows.push(row.clone());
    let (log, recovered) = Log::open(dir, Duration::from_millis(1), take).unwrap();
    (log, recovered, rows)
}

fn only_segment(dir: &std::path::Path) -> std::path::PathBuf {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut segments: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "rows")).collect();
    assert_eq!(segments.len(), 1);
    segments.remove(0)
}

#[test]
fn rows_come_back_as_they_were_written() {
    let dir = tempfile::tempdir().unwrap();
    let ids = Ids::new().unwrap();
    let (log, _, _) = open(dir.path());
    let writer = log.writer().unwrap();
    let written = [row(&ids, "a", Measure::Reported, 1), row(&ids, "b", Measure::Unknown, 0)];
    written.iter().for_each(|row| writer.write(row).unwrap());
    assert!(matches!(Log::open(dir.path(), Duration::ZERO, |_| {}), Err(LogError::InUse { .. })));
    drop((writer, log));

    let (_log, recovered, rows) = open(dir.path());
    assert_eq!(recovered, Recovered { rows: 2, torn: 0 });
    assert_eq!((rows[0].id, &*rows[0].model), (written[0].id, "a"));
    assert_eq!(rows[1].tokens, written[1].tokens);
}

/// Wherever a crash stops a write, the rows before are there and the next run goes on.
#[test]
fn a_torn_end_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let ids = Ids::new().unwrap();
    let (log, _, _) = open(dir.path());
    let writer = log.writer().unwrap();
    writer.write(&row(&ids, "a", Measure::Reported, 1)).unwrap();
    let one = std::fs::metadata(only_segment(dir.path())).unwrap().len();
    writer.write(&row(&ids, "b", Measure::Reported, 1)).unwrap();
    drop((writer, log));
    let segment = only_segment(dir.path());
    let whole = std::fs::read(&segment).unwrap();

    for cut in 1..whole.len() {
        std::fs::write(&segment, &whole[..cut]).unwrap();
        let (log, recovered, _) = open(dir.path());
        let expected = u64::from(cut as u64 >= one);
        let torn = u64::from(cut as u64 != one && cut != 16);
        assert_eq!(recovered, Recovered { rows: expected, torn }, "{cut}");
        drop(log);
        let (_log, again, _) = open(dir.path());
        assert_eq!(again, Recovered { rows: expected, torn: 0 }, "{cut}");
    }
    let mut bent = whole.clone();
    bent[one as usize + 20] ^= 1;
    std::fs::write(&segment, &bent).unwrap();
    assert_eq!(open(dir.path()).1, Recovered { rows: 1, torn: 1 });
}

#[test]
fn rows_are_taken_over_once() {
    let dir = tempfile::tempdir().unwrap();
    let ids = Ids::new().unwrap();
    let store = usage::Store::open(dir.path().join("usage")).unwrap();
    let (log, _, _) = open(&dir.path().join("rows"));
    let writer = log.writer().unwrap();
    for (measure, input) in [
        (Measure::Reported, 10),
        (Measure::Estimated, 20),
        (Measure::Unknown, 0),
        (Measure::Nothing, 0),
    ] {
        writer.write(&row(&ids, "a", measure, input)).unwrap();
    }
    let aside = Unresolved::open(&log).unwrap();
    let roll = || roll(&log, &aside, &store).unwrap();
    assert_eq!(roll(), Rolled::default(), "it is still being written");
    writer.rotate().unwrap();
    log.sync().unwrap();
    let closed = log.closed().unwrap();
    let copy = std::fs::read(&closed[0]).unwrap();
    let rolled = Rolled { new: 2, known: 0, rejected: 0, nothing: 1, unresolved: 1 };
    assert_eq!(roll(), rolled);
    assert_eq!(roll(), Rolled::default());
    assert!(log.closed().unwrap().is_empty(), "what was taken over is deleted");

    // As if a crash had come before what was spent was written down.
    std::fs::write(&closed[0], copy).unwrap();
    let again = Rolled { new: 0, known: 2, ..rolled };
    assert_eq!(roll(), again);
}

#[test]
fn what_was_spent_outlives_its_rows() {
    let dir = tempfile::tempdir().unwrap();
    let ids = Ids::new().unwrap();
    let store = usage::Store::open(dir.path().join("usage")).unwrap();
    let rows = dir.path().join("rows");
    let (log, ..) = open(&rows);
    let aside = Unresolved::open(&log).unwrap();
    let writer = log.writer().unwrap();
    writer.write(&row(&ids, "a", Measure::Reported, 10)).unwrap();
    writer.rotate().unwrap();
    log.sync().unwrap();
    let segment = log.closed().unwrap().remove(0);
    let copy = std::fs::read(&segment).unwrap();
    roll(&log, &aside, &store).unwrap();
    drop((aside, writer, log));
    // As if a crash had come before the segment was deleted.
    std::fs::write(&segment, copy).unwrap();

    let (log, recovered, left) = open(&rows);
    assert_eq!((recovered.rows, left.len(), segment.exists()), (0, 0, false));
    let mut spent = Vec::new();
    log.spent().lock().unwrap().each(|key, _, sum| spent.push((key.to_string(), sum.tokens)));
    assert_eq!(spent, [("k".to_string(), 15)]);
}

#[test]
fn what_nobody_knows_waits_until_somebody_says_it() {
    use unresolved::{Correction, ResolveError, resolve, unresolved};
    let dir = tempfile::tempdir().unwrap();
    let ids = Ids::new().unwrap();
    let store = usage::Store::open(dir.path().join("usage")).unwrap();
    let rows = dir.path().join("rows");
    let (log, ..) = open(&rows);
    let aside = Unresolved::open(&log).unwrap();
    let writer = log.writer().unwrap();
    let unknown = row(&ids, "a", Measure::Unknown, 0);
    writer.write(&unknown).unwrap();
    writer.write(&row(&ids, "", Measure::Reported, 3)).unwrap();
    assert_eq!(unresolved(&rows).unwrap().len(), 2, "before they are taken over");
    writer.rotate().unwrap();
    log.sync().unwrap();
    roll(&log, &aside, &store).unwrap();
    let found = unresolved(&rows).unwrap();
    assert_eq!(found.len(), 2, "and after");
    assert!(store.partitions(jiff::civil::Date::MIN, jiff::civil::Date::MAX).unwrap().is_empty());

    let said = Correction {
        row: unknown.id,
        model: "a".to_string(),
        tokens: Tokens { input: 7, ..Tokens::default() },
        reason: "the vendor's invoice".to_string(),
        at_ns: 1,
    };
    resolve(&rows, &store, &said).unwrap();
    resolve(&rows, &store, &said).unwrap();
    let other = Correction { tokens: Tokens::default(), ..said.clone() };
    assert!(matches!(resolve(&rows, &store, &other), Err(ResolveError::Otherwise(_))));
    let nobody = Correction { row: ids.next(), ..said };
    assert!(matches!(resolve(&rows, &store, &nobody), Err(ResolveError::NoSuchRow(_))));
    let kept = store.partitions(jiff::civil::Date::MIN, jiff::civil::Date::MAX).unwrap();
    assert_eq!(kept.iter().map(|day| day.rows).sum::<u64>(), 1);
    assert_eq!(unresolved(&rows).unwrap().len(), 1);
}

/// What is not the work of a crash is no torn end.
#[test]
fn damage_before_whole_records_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let ids = Ids::new().unwrap();
    let (log, ..) = open(dir.path());
    let writer = log.writer().unwrap();
    (0..3).for_each(|_| writer.write(&row(&ids, "a", Measure::Reported, 1)).unwrap());
    drop((writer, log));
    let segment = only_segment(dir.path());
    let mut bent = std::fs::read(&segment).unwrap();
    bent[40] ^= 1;
    std::fs::write(&segment, bent).unwrap();
    let opened = Log::open(dir.path(), Duration::from_millis(1), |_| {});
    assert!(matches!(opened, Err(LogError::Damaged { at: 16, .. })));
}
