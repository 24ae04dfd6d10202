//! A year under an agreement in which every clause that moves money is in force, settled and closed month by
//! month by the real binary, against a second program in another language that was written from the
//! agreement's prose: equal to the cent, in every line.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::workspace::{Workspace, checkout};

/// Where the agreement and the second program are.
const FOLDER: &str = "tests/recomputing";

/// What tells the lines of a year apart: month, kind, clause, who owes whom, currency, the day it is
/// payable, the month it adjusts.
type Key = [String; 8];

/// How many calls a year has: a few thousand, or a million with `./test --long`.
fn calls() -> u32 {
    if std::env::var_os("CHARTER_LONG").is_some() { 1_000_000 } else { 2_400 }
}

/// The agreement, adopted, and its capacity sourced; beside it a year of calls and figures.
fn partnership(seed: u32) -> (Workspace, Value) {
    let workspace = Workspace::empty();
    for name in ["charter.toml", "registry.md", "agreement.md"] {
        std::fs::copy(checkout().join(FOLDER).join(name), workspace.path(name)).unwrap();
    }
    let folder = workspace.path("year");
    std::fs::create_dir(&folder).unwrap();
    python(
        "generate.py",
        &[&folder.display().to_string(), &calls().to_string(), &seed.to_string()],
    );
    let year = std::fs::read_to_string(folder.join("year.json")).unwrap();
    let year: Value = serde_json::from_str(&year).unwrap();
    workspace.must(&["adopt", "--all", "--known", "signed"]);
    enter(&workspace, &year["first"]);
    (workspace, year)
}

fn python(program: &str, args: &[&str]) -> String {
    let program = checkout().join(FOLDER).join(program);
    let output = Command::new("python3").arg(program).args(args).output();
    let output = output.expect("python3 runs; ./test installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn enter(workspace: &Workspace, commands: &Value) {
    for command in commands.as_array().unwrap() {
        let args: Vec<_> = command.as_array().unwrap().iter().map(text).collect();
        workspace.must(&args);
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Settles a month; its statement is final, leaves nothing out and posts what balances.
fn settle(workspace: &Workspace, month: &str) -> Value {
    let statement = workspace.json(&["settle", month])["statement"].take();
    assert_eq!(statement["is_final"], true, "{month}: {}", statement["open"]);
    for transaction in statement["transactions"].as_array().unwrap() {
        let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
        for posting in transaction["postings"].as_array().unwrap() {
            let amount = &posting["amount"];
            *sums.entry(text(&amount["currency"])).or_default() += minor_units(amount);
        }
        assert!(sums.values().all(|sum| *sum == 0), "{transaction}");
    }
    statement
}

/// An amount in cents, or in whole yen.
fn minor_units(amount: &Value) -> i128 {
    text(&amount["amount"]).replace('.', "").parse().unwrap()
}

/// The year's lines, as the second program shows them: what comes to nothing is left out.
fn shown(statements: &[Value]) -> BTreeMap<Key, i128> {
    let mut sums: BTreeMap<Key, i128> = BTreeMap::new();
    for statement in statements {
        for line in statement["lines"].as_array().unwrap() {
            let kind = text(&line["kind"]);
            // A net is of several clauses, and capacity here of none that covers it.
            let clause =
                if matches!(kind, "net" | "capacity") { "" } else { text(&line["clause"]) };
            let payable = if kind == "revenue_share" { text(&line["payable"]) } else { "" };
            let key = [
                text(&statement["month"]),
                kind,
                clause,
                text(&line["from"]),
                text(&line["to"]),
                text(&line["amount"]["currency"]),
                payable,
                text(&line["adjusts"]["month"]),
            ];
            *sums.entry(key.map(str::to_string)).or_default() += minor_units(&line["amount"]);
        }
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

/// What the second program comes to.
fn recomputed(folder: &Path) -> BTreeMap<Key, i128> {
    let rows: Vec<[String; 9]> =
        serde_json::from_str(&python("recompute.py", &[&folder.display().to_string()])).unwrap();
    let rows = rows.into_iter().map(|[a, b, c, d, e, f, g, h, amount]| {
        ([a, b, c, d, e, f, g, h], amount.parse().unwrap())
    });
    rows.collect()
}

/// What differs, one line each.
fn differences(ours: &BTreeMap<Key, i128>, theirs: &BTreeMap<Key, i128>) -> Vec<String> {
    let keys = ours.keys().chain(theirs.keys().filter(|key| !ours.contains_key(*key)));
    let amount = |of: &BTreeMap<Key, i128>, key: &Key| of.get(key).copied().unwrap_or_default();
    let differing = keys.filter(|key| amount(ours, key) != amount(theirs, key));
    let told = differing.map(|key| {
        format!("{}: {}, recomputed {}", key.join(" "), amount(ours, key), amount(theirs, key))
    });
    told.collect()
}

#[test]
fn a_year_settles_as_a_second_program_computes_it() {
    let (workspace, year) = partnership(1);
    let mut statements = Vec::new();
    for month in year["months"].as_array().unwrap() {
        enter(&workspace, &month["commands"]);
        let month = text(&month["month"]);
        let statement = settle(&workspace, month);
        // Nobody has reported a profit before the first quarter ends.
        if !matches!(month, "2025-01" | "2025-02") {
            assert_eq!(statement["not_computed"], serde_json::json!([]), "{month}");
        }
        statements.push(statement);
        workspace.must(&["close", month]);
    }
    let ours = shown(&statements);
    let theirs = recomputed(&workspace.path("year"));
    assert!(theirs.len() > 200, "a year has more lines than {}", theirs.len());
    assert_eq!(differences(&ours, &theirs), Vec::<String>::new());

    // Settled again, a closed month has nothing to be adjusted by, and nothing is entered.
    let head = workspace.json(&["journal", "verify"]);
    for statement in &statements {
        let again = workspace.json(&["settle", text(&statement["month"])]);
        assert_eq!(again["differences"], serde_json::json!([]), "{}", statement["month"]);
        assert_eq!(&again["booked"], statement);
    }
    assert_eq!(workspace.json(&["journal", "verify"]), head);

    // A copy of the journal alone has the same books.
    let copy = Workspace::empty();
    let file = copy.path("copy.jsonl").display().to_string();
    workspace.must(&["journal", "export", &file]);
    copy.must(&["journal", "import", &file]);
    assert_eq!(copy.json(&["ledger"]), workspace.json(&["ledger"]));
}

#[test]
fn every_term_of_the_second_program_is_in_play() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    python("generate.py", &[&path, "2400", "1"]);
    let told: Value = serde_json::from_str(&python("recompute.py", &[&path, "--mutants"])).unwrap();
    assert_eq!(told, serde_json::json!({ "survivors": [], "a row is seen": true }));
}

/// What a month comes to does not depend on how its calls were handed in.
#[test]
fn input_that_is_split_and_reordered_settles_alike() {
    let (one, year) = partnership(2);
    let (other, _) = partnership(2);
    for month in year["months"].as_array().unwrap().iter().take(4) {
        enter(&one, &month["commands"]);
        let (usage, figures): (Vec<_>, Vec<_>) =
            month["commands"].as_array().unwrap().iter().partition(|args| args[0] == "usage");
        // Figures in the other order, then each file in two halves, the last row first.
        for figure in figures.iter().rev() {
            enter(&other, &Value::from(vec![(*figure).clone()]));
        }
        for import in usage {
            let (path, format) = (text(&import[2]), text(&import[4]));
            let whole = std::fs::read_to_string(path).unwrap();
            let mut rows: Vec<&str> = whole.lines().collect();
            let head = if format == "csv" { vec![rows.remove(0)] } else { Vec::new() };
            rows.reverse();
            let (front, back) = rows.split_at(rows.len() / 3);
            for (name, half) in [("front", front), ("back", back)] {
                let text = [&head[..], half].concat().join("\n") + "\n";
                let file = other.write(name, &text);
                other.must(&["usage", "import", &file, "--format", format]);
            }
        }
        let month = text(&month["month"]);
        let statement = settle(&one, month);
        assert_eq!(settle(&other, month), statement, "{month}");
        let closed = |workspace: &Workspace| workspace.json(&["close", month])["hash"].clone();
        assert_eq!(closed(&one), closed(&other), "{month}: another store, or other figures");
    }
}
