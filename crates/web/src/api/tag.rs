//! Entity tags: whoever has an answer already is not sent it again.
//!
//! A tag is a hash of the answer itself. The journal's head would be cheaper, and wrong: what is due, and who may do
//! what, changes as time passes, and a document in the workspace when somebody saves it.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// An answer with its tag, or word that it is what the asker has.
pub async fn tagged(answer: Response, asked: &HeaderMap) -> Response {
    let (mut parts, body) = answer.into_parts();
    // Whole in memory already, as a command printed it.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    // A weak one: on its way it may be compressed.
    let tag = format!("W/\"{}\"", &blake3::hash(&bytes).to_hex()[..32]);
    let known = asked.get_all(header::IF_NONE_MATCH).iter().any(|known| {
        let mut tags = known.to_str().unwrap_or_default().split(',').map(str::trim);
        tags.any(|known| known == "*" || known == tag)
    });
    parts.headers.extend(HeaderValue::from_str(&tag).map(|tag| (header::ETAG, tag)));
    let keep = HeaderValue::from_static("private, no-cache");
    parts.headers.insert(header::CACHE_CONTROL, keep);
    parts.headers.insert(header::VARY, HeaderValue::from_static("Authorization, Cookie"));
    if known {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}
