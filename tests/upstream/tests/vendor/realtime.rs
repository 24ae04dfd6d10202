//! Realtime sessions.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use upstream::Upstream;
use upstream::books::Outcome;

use crate::client::{AZURE_KEY, KEY, entries, upstream};

/// Opens a session, asks for one response of 4 tokens, and gives all events until the end.
fn session(upstream: &Upstream, path: &str, headers: &[(&str, &str)]) -> Vec<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let url = format!("ws://{}{path}", upstream.address());
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name = tokio_tungstenite::tungstenite::http::HeaderName::try_from(*name).unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        let content = json!([{"type": "input_text", "text": "four"}]);
        for event in [
            json!({"type": "session.update", "session": {"output_modalities": ["audio"]}}),
            json!({"type": "input_audio_buffer.append", "audio": "A".repeat(6400)}),
            json!({"type": "input_audio_buffer.commit"}),
            json!({"type": "conversation.item.create",
                "item": {"type": "message", "role": "user", "content": content}}),
            json!({"type": "response.create", "response": {"max_output_tokens": 4}}),
        ] {
            socket.send(Message::text(event.to_string())).await.unwrap();
        }
        let mut events = Vec::new();
        while let Some(Ok(Message::Text(text))) = socket.next().await {
            let event = serde_json::from_str::<Value>(&text).unwrap();
            let done = event["type"] == "response.done";
            events.push(event);
            if done {
                break;
            }
        }
        let _ = socket.close(None).await;
        events
    })
}

#[test]
fn a_response_bills_what_it_says() {
    let azure = "/openai/realtime?api-version=2024-10-01-preview&deployment=voice";
    let beta = ("openai-beta", "realtime=v1");
    for (path, headers, delta) in [
        ("/v1/realtime?model=gpt-realtime", vec![KEY], "response.output_audio_transcript.delta"),
        (
            "/openai/v1/realtime?model=voice",
            vec![AZURE_KEY],
            "response.output_audio_transcript.delta",
        ),
        (azure, vec![AZURE_KEY, beta], "response.audio_transcript.delta"),
    ] {
        let upstream = upstream();
        let events = session(&upstream, path, &headers);
        assert_eq!(events[0]["type"], "session.created", "{path}");
        let said = events.iter().filter(|event| event["type"] == delta);
        let said = said.map(|event| event["delta"].as_str().unwrap()).collect::<String>();
        assert_eq!(said, "the sea has its ", "{path}");
        let usage = &events.last().unwrap()["response"]["usage"];
        // A token of text heard and three of sound; four of text said, and four of sound.
        assert_eq!(
            (&usage["input_tokens"], &usage["output_tokens"]),
            (&json!(4), &json!(8)),
            "{path}"
        );
        let entries = entries(&upstream, 2);
        let response = entries.iter().find(|entry| entry.status == 101 && entry.tokens.total() > 0);
        let tokens = response.unwrap().tokens;
        assert_eq!((tokens.input_audio, tokens.output_audio, tokens.total()), (3, 4, 12), "{path}");
    }
}

#[test]
fn a_session_breaks_off_where_a_fault_says_so() {
    let upstream = upstream();
    let events = session(&upstream, "/v1/realtime?model=fault.reset-8.gpt-realtime", &[KEY]);
    assert_eq!(events.len(), 8, "{events:?}");
    let entries = entries(&upstream, 2);
    assert!(entries.iter().all(|entry| entry.outcome == Outcome::Cut), "{entries:?}");
}
