//! What a request carries, read within limits.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Query;
use axum::http::header;
use axum::http::request::Parts;
use futures_util::stream;
use serde_json::Value;

use super::given::{Given, Item, of_json, of_pairs};
use super::problem::{Kind, Problem};

/// The largest request that is read, in bytes: a month of metered calls, handed in by file, has to fit.
const LARGEST: usize = 32 << 20;

/// What a query says.
pub fn queried(parts: &Parts) -> Result<Given, Problem> {
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
    let Query(pairs) = pairs.map_err(|error| unreadable(error.body_text()))?;
    Ok(of_pairs(pairs))
}

/// What a body says: a JSON object, or a form with files.
pub async fn sent(parts: &Parts, body: Body) -> Result<Given, Problem> {
    if parts.uri.query().is_some_and(|query| !query.is_empty()) {
        return Err(Problem::of(Kind::WrongUse).saying("what is sent by POST stands in the body"));
    }
    let bytes = to_bytes(body, LARGEST).await.map_err(|_| {
        Problem::of(Kind::TooLarge).saying(format!("more than {} MiB are not read", LARGEST >> 20))
    })?;
    let kind = parts.headers.get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or("?"));
    let essence = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim());
    match (essence, kind) {
        (None, _) if bytes.is_empty() => Ok(Given::new()),
        (Some("application/json"), _) => json(&bytes),
        (Some("multipart/form-data"), Some(kind)) => form(kind, bytes).await,
        _ => Err(Problem::of(Kind::MediaType)
            .saying("a body is `application/json` or `multipart/form-data`")),
    }
}

fn json(bytes: &Bytes) -> Result<Given, Problem> {
    if bytes.is_empty() {
        return Ok(Given::new());
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(members)) => of_json(members),
        Ok(_) => Err(unreadable("a body is one JSON object")),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

async fn form(kind: &str, bytes: Bytes) -> Result<Given, Problem> {
    let broken = |error: multer::Error| unreadable(error.to_string());
    let boundary = multer::parse_boundary(kind).map_err(broken)?;
    let whole = stream::once(async { Ok::<_, std::convert::Infallible>(bytes) });
    let mut form = multer::Multipart::new(whole, boundary);
    let mut given = Given::new();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_string();
        let file = field.file_name().map(str::to_string);
        let content = field.bytes().await.map_err(broken)?.to_vec();
        let item = match file {
            Some(file) => Item::File { name: Some(file), content },
            None => {
                let text = String::from_utf8(content);
                Item::Text(text.map_err(|_| unreadable("a text is in UTF-8").about(&name))?)
            }
        };
        given.entry(name).or_default().push(item);
    }
    Ok(given)
}

fn unreadable(detail: impl Into<String>) -> Problem {
    Problem::of(Kind::Unreadable).saying(detail)
}
