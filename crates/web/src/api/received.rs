//! Metered calls as they come: CloudEvents over HTTP, an event in headers or in JSON, or many in JSON.
//!
//! See <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>.

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use shell::workspace::Asker;

use super::answer::{Answered, JSON, failed};
use super::problem::{Kind, Problem};
use super::{Api, is_of_ours, not_so, refused, shown_to, viewer};
use crate::entrance::FORM_TOKEN_HEADER;
use crate::server::LARGEST;

/// The command that takes calls in from a file, for which the gate is asked.
const IMPORT: &str = "usage import";

pub async fn cloudevents(State(api): State<Api>, request: Request) -> Response {
    let instance = request.uri().path().to_string();
    if request.method() != Method::POST {
        return not_so(&[Method::POST], instance);
    }
    let taken = take(api, request).await;
    taken.map_or_else(|problem| refused(problem, instance), IntoResponse::into_response)
}

async fn take(api: Api, request: Request) -> Result<Answered, Problem> {
    let (parts, body) = request.into_parts();
    let viewer = viewer(&parts)?.clone();
    is_of_ours(&viewer, &parts.headers)?;
    let import = super::known(IMPORT)?;
    let about = super::about(&api, import, None).await?;
    let verdict = api.gate.may(&parts, &viewer, IMPORT, &about, None);
    shown_to(import, &viewer, &verdict)?;
    let body = to_bytes(body, LARGEST).await.map_err(|_| Problem::of(Kind::TooLarge))?;
    // What proves who asks is nobody's attribute of a call.
    let headers = parts.headers.iter().filter(|(name, _)| name.as_str() != FORM_TOKEN_HEADER);
    let headers = headers.filter_map(|(name, value)| {
        Some((name.as_str().to_string(), value.to_str().ok()?.to_string()))
    });
    let headers: Vec<_> = headers.collect();
    let work = move |room: &crate::desk::Room| {
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        shell::receive(&room.workspace, &headers, &body)
    };
    let taken = api.app.desk.change(Asker::Machine, work).await;
    let taken = taken.map_err(|failure| failed(&failure, true, &[]))?;
    let body = serde_json::to_vec(&taken).map_err(|_| Problem::of(Kind::Failed))?;
    Ok(Answered { status: 200, yes: None, media_type: JSON.to_string(), body, next: None })
}
