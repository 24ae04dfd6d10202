//! Images: generated, edited, varied, streamed.

use hyper::Method;
use serde_json::{Value, json};

use super::Call;
use crate::answer::{Answer, Bill, Events};
use crate::tokens::{Size, Tokens};

/// One transparent pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/// The tokens of an image of the smallest size.
const IMAGE_TOKENS: u32 = 272;

pub(super) fn answer(call: &Call<'_>, path: &[&str]) -> Option<Answer> {
    match (call.method, path) {
        (&Method::POST, ["generations" | "edits" | "variations"]) => {
            Some(create(call, path[0] == "edits").unwrap_or_else(|wrong| wrong))
        }
        _ => None,
    }
}

fn create(call: &Call<'_>, edit: bool) -> Result<Answer, Answer> {
    // Images sent along come in a form; what else is asked is the same as in JSON.
    let asked = if call.form.is_some() { Value::Null } else { call.json()? };
    let text = |name: &str| match call.form {
        Some(form) => form.text(name).map(String::from),
        None => match &asked[name] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        },
    };
    let number = |name: &str| text(name).and_then(|text| text.parse::<u32>().ok());
    let sent = call.form.into_iter().flat_map(|form| &form.parts);
    let sent = sent.filter(|part| matches!(part.name.as_str(), "image" | "image[]")).count();
    if call.form.is_some() && sent == 0 {
        return Err(Answer::missing("image"));
    }
    let images = number("n").unwrap_or(1).clamp(1, 10);
    let dall_e = call.model.starts_with("dall-e") || call.model.is_empty();
    let bill = if dall_e {
        Bill { images, ..Bill::default() }
    } else {
        let image = IMAGE_TOKENS * u32::try_from(sent).unwrap_or(u32::MAX);
        let prompt = Size::of_text(&text("prompt").unwrap_or_default()).text;
        let output = IMAGE_TOKENS * images;
        Bill::from(Tokens {
            input: prompt + image,
            input_image: image,
            output,
            output_image: output,
            ..Tokens::default()
        })
    };
    let tokens = &bill.tokens;
    let usage = json!({
        "input_tokens": tokens.input,
        "input_tokens_details":
            {"text_tokens": tokens.input - tokens.input_image, "image_tokens": tokens.input_image},
        "output_tokens": tokens.output,
        "output_tokens_details": {"text_tokens": 0, "image_tokens": tokens.output_image},
        "total_tokens": tokens.total(),
    });
    let usage = (!dall_e && !call.fault.no_usage).then_some(usage);
    if text("stream").as_deref() == Some("true") {
        return Ok(Answer::events(stream(call, edit, number("partial_images"), usage), bill));
    }
    let url = dall_e && text("response_format").as_deref() != Some("b64_json");
    let image =
        if url { json!({"url": "http://127.0.0.1/image.png"}) } else { json!({"b64_json": PNG}) };
    let mut whole = json!({
        "created": call.id.created(),
        "data": vec![image; images as usize],
    });
    if let Some(usage) = usage {
        whole["usage"] = usage;
        (whole["size"], whole["quality"]) = (json!("1024x1024"), json!("low"));
        (whole["background"], whole["output_format"]) = (json!("opaque"), json!("png"));
    }
    Ok(Answer::rendered(whole.to_string().into_bytes(), bill))
}

fn stream(call: &Call<'_>, edit: bool, partial: Option<u32>, usage: Option<Value>) -> Events {
    let kind = if edit { "image_edit" } else { "image_generation" };
    let event = |name: &str| {
        json!({
            "type": format!("{kind}.{name}"),
            "b64_json": PNG,
            "created_at": call.id.created(),
            "size": "1024x1024",
            "quality": "low",
            "background": "opaque",
            "output_format": "png",
        })
    };
    let mut events = Events::default();
    for index in 0..partial.unwrap_or(0) {
        let mut partial = event("partial_image");
        partial["partial_image_index"] = json!(index);
        events.typed(&partial);
    }
    let mut last = event("completed");
    last["usage"] = usage.unwrap_or_default();
    events.typed(&last);
    events
}
