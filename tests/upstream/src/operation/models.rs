//! The models there are.

use hyper::Method;
use serde_json::{Value, json};

use super::Call;
use crate::answer::Answer;

const MODELS: [&str; 10] = [
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-5",
    "o3",
    "gpt-image-1",
    "gpt-4o-transcribe",
    "gpt-4o-mini-tts",
    "text-embedding-3-small",
    "omni-moderation-latest",
    "whisper-1",
];

pub(super) fn answer(call: &Call<'_>, path: &[&str]) -> Option<Answer> {
    let model = |id: &str| json!({"id": id, "object": "model", "created": 1_715_367_049, "owned_by": "system"});
    Some(match (call.method, path) {
        (&Method::GET, []) => {
            let all = MODELS.iter().map(|id| model(id)).collect::<Value>();
            Answer::json(&json!({"object": "list", "data": all}))
        }
        (&Method::GET, [id]) if id.starts_with("no-such-") => {
            Answer::no_such_model(call.route.dialect, id)
        }
        (&Method::GET, [id]) => Answer::json(&model(id)),
        (&Method::DELETE, [id]) => {
            Answer::json(&json!({"id": id, "object": "model", "deleted": true}))
        }
        _ => return None,
    })
}
