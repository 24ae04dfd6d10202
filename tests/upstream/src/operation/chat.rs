//! Chat completions: created, streamed, stored.

use std::borrow::Cow;
use std::io::Write as _;

use base64ct::{Base64, Encoding as _};
use hyper::Method;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Call;
use crate::answer::{Answer, Content, Events, write_json};
use crate::books::snapshot;
use crate::id::Id;
use crate::reply::{Reply, Wish, pieces};
use crate::route::Dialect;
use crate::shelf::found;
use crate::tokens::{Size, Tokens};

const KIND: &str = "chat.completion";

#[derive(Deserialize)]
struct Asked<'a> {
    #[serde(borrow)]
    messages: Option<Vec<Message<'a>>>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
    n: Option<u32>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_choice: Option<&'a RawValue>,
    parallel_tool_calls: Option<bool>,
    #[serde(borrow)]
    response_format: Option<&'a RawValue>,
    modalities: Option<Vec<Cow<'a, str>>>,
    #[serde(borrow)]
    reasoning_effort: Option<Cow<'a, str>>,
    store: Option<bool>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_calls: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

/// Creates a completion.
#[must_use]
pub fn create(call: &Call<'_>) -> Answer {
    let Ok(asked) = serde_json::from_slice::<Asked<'_>>(call.body) else {
        return Answer::not_json();
    };
    if call.model.is_empty() {
        return Answer::bad_request("you must provide a model parameter", None, None);
    }
    let Some(messages) = &asked.messages else {
        return Answer::missing("messages");
    };
    let mut size = Size { text: 3, ..Size::default() };
    for message in messages {
        size.text += 4;
        for part in [message.content, message.tool_calls].into_iter().flatten() {
            size = size.plus(Size::of_json(part.get()));
        }
    }
    size.text += asked.tools.map_or(0, |tools| Size::of_json(tools.get()).text);
    let mut tokens = Tokens::of_input(size);
    let answered = messages.last().is_some_and(|message| message.role == "tool");
    let reply = Reply::to(&Wish {
        model: call.model,
        input: tokens.input,
        max: asked.max_completion_tokens.or(asked.max_tokens),
        chunks: call.fault.chunks,
        effort: asked.reasoning_effort.as_deref(),
        schema: asked.response_format.and_then(|format| schema(&value(format))),
        tools: if answered { Vec::new() } else { tools(&asked) },
    });
    let choices = asked.n.unwrap_or(1).clamp(1, 16);
    let audio = asked.modalities.iter().flatten().any(|modality| modality == "audio");
    tokens.reasoning = reply.reasoning;
    tokens.output = reply.reasoning + reply.tokens() * choices;
    if audio {
        // What is said aloud is a token a token beside its transcript.
        tokens.output_audio = reply.tokens() * choices;
        tokens.output += tokens.output_audio;
    }
    let mut said = Said {
        id: call.id.of("chatcmpl-"),
        chunk_head: Vec::new(),
        model: snapshot(call.model),
        azure: call.route.dialect == Dialect::Azure,
        reply,
        choices,
        audio,
        tokens: (!call.fault.no_usage).then_some(tokens),
    };
    if asked.stream == Some(true) {
        said.chunk_head = said.chunk_head();
        let options = asked.stream_options.and_then(|options| options.include_usage);
        return Answer::events(said.stream(options == Some(true)), tokens.into());
    }
    let answer = Answer::rendered(said.whole(), tokens.into());
    if asked.store == Some(true)
        && let Content::Whole(bytes) = &answer.content
        && let Ok(mut stored) = serde_json::from_slice::<Value>(bytes)
    {
        stored["metadata"] = asked.metadata.map_or(json!({}), value);
        call.world.shelf.put(KIND, stored);
    }
    answer
}

fn value(raw: &RawValue) -> Value {
    serde_json::from_str(raw.get()).unwrap_or(Value::Null)
}

fn schema(format: &Value) -> Option<Value> {
    match format["type"].as_str()? {
        "json_schema" => Some(format["json_schema"]["schema"].clone()),
        "json_object" => Some(json!({"properties": {"answer": {"type": "string"}}})),
        _ => None,
    }
}

/// The tools that the model calls: the first, all where the request wants them in parallel, or the
/// one that the choice names.
fn tools(asked: &Asked<'_>) -> Vec<(String, Value)> {
    let Some(tools) = asked.tools.map(value) else { return Vec::new() };
    let choice = asked.tool_choice.map_or(Value::Null, value);
    if choice == "none" {
        return Vec::new();
    }
    let functions = tools.as_array().into_iter().flatten().map(|tool| &tool["function"]);
    let named = choice["function"]["name"].as_str();
    let wanted = functions.filter(|function| named.is_none_or(|named| function["name"] == named));
    let most = if asked.parallel_tool_calls == Some(true) { usize::MAX } else { 1 };
    wanted
        .take(most)
        .map(|function| {
            let name = function["name"].as_str().unwrap_or_default();
            (name.to_owned(), function["parameters"].clone())
        })
        .collect()
}

/// What is said, before it is written down in one way or the other.
struct Said {
    id: Id,
    /// What every chunk begins with, up to its choices.
    chunk_head: Vec<u8>,
    model: String,
    azure: bool,
    reply: Reply,
    choices: u32,
    audio: bool,
    tokens: Option<Tokens>,
}

const FILTERED: &str = r#""content_filter_results":{"hate":{"filtered":false,"severity":"safe"},"self_harm":{"filtered":false,"severity":"safe"},"sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}}"#;

impl Said {
    fn reason(&self) -> &'static str {
        match () {
            () if !self.reply.calls.is_empty() => "tool_calls",
            () if self.reply.short => "length",
            () => "stop",
        }
    }

    fn audio(&self) -> Value {
        json!({
            "id": self.id.of("audio_").to_string(),
            "data": Base64::encode_string(&vec![7; self.reply.text.len() * 8]),
            "transcript": self.reply.text,
            "expires_at": self.id.created() + 3600,
        })
    }

    fn call(&self, choice: u32, index: usize, arguments: &str) -> Value {
        json!({
            "id": format!("call_{}_{choice}_{index}", self.id.of("")),
            "type": "function",
            "function": {"name": self.reply.calls[index].0, "arguments": arguments},
        })
    }

    /// Writes `{"id":…,"object":…,"created":…,"model":…`.
    fn head(&self, out: &mut Vec<u8>, object: &str) {
        write!(out, r#"{{"id":"{}","object":"{object}","created":{}"#, self.id, self.id.created())
            .expect("memory takes all that is written");
        out.extend_from_slice(br#","model":"#);
        write_json(out, &self.model);
    }

    fn chunk_head(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        self.head(&mut out, "chat.completion.chunk");
        out.extend_from_slice(
            br#","service_tier":"default","system_fingerprint":"fp_upstream","choices":["#,
        );
        out
    }

    fn whole(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024 + self.reply.text.len() * self.choices as usize);
        self.head(&mut out, "chat.completion");
        out.extend_from_slice(br#","choices":["#);
        for choice in 0..self.choices {
            let comma = if choice > 0 { "," } else { "" };
            write!(out, r#"{comma}{{"index":{choice},"message":{{"role":"assistant","content":"#)
                .expect("memory takes all that is written");
            if self.audio || !self.reply.calls.is_empty() {
                out.extend_from_slice(b"null");
            } else {
                write_json(&mut out, &self.reply.text);
            }
            out.extend_from_slice(br#","refusal":null,"annotations":[]"#);
            if self.audio {
                out.extend_from_slice(br#","audio":"#);
                write_json(&mut out, &self.audio());
            }
            if !self.reply.calls.is_empty() {
                let calls = self.reply.calls.iter().enumerate();
                let calls =
                    calls.map(|(index, (_, arguments))| self.call(choice, index, arguments));
                out.extend_from_slice(br#","tool_calls":"#);
                write_json(&mut out, &calls.collect::<Vec<_>>());
            }
            write!(out, r#"}},"logprobs":null,"finish_reason":"{}""#, self.reason())
                .expect("memory takes all that is written");
            if self.azure {
                out.push(b',');
                out.extend_from_slice(FILTERED.as_bytes());
            }
            out.push(b'}');
        }
        out.push(b']');
        if let Some(tokens) = &self.tokens {
            out.extend_from_slice(br#","usage":"#);
            usage(&mut out, tokens);
        }
        out.extend_from_slice(br#","service_tier":"default","system_fingerprint":"fp_upstream"}"#);
        out
    }

    /// An event with one choice, and what is in it.
    fn chunk(&self, events: &mut Events, inner: impl FnOnce(&mut Vec<u8>), usage: bool) {
        events.data(|out| {
            out.extend_from_slice(&self.chunk_head);
            inner(out);
            out.extend_from_slice(if usage { br#"],"usage":null}"# } else { b"]}" });
        });
    }

    fn delta(
        &self,
        events: &mut Events,
        choice: u32,
        usage: bool,
        delta: impl FnOnce(&mut Vec<u8>),
    ) {
        let inner = |out: &mut Vec<u8>| {
            out.extend_from_slice(br#"{"index":"#);
            write_json(out, &choice);
            out.extend_from_slice(br#","delta":"#);
            delta(out);
            out.extend_from_slice(br#","logprobs":null,"finish_reason":null}"#);
        };
        self.chunk(events, inner, usage);
    }

    fn stream(&self, include_usage: bool) -> Events {
        let texts = self.reply.tokens() as usize * self.choices as usize;
        let mut events = Events::with_capacity(texts + 8, (texts + 8) * 300);
        if self.azure {
            events.data(|out| {
                out.extend_from_slice(
                    br#"{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"#,
                );
                out.extend_from_slice(FILTERED.as_bytes());
                out.extend_from_slice(b"}]}");
            });
        }
        for choice in 0..self.choices {
            self.delta(&mut events, choice, include_usage, |out| {
                out.extend_from_slice(br#"{"role":"assistant","content":"","refusal":null}"#);
            });
        }
        events.tokens_follow(texts);
        for choice in 0..self.choices {
            for (index, (_, arguments)) in self.reply.calls.iter().enumerate() {
                // The head of a call comes with the first token of its arguments.
                for (place, piece) in pieces(arguments).enumerate() {
                    let mut call = if place == 0 {
                        self.call(choice, index, piece)
                    } else {
                        json!({"function": {"arguments": piece}})
                    };
                    call["index"] = json!(index);
                    self.delta(&mut events, choice, include_usage, |out| {
                        write_json(out, &json!({"tool_calls": [call]}));
                    });
                }
            }
            for piece in pieces(&self.reply.text) {
                self.delta(&mut events, choice, include_usage, |out| {
                    if self.audio {
                        let audio = json!({"transcript": piece, "data": "BwcHBwcHBwc="});
                        write_json(out, &json!({"audio": audio}));
                    } else {
                        out.extend_from_slice(br#"{"content":"#);
                        write_json(out, piece);
                        out.push(b'}');
                    }
                });
            }
        }
        for choice in 0..self.choices {
            let end = |out: &mut Vec<u8>| {
                write!(
                    out,
                    r#"{{"index":{choice},"delta":{{}},"logprobs":null,"finish_reason":"{}"}}"#,
                    self.reason()
                )
                .expect("memory takes all that is written");
            };
            self.chunk(&mut events, end, include_usage);
        }
        if let (true, Some(tokens)) = (include_usage, &self.tokens) {
            events.data(|out| {
                out.extend_from_slice(&self.chunk_head);
                out.extend_from_slice(br#"],"usage":"#);
                usage(out, tokens);
                out.push(b'}');
            });
        }
        events.data(|out| out.extend_from_slice(b"[DONE]"));
        events
    }
}

/// Writes tokens as chat completions say them.
pub(super) fn usage(out: &mut Vec<u8>, tokens: &Tokens) {
    write!(
        out,
        concat!(
            r#"{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},"#,
            r#""prompt_tokens_details":{{"cached_tokens":{},"cache_write_tokens":{},"audio_tokens":{}}},"#,
            r#""completion_tokens_details":{{"reasoning_tokens":{},"audio_tokens":{},"#,
            r#""accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}}"#
        ),
        tokens.input,
        tokens.output,
        tokens.total(),
        tokens.cached,
        tokens.cache_write,
        tokens.input_audio,
        tokens.reasoning,
        tokens.output_audio,
    )
    .expect("memory takes all that is written");
}

pub(super) fn answer(call: &Call<'_>, path: &[&str]) -> Option<Answer> {
    let shelf = &call.world.shelf;
    let ["completions", rest @ ..] = path else { return None };
    Some(match (call.method, rest) {
        (&Method::GET, []) => shelf.page(KIND, &call.route),
        (&Method::GET, [id]) => shelf.show(KIND, id),
        (&Method::POST, [id]) => match call.json() {
            Ok(asked) => found(
                KIND,
                id,
                shelf.change(KIND, id, |stored| stored["metadata"] = asked["metadata"].clone()),
            ),
            Err(wrong) => wrong,
        },
        (&Method::DELETE, [id]) => shelf.delete(KIND, id, "chat.completion.deleted"),
        _ => return None,
    })
}
