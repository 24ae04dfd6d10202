//! The older completions, of a plain prompt.

use hyper::Method;
use serde_json::json;

use super::{Call, chat};
use crate::answer::{Answer, Events, write_json};
use crate::books::snapshot;
use crate::reply::{Reply, Wish, pieces};
use crate::tokens::{Size, Tokens};

pub(super) fn answer(call: &Call<'_>, path: &[&str]) -> Option<Answer> {
    match (call.method, path) {
        (&Method::POST, []) => Some(create(call).unwrap_or_else(|wrong| wrong)),
        _ => None,
    }
}

fn create(call: &Call<'_>) -> Result<Answer, Answer> {
    let asked = call.json()?;
    if call.model.is_empty() {
        return Err(Answer::bad_request("you must provide a model parameter", None, None));
    }
    let mut tokens = Tokens::of_input(Size::of_value(&asked["prompt"]));
    let max = asked["max_tokens"].as_u64().and_then(|max| u32::try_from(max).ok());
    let wish = Wish { input: tokens.input, max, chunks: call.fault.chunks, ..Wish::default() };
    let reply = Reply::to(&wish);
    tokens.output = reply.tokens();
    let id = call.id.of("cmpl-");
    let chunk = |text: &str, reason: Option<&str>| {
        json!({
            "id": id.to_string(),
            "object": "text_completion",
            "created": id.created(),
            "model": snapshot(call.model),
            "choices": [{"index": 0, "text": text, "logprobs": null, "finish_reason": reason}],
        })
    };
    let mut usage = Vec::new();
    chat::usage(&mut usage, &tokens);
    let usage = serde_json::from_slice::<serde_json::Value>(&usage).unwrap_or_default();
    let reason = if reply.short { "length" } else { "stop" };
    if asked["stream"] == true {
        let mut events = Events::default();
        events.tokens_follow(reply.tokens() as usize);
        for piece in pieces(&reply.text) {
            events.data(|out| write_json(out, &chunk(piece, None)));
        }
        events.data(|out| write_json(out, &chunk("", Some(reason))));
        if asked["stream_options"]["include_usage"] == true && !call.fault.no_usage {
            let mut last = chunk("", None);
            last["choices"] = json!([]);
            last["usage"] = usage;
            events.data(|out| write_json(out, &last));
        }
        events.data(|out| out.extend_from_slice(b"[DONE]"));
        return Ok(Answer::events(events, tokens.into()));
    }
    let mut whole = chunk(&reply.text, Some(reason));
    if !call.fault.no_usage {
        whole["usage"] = usage;
    }
    Ok(Answer::rendered(whole.to_string().into_bytes(), tokens.into()))
}
