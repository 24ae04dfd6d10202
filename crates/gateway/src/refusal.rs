//! Answers of the gateway's own, in the shape in which the vendors' clients read errors.

use hyper::StatusCode;
use hyper::header::{self, HeaderValue};
use rights::{Decision, Verdict};
use serde::Serialize;
use thiserror::Error;

use crate::dialect::NotCarried;
use crate::standing::Refusal;

/// Why a client gets an answer of the gateway's own.
#[derive(Debug, Error)]
pub enum Problem {
    /// No key, or none that is known.
    #[error("the API key is missing, unknown or has expired")]
    NoKey,
    /// A path of no dialect.
    #[error("there is nothing at this path")]
    NoSuchPath,
    /// A name that no route has.
    #[error("the model `{0}` does not exist or this key may not ask for it")]
    NoSuchModel(String),
    /// A body that does not say what it should.
    #[error("{0}")]
    BadRequest(String),
    /// A body that is longer than the gateway holds.
    #[error(
        "the body is longer than {max} bytes; no more is held until it is known what it asks for (`{limit}`)"
    )]
    TooLong {
        /// The limit, by its name in the settings.
        limit: &'static str,
        /// Its bytes.
        max: usize,
    },
    /// A body that does not come.
    #[error("the request's body did not arrive in time")]
    Slow,
    /// A parameter that the upstream's dialect does not have.
    #[error(transparent)]
    NotCarried(#[from] NotCarried),
    /// The agreement says no.
    #[error("{}", refused(.0))]
    Refused(std::sync::Arc<Refusal>),
    /// An object that does not exist, or is somebody else's.
    #[error("there is no object `{0}` that this key may see")]
    NoSuchObject(String),
    /// A list in which objects of others would be.
    #[error("objects of several customers live at this upstream, so they cannot be listed")]
    Shared,
    /// It could not be metered, and is billed.
    #[error(
        "calls of `{0}` are billed under the agreement, and what this one uses cannot be metered"
    )]
    Unmetered(String),
    /// A batch's file of which nobody here knows what is asked for in it.
    #[error(
        "what is asked for in `{0}` is not known: upload it through this gateway, with the purpose `batch`, \
         before a batch is made of it"
    )]
    UnseenFile(String),
    /// A batch's file in which something is no call that has one reading.
    #[error(
        "{count} lines of `{file}` are no calls with one `model` each, so they cannot be decided"
    )]
    UnclearFile {
        /// The file.
        file: String,
        /// How many lines.
        count: u64,
    },
    /// Something that must stay until it is metered.
    #[error("what `{0}` uses is not metered yet; delete it once it is done, in a minute")]
    NotYetMetered(String),
    /// Too many requests or tokens.
    #[error("the {what} a minute of this key are used up; try again in {} s", .wait_ms.div_ceil(1000))]
    RateLimited {
        /// `requests` or `tokens`.
        what: &'static str,
        /// Until when.
        wait_ms: u64,
    },
    /// More than its budget.
    #[error("the budget of this key for the {0} is used up")]
    OverBudget(&'static str),
    /// What the budget counts in has no price.
    #[error("the budget of this key is in money, and no price list in force prices `{0}`")]
    NoPrice(String),
    /// Whoever is allowed costs too much, is too slow or runs elsewhere.
    #[error("whoever may answer for this model is beyond the limits of its route")]
    OutOfLimits,
    /// No upstream could be reached, or has room.
    #[error("no upstream of this model answered")]
    Unavailable,
    /// No upstream answered in time.
    #[error("no upstream of this model answered in time")]
    Timeout,
    /// Rows cannot be written.
    #[error("calls cannot be recorded at the moment, so none is carried")]
    NoRecord,
}

#[derive(Serialize)]
struct Body<'a> {
    error: Inner<'a>,
}

#[derive(Serialize)]
struct Inner<'a> {
    message: String,
    r#type: &'static str,
    param: Option<&'a str>,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    charter: Option<Cited<'a>>,
}

/// What a refusal of the agreement's cites.
#[derive(Serialize)]
struct Cited<'a> {
    verdict: Verdict,
    act: String,
    on: String,
    clauses: Vec<CitedClause<'a>>,
    allowed: Option<&'a str>,
}

#[derive(Serialize)]
struct CitedClause<'a> {
    clause: &'a str,
    document: &'a str,
    line: usize,
    why: &'a str,
    text: &'a str,
}

/// An answer, before it is put on a connection.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The JSON body.
    pub body: Vec<u8>,
    /// How long to wait before trying again, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl Problem {
    /// The status and OpenAI's type and code for it.
    pub(crate) fn kind(&self) -> (u16, &'static str, &'static str) {
        const INVALID: &str = "invalid_request_error";
        match self {
            Problem::NoKey => (401, INVALID, "invalid_api_key"),
            Problem::NoSuchPath => (404, INVALID, "unknown_url"),
            Problem::NoSuchModel(_) => (404, INVALID, "model_not_found"),
            Problem::BadRequest(_) => (400, INVALID, "invalid_body"),
            Problem::TooLong { .. } => (413, INVALID, "body_too_long"),
            Problem::Slow => (408, INVALID, "request_timeout"),
            Problem::NotCarried(_) => (400, INVALID, "unsupported_parameter"),
            Problem::Refused(_) => (403, "permission_error", "refused_by_agreement"),
            Problem::NoSuchObject(_) => (404, INVALID, "not_found"),
            Problem::Shared => (403, "permission_error", "shared_list"),
            Problem::Unmetered(_) => (403, "permission_error", "unmetered"),
            Problem::UnseenFile(_) => (403, "permission_error", "unseen_file"),
            Problem::UnclearFile { .. } => (400, INVALID, "unclear_file"),
            Problem::NotYetMetered(_) => (409, INVALID, "not_yet_metered"),
            Problem::RateLimited { what: "tokens", .. } => (429, "tokens", "rate_limit_exceeded"),
            Problem::RateLimited { .. } => (429, "requests", "rate_limit_exceeded"),
            Problem::OverBudget(_) => (429, "insufficient_quota", "insufficient_quota"),
            Problem::NoPrice(_) => (403, "permission_error", "unknown_price"),
            Problem::OutOfLimits => (503, "server_error", "beyond_route_limits"),
            Problem::Unavailable => (502, "server_error", "upstream_unavailable"),
            Problem::Timeout => (504, "server_error", "upstream_timeout"),
            Problem::NoRecord => (503, "server_error", "not_recorded"),
        }
    }

    /// The answer that says so.
    pub fn answer(&self) -> Answer {
        let (status, r#type, code) = self.kind();
        let param = match self {
            Problem::NotCarried(not) => Some(not.parameter.as_str()),
            Problem::NoSuchModel(_) => Some("model"),
            _ => None,
        };
        let charter = match self {
            Problem::Refused(refusal) => match &**refusal {
                Refusal::Decided(decision) => Some(cited(decision)),
                Refusal::Unregistered { .. } => None,
            },
            _ => None,
        };
        let inner = Inner { message: self.to_string(), r#type, param, code, charter };
        let body = serde_json::to_vec(&Body { error: inner })
            .expect("texts and numbers can be written as JSON");
        let retry_after_ms = match self {
            Problem::RateLimited { wait_ms, .. } => Some(*wait_ms),
            _ => None,
        };
        let status = StatusCode::from_u16(status).expect("a status has three digits");
        Answer { status, body, retry_after_ms }
    }
}

impl Answer {
    /// Its headers beside the length.
    pub fn headers(&self) -> impl Iterator<Item = (header::HeaderName, HeaderValue)> {
        let json = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let wait = self
            .retry_after_ms
            .map(|wait_ms| (header::RETRY_AFTER, HeaderValue::from(wait_ms.div_ceil(1000))));
        // Clients of both vendors retry what they take for a passing fault unless told not to.
        let is_final = self.status == StatusCode::FORBIDDEN;
        let retry = is_final.then(|| {
            let name = header::HeaderName::from_static("x-should-retry");
            (name, HeaderValue::from_static("false"))
        });
        [Some(json), wait, retry].into_iter().flatten()
    }
}

fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Unregistered { kind, name } => {
            format!("the agreement knows no {kind} `{name}`, so nothing is allowed with it")
        }
        Refusal::Decided(decision) => {
            let mut message =
                format!("{}: {} on {}", decision.verdict.word(), decision.act, decision.on);
            for reason in &decision.because {
                message += &format!("; `{}`: {}", reason.clause, reason.why);
                if !reason.text.is_empty() {
                    message += &format!(" (\"{}\")", reason.text.trim());
                }
            }
            if let Some(way_out) = &decision.way_out {
                message += &format!("; to get there: {way_out}");
            }
            message
        }
    }
}

fn cited(decision: &Decision) -> Cited<'_> {
    let clauses = decision.because.iter().map(|reason| CitedClause {
        clause: &reason.clause,
        document: &reason.document,
        line: reason.line,
        why: &reason.why,
        text: &reason.text,
    });
    Cited {
        verdict: decision.verdict,
        act: decision.act.to_string(),
        on: decision.on.to_string(),
        clauses: clauses.collect(),
        allowed: decision.way_out.as_deref(),
    }
}
