//! A value that a JSON schema allows: what the model says where a schema binds it.

use serde_json::{Map, Value, json};

/// How deep an answer goes where the schema refers to itself.
const DEPTH: usize = 6;

/// The plainest value that a schema allows.
#[must_use]
pub fn instance(schema: &Value) -> Value {
    of(schema, schema, 0)
}

fn of(schema: &Value, root: &Value, depth: usize) -> Value {
    if let Some(path) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(path.trim_start_matches('#')).unwrap_or(&Value::Null);
        return if depth > DEPTH { Value::Null } else { of(target, root, depth + 1) };
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    let first = |key: &str| schema.get(key).and_then(Value::as_array).and_then(|list| list.first());
    if let Some(value) = first("enum") {
        return value.clone();
    }
    if let Some(choice) = first("anyOf").or_else(|| first("oneOf")).or_else(|| first("allOf")) {
        return of(choice, root, depth + 1);
    }
    let kind = schema.get("type");
    let kind = kind.and_then(Value::as_array).and_then(|kinds| kinds.first()).or(kind);
    match kind.and_then(Value::as_str) {
        Some("string") => match schema.get("format").and_then(Value::as_str) {
            Some("date-time") => json!("2025-01-21T00:00:00Z"),
            Some("date") => json!("2025-01-21"),
            Some("uuid") => json!("00000000-0000-4000-8000-000000000000"),
            _ => json!("the sea"),
        },
        Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(7)),
        Some("number") => schema.get("minimum").cloned().unwrap_or(json!(7.5)),
        Some("boolean") => json!(true),
        Some("array") => match schema.get("items") {
            Some(items) if depth <= DEPTH => json!([of(items, root, depth + 1)]),
            _ => json!([]),
        },
        Some("null") => Value::Null,
        _ => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let fields = properties.into_iter().flatten();
            Value::Object(
                fields
                    .map(|(name, schema)| (name.clone(), of(schema, root, depth + 1)))
                    .collect::<Map<_, _>>(),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_met() {
        for (schema, expected) in [
            (json!({"type": "string"}), json!("the sea")),
            (json!({"type": ["integer", "null"], "minimum": 3}), json!(3)),
            (json!({"enum": ["red", "green"]}), json!("red")),
            (json!({"anyOf": [{"type": "boolean"}, {"type": "null"}]}), json!(true)),
            (
                json!({
                    "type": "object",
                    "properties": {"days": {"type": "array", "items": {"$ref": "#/$defs/day"}}},
                    "$defs": {"day": {"const": "monday"}},
                }),
                json!({"days": ["monday"]}),
            ),
        ] {
            assert_eq!(instance(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn a_schema_that_holds_itself_has_an_end() {
        let tree = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
        assert!(instance(&tree).pointer("/next/next").is_some());
    }
}
