//! A gateway, upstreams that do as they are told, and a client that sees bytes.
#![allow(dead_code)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gateway::config::{Secrets, Settings, UpstreamSettings};
use gateway::meter::{Log, Row};
use gateway::upstream::Connector;
use gateway::{Gateway, Start, serve};
use jiff::Timestamp;
use terms::{Document, Known, Source, Terms};

/// What an upstream does with one request.
pub enum Step {
    Send(Vec<u8>),
    Wait(u64),
    /// Waits until this is set.
    Until(Arc<AtomicBool>),
    /// Closes the connection; otherwise it waits for the next request.
    Close,
}

/// A request as an upstream saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub head: String,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

pub struct Upstream {
    pub address: SocketAddr,
    pub seen: Arc<Mutex<Vec<Seen>>>,
}

impl Upstream {
    /// Answers the nth request that it sees by what `script` says.
    pub fn start(script: impl Fn(usize, &Seen) -> Vec<Step> + Send + Sync + 'static) -> Upstream {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (all, script) = (seen.clone(), Arc::new(script));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, all, script) = (stream.unwrap(), all.clone(), script.clone());
                stream.set_nodelay(true).unwrap();
                std::thread::spawn(move || {
                    let mut buffer = Vec::new();
                    while let Some(request) = request(&mut stream, &mut buffer) {
                        let number = {
                            let mut all = all.lock().unwrap();
                            all.push(request.clone());
                            all.len() - 1
                        };
                        for step in script(number, &request) {
                            match step {
                                Step::Send(bytes) => {
                                    if stream.write_all(&bytes).is_err() {
                                        return;
                                    }
                                }
                                Step::Wait(ms) => std::thread::sleep(Duration::from_millis(ms)),
                                Step::Until(set) => {
                                    while !set.load(Ordering::Relaxed) {
                                        std::thread::sleep(Duration::from_millis(5));
                                    }
                                }
                                Step::Close => return,
                            }
                        }
                    }
                });
            }
        });
        Upstream { address, seen }
    }

    pub fn always(answer: Vec<u8>) -> Upstream {
        Upstream::start(move |_, _| vec![Step::Send(answer.clone())])
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// An address at which nobody listens.
pub fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Seen> {
    let head = take_until(stream, buffer, b"\r\n\r\n")?;
    let head = String::from_utf8(head).unwrap();
    let lower = head.to_ascii_lowercase();
    let body = if lower.contains("transfer-encoding: chunked") {
        chunked(stream, buffer)?
    } else {
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.map_or(0, |length| length.trim().parse().unwrap());
        take(stream, buffer, length)?
    };
    Some(Seen { head, body })
}

fn fill(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    let mut room = [0; 16 << 10];
    let read = stream.read(&mut room).ok()?;
    buffer.extend_from_slice(&room[..read]);
    (read > 0).then_some(())
}

fn take(stream: &mut TcpStream, buffer: &mut Vec<u8>, count: usize) -> Option<Vec<u8>> {
    while buffer.len() < count {
        fill(stream, buffer)?;
    }
    Some(buffer.drain(..count).collect())
}

fn take_until(stream: &mut TcpStream, buffer: &mut Vec<u8>, end: &[u8]) -> Option<Vec<u8>> {
    loop {
        if let Some(at) = buffer.windows(end.len()).position(|window| window == end) {
            return Some(buffer.drain(..at + end.len()).collect());
        }
        fill(stream, buffer)?;
    }
}

fn chunked(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let line = take_until(stream, buffer, b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&line).unwrap().trim(), 16).unwrap();
        let data = take(stream, buffer, size + 2)?;
        if size == 0 {
            return Some(all);
        }
        all.extend_from_slice(&data[..size]);
    }
}

/// An answer as a client saw it.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
    /// Whether the body came to the end that its framing says.
    pub whole: bool,
}

impl Got {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

pub struct Client {
    pub stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    pub fn new(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Client { stream, buffer: Vec::new() }
    }

    pub fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: gateway\r\n");
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!("content-length: {}\r\n\r\n", body.len());
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(body);
        self.stream.write_all(&bytes).unwrap();
    }

    pub fn receive(&mut self) -> Got {
        let Client { stream, buffer } = self;
        let head = take_until(stream, buffer, b"\r\n\r\n").expect("an answer");
        let head = String::from_utf8(head).unwrap();
        let status = head[9..12].parse().unwrap();
        let lower = head.to_ascii_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
        let body = match length {
            _ if lower.contains("transfer-encoding: chunked") => chunked(stream, buffer),
            Some(length) => take(stream, buffer, length.trim().parse().unwrap()),
            None => Some(Vec::new()),
        };
        let whole = body.is_some();
        Got { status, head, body: body.unwrap_or_else(|| std::mem::take(buffer)), whole }
    }

    pub fn ask(&mut self, path: &str, body: &str) -> Got {
        let headers = [("authorization", "Bearer sk-test"), ("content-type", "application/json")];
        self.send("POST", path, &headers, body.as_bytes());
        self.receive()
    }
}

pub const CHAT: &str = "/v1/chat/completions";

/// A JSON answer of a chat completion that used so many tokens.
pub fn completion(read: u64, written: u64) -> Vec<u8> {
    let body = format!(
        r#"{{"id":"chatcmpl-1","object":"chat.completion","choices":[{{"message":{{"content":"\"usage\":{{}}"}}}}],"usage":{{"prompt_tokens":{read},"completion_tokens":{written},"total_tokens":{}}}}}"#,
        read + written
    );
    answer("200 OK", "application/json", body.as_bytes())
}

pub fn answer(status: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

pub fn chunk(data: &str) -> Vec<u8> {
    format!("{:x}\r\n{data}\r\n", data.len()).into_bytes()
}

pub fn stream_head() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n".to_vec()
}

pub fn delta(text: &str) -> String {
    format!(
        "data: {{\"id\":\"c\",\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}],\"usage\":null}}\n\n"
    )
}

pub fn usage_event(read: u64, written: u64) -> String {
    format!(
        "data: {{\"id\":\"c\",\"choices\":[],\"usage\":{{\"prompt_tokens\":{read},\"completion_tokens\":{written}}}}}\n\n"
    )
}

pub const DONE: &str = "data: [DONE]\n\n";

const DOCUMENTS: [(&str, &str); 6] = [
    ("registry.md", include_str!("../../../../examples/microsoft-openai/registry.md")),
    ("prices.md", include_str!("../../../../examples/microsoft-openai/prices.md")),
    ("2019.md", include_str!("../../../../examples/microsoft-openai/2019-partnership.md")),
    ("2025-01.md", include_str!("../../../../examples/microsoft-openai/2025-01-first-refusal.md")),
    (
        "2025-10.md",
        include_str!("../../../../examples/microsoft-openai/2025-10-recapitalisation.md"),
    ),
    ("2026-04.md", include_str!("../../../../examples/microsoft-openai/2026-04-open-clouds.md")),
];

/// The worked example, or its first documents.
pub fn terms(documents: usize) -> Arc<Terms> {
    let source = |(name, text): &(&str, &str)| Source {
        document: Arc::new(Document::new(*name, *text)),
        known: None,
    };
    Arc::new(terms::compile(&DOCUMENTS[..documents].iter().map(source).collect::<Vec<_>>()).0)
}

pub const SECRET: &str = "their-own-secret";

pub struct OneSecret;

impl Secrets for OneSecret {
    fn of(&self, _: &UpstreamSettings) -> Result<Option<String>, String> {
        Ok(Some(SECRET.to_string()))
    }
}

/// A gateway in a folder of its own, at a time of its own.
pub struct Running {
    pub gateway: Option<Gateway>,
    pub dir: tempfile::TempDir,
    pub now: Arc<AtomicI64>,
}

/// The key `sk-test`, for the API sold directly.
pub fn key(more: &str) -> String {
    let hash = blake3::hash(b"sk-test").to_hex();
    format!(
        "[[key]]\nname = \"k\"\nhash = \"blake3:{hash}\"\ncustomer = \"c\"\nproduct = \"api\"\nchannel = \"direct\"\n{more}\n"
    )
}

/// An upstream of Azure's cloud that speaks the direct dialect.
pub fn upstream(name: &str, host: &str, address: SocketAddr) -> String {
    format!(
        "[[upstream]]\nname = \"{name}\"\nhost = \"{host}\"\nurl = \"http://{address}\"\ndialect = \"openai\"\n"
    )
}

pub fn route(name: &str, upstreams: &[&str]) -> String {
    let candidates: Vec<_> = upstreams
        .iter()
        .map(|upstream| format!("{{ model = \"gpt-4o\", upstream = \"{upstream}\" }}"))
        .collect();
    format!("[[route]]\nname = \"{name}\"\ncandidates = [{}]\n", candidates.join(", "))
}

pub fn settings(text: &str) -> Settings {
    let text = format!("listen = \"127.0.0.1:0\"\nworkers = 2\n{text}");
    toml::from_str(&text).unwrap()
}

impl Running {
    pub fn start(text: &str, at: &str) -> Running {
        let dir = tempfile::tempdir().unwrap();
        let at: Timestamp = at.parse().unwrap();
        let now = Arc::new(AtomicI64::new(i64::try_from(at.as_nanosecond()).unwrap()));
        let mut running = Running { gateway: None, dir, now };
        running.gateway = Some(running.begin(text));
        running
    }

    pub fn begin(&self, text: &str) -> Gateway {
        self.begin_trusting(text, rustls::RootCertStore::empty())
    }

    pub fn begin_trusting(&self, text: &str, roots: rustls::RootCertStore) -> Gateway {
        let clock = self.now.clone();
        serve(Start {
            settings: &settings(text),
            secrets: &OneSecret,
            terms: terms(6),
            known: Known::Everything,
            rows: self.dir.path().join("rows"),
            clock: Arc::new(move || {
                Timestamp::from_nanosecond(clock.load(Ordering::Relaxed).into()).unwrap()
            }),
            connector: Connector::trusting(roots).unwrap(),
        })
        .unwrap()
    }

    pub fn set_time(&self, at: &str) {
        let at: Timestamp = at.parse().unwrap();
        self.now.store(i64::try_from(at.as_nanosecond()).unwrap(), Ordering::Relaxed);
    }

    pub fn gateway(&self) -> &Gateway {
        self.gateway.as_ref().unwrap()
    }

    pub fn client(&self) -> Client {
        Client::new(self.gateway().address())
    }

    /// Stops the gateway; its rows in order.
    pub fn rows(mut self) -> Vec<Row<String>> {
        self.gateway.take().unwrap().stop();
        rows(&self.dir.path().join("rows"))
    }
}

pub fn rows(dir: &Path) -> Vec<Row<String>> {
    let mut rows: Vec<Row<String>> = Vec::new();
    // A process that another test begins holds the lock until it is a program of its own.
    eventually("nobody else has the rows", || {
        rows.clear();
        Log::open(dir, Duration::from_millis(1), |row| rows.push(row.clone())).is_ok()
    });
    rows.sort_by_key(|row| row.id);
    rows
}

/// Attempt, upstream, outcome, status, measure and tokens (read, written) of each row, in words.
pub fn told(rows: &[Row<String>]) -> Vec<String> {
    let words = |row: &Row<String>| {
        format!(
            "{} {} {:?} {} {:?} {}+{}",
            row.attempt,
            row.upstream,
            row.outcome,
            row.status,
            row.measure,
            row.tokens.read(),
            row.tokens.written()
        )
    };
    rows.iter().map(words).collect()
}

/// Waits until something is so.
pub fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
