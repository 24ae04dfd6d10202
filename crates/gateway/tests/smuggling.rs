//! Requests that are made to be read in two ways, or to go where nobody said: whatever is tried, an
//! upstream sees one plain request or none, and nobody else sees anything.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use common::*;

const AT: &str = "2025-02-01T12:00:00Z";
const ASK: &str = r#"{"model":"gpt-4o","messages":[]}"#;
const KEY: &str = "authorization: Bearer sk-test\r\n";

fn running(upstream_: &Upstream, more: &str) -> Running {
    let text = upstream("a", "azure", upstream_.address) + &route("gpt-4o", &["a"]) + &key("");
    Running::start(&(text + more), AT)
}

/// Sends bytes as they are, and reads until the connection ends or nothing has come for a while.
fn raw(running: &Running, bytes: &[u8]) -> String {
    let mut stream = running.client().stream;
    stream.set_read_timeout(Some(Duration::from_millis(700))).unwrap();
    // A gateway that has answered and closed reads no more.
    let _ = stream.write_all(bytes);
    let mut got = Vec::new();
    let mut room = [0; 16 << 10];
    while let Ok(read @ 1..) = stream.read(&mut room) {
        got.extend_from_slice(&room[..read]);
    }
    String::from_utf8_lossy(&got).into_owned()
}

#[test]
fn a_request_with_two_readings_is_one_or_none() {
    let length = ASK.len();
    let smuggled =
        "POST /v1/files HTTP/1.1\r\nhost: x\r\nx-smuggled: 1\r\ncontent-length: 0\r\n\r\n";
    let chunked = format!("{length:x}\r\n{ASK}\r\n0\r\n\r\n");
    let extension = "e".repeat(1 << 20);
    let long = "h".repeat(1 << 20);
    for (what, head, body) in [
        (
            "a length and chunks",
            "content-length: 4\r\ntransfer-encoding: chunked\r\n".into(),
            &*chunked,
        ),
        ("two lengths", format!("content-length: {length}\r\ncontent-length: 4\r\n"), ASK),
        ("two lengths in one", format!("content-length: {length}, 4\r\n"), ASK),
        ("a signed length", format!("content-length: +{length}\r\n"), ASK),
        (
            "a folded header",
            format!("x-a: 1\r\n x-smuggled: 1\r\ncontent-length: {length}\r\n"),
            ASK,
        ),
        ("a space before the colon", format!("content-length : {length}\r\n"), ASK),
        ("a coding nobody knows", "transfer-encoding: x, chunked\r\n".into(), &*chunked),
        ("a coding that is none", "transfer-encoding: \u{b}chunked\r\n".into(), &*chunked),
        ("chunks that do not end it", "transfer-encoding: chunked, gzip\r\n".into(), &*chunked),
        (
            "a carriage return alone",
            format!("x-a: 1\rx-smuggled: 1\r\ncontent-length: {length}\r\n"),
            ASK,
        ),
        ("a null", format!("x-a: \0\r\ncontent-length: {length}\r\n"), ASK),
        ("a head without end", format!("x-a: {long}\r\ncontent-length: {length}\r\n"), ASK),
        (
            "an extension without end",
            "transfer-encoding: chunked\r\n".into(),
            &*format!("{length:x};{extension}\r\n{ASK}\r\n0\r\n\r\n"),
        ),
        (
            "a chunk that lies",
            "transfer-encoding: chunked\r\n".into(),
            "fffffffffffffffff\r\nx\r\n",
        ),
    ] {
        let upstream_ = Upstream::always(completion(1, 1));
        let running = running(&upstream_, "");
        let bytes = format!("POST {CHAT} HTTP/1.1\r\nhost: x\r\n{KEY}{head}\r\n{body}{smuggled}");
        let got = raw(&running, bytes.as_bytes());
        let seen = upstream_.seen();
        // The last request has no key, so it is refused wherever it is read as one.
        assert!(seen.len() <= 1, "{what}: {seen:?}");
        for seen in &seen {
            assert_eq!(seen.body, ASK.as_bytes(), "{what}");
            assert_eq!(seen.header("x-smuggled"), None, "{what}");
            assert_eq!(seen.header("transfer-encoding"), None, "{what}: {}", seen.head);
            let lengths = seen.head.to_lowercase().matches("content-length:").count();
            assert_eq!(lengths, 1, "{what}: {}", seen.head);
        }
        assert!(got.is_empty() || got.starts_with("HTTP/1.1 "), "{what}: {got}");
        let answered = got.matches("HTTP/1.1 200").count();
        assert_eq!(answered, seen.len(), "{what}: {got}");
    }
}

#[test]
fn a_slow_client_is_cut() {
    let upstream_ = Upstream::always(completion(1, 1));
    let running = running(&upstream_, "[limits]\nheader_ms = 400\nbody_gap_ms = 300\n");
    let mut stream = running.client().stream;
    let began = Instant::now();
    // One byte after the other, each in time, and no head in time.
    for byte in format!("POST {CHAT} HTTP/1.1\r\nx: {}", "x".repeat(100)).bytes() {
        if stream.write_all(&[byte]).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
        if began.elapsed() > Duration::from_secs(1) {
            break;
        }
    }
    let mut end = Vec::new();
    let _ = stream.read_to_end(&mut end);
    assert!(began.elapsed() < Duration::from_secs(3), "it is cut");
    let head = format!("POST {CHAT} HTTP/1.1\r\nhost: x\r\n{KEY}content-length: 100\r\n\r\n{{");
    let got = raw(&running, head.as_bytes());
    assert!(got.is_empty() || got.contains("request_timeout"), "{got}");
    assert!(upstream_.seen().is_empty());
}

#[test]
fn where_a_call_goes_is_said_by_the_settings_alone() {
    let upstream_ = Upstream::always(completion(1, 1));
    let elsewhere = Upstream::always(completion(9, 9));
    let other = elsewhere.address;
    let running = running(&upstream_, "");
    let body = |model: &str| serde_json::json!({ "model": model, "messages": [] }).to_string();
    let plain = body("gpt-4o");
    let mut tried = Vec::new();
    // Names that would be another place, were they put into one.
    for name in [
        "../gpt-4o",
        "gpt-4o/..",
        "..%2fgpt-4o",
        "%2e%2e",
        "@127.0.0.1",
        &format!("//{other}"),
        &format!("http://{other}/v1"),
        "gpt-4o\r\nhost: evil",
        "gpt-4o%0d%0ax-smuggled: 1",
        "gpt-4o?x=1",
        "gpt-4o#x",
        "gpt-4o\0",
        "",
        " gpt-4o",
        "GPT-4O",
    ] {
        tried.push((format!("POST {CHAT}"), String::new(), body(name)));
        let deployment = format!("POST /openai/deployments/{name}/chat/completions?api-version=1");
        tried.push((deployment, String::new(), plain.clone()));
    }
    for path in [
        "/v1/../../admin",
        "/v1/%2e%2e/admin",
        "/v1/..%5cadmin",
        "//evil/v1/chat/completions",
        "/v1//evil/chat/completions",
        "/v1/files/..%2f..%2fadmin",
        "/v2/chat/completions",
    ] {
        tried.push((format!("POST {path}"), String::new(), plain.clone()));
    }
    for (line, headers, body) in tried {
        let bytes = format!(
            "{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{KEY}{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let got = raw(&running, bytes.as_bytes());
        assert!(got.starts_with("HTTP/1.1 4"), "{line} {body}: {got}");
    }
    assert!(upstream_.seen().is_empty(), "{:?}", upstream_.seen());

    // What is asked of another place comes to the one of the settings.
    for (line, headers) in [
        (format!("POST http://{other}{CHAT}"), String::new()),
        (
            format!("POST {CHAT}"),
            format!("x-forwarded-host: {other}\r\nforwarded: host={other}\r\n"),
        ),
        (format!("POST {CHAT}?url=http://{other}&host={other}"), String::new()),
    ] {
        let bytes = format!(
            "{line} HTTP/1.1\r\nhost: {other}\r\nconnection: close\r\n{KEY}{headers}content-length: {}\r\n\r\n{plain}",
            plain.len()
        );
        let got = raw(&running, bytes.as_bytes());
        assert!(got.starts_with("HTTP/1.1 200"), "{line}: {got}");
        let seen = upstream_.seen().pop().unwrap();
        assert!(seen.line().starts_with("POST /v1/chat/completions"), "{}", seen.head);
        assert_eq!(seen.header("host"), Some(&*upstream_.address.to_string()));
    }
    assert!(elsewhere.seen().is_empty());
    let connect =
        raw(&running, format!("CONNECT {other} HTTP/1.1\r\nhost: {other}\r\n{KEY}\r\n").as_bytes());
    assert!(connect.starts_with("HTTP/1.1 4"), "{connect}");
}

#[test]
fn no_key_of_a_caller_and_no_hop_goes_on() {
    let upstream_ = Upstream::always(
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: x-internal\r\nx-internal: 1\r\n\
          keep-alive: timeout=5\r\nproxy-authenticate: Basic\r\nx-kept: 1\r\n\r\n{}"
            .to_vec(),
    );
    let running = running(&upstream_, "");
    let mut client = running.client();
    let headers = [
        ("api-key", "sk-test"),
        ("authorization", "Bearer sk-test"),
        ("proxy-authorization", "Basic sk-test"),
        ("connection", "x-mine, keep-alive"),
        ("x-mine", "1"),
        ("te", "trailers"),
    ];
    client.send(
        "POST",
        &format!("{CHAT}?api-key=sk-test&a=1&API_KEY=sk-test"),
        &headers,
        ASK.as_bytes(),
    );
    let got = client.receive();
    let seen = &upstream_.seen()[0];
    assert!(!seen.head.contains("sk-test"), "{}", seen.head);
    assert!(seen.line().contains("?a=1 "), "{}", seen.head);
    for name in ["proxy-authorization", "x-mine", "te", "connection"] {
        assert_eq!(seen.header(name), None, "{name}");
    }
    for name in ["x-internal", "keep-alive", "proxy-authenticate"] {
        assert_eq!(got.header(name), None, "{name}");
    }
    assert_eq!(got.header("x-kept"), Some("1"));
}
