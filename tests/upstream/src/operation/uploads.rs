//! Uploads: files that come in parts.

use bytes::{Bytes, BytesMut};
use hyper::Method;
use serde_json::{Value, json};

use super::{Call, files};
use crate::answer::Answer;
use crate::shelf::found;

const KIND: &str = "upload";

pub(super) fn answer(call: &Call<'_>, path: &[&str]) -> Option<Answer> {
    let shelf = &call.world.shelf;
    let answered = match (call.method, path) {
        (&Method::POST, []) => create(call),
        (&Method::POST, [id, "parts"]) => add(call, id),
        (&Method::POST, [id, "complete"]) => complete(call, id),
        (&Method::POST, [id, "cancel"]) => {
            let cancelled = shelf.change(KIND, id, |upload| upload["status"] = json!("cancelled"));
            Ok(found(KIND, id, cancelled))
        }
        _ => return None,
    };
    Some(answered.unwrap_or_else(|wrong| wrong))
}

fn create(call: &Call<'_>) -> Result<Answer, Answer> {
    let asked = call.json()?;
    let upload = json!({
        "id": call.new_id("upload_"),
        "object": "upload",
        "bytes": asked["bytes"],
        "created_at": call.id.created(),
        "expires_at": call.id.created() + 3600,
        "filename": asked["filename"],
        "purpose": asked["purpose"],
        "status": "pending",
        "file": null,
    });
    call.world.shelf.put(KIND, upload.clone());
    Ok(Answer::json(&upload))
}

fn add(call: &Call<'_>, upload: &str) -> Result<Answer, Answer> {
    let data =
        call.form.and_then(|form| form.part("data")).ok_or_else(|| Answer::missing("data"))?;
    if call.world.shelf.get(KIND, upload).is_none() {
        return Err(Answer::no_such_object(KIND, upload));
    }
    let id = call.new_id("part_");
    call.world.shelf.put_content(&id, data.content.clone());
    Ok(Answer::json(&json!({
        "id": id, "object": "upload.part", "created_at": call.id.created(), "upload_id": upload,
    })))
}

fn complete(call: &Call<'_>, id: &str) -> Result<Answer, Answer> {
    let asked = call.json()?;
    let shelf = &call.world.shelf;
    let upload = shelf.get(KIND, id).ok_or_else(|| Answer::no_such_object(KIND, id))?;
    let mut content = BytesMut::new();
    for part in asked["part_ids"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let part = shelf.content(part).ok_or_else(|| Answer::no_such_object("part", part))?;
        content.extend_from_slice(&part);
    }
    if upload["bytes"].as_u64() != Some(content.len() as u64) {
        let message = "The number of bytes uploaded differs from that of the upload.";
        return Err(Answer::bad_request(message, None, None));
    }
    let text = |name: &str| upload[name].as_str().unwrap_or_default();
    let file = files::put(
        call.world,
        &call.new_id("file-"),
        call.id.created(),
        text("filename"),
        text("purpose"),
        Bytes::from(content),
    );
    let done = shelf.change(KIND, id, |upload| {
        (upload["status"], upload["file"]) = (json!("completed"), file);
    });
    Ok(found(KIND, id, done))
}
