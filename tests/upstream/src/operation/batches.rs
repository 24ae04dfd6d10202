//! Batches: calls in a file, answered in a file after a while.
//!
//! Whoever makes one may say in its `metadata` after how many lines (`expires_after`) it expires. What
//! is done by then is answered, as it is of half the lines of one that is cancelled while it runs.

use std::sync::Arc;

use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Call, files};
use crate::answer::{Answer, Bill, Content};
use crate::books::{self, Open, Outcome};
use crate::fault::{Fault, in_model};
use crate::id::Id;
use crate::route::{Dialect, Route};
use crate::shelf::found;
use crate::tokens::Tokens;
use crate::world::World;

const KIND: &str = "batch";

pub(super) fn answer(call: &Call<'_>, path: &[&str]) -> Option<Answer> {
    let shelf = &call.world.shelf;
    Some(match (call.method, path) {
        (&Method::POST, []) => create(call).unwrap_or_else(|wrong| wrong),
        (&Method::GET, []) => shelf.page(KIND, &call.route),
        (&Method::GET, [id]) => shelf.show(KIND, id),
        (&Method::POST, [id, "cancel"]) => {
            let batch = shelf.get(KIND, id);
            let input = batch.as_ref().and_then(|batch| batch["input_file_id"].as_str());
            let content = input.and_then(|input| shelf.content(input)).unwrap_or_default();
            let half = content.split(|byte| *byte == b'\n').count() / 2;
            run(call.world, call.id, call.route.dialect, id, &content, End::Cancelled(half));
            let cancelled = shelf.change(KIND, id, |batch| {
                if batch["status"] == "validating" {
                    batch["status"] = json!("cancelled");
                    batch["cancelled_at"] = json!(call.id.created());
                }
            });
            found(KIND, id, cancelled)
        }
        _ => return None,
    })
}

fn create(call: &Call<'_>) -> Result<Answer, Answer> {
    let asked = call.json()?;
    let input = asked["input_file_id"].as_str().ok_or_else(|| Answer::missing("input_file_id"))?;
    let content = call.world.shelf.content(input);
    let content = content.ok_or_else(|| Answer::no_such_object("File", input))?;
    let id = call.new_id("batch_");
    let batch = json!({
        "id": id,
        "object": "batch",
        "endpoint": asked["endpoint"],
        "errors": null,
        "input_file_id": input,
        "completion_window": asked["completion_window"],
        "status": "validating",
        "output_file_id": null,
        "error_file_id": null,
        "created_at": call.id.created(),
        "in_progress_at": null,
        "expires_at": call.id.created() + 86_400,
        "finalizing_at": null,
        "completed_at": null,
        "failed_at": null,
        "expired_at": null,
        "cancelling_at": null,
        "cancelled_at": null,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "metadata": asked["metadata"],
    });
    call.world.shelf.put(KIND, batch.clone());
    let (world, ordered, dialect) = (Arc::clone(call.world), call.id, call.route.dialect);
    let expires_after = asked["metadata"]["expires_after"].as_str();
    let end = match expires_after.and_then(|lines| lines.parse().ok()) {
        Some(lines) => End::Expired(lines),
        None => End::Completed,
    };
    tokio::spawn(async move {
        let half = world.settings.job / 2;
        sleep(half).await;
        let begun = world.shelf.change(KIND, &id, |batch| {
            if batch["status"] == "validating" {
                batch["status"] = json!("in_progress");
                batch["in_progress_at"] = json!(ordered.created());
            }
        });
        sleep(half).await;
        if begun.is_some_and(|batch| batch["status"] == "in_progress") {
            run(&world, ordered, dialect, &id, &content, end);
        }
    });
    Ok(Answer::json(&batch))
}

/// How a batch ends, and after how many lines where not all are run.
#[derive(Clone, Copy)]
enum End {
    Completed,
    Expired(usize),
    Cancelled(usize),
}

/// Runs a batch whose time has come.
fn run(world: &Arc<World>, ordered: Id, dialect: Dialect, id: &str, content: &Bytes, end: End) {
    let (most, status, instant) = match end {
        End::Completed => (usize::MAX, "completed", "completed_at"),
        End::Expired(lines) => (lines, "expired", "expired_at"),
        End::Cancelled(lines) => (lines, "cancelled", "cancelled_at"),
    };
    let still = world.shelf.get(KIND, id).is_some_and(|batch| batch["status"] == "in_progress");
    if !still {
        return;
    }
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let (mut completed, mut failed) = (0, 0);
    let mut sum = Tokens::default();
    let lines = content.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    for (number, line) in lines.enumerate() {
        let (answered, tokens) = match number < most {
            true => one(world, ordered, dialect, line),
            false => (not_run(line, status), Tokens::default()),
        };
        let into = if answered["response"]["status_code"] == 200 {
            completed += 1;
            &mut output
        } else {
            failed += 1;
            &mut errors
        };
        into.extend_from_slice(answered.to_string().as_bytes());
        into.push(b'\n');
        sum.add(&tokens);
    }
    let file = |prefix: &'static str, content: Vec<u8>| {
        if content.is_empty() {
            return Value::Null;
        }
        let file = format!("{prefix}{id}");
        let name = format!("{id}_{}.jsonl", prefix.trim_matches('-'));
        files::put(world, &file, ordered.created(), &name, "batch_output", content.into());
        json!(file)
    };
    let (output, errors) = (file("file-output-", output), file("file-error-", errors));
    world.shelf.change(KIND, id, |batch| {
        batch["status"] = json!(status);
        batch[instant] = json!(ordered.created() + 1);
        (batch["output_file_id"], batch["error_file_id"]) = (output, errors);
        batch["request_counts"] =
            json!({"total": completed + failed, "completed": completed, "failed": failed});
        batch["usage"] = json!({
            "input_tokens": sum.input,
            "input_tokens_details": {"cached_tokens": sum.cached},
            "output_tokens": sum.output,
            "output_tokens_details": {"reasoning_tokens": sum.reasoning},
            "total_tokens": sum.total(),
        });
    });
}

/// What is said of a line that was not run.
fn not_run(line: &[u8], status: &str) -> Value {
    let line = serde_json::from_slice::<Value>(line).unwrap_or_default();
    json!({
        "id": "batch_req_none",
        "custom_id": line["custom_id"],
        "response": null,
        "error": {
            "code": format!("batch_{status}"),
            "message": "This request could not be executed.",
        },
    })
}

/// Runs a line of a batch: one call, with an attempt and an entry in the books of its own.
fn one(world: &Arc<World>, ordered: Id, dialect: Dialect, line: &[u8]) -> (Value, Tokens) {
    let line = serde_json::from_slice::<Value>(line).unwrap_or_default();
    let id = Id { attempt: world.books.attempt(), ..ordered };
    let body = Bytes::from(line["body"].to_string());
    let url = line["url"].as_str().unwrap_or_default();
    let operation = url.trim_start_matches("/v1").trim_start_matches('/');
    let asked = line["body"]["model"].as_str().unwrap_or_default();
    let (fault, model) = in_model(asked);
    let fault = fault.and_then(|fault| fault.parse::<Fault>().ok()).unwrap_or_default();
    let name = world.books.name(asked);
    let mut entry =
        books::blank(id.of(super::prefix(operation)), super::name(operation), dialect, name);
    entry.batch = Some(ordered.attempt);
    let call = Call {
        world,
        id,
        method: &Method::POST,
        route: Route { dialect, deployment: None, operation, query: "" },
        body: &body,
        form: None,
        model,
        fault: &fault,
    };
    let answer = match fault.status {
        Some(status) => Answer::failure(dialect, status, model, None),
        None => super::answer(&call),
    };
    let Bill { tokens, .. } = answer.bill;
    (entry.tokens, entry.status) = (tokens, answer.status.as_u16());
    let outcome = if answer.status.is_success() { Outcome::Complete } else { Outcome::Failed };
    Open::new(Arc::clone(world), entry).close(outcome);
    let said = match &answer.content {
        Content::Whole(bytes) => serde_json::from_slice(bytes).unwrap_or_default(),
        Content::Events(_) => Value::Null,
    };
    let answered = json!({
        "id": id.of("batch_req_").to_string(),
        "custom_id": line["custom_id"],
        "response": {
            "status_code": answer.status.as_u16(),
            "request_id": id.of("req_").to_string(),
            "body": said,
        },
        "error": null,
    });
    (answered, tokens)
}
