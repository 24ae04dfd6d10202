//! The journal's events, as far as whoever asks may see them: a page of lines, or a stream that goes on.
//!
//! They come in the order in which they came to be seen: one that was hidden until another came follows that other.
//! A place in this order is the position of the event with which something was seen, so whoever comes back with the
//! last one it has misses nothing.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::response::sse::{Event as Line, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use journal::Position;
use shell::commands::{Seen, SeenThrough, seen_after};
use shell::workspace::Asker;

use super::answer::{Answered, failed};
use super::given::{Given, Item};
use super::list::LIMIT;
use super::problem::{Kind, Problem};
use super::{Api, body, not_so, refused, shown_to, viewer};
use crate::desk::Room;
use crate::live::News;
use crate::viewer::Viewer;

/// The media type of JSON, a value a line.
pub const LINES: &str = "application/x-ndjson";

/// The command that shows the same, for which the gate is asked.
const LOG: &str = "journal log";

pub async fn events(State(api): State<Api>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let instance = parts.uri.path().to_string();
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return not_so(&[Method::GET, Method::HEAD], instance);
    }
    answer(api, &parts).await.unwrap_or_else(|problem| refused(problem, instance))
}

async fn answer(api: Api, parts: &Parts) -> Result<Response, Problem> {
    let viewer = viewer(parts)?.clone();
    let log = super::known(LOG)?;
    let about = super::about(&api, log, None).await?;
    let verdict = api.gate.may(parts, &viewer, LOG, &about, None);
    shown_to(log, &viewer, &verdict)?;
    let mut given = body::queried(parts)?;
    let mut after = position(&mut given, "after")?;
    let limit = position(&mut given, "limit")?
        .map_or(LIMIT, |limit| usize::try_from(limit.0).unwrap_or(usize::MAX));
    if !(1..=LIMIT).contains(&limit) {
        let detail = format!("a page has from 1 to {LIMIT}");
        return Err(Problem::of(Kind::WrongUse).saying(detail).about("limit"));
    }
    if let Some(unknown) = given.keys().next() {
        let problem = Problem::of(Kind::WrongUse).saying("there is no such parameter here");
        return Err(problem.about(unknown).helping("it has `after` and `limit`"));
    }
    let accepts = parts.headers.get(header::ACCEPT).and_then(|kind| kind.to_str().ok());
    if !accepts.unwrap_or_default().contains("text/event-stream") {
        return page(&api, viewer, after.unwrap_or(Position::BEFORE_FIRST), limit, parts).await;
    }
    if let Some(last) = parts.headers.get("last-event-id") {
        let last = last.to_str().ok().and_then(|last| last.parse().ok());
        let wrong = || Problem::of(Kind::WrongUse).saying("this is a position of the journal");
        after = Some(Position(last.ok_or_else(|| wrong().about("Last-Event-ID"))?));
    }
    let after = match after {
        Some(after) => after,
        // From now on.
        None => api
            .app
            .desk
            .read(Asker::Machine, |room| Ok(room.workspace.head()?.position))
            .await
            .map_err(|failure| failed(&failure, false, &[]))?,
    };
    let keep = KeepAlive::new().interval(Duration::from_secs(20));
    let mut answer = Sse::new(followed(api, viewer, after)).keep_alive(keep).into_response();
    let headers = answer.headers_mut();
    // What buffers streams is asked not to.
    headers.insert("x-accel-buffering", header::HeaderValue::from_static("no"));
    Ok(answer)
}

async fn page(
    api: &Api,
    viewer: Viewer,
    after: Position,
    limit: usize,
    parts: &Parts,
) -> Result<Response, Problem> {
    let mut seen = Vec::new();
    let mut from = after;
    while seen.len() <= limit {
        let more = self::seen(api, &viewer, from).await?;
        if more.seen.is_empty() {
            break;
        }
        seen.extend(more.seen);
        from = more.through;
    }
    let mut end = limit.min(seen.len());
    // What is seen with one event is on one page, or its place would be passed over.
    while 0 < end && seen.get(end).is_some_and(|next| next.with == seen[end - 1].with) {
        end += 1;
    }
    let mut body = Vec::new();
    for seen in &seen[..end] {
        body.extend(serde_json::to_vec(&seen.event).unwrap_or_default());
        body.push(b'\n');
    }
    let last = seen[..end].last().filter(|_| end < seen.len());
    let path = parts.uri.path();
    let next = last.map(|last| format!("{path}?limit={limit}&after={}", last.with));
    let answered = Answered { status: 200, yes: None, media_type: LINES.to_string(), body, next };
    Ok(super::tag::tagged(answered.into_response(), &parts.headers).await)
}

/// How many events are read at once.
const AT_ONCE: u64 = 2_000;

async fn seen(api: &Api, viewer: &Viewer, after: Position) -> Result<SeenThrough, Problem> {
    let look = move |room: &Room| seen_after(&room.workspace, after, AT_ONCE);
    let seen = api.app.desk.read(viewer.asker(), look);
    seen.await.map_err(|failure| failed(&failure, false, &[]))
}

/// A stream and what it has not sent yet.
struct Following<N> {
    api: Api,
    viewer: Viewer,
    after: Position,
    waiting: VecDeque<Seen>,
    news: N,
}

/// What is there, and then what comes.
fn followed(
    api: Api,
    viewer: Viewer,
    after: Position,
) -> impl Stream<Item = Result<Line, Infallible>> {
    // It listens before it looks, so nothing falls in between.
    let news = Box::pin(News::told(&api.app.news, viewer.clone()));
    let begin = Following { api, viewer, after, waiting: VecDeque::new(), news };
    stream::unfold((begin, true), |(mut following, mut look)| async move {
        loop {
            if let Some(seen) = following.waiting.pop_front() {
                let more = following.waiting.front().is_some_and(|next| next.with == seen.with);
                return Some((Ok(line(&seen, more)), (following, look)));
            }
            if !look {
                following.news.next().await?;
            }
            // The stream ends where that fails; whoever listens comes back with the last id it has.
            let found =
                self::seen(&following.api, &following.viewer, following.after).await.ok()?;
            // Where something was found there may be more.
            look = !found.seen.is_empty();
            following.after = found.through;
            following.waiting = found.seen.into();
        }
    })
}

/// An event as a message. Of several that are seen with one, the last alone has the id: whoever loses the stream
/// among them gets them again.
fn line(seen: &Seen, more: bool) -> Line {
    let data = serde_json::to_string(&seen.event).unwrap_or_default();
    let line = Line::default().event("event").data(data);
    if more { line } else { line.id(seen.with.to_string()) }
}

fn position(given: &mut Given, name: &str) -> Result<Option<Position>, Problem> {
    let wrong = || Problem::of(Kind::WrongUse).saying("this is one whole number").about(name);
    match given.remove(name).as_deref() {
        None => Ok(None),
        Some([Item::Text(text)]) => {
            // The journal counts no further.
            let number = text.parse().ok().filter(|number| *number <= i64::MAX.unsigned_abs());
            number.map(|number| Some(Position(number))).ok_or_else(wrong)
        }
        Some(_) => Err(wrong()),
    }
}
