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
    assert_eq!(roll(&log, &store).unwrap(), Rolled::default(), "it is still being written");
    writer.rotate().unwrap();
    log.sync().unwrap();
    let closed = log.closed().unwrap();
    let copy = std::fs::read(&closed[0]).unwrap();
    let rolled = Rolled { new: 2, known: 0, nothing: 1, unresolved: 1 };
    assert_eq!(roll(&log, &store).unwrap(), rolled);
    assert_eq!(roll(&log, &store).unwrap(), Rolled::default());

    // As if a crash had come before the segment was set aside.
    std::fs::write(&closed[0], copy).unwrap();
    let again = Rolled { new: 0, known: 2, ..rolled };
    assert_eq!(roll(&log, &store).unwrap(), again);
}
