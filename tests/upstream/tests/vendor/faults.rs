//! Each fault, as a client sees it and as the books have it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use upstream::books::Outcome;
use upstream::{Settings, Silent, Upstream};

use crate::client::{KEY, Received, call, entries, get, post, upstream};

/// A call of 8 tokens that something goes wrong with.
fn faulty(upstream: &Upstream, fault: &str, stream: bool) -> Received {
    let body = json!({
        "model": format!("fault.{fault}.gpt-4o"),
        "messages": [{"role": "user", "content": "hi"}],
        "max_tokens": 8,
        "stream": stream,
        "stream_options": {"include_usage": true},
    });
    post(upstream, "/v1/chat/completions", &body)
}

#[test]
fn faults_do_what_their_names_say() {
    use Outcome::{ClientGone, Complete, Cut, Failed};
    // Of a stream: its first chunk is the role, its 8 tokens follow, then the reason to finish, the
    // usage and the end, which makes 12.
    for (fault, stream, status, whole, error, chunks, outcome, output) in [
        ("500", false, 500, true, None, 0, Failed, 0),
        ("503", true, 503, true, None, 0, Failed, 0),
        ("429-2", false, 429, true, None, 0, Failed, 0),
        ("close", false, 0, false, Some(ErrorKind::ConnectionReset), 0, Cut, 0),
        ("reset-3", true, 200, false, Some(ErrorKind::ConnectionReset), 3, Cut, 2),
        ("reset-3", false, 200, false, Some(ErrorKind::ConnectionReset), 0, Cut, 8),
        ("end-3", true, 200, true, None, 3, Cut, 2),
        ("error-3", true, 200, true, None, 4, Cut, 2),
        ("stall-3", true, 200, false, Some(ErrorKind::WouldBlock), 3, ClientGone, 2),
        ("truncated", false, 200, true, None, 0, Cut, 8),
        ("length", false, 200, false, None, 0, Cut, 8),
        ("chunks-20", true, 200, true, None, 24, Complete, 20),
        ("split-7", true, 200, true, None, 12, Complete, 8),
        ("nousage", true, 200, true, None, 11, Complete, 8),
    ] {
        let upstream = upstream();
        let received = faulty(&upstream, fault, stream);
        assert_eq!(received.status, status, "{fault}: {}", received.text());
        assert_eq!((received.whole, received.error), (whole, error), "{fault} {}", received.text());
        assert_eq!(received.events().len(), chunks, "{fault}: {}", received.text());
        let entry = &entries(&upstream, 1)[0];
        assert_eq!((entry.outcome, entry.tokens.output), (outcome, output), "{fault}");
        assert_eq!(&*entry.model, format!("fault.{fault}.gpt-4o"), "the model asked for");
    }
}

#[test]
fn a_limit_says_when_to_try_again() {
    let received = faulty(&upstream(), "429-2", false);
    assert_eq!(received.header("retry-after"), Some("2"));
    assert_eq!(received.json()["error"]["code"], "rate_limit_exceeded");
}

#[test]
fn half_an_answer_is_no_json() {
    for fault in ["truncated", "length", "reset-1"] {
        let received = faulty(&upstream(), fault, false);
        assert!(serde_json::from_slice::<Value>(&received.body).is_err(), "{fault}");
        assert!(received.body.len() > 100, "{fault}: {}", received.text());
    }
}

#[test]
fn time_passes_where_a_fault_says_so() {
    let ms = Duration::from_millis;
    for (fault, stream, first, last) in [
        ("delay-300", false, 300, 300),
        ("delay-300", true, 300, 300),
        ("chunks-3_gap-50", true, 0, 6 * 50),
        ("delay-100_chunks-3_gap-50", true, 100, 100 + 6 * 50),
    ] {
        let received = faulty(&upstream(), fault, stream);
        assert!(received.first >= ms(first), "{fault}: {:?}", received.first);
        assert!(received.first < ms(first + 250), "{fault}: {:?}", received.first);
        assert!(received.last >= ms(last), "{fault}: {:?}", received.last);
    }
}

#[test]
fn a_client_that_leaves_pays_for_what_was_made() {
    let upstream = upstream();
    let body = json!({
        "model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "stream": true,
        "max_tokens": 100,
    });
    let body = body.to_string();
    let mut stream = TcpStream::connect(upstream.address()).unwrap();
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n{}: {}\r\nx-mock-fault: gap-20\r\n\
         content-length: {}\r\n\r\n{body}",
        KEY.0,
        KEY.1,
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut buffer = [0; 1024];
    assert!(stream.read(&mut buffer).unwrap() > 0);
    std::thread::sleep(Duration::from_millis(100));
    drop(stream);
    let entry = &entries(&upstream, 1)[0];
    assert_eq!(entry.outcome, Outcome::ClientGone);
    assert!((1..50).contains(&entry.tokens.output), "{entry:?}");
}

#[test]
fn a_fault_is_asked_for_by_name_header_or_in_advance() {
    let upstream = upstream();
    let body = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]});
    let path = "/v1/chat/completions";
    let header = [KEY, ("x-mock-fault", "502")];
    assert_eq!(call(&upstream, "POST", path, &header, body.to_string()).status, 502);
    let expected = json!({"fault": "503", "times": 2, "operation": "chat/completions"});
    assert_eq!(call(&upstream, "POST", "/_faults", &[], expected.to_string()).status, 200);
    assert_eq!(get(&upstream, "/v1/models").status, 200);
    let statuses = [(); 3].map(|()| post(&upstream, path, &body).status);
    assert_eq!(statuses, [503, 503, 200]);
    let wrong = call(&upstream, "POST", "/_faults", &[], r#"{"fault":"boom"}"#);
    assert_eq!(wrong.status, 400, "{}", wrong.text());
    // A misspelt fault must not pass for a call that went well.
    assert_eq!(faulty(&upstream, "rest-3", true).status, 400);
}

#[test]
fn what_is_compressed_is_the_same() {
    use std::io::Read as _;
    for stream in [false, true] {
        let upstream = upstream();
        let body = json!({
            "model": "fault.gzip.gpt-4o", "messages": [{"role": "user", "content": "hi"}],
            "stream": stream,
        });
        let zipped = call(
            &upstream,
            "POST",
            "/v1/chat/completions",
            &[KEY, ("accept-encoding", "gzip, br")],
            body.to_string(),
        );
        assert_eq!(zipped.header("content-encoding"), Some("gzip"));
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*zipped.body).read_to_string(&mut text).unwrap();
        assert!(text.contains("the "), "{text}");
        let plain = post(&upstream, "/v1/chat/completions", &body);
        assert_eq!(plain.header("content-encoding"), None, "nobody asked for it");
        assert_eq!(plain.body.len(), text.len());
    }
}

#[test]
fn an_upstream_comes_back_after_an_outage() {
    let upstream = upstream();
    let (address, port) = (upstream.address(), upstream.address().port());
    assert_eq!(get(&upstream, "/v1/models").status, 200);
    let mut kept = TcpStream::connect(address).unwrap();
    drop(upstream);
    assert_eq!(kept.read(&mut [0; 1]).unwrap_or(0), 0, "its connections are gone");
    assert!(TcpStream::connect(address).is_err(), "and nobody listens");
    let back = Upstream::start(Settings { port, ..Settings::default() }).unwrap();
    assert_eq!(get(&back, "/v1/models").status, 200);
}

#[test]
fn nobody_answers_at_a_silent_port() {
    let silent = Silent::new().unwrap();
    let time = Duration::from_millis(300);
    let error = TcpStream::connect_timeout(&silent.address(), time).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}
