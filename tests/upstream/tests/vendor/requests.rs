//! What arrived is told as it arrived.

use serde_json::json;

use crate::client::{KEY, call, get, post, post_form, upstream};

#[test]
fn what_arrived_is_told() {
    let upstream = upstream();
    let body = r#"{"model": "gpt-4o",   "messages":[], "x": 1.50}"#;
    let headers = [KEY, ("x-anything", "a  b"), ("content-type", "application/json")];
    call(&upstream, "POST", "/v1/chat/completions?a=%20b&a=2", &headers, body);
    post_form(&upstream, "/v1/files", &[("purpose", "batch")], ("file", b"\xff\x00"));
    let told = get(&upstream, "/_requests").json()["requests"].clone();
    let first = &told[0];
    assert_eq!(
        (&first["method"], &first["path"]),
        (&json!("POST"), &json!("/v1/chat/completions"))
    );
    assert_eq!((&first["query"], &first["body"]), (&json!("a=%20b&a=2"), &json!(body)));
    let headers = first["headers"].as_array().unwrap();
    assert!(headers.contains(&json!(["x-anything", "a  b"])), "{headers:?}");
    let form = &told[1]["form"];
    assert_eq!(form[0]["text"], "batch");
    assert_eq!((&form[1]["filename"], &form[1]["bytes"]), (&json!("a.bin"), &json!(2)));
    // SHA-256 of ff 00, as any other program says it.
    assert_eq!(
        form[1]["sha256"],
        "ea5dbf9596d187e9500f23e9a680109475341cf4e81f7e043f7d97152c10772f"
    );
    assert_eq!(
        get(&upstream, "/_requests?after=1").json()["requests"].as_array().unwrap().len(),
        1
    );
    call(&upstream, "DELETE", "/_requests", &[], "");
    assert_eq!(get(&upstream, "/_requests").json(), json!({"requests": []}));
}

#[test]
fn a_long_body_is_told_by_its_hash() {
    let upstream = upstream();
    let long = "x".repeat(300 * 1024);
    let body = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": long}]});
    post(&upstream, "/v1/chat/completions", &body);
    let told = get(&upstream, "/_requests").json()["requests"][0].clone();
    assert_eq!((&told["bytes"], &told["body"]), (&json!(body.to_string().len()), &json!("")));
    assert_eq!(told["sha256"], upstream::form::sha256(body.to_string().as_bytes()));
}
