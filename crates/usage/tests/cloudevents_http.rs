//! CloudEvents that come over HTTP, in all three modes.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{all_rows, defaults, import_text};
use usage::{Event, Format, NotEvents, Received, Store, received};

const DATA: &str = r#"{"model":"gpt-4o","input_tokens":10,"output_tokens":7}"#;

const ATTRIBUTES: [(&str, &str); 6] = [
    ("CE-SpecVersion", "1.0"),
    ("ce-type", "com.example.call"),
    ("ce-source", "/meters/7"),
    ("ce-id", "call 1"),
    ("ce-time", "2025-03-01T10:00:00Z"),
    ("ce-subject", "beta"),
];

fn structured(id: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","type":"com.example.call","source":"/meters/7","id":"{id}",
            "subject":"beta","time":"2025-03-01T10:00:00Z","data":{DATA}}}"#
    )
}

fn take(headers: &[(&str, &str)], body: &str) -> Result<Received, NotEvents> {
    received(headers, body.as_bytes(), &defaults(), None)
}

fn binary(more: &[(&str, &str)], body: &str) -> Received {
    let headers: Vec<(&str, &str)> = ATTRIBUTES.iter().chain(more).copied().collect();
    take(&headers, body).unwrap()
}

fn reasons(received: &Received) -> Vec<(usize, &str)> {
    received.rejected.iter().map(|rejected| (rejected.place, rejected.reason.as_str())).collect()
}

#[test]
fn an_event_is_the_same_call_in_every_mode_and_in_a_file() {
    let in_headers = binary(&[("Content-Type", "application/json; charset=utf-8")], DATA);
    assert_eq!(reasons(&in_headers), []);
    let in_json =
        take(&[("content-type", "application/cloudevents+json")], &structured("call 1")).unwrap();
    let batch = format!("[{},{}]", structured("call 1"), structured("call 2"));
    let in_batch = take(&[("content-type", "application/cloudevents-batch+json")], &batch).unwrap();
    assert_eq!((in_batch.events.len(), in_batch.rejected.len()), (2, 0));
    assert_eq!(in_headers.events, in_json.events);
    assert_eq!(in_headers.events[0], in_batch.events[0]);

    let Event { customer, model, channel, tokens, .. } = &in_headers.events[0];
    assert_eq!((customer.as_str(), model.as_str(), channel.as_str()), ("beta", "gpt-4o", "direct"));
    assert_eq!((tokens.input, tokens.output), (10, 7));

    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.append(in_batch.events, &mut |_| {}).unwrap().new, 2);
    for known in [in_headers, in_json] {
        let again = store.append(known.events, &mut |_| {}).unwrap();
        assert_eq!((again.new, again.duplicate, again.rejected), (0, 1, 0));
    }
    let again = import_text(&store, Format::CloudEvents, batch.as_bytes()).unwrap();
    assert_eq!((again.new, again.duplicate), (0, 2));
    assert_eq!(all_rows(&store).len(), 2);
}

#[test]
fn headers_are_written_as_the_binding_says() {
    let json = ("content-type", "application/vnd.example+json");
    let named = |id: &str| {
        let mut headers = ATTRIBUTES.to_vec();
        headers[3] = ("ce-id", id);
        headers.push(json);
        take(&headers, DATA).unwrap()
    };
    // Percent-encoded where they are not plain text.
    let plain = take(&[("content-type", "application/cloudevents+json")], &structured("euro €"));
    assert_eq!(named("euro%20%E2%82%AC").events, plain.unwrap().events);
    assert!(reasons(&named("%ff"))[0].1.contains("`ce-id`: `%ff` is not UTF-8"));
    let twice = binary(&[json, ("CE-Id", "call 2")], DATA);
    assert_eq!(reasons(&twice), [(0, "`ce-id` is there twice")]);
    let text = binary(&[("content-type", "text/plain")], DATA);
    assert!(reasons(&text)[0].1.contains("`content-type` is `text/plain`; expected"));
    let cut = binary(&[json], "{\"model\":");
    assert_eq!(reasons(&cut), [(0, "`data`: the JSON breaks off; expected an object")]);
}

#[test]
fn one_bad_event_of_a_batch_spoils_no_other() {
    let batch = format!(
        r#"[{},{{"specversion":"1.0"}},7,{}]"#,
        structured("a"),
        structured("b").replace("2025", "2125")
    );
    let headers = [("Content-Type", "application/cloudevents-batch+json")];
    let end = Some("2026-01-01T00:00:00Z".parse().unwrap());
    let found = received(&headers, batch.as_bytes(), &defaults(), end).unwrap();
    assert_eq!(found.events.len(), 1);
    let places: Vec<usize> = found.rejected.iter().map(|rejected| rejected.place).collect();
    assert_eq!(places, [1, 2, 3]);
    assert!(found.rejected[0].reason.contains("there is no `id`"));
    assert!(found.rejected[1].reason.contains("not a JSON object"));
    assert!(found.rejected[2].reason.contains("is still to come"), "{:?}", found.rejected[2]);
}

#[test]
fn what_is_no_event_is_refused_as_a_whole() {
    let refused = |kind, body: &str| take(&[("content-type", kind)], body).unwrap_err();
    let error = refused("application/json", DATA);
    assert!(matches!(error, NotEvents::OtherType { .. }), "{error}");
    assert!(error.to_string().contains("is of type `application/json`"), "{error}");
    assert!(matches!(refused("application/cloudevents+avro", ""), NotEvents::OtherType { .. }));
    let headers = ATTRIBUTES.iter().chain(&[("content-type", "application/cloudevents+avro")]);
    let headers: Vec<(&str, &str)> = headers.copied().collect();
    assert!(matches!(take(&headers, "").unwrap_err(), NotEvents::OtherType { .. }));
    let batch = "application/cloudevents-batch+json";
    assert!(matches!(refused(batch, "{}"), NotEvents::NotABatch(_)));
    assert!(matches!(take(&[], ""), Err(NotEvents::OtherType { .. })));
    let bytes = received(&[("content-type", batch)], b"\xff", &defaults(), None);
    assert!(matches!(bytes, Err(NotEvents::NotUtf8(_))));
}
