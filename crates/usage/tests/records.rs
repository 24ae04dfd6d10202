//! Importing what other systems write of calls: what is made of it, and what is not.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{all_rows, chain, defaults, import_text};
use usage::{Defaults, Event, Format, Imported, Store, Tokens};

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("usage")).unwrap();
    (dir, store)
}

fn take(store: &Store, format: Format, text: &str) -> Imported {
    import_text(store, format, text.as_bytes()).unwrap()
}

fn take_with(store: &Store, format: Format, text: &str, defaults: &Defaults) -> Imported {
    let source = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(source.path(), text).unwrap();
    store.import(source.path(), format, defaults, &mut |_| {}).unwrap()
}

/// Lines and reasons of what was rejected.
fn rejects(imported: &Imported) -> Vec<(u64, String)> {
    let Some(path) = &imported.rejects_file else { return Vec::new() };
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader
        .records()
        .map(|row| row.unwrap())
        .map(|row| (row[0].parse().unwrap(), row[1].to_owned()))
        .collect()
}

/// The rows of a store in the order of time.
fn rows(store: &Store) -> Vec<Event> {
    let mut rows: Vec<Event> = all_rows(store).into_values().collect();
    rows.sort_by_key(|row| (row.at, row.id));
    rows
}

const NONE: Tokens<u32> = Tokens {
    input: 0,
    cached: 0,
    cache_write: 0,
    audio_input: 0,
    image_input: 0,
    output: 0,
    reasoning: 0,
    audio_output: 0,
    image_output: 0,
};

fn event(id: &str, more: &str, data: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","type":"com.example.call","source":"/meters/7","id":"{id}",{more}"time":"2025-03-01T10:00:00Z","data":{data}}}"#
    )
}

#[test]
fn events_of_every_shape_are_the_same_rows() {
    let counts = r#"{"model":"gpt-4o","tier":"batch","calls":3,"input_tokens":10,
        "cached_input_tokens":5,"output_tokens":7,"note":{"any":["thing"]}}"#
        .replace('\n', " ");
    let usage = r#"{"model":"o\u0033","customer":"zeta","usage":{"prompt_tokens":100,"completion_tokens":50,
        "prompt_tokens_details":{"cached_tokens":60},
        "completion_tokens_details":{"reasoning_tokens":30}}}"#
        .replace('\n', " ");
    let events = [event("1", r#""subject":"beta","#, &counts), event("2", "", &usage)];
    let (lines, array) = (events.join("\n"), format!("\u{feff}[\n{}\n]\n", events.join(",\n")));
    let spread = events.join("\n").replace(",\"", ",\n  \"").replace(r#""1.0"}"#, "\"1.0\"\n}");

    let (_dir, store) = store();
    let first = take(&store, Format::CloudEvents, &lines);
    assert_eq!((first.new, first.rejected), (2, 0), "{:?}", rejects(&first));
    let kept = rows(&store);
    let of = |model: &str| kept.iter().find(|row| row.model == model).unwrap();
    let [one, two] = [of("gpt-4o"), of("o3")];
    assert_eq!(one.tokens, Tokens { input: 10, cached: 5, output: 7, ..NONE });
    assert_eq!(
        (one.calls, &*one.tier, &*one.customer, &*one.channel),
        (3, "batch", "beta", "direct")
    );
    assert_eq!(two.tokens, Tokens { input: 40, cached: 60, output: 20, reasoning: 30, ..NONE });
    assert_eq!((two.calls, &*two.tier, &*two.customer), (1, "standard", "zeta"));

    for text in [&lines, &array, &spread] {
        let again = take(&store, Format::CloudEvents, text);
        assert_eq!(
            (again.new, again.duplicate, again.rejected),
            (0, 2, 0),
            "{:?}",
            rejects(&again)
        );
    }
    // The same id from another source is another call.
    let other = lines.replace("/meters/7", "/meters/8");
    assert_eq!(take(&store, Format::CloudEvents, &other).new, 2);
}

#[test]
fn events_that_are_no_rows_are_written_down_with_the_reason() {
    let tokens = r#"{"input_tokens":1,"output_tokens":2}"#;
    let good = event("good", "", tokens);
    let long = format!(r#"{{"input_tokens":1,"output_tokens":{}}}"#, "9".repeat(30));
    let table: Vec<(String, &str)> = vec![
        (good.replace(r#""id":"good","#, ""), "there is no `id`"),
        (good.replace(r#""source":"/meters/7","#, ""), "there is no `source`"),
        (good.replace(r#""time":"2025-03-01T10:00:00Z","#, ""), "there is no `time`"),
        (good.replace("2025-03-01T10:00:00Z", "2300-03-01T10:00:00Z"), "`time`: `2300"),
        (good.replace("10:00:00Z", "10:00:00"), "is not an instant; expected a date, a time and"),
        (good.replace(r#""1.0""#, r#""0.3""#), "`specversion` is `0.3`; expected `1.0`"),
        (good.replace(r#""id":"good""#, r#""id":"good","id":"x""#), "`id` is there twice"),
        (event("a", "", r#"{"input_tokens":-1,"output_tokens":2}"#), "`input_tokens`: `-1` is not"),
        (
            event("b", "", r#"{"input_tokens":1.5,"output_tokens":2}"#),
            "`input_tokens`: `1.5` is not",
        ),
        (event("c", "", r#"{"input_tokens":NaN,"output_tokens":2}"#), "not a JSON object"),
        (event("d", "", &long), "is not a count of tokens"),
        (event("e", "", r#"{"input_tokens":1}"#), "`data` has no `output_tokens`"),
        (
            event("f", "", r#"{"input_tokens":1,"output_tokens":2,"cached_tokens":1}"#),
            "`cached_tokens` is no class of tokens",
        ),
        (
            event("g", "", r#"{"usage":{"prompt_tokens":1},"input_tokens":1}"#),
            "`data` has `usage` and counts of its own",
        ),
        (event("h", "", r#"{"usage":{"prompt_tokens":-1}}"#), "`usage`: invalid value"),
        (event("i", "", r#"{"usage":{"type":"duration"}}"#), "`usage` counts no tokens"),
        (
            event("j", "", r#"{"usage":{"prompt_tokens":5000000000}}"#),
            "`5000000000` is not a count",
        ),
        (event("k", "", "[1]"), "`data`: not a JSON object"),
        (event("l", "", r#"{"model":"","input_tokens":1,"output_tokens":2}"#), "`model` is empty"),
        (good.replace(r#""data":"#, r#""data_base64":"#), "`data`: is in base64"),
        ("7".into(), "not a JSON object"),
        // The same id, which says something else.
        (
            event("good", "", r#"{"input_tokens":9,"output_tokens":2}"#),
            "`id` is that of another row",
        ),
    ];
    let texts: Vec<&str> = table.iter().map(|(text, _)| text.as_str()).collect();
    let bad = table.len() as u64;
    for (text, first_line) in [
        (format!("{good}\n{}\n{{\"specversion\":\"1.0\",", texts.join("\n")), 2),
        (format!("[\n{good},\n{}\n,{{\"specversion\":\"1.0\",", texts.join(",\n")), 3),
    ] {
        let (_dir, store) = store();
        let imported = take(&store, Format::CloudEvents, &text);
        assert_eq!((imported.new, imported.rejected), (1, bad + 1), "{:?}", rejects(&imported));
        let mut found = rejects(&imported);
        found.sort();
        assert_eq!(found.last().unwrap().1, "the JSON breaks off; expected an object");
        for ((number, (text, expected)), (line, reason)) in (first_line..).zip(&table).zip(&found) {
            assert_eq!(*line, number, "{text}");
            assert!(reason.contains(expected), "`{reason}` should say `{expected}`");
        }
    }
}

#[test]
fn names_that_nothing_says_reject_the_event() {
    let (_dir, store) = store();
    let none = Defaults { channel: Some("direct".into()), ..Defaults::default() };
    let text = event(
        "1",
        "",
        r#"{"model":"m","product":"p","host":"h","input_tokens":1,"output_tokens":1}"#,
    );
    let imported = take_with(&store, Format::CloudEvents, &text, &none);
    assert_eq!(rejects(&imported), [(1, "nothing says `customer`; pass a default for it".into())]);
    // The mapping finds it elsewhere in the event.
    let mapped = Defaults { columns: [("customer".into(), "account".into())].into(), ..none };
    let text = text.replacen('{', r#"{"account":"acme","#, 1);
    let imported = take_with(&store, Format::CloudEvents, &text, &mapped);
    assert_eq!(imported.new, 1, "{:?}", rejects(&imported));
    assert_eq!(rows(&store)[0].customer, "acme");
}

#[test]
fn a_source_without_records_is_refused() {
    for text in ["", " \n\n"] {
        let (_dir, store) = store();
        let error = import_text(&store, Format::CloudEvents, text.as_bytes()).unwrap_err();
        assert!(chain(&error).contains("is empty; expected records of cloudevents"), "{error}");
        assert!(!store.root().exists());
    }
    let (_dir, store) = store();
    let mut wrong = defaults();
    wrong.columns.insert("modle".into(), "x".into());
    let source = tempfile::NamedTempFile::new().unwrap();
    let error = store.import(source.path(), Format::CloudEvents, &wrong, &mut |_| {}).unwrap_err();
    assert!(error.to_string().starts_with("`modle` is not a column of usage"), "{error}");
    assert_eq!(take(&store, Format::CloudEvents, "[]").read, 0);
}
