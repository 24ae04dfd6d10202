//! What clients left at the vendor's: files, batches, stored responses and the like.

use std::collections::BTreeMap;
use std::sync::Mutex;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::route::Route;

/// Objects by kind and id, and the contents of files.
#[derive(Debug, Default)]
pub struct Shelf {
    // Ids of one upstream sort in the order they were made.
    objects: Mutex<BTreeMap<(String, String), Value>>,
    contents: Mutex<BTreeMap<String, Bytes>>,
}

impl Shelf {
    /// Puts an object there under its own `id`.
    pub fn put(&self, kind: &str, object: Value) {
        let id = object["id"].as_str().unwrap_or_default().to_owned();
        self.objects.lock().expect("no holder panics").insert((kind.into(), id), object);
    }

    /// An object.
    #[must_use]
    pub fn get(&self, kind: &str, id: &str) -> Option<Value> {
        let objects = self.objects.lock().expect("no holder panics");
        objects.get(&(kind.into(), id.into())).cloned()
    }

    /// Changes an object where it is, and gives what became of it.
    pub fn change(&self, kind: &str, id: &str, change: impl FnOnce(&mut Value)) -> Option<Value> {
        let mut objects = self.objects.lock().expect("no holder panics");
        let object = objects.get_mut(&(kind.into(), id.into()))?;
        change(object);
        Some(object.clone())
    }

    /// Takes an object away.
    pub fn remove(&self, kind: &str, id: &str) -> Option<Value> {
        self.objects.lock().expect("no holder panics").remove(&(kind.into(), id.into()))
    }

    /// All objects of a kind, oldest first.
    #[must_use]
    pub fn all(&self, kind: &str) -> Vec<Value> {
        let objects = self.objects.lock().expect("no holder panics");
        let first = (kind.to_owned(), String::new());
        let of_kind = objects.range(first..).take_while(|((of, _), _)| of == kind);
        of_kind.map(|(_, object)| object.clone()).collect()
    }

    /// Keeps the content of a file.
    pub fn put_content(&self, id: &str, content: Bytes) {
        self.contents.lock().expect("no holder panics").insert(id.into(), content);
    }

    /// The content of a file.
    #[must_use]
    pub fn content(&self, id: &str) -> Option<Bytes> {
        self.contents.lock().expect("no holder panics").get(id).cloned()
    }

    /// A page of the objects of a kind, as the query's `limit`, `after` and `order` ask.
    #[must_use]
    pub fn page(&self, kind: &str, route: &Route<'_>) -> Answer {
        page(self.all(kind), route)
    }

    /// Answers with an object.
    #[must_use]
    pub fn show(&self, kind: &str, id: &str) -> Answer {
        found(kind, id, self.get(kind, id))
    }

    /// Takes an object away and answers so.
    pub fn delete(&self, kind: &str, id: &str, deleted: &str) -> Answer {
        let gone = self.remove(kind, id);
        found(kind, id, gone.map(|_| json!({"id": id, "object": deleted, "deleted": true})))
    }
}

/// Answers with what was found.
#[must_use]
pub fn found(kind: &str, id: &str, object: Option<Value>) -> Answer {
    match object {
        Some(object) => Answer::json(&object),
        None => Answer::no_such_object(kind, id),
    }
}

/// A page of some objects, given oldest first; the newest come first unless the query says otherwise.
#[must_use]
pub fn page(mut objects: Vec<Value>, route: &Route<'_>) -> Answer {
    if route.parameter("order") != Some("asc") {
        objects.reverse();
    }
    if let Some(after) = route.parameter("after") {
        let start = objects.iter().position(|object| object["id"] == after);
        objects.drain(..start.map_or(0, |start| start + 1));
    }
    let limit = route.parameter("limit").and_then(|limit| limit.parse().ok()).unwrap_or(20);
    let has_more = objects.len() > limit;
    objects.truncate(limit);
    Answer::json(&json!({
        "object": "list",
        "first_id": objects.first().map(|object| &object["id"]),
        "last_id": objects.last().map(|object| &object["id"]),
        "data": objects,
        "has_more": has_more,
    }))
}
