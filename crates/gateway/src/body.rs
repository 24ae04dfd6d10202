//! What bodies say that the gateway must know, and how they pass.

pub mod find;
pub(crate) mod form;
pub mod inspect;
pub mod peek;
pub mod spoken;

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Incoming};

use crate::refusal::Problem;

/// Collects a client's body, at most as many bytes of it as a limit of the settings, which has a name
/// there, lets be held.
///
/// # Errors
/// It is longer, breaks off, or stands still for longer than `gap`.
pub async fn collect(
    mut body: Incoming,
    (limit, max): (&'static str, usize),
    gap: Duration,
) -> Result<Bytes, Problem> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    loop {
        let Some(chunk) = next(&mut body, gap).await? else {
            return Ok(if all.is_empty() { first } else { all.freeze() });
        };
        if all.len() + first.len() + chunk.len() > max {
            return Err(Problem::TooLong { limit, max });
        }
        match (first.is_empty() && all.is_empty(), body.is_end_stream()) {
            (true, true) => return Ok(chunk),
            (true, false) => first = chunk,
            (false, _) => {
                if all.is_empty() {
                    all.extend_from_slice(&std::mem::take(&mut first));
                }
                all.extend_from_slice(&chunk);
            }
        }
    }
}

/// The next bytes of a client's body; `None` at its end.
///
/// # Errors
/// It breaks off or stands still for longer than `gap`.
pub async fn next(body: &mut Incoming, gap: Duration) -> Result<Option<Bytes>, Problem> {
    loop {
        let frame = std::future::poll_fn(|cx| std::pin::Pin::new(&mut *body).poll_frame(cx));
        let frame = tokio::time::timeout(gap, frame).await.map_err(|_| Problem::Slow)?;
        match frame {
            None => return Ok(None),
            Some(Err(_)) => return Err(Problem::BadRequest("the body broke off".to_string())),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}
