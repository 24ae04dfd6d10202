//! A receiver of webhooks on a free port of this machine, in a thread of its own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};

#[derive(Clone, Debug)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }

    pub fn key(&self) -> &str {
        self.header("webhook-id")
    }
}

/// What to answer next.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    Status(u16),
    /// A status, with `Retry-After`.
    After(u16, &'static str),
    /// A status, with `Location`.
    Redirect(u16, &'static str),
    /// 200, and then bytes that never end.
    Endless,
    /// A status after so many milliseconds.
    Slow(u16, u64),
}

#[derive(Clone)]
pub struct Server {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
    replies: Arc<Mutex<VecDeque<Reply>>>,
}

impl Server {
    /// Gives the replies in turn, and 204 from then on.
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Server {
        let replies: VecDeque<_> = replies.into_iter().collect();
        let replies = Arc::new(Mutex::new(replies));
        let next = Arc::clone(&replies);
        let server = Server::answering(move |_| {
            next.lock().unwrap().pop_front().unwrap_or(Reply::Status(204))
        });
        Server { replies, ..server }
    }

    /// Asks `answer` what to reply.
    pub fn answering(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Server {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&received);
        let answer = Arc::new(answer);
        let handler = move |headers: HeaderMap, body: Bytes| {
            let (keep, answer) = (Arc::clone(&keep), Arc::clone(&answer));
            async move {
                let got = Received { headers, body };
                keep.lock().unwrap().push(got.clone());
                let reply = tokio::task::spawn_blocking(move || answer(&got)).await.unwrap();
                respond(reply).await
            }
        };
        let app = Router::new().route("/hook", routing::post(handler));
        thread::spawn(move || {
            super::common::run(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, app).await.unwrap();
            });
        });
        Server { url, received, replies: Arc::default() }
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub fn replies_left(&self) -> usize {
        self.replies.lock().unwrap().len()
    }
}

async fn respond(reply: Reply) -> Response {
    let status = |code: u16| StatusCode::from_u16(code).unwrap();
    match reply {
        Reply::Status(code) => status(code).into_response(),
        Reply::After(code, value) => (status(code), [(header::RETRY_AFTER, value)]).into_response(),
        Reply::Redirect(code, value) => (status(code), [(header::LOCATION, value)]).into_response(),
        Reply::Endless => {
            let chunk = Bytes::from(vec![b'x'; 1 << 16]);
            let chunks = futures_util::stream::repeat_with(move || {
                Ok::<_, std::convert::Infallible>(chunk.clone())
            });
            Body::from_stream(chunks).into_response()
        }
        Reply::Slow(code, milliseconds) => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            status(code).into_response()
        }
    }
}
