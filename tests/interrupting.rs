//! `kill -9` at any moment of an import, a settlement or a closing: once each was run again to its end, the
//! ledger, the statements and the store are those of a run that nobody killed.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::workspace::{Workspace, rounds};

const HEAD: &str = "at,channel,product,model,host,customer,input_tokens,output_tokens\n";

/// The months that are settled and closed.
const MONTHS: [&str; 3] = ["2023-11", "2023-12", "2024-01"];

/// Calls of a month, all different: from day to day and in how many tokens they have.
fn calls(month: &str, from: u32, until: u32) -> String {
    let row = |number: u32| {
        let channel = if number.is_multiple_of(3) { "azure-openai-service" } else { "direct" };
        let (day, second, milli) = (1 + number % 28, number % 60, number % 1000);
        format!(
            "{month}-{day:02}T10:{:02}:{second:02}.{milli:03}Z,{channel},api,gpt-4,azure,acme,{},{}\n",
            number / 60 % 60,
            100 + number,
            number % 700
        )
    };
    HEAD.to_string() + &(from..until).map(row).collect::<String>()
}

/// What is done, in order: each month's calls are taken in and it is settled and closed; some calls of the
/// first come after that, and the last settlement books them.
fn steps(workspace: &Workspace) -> Vec<Vec<String>> {
    let args = |line: &str| line.split(' ').map(str::to_string).collect::<Vec<_>>();
    let import = |name: &str, text: &str| {
        let file = workspace.write(name, text);
        ["usage", "import", &file, "--format", "csv"].map(str::to_string).to_vec()
    };
    let mut steps = Vec::new();
    for (at, month) in MONTHS.into_iter().enumerate() {
        steps.push(import(&format!("{month}.csv"), &calls(month, 0, 6_000)));
        if at == 2 {
            steps.push(import("late.csv", &calls(MONTHS[0], 5_500, 6_500)));
        }
        steps.push(args(&format!("settle {month}")));
        steps.push(args(&format!("close {month}")));
    }
    steps
}

/// Everything the books say, and that what they rest on is what it was: a closed month's hash is of its
/// statement, of each day's ids and of the documents.
fn books(workspace: &Workspace) -> Value {
    let statements = MONTHS.map(|month| workspace.json(&["statement", month]));
    let verified = workspace.json(&["journal", "verify"]);
    let recounted = MONTHS.map(|month| {
        let again = workspace.json(&["settle", month, "--recount"]);
        again["differences"].clone()
    });
    serde_json::json!({
        "statements": statements,
        "closed": workspace.json(&["close"]),
        "ledger": workspace.json(&["ledger"]),
        "events": verified["events"],
        "recounted": recounted,
    })
}

fn refs(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

#[test]
fn killed_imports_settlements_and_closings_leave_the_books_of_one_clean_run() {
    let clean = Workspace::adopted();
    let mut took = Vec::new();
    for step in steps(&clean) {
        let begun = Instant::now();
        clean.must(&refs(&step));
        took.push(begun.elapsed());
    }
    let expected = books(&clean);
    assert!(!expected["ledger"]["balances"].as_array().unwrap().is_empty());

    let wanted = rounds(10, 100);
    let (mut killed, mut tries) = (0, 0);
    while killed < wanted {
        let workspace = Workspace::adopted();
        for (step, took) in steps(&workspace).iter().zip(&took) {
            let mut command = workspace.command(&refs(step));
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // Another moment each time, the same in every campaign.
            let share = (f64::from(tries) * 0.618_033_988_7 + 0.3).fract();
            tries += 1;
            thread::sleep(Duration::from_secs_f64(took.as_secs_f64() * share));
            if child.try_wait().unwrap().is_none() {
                child.kill().unwrap();
                killed += 1;
            }
            child.wait().unwrap();
            // Whoever finds it killed runs it again.
            workspace.must(&refs(step));
        }
        assert_eq!(books(&workspace), expected, "after {killed} kills");
    }
}
