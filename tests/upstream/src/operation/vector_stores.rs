//! Vector stores, their files and batches of files.

use hyper::Method;
use serde_json::{Value, json};

use super::Call;
use crate::answer::Answer;
use crate::shelf::{found, page};

const KIND: &str = "vector_store";
const FILE: &str = "vector_store.file";
const BATCH: &str = "vector_store.files_batch";

pub(super) fn answer(call: &Call<'_>, path: &[&str]) -> Option<Answer> {
    let shelf = &call.world.shelf;
    let answered = match (call.method, path) {
        (&Method::POST, []) => create(call),
        (&Method::GET, []) => Ok(shelf.page(KIND, &call.route)),
        (&Method::GET, [id]) => Ok(shelf.show(KIND, id)),
        (&Method::POST, [id]) => change(call, id),
        (&Method::DELETE, [id]) => Ok(shelf.delete(KIND, id, "vector_store.deleted")),
        (&Method::POST, [id, "search"]) => search(call, id),
        (&Method::POST, [store, "files"]) => add(call, store),
        (&Method::GET, [store, "files"]) => {
            let files = shelf.all(FILE).into_iter();
            let of_store = files.filter(|file| file["vector_store_id"] == *store);
            Ok(page(of_store.collect(), &call.route))
        }
        (&Method::GET, [_, "files", id]) => Ok(shelf.show(FILE, id)),
        (&Method::POST, [_, "files", id]) => call.json().map(|asked| {
            let changed =
                shelf.change(FILE, id, |file| file["attributes"] = asked["attributes"].clone());
            found(FILE, id, changed)
        }),
        (&Method::DELETE, [_, "files", id]) => {
            Ok(shelf.delete(FILE, id, "vector_store.file.deleted"))
        }
        (&Method::GET, [_, "files", id, "content"]) => Ok(match shelf.content(id) {
            Some(content) => Answer::json(&json!({
                "object": "vector_store.file_content.page",
                "data": [{"type": "text", "text": String::from_utf8_lossy(&content)}],
                "has_more": false,
                "next_page": null,
            })),
            None => Answer::no_such_object(FILE, id),
        }),
        (&Method::POST, [store, "file_batches"]) => add_all(call, store),
        (&Method::GET, [_, "file_batches", id]) => Ok(shelf.show(BATCH, id)),
        (&Method::GET, [_, "file_batches", id, "files"]) => {
            let batch = shelf.get(BATCH, id).unwrap_or_default();
            let files = shelf.all(FILE).into_iter();
            let of_batch = files.filter(|file| file["batch"] == batch["id"]);
            Ok(page(of_batch.collect(), &call.route))
        }
        (&Method::POST, [_, "file_batches", id, "cancel"]) => Ok(found(
            BATCH,
            id,
            shelf.change(BATCH, id, |batch| batch["status"] = json!("cancelled")),
        )),
        _ => return None,
    };
    Some(answered.unwrap_or_else(|wrong| wrong))
}

fn counts(completed: usize) -> Value {
    json!({"in_progress": 0, "completed": completed, "failed": 0, "cancelled": 0, "total": completed})
}

fn create(call: &Call<'_>) -> Result<Answer, Answer> {
    let asked = call.json()?;
    let files = asked["file_ids"].as_array().cloned().unwrap_or_default();
    let id = call.new_id("vs_");
    let store = json!({
        "id": id,
        "object": KIND,
        "created_at": call.id.created(),
        "name": asked["name"],
        "usage_bytes": 0,
        "file_counts": counts(files.len()),
        "status": "completed",
        "expires_after": asked["expires_after"],
        "expires_at": null,
        "last_active_at": call.id.created(),
        "metadata": asked["metadata"],
    });
    call.world.shelf.put(KIND, store.clone());
    for file in files.iter().filter_map(Value::as_str) {
        put(call, &id, file, &Value::Null);
    }
    Ok(Answer::json(&store))
}

fn change(call: &Call<'_>, id: &str) -> Result<Answer, Answer> {
    let asked = call.json()?;
    let changed = call.world.shelf.change(KIND, id, |store| {
        for field in ["name", "metadata", "expires_after"] {
            if !asked[field].is_null() {
                store[field] = asked[field].clone();
            }
        }
    });
    Ok(found(KIND, id, changed))
}

fn search(call: &Call<'_>, store: &str) -> Result<Answer, Answer> {
    let asked = call.json()?;
    let files = call.world.shelf.all(FILE).into_iter();
    let hits = files.filter(|file| file["vector_store_id"] == store).map(|file| {
        json!({
            "file_id": file["id"], "filename": "upload", "score": 0.5, "attributes": {},
            "content": [{"type": "text", "text": "the sea has its own law"}],
        })
    });
    let queries = match &asked["query"] {
        Value::String(query) => json!([query]),
        queries => queries.clone(),
    };
    Ok(Answer::json(&json!({
        "object": "vector_store.search_results.page",
        "search_query": queries,
        "data": hits.collect::<Value>(),
        "has_more": false,
        "next_page": null,
    })))
}

fn put(call: &Call<'_>, store: &str, file: &str, batch: &Value) -> Value {
    let put = json!({
        "id": file,
        "object": FILE,
        "usage_bytes": call.world.shelf.content(file).map_or(0, |content| content.len()),
        "created_at": call.id.created(),
        "vector_store_id": store,
        "status": "completed",
        "last_error": null,
        "chunking_strategy":
            {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}},
        "attributes": {},
        "batch": batch,
    });
    call.world.shelf.put(FILE, put.clone());
    put
}

fn add(call: &Call<'_>, store: &str) -> Result<Answer, Answer> {
    let asked = call.json()?;
    let file = asked["file_id"].as_str().ok_or_else(|| Answer::missing("file_id"))?;
    Ok(Answer::json(&put(call, store, file, &Value::Null)))
}

fn add_all(call: &Call<'_>, store: &str) -> Result<Answer, Answer> {
    let asked = call.json()?;
    let files = asked["file_ids"].as_array().cloned().unwrap_or_default();
    let id = json!(call.new_id("vsfb_"));
    for file in files.iter().filter_map(Value::as_str) {
        put(call, store, file, &id);
    }
    let batch = json!({
        "id": id,
        "object": BATCH,
        "created_at": call.id.created(),
        "vector_store_id": store,
        "status": "completed",
        "file_counts": counts(files.len()),
    });
    call.world.shelf.put(BATCH, batch.clone());
    Ok(Answer::json(&batch))
}
