//! A second candidate that is asked while the first takes its time.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::{Duration, Instant};

use common::*;

const AT: &str = "2025-02-01T12:00:00Z";
const ASK: &str = r#"{"model":"gpt-4o","messages":[{"content":"0123456789"}]}"#;
const BUSY: &[u8] = b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n";

type Script = fn() -> Vec<Step>;
/// What happens, what each upstream does, what the key says more, the status and the rows.
type Case = (&'static str, Script, Script, &'static str, u16, &'static [&'static str]);

fn after(ms: u64, answer: Vec<u8>) -> Vec<Step> {
    vec![Step::Wait(ms), Step::Send(answer)]
}

#[test]
fn the_first_that_answers_is_heard_and_both_have_their_rows() {
    let late: Script = || after(600, completion(4, 3));
    let never: Script = || vec![Step::Wait(60_000)];
    let cases: [Case; 7] = [
        (
            "the first in time",
            || after(0, completion(4, 3)),
            never,
            "",
            200,
            &["1 a Complete 200 Reported 4+3"],
        ),
        (
            "the second, and the first is read on",
            late,
            || after(0, completion(4, 2)),
            "",
            200,
            &["1 a Outrun 200 Reported 4+3", "2 b Complete 200 Reported 4+2"],
        ),
        (
            "the second, and the first is cancelled",
            late,
            || after(0, completion(4, 2)),
            "when_client_leaves = \"cancel\"",
            200,
            &["1 a Outrun 0 Estimated 14+0", "2 b Complete 200 Reported 4+2"],
        ),
        (
            "the first, after all",
            || after(300, completion(4, 3)),
            || after(1_200, completion(4, 2)),
            "",
            200,
            &["1 a Complete 200 Reported 4+3", "2 b Outrun 200 Reported 4+2"],
        ),
        (
            "the first, as the second has failed",
            late,
            || after(0, BUSY.to_vec()),
            "",
            200,
            &["1 a Complete 200 Reported 4+3", "2 b Failed 503 Nothing 0+0"],
        ),
        (
            "a third attempt, as both have failed",
            || after(600, BUSY.to_vec()),
            || vec![Step::Close],
            "",
            503,
            &[
                "1 a Failed 503 Nothing 0+0",
                "2 b Failed 0 Nothing 0+0",
                "3 a Failed 503 Nothing 0+0",
            ],
        ),
        (
            "the first alone, as the budget has no room for two",
            late,
            never,
            "budget = { tokens = 20000, period = \"day\" }",
            200,
            &["1 a Complete 200 Reported 4+3"],
        ),
    ];
    for (what, first, second, more, status, rows) in cases {
        let a = Upstream::start(move |_, _| first());
        let b = Upstream::start(move |_, _| second());
        let text = upstream("a", "azure", a.address)
            + &upstream("b", "azure", b.address)
            + &route("gpt-4o", &["a", "b"])
            + "hedge_ms = 100\n"
            + &key(more);
        let running = Running::start(&text, AT);
        let began = Instant::now();
        let got = running.client().ask(CHAT, ASK);
        assert_eq!(got.status, status, "{what}");
        if rows[0].contains("Outrun") {
            assert!(began.elapsed() < Duration::from_millis(550), "{what}");
        }
        let mut found = running.rows();
        found.sort_by_key(|row| row.attempt);
        assert_eq!(told(&found), rows, "{what}");
    }
}

/// What was kept for the one that was not heard is given back, and what it used is counted.
#[test]
fn a_budget_pays_for_both() {
    let a = Upstream::start(|number, _| after(if number == 0 { 400 } else { 0 }, completion(4, 3)));
    let b = Upstream::always(completion(4, 2));
    let text = upstream("a", "azure", a.address)
        + &upstream("b", "azure", b.address)
        + &route("gpt-4o", &["a", "b"])
        + "hedge_ms = 100\n"
        + &key("budget = { tokens = 200, period = \"day\" }");
    let running = Running::start(&text, AT);
    // 56 bytes are at most 56 tokens, and 20 may be written: there is room for two such calls.
    let ask =
        |written: u64| format!(r#"{{"model":"gpt-4o","messages":[],"max_tokens":{written}}}"#);
    assert_eq!(running.client().ask(CHAT, &ask(20)).status, 200);
    std::thread::sleep(Duration::from_millis(600));
    let (spent, asked) = (7 + 6, ask(100).len() as u64 / 4 * 4);
    let left = 200 - spent - asked;
    assert_eq!(running.client().ask(CHAT, &ask(left + 1)).status, 429);
    assert_eq!(running.client().ask(CHAT, &ask(left)).status, 200);
}
