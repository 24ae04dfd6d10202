//! A gateway that is killed under load has a row for every answer that somebody got whole, and the usage
//! store has each once, wherever it was while rows were taken over and deleted.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::*;

const DIR: &str = "GATEWAY_KILLED_IN";
const UPSTREAM: &str = "GATEWAY_KILLED_UPSTREAM";
const STORE: &str = "GATEWAY_KILLED_STORE";

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
    if let Ok(dir) = std::env::var(STORE) {
        let store = usage::Store::open(PathBuf::from(dir)).unwrap();
        loop {
            gateway.roll(&store).unwrap();
        }
    }
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn child(dir: &Path, store: Option<&Path>, vendor: SocketAddr) -> (Child, SocketAddr) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "gateway_to_kill", "--ignored", "--nocapture"]).env(DIR, dir);
    command.env(UPSTREAM, vendor.to_string()).stdin(Stdio::piped()).stdout(Stdio::null());
    if let Some(store) = store {
        command.env(STORE, store);
    }
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("listening ").map(|address| address.parse().unwrap()));
    (child, address.expect("the gateway says where it listens"))
}

/// Calls from eight clients until the gateway is killed; what `x-number` said of whole answers.
fn calls_until_killed(mut child: Child, address: SocketAddr, after: Duration) -> Vec<String> {
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..8)
        .map(|number| {
            let stop = stop.clone();
            std::thread::spawn(move || calls(address, number, &stop))
        })
        .collect();
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    stop.store(true, Ordering::Relaxed);
    clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
}

/// Each answer is of as many tokens as its number says, so that it can be told from all others in the
/// store, which keeps no number of a request.
#[test]
fn what_is_taken_over_is_taken_over_once() {
    let upstream_ = Upstream::start(|number, _| {
        let number = number as u64 + 1;
        let body = format!(
            r#"{{"id":"c","choices":[],"usage":{{"prompt_tokens":{number},"completion_tokens":1}}}}"#
        );
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-charter-number: {number}\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        vec![Step::Send(head.into_bytes())]
    });
    let kills = std::env::var("GATEWAY_KILLS").ok().and_then(|kills| kills.parse().ok());
    let dir = tempfile::tempdir().unwrap();
    let (rows, store) = (dir.path().join("rows"), dir.path().join("usage"));
    let mut whole: Vec<u64> = Vec::new();
    for kill in 0..kills.unwrap_or(KILLS) {
        let (child, address) = child(&rows, Some(&store), upstream_.address);
        let after = Duration::from_millis(30 + 17 * kill as u64 % 50);
        let numbers = calls_until_killed(child, address, after);
        whole.extend(numbers.iter().map(|number| number.parse::<u64>().unwrap()));
    }
    let kept = usage::Store::open(&store).unwrap();
    let left = common::rows(&rows);
    let day = "2025-02-01".parse().unwrap();
    let mut found: Vec<u64> = left.iter().map(|row| row.tokens.input).collect();
    let of_left = found.len();
    for part in kept.partitions(day, day.tomorrow().unwrap()).unwrap() {
        for listed in part.segments {
            let segment = listed.open().unwrap();
            for batch in segment.batches(&[usage::INPUT_TOKENS], 1000).unwrap() {
                let batch = batch.unwrap();
                let column = arrow_array::cast::AsArray::as_primitive::<
                    arrow_array::types::UInt32Type,
                >(batch.column(0));
                found.extend(column.values().iter().map(|tokens| u64::from(*tokens)));
            }
        }
    }
    let in_store = found.len() - of_left;
    assert!(whole.len() > 100 && in_store > 100, "there was load: {} {in_store}", whole.len());
    // What was taken over may still be among the rows: then it is known by its id.
    let distinct: HashSet<u64> = found.iter().copied().collect();
    let doubled = found.len() - distinct.len();
    assert!(doubled <= of_left, "nothing is twice in the store: {doubled} {of_left}");
    for number in &whole {
        assert!(distinct.contains(number), "{number} of {} is lost", whole.len());
    }
    assert!(distinct.iter().all(|number| *number <= upstream_.seen().len() as u64));
    // A budget counts each once, whether its row is still there or only its sum.
    let spent = std::fs::read(rows.join("spent.json")).unwrap();
    let spent: serde_json::Value = serde_json::from_slice(&spent).unwrap();
    let rolled = spent["keys"]["k"]["2025-02-01"]["tokens"].as_u64().unwrap();
    let in_rows: u64 = left.iter().map(|row| row.tokens.total()).sum();
    assert_eq!(rolled + in_rows, distinct.iter().map(|number| number + 1).sum::<u64>());
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
        let (child, address) = child(dir.path(), None, upstream_.address);
        let after = Duration::from_millis(40 + 23 * kill as u64 % 60);
        let ids = calls_until_killed(child, address, after).into_iter();
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
            "x-charter-request" if id.is_empty() => id = value.to_string(),
            "x-charter-number" => id = value.to_string(),
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
