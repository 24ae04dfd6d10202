//! What is answered to a call, before anything goes wrong with it.

use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Value, json};

use crate::route::{Dialect, KeyFault};
use crate::tokens::Tokens;

/// What is answered to a call.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The type of what is said.
    pub content_type: &'static str,
    /// What is said.
    pub content: Content,
    /// What it costs.
    pub bill: Bill,
}

/// What is said, at once or bit by bit.
#[derive(Debug)]
pub enum Content {
    /// At once.
    Whole(Bytes),
    /// As events.
    Events(Box<Events>),
}

/// What is billed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bill {
    /// Tokens.
    pub tokens: Tokens,
    /// Seconds of audio.
    pub seconds: u32,
    /// Characters.
    pub characters: u32,
    /// Images.
    pub images: u32,
}

impl From<Tokens> for Bill {
    fn from(tokens: Tokens) -> Bill {
        Bill { tokens, ..Bill::default() }
    }
}

/// Server-sent events, or any content that is sent in pieces.
#[derive(Clone, Debug, Default)]
pub struct Events {
    /// All of them.
    pub bytes: Vec<u8>,
    /// Where each ends.
    pub ends: Vec<usize>,
    /// How many come before the first with a token of output.
    pub before: usize,
    /// How many have a token of output.
    pub tokens: usize,
}

impl Events {
    /// Events of about so many bytes together.
    #[must_use]
    pub fn with_capacity(events: usize, bytes: usize) -> Events {
        Events {
            bytes: Vec::with_capacity(bytes),
            ends: Vec::with_capacity(events),
            ..Events::default()
        }
    }

    /// Adds an event with no name: `data: …`.
    pub fn data(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.bytes.extend_from_slice(b"data: ");
        write(&mut self.bytes);
        self.bytes.extend_from_slice(b"\n\n");
        self.ends.push(self.bytes.len());
    }

    /// Adds an event named after its `type`, as typed streams have them.
    pub fn typed(&mut self, event: &Value) {
        let name = event["type"].as_str().unwrap_or_default();
        self.bytes.extend_from_slice(b"event: ");
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(b'\n');
        self.data(|out| write_json(out, event));
    }

    /// Says that the next so many events have a token of output each.
    pub fn tokens_follow(&mut self, tokens: usize) {
        self.before = self.ends.len();
        self.tokens = tokens;
    }

    /// How many tokens of output are within the first so many bytes.
    #[must_use]
    pub fn tokens_within(&self, bytes: usize) -> usize {
        let events = self.ends.partition_point(|&end| end <= bytes);
        events.saturating_sub(self.before).min(self.tokens)
    }
}

impl Answer {
    /// JSON, with nothing to bill.
    #[must_use]
    pub fn json(value: &Value) -> Answer {
        Answer::rendered(value.to_string().into_bytes(), Bill::default())
    }

    /// JSON that is rendered already.
    #[must_use]
    pub fn rendered(json: Vec<u8>, bill: Bill) -> Answer {
        Answer::of("application/json", json, bill)
    }

    /// Anything.
    #[must_use]
    pub fn of(content_type: &'static str, bytes: impl Into<Bytes>, bill: Bill) -> Answer {
        let content = Content::Whole(bytes.into());
        Answer { status: StatusCode::OK, content_type, content, bill }
    }

    /// A stream of events.
    #[must_use]
    pub fn events(events: Events, bill: Bill) -> Answer {
        let content = Content::Events(Box::new(events));
        Answer {
            status: StatusCode::OK,
            content_type: "text/event-stream; charset=utf-8",
            content,
            bill,
        }
    }

    fn error(status: u16, body: &Value) -> Answer {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Answer { status, ..Answer::json(body) }
    }

    /// A request that cannot be meant.
    #[must_use]
    pub fn bad_request(message: &str, param: Option<&str>, code: Option<&str>) -> Answer {
        Answer::error(
            400,
            &json!({"error": {
                "message": message, "type": "invalid_request_error", "param": param, "code": code,
            }}),
        )
    }

    /// A parameter is lacking.
    #[must_use]
    pub fn missing(param: &str) -> Answer {
        let message = format!("Missing required parameter: '{param}'.");
        Answer::bad_request(&message, Some(param), Some("missing_required_parameter"))
    }

    /// The body is not JSON.
    #[must_use]
    pub fn not_json() -> Answer {
        Answer::bad_request(
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't \
             using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was \
             sent was not valid JSON.)",
            None,
            None,
        )
    }

    /// A key is lacking or wrong.
    #[must_use]
    pub fn unauthorized(dialect: Dialect, fault: &KeyFault) -> Answer {
        if dialect.is_azure() {
            return Answer::error(
                401,
                &json!({"error": {"code": "401", "message":
                    "Access denied due to invalid subscription key or wrong API endpoint. Make sure \
                     to provide a valid key for an active subscription and use a correct regional \
                     API endpoint for your resource."}}),
            );
        }
        let (message, code) = match fault {
            KeyFault::Missing => (
                "You didn't provide an API key. You need to provide your API key in an Authorization \
                 header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
                    .to_owned(),
                None,
            ),
            KeyFault::Wrong(key) => {
                let shown = key.chars().take(4).collect::<String>();
                (format!("Incorrect API key provided: {shown}****."), Some("invalid_api_key"))
            }
        };
        Answer::error(
            401,
            &json!({"error": {
                "message": message, "type": "invalid_request_error", "param": null, "code": code,
            }}),
        )
    }

    /// There is nothing at this path.
    #[must_use]
    pub fn no_such_path(azure: bool, method: &str, path: &str) -> Answer {
        if azure {
            let body = json!({"error": {"code": "404", "message": "Resource not found"}});
            return Answer::error(404, &body);
        }
        Answer::error(
            404,
            &json!({"error": {
                "message": format!("Invalid URL ({method} {path})"),
                "type": "invalid_request_error", "param": null, "code": null,
            }}),
        )
    }

    /// There is no such model or deployment.
    #[must_use]
    pub fn no_such_model(dialect: Dialect, model: &str) -> Answer {
        if dialect == Dialect::Azure {
            return Answer::error(
                404,
                &json!({"error": {"code": "DeploymentNotFound", "message":
                    "The API deployment for this resource does not exist. If you created the \
                     deployment within the last 5 minutes, please wait a moment and try again."}}),
            );
        }
        Answer::error(
            404,
            &json!({"error": {
                "message": format!(
                    "The model `{model}` does not exist or you do not have access to it."
                ),
                "type": "invalid_request_error", "param": null, "code": "model_not_found",
            }}),
        )
    }

    /// There is no such object.
    #[must_use]
    pub fn no_such_object(kind: &str, id: &str) -> Answer {
        Answer::error(
            404,
            &json!({"error": {
                "message": format!("No such {kind} object: {id}"),
                "type": "invalid_request_error", "param": "id", "code": null,
            }}),
        )
    }

    /// The vendor's own failure of a status, as a fault asks for it.
    #[must_use]
    pub fn failure(dialect: Dialect, status: u16, model: &str, retry_after: Option<u32>) -> Answer {
        Answer::error(status, &failure(dialect, status, model, retry_after))
    }
}

/// The body of a failure of the vendor's own.
#[must_use]
pub fn failure(dialect: Dialect, status: u16, model: &str, retry_after: Option<u32>) -> Value {
    let seconds = retry_after.unwrap_or(1);
    let (message, kind, code) = match status {
        429 if dialect.is_azure() => (
            format!(
                "Requests to the Operation under Azure OpenAI API have exceeded call rate limit of \
                 your current OpenAI S0 pricing tier. Please retry after {seconds} seconds."
            ),
            "requests",
            Some("429"),
        ),
        429 => (
            format!(
                "Rate limit reached for {model} in organization org-upstream on requests per min \
                 (RPM): Limit 10000, Used 10000, Requested 1. Please try again in {seconds}s."
            ),
            "requests",
            Some("rate_limit_exceeded"),
        ),
        503 => ("The server is overloaded or not ready yet.".into(), "server_error", None),
        400..=499 => (format!("Refused with {status}."), "invalid_request_error", None),
        _ => (
            "The server had an error while processing your request. Sorry about that!".into(),
            "server_error",
            None,
        ),
    };
    if dialect.is_azure() {
        let code = code.map_or_else(|| status.to_string(), String::from);
        return json!({"error": {"code": code, "message": message}});
    }
    json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
}

/// Writes a value as JSON.
pub fn write_json(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    serde_json::to_writer(out, value).expect("memory takes all that is written");
}
