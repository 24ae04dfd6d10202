//! What the vendor can be asked for: one file for each family of paths.

pub mod audio;
pub mod batches;
pub mod chat;
pub mod completions;
pub mod conversations;
pub mod embeddings;
pub mod files;
pub mod fine_tuning;
pub mod images;
pub mod models;
pub mod moderations;
pub mod realtime;
pub mod responses;
pub mod uploads;
pub mod vector_stores;

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use hyper::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::answer::Answer;
use crate::fault::Fault;
use crate::form::Form;
use crate::id::Id;
use crate::route::Route;
use crate::world::World;

/// A call whose key was right.
pub struct Call<'a> {
    /// The vendor's world.
    pub world: &'a Arc<World>,
    /// What the ids of this attempt are made from.
    pub id: Id,
    /// The method.
    pub method: &'a Method,
    /// What the path asks for.
    pub route: Route<'a>,
    /// The body.
    pub body: &'a Bytes,
    /// The body as a form, if it is one.
    pub form: Option<&'a Form>,
    /// The model or deployment asked for, without its fault; empty where none is.
    pub model: &'a str,
    /// What is to go wrong.
    pub fault: &'a Fault,
}

impl Call<'_> {
    /// The body as JSON; `null` where it is empty.
    ///
    /// # Errors
    /// The answer to a body that is not JSON.
    pub fn json(&self) -> Result<Value, Answer> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(self.body).map_err(|_| Answer::not_json())
    }

    /// An id of a kind, as text.
    #[must_use]
    pub fn new_id(&self, prefix: &'static str) -> String {
        self.id.of(prefix).to_string()
    }
}

/// Answers a call.
#[must_use]
pub fn answer(call: &Call<'_>) -> Answer {
    // These alone are asked for thousands of times a second.
    if call.method == Method::POST && call.route.operation == "chat/completions" {
        return chat::create(call);
    }
    let segments = call.route.operation.split('/').collect::<Vec<_>>();
    let answered = match segments[0] {
        "audio" => audio::answer(call, &segments[1..]),
        "batches" => batches::answer(call, &segments[1..]),
        "chat" => chat::answer(call, &segments[1..]),
        "completions" => completions::answer(call, &segments[1..]),
        "conversations" => conversations::answer(call, &segments[1..]),
        "embeddings" => embeddings::answer(call, &segments[1..]),
        "files" => files::answer(call, &segments[1..]),
        "fine_tuning" => fine_tuning::answer(call, &segments[1..]),
        "images" => images::answer(call, &segments[1..]),
        "models" => models::answer(call, &segments[1..]),
        "moderations" => moderations::answer(call, &segments[1..]),
        "realtime" => realtime::answer(call, &segments[1..]),
        "responses" => responses::answer(call, &segments[1..]),
        "uploads" => uploads::answer(call, &segments[1..]),
        "vector_stores" => vector_stores::answer(call, &segments[1..]),
        _ => None,
    };
    answered.unwrap_or_else(|| {
        let azure = call.route.dialect.is_azure();
        let path = format!("/v1/{}", call.route.operation);
        Answer::no_such_path(azure, call.method.as_str(), &path)
    })
}

/// What the books call an operation.
#[must_use]
pub fn name(operation: &str) -> &'static str {
    const NAMES: [&str; 25] = [
        "audio/speech",
        "audio/transcriptions",
        "audio/translations",
        "batches",
        "chat/completions",
        "completions",
        "conversations",
        "embeddings",
        "files",
        "fine_tuning",
        "images/edits",
        "images/generations",
        "images/variations",
        "models",
        "moderations",
        "realtime",
        "responses/compact",
        "responses/input_tokens",
        "responses",
        "uploads",
        "vector_stores",
        "audio",
        "images",
        "chat",
        "evals",
    ];
    let begins = |name: &&&str| {
        operation.strip_prefix(**name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    NAMES.iter().find(begins).copied().unwrap_or("unknown")
}

/// What the id of an operation's answer begins with.
#[must_use]
pub fn prefix(operation: &str) -> &'static str {
    match operation {
        "chat/completions" => "chatcmpl-",
        "completions" => "cmpl-",
        "responses" => "resp_",
        "moderations" => "modr-",
        "files" => "file-",
        "batches" => "batch_",
        "uploads" => "upload_",
        "vector_stores" => "vs_",
        "fine_tuning/jobs" => "ftjob-",
        "conversations" => "conv_",
        _ => "req_",
    }
}

#[derive(Deserialize)]
struct ModelAsked<'a> {
    #[serde(borrow)]
    model: Option<Cow<'a, str>>,
}

/// The model or deployment that a call asks for, wherever it says so.
#[must_use]
pub fn model_asked<'a>(
    route: &Route<'a>,
    method: &Method,
    body: &'a Bytes,
    form: Option<&'a Form>,
) -> Option<Cow<'a, str>> {
    if let Some(deployment) = route.deployment {
        return Some(deployment.into());
    }
    if let Some(form) = form {
        return form.text("model").map(Cow::Borrowed);
    }
    if method == Method::GET {
        return route.parameter("model").map(Cow::Borrowed);
    }
    serde_json::from_slice::<ModelAsked<'a>>(body).ok()?.model
}
