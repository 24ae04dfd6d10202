//! Realtime sessions over a WebSocket, and the secrets that let a browser open one.
//!
//! The events are those of the current interface; a client that asks for the beta
//! (`OpenAI-Beta: realtime=v1`) gets the older names. Each response is an entry in the books.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64ct::{Base64, Encoding as _};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::header::{CONNECTION, HeaderValue, UPGRADE};
use hyper::upgrade::OnUpgrade;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::time::sleep;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role};

use super::Call;
use crate::answer::Answer;
use crate::body::AnswerBody;
use crate::books::{self, Open, Outcome, snapshot};
use crate::fault::{Cut, Fault};
use crate::id::Id;
use crate::reply::{Reply, Wish, pieces};
use crate::route::Route;
use crate::tokens::{Size, Tokens, audio_tokens};
use crate::world::World;

/// Whether a request asks for a WebSocket.
pub(crate) fn is_asked<B>(request: &Request<B>) -> bool {
    let upgrade = request.headers().get(UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"))
        && request.uri().path().ends_with("/realtime")
}

pub(super) fn answer(call: &Call<'_>, path: &[&str]) -> Option<Answer> {
    Some(match (call.method, path) {
        (&Method::POST, ["client_secrets"]) => Answer::json(&json!({
            "value": call.new_id("ek_"),
            "expires_at": call.id.created() + 600,
            "session": {"type": "realtime", "object": "realtime.session", "id": call.new_id("sess_")},
        })),
        (&Method::POST, ["sessions"]) => Answer::json(&json!({
            "id": call.new_id("sess_"),
            "object": "realtime.session",
            "client_secret":
                {"value": call.new_id("ek_"), "expires_at": call.id.created() + 600},
        })),
        (&Method::GET, []) => Answer::bad_request(
            "You must connect to this endpoint using the websocket protocol.",
            None,
            Some("missing_websocket_upgrade"),
        ),
        _ => return None,
    })
}

/// Accepts a WebSocket and serves its session until either side ends it.
#[allow(clippy::too_many_arguments)] // All of it belongs to the one session.
pub(crate) fn open(
    world: &Arc<World>,
    id: Id,
    route: &Route<'_>,
    headers: &HeaderMap,
    model: &str,
    fault: Fault,
    mut open: Open,
    upgrade: OnUpgrade,
    reset: Arc<AtomicBool>,
) -> Response<AnswerBody> {
    let key = headers.get("sec-websocket-key").map(|key| derive_accept_key(key.as_bytes()));
    let beta = headers.contains_key("openai-beta");
    let mut template = books::blank(id, "realtime", route.dialect, world.books.name(model));
    if let Some(entry) = open.entry() {
        entry.status = 101;
        entry.stream = true;
        (entry.id, template) = (id.of("sess_"), entry.clone());
    }
    let mut session = Session {
        world: Arc::clone(world),
        id,
        model: model.to_owned(),
        template,
        fault,
        beta,
        heard: Size::default(),
        waiting: Size::default(),
        said: 0,
        sent: 0,
        aloud: false,
        settings: json!({}),
    };
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let stream = TokioIo::new(upgraded);
        let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
        let outcome = session.serve(&mut socket).await;
        open.close(outcome);
        if outcome == Outcome::Cut {
            reset.store(true, Ordering::Release);
        } else {
            let _ = socket.close(None).await;
        }
    });
    let mut response = Response::new(AnswerBody::Whole(None));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let out = response.headers_mut();
    out.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    out.insert(UPGRADE, HeaderValue::from_static("websocket"));
    if let Some(key) = key.and_then(|key| HeaderValue::try_from(key).ok()) {
        out.insert("sec-websocket-accept", key);
    }
    let protocols = headers.get("sec-websocket-protocol").and_then(|value| value.to_str().ok());
    if protocols.is_some_and(|protocols| protocols.contains("realtime")) {
        out.insert("sec-websocket-protocol", HeaderValue::from_static("realtime"));
    }
    response
}

type Socket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

struct Session {
    world: Arc<World>,
    id: Id,
    model: String,
    template: books::Entry,
    fault: Fault,
    beta: bool,
    /// What the conversation holds.
    heard: Size,
    /// Audio that is not committed yet, in bytes.
    waiting: Size,
    /// How much of the conversation an earlier response has read, and the cache has.
    said: u32,
    /// Events sent.
    sent: usize,
    /// Whether it answers with sound.
    aloud: bool,
    settings: Value,
}

impl Session {
    async fn serve(&mut self, socket: &mut Socket) -> Outcome {
        let session = self.described();
        if let Err(ended) =
            self.say(socket, json!({"type": "session.created", "session": session})).await
        {
            return ended;
        }
        while let Some(Ok(message)) = socket.next().await {
            let Message::Text(text) = message else { continue };
            let event = serde_json::from_str::<Value>(&text).unwrap_or_default();
            if let Err(ended) = self.hear(socket, &event).await {
                return ended;
            }
        }
        Outcome::Complete
    }

    fn described(&self) -> Value {
        let mut session = json!({
            "type": "realtime",
            "object": "realtime.session",
            "id": self.id.of("sess_").to_string(),
            "model": snapshot(&self.model),
        });
        for (key, value) in self.settings.as_object().into_iter().flatten() {
            session[key] = value.clone();
        }
        session
    }

    /// Sends an event, or breaks off where the fault says so.
    async fn say(&mut self, socket: &mut Socket, mut event: Value) -> Result<(), Outcome> {
        match self.fault.cut {
            Some(Cut::Reset(after) | Cut::End(after)) if self.sent >= after => {
                return Err(Outcome::Cut);
            }
            Some(Cut::Stall(after)) if self.sent >= after => {
                std::future::pending::<()>().await;
            }
            _ => {}
        }
        if self.sent > 0 {
            sleep(self.fault.gap).await;
        }
        event["event_id"] = json!(format!("event_{}_{}", self.id.of(""), self.sent));
        self.sent += 1;
        let text = event.to_string();
        socket.send(Message::text(text)).await.map_err(|_| Outcome::ClientGone)
    }

    async fn hear(&mut self, socket: &mut Socket, event: &Value) -> Result<(), Outcome> {
        match event["type"].as_str().unwrap_or_default() {
            "session.update" => {
                self.settings = event["session"].clone();
                let session = &self.settings;
                let modes = [&session["output_modalities"], &session["modalities"]];
                let listed = modes.into_iter().flat_map(|modes| modes.as_array()).flatten();
                self.aloud = listed.into_iter().any(|mode| mode == "audio");
                let session = self.described();
                self.say(socket, json!({"type": "session.updated", "session": session})).await
            }
            "conversation.item.create" => self.add(socket, &event["item"]).await,
            "input_audio_buffer.append" => {
                let bytes = event["audio"].as_str().unwrap_or_default().len() / 4 * 3;
                self.waiting.audio += u32::try_from(bytes).unwrap_or(0);
                Ok(())
            }
            "input_audio_buffer.clear" => {
                self.waiting = Size::default();
                self.say(socket, json!({"type": "input_audio_buffer.cleared"})).await
            }
            "input_audio_buffer.commit" => {
                self.heard.audio += audio_tokens(self.waiting.audio as usize);
                self.waiting = Size::default();
                let item = format!("item_{}_{}", self.id.of(""), self.sent);
                let event = json!({"type": "input_audio_buffer.committed", "item_id": item});
                self.say(socket, event).await
            }
            "response.create" => self.respond(socket, &event["response"]).await,
            // What is asked for is sent at once, so there is nothing left to cancel.
            "response.cancel" => Ok(()),
            kind => {
                let error = json!({
                    "type": "invalid_request_error", "code": "invalid_value",
                    "message": format!("Invalid value: '{kind}'."), "param": "type", "event_id": null,
                });
                self.say(socket, json!({"type": "error", "error": error})).await
            }
        }
    }

    async fn add(&mut self, socket: &mut Socket, item: &Value) -> Result<(), Outcome> {
        self.heard = self.heard.plus(Size::of_value(&item["content"]));
        let mut item = item.clone();
        if item["id"].is_null() {
            item["id"] = json!(format!("item_{}_{}", self.id.of(""), self.sent));
        }
        (item["object"], item["status"]) = (json!("realtime.item"), json!("completed"));
        let kinds: &[&str] = if self.beta { &["created"] } else { &["added", "done"] };
        for kind in kinds {
            let kind = format!("conversation.item.{kind}");
            let event = json!({"type": kind, "previous_item_id": null, "item": item});
            self.say(socket, event).await?;
        }
        Ok(())
    }

    async fn respond(&mut self, socket: &mut Socket, asked: &Value) -> Result<(), Outcome> {
        let id = Id { attempt: self.world.books.attempt(), ..self.id };
        let input = self.heard.text + self.heard.image + self.heard.audio;
        let max = asked["max_output_tokens"].as_u64().and_then(|max| u32::try_from(max).ok());
        let wish = Wish { input, max, chunks: self.fault.chunks, ..Wish::default() };
        let reply = Reply::to(&wish);
        let spoken = if self.aloud { reply.tokens() } else { 0 };
        let tokens = Tokens {
            input,
            // The conversation so far is in the cache from the second response on.
            cached: self.said.min(self.heard.text),
            input_audio: self.heard.audio,
            input_image: self.heard.image,
            output: reply.tokens() + spoken,
            output_audio: spoken,
            ..Tokens::default()
        };
        let mut entry = self.template.clone();
        (entry.attempt, entry.id) = (id.attempt, id.of("resp_"));
        entry.tokens = tokens;
        let mut open = Open::new(Arc::clone(&self.world), entry);
        let ended = self.stream(socket, id, &reply, &tokens).await;
        open.close(ended.err().unwrap_or(Outcome::Complete));
        self.said = self.heard.text;
        self.heard.text += reply.tokens();
        ended
    }

    async fn stream(
        &mut self,
        socket: &mut Socket,
        id: Id,
        reply: &Reply,
        tokens: &Tokens,
    ) -> Result<(), Outcome> {
        let (response, item) = (id.of("resp_").to_string(), id.of("item_").to_string());
        let output = if self.beta { "response." } else { "response.output_" };
        let kind = if self.aloud { "audio_transcript" } else { "text" };
        let body = |status: &str| {
            json!({
                "object": "realtime.response", "id": response, "status": status,
                "status_details": null, "output": [], "usage": null, "metadata": null,
                "conversation_id": self.id.of("conv_").to_string(),
            })
        };
        let mut done = body("completed");
        let begun = body("in_progress");
        let message = |content: Value| {
            json!({
                "id": item, "object": "realtime.item", "type": "message", "role": "assistant",
                "status": "completed", "content": content,
            })
        };
        let place = json!({
            "response_id": response, "item_id": item, "output_index": 0, "content_index": 0,
        });
        let with = |kind: &str, more: Value| {
            let mut event = place.clone();
            event["type"] = json!(kind);
            for (key, value) in more.as_object().into_iter().flatten() {
                event[key] = value.clone();
            }
            event
        };
        self.say(socket, json!({"type": "response.created", "response": begun})).await?;
        let added = json!({"item": message(json!([]))});
        self.say(socket, with("response.output_item.added", added)).await?;
        let part = if self.aloud {
            json!({"type": "audio", "transcript": reply.text})
        } else {
            json!({"type": "text", "text": reply.text})
        };
        self.say(socket, with("response.content_part.added", json!({"part": part}))).await?;
        for piece in pieces(&reply.text) {
            let delta = with(&format!("{output}{kind}.delta"), json!({"delta": piece}));
            self.say(socket, delta).await?;
            if self.aloud {
                let sound = Base64::encode_string(&[7; 160]);
                let delta = with(&format!("{output}audio.delta"), json!({"delta": sound}));
                self.say(socket, delta).await?;
            }
        }
        let text = if self.aloud { "transcript" } else { "text" };
        let event = with(&format!("{output}{kind}.done"), json!({text: reply.text}));
        self.say(socket, event).await?;
        self.say(socket, with("response.content_part.done", json!({"part": part}))).await?;
        let item = message(json!([part]));
        self.say(socket, with("response.output_item.done", json!({"item": item}))).await?;
        done["output"] = json!([item]);
        done["usage"] = json!({
            "total_tokens": tokens.total(),
            "input_tokens": tokens.input,
            "output_tokens": tokens.output,
            "input_token_details": {
                "text_tokens": tokens.input - tokens.input_audio - tokens.input_image,
                "audio_tokens": tokens.input_audio,
                "image_tokens": tokens.input_image,
                "cached_tokens": tokens.cached,
                "cached_tokens_details":
                    {"text_tokens": tokens.cached, "audio_tokens": 0, "image_tokens": 0},
            },
            "output_token_details": {
                "text_tokens": tokens.output - tokens.output_audio,
                "audio_tokens": tokens.output_audio,
            },
        });
        self.say(socket, json!({"type": "response.done", "response": done})).await
    }
}
