//! Asking an upstream about something that was begun there.

use std::future::poll_fn;

use hyper::{HeaderMap, Method, StatusCode};
use serde::Deserialize;

use super::output::{Answered, Calls, Lines, Used};
use super::{Job, Kind};
use crate::config::Upstream;
use crate::dialect;
use crate::meter::{Measure, Tokens, tokens};
use crate::route::Route;
use crate::upstream::wire::HeadWriter;
use crate::worker::Shared;
use crate::world::{World, millis};

/// Most bytes of an object that are held. A response may hold all that the model wrote.
const OBJECT_MAX: usize = 64 << 20;

/// What an upstream says of a job.
pub(super) enum Said {
    /// It goes on, or nothing could be learnt.
    NotYet,
    /// There is no such thing there.
    Missing,
    /// It is done.
    Done(Done),
}

/// What a job used.
pub(super) struct Done {
    pub used: Vec<Used>,
    /// When that was, in seconds since 1970, as the upstream says.
    pub at: Option<i64>,
    /// The files in which its answers stand.
    pub files: Vec<String>,
    /// What its rows name as their endpoint.
    pub endpoint: &'static str,
}

/// As much of a batch, a response and a fine-tuning job as matters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Object {
    status: String,
    endpoint: Option<String>,
    output_file_id: Option<String>,
    error_file_id: Option<String>,
    created_at: Option<serde_json::Number>,
    completed_at: Option<serde_json::Number>,
    expired_at: Option<serde_json::Number>,
    cancelled_at: Option<serde_json::Number>,
    failed_at: Option<serde_json::Number>,
    finished_at: Option<serde_json::Number>,
    trained_tokens: Option<u64>,
    usage: Option<Box<serde_json::value::RawValue>>,
}

/// Whether something in this state does not change any more.
pub(crate) fn is_final(status: &str) -> bool {
    matches!(status, "completed" | "failed" | "expired" | "cancelled" | "incomplete" | "succeeded")
}

/// Asks for a job once.
pub(super) async fn ask(shared: &Shared, world: &World, job: &Job) -> Said {
    let mut upstreams = world.wired.wiring.upstreams.iter();
    let Some(upstream) = upstreams.find(|upstream| *upstream.name == *job.upstream) else {
        return Said::NotYet;
    };
    let asking = Asking { shared, world, upstream, job };
    let path = match job.kind {
        Kind::Batch => format!("/v1/batches/{}", job.id),
        Kind::Response => format!("/v1/responses/{}", job.id),
        Kind::Tuning => format!("/v1/fine_tuning/jobs/{}", job.id),
    };
    let mut bytes = Vec::new();
    let keep = |piece: &[u8]| {
        let fits = bytes.len() + piece.len() <= OBJECT_MAX;
        bytes.extend_from_slice(if fits { piece } else { &[] });
    };
    match asking.get(&path, keep).await {
        Some(StatusCode::NOT_FOUND | StatusCode::GONE) => return Said::Missing,
        Some(status) if status.is_success() => {}
        _ => return Said::NotYet,
    }
    match serde_json::from_slice::<Object>(&bytes) {
        Ok(object) if is_final(&object.status) => asking.read(object).await,
        _ => Said::NotYet,
    }
}

struct Asking<'a> {
    shared: &'a Shared,
    world: &'a World,
    upstream: &'a Upstream,
    job: &'a Job,
}

impl Asking<'_> {
    async fn read(&self, object: Object) -> Said {
        let job = self.job;
        let ended = [
            &object.completed_at,
            &object.finished_at,
            &object.expired_at,
            &object.cancelled_at,
            &object.failed_at,
            &object.created_at,
        ];
        // Some vendors write instants with a point.
        let second = |number: &serde_json::Number| {
            number.to_string().split('.').next().and_then(|whole| whole.parse().ok())
        };
        let at = ended.into_iter().flatten().find_map(second);
        let one = |measure, tokens| vec![job.one(200, measure, tokens)];
        let used =
            object.usage.as_deref().and_then(|usage| tokens::reported(usage.get().as_bytes()));
        let (used, endpoint) = match job.kind {
            Kind::Batch => return self.batch(&object, at).await,
            Kind::Response => match used {
                Some(tokens) => (one(Measure::Reported, tokens), "responses"),
                // What failed is not charged for; what was stopped may have used anything.
                None if object.status == "failed" => (Vec::new(), "responses"),
                None => (one(Measure::Unknown, Tokens::default()), "responses"),
            },
            Kind::Tuning => match object.trained_tokens {
                Some(0) => (Vec::new(), "fine_tuning"),
                Some(input) => {
                    let tokens = Tokens { input, ..Tokens::default() };
                    (one(Measure::Reported, tokens), "fine_tuning")
                }
                None if object.status == "succeeded" => {
                    (one(Measure::Unknown, Tokens::default()), "fine_tuning")
                }
                None => (Vec::new(), "fine_tuning"),
            },
        };
        Said::Done(Done { used, at, files: Vec::new(), endpoint })
    }

    /// Reads the files of a batch: what it did before it expired or was cancelled is in them as well.
    async fn batch(&self, object: &Object, at: Option<i64>) -> Said {
        let path = object.endpoint.as_deref().unwrap_or_default();
        let path = path.strip_prefix("/v1").unwrap_or(path);
        let path = format!("/v1{path}");
        let endpoint = Route::of(&Method::POST, &path).map(|route| route.endpoint);
        let is_free = endpoint.is_some_and(|endpoint| endpoint.is_free());
        let files = [&object.output_file_id, &object.error_file_id];
        let files = files.into_iter().flatten().filter(|file| !file.is_empty());
        let files: Vec<String> = files.cloned().collect();
        let mut calls = Calls::new(self.job, is_free);
        for file in &files {
            let mut lines = Lines::<Answered>::default();
            let path = format!("/v1/files/{file}/content");
            let status = self.get(&path, |piece| lines.push(piece, |line| calls.add(line))).await;
            match status {
                Some(StatusCode::NOT_FOUND | StatusCode::GONE) => return Said::Missing,
                Some(status) if status.is_success() => lines.finish(|line| calls.add(line)),
                _ => return Said::NotYet,
            }
        }
        let endpoint = endpoint.map_or("batches", |endpoint| endpoint.word());
        Said::Done(Done { used: calls.finish(), at, files, endpoint })
    }

    /// Gets what is at a path; nothing if it did not come whole.
    async fn get(&self, path: &str, mut take: impl FnMut(&[u8])) -> Option<StatusCode> {
        let limits = &self.world.wired.limits;
        let method = Method::GET;
        let route = Route::of(&method, path)?;
        let version = self.job.version.as_ref().map(|version| format!("api-version={version}"));
        let target = dialect::target(&route, version.as_deref(), self.upstream, None).ok()?;
        let connect = self.shared.connector.connect(self.upstream);
        let connection = tokio::time::timeout(millis(limits.connect_ms), connect).await;
        let mut connection = connection.ok()?.ok()?;
        let mut head = HeadWriter::new(&method, &target);
        dialect::to_upstream(&HeaderMap::new(), self.upstream, false, |name, value| {
            head.put(name, value);
        });
        let asked = async {
            connection.write(&head.end(&method, Some(0)), b"").await.ok()?;
            connection.head(&method).await.ok()
        };
        let head = tokio::time::timeout(millis(limits.first_byte_ms), asked).await.ok()??;
        let mut framing = head.framing;
        loop {
            let piece = poll_fn(|cx| connection.poll_body(cx, &mut framing));
            let piece = tokio::time::timeout(millis(limits.gap_ms), piece).await.ok()?.ok()?;
            if head.status.is_success() {
                take(&piece.bytes);
            }
            if piece.last {
                return Some(head.status);
            }
        }
    }
}
