//! Sessions over WebSockets.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};

use common::*;

fn text(payload: &str) -> Vec<u8> {
    assert!(payload.len() < 0x10000);
    let mut frame = vec![0x81, 126];
    frame.extend_from_slice(&(payload.len() as u16).to_be_bytes());
    frame.extend_from_slice(payload.as_bytes());
    frame
}

fn done(read: u64, written: u64) -> Vec<u8> {
    text(&format!(
        r#"{{"type":"response.done","response":{{"usage":{{"input_tokens":{read},"output_tokens":{written}}}}}}}"#
    ))
}

const AGREED: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: x\r\n\r\n";

const ASK: [(&str, &str); 6] = [
    ("authorization", "Bearer sk-test"),
    ("connection", "Upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-key", "eA=="),
    ("sec-websocket-version", "13"),
    ("sec-websocket-extensions", "permessage-deflate"),
];

#[test]
fn each_response_of_a_session_has_its_row() {
    let upstream_ = Upstream::start(|_, _| {
        let created = text(r#"{"type":"session.created"}"#);
        let end = [0x88, 0].to_vec();
        let frames = [created, done(5, 2), done(9, 4), end].concat();
        // The first bytes come with the head, the others one way or another.
        let (early, late) = frames.split_at(20);
        vec![
            Step::Send([AGREED, early].concat()),
            Step::Wait(20),
            Step::Send(late.to_vec()),
            Step::Wait(100),
            Step::Close,
        ]
    });
    let settings = upstream("a", "azure", upstream_.address) + &route("public", &["a"]) + &key("");
    let running = Running::start(&settings, "2025-02-01T12:00:00Z");
    let mut client = running.client();
    client.send("GET", "/v1/realtime?model=public", &ASK, b"");
    let mut got = Vec::new();
    client.stream.write_all(&text("{\"type\":\"session.update\"}")).unwrap();
    client.stream.read_to_end(&mut got).unwrap();
    let head = String::from_utf8_lossy(&got);
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    assert!(head.contains("sec-websocket-accept: x") && head.contains("x-charter-decision"));
    assert!(got.ends_with(&[done(9, 4), [0x88, 0].to_vec()].concat()));

    let seen = &upstream_.seen()[0];
    assert_eq!(seen.line(), "GET /v1/realtime?model=gpt-4o HTTP/1.1");
    assert_eq!(seen.header("sec-websocket-extensions"), None);
    assert_eq!(seen.header("sec-websocket-key"), Some("eA=="));
    let rows = running.rows();
    assert_eq!(told(&rows), ["1 a Complete 101 Reported 5+2", "1 a Complete 101 Reported 9+4"]);
    assert_eq!(rows[0].request, rows[1].request);
}

#[test]
fn a_session_that_is_not_allowed_is_none() {
    let upstream_ = Upstream::always(AGREED.to_vec());
    let settings = upstream("o", "oci", upstream_.address) + &route("gpt-4o", &["o"]) + &key("");
    let running = Running::start(&settings, "2025-02-01T12:00:00Z");
    for (path, status) in [
        ("/v1/realtime?model=gpt-4o", 403),
        ("/v1/realtime?model=unheard", 404),
        ("/v1/realtime?model=gpt-4o&model=x", 400),
        ("/v1/realtime", 400),
    ] {
        let mut client = running.client();
        client.send("GET", path, &ASK, b"");
        assert_eq!(client.receive().status, status, "{path}");
    }
    assert!(upstream_.seen().is_empty());
}

#[test]
fn what_an_upstream_answers_instead_goes_to_the_client() {
    let upstream_ = Upstream::always(answer("401 No", "application/json", b"{\"error\":1}"));
    let settings = upstream("a", "azure", upstream_.address) + &route("gpt-4o", &["a"]) + &key("");
    let running = Running::start(&settings, "2025-02-01T12:00:00Z");
    let mut client = running.client();
    client.send("GET", "/v1/realtime?model=gpt-4o", &ASK, b"");
    let got = client.receive();
    assert_eq!((got.status, got.text()), (401, "{\"error\":1}".to_string()));
    assert_eq!(told(&running.rows()), ["1 a Failed 401 Nothing 0+0"]);
}

#[test]
fn a_session_ends_with_its_budget() {
    let upstream_ = Upstream::start(|_, _| {
        vec![
            Step::Send([AGREED, &done(5, 5)].concat()),
            Step::Wait(100),
            Step::Send(done(5, 5)),
            Step::Wait(2_000),
        ]
    });
    let settings = upstream("a", "azure", upstream_.address)
        + &route("gpt-4o", &["a"])
        + &key("budget = { tokens = 20, period = \"day\" }");
    let running = Running::start(&settings, "2025-02-01T12:00:00Z");
    let mut client = running.client();
    client.send("GET", "/v1/realtime?model=gpt-4o", &ASK, b"");
    let mut got = Vec::new();
    client.stream.read_to_end(&mut got).unwrap();
    assert!(got.ends_with(&done(5, 5)));
    let mut client = running.client();
    client.send("GET", "/v1/realtime?model=gpt-4o", &ASK, b"");
    assert_eq!(client.receive().status, 429);
}

/// Reads all that a session says to a client.
fn session(first: &str, then: Vec<u8>, more: &str) -> Vec<String> {
    let first = text(first);
    let upstream_ = Upstream::start(move |_, _| {
        vec![
            Step::Send([AGREED, &first].concat()),
            Step::Wait(100),
            Step::Send(then.clone()),
            Step::Wait(100),
            Step::Close,
        ]
    });
    let settings =
        upstream("a", "azure", upstream_.address) + &route("gpt-4o", &["a"]) + more + &key("");
    let running = Running::start(&settings, "2025-02-01T12:00:00Z");
    let mut client = running.client();
    client.send("GET", "/v1/realtime?model=gpt-4o", &ASK, b"");
    client.stream.read_to_end(&mut Vec::new()).unwrap();
    let rows = running.rows();
    let models = rows.iter().map(|row| row.model.as_str());
    told(&rows).iter().zip(models).map(|(told, model)| format!("{model} {told}")).collect()
}

#[test]
fn what_is_written_down_is_metered_by_the_model_that_does_it() {
    let created = |model: &str| {
        format!(
            r#"{{"type":"session.created","session":{{"audio":{{"input":{{"transcription":{{"model":"{model}"}}}}}}}}}}"#
        )
    };
    let written = text(
        r#"{"type":"conversation.item.input_audio_transcription.completed","transcript":"x","usage":
        {"type":"tokens","input_tokens":13,"output_tokens":2,"input_token_details":{"audio_tokens":13}}}"#,
    );
    let timed = text(
        r#"{"type":"conversation.item.input_audio_transcription.completed","usage":{"type":"duration","seconds":3}}"#,
    );
    let then = [written, done(5, 2), timed, done(6, 3)].concat();
    let more = "[[route]]\nname = \"t\"\ncandidates = [{ model = \"gpt-4\", upstream = \"a\" }]\n";
    assert_eq!(
        session(&created("gpt-4"), then.clone(), more),
        [
            "gpt-4 1 a Complete 101 Reported 13+2",
            "gpt-4o 1 a Complete 101 Reported 5+2",
            "gpt-4 1 a Complete 101 Unknown 0+0",
            "gpt-4o 1 a Complete 101 Reported 6+3",
        ]
    );
    // A model that nobody may ask for ends the session.
    assert_eq!(session(&created("unheard"), then, more), ["gpt-4o 1 a Refused 101 Nothing 0+0"]);
}

#[test]
fn what_a_session_that_is_cut_had_begun_is_unknown() {
    let begun = text(r#"{"type":"response.created","response":{"usage":null}}"#);
    assert_eq!(
        session(r#"{"type":"x"}"#, [done(5, 2), begun.clone()].concat(), ""),
        ["gpt-4o 1 a Complete 101 Reported 5+2", "gpt-4o 1 a Complete 101 Unknown 0+0"]
    );
    assert_eq!(
        session(r#"{"type":"x"}"#, [begun, done(5, 2)].concat(), ""),
        ["gpt-4o 1 a Complete 101 Reported 5+2"]
    );
}
