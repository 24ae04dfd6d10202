//! What an answer says it cost is what the books say, for each kind of call.

use serde_json::{Value, json};
use upstream::books::Outcome;
use upstream::tokens::Tokens;

use crate::client::{Received, entries, get, post, post_form, upstream};

/// The usage that an answer or the last events of its stream tell, whatever they call it.
fn told(received: &Received) -> (u64, u64) {
    let usage = if received.body.starts_with(b"{") {
        received.json()["usage"].clone()
    } else {
        let events = received.events();
        let values = events.iter().filter_map(|event| serde_json::from_str::<Value>(event).ok());
        let mut usages = values.map(|event| match &event["response"] {
            Value::Null => event["usage"].clone(),
            response => response["usage"].clone(),
        });
        usages.rfind(Value::is_object).unwrap_or_default()
    };
    let of = |names: [&str; 2]| names.iter().find_map(|name| usage[*name].as_u64()).unwrap_or(0);
    (of(["prompt_tokens", "input_tokens"]), of(["completion_tokens", "output_tokens"]))
}

#[test]
fn the_books_say_what_the_answers_say() {
    let upstream = upstream();
    let messages = json!([{"role": "user", "content": "x".repeat(200)}]);
    let usage = json!({"include_usage": true});
    let tool = json!({"type": "function", "function": {
        "name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}},
    }});
    let jsons = [
        ("chat/completions", json!({"model": "gpt-4o", "messages": messages}), (57, 22)),
        (
            "chat/completions",
            json!({"model": "gpt-4o", "messages": messages, "n": 2, "max_tokens": 5}),
            (57, 10),
        ),
        (
            "chat/completions",
            json!({"model": "o3", "messages": messages, "max_completion_tokens": 5}),
            (57, 69),
        ),
        (
            "chat/completions",
            json!({"model": "gpt-4o", "messages": messages, "tools": [tool]}),
            (58, 4),
        ),
        (
            "chat/completions",
            json!({"model": "gpt-4o", "messages": messages, "stream": true,
            "stream_options": usage, "max_tokens": 32}),
            (57, 32),
        ),
        ("completions", json!({"model": "c", "prompt": "four", "max_tokens": 3}), (1, 3)),
        (
            "completions",
            json!({"model": "c", "prompt": "four", "max_tokens": 3, "stream": true,
            "stream_options": usage}),
            (1, 3),
        ),
        ("responses", json!({"model": "gpt-4o", "input": "four", "max_output_tokens": 7}), (4, 7)),
        (
            "responses",
            json!({"model": "gpt-5", "input": "four", "max_output_tokens": 7, "stream": true}),
            (4, 71),
        ),
        ("responses/compact", json!({"model": "gpt-5", "input": "four"}), (4, 16)),
        ("embeddings", json!({"model": "e", "input": ["four", "eight888"]}), (3, 0)),
        ("images/generations", json!({"model": "gpt-image-1", "prompt": "four", "n": 2}), (1, 544)),
        (
            "images/generations",
            json!({"model": "gpt-image-1", "prompt": "four", "stream": true}),
            (1, 272),
        ),
        (
            "audio/speech",
            json!({"model": "gpt-4o-mini-tts", "voice": "a", "input": "four",
            "stream_format": "sse"}),
            (1, 1),
        ),
        ("moderations", json!({"model": "omni-moderation-latest", "input": "hi"}), (0, 0)),
    ];
    let mut expected = Vec::new();
    for (operation, body, tokens) in jsons {
        let received = post(&upstream, &format!("/v1/{operation}"), &body);
        assert_eq!(received.status, 200, "{operation}: {}", received.text());
        assert!(received.whole, "{operation} {body}");
        assert_eq!(told(&received), tokens, "{operation} {body}: {}", received.text());
        expected.push((operation, tokens));
    }
    let sound = ("file", &[7; 5000][..]);
    for (operation, stream) in [("audio/transcriptions", "false"), ("audio/transcriptions", "true")]
    {
        let fields = [("model", "gpt-4o-transcribe"), ("stream", stream)];
        let received = post_form(&upstream, &format!("/v1/{operation}"), &fields, sound);
        assert_eq!(told(&received), (4, 20), "{operation}: {}", received.text());
        expected.push((operation, (4, 20)));
    }
    let picture = ("image", &[7; 100][..]);
    let fields = [("model", "gpt-image-1"), ("prompt", "four")];
    let received = post_form(&upstream, "/v1/images/edits", &fields, picture);
    assert_eq!(told(&received), (273, 272), "{}", received.text());
    expected.push(("images/edits", (273, 272)));

    let entries = entries(&upstream, expected.len());
    for (entry, (operation, (input, output))) in entries.iter().zip(expected) {
        assert_eq!(entry.operation, operation);
        let tokens = (u64::from(entry.tokens.input), u64::from(entry.tokens.output));
        assert_eq!(tokens, (input, output), "{entry:?}");
        assert_eq!(entry.outcome, Outcome::Complete, "{entry:?}");
    }
    assert_eq!(entries[2].tokens.reasoning, 64);
    // What the control endpoint tells is the sum of it all.
    let totals = get(&upstream, "/_books/totals").json();
    let gpt_4o = &totals["gpt-4o"];
    assert_eq!((&gpt_4o["attempts"], &gpt_4o["tokens"]["output"]), (&json!(5), &json!(75)));
}

#[test]
fn classes_are_parts_of_their_sum() {
    let upstream = upstream();
    let body = json!({
        "model": "gpt-4o-audio-preview",
        "modalities": ["text", "audio"],
        "max_tokens": 3,
        "messages": [{"role": "user", "content": [
            {"type": "text", "text": "x".repeat(8000)},
            {"type": "input_audio", "input_audio": {"data": "A".repeat(6400), "format": "wav"}},
        ]}],
    });
    let received = post(&upstream, "/v1/chat/completions", &body);
    let entry = &entries(&upstream, 1)[0];
    let expected = Tokens {
        input: 2010,
        cached: 896,
        cache_write: 896,
        input_audio: 3,
        output: 6,
        output_audio: 3,
        ..Tokens::default()
    };
    assert_eq!(entry.tokens, expected);
    let details = &received.json()["usage"]["prompt_tokens_details"];
    assert_eq!((&details["cached_tokens"], &details["audio_tokens"]), (&json!(896), &json!(3)));
}

#[test]
fn what_is_not_billed_by_tokens_has_none() {
    let upstream = upstream();
    post(&upstream, "/v1/audio/speech", &json!({"model": "tts-1", "voice": "a", "input": "four"}));
    post(&upstream, "/v1/images/generations", &json!({"model": "dall-e-3", "prompt": "a", "n": 2}));
    let sound = ("file", &[7; 40_000][..]);
    post_form(&upstream, "/v1/audio/transcriptions", &[("model", "whisper-1")], sound);
    let entries = entries(&upstream, 3);
    let units = entries.iter().map(|entry| (entry.characters, entry.images, entry.seconds));
    assert_eq!(units.collect::<Vec<_>>(), [(4, 0, 0), (0, 2, 0), (0, 0, 3)]);
    assert!(entries.iter().all(|entry| entry.tokens.total() == 0), "{entries:?}");
}

#[test]
fn an_answer_is_the_same_each_time_but_for_its_ids() {
    let (first, second) = (upstream(), upstream());
    let body = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]});
    let [first, second] =
        [&first, &second].map(|upstream| post(upstream, "/v1/chat/completions", &body));
    assert_eq!(first.text(), second.text(), "two upstreams of one instance number");
    assert_eq!(first.json()["id"], "chatcmpl-000000070000000000000001");
}
