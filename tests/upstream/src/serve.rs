//! One call: its key, its fault, its answer, its entry in the books.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Request, Response, StatusCode};
use tokio::time::sleep;

use crate::answer::{Answer, Bill, Content, Events, failure};
use crate::body::{AnswerBody, Pieces};
use crate::books::{self, Open, Outcome};
use crate::control;
use crate::fault::{self, Cut, Fault, in_model};
use crate::form::Form;
use crate::id::Id;
use crate::operation::{self, Call, realtime};
use crate::route::{Dialect, Route, check_key};
use crate::world::World;

async fn whole(mut body: Incoming) -> Result<Bytes, hyper::Error> {
    let mut first = Bytes::new();
    let mut more = BytesMut::new();
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await else { break };
        let Ok(data) = frame?.into_data() else { continue };
        // Nearly every body comes in one piece, which then need not be copied.
        if first.is_empty() {
            first = data;
        } else {
            if more.is_empty() {
                more.extend_from_slice(&first);
            }
            more.extend_from_slice(&data);
        }
    }
    Ok(if more.is_empty() { first } else { more.freeze() })
}

/// Answers one call.
///
/// # Errors
/// Where the connection is to be closed without an answer.
pub(crate) async fn serve(
    world: Arc<World>,
    reset: Arc<AtomicBool>,
    mut request: Request<Incoming>,
) -> io::Result<Response<AnswerBody>> {
    let upgrade = realtime::is_asked(&request).then(|| hyper::upgrade::on(&mut request));
    let (parts, body) = request.into_parts();
    let body = whole(body).await.map_err(io::Error::other)?;
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    if let Some(asked) = path.strip_prefix("/_") {
        return Ok(control::answer(&world, &parts.method, asked, query, &body).await);
    }
    let id = Id { prefix: "req_", instance: world.instance, attempt: world.books.attempt() };
    world.requests.keep(id.attempt, &parts.method, &parts.uri, &parts.headers, &body);

    let Some(route) = Route::read(path, query) else {
        let answer = Answer::no_such_path(path.starts_with("/openai"), parts.method.as_str(), path);
        return Ok(nowhere(&world, id, answer));
    };
    let form = Form::read(&parts.headers, &body).await;
    let asked = operation::model_asked(&route, &parts.method, &body, form.as_ref());
    let asked = asked.as_deref().unwrap_or_default();
    let (_, model) = in_model(asked);
    let mut entry =
        books::blank(id, operation::name(route.operation), route.dialect, world.books.name(asked));
    if route.dialect == Dialect::Azure && !asked.is_empty() {
        entry.deployment = Some(Arc::clone(&entry.model));
        entry.model = world.books.name(model);
    }
    let mut open = Open::new(Arc::clone(&world), entry);
    let mut refuse = |answer: Answer| {
        if let Some(entry) = open.entry() {
            entry.status = answer.status.as_u16();
        }
        open.close(Outcome::Failed);
        finish(answer, id, route.dialect)
    };
    if let Err(fault) = check_key(route.dialect, &parts.headers, &world.settings) {
        return Ok(refuse(Answer::unauthorized(route.dialect, &fault)));
    }
    let fault = match fault_of(&world, &route, &parts.headers, asked) {
        Ok(fault) => fault,
        Err(wrong) => return Ok(refuse(Answer::bad_request(&wrong, None, Some("fault")))),
    };
    if !fault.delay.is_zero() {
        sleep(fault.delay).await;
    }
    if let Some(status) = fault.status {
        let seconds = fault.retry_after;
        let mut response = refuse(Answer::failure(route.dialect, status, model, seconds));
        if let Some(seconds) = seconds {
            let headers = response.headers_mut();
            headers.insert("retry-after", seconds.into());
            headers.insert("retry-after-ms", (u64::from(seconds) * 1000).into());
        }
        return Ok(response);
    }
    if fault.cut == Some(Cut::Close) {
        open.close(Outcome::Cut);
        reset.store(true, Ordering::Release);
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    if model.starts_with("no-such-") {
        return Ok(refuse(Answer::no_such_model(route.dialect, model)));
    }
    if let Some(upgrade) = upgrade {
        return Ok(realtime::open(
            &world,
            id,
            &route,
            &parts.headers,
            model,
            fault,
            open,
            upgrade,
            reset,
        ));
    }
    let call = Call {
        world: &world,
        id,
        method: &parts.method,
        route,
        body: &body,
        form: form.as_ref(),
        model,
        fault: &fault,
    };
    let answer = operation::answer(&call);
    if !answer.status.is_success() {
        return Ok(refuse(answer));
    }
    Ok(misbehave(answer, &call, open, reset, &parts.headers))
}

/// Answers a call for which the vendor has no path at all, and enters it.
fn nowhere(world: &Arc<World>, id: Id, answer: Answer) -> Response<AnswerBody> {
    let mut entry = books::blank(id, "unknown", Dialect::OpenAi, world.books.name(""));
    entry.status = answer.status.as_u16();
    Open::new(Arc::clone(world), entry).close(Outcome::Failed);
    finish(answer, id, Dialect::OpenAi)
}

/// What is to go wrong with a call: as asked for in advance, else by its header, else by its model.
fn fault_of(
    world: &World,
    route: &Route<'_>,
    headers: &HeaderMap,
    asked: &str,
) -> Result<Fault, String> {
    let advance = world.faults.take(route.operation, Some(asked));
    let header = headers.get(fault::HEADER).and_then(|value| value.to_str().ok());
    let word = advance.as_deref().or(header).or(in_model(asked).0);
    word.map_or(Ok(Fault::default()), str::parse)
}

/// Turns an answer into a response under the call's fault, and enters it in the books when it ends.
fn misbehave(
    mut answer: Answer,
    call: &Call<'_>,
    mut open: Open,
    reset: Arc<AtomicBool>,
    headers: &HeaderMap,
) -> Response<AnswerBody> {
    let Bill { tokens, seconds, characters, images } = answer.bill;
    if let Some(entry) = open.entry() {
        (entry.tokens, entry.seconds) = (tokens, seconds);
        (entry.characters, entry.images) = (characters, images);
        entry.id = call.id.of(operation::prefix(call.route.operation));
        entry.stream = matches!(answer.content, Content::Events(_));
    }
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let gzip = call.fault.gzip && accepted.is_some_and(|accepted| accepted.contains("gzip"));
    if gzip {
        answer.content = compressed(answer.content);
    }
    let mut length = None;
    let (events, whole) = match answer.content {
        Content::Events(events) => (Some(*events), Bytes::new()),
        Content::Whole(bytes) => {
            let events = call.fault.cut.map(|cut| {
                let half = bytes.len() / 2;
                match cut {
                    Cut::Truncated => length = Some(half),
                    Cut::End(_) | Cut::Error(_) => {}
                    _ => length = Some(bytes.len()),
                }
                Events { bytes: bytes[..half].to_vec(), ends: vec![half], ..Events::default() }
            });
            (events, bytes)
        }
    };
    if let Some(events) = events {
        let dialect = call.route.dialect;
        let last_words = matches!(call.fault.cut, Some(Cut::Error(_)))
            .then(|| Bytes::from(format!("data: {}\n\n", failure(dialect, 500, call.model, None))));
        let pieces = Pieces::new(events, call.fault, last_words, reset, open);
        let mut response = Response::new(AnswerBody::Pieces(Box::new(pieces)));
        *response.status_mut() = answer.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
        if let Some(length) = length {
            headers.insert(CONTENT_LENGTH, length.into());
        }
        decorate(headers, call.id, dialect);
        if gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        return response;
    }
    open.close(Outcome::Complete);
    let answer = Answer { content: Content::Whole(whole), ..answer };
    let mut response = finish(answer, call.id, call.route.dialect);
    if gzip {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn compressed(content: Content) -> Content {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write as _;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    match content {
        Content::Whole(bytes) => {
            encoder.write_all(&bytes).expect("memory takes all that is written");
            Content::Whole(encoder.finish().expect("memory takes all that is written").into())
        }
        Content::Events(events) => {
            let mut ends = Vec::with_capacity(events.ends.len());
            let mut start = 0;
            for &end in &events.ends {
                encoder.write_all(&events.bytes[start..end]).expect("memory takes all");
                encoder.flush().expect("memory takes all");
                ends.push(encoder.get_ref().len());
                start = end;
            }
            let bytes = encoder.finish().expect("memory takes all");
            if let Some(last) = ends.last_mut() {
                *last = bytes.len();
            }
            Content::Events(Box::new(Events { bytes, ends, ..*events }))
        }
    }
}

fn finish(answer: Answer, id: Id, dialect: Dialect) -> Response<AnswerBody> {
    let bytes = match answer.content {
        Content::Whole(bytes) => bytes,
        Content::Events(events) => events.bytes.into(),
    };
    let mut response = Response::new(AnswerBody::from(bytes));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    decorate(headers, id, dialect);
    if answer.status == StatusCode::UNAUTHORIZED && !dialect.is_azure() {
        headers.insert("www-authenticate", HeaderValue::from_static("Bearer realm=\"OpenAI API\""));
    }
    response
}

/// The headers that each of the vendor's answers has.
fn decorate(headers: &mut HeaderMap, id: Id, dialect: Dialect) {
    let request = HeaderValue::try_from(id.of("req_").to_string()).expect("an id is plain text");
    headers.insert("x-request-id", request.clone());
    headers.insert("x-ratelimit-limit-requests", HeaderValue::from_static("10000"));
    headers.insert("x-ratelimit-remaining-requests", HeaderValue::from_static("9999"));
    headers.insert("x-ratelimit-limit-tokens", HeaderValue::from_static("2000000"));
    headers.insert("x-ratelimit-remaining-tokens", HeaderValue::from_static("1999000"));
    if dialect.is_azure() {
        headers.insert("apim-request-id", request);
        headers.insert("x-ms-region", HeaderValue::from_static("Sweden Central"));
    } else {
        headers.insert("openai-version", HeaderValue::from_static("2020-10-01"));
        headers.insert("openai-organization", HeaderValue::from_static("org-upstream"));
        headers.insert("openai-processing-ms", HeaderValue::from_static("12"));
    }
}
