//! Responses: created, streamed, run in the background, retrieved, cancelled, deleted.

use std::sync::Arc;

use hyper::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::Call;
use crate::answer::{Answer, Events};
use crate::books::snapshot;
use crate::reply::{Reply, Wish, pieces};
use crate::shelf::{found, page};
use crate::tokens::{Size, Tokens};

const KIND: &str = "response";

pub(super) fn answer(call: &Call<'_>, path: &[&str]) -> Option<Answer> {
    let shelf = &call.world.shelf;
    let answered = match (call.method, path) {
        (&Method::POST, []) => create(call),
        (&Method::POST, ["input_tokens"]) => call.json().map(|asked| {
            let input = input(&asked).input;
            Answer::json(&json!({"object": "response.input_tokens", "input_tokens": input}))
        }),
        (&Method::POST, ["compact"]) => compact(call),
        (&Method::GET, [id]) if call.route.parameter("stream") == Some("true") => {
            Ok(replay(call, id))
        }
        (&Method::GET, [id]) => Ok(shelf.show(KIND, id)),
        (&Method::DELETE, [id]) => Ok(shelf.delete(KIND, id, "response")),
        (&Method::POST, [id, "cancel"]) => cancel(call, id),
        (&Method::GET, [id, "input_items"]) => Ok(match shelf.get(KIND, id) {
            Some(_) => page(shelf.all(&format!("input of {id}")), &call.route),
            None => Answer::no_such_object(KIND, id),
        }),
        _ => return None,
    };
    Some(answered.unwrap_or_else(|wrong| wrong))
}

fn input(asked: &Value) -> Tokens {
    let parts = [&asked["input"], &asked["instructions"], &asked["tools"]];
    let size = parts.into_iter().map(Size::of_value).fold(Size::default(), Size::plus);
    Tokens::of_input(Size { text: size.text + 3, ..size })
}

fn create(call: &Call<'_>) -> Result<Answer, Answer> {
    let asked = call.json()?;
    if call.model.is_empty() {
        return Err(Answer::missing("model"));
    }
    let mut tokens = input(&asked);
    if let Some(before) = asked["previous_response_id"].as_str() {
        let before = call.world.shelf.get(KIND, before);
        let before = before.ok_or_else(|| {
            let message = "Previous response not found.";
            Answer::bad_request(
                message,
                Some("previous_response_id"),
                Some("previous_response_not_found"),
            )
        })?;
        // What was said before is read again.
        let said =
            before["usage"]["total_tokens"].as_u64().and_then(|said| u32::try_from(said).ok());
        let size = Size { text: tokens.input + said.unwrap_or(0), ..Size::default() };
        tokens = Tokens::of_input(size);
    }
    let max = asked["max_output_tokens"].as_u64().and_then(|max| u32::try_from(max).ok());
    let reply = Reply::to(&Wish {
        model: call.model,
        input: tokens.input,
        max,
        chunks: call.fault.chunks,
        effort: asked["reasoning"]["effort"].as_str(),
        schema: match asked["text"]["format"]["type"].as_str() {
            Some("json_schema") => Some(asked["text"]["format"]["schema"].clone()),
            Some("json_object") => Some(json!({"properties": {"answer": {"type": "string"}}})),
            _ => None,
        },
        tools: tools(&asked),
    });
    (tokens.reasoning, tokens.output) = (reply.reasoning, reply.reasoning + reply.tokens());
    let said = Said { call, asked: &asked, reply: &reply, tokens };
    let done = said.done();
    if asked["store"] != false {
        said.keep(&done);
    }
    if asked["background"] == true {
        return Ok(said.later(done));
    }
    if asked["stream"] == true {
        return Ok(Answer::events(said.stream(&done), tokens.into()));
    }
    Ok(Answer::rendered(done.to_string().into_bytes(), tokens.into()))
}

/// The functions that the model calls: none where their outputs are in the input already.
fn tools(asked: &Value) -> Vec<(String, Value)> {
    let items = asked["input"].as_array().into_iter().flatten();
    let answered = items.into_iter().any(|item| item["type"] == "function_call_output");
    if answered || asked["tool_choice"] == "none" {
        return Vec::new();
    }
    let named = asked["tool_choice"]["name"].as_str();
    let tools = asked["tools"].as_array().into_iter().flatten();
    let functions = tools.filter(|tool| tool["type"] == "function");
    let wanted = functions.filter(|tool| named.is_none_or(|named| tool["name"] == named));
    wanted
        .take(1)
        .map(|tool| {
            (tool["name"].as_str().unwrap_or_default().to_owned(), tool["parameters"].clone())
        })
        .collect()
}

struct Said<'a> {
    call: &'a Call<'a>,
    asked: &'a Value,
    reply: &'a Reply,
    tokens: Tokens,
}

impl Said<'_> {
    /// The response as it is while it is made.
    fn begun(&self, status: &str) -> Value {
        let asked = self.asked;
        let or = |name: &str, otherwise: Value| match &asked[name] {
            Value::Null => otherwise,
            given => given.clone(),
        };
        json!({
            "id": self.call.new_id("resp_"),
            "object": KIND,
            "created_at": self.call.id.created(),
            "status": status,
            "background": or("background", json!(false)),
            "error": null,
            "incomplete_details": null,
            "instructions": asked["instructions"],
            "max_output_tokens": asked["max_output_tokens"],
            "model": snapshot(self.call.model),
            "output": [],
            "parallel_tool_calls": or("parallel_tool_calls", json!(true)),
            "previous_response_id": asked["previous_response_id"],
            "reasoning": {"effort": asked["reasoning"]["effort"], "summary": null},
            "service_tier": "default",
            "store": or("store", json!(true)),
            "temperature": or("temperature", json!(1.0)),
            "text": or("text", json!({"format": {"type": "text"}})),
            "tool_choice": or("tool_choice", json!("auto")),
            "tools": or("tools", json!([])),
            "top_p": or("top_p", json!(1.0)),
            "truncation": "disabled",
            "usage": null,
            "user": null,
            "metadata": or("metadata", json!({})),
        })
    }

    fn items(&self, whole: bool) -> Vec<Value> {
        let status = if whole { "completed" } else { "in_progress" };
        let mut items = Vec::new();
        if self.reply.reasoning > 0 {
            items.push(json!({"id": self.call.new_id("rs_"), "type": "reasoning", "summary": []}));
        }
        for (index, (name, arguments)) in self.reply.calls.iter().enumerate() {
            items.push(json!({
                "id": format!("{}_{index}", self.call.id.of("fc_")),
                "type": "function_call",
                "status": status,
                "arguments": if whole { arguments } else { "" },
                "call_id": format!("{}_{index}", self.call.id.of("call_")),
                "name": name,
            }));
        }
        if self.reply.calls.is_empty() {
            let content = if whole { json!([self.part(true)]) } else { json!([]) };
            items.push(json!({
                "id": self.call.new_id("msg_"),
                "type": "message",
                "status": status,
                "content": content,
                "role": "assistant",
            }));
        }
        items
    }

    fn part(&self, whole: bool) -> Value {
        let text = if whole { &self.reply.text } else { "" };
        json!({"type": "output_text", "annotations": [], "logprobs": [], "text": text})
    }

    fn done(&self) -> Value {
        let mut done = self.begun(if self.reply.short { "incomplete" } else { "completed" });
        if self.reply.short {
            done["incomplete_details"] = json!({"reason": "max_output_tokens"});
        }
        done["output"] = json!(self.items(true));
        done["completed_at"] = json!(self.call.id.created() + 1);
        if !self.call.fault.no_usage {
            done["usage"] = usage(&self.tokens);
        }
        done
    }

    fn keep(&self, done: &Value) {
        let shelf = &self.call.world.shelf;
        shelf.put(KIND, done.clone());
        let items = match &self.asked["input"] {
            Value::Array(items) => items.clone(),
            text => vec![json!({
                "type": "message", "role": "user", "status": "completed",
                "content": [{"type": "input_text", "text": text}],
            })],
        };
        let id = self.call.new_id("resp_");
        for (index, mut item) in items.into_iter().enumerate() {
            if item["id"].is_null() {
                item["id"] = json!(format!("msg_{}_{index}", self.call.id.of("")));
            }
            if let Value::String(text) = &item["content"] {
                item["content"] = json!([{"type": "input_text", "text": text}]);
            }
            shelf.put(&format!("input of {id}"), item);
        }
    }

    /// Puts a response there that will be done after a while.
    fn later(&self, done: Value) -> Answer {
        let queued = self.begun("queued");
        self.call.world.shelf.put(KIND, queued.clone());
        let world = Arc::clone(self.call.world);
        tokio::spawn(async move {
            let id = done["id"].as_str().unwrap_or_default().to_owned();
            sleep(world.settings.job).await;
            world.shelf.change(KIND, &id, |response| {
                if response["status"] == "queued" {
                    *response = done;
                }
            });
        });
        Answer::rendered(queued.to_string().into_bytes(), self.tokens.into())
    }

    fn stream(&self, done: &Value) -> Events {
        let mut events = Events::default();
        let mut number = 0;
        let mut say = |events: &mut Events, kind: &str, mut event: Value| {
            event["type"] = json!(format!("response.{kind}"));
            event["sequence_number"] = json!(number);
            number += 1;
            events.typed(&event);
        };
        let begun = self.begun("in_progress");
        say(&mut events, "created", json!({"response": begun}));
        say(&mut events, "in_progress", json!({"response": begun}));
        let (begun, whole) = (self.items(false), self.items(true));
        let mut first = true;
        for (index, (begun, whole)) in begun.iter().zip(&whole).enumerate() {
            let place = json!({"output_index": index, "item_id": whole["id"]});
            let with = |more: Value| {
                let mut event = place.clone();
                for (key, value) in more.as_object().into_iter().flatten() {
                    event[key] = value.clone();
                }
                event
            };
            say(&mut events, "output_item.added", json!({"output_index": index, "item": begun}));
            if whole["type"] == "message" {
                let part = json!({"content_index": 0, "part": self.part(false)});
                say(&mut events, "content_part.added", with(part));
                events.tokens_follow(self.reply.tokens() as usize);
                for piece in pieces(&self.reply.text) {
                    let delta = json!({"content_index": 0, "delta": piece, "logprobs": []});
                    say(&mut events, "output_text.delta", with(delta));
                }
                let text = json!({"content_index": 0, "text": self.reply.text, "logprobs": []});
                say(&mut events, "output_text.done", with(text));
                let part = json!({"content_index": 0, "part": self.part(true)});
                say(&mut events, "content_part.done", with(part));
            }
            if let Some(arguments) = whole["arguments"].as_str() {
                if std::mem::take(&mut first) {
                    events.tokens_follow(self.reply.tokens() as usize);
                }
                for piece in pieces(arguments) {
                    let delta = json!({"delta": piece});
                    say(&mut events, "function_call_arguments.delta", with(delta));
                }
                let done = json!({"arguments": arguments, "name": whole["name"]});
                say(&mut events, "function_call_arguments.done", with(done));
            }
            say(&mut events, "output_item.done", json!({"output_index": index, "item": whole}));
        }
        let last = if self.reply.short { "incomplete" } else { "completed" };
        say(&mut events, last, json!({"response": done}));
        events
    }
}

/// Tokens as responses say them.
#[must_use]
pub fn usage(tokens: &Tokens) -> Value {
    json!({
        "input_tokens": tokens.input,
        "input_tokens_details":
            {"cached_tokens": tokens.cached, "cache_write_tokens": tokens.cache_write},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.total(),
    })
}

/// A stored response as the stream it was: its beginning and its end, which cost nothing again.
fn replay(call: &Call<'_>, id: &str) -> Answer {
    let Some(done) = call.world.shelf.get(KIND, id) else {
        return Answer::no_such_object(KIND, id);
    };
    let mut begun = done.clone();
    (begun["status"], begun["usage"], begun["output"]) =
        (json!("in_progress"), Value::Null, json!([]));
    let after = call.route.parameter("starting_after").and_then(|after| after.parse::<u64>().ok());
    let mut events = Events::default();
    let kinds = [("response.created", &begun), ("response.completed", &done)];
    for (number, (kind, response)) in (0_u64..).zip(kinds) {
        if after.is_none_or(|after| number > after) {
            let event = json!({"type": kind, "sequence_number": number, "response": response});
            events.typed(&event);
        }
    }
    Answer::events(events, Tokens::default().into())
}

fn cancel(call: &Call<'_>, id: &str) -> Result<Answer, Answer> {
    let shelf = &call.world.shelf;
    let kept = shelf.get(KIND, id).ok_or_else(|| Answer::no_such_object(KIND, id))?;
    if kept["background"] != true {
        let message = "Cannot cancel a synchronous response.";
        return Err(Answer::bad_request(message, None, None));
    }
    let cancelled = shelf.change(KIND, id, |response| {
        if response["status"] == "queued" {
            response["status"] = json!("cancelled");
        }
    });
    Ok(found(KIND, id, cancelled))
}

fn compact(call: &Call<'_>) -> Result<Answer, Answer> {
    let asked = call.json()?;
    let mut tokens = input(&asked);
    tokens.output = 16;
    let mut whole = json!({
        "id": call.new_id("resp_"),
        "object": "response.compaction",
        "created_at": call.id.created(),
        "output": [
            {"id": call.new_id("cmp_"), "type": "compaction", "encrypted_content": "c2VhbGVk"},
        ],
    });
    if !call.fault.no_usage {
        whole["usage"] = usage(&tokens);
    }
    Ok(Answer::rendered(whole.to_string().into_bytes(), tokens.into()))
}
