//! What a call sends, and how its answer must end.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::{Arguments, Kind};

/// One kind of call.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) request: Rc<[u8]>,
    /// What the answer ends with; nothing for streams that end with whatever they like.
    pub(crate) end: &'static [u8],
    pub(crate) stream: bool,
    /// The fewest events it has.
    pub(crate) events: u64,
}

/// The kinds of calls that are made in turn.
pub(crate) fn shapes(arguments: &Arguments, authority: &str, path: &str) -> Vec<Shape> {
    let chunks = u64::from(arguments.chunks);
    let model = &arguments.model;
    let messages = json!([{"role": "user", "content": "x".repeat(arguments.prompt)}]);
    let chat = |stream: bool| {
        json!({
            "model": model, "messages": messages, "max_tokens": arguments.chunks, "stream": stream,
        })
    };
    let shape = |path: &str, body: &Value, stream: bool, end, events| Shape {
        request: request(arguments, authority, path, body),
        end,
        stream,
        events,
    };
    const DONE: &[u8] = b"data: [DONE]\n\n";
    let with = |mut body: Value, more: Value| {
        for (key, value) in more.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        body
    };
    let usage = json!({"stream_options": {"include_usage": true}});
    // The role and the reason to finish come as chunks of their own, as does the end.
    match arguments.kind {
        Kind::Json => return vec![shape(path, &chat(false), false, b"}", 0)],
        Kind::Sse if arguments.usage => {
            return vec![shape(path, &with(chat(true), usage), true, DONE, chunks + 4)];
        }
        Kind::Sse => return vec![shape(path, &chat(true), true, DONE, chunks + 3)],
        Kind::Mixed => {}
    }
    let tool = json!({"type": "function", "function": {"name": "f", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}},
    }}});
    let input = json!({"model": model, "input": "y".repeat(arguments.prompt * 3)});
    let long = json!([{"role": "user", "content": "z".repeat(6000)}]);
    let prompt = json!({"model": model, "prompt": "four", "max_tokens": 5});
    let (completions, responses) = ("v1/chat/completions", "v1/responses");
    vec![
        shape(completions, &chat(false), false, b"}", 0),
        shape(completions, &chat(true), true, DONE, chunks + 3),
        shape(completions, &with(chat(true), usage), true, DONE, chunks + 4),
        shape(completions, &with(chat(false), json!({"n": 3})), false, b"}", 0),
        shape(completions, &with(chat(false), json!({"tools": [tool]})), false, b"}", 0),
        shape(completions, &with(chat(false), json!({"messages": long})), false, b"}", 0),
        shape(responses, &with(input.clone(), json!({"store": false})), false, b"}", 0),
        shape(
            responses,
            &with(input.clone(), json!({"store": false, "stream": true})),
            true,
            b"\n\n",
            10,
        ),
        shape("v1/completions", &prompt, false, b"}", 0),
        shape("v1/completions", &with(prompt.clone(), json!({"stream": true})), true, DONE, 7),
        shape("v1/embeddings", &input, false, b"}", 0),
    ]
}

fn request(arguments: &Arguments, authority: &str, path: &str, body: &Value) -> Rc<[u8]> {
    let body = body.to_string();
    let mut head = format!(
        "POST /{path} HTTP/1.1\r\nHost: {authority}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nAccept: application/json\r\n\
         User-Agent: OpenAI/Python 2.0\r\nContent-Length: {}\r\n",
        arguments.key,
        body.len()
    );
    for header in &arguments.headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    format!("{head}\r\n{body}").into_bytes().into()
}
