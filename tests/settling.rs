//! From calls to cents, on the real traces, against a second program in another language.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::workspace::{Workspace, checkout, scenario, shared};

/// A workspace with both traces in it; none where there are no traces.
fn with_traces() -> Option<Workspace> {
    let workspace = Workspace::adopted();
    for (trace, channel, rows) in [
        ("azure-llm-2023-conv.csv", "direct", 19_366),
        ("azure-llm-2023-code.csv", "azure-openai-service", 8_819),
    ] {
        let file = shared(&format!("data/{trace}"))?.display().to_string();
        let import = ["usage", "import", &file, "--format", "azure-llm", "--channel", channel];
        let first = workspace.json(&import);
        assert_eq!((&first["new"], &first["rejected"]), (&rows.into(), &0.into()));
        let second = workspace.json(&import);
        assert_eq!((&second["new"], &second["duplicate"]), (&0.into(), &rows.into()));
    }
    Some(workspace)
}

#[test]
fn the_traces_settle_as_a_second_program_computes_them() {
    let Some(workspace) = with_traces() else { return };
    let settled = workspace.json(&["settle", "2023-11"]);
    let statement = &settled["statement"];
    assert_eq!(statement["is_final"], true);
    let ours: Vec<_> = statement["lines"].as_array().unwrap().iter().map(line).collect();

    let data = shared("data").unwrap();
    let output = Command::new("python3")
        .arg(checkout().join("tests/recompute.py"))
        .args([data.join("azure-llm-2023-conv.csv"), data.join("azure-llm-2023-code.csv")])
        .output()
        .expect("python3 runs; ./test installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(Value::from(ours), theirs);

    // Settled again, nothing is entered; the statement is the same.
    let head = workspace.json(&["journal", "verify"]);
    let again = workspace.json(&["settle", "2023-11"]);
    assert_eq!(again["notes"][0], "unchanged since it was last settled");
    assert_eq!(again["statement"], settled["statement"]);
    assert_eq!(workspace.json(&["journal", "verify"]), head);
    assert_eq!(workspace.json(&["statement", "2023-11"])["statement"], settled["statement"]);
    insta::assert_snapshot!(workspace.must(&["statement", "2023-11", "--steps", "--days"]));
    hledger_accepts(&workspace.must(&["statement", "2023-11", "--format", "hledger"]));
}

fn line(line: &Value) -> Value {
    let text = |name: &str| line[name].as_str().unwrap().to_string();
    Value::from(vec![
        text("kind"),
        text("from"),
        text("to"),
        line["amount"]["amount"].as_str().unwrap().to_string(),
        text("exact"),
    ])
}

/// hledger parses the books, finds every transaction balanced, and sums every account to zero.
fn hledger_accepts(books: &str) {
    let hledger = |args: &[&str]| {
        let mut hledger = Command::new("hledger")
            .args(["-f", "-"])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("hledger runs; ./test installs it");
        hledger.stdin.take().unwrap().write_all(books.as_bytes()).unwrap();
        let output = hledger.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    hledger(&["check"]);
    let balance =
        hledger(&["balance", "--no-total", "-O", "csv", "openai:revenue", "openai:liabilities"]);
    assert!(balance.contains("\"openai:revenue:direct:gpt-4\",\"USD -916.18\""), "{balance}");
    assert!(balance.contains("\"openai:liabilities:microsoft\",\"USD -117.73\""), "{balance}");
    let total = hledger(&["balance", "--depth", "0", "-O", "csv"]);
    assert!(total.contains("\"total\",\"0\""), "{total}");
}

#[test]
fn what_has_no_price_keeps_the_statement_from_being_final() {
    let workspace = Workspace::adopted();
    let file = workspace.write(
        "calls.csv",
        "at,channel,product,model,host,customer,input_tokens,output_tokens\n\
         2023-11-02T10:00:00Z,direct,api,gpt-4,azure,acme,1000,100\n\
         2023-11-02T10:00:01Z,direct,api,gpt-3,azure,acme,1000,100\n\
         2023-11-03T10:00:01Z,direct,api,gpt-3,azure,acme,1000,100\n",
    );
    workspace.must(&["usage", "import", &file, "--format", "csv"]);
    let ran = workspace.run(&["settle", "2023-11"]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!(ran.stdout);
    assert_eq!(workspace.run(&["statement", "2023-11"]).code, 1);
    let books = workspace.run(&["statement", "2023-11", "--format", "hledger"]);
    assert_eq!(books.code, 3);
    assert!(books.stderr.contains("provisional"));
    assert_eq!(workspace.json(&["ledger"])["balances"].as_array().unwrap().len(), 0);
}

#[test]
fn late_calls_change_an_open_month_and_the_ledger_holds_it_once() {
    let workspace = Workspace::adopted();
    let head = "at,channel,product,model,host,customer,input_tokens,output_tokens\n";
    let call = "2023-11-02T10:00:00Z,direct,api,gpt-4,azure,acme,1000000,0\n";
    for (name, text) in [("one.csv", call.to_string()), ("two.csv", call.replace("10:00", "11:00"))]
    {
        let file = workspace.write(name, &format!("{head}{text}"));
        workspace.must(&["usage", "import", &file, "--format", "csv"]);
        workspace.must(&["settle", "2023-11"]);
    }
    let ledger = workspace.json(&["ledger", "openai:revenue:direct"]);
    assert_eq!(ledger["balances"][0]["balance"]["amount"], "-60.00");
    assert_eq!(ledger["postings"].as_array().unwrap().len(), 1);
}

#[test]
fn a_position_shows_what_is_held_of_each_other_on_a_day() {
    let workspace = Workspace::adopted();
    let report = ["report", "valuation", "by=openai", "clause=investment.stake-2025"];
    let worth = ["amount=USD 140_000_000_000", "--on", "2025-12-01", "--id", "mark"];
    workspace.must(&[&report[..], &worth[..]].concat());
    insta::assert_snapshot!(workspace.must(&["position", "--at", "2025-12-31"]));
    // Before it was reported, a stake is worth what its clause states.
    let before = workspace.json(&["position", "--at", "2025-11-30"]);
    let mut stakes = before["stakes"].as_array().unwrap().iter();
    let stake = stakes.find(|stake| stake["clause"] == "investment.stake-2025").unwrap();
    assert_eq!((&stake["worth"]["on"], &stake["stake"]), (&Value::Null, &"0.27".into()));
}

#[test]
fn a_month_can_be_settled_under_a_scenario_and_nothing_is_entered() {
    let workspace = Workspace::adopted();
    let call = "at,channel,product,model,host,customer,input_tokens,output_tokens\n\
                2023-11-02T10:00:00Z,direct,api,gpt-4,azure,acme,1000000,0\n";
    let file = workspace.write("calls.csv", call);
    workspace.must(&["usage", "import", &file, "--format", "csv"]);
    workspace.must(&["settle", "2023-11"]);
    let head = workspace.json(&["journal", "verify"]);
    let share = |args: &[&str]| {
        let settled = workspace.json(args);
        let lines = settled["statement"]["lines"].as_array().unwrap().clone();
        let line =
            lines.iter().find(|line| line["clause"] == "revenue_share.to-microsoft").unwrap();
        line["amount"]["amount"].as_str().unwrap().to_string()
    };
    let equal = scenario("equal-shares.md");
    assert_eq!(share(&["settle", "2023-11", "--scenario", &equal]), "6.00");
    assert_eq!(share(&["statement", "2023-11"]), "7.50");
    assert_eq!(workspace.json(&["journal", "verify"]), head);
}
