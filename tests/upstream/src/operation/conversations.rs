//! Conversations and their items.

use hyper::Method;
use serde_json::{Value, json};

use super::Call;
use crate::answer::Answer;
use crate::shelf::{found, page};

const KIND: &str = "conversation";
const ITEM: &str = "conversation.item";

pub(super) fn answer(call: &Call<'_>, path: &[&str]) -> Option<Answer> {
    let shelf = &call.world.shelf;
    let items = |conversation: &str| {
        let items = shelf.all(ITEM).into_iter();
        items.filter(|item| item["conversation"] == conversation).collect::<Vec<_>>()
    };
    let answered = match (call.method, path) {
        (&Method::POST, []) => create(call),
        (&Method::GET, [id]) => Ok(shelf.show(KIND, id)),
        (&Method::POST, [id]) => call.json().map(|asked| {
            let metadata = asked["metadata"].clone();
            found(KIND, id, shelf.change(KIND, id, |kept| kept["metadata"] = metadata))
        }),
        (&Method::DELETE, [id]) => Ok(shelf.delete(KIND, id, "conversation.deleted")),
        (&Method::GET, [id, "items"]) => Ok(page(items(id), &call.route)),
        (&Method::POST, [id, "items"]) => call.json().map(|asked| {
            let added = put(call, id, &asked["items"]);
            Answer::json(&json!({
                "object": "list",
                "first_id": added.first().map(|item| &item["id"]),
                "last_id": added.last().map(|item| &item["id"]),
                "data": added,
                "has_more": false,
            }))
        }),
        (&Method::GET, [_, "items", item]) => Ok(shelf.show(ITEM, item)),
        (&Method::DELETE, [id, "items", item]) => {
            shelf.remove(ITEM, item);
            Ok(shelf.show(KIND, id))
        }
        _ => return None,
    };
    Some(answered.unwrap_or_else(|wrong| wrong))
}

fn create(call: &Call<'_>) -> Result<Answer, Answer> {
    let asked = call.json()?;
    let metadata = if asked["metadata"].is_null() { json!({}) } else { asked["metadata"].clone() };
    let id = call.new_id("conv_");
    let conversation = json!({
        "id": id, "object": KIND, "created_at": call.id.created(), "metadata": metadata,
    });
    put(call, &id, &asked["items"]);
    call.world.shelf.put(KIND, conversation.clone());
    Ok(Answer::json(&conversation))
}

fn put(call: &Call<'_>, conversation: &str, items: &Value) -> Vec<Value> {
    let items = items.as_array().into_iter().flatten().enumerate().map(|(index, item)| {
        let mut item = item.clone();
        if let Value::String(text) = &item["content"] {
            item["content"] = json!([{"type": "input_text", "text": text}]);
        }
        item["id"] = json!(format!("msg_{}_{index}", call.id.of("")));
        item["type"] = json!("message");
        (item["status"], item["conversation"]) = (json!("completed"), json!(conversation));
        call.world.shelf.put(ITEM, item.clone());
        item
    });
    items.collect()
}
