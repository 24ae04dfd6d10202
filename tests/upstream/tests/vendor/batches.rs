//! Batches: done after a while, each call with an entry of its own.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use upstream::Upstream;
use upstream::books::Outcome;

use crate::client::{entries, get, post, post_form, upstream};

/// What is done after a while, and how often it was looked at until it was.
fn completed(upstream: &Upstream, path: &str) -> (Value, usize) {
    let begun = Instant::now();
    for looks in 1.. {
        let found = get(upstream, path).json();
        if found["status"] == "completed" {
            return (found, looks);
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{found}");
        std::thread::sleep(Duration::from_millis(20));
    }
    unreachable!()
}

#[test]
fn a_batch_bills_each_of_its_calls() {
    let upstream = upstream();
    let line = |id: &str, url: &str, body: Value| {
        format!("{}\n", json!({"custom_id": id, "method": "POST", "url": url, "body": body}))
    };
    let chat = |model: &str| json!({"model": model, "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]});
    let lines = [
        line("a", "/v1/chat/completions", chat("gpt-4o")),
        line("b", "/v1/chat/completions", chat("fault.500.gpt-4o")),
        line("c", "/v1/embeddings", json!({"model": "e", "input": "four"})),
    ];
    let file = ("file", lines.concat().into_bytes());
    let file = post_form(&upstream, "/v1/files", &[("purpose", "batch")], (file.0, &file.1)).json();
    let asked = json!({
        "input_file_id": file["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h",
    });
    let ordered = post(&upstream, "/v1/batches", &asked).json();
    assert_eq!(ordered["status"], "validating");
    let path = format!("/v1/batches/{}", ordered["id"].as_str().unwrap());
    let (batch, _) = completed(&upstream, &path);
    assert_eq!(batch["request_counts"], json!({"total": 3, "completed": 2, "failed": 1}));
    let lines = |file: &str| {
        let path = format!("/v1/files/{}/content", batch[file].as_str().unwrap());
        let text = get(&upstream, &path).text();
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    let (output, errors) = (lines("output_file_id"), lines("error_file_id"));
    assert_eq!(output[0]["custom_id"], "a");
    assert_eq!(output[0]["response"]["body"]["usage"]["completion_tokens"], 5);
    assert_eq!(
        (&errors[0]["custom_id"], &errors[0]["response"]["status_code"]),
        (&json!("b"), &json!(500))
    );

    let all = upstream.world().books.entries(0, 1000);
    let of_batch = all.iter().filter(|entry| entry.batch.is_some()).collect::<Vec<_>>();
    let outcomes = of_batch.iter().map(|entry| (entry.outcome, entry.tokens.output));
    assert_eq!(
        outcomes.collect::<Vec<_>>(),
        [(Outcome::Complete, 5), (Outcome::Failed, 0), (Outcome::Complete, 0)]
    );
    let told = output.iter().map(|line| line["response"]["body"]["usage"]["total_tokens"].as_u64());
    let told = told.flatten().sum::<u64>();
    assert_eq!(of_batch.iter().map(|entry| u64::from(entry.tokens.total())).sum::<u64>(), told);
    assert!(batch["usage"]["total_tokens"] == told, "{batch}");
}

#[test]
fn a_response_in_the_background_is_done_after_a_while() {
    let upstream = upstream();
    let asked = json!({"model": "gpt-4o", "input": "hi", "background": true});
    let queued = post(&upstream, "/v1/responses", &asked).json();
    assert_eq!((&queued["status"], &queued["usage"]), (&json!("queued"), &Value::Null));
    let path = format!("/v1/responses/{}", queued["id"].as_str().unwrap());
    let (done, looks) = completed(&upstream, &path);
    let billed: Vec<_> =
        entries(&upstream, 1 + looks).iter().map(|entry| entry.tokens.total()).collect();
    assert_eq!(done["usage"]["total_tokens"], billed[0]);
    // It is billed by the call that asked for it, and never again.
    assert_eq!(billed[1..].iter().sum::<u32>(), 0);
}
