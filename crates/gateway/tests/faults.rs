//! What goes wrong, and the exact rows it leaves.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::{Duration, Instant};

use common::*;

const AT: &str = "2025-02-01T12:00:00Z";
const ASK: &str = r#"{"model":"gpt-4o","messages":[{"content":"0123456789"}]}"#;
const ASK_STREAM: &str = r#"{"model":"gpt-4o","stream":true,"messages":[]}"#;

fn error(status: &str) -> Vec<u8> {
    answer(status, "application/json", br#"{"error":{"message":"theirs"}}"#)
}

/// Whatever a first upstream does, what the client gets and which rows there are.
#[test]
fn each_fault_leaves_its_rows() {
    type Script = fn(usize) -> Vec<Step>;
    let retried: Script = |_| vec![Step::Send(error("500 Internal Server Error"))];
    let cases: [(&str, Script, u16, bool, &[&str]); 8] = [
        (
            "500, then the next candidate",
            retried,
            200,
            true,
            &["1 a Failed 500 Nothing 0+0", "2 b Complete 200 Reported 4+2"],
        ),
        (
            "429 with Retry-After, then the next candidate",
            |_| {
                let text = "HTTP/1.1 429 Slow\r\nretry-after: 60\r\ncontent-length: 0\r\n\r\n";
                vec![Step::Send(text.into())]
            },
            200,
            true,
            &["1 a Failed 429 Nothing 0+0", "2 b Complete 200 Reported 4+2"],
        ),
        (
            "400 is the client's own",
            |_| vec![Step::Send(error("400 Bad Request"))],
            400,
            true,
            &["1 a Failed 400 Nothing 0+0"],
        ),
        (
            "the connection ends without an answer",
            |_| vec![Step::Close],
            200,
            true,
            &["1 a Failed 0 Nothing 0+0", "2 b Complete 200 Reported 4+2"],
        ),
        (
            "what comes is not HTTP",
            |_| vec![Step::Send(b"nonsense\r\n\r\n".to_vec()), Step::Close],
            200,
            true,
            &["1 a Failed 0 Nothing 0+0", "2 b Complete 200 Reported 4+2"],
        ),
        (
            "the first byte does not come",
            |_| vec![Step::Wait(3_000)],
            200,
            true,
            &["1 a Failed 0 Nothing 0+0", "2 b Complete 200 Reported 4+2"],
        ),
        (
            "the body is shorter than its length",
            |_| {
                let text = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{\"id\":";
                vec![Step::Send(text.into()), Step::Close]
            },
            200,
            false,
            &["1 a CutByUpstream 200 Estimated 14+0"],
        ),
        (
            "the JSON text breaks off and its length agrees",
            |_| vec![Step::Send(answer("200 OK", "application/json", b"{\"id\":"))],
            200,
            true,
            &["1 a CutByUpstream 200 Estimated 14+0"],
        ),
    ];
    for (what, script, status, whole, rows) in cases {
        let first = Upstream::start(move |number, _| script(number));
        let second = Upstream::always(completion(4, 2));
        let text = upstream("a", "azure", first.address)
            + &upstream("b", "azure", second.address)
            + &route("gpt-4o", &["a", "b"])
            + &key("")
            + "[limits]\nfirst_byte_ms = 300\n";
        let running = Running::start(&text, AT);
        let got = running.client().ask(CHAT, ASK);
        assert_eq!((got.status, got.whole), (status, whole), "{what}");
        let found = running.rows();
        assert_eq!(told(&found), rows, "{what}");
        let request = found[0].request;
        assert!(found.iter().all(|row| row.request == request), "{what}");
    }
}

#[test]
fn nobody_at_the_address() {
    let text = upstream("a", "azure", nobody()) + &route("gpt-4o", &["a"]) + &key("");
    let running = Running::start(&text, AT);
    let began = Instant::now();
    let got = running.client().ask(CHAT, ASK);
    assert_eq!(
        (got.status, got.json()["error"]["code"].as_str()),
        (502, Some("upstream_unavailable"))
    );
    assert!(began.elapsed() >= Duration::from_millis(300), "it waits between attempts");
    let rows = told(&running.rows());
    assert_eq!(rows, [1, 2, 3].map(|at| format!("{at} a Failed 0 Nothing 0+0")));
}

#[test]
fn retry_after_is_honoured_and_the_last_answer_is_theirs() {
    let upstream_ = Upstream::start(|number, _| {
        let text = "HTTP/1.1 429 Slow\r\nretry-after-ms: 400\r\ncontent-length: 5\r\n\r\nslow!";
        vec![Step::Send(if number < 2 { text.into() } else { error("503 Busy") })]
    });
    let text = upstream("a", "azure", upstream_.address) + &route("gpt-4o", &["a"]) + &key("");
    let running = Running::start(&text, AT);
    let began = Instant::now();
    let got = running.client().ask(CHAT, ASK);
    assert_eq!((got.status, got.json()["error"]["message"].as_str()), (503, Some("theirs")));
    assert!(began.elapsed() >= Duration::from_millis(800));
    assert_eq!(
        told(&running.rows()),
        ["1 a Failed 429 Nothing 0+0", "2 a Failed 429 Nothing 0+0", "3 a Failed 503 Nothing 0+0"]
    );
}

/// The upstream closes a kept connection just when it is used again: nobody notices.
#[test]
fn a_connection_that_was_closed_meanwhile_is_no_fault() {
    let upstream_ = Upstream::start(|_, _| vec![Step::Send(completion(4, 2)), Step::Close]);
    let text = upstream("a", "azure", upstream_.address) + &route("gpt-4o", &["a"]) + &key("");
    let running = Running::start(&text, AT);
    let mut client = running.client();
    for _ in 0..20 {
        assert_eq!(client.ask(CHAT, ASK).status, 200);
    }
    assert_eq!(told(&running.rows()), vec!["1 a Complete 200 Reported 4+2"; 20]);
}

#[test]
fn a_stream_that_breaks_off_breaks_off() {
    for (end, outcome, whole) in [
        (vec![Step::Close], "CutByUpstream", false),
        (vec![Step::Send(b"0\r\n\r\n".to_vec())], "CutByUpstream", true),
        (vec![Step::Wait(2_000)], "CutByUpstream", false),
        (vec![Step::Send(b"zz\r\n".to_vec()), Step::Wait(50)], "CutByUpstream", false),
    ] {
        let end = std::sync::Mutex::new(Some(end));
        let upstream_ = Upstream::start(move |_, _| {
            let mut steps = vec![Step::Send(stream_head()), Step::Send(chunk(&delta("a")))];
            steps.push(Step::Wait(20));
            steps.push(Step::Send(chunk(&delta("b"))));
            steps.extend(end.lock().unwrap().take().unwrap());
            steps
        });
        let text = upstream("a", "azure", upstream_.address)
            + &route("gpt-4o", &["a"])
            + &key("")
            + "[limits]\ngap_ms = 300\n";
        let running = Running::start(&text, AT);
        let got = running.client().ask(CHAT, ASK_STREAM);
        assert_eq!(got.whole, whole);
        assert!(!got.text().contains("[DONE]"), "nobody said so");
        assert_eq!(told(&running.rows()), [format!("1 a {outcome} 200 Estimated 11+1")]);
    }
}

#[test]
fn a_client_that_leaves_is_metered_all_the_same() {
    for (departure, expected) in [
        ("drain", "1 a ClientGone 200 Reported 7+2"),
        ("cancel", "1 a ClientGone 200 Estimated 11+1"),
    ] {
        let upstream_ = Upstream::start(|_, _| {
            vec![
                Step::Send(stream_head()),
                Step::Send(chunk(&delta("a"))),
                Step::Wait(400),
                Step::Send(chunk(&delta("b"))),
                Step::Send(chunk(&usage_event(7, 2))),
                Step::Send(chunk(DONE)),
                Step::Send(b"0\r\n\r\n".to_vec()),
            ]
        });
        let text = upstream("a", "azure", upstream_.address)
            + &route("gpt-4o", &["a"])
            + &key(&format!("when_client_leaves = \"{departure}\""));
        let running = Running::start(&text, AT);
        let mut client = running.client();
        let headers = [("authorization", "Bearer sk-test")];
        client.send("POST", CHAT, &headers, ASK_STREAM.as_bytes());
        let mut first = [0; 64];
        std::io::Read::read(&mut client.stream, &mut first).unwrap();
        std::thread::sleep(Duration::from_millis(100));
        drop(client);
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(told(&running.rows()), [expected], "{departure}");
    }
}

/// Before the answer's first byte as well.
#[test]
fn a_client_that_does_not_wait_is_metered_all_the_same() {
    let upstream_ = Upstream::start(|_, _| vec![Step::Wait(300), Step::Send(completion(4, 2))]);
    let text = upstream("a", "azure", upstream_.address) + &route("gpt-4o", &["a"]) + &key("");
    let running = Running::start(&text, AT);
    let mut client = running.client();
    client.send("POST", CHAT, &[("authorization", "Bearer sk-test")], ASK.as_bytes());
    std::thread::sleep(Duration::from_millis(100));
    drop(client);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(told(&running.rows()), ["1 a ClientGone 200 Reported 4+2"]);
}

#[test]
fn an_answer_that_reports_nothing_is_unknown_never_nothing() {
    let upstream_ =
        Upstream::always(answer("200 OK", "application/json", br#"{"id":"x","choices":[]}"#));
    let text = upstream("a", "azure", upstream_.address) + &route("gpt-4o", &["a"]) + &key("");
    let running = Running::start(&text, AT);
    assert_eq!(running.client().ask(CHAT, ASK).status, 200);
    assert_eq!(told(&running.rows()), ["1 a Complete 200 Unknown 0+0"]);
}

/// Its row is with the system before the client can have the whole answer.
#[test]
fn a_row_is_there_when_the_answer_is() {
    let upstream_ = Upstream::always(completion(4, 2));
    let text = upstream("a", "azure", upstream_.address) + &route("gpt-4o", &["a"]) + &key("");
    let running = Running::start(&text, AT);
    let mut client = running.client();
    let dir = running.dir.path().join("rows");
    let size = || -> u64 {
        let entries = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap());
        entries
            .map(|entry| entry.metadata().unwrap())
            .filter(|data| data.is_file())
            .map(|data| data.len())
            .sum()
    };
    for _ in 0..50 {
        let before = size();
        client.ask(CHAT, ASK);
        assert!(size() > before);
    }
}

/// By the vendor's own table: ten tokens in three events.
#[test]
fn what_broke_off_is_counted() {
    let upstream_ = Upstream::start(|_, _| {
        let said = ["The quick brown fox", " jumps over", " the lazy dog."];
        let chunks = said.iter().map(|text| Step::Send(chunk(&delta(text))));
        std::iter::once(Step::Send(stream_head())).chain(chunks).chain([Step::Close]).collect()
    });
    let text = upstream("a", "azure", upstream_.address) + &route("gpt-4o", &["a"]) + &key("");
    let running = Running::start(&text, AT);
    running.client().ask(CHAT, ASK_STREAM);
    assert_eq!(told(&running.rows()), ["1 a CutByUpstream 200 Estimated 11+10"]);
}
