//! What arrived, as it arrived: so that a test can compare what came through with what was sent.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use hyper::{HeaderMap, Method, Uri};
use serde_json::{Value, json};

use crate::form::{Form, sha256};

/// A body up to this many bytes is kept; of a longer one its length and hash are.
const BODY_KEPT: usize = 256 * 1024;

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// Its number among all that arrived, from 1.
    pub number: u64,
    /// The attempt it is in the books.
    pub attempt: u64,
    /// Its method.
    pub method: Method,
    /// Its path and query.
    pub uri: Uri,
    /// Its headers, names in lowercase.
    pub headers: HeaderMap,
    /// Its body, unless it was too long.
    pub body: Bytes,
    /// How many bytes its body had.
    pub bytes: usize,
    /// The SHA-256 of its body, if that was too long to keep.
    pub sha256: Option<String>,
}

/// The latest requests that arrived.
#[derive(Debug)]
pub struct Requests {
    limit: usize,
    count: AtomicU64,
    kept: Mutex<VecDeque<Arrived>>,
}

impl Requests {
    /// Keeps as many of the latest.
    #[must_use]
    pub fn new(limit: usize) -> Requests {
        Requests { limit, count: AtomicU64::new(0), kept: Mutex::default() }
    }

    /// Keeps a request.
    pub fn keep(
        &self,
        attempt: u64,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &Bytes,
    ) {
        if self.limit == 0 {
            return;
        }
        let long = body.len() > BODY_KEPT;
        let arrived = Arrived {
            number: self.count.fetch_add(1, Ordering::Relaxed) + 1,
            attempt,
            method: method.clone(),
            uri: uri.clone(),
            headers: headers.clone(),
            body: if long { Bytes::new() } else { body.clone() },
            bytes: body.len(),
            sha256: long.then(|| sha256(body)),
        };
        let mut kept = self.kept.lock().expect("no holder panics");
        if kept.len() == self.limit {
            kept.pop_front();
        }
        kept.push_back(arrived);
    }

    /// Those after a number, oldest first.
    #[must_use]
    pub fn after(&self, number: u64) -> Vec<Arrived> {
        let kept = self.kept.lock().expect("no holder panics");
        kept.iter().filter(|arrived| arrived.number > number).cloned().collect()
    }

    /// Forgets all. Numbers go on.
    pub fn clear(&self) {
        self.kept.lock().expect("no holder panics").clear();
    }
}

impl Arrived {
    /// As `/_requests` shows it: with the body as text where it is text, and the parts of a form.
    pub async fn shown(&self) -> Value {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]));
        let form = Form::read(&self.headers, &self.body).await;
        json!({
            "number": self.number,
            "attempt": self.attempt,
            "method": self.method.as_str(),
            "path": self.uri.path(),
            "query": self.uri.query().unwrap_or_default(),
            "headers": headers.collect::<Value>(),
            "bytes": self.bytes,
            "sha256": self.sha256.clone().unwrap_or_else(|| sha256(&self.body)),
            "body": str::from_utf8(&self.body).ok(),
            "form": form.map(|form| form.shown()),
        })
    }
}
