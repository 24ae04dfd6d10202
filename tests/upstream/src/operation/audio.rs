//! Audio: spoken, transcribed, translated.

use base64ct::{Base64, Encoding as _};
use hyper::Method;
use serde_json::{Value, json};

use super::Call;
use crate::answer::{Answer, Bill, Content, Events};
use crate::reply::{Reply, Wish, pieces};
use crate::tokens::{Size, Tokens, audio_tokens};

pub(super) fn answer(call: &Call<'_>, path: &[&str]) -> Option<Answer> {
    if call.method != Method::POST {
        return None;
    }
    let answered = match path {
        ["speech"] => speak(call),
        ["transcriptions"] => write_down(call, false),
        ["translations"] => write_down(call, true),
        _ => return None,
    };
    Some(answered.unwrap_or_else(|wrong| wrong))
}

/// 160 bytes of sound for each token of the text.
fn speak(call: &Call<'_>) -> Result<Answer, Answer> {
    let asked = call.json()?;
    let Some(text) = asked["input"].as_str() else { return Err(Answer::missing("input")) };
    let input = Size::of_text(text).text;
    let spoken = call.fault.chunks.unwrap_or(input);
    // The older models bill by the character.
    let bill = if call.model.starts_with("tts-1") {
        let characters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Bill { characters, ..Bill::default() }
    } else {
        let output = spoken;
        Bill::from(Tokens { input, output, output_audio: output, ..Tokens::default() })
    };
    let mut events = Events::default();
    let sound = (0..160_u8).collect::<Vec<_>>();
    if asked["stream_format"] == "sse" {
        events.tokens_follow(spoken as usize);
        for _ in 0..spoken {
            let audio = Base64::encode_string(&sound);
            events.typed(&json!({"type": "speech.audio.delta", "audio": audio}));
        }
        let mut last = json!({"type": "speech.audio.done"});
        if !call.fault.no_usage {
            last["usage"] = json!({
                "input_tokens": bill.tokens.input,
                "output_tokens": bill.tokens.output,
                "total_tokens": bill.tokens.total(),
            });
        }
        events.typed(&last);
        return Ok(Answer::events(events, bill));
    }
    events.tokens_follow(spoken as usize);
    for _ in 0..spoken {
        events.bytes.extend_from_slice(&sound);
        events.ends.push(events.bytes.len());
    }
    let content_type = match asked["response_format"].as_str() {
        Some("wav") => "audio/wav",
        Some("opus") => "audio/opus",
        Some("flac") => "audio/flac",
        Some("aac") => "audio/aac",
        Some("pcm") => "audio/pcm",
        _ => "audio/mpeg",
    };
    Ok(Answer {
        content_type,
        content: Content::Events(Box::new(events)),
        ..Answer::of("", "", bill)
    })
}

fn write_down(call: &Call<'_>, translate: bool) -> Result<Answer, Answer> {
    let Some(form) = call.form else {
        return Err(Answer::bad_request("Could not parse multipart form", None, None));
    };
    let Some(file) = form.part("file") else { return Err(Answer::missing("file")) };
    let audio = audio_tokens(file.content.len());
    let prompt = Size::of_text(form.text("prompt").unwrap_or_default()).text;
    let reply =
        Reply::to(&Wish { input: audio + prompt, chunks: call.fault.chunks, ..Wish::default() });
    let seconds = u32::try_from(file.content.len().div_ceil(16_000)).unwrap_or(u32::MAX);
    let by_time = call.model.starts_with("whisper");
    let bill = if by_time {
        Bill { seconds, ..Bill::default() }
    } else {
        Bill::from(Tokens {
            input: audio + prompt,
            input_audio: audio,
            output: reply.tokens(),
            ..Tokens::default()
        })
    };
    let usage = if by_time {
        json!({"type": "duration", "seconds": seconds})
    } else {
        json!({
            "type": "tokens",
            "input_tokens": bill.tokens.input,
            "input_token_details":
                {"text_tokens": prompt, "audio_tokens": bill.tokens.input_audio},
            "output_tokens": bill.tokens.output,
            "total_tokens": bill.tokens.total(),
        })
    };
    let usage = (!call.fault.no_usage).then_some(usage);
    if form.text("stream") == Some("true") && !by_time {
        return Ok(Answer::events(stream(&reply, usage), bill));
    }
    let text = &*reply.text;
    let span = format!("00:00:00,000 --> 00:00:{seconds:02},000");
    Ok(match form.text("response_format") {
        Some("text") => Answer::of("text/plain; charset=utf-8", format!("{text}\n"), bill),
        Some("srt") => {
            Answer::of("text/plain; charset=utf-8", format!("1\n{span}\n{text}\n\n"), bill)
        }
        Some("vtt") => {
            let span = span.replace(',', ".");
            Answer::of("text/vtt; charset=utf-8", format!("WEBVTT\n\n{span}\n{text}\n\n"), bill)
        }
        format => {
            let mut whole = json!({"text": text});
            if format == Some("verbose_json") {
                whole["task"] = json!(if translate { "translate" } else { "transcribe" });
                (whole["language"], whole["duration"]) = (json!("english"), json!(seconds));
                whole["segments"] = json!([{
                    "id": 0, "seek": 0, "start": 0, "end": seconds, "text": text, "tokens": [1, 2],
                    "temperature": 0, "avg_logprob": -0.1, "compression_ratio": 1,
                    "no_speech_prob": 0,
                }]);
            }
            if let Some(usage) = usage {
                whole["usage"] = usage;
            }
            Answer::rendered(whole.to_string().into_bytes(), bill)
        }
    })
}

fn stream(reply: &Reply, usage: Option<Value>) -> Events {
    let mut events = Events::default();
    events.tokens_follow(reply.tokens() as usize);
    for piece in pieces(&reply.text) {
        events.typed(&json!({"type": "transcript.text.delta", "delta": piece}));
    }
    let mut last = json!({"type": "transcript.text.done", "text": reply.text});
    if let Some(usage) = usage {
        last["usage"] = usage;
    }
    events.typed(&last);
    events
}
