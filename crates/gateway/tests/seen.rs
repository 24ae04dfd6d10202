//! What is seen of calls: each is counted once, whatever becomes of it.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use gateway::meter::Outcome;
use gateway::seen::{Fact, Snapshot};

const AT: &str = "2025-02-01T12:00:00Z";
const ASK: &str = r#"{"model":"gpt-4o","messages":[{"content":"0123456789"}]}"#;
const STREAM: &str = r#"{"model":"gpt-4o","stream":true,"messages":[]}"#;
const CONTEXT: [&str; 3] = ["traceparent", "tracestate", "baggage"];

/// Route, outcome, class of status and number of all calls.
fn calls(snapshot: &Snapshot) -> Vec<String> {
    let of = snapshot.calls.iter().flat_map(|of| of.ends.iter().map(move |end| (of, end)));
    let words = of.map(|(of, end)| {
        let (key, outcome, status) = (&of.key, end.outcome.word(), end.status.word());
        format!("{key}/{} {outcome} {status} {}", of.route, end.count)
    });
    words.collect()
}

#[test]
fn each_call_is_counted_once_and_on_over_other_settings() {
    let slow = Upstream::start(|number, _| match number {
        0 => vec![Step::Send(completion(4, 3))],
        1 => vec![Step::Send(answer("503 Busy", "text/plain", b""))],
        2 => vec![Step::Send(completion(4, 3))],
        // A stream whose client leaves.
        3 => vec![
            Step::Send(stream_head()),
            Step::Send(chunk(&delta("a"))),
            Step::Wait(300),
            Step::Send(chunk(&delta("b"))),
            Step::Close,
        ],
        _ => vec![Step::Send(completion(1, 1))],
    });
    let text = upstream("a", "azure", slow.address)
        + &route("gpt-4o", &["a"])
        + &route("forbidden", &["elsewhere"])
        + &upstream("elsewhere", "nobodys-cloud", nobody())
        + &key("budget = { tokens = 1_000_000, period = \"month\" }");
    let running = Running::start(&text, AT);
    let sight = running.gateway().sight();
    let mut client = running.client();
    assert_eq!(client.ask(CHAT, ASK).status, 200);
    assert_eq!(client.ask(CHAT, ASK).status, 200, "after a second attempt");
    assert_eq!(client.ask(CHAT, r#"{"model":"planted-name"}"#).status, 404);
    assert_eq!(client.ask(CHAT, r#"{"model":"forbidden"}"#).status, 403);
    assert_eq!(client.ask("/v2/planted-path", "").status, 404);
    client.send("POST", CHAT, &[("authorization", "Bearer sk-nobody")], b"{}");
    assert_eq!(client.receive().status, 401);
    let mut leaves = running.client();
    leaves.send("POST", CHAT, &[("authorization", "Bearer sk-test")], STREAM.as_bytes());
    eventually("the stream runs", || sight.snapshot().streams == 1);
    assert_eq!(sight.snapshot().running, 1);
    drop(leaves);
    eventually("the call has ended", || {
        let now = sight.snapshot();
        (now.running, now.streams) == (0, 0) && slow.seen().len() == 4
    });

    let settings = settings(&(text + &route("another", &["a"])));
    running.gateway().reload(&settings, &OneSecret).unwrap();
    assert_eq!(client.ask(CHAT, ASK).status, 200);

    let now = sight.snapshot();
    let expected = [
        "/ refused 4xx 2",
        "k/ refused 4xx 1",
        "k/forbidden refused 4xx 1",
        "k/gpt-4o complete 2xx 3",
        "k/gpt-4o cut_by_upstream 2xx 1",
    ];
    assert_eq!(calls(&now), expected);
    let attempts = &now.attempts[..];
    assert_eq!(attempts.len(), 1, "what was refused is no attempt: {attempts:?}");
    // Of the call that broke off, what it read is estimated.
    let total: u64 = attempts[0].ends.iter().map(|end| end.count).sum();
    assert_eq!((total, attempts[0].tokens.input), (5, 4 + 4 + 1 + STREAM.len() as u64 / 4));
    assert_eq!(attempts[0].cost.to_string().parse::<f64>().unwrap(), {
        attempts[0].cost_of_hour.to_string().parse::<f64>().unwrap()
    });
    let reasons: Vec<_> = now.refusals.iter().map(|of| (&*of.key, &*of.reason, of.count)).collect();
    assert_eq!(
        reasons,
        [
            ("", "invalid_api_key", 1),
            ("", "unknown_url", 1),
            ("k", "model_not_found", 1),
            ("k", "refused_by_agreement", 1),
        ]
    );
    assert!(now.budgets[0].tokens_left.unwrap() < 1_000_000);
    assert_eq!(now.routes.iter().map(|of| of.duration_us.count()).sum::<u64>(), 4);
    assert_eq!(now.routes.iter().map(|of| of.added_us.count()).sum::<u64>(), 4);
    assert!(!serde_json::to_string(&now).unwrap().contains("planted"));
    drop((sight, client));
    let written = now.rows.written;
    assert_eq!(running.rows().len() as u64, written);
}

#[test]
fn a_trace_goes_to_upstreams_only_where_settings_say_so() {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (telemetry, expected) in [
        ("", [None, None, None]),
        ("[telemetry]\nsample = \"1\"\naccept_traceparent = true\n", [None, None, None]),
        (
            "[telemetry]\nsample = \"0/1\"\nforward_traceparent = true\n",
            [Some(parent), Some("a=b"), Some("c=d")],
        ),
    ] {
        let upstreams = Upstream::always(completion(1, 1));
        let text = upstream("a", "azure", upstreams.address)
            + &route("gpt-4o", &["a"])
            + &key("")
            + telemetry;
        let running = Running::start(&text, AT);
        let headers = [
            ("authorization", "Bearer sk-test"),
            ("Traceparent", parent),
            ("tracestate", "a=b"),
            ("baggage", "c=d"),
        ];
        let mut client = running.client();
        client.send("POST", CHAT, &headers, ASK.as_bytes());
        assert_eq!(client.receive().status, 200);
        let seen = upstreams.seen();
        assert_eq!(CONTEXT.map(|name| seen[0].header(name)), expected, "{telemetry}");
    }
}

#[test]
fn as_many_calls_are_followed_as_settings_say() {
    let upstreams = Upstream::always(completion(1, 1));
    let text = upstream("a", "azure", upstreams.address)
        + &route("gpt-4o", &["a"])
        + &key("")
        + "[telemetry]\nsample = \"2/5\"\n";
    let running = Running::start(&text, AT);
    let sight = running.gateway().sight();
    let mut client = running.client();
    for _ in 0..20 {
        assert_eq!(client.ask(CHAT, ASK).status, 200);
    }
    let (mut calls, mut attempts) = (Vec::new(), Vec::new());
    eventually("all are over", || sight.snapshot().running == 0);
    for fact in sight.facts() {
        match fact {
            Fact::Call(call) => calls.push(call),
            Fact::Attempt(attempt) => attempts.push(attempt),
        }
    }
    assert_eq!((calls.len(), attempts.len()), (8, 8));
    for (call, attempt) in calls.iter().zip(&attempts) {
        let ids = call.ids.unwrap();
        assert_eq!((attempt.ids.trace, attempt.ids.parent), (ids.trace, Some(ids.span)));
        assert_eq!((ids.parent, call.outcome, &call.prompt), (None, Outcome::Complete, &None));
        assert!(!call.is_logged && call.took_us >= attempt.took_us);
    }
    assert!(sight.facts().is_empty());
}
