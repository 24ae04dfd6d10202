//! At a terminal, what is missing is asked for; elsewhere it is wrong use.

use std::process::Command;

use crate::workspace::{Ran, Workspace, charter, checkout};

/// Runs `charter` at a terminal of its own, and types there.
fn at_terminal(workspace: &Workspace, steps: &[&str], args: &[&str]) -> Ran {
    let output = Command::new("python3")
        .arg(checkout().join("tests/terminal.py"))
        .args(steps)
        .arg("--")
        .arg(charter().get_program())
        .arg("-C")
        .arg(workspace.path("."))
        .args(args)
        .env("NO_COLOR", "1")
        .env("TERM", "xterm")
        .output();
    Ran::of(output.unwrap())
}

fn requested() -> Workspace {
    let workspace = Workspace::adopted();
    let request = [
        "request",
        "halls",
        "--by",
        "openai",
        "--quantity",
        "64_000 GB200",
        "--lot",
        "8000",
        "--purpose",
        "training",
        "--need-by",
        "2099-01-01",
        "--months",
        "60",
        "--price",
        "USD 2.40",
        "--at",
        "2025-02-03",
    ];
    workspace.must(&request);
    workspace
}

#[test]
fn what_is_missing_is_asked_for_with_what_there_is_to_choose() {
    let workspace = requested();
    for supplier in ["oracle", "amazon"] {
        let bid = ["bid", "halls", "--by", supplier, "--quantity", "64000", "--price", "USD 2.35"];
        workspace.must(&bid);
    }
    // The case is the first one; the party is the fourth of the registry; the offer the second.
    let down = "\\x1b[B";
    let (fourth, second) = (format!("{}\\r", down.repeat(3)), format!("{down}\\r"));
    let steps = ["The case", "\\r", "--by", &fourth, "--bid", &second];
    let ran = at_terminal(&workspace, &steps, &["withdraw-offer"]);
    for shown in ["halls  openai: 64000 × DRAFT", "2  64000 of amazon at USD 2.35 an hour"] {
        assert!(ran.stdout.contains(shown), "{shown}\n{}", ran.stdout);
    }
    // Somebody else's offer: whether that is allowed is decided as ever.
    let parties = ["amazon", "microsoft", "openai", "oracle"];
    assert!(parties.iter().all(|party| ran.stdout.contains(party)), "{}", ran.stdout);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stdout.contains("refused"), "{}", ran.stdout);
}

#[test]
fn an_answer_that_cannot_be_read_is_asked_for_again() {
    let workspace = requested();
    let steps = ["--price", "cheap\\r", "--price", "USD 2.35\\r"];
    let args = ["bid", "halls", "--by", "oracle", "--quantity", "64000"];
    let ran = at_terminal(&workspace, &steps, &args);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("bid-received"), "{}", ran.stdout);
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let workspace = requested();
    let ran = workspace.run(&["withdraw-offer", "halls"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--by <PARTY>"), "{}", ran.stderr);
}
