//! Answers those who operate a gateway: whether it is up, whether it takes calls, and its figures.
//!
//! Nothing here needs a key, and nothing here can be changed: only `GET` and `HEAD` are answered.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use bytes::Bytes;
use gateway::seen::{Sight, Snapshot};
use http_body_util::Full;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;

use crate::client::plain_client;
use crate::otlp::Source;
use crate::prometheus;

/// Within how long a request's headers must have come.
const HEADER_WAIT: Duration = Duration::from_secs(10);

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// How long a gateway may take to say what it has counted.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Why a gateway's figures are not known.
#[derive(Debug, Error)]
#[error("the gateway at `{address}` does not say what it has counted")]
pub struct NotAsked {
    address: SocketAddr,
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// Asks a gateway that is running for its figures.
///
/// # Errors
/// Nobody answers there, or not as a gateway does.
pub async fn ask(address: SocketAddr) -> Result<Snapshot, NotAsked> {
    let asked = async {
        let client = plain_client(ANSWER_WITHIN)?;
        let answer = client.get(format!("http://{address}/top")).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    };
    asked.await.map_err(|source| NotAsked { address, source })
}

/// Answers every connection that comes.
pub(crate) async fn serve(listener: TcpListener, sight: Sight) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Too many files are open, say: others may be closed in the meantime.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let sight = sight.clone();
        let service = service_fn(move |request: Request<_>| {
            let answered = answer(&sight, request.method(), request.uri().path());
            async move { Ok::<_, Infallible>(answered) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_WAIT)
            .serve_connection(TokioIo::new(stream), service);
        // Whoever asks and leaves has nobody to tell.
        tokio::spawn(async move { drop(connection.await) });
    }
}

/// The answer to a request.
fn answer(sight: &Sight, method: &Method, path: &str) -> Response<Full<Bytes>> {
    if method != Method::GET && method != Method::HEAD {
        let mut refused = plain(StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET and HEAD\n");
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    let readiness = || sight.readiness();
    match path {
        "/healthz" => plain(StatusCode::OK, TEXT, "up\n"),
        "/readyz" => {
            let readiness = readiness();
            let status = match readiness.is_ready() {
                true => StatusCode::OK,
                false => StatusCode::SERVICE_UNAVAILABLE,
            };
            let body = serde_json::json!({
                "ready": readiness.is_ready(), "not_ready": readiness.not_ready,
            });
            plain(status, JSON, body.to_string())
        }
        "/metrics" => match prometheus::page(sight.metrics()) {
            Ok(page) => plain(StatusCode::OK, prometheus::CONTENT_TYPE, page),
            Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, TEXT, "no figures\n"),
        },
        "/top" => match serde_json::to_string(&sight.snapshot()) {
            Ok(figures) => plain(StatusCode::OK, JSON, figures),
            Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, TEXT, "no figures\n"),
        },
        _ => plain(StatusCode::NOT_FOUND, TEXT, "/healthz /readyz /metrics /top\n"),
    }
}

fn plain(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
