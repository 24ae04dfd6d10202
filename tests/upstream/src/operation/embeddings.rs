//! Embeddings: as numbers, or as base64 of little-endian 32-bit floats.

use base64ct::{Base64, Encoding as _};
use hyper::Method;
use serde_json::{Value, json};

use super::Call;
use crate::answer::Answer;
use crate::tokens::{Size, Tokens};

pub(super) fn answer(call: &Call<'_>, path: &[&str]) -> Option<Answer> {
    match (call.method, path) {
        (&Method::POST, []) => Some(create(call).unwrap_or_else(|wrong| wrong)),
        _ => None,
    }
}

fn create(call: &Call<'_>) -> Result<Answer, Answer> {
    let asked = call.json()?;
    // Inputs are texts, or lists of token numbers.
    let inputs = match &asked["input"] {
        Value::Null => return Err(Answer::missing("input")),
        Value::Array(inputs) if !inputs.iter().all(Value::is_number) => inputs.clone(),
        input => vec![input.clone()],
    };
    let size = |input: &Value| match input {
        Value::Array(tokens) => u32::try_from(tokens.len()).unwrap_or(u32::MAX),
        input => Size::of_value(input).text,
    };
    let input = inputs.iter().map(size).sum();
    let dimensions = asked["dimensions"].as_u64().unwrap_or(8).min(4096);
    let base64 = asked["encoding_format"] == "base64";
    let data = inputs.iter().enumerate().map(|(index, input)| {
        let seed = u64::from(size(input));
        let numbers = (0..dimensions).map(|place| ((seed + place) % 16) as f32 / 16.0);
        let embedding = if base64 {
            json!(Base64::encode_string(&numbers.flat_map(f32::to_le_bytes).collect::<Vec<_>>()))
        } else {
            json!(numbers.collect::<Vec<_>>())
        };
        json!({"object": "embedding", "index": index, "embedding": embedding})
    });
    let mut whole = json!({"object": "list", "data": data.collect::<Value>(), "model": call.model});
    if !call.fault.no_usage {
        whole["usage"] = json!({"prompt_tokens": input, "total_tokens": input});
    }
    let tokens = Tokens { input, ..Tokens::default() };
    Ok(Answer::rendered(whole.to_string().into_bytes(), tokens.into()))
}
