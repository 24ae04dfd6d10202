//! Keys and paths, each in its dialect, and errors in the vendor's shape.

use serde_json::json;

use crate::client::{AZURE_KEY, KEY, call, post, upstream};

#[test]
fn a_call_is_answered_where_its_dialect_and_key_agree() {
    let upstream = upstream();
    let wrong = ("authorization", "Bearer another-key");
    let wrong_azure = ("api-key", "another-key");
    let bearer_azure = ("authorization", "Bearer upstream-azure-key");
    let azure = "/openai/deployments/prod/chat/completions";
    let versioned = "/openai/deployments/prod/chat/completions?api-version=2024-10-21";
    let (direct, v1) = ("/v1/chat/completions", "/openai/v1/chat/completions");
    for (path, key, status, code) in [
        (direct, Some(KEY), 200, None),
        (direct, None, 401, Some("null")),
        (direct, Some(wrong), 401, Some("\"invalid_api_key\"")),
        (direct, Some(AZURE_KEY), 401, Some("null")),
        (versioned, Some(AZURE_KEY), 200, None),
        (versioned, Some(bearer_azure), 200, None),
        (versioned, Some(KEY), 401, Some("\"401\"")),
        (versioned, Some(wrong_azure), 401, Some("\"401\"")),
        (azure, Some(AZURE_KEY), 404, Some("\"404\"")),
        (v1, Some(AZURE_KEY), 200, None),
        (v1, Some(bearer_azure), 200, None),
        (v1, None, 401, Some("\"401\"")),
        ("/v1/chat/nothing", Some(KEY), 404, Some("null")),
        ("/nothing", Some(KEY), 404, Some("null")),
    ] {
        let headers = key.into_iter().collect::<Vec<_>>();
        let body = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]});
        let received = call(&upstream, "POST", path, &headers, body.to_string());
        assert_eq!(received.status, status, "{path} {key:?}: {}", received.text());
        let found = received.json()["error"].as_object().map(|error| error["code"].to_string());
        assert_eq!(found.as_deref(), code, "{path} {key:?}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_as_the_vendor_does() {
    let upstream = upstream();
    let messages = json!([{"role": "user", "content": "hi"}]);
    for (path, body, status, param, code) in [
        (
            "/v1/chat/completions",
            json!({"model": "gpt-4o"}),
            400,
            "messages",
            "missing_required_parameter",
        ),
        ("/v1/chat/completions", json!({"messages": messages}), 400, "", ""),
        (
            "/v1/chat/completions",
            json!({"model": "no-such-model", "messages": messages}),
            404,
            "",
            "model_not_found",
        ),
        ("/v1/embeddings", json!({"model": "e"}), 400, "input", "missing_required_parameter"),
        ("/v1/responses", json!({"input": "hi"}), 400, "model", "missing_required_parameter"),
        (
            "/v1/responses",
            json!({"model": "gpt-4o", "input": "hi", "previous_response_id": "resp_x"}),
            400,
            "previous_response_id",
            "previous_response_not_found",
        ),
        ("/v1/batches", json!({"input_file_id": "file-x"}), 404, "id", ""),
    ] {
        let received = post(&upstream, path, &body);
        assert_eq!(received.status, status, "{path} {body}");
        let error = &received.json()["error"];
        assert_eq!(error["type"], "invalid_request_error", "{path} {body}");
        assert_eq!(error["param"].as_str().unwrap_or_default(), param, "{path} {body}");
        assert_eq!(error["code"].as_str().unwrap_or_default(), code, "{path} {body}");
    }
    let received = call(&upstream, "POST", "/v1/chat/completions", &[KEY], "{\"model\":");
    assert_eq!(received.status, 400, "{}", received.text());
}

#[test]
fn azure_says_what_openai_does_not() {
    let upstream = upstream();
    let path = "/openai/deployments/prod/chat/completions?api-version=2024-10-21";
    let body = json!({"messages": [{"role": "user", "content": "hi"}], "stream": true});
    let received = call(&upstream, "POST", path, &[AZURE_KEY], body.to_string());
    assert!(received.events()[0].contains("prompt_filter_results"), "{}", received.text());
    assert_eq!(received.events().last().unwrap(), "[DONE]");
    assert!(received.header("apim-request-id").is_some());
}
