//! What a command's end comes to over HTTP.
//!
//! In go how it ended and what it printed; out goes a status, a media type and a body. Paths of the server are
//! taken out of every text on the way.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use shell::outcome::{self, Failure, Parts};

use super::problem::{Because, Kind, MEDIA_TYPE, Problem};

/// What a command says of yes and no: its exit code, for those who have none.
const ANSWER: HeaderName = HeaderName::from_static("charter-answer");

/// An answer that can be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// Whether the command's answer is yes, where it has one.
    pub yes: Option<bool>,
    /// What the body is.
    pub media_type: String,
    /// The body.
    pub body: Vec<u8>,
    /// Where the rest of a list is.
    pub next: Option<String>,
}

impl Answered {
    /// The body, where it is one JSON value.
    pub fn json(&self) -> Option<Value> {
        (self.media_type == JSON).then(|| serde_json::from_slice(&self.body).ok()).flatten()
    }

    /// With another JSON value as its body.
    #[must_use]
    pub fn with(self, value: &Value) -> Answered {
        Answered { body: value.to_string().into_bytes(), media_type: JSON.to_string(), ..self }
    }
}

/// The media type of JSON.
pub const JSON: &str = "application/json";

/// What a command printed, as a body with its media type.
pub fn body(out: &[u8]) -> (String, Vec<u8>) {
    let values = serde_json::Deserializer::from_slice(out).into_iter::<Value>();
    match values.collect::<Result<Vec<_>, _>>() {
        Ok(values) if values.is_empty() => (JSON.to_string(), b"null".to_vec()),
        Ok(values) if values.len() == 1 => (JSON.to_string(), out.trim_ascii().to_vec()),
        // Some commands print a value for each thing they did.
        Ok(values) => (JSON.to_string(), Value::from(values).to_string().into_bytes()),
        Err(_) if std::str::from_utf8(out).is_ok() => {
            ("text/plain; charset=utf-8".to_string(), out.to_vec())
        }
        Err(_) => ("application/octet-stream".to_string(), out.to_vec()),
    }
}

/// A refusal of sourcing, if that is what was printed: which guard, under which clause, and what to do.
pub fn refusal(body: &Value) -> Option<Problem> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_string);
    let guard = text("refused")?;
    let detail = text("found").or_else(|| text("asks"));
    let (clause, help) = (text("clause"), text("help"));
    let guard = Some(guard);
    let because = Box::new(Because { guard, clause, ..Because::default() });
    Some(Problem { because, help, detail, ..Problem::of(Kind::Refused) })
}

/// What a failure comes to. `uploads` says whether the request brought files, which may be what failed.
pub fn failed(failure: &Failure, uploads: bool, hide: &[String]) -> Problem {
    let Parts { kind, message, causes, help, code, place } = failure.parts();
    let (message, help) = (hidden(&message, hide), help.map(|help| hidden(&help, hide)));
    let kind = match kind {
        outcome::Kind::WrongUse => Kind::WrongUse,
        outcome::Kind::NotThere => Kind::NotFound,
        outcome::Kind::Failed => Kind::Refused,
        outcome::Kind::Unforeseen if uploads => Kind::WrongUse,
        outcome::Kind::Unforeseen => {
            tracing::error!(reason = message, ?causes, "a command failed");
            return Problem::of(Kind::Failed).helping("the server's log says more");
        }
    };
    let place = place.map(|place| format!("{}:{}", hidden(&place.document, hide), place.line));
    let because = Box::new(Because { code, place, ..Because::default() });
    Problem { help, because, ..Problem::of(kind).saying(message) }
}

/// A text without paths of the server.
fn hidden(text: &str, hide: &[String]) -> String {
    let hide = hide.iter().filter(|path| path.len() > 1);
    hide.fold(text.to_string(), |text, path| text.replace(path, "…"))
}

impl IntoResponse for Answered {
    fn into_response(self) -> Response {
        let mut answer = self.body.into_response();
        *answer.status_mut() = StatusCode::from_u16(self.status).unwrap_or_default();
        let headers = answer.headers_mut();
        // In the place of what any bytes are said to be.
        if let Ok(kind) = HeaderValue::from_str(&self.media_type) {
            headers.insert(header::CONTENT_TYPE, kind);
        }
        if let Some(yes) = self.yes {
            headers.insert(ANSWER, HeaderValue::from_static(if yes { "yes" } else { "no" }));
        }
        if let Some(next) = self.next {
            let link = HeaderValue::from_str(&format!("<{next}>; rel=\"next\""));
            headers.extend(link.map(|link| (header::LINK, link)));
        }
        answer
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut answer = (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_json_wherever_it_can_be() {
        for (out, kind, expected) in [
            (&b"{\"a\": 1}\n"[..], JSON, &b"{\"a\": 1}"[..]),
            (b"", JSON, b"null"),
            (b"{}\n{}\n", JSON, b"[{},{}]"),
            (b"a,b\n", "text/plain; charset=utf-8", b"a,b\n"),
            (b"\xff\xfe", "application/octet-stream", b"\xff\xfe"),
        ] {
            assert_eq!(body(out), (kind.to_string(), expected.to_vec()));
        }
    }

    #[test]
    fn a_fault_of_ours_tells_nothing_and_a_path_of_ours_is_told_nowhere() {
        let disk = Failure::from(std::io::Error::other("disk /srv/secret is gone"));
        let problem = failed(&disk, false, &[]);
        assert_eq!((problem.status(), problem.detail), (500, None));
        let hide = ["/srv/secret".to_string()];
        let problem = failed(&Failure::failed("cannot read `/srv/secret/a.md`", ""), false, &hide);
        assert_eq!(
            (problem.status(), problem.detail.as_deref()),
            (409, Some("cannot read `…/a.md`"))
        );
        assert_eq!(failed(&disk, true, &hide).detail.as_deref(), Some("disk … is gone"));
    }
}
