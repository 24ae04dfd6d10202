//! Figures for whoever keeps the server going, in the form that Prometheus reads.
//!
//! They say how busy a partnership is, so they are for those alone who see everything and whom the policies let
//! read how the server does: operators, auditors and observers, with a session or by a program's token.

use std::sync::Arc;

use access::{Action, Area};
use axum::Extension;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use telemetry::otlp::Source;
use telemetry::prometheus;

use crate::entrance::{Entrance, Known};
use crate::seen;
use crate::server::Sorry;

/// The address of the figures.
pub fn routes(entrance: Arc<Entrance>) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(entrance)
}

async fn metrics(
    State(entrance): State<Arc<Entrance>>,
    known: Option<Extension<Known>>,
) -> Result<Response, Sorry> {
    let Some(Extension(known)) = known else {
        let mut answer = (StatusCode::UNAUTHORIZED, "show a token\n").into_response();
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return Ok(answer);
    };
    known.may(&entrance, Action::Read(Area::Operation))?;
    // A party reads there whom it was to be told; how busy all are would tell it of the others.
    if !known.viewer.sees_all {
        return Err(Sorry::forbidden("Figures are for whoever sees everything"));
    }
    let seen = seen::now().ok_or_else(|| Sorry::absent("Nobody counts here"))?;
    let page = prometheus::page(seen.metrics())
        .map_err(|_| Sorry::defect("The figures cannot be written"))?;
    Ok(([(header::CONTENT_TYPE, prometheus::CONTENT_TYPE)], page).into_response())
}
