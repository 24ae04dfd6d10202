//! A gateway that is killed under load has a row for every answer that somebody got whole.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::*;

const DIR: &str = "GATEWAY_KILLED_IN";
const UPSTREAM: &str = "GATEWAY_KILLED_UPSTREAM";

/// How often it is killed; `GATEWAY_KILLS` says otherwise.
const KILLS: usize = 12;

/// The process that is killed: this test's own program, started again with a folder to work in.
#[test]
#[ignore = "is the process that the other test kills"]
fn gateway_to_kill() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let upstream_: SocketAddr = std::env::var(UPSTREAM).unwrap().parse().unwrap();
    let text = upstream("a", "azure", upstream_) + &route("gpt-4o", &["a"]) + &key("");
    let at: jiff::Timestamp = "2025-02-01T12:00:00Z".parse().unwrap();
    let gateway = gateway::serve(gateway::Start {
        settings: &settings(&text),
        secrets: &OneSecret,
        terms: terms(6),
        known: terms::Known::Everything,
        rows: PathBuf::from(dir),
        clock: Arc::new(move || at),
        connector: gateway::upstream::Connector::trusting(rustls::RootCertStore::empty()).unwrap(),
    })
    .unwrap();
    eprintln!("listening {}", gateway.address());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

#[test]
fn for_every_whole_answer_there_is_a_row() {
    let upstream_ = Upstream::start(|number, seen| {
        if number.is_multiple_of(2) || !seen.body.windows(6).any(|part| part == b"stream") {
            return vec![Step::Send(completion(4, 2))];
        }
        let events = [delta("a"), usage_event(7, 2), DONE.to_string()];
        let chunks = events.iter().map(|event| Step::Send(chunk(event)));
        let end = Step::Send(b"0\r\n\r\n".to_vec());
        std::iter::once(Step::Send(stream_head())).chain(chunks).chain([end]).collect()
    });
    let kills = std::env::var("GATEWAY_KILLS").ok().and_then(|kills| kills.parse().ok());
    let dir = tempfile::tempdir().unwrap();
    let mut whole: HashMap<String, usize> = HashMap::new();
    for kill in 0..kills.unwrap_or(KILLS) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "gateway_to_kill", "--ignored", "--nocapture"])
            .env(DIR, dir.path())
            .env(UPSTREAM, upstream_.address.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines.map_while(Result::ok).find_map(|line| {
            line.strip_prefix("listening ").map(|address| address.parse().unwrap())
        });
        let address: SocketAddr = address.expect("the gateway says where it listens");
        let stop = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..8)
            .map(|number| {
                let stop = stop.clone();
                std::thread::spawn(move || calls(address, number, &stop))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(40 + 23 * kill as u64 % 60));
        child.kill().unwrap();
        child.wait().unwrap();
        stop.store(true, Ordering::Relaxed);
        let ids = clients.into_iter().flat_map(|client| client.join().unwrap());
        ids.for_each(|id| *whole.entry(id).or_default() += 1);
    }
    let rows = rows(dir.path());
    let mut written: HashMap<String, usize> = HashMap::new();
    rows.iter().for_each(|row| *written.entry(row.request.to_string()).or_default() += 1);
    assert!(whole.len() > 100, "there was load: {}", whole.len());
    for (id, count) in &whole {
        assert_eq!((*count, written.get(id)), (1, Some(&1)), "{id}");
    }
    let mut ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), rows.len(), "no row twice");
}

/// The requests whose answers came back whole, until the gateway is gone.
fn calls(address: SocketAddr, number: usize, stop: &AtomicBool) -> Vec<String> {
    let mut ids = Vec::new();
    let Ok(stream) = std::net::TcpStream::connect(address) else { return ids };
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    let body = match number % 2 {
        0 => r#"{"model":"gpt-4o"}"#,
        _ => r#"{"model":"gpt-4o","stream":true}"#,
    };
    let request = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer sk-test\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    while !stop.load(Ordering::Relaxed) {
        if stream.write_all(request.as_bytes()).is_err() {
            break;
        }
        match one_answer(&mut reader) {
            Some(id) => ids.push(id),
            None => break,
        }
    }
    ids
}

/// The request that an answer belongs to, once a client takes it for whole: a stream by its `[DONE]`.
fn one_answer(reader: &mut impl BufRead) -> Option<String> {
    let (mut id, mut length, mut line) = (String::new(), None, String::new());
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let text = line.trim_end();
        if text.is_empty() {
            break;
        }
        let (name, value) = text.split_once(": ").unwrap_or((text, ""));
        match name {
            "x-charter-request" => id = value.to_string(),
            "content-length" => length = value.parse::<usize>().ok(),
            _ => {}
        }
    }
    if let Some(length) = length {
        reader.read_exact(&mut vec![0; length]).ok()?;
        return Some(id);
    }
    let mut done = false;
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return done.then_some(id);
        }
        done |= line.contains("[DONE]");
        if line == "0\r\n" {
            reader.read_line(&mut line).ok()?;
            return Some(id);
        }
    }
}
