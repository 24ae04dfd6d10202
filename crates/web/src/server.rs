//! From an address to a page: which there are, what every answer carries, and what is said where there is none.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use shell::outcome::{self, Failure, Kind};
use shell::workspace::Asker;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use crate::desk::Desk;
use crate::entrance::to_the_login;
use crate::live::News;
use crate::viewer::Viewer;
use crate::{assets, frame, live, pages};

/// The largest body that is read: of a form or a document. Usage is imported by the API.
pub(crate) const LARGEST: usize = 2 << 20;

/// Only what we serve ourselves may run, be shown or be asked; nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What every handler has.
#[derive(Clone)]
pub struct App {
    /// Where work is done.
    pub desk: Desk,
    /// What happens, as it happens.
    pub news: Arc<News>,
}

/// The pages, without the door: whoever hands a request on has put a [`Viewer`] into it.
pub fn pages(app: App) -> Router {
    Router::new()
        .merge(pages::routes())
        .route("/live", get(live::stream))
        .route("/readyz", get(ready))
        .with_state(app)
        .layer(DefaultBodyLimit::max(LARGEST))
}

/// Whether the journal can be read: what a load balancer asks.
async fn ready(State(app): State<App>) -> Response {
    match app.desk.read(Asker::Machine, |room| room.workspace.fold().map(drop)).await {
        Ok(()) => "ready\n".into_response(),
        Err(failure) => {
            tracing::error!(reason = failure.message(), "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the journal cannot be read\n").into_response()
        }
    }
}

/// What anybody may ask for.
pub fn open() -> Router {
    Router::new()
        .route("/assets/{name}", get(assets::serve))
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(|| async { frame::problem(StatusCode::NOT_FOUND, "There is no such page", None) })
}

/// Puts what every answer carries around all routes, and compresses what is worth it; streams are not.
pub fn guarded(router: Router) -> Router {
    let compressed = CompressionLayer::new().quality(CompressionLevel::Fastest);
    router.layer(from_fn(headers)).layer(compressed)
}

async fn headers(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    let mut set = |name, value| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::X_FRAME_OPTIONS, "DENY");
    // What a person may see is for nobody else, and not for later.
    set(header::CACHE_CONTROL, "no-store");
    answer
}

impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = Response;

    /// Whoever the door let in; everybody else is shown the door.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Viewer, Response> {
        parts
            .extensions
            .get::<Viewer>()
            .cloned()
            .ok_or_else(|| Redirect::to(&to_the_login(parts)).into_response())
    }
}

/// A page that could not be made.
pub struct Sorry(StatusCode, String, Option<String>);

impl Sorry {
    /// There is no such thing, or the viewer may not know of it: the same answer for both.
    pub fn absent(what: impl Into<String>) -> Sorry {
        Sorry(StatusCode::NOT_FOUND, what.into(), None)
    }

    /// Something of ours went wrong, which the log has.
    pub fn defect(what: impl Into<String>) -> Sorry {
        Sorry(StatusCode::INTERNAL_SERVER_ERROR, what.into(), None)
    }

    /// The viewer may not.
    pub fn forbidden(what: impl Into<String>) -> Sorry {
        Sorry(StatusCode::FORBIDDEN, what.into(), None)
    }
}

impl From<Failure> for Sorry {
    fn from(failure: Failure) -> Sorry {
        let status = match &failure {
            Failure::WrongUse(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Failure::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let outcome::Parts { kind, message, help, .. } = failure.parts();
        let status = if kind == Kind::NotThere { StatusCode::NOT_FOUND } else { status };
        if kind == Kind::Unforeseen {
            // What nobody foresaw may name what is nobody's business: the log has it.
            tracing::error!(reason = message, "a page could not be made");
            return Sorry::defect("Something went wrong here; the log of the server says what");
        }
        Sorry(status, message, help)
    }
}

impl From<people::StorageError> for Sorry {
    fn from(error: people::StorageError) -> Sorry {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "accounts cannot be read or written"
        );
        Sorry::defect("Accounts cannot be read or written; try again in a moment")
    }
}

impl IntoResponse for Sorry {
    fn into_response(self) -> Response {
        let Sorry(status, what, help) = self;
        if status.is_server_error() {
            tracing::error!(what, "a page could not be made");
        }
        frame::problem(status, &what, help.as_deref())
    }
}
