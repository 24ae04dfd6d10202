//! `kill -9` at any moment, and then the same again: the same result as one clean run.

use std::fmt::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::workspace::{Workspace, rounds};

const ROWS: usize = 40_000;

/// Calls of two channels over some days, in a file.
fn calls(workspace: &Workspace) -> String {
    let mut text =
        "at,channel,product,model,host,customer,input_tokens,output_tokens\n".to_string();
    for row in 0..ROWS {
        let channel = if row % 3 == 0 { "azure-openai-service" } else { "direct" };
        let (day, hour, minute, second) = (1 + row % 28, row % 24, row % 60, row / 28 % 60);
        writeln!(
            text,
            "2023-11-{day:02}T{hour:02}:{minute:02}:{second:02}Z,{channel},api,gpt-4,azure,acme,{},{}",
            row * 7 % 5_000,
            row * 13 % 700,
        )
        .unwrap();
    }
    workspace.write("calls.csv", &text)
}

/// What a statement says, whatever way the rows came in.
fn settled(workspace: &Workspace) -> Value {
    let settled = workspace.json(&["settle", "2023-11"]);
    let mut said = settled["statement"].clone();
    said["rows"] = settled["rests_on"]["usage"].clone();
    said
}

/// Starts a command and kills it after a while; says whether it was still running.
fn killed(workspace: &Workspace, args: &[&str], after: Duration) -> bool {
    let mut child =
        workspace.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    running
}

#[test]
fn killed_imports_and_settlements_leave_no_trace() {
    let clean = Workspace::adopted();
    let file = calls(&clean);
    let import = ["usage", "import", &file, "--format", "csv"];
    let began = Instant::now();
    clean.must(&import);
    let import_takes = began.elapsed();
    let began = Instant::now();
    let expected = settled(&clean);
    let settle_takes = began.elapsed();

    let mut running = 0;
    for round in 0..rounds(6, 200) {
        // A different share of the whole run each time, the same in every campaign.
        let share = 1.0 - (round as f64 * 0.618_033_988_7 + 0.05).fract();
        let workspace = Workspace::adopted();
        running += u64::from(killed(&workspace, &import, import_takes.mul_f64(share)));
        let again = workspace.json(&import);
        assert_eq!(again["read"], ROWS, "round {round}");
        running +=
            u64::from(killed(&workspace, &["settle", "2023-11"], settle_takes.mul_f64(share)));
        assert_eq!(settled(&workspace), expected, "round {round}");
        workspace.must(&["journal", "verify"]);
        assert!(std::fs::read_dir(workspace.path(".charter/usage")).unwrap().all(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            !name.contains("tmp")
        }));
    }
    assert!(running > 0, "every command had ended before it could be killed");
}
