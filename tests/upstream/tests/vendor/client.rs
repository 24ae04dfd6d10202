//! A client that sees everything: also what is not whole.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;
use upstream::{Settings, Upstream};

pub const KEY: (&str, &str) = ("authorization", "Bearer upstream-openai-key");
pub const AZURE_KEY: (&str, &str) = ("api-key", "upstream-azure-key");

/// An answer as it came.
#[derive(Debug)]
pub struct Received {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Whether it came to the end that its head promised.
    pub whole: bool,
    /// What ended the connection, if that was no orderly end.
    pub error: Option<ErrorKind>,
    /// When the first and the last byte came.
    pub first: Duration,
    pub last: Duration,
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The data of the events of a stream.
    pub fn events(&self) -> Vec<String> {
        let text = self.text();
        let lines = text.lines().filter_map(|line| line.strip_prefix("data: "));
        lines.map(String::from).collect()
    }
}

pub fn upstream() -> Upstream {
    Upstream::start(Settings { instance: Some(7), ..Settings::default() }).unwrap()
}

/// Calls, and reads until the connection ends.
pub fn call(
    upstream: &Upstream,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Received {
    let body = body.as_ref();
    let mut stream = TcpStream::connect(upstream.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nhost: upstream\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let begun = Instant::now();
    stream.write_all(&[request.as_bytes(), body].concat()).unwrap();
    let (mut bytes, mut error, mut buffer) = (Vec::new(), None, [0; 65536]);
    let (mut first, mut last) = (None, Duration::ZERO);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            Err(broken) => {
                error = Some(broken.kind());
                break;
            }
        }
        last = begun.elapsed();
        first.get_or_insert(last);
    }
    received(&bytes, error, first.unwrap_or_default(), last)
}

fn received(bytes: &[u8], error: Option<ErrorKind>, first: Duration, last: Duration) -> Received {
    let mut received = Received {
        status: 0,
        headers: Vec::new(),
        body: Vec::new(),
        whole: false,
        error,
        first,
        last,
    };
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return received };
    let head = String::from_utf8_lossy(&bytes[..end]);
    let (status, headers) = head.split_once("\r\n").unwrap();
    received.status = status.split(' ').nth(1).unwrap().parse().unwrap();
    let pairs = headers.lines().map(|line| line.split_once(": ").unwrap());
    received.headers = pairs.map(|(name, value)| (name.to_lowercase(), value.into())).collect();
    let body = &bytes[end + 4..];
    if received.header("transfer-encoding").is_some() {
        (received.body, received.whole) = dechunked(body);
    } else {
        let length = received.header("content-length").map(|length| length.parse().unwrap());
        (received.body, received.whole) = (body.to_vec(), Some(body.len()) == length);
    }
    received
}

fn dechunked(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        rest = &rest[end + 2..];
        if size == 0 {
            return (body, rest == b"\r\n");
        }
        if rest.len() < size + 2 {
            body.extend_from_slice(&rest[..rest.len().min(size)]);
            break;
        }
        body.extend_from_slice(&rest[..size]);
        rest = &rest[size + 2..];
    }
    (body, false)
}

/// Asks with OpenAI's key.
pub fn post(upstream: &Upstream, path: &str, body: &Value) -> Received {
    let json = ("content-type", "application/json");
    call(upstream, "POST", path, &[KEY, json], body.to_string())
}

pub fn get(upstream: &Upstream, path: &str) -> Received {
    call(upstream, "GET", path, &[KEY], "")
}

/// A form with fields and one file.
pub fn post_form(
    upstream: &Upstream,
    path: &str,
    fields: &[(&str, &str)],
    (name, content): (&str, &[u8]),
) -> Received {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part =
            format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--edge\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a.bin\"\r\n\
         content-type: application/octet-stream\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    let form = ("content-type", "multipart/form-data; boundary=edge");
    call(upstream, "POST", path, &[KEY, form], body)
}

/// Waits for the books to have as many entries, which they get when an answer's end is handed over.
pub fn entries(upstream: &Upstream, count: usize) -> Vec<upstream::books::Entry> {
    let begun = Instant::now();
    loop {
        let entries = upstream.world().books.entries(0, usize::MAX);
        if entries.len() >= count {
            assert_eq!(entries.len(), count, "{entries:#?}");
            return entries;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "{entries:#?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
