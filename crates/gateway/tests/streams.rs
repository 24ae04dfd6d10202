//! Many streams at once, and what changes under them.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::*;

const AT: &str = "2025-02-01T12:00:00Z";
const ASK: &str = r#"{"model":"gpt-4o","stream":true,"messages":[]}"#;
const STREAMS: usize = 500;

/// Streams that go on until they are told to end.
fn held(open: &Arc<AtomicBool>) -> Upstream {
    let open = open.clone();
    Upstream::start(move |_, _| {
        let mut steps = vec![Step::Send(stream_head()), Step::Send(chunk(&delta("a")))];
        steps.push(Step::Until(open.clone()));
        steps.push(Step::Send(chunk(&usage_event(7, 2))));
        steps.push(Step::Send(chunk(DONE)));
        steps.push(Step::Send(b"0\r\n\r\n".to_vec()));
        steps
    })
}

#[test]
fn what_is_adopted_binds_new_calls_and_ends_no_stream() {
    let open = Arc::new(AtomicBool::new(false));
    let upstream_ = held(&open);
    let text = upstream("o", "oci", upstream_.address) + &route("gpt-4o", &["o"]) + &key("");
    // From 27 April 2026 any cloud may serve.
    let running = Running::start(&text, "2026-05-01T12:00:00Z");
    let headers = [("authorization", "Bearer sk-test")];
    let mut clients: Vec<Client> = (0..STREAMS).map(|_| running.client()).collect();
    clients.iter_mut().for_each(|client| client.send("POST", CHAT, &headers, ASK.as_bytes()));
    eventually("all streams have begun", || upstream_.seen.lock().unwrap().len() == STREAMS);

    running.gateway().adopt(terms(5), terms::Known::Everything);
    assert_eq!(running.client().ask(CHAT, ASK).status, 403);
    running.gateway().reload(&settings(&text), &OneSecret).unwrap();
    assert_eq!(running.client().ask(CHAT, ASK).status, 403);
    running.gateway().adopt(terms(6), terms::Known::Everything);
    open.store(true, Ordering::Relaxed);
    assert_eq!(running.client().ask(CHAT, ASK).status, 200);
    for client in &mut clients {
        let got = client.receive();
        assert!(got.whole && got.text().ends_with(DONE));
    }
    let rows = running.rows();
    let complete = rows.iter().filter(|row| row.tokens.read() == 7).count();
    assert_eq!((complete, rows.len()), (STREAMS + 1, STREAMS + 3));
}

/// Calls that run come to their end before the gateway does, and have their rows.
#[test]
fn stopping_waits_for_what_runs() {
    let open = Arc::new(AtomicBool::new(false));
    let upstream_ = held(&open);
    let text = upstream("a", "azure", upstream_.address) + &route("gpt-4o", &["a"]) + &key("");
    let mut running = Running::start(&text, AT);
    let mut client = running.client();
    client.send("POST", CHAT, &[("authorization", "Bearer sk-test")], ASK.as_bytes());
    eventually("the stream has begun", || !upstream_.seen().is_empty());
    let gateway = running.gateway.take().unwrap();
    let stopping = std::thread::spawn(move || gateway.stop());
    std::thread::sleep(Duration::from_millis(100));
    assert!(!stopping.is_finished());
    open.store(true, Ordering::Relaxed);
    assert!(client.receive().text().ends_with(DONE));
    stopping.join().unwrap();
    let rows = rows(&running.dir.path().join("rows"));
    assert_eq!(told(&rows), ["1 a Complete 200 Reported 7+2"]);
}

#[test]
fn slow_clients_are_not_waited_for() {
    let upstream_ = Upstream::always(completion(1, 1));
    let text = upstream("a", "azure", upstream_.address)
        + &route("gpt-4o", &["a"])
        + &key("")
        + "[limits]\nheader_ms = 200\nbody_gap_ms = 200\nheader_bytes = 8192\n";
    let running = Running::start(&text, AT);
    for (what, sent, answer) in [
        ("no request", "", ""),
        ("half a head", "POST /v1/chat", ""),
        (
            "half a body",
            "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer sk-test\r\ncontent-length: 9\r\n\r\n{",
            "HTTP/1.1 408",
        ),
        (
            "two lengths",
            "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
            "HTTP/1.1 400",
        ),
        (
            "a head too long",
            &format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(20_000)),
            "HTTP/1.1 431",
        ),
    ] {
        let mut client = running.client();
        let began = Instant::now();
        std::io::Write::write_all(&mut client.stream, sent.as_bytes()).unwrap();
        let mut got = Vec::new();
        let _ = std::io::Read::read_to_end(&mut client.stream, &mut got);
        assert!(began.elapsed() < Duration::from_secs(5), "{what}");
        let got = String::from_utf8_lossy(&got);
        assert!(got.starts_with(answer), "{what}: {got}");
    }
    assert!(upstream_.seen().is_empty());
}

/// A gateway with a certificate, and one in front of it that trusts it.
#[test]
fn tls_is_spoken_both_ways() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_string()]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (certificate, secret) = (dir.path().join("certificate.pem"), dir.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&secret, made.signing_key.serialize_pem()).unwrap();

    let upstream_ = Upstream::always(completion(4, 2));
    // The keys of the one in front are what the one behind knows.
    let behind = upstream("a", "azure", upstream_.address)
        + &route("gpt-4o", &["a"])
        + &key("").replace(
            &*blake3::hash(b"sk-test").to_hex(),
            &blake3::hash(SECRET.as_bytes()).to_hex(),
        )
        + &format!("[tls]\ncertificate_file = {certificate:?}\nkey_file = {secret:?}\n");
    let behind = Running::start(&behind, AT);
    let port = behind.gateway().address().port();
    let front = format!(
        "[[upstream]]\nname = \"b\"\nhost = \"azure\"\nurl = \"https://localhost:{port}\"\ndialect = \"openai\"\n"
    ) + &route("gpt-4o", &["b"])
        + &key("");
    let mut running = Running::start(&front, AT);
    let untrusted = running.client().ask(CHAT, r#"{"model":"gpt-4o"}"#);
    assert_eq!(untrusted.status, 502);
    running.gateway.take().unwrap().stop();

    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    running.gateway = Some(running.begin_trusting(&front, roots));
    let mut client = running.client();
    for _ in 0..3 {
        assert_eq!(client.ask(CHAT, r#"{"model":"gpt-4o"}"#).status, 200);
    }
    assert_eq!(told(&behind.rows()), vec!["1 a Complete 200 Reported 4+2"; 3]);
}
