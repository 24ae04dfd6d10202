//! What a test may ask of the upstream itself, under `/_`: its books, what arrived, faults to come.
//!
//! | path | |
//! | --- | --- |
//! | `GET /_books?from=0&limit=1000` | entries in the order they ended |
//! | `GET /_books/totals` | sums by model or deployment asked for |
//! | `GET /_requests?after=0` | what arrived after a number, oldest first |
//! | `POST /_faults` | an [`Expected`] fault, as JSON |
//! | `GET /_faults` | those still to come |
//! | `DELETE` on each of the three | forgets |

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::body::AnswerBody;
use crate::fault::Expected;
use crate::world::World;

pub(crate) async fn answer(
    world: &World,
    method: &Method,
    asked: &str,
    query: &str,
    body: &Bytes,
) -> Response<AnswerBody> {
    let number = |name: &str, otherwise: u64| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(key, _)| *key == name).and_then(|(_, value)| value.parse().ok());
        value.unwrap_or(otherwise)
    };
    let place = |name, otherwise| usize::try_from(number(name, otherwise)).unwrap_or(usize::MAX);
    let done = json!({"done": true});
    let answered = match (method, asked) {
        (&Method::GET, "books") => {
            Ok(json!({"entries": world.books.entries(place("from", 0), place("limit", 1000))}))
        }
        (&Method::GET, "books/totals") => Ok(json!(world.books.totals())),
        (&Method::DELETE, "books") => {
            world.books.clear();
            Ok(done)
        }
        (&Method::GET, "requests") => {
            let mut shown = Vec::new();
            for arrived in world.requests.after(number("after", 0)) {
                shown.push(arrived.shown().await);
            }
            Ok(json!({"requests": shown}))
        }
        (&Method::DELETE, "requests") => {
            world.requests.clear();
            Ok(done)
        }
        (&Method::GET, "faults") => Ok(json!({"faults": world.faults.open()})),
        (&Method::POST, "faults") => serde_json::from_slice::<Expected>(body)
            .map_err(|error| error.to_string())
            .and_then(|expected| world.faults.expect(expected))
            .map(|()| done),
        (&Method::DELETE, "faults") => {
            world.faults.clear();
            Ok(done)
        }
        _ => Err(format!("nothing can be asked by {method} /_{asked}")),
    };
    match answered {
        Ok(value) => respond(StatusCode::OK, &value),
        Err(wrong) => respond(StatusCode::BAD_REQUEST, &json!({"wrong": wrong})),
    }
}

fn respond(status: StatusCode, value: &Value) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::from(Bytes::from(value.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
