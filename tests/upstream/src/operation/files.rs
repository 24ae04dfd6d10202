//! Files: put there, listed, read, deleted.

use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};

use super::Call;
use crate::answer::{Answer, Bill};
use crate::world::World;

const KIND: &str = "file";

pub(super) fn answer(call: &Call<'_>, path: &[&str]) -> Option<Answer> {
    let shelf = &call.world.shelf;
    Some(match (call.method, path) {
        (&Method::POST, []) => create(call).unwrap_or_else(|wrong| wrong),
        (&Method::GET, []) => shelf.page(KIND, &call.route),
        (&Method::GET, [id]) => shelf.show(KIND, id),
        (&Method::GET, [id, "content"]) => match shelf.content(id) {
            Some(content) => Answer::of("application/octet-stream", content, Bill::default()),
            None => Answer::no_such_object("File", id),
        },
        (&Method::DELETE, [id]) => shelf.delete(KIND, id, "file"),
        _ => return None,
    })
}

fn create(call: &Call<'_>) -> Result<Answer, Answer> {
    let form = call.form.ok_or_else(|| Answer::missing("file"))?;
    let file = form.part("file").ok_or_else(|| Answer::missing("file"))?;
    let purpose = form.text("purpose").ok_or_else(|| Answer::missing("purpose"))?;
    let name = file.filename.as_deref().unwrap_or("upload");
    let id = call.new_id("file-");
    Ok(Answer::json(&put(call.world, &id, call.id.created(), name, purpose, file.content.clone())))
}

/// Puts a file there.
pub(super) fn put(
    world: &World,
    id: &str,
    created: u64,
    name: &str,
    purpose: &str,
    content: Bytes,
) -> Value {
    let file = json!({
        "id": id,
        "object": "file",
        "bytes": content.len(),
        "created_at": created,
        "filename": name,
        "purpose": purpose,
        "status": "processed",
        "expires_at": null,
        "status_details": null,
    });
    world.shelf.put_content(id, content);
    world.shelf.put(KIND, file.clone());
    file
}
