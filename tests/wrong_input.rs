//! Wrong input gets a clear error and loses nothing.

use crate::workspace::{Ran, Workspace, charter, scenario};

/// Command; exit code. What it prints is in the snapshot.
const WRONG: &[(&str, &str, i32)] = &[
    ("unknown party", "ask contract by=opnai provider=oci", 2),
    ("unknown act", "ask lend by=openai", 2),
    ("unknown act key", "ask contract by=openai cloud=oci", 2),
    ("several at once", "ask serve by=openai sevice=openai-api host=asure", 2),
    ("nobody acts", "ask build purpose=training", 2),
    ("not a pair", "ask build openai", 2),
    ("unknown code", "explain unknown", 2),
    ("unknown purpose", "ask build by=openai purpose=trainig", 2),
    ("given twice", "ask build by=openai purpose=training purpose=research", 2),
    ("bad date", "ask build by=openai --at 2025-02-30", 2),
    ("bad month", "settle 2023-13", 2),
    ("not settled", "statement 2023-11", 3),
    ("unknown format", "usage import calls.csv --format excel", 2),
    ("no such file", "usage import calls.csv --format csv", 3),
    ("unknown channel", "usage import registry.md --format csv --channel drect", 2),
    ("unknown case", "rounds nowhere", 2),
    ("unknown finding", "explain exclusivity::overlp", 2),
    ("no such document", "adopt nowhere.md", 3),
    ("days the wrong way round", "diff --from 2025-02-01 --to 2025-01-01", 2),
    ("unknown party falls away", "continuity --without opnai --at 2025-02-01", 2),
    ("nothing has begun", "continuity --without openai --at 2019-07-21", 2),
    ("unknown cause", "continuity --without openai --cause flood", 2),
];

#[test]
fn wrong_commands_say_what_to_do() {
    let workspace = Workspace::adopted();
    for (name, command, code) in WRONG {
        let ran = workspace.run(&command.split(' ').collect::<Vec<_>>());
        assert_eq!(ran.code, *code, "{name}: {}{}", ran.stdout, ran.stderr);
        let said = format!("$ charter {command}\n{}{}", ran.stdout, ran.stderr);
        insta::assert_snapshot!(name.replace(' ', "_"), workspace.neutral(&said));
    }
}

#[test]
fn errors_are_json_for_machines() {
    let ran = Workspace::example().run(&["statement", "2023-11", "--json"]);
    let error: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(error["error"], "2023-11 has not been settled");
    assert_eq!(error["help"], "settle it with `charter settle 2023-11`");
}

#[test]
fn outside_a_workspace_commands_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let ran = Ran::of(charter().arg("-C").arg(folder.path()).arg("check").output().unwrap());
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no `charter.toml`"), "{}", ran.stderr);
}

#[test]
fn check_reports_every_problem_in_one_run() {
    let workspace = Workspace::example();
    let path = workspace.path("2025-01-first-refusal.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let wrong = text
        .replace(
            "holder   = microsoft\n  replaces = exclusivity",
            "holder   = microsft\n  replaces = exclusivity",
        )
        .replace("\"30 days\"\n", "\"30 dollars\"\n")
        .replace("\"USD 10_000_000_000\"", "10_000_000_000")
        .replacen("\"25%\"", "\"125%\"", 1);
    std::fs::write(&path, wrong).unwrap();
    let ran = workspace.run(&["check"]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!(ran.stderr);
    let report = workspace.json(&["check"]);
    assert_eq!(report["errors"], 4);
    assert_eq!(report["findings"][0]["places"][0]["document"], "2025-01-first-refusal.md");
    // Commands that need sound terms point here.
    let ran = workspace.run(&["terms"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("charter check"), "{}", ran.stderr);
}

#[test]
fn what_is_wrong_in_a_scenario_is_shown_there() {
    let workspace = Workspace::example();
    let text = std::fs::read_to_string(scenario("equal-shares.md")).unwrap();
    let file = workspace.write("supposed.md", &text.replace("payee    =", "paye     ="));
    for command in ["terms", "continuity --without openai"] {
        let command = format!("{command} --scenario {file}");
        let ran = workspace.run(&command.split(' ').collect::<Vec<_>>());
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(ran.stderr.contains("─[supposed.md:"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("charter check"), "{}", ran.stderr);
    }
    workspace.must(&["check"]);
}

#[test]
fn an_agreement_that_cannot_be_read_is_not_said_to_be_missing() {
    let workspace = Workspace::example();
    let path = workspace.path("2019-partnership.md");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, text.replacen("signed    = \"2019-07-22\"", "signed = soon", 1)).unwrap();
    let ran = workspace.run(&["check"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("`soon` is not a date"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("there is no agreement"), "{}", ran.stdout);
}

#[test]
fn terms_whose_fence_does_not_say_so_are_not_passed_over_in_silence() {
    let workspace = Workspace::example();
    let path = workspace.path("2025-01-first-refusal.md");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, text.replace("```hcl\nconsent", "```\nconsent")).unwrap();
    workspace.write("side-letter.md", "# A letter\n\n```\namendment \"letter\" {\n}\n```\n");
    workspace.write("notes.md", "# Notes\n\n```\nserver \"web\" {\n}\n```\n");
    let report = workspace.json(&["check"]);
    let findings = report["findings"].as_array().unwrap();
    let unmarked = findings.iter().filter(|row| row["code"] == "charter::terms::unmarked");
    let places: Vec<_> = unmarked.map(|row| row["places"][0]["document"].clone()).collect();
    assert_eq!(places, ["2025-01-first-refusal.md", "side-letter.md"]);
}

#[test]
fn names_are_not_cut_where_a_line_ends() {
    // It fits into a line, but not into what is left of the first.
    let name = "very-".repeat(10) + "long";
    let ran = Workspace::example().run(&["explain", &name]);
    assert!(ran.stderr.contains(&name), "{}", ran.stderr);
}

#[test]
fn a_document_in_another_encoding_is_told_with_its_line() {
    let workspace = Workspace::example();
    std::fs::write(workspace.path("side-letter.md"), b"# A letter\n\nCaf\xe9\n").unwrap();
    for command in [&["check"][..], &["fmt"], &["terms"]] {
        let ran = workspace.run(&[command, &["--json"]].concat());
        assert_eq!(ran.code, 3, "{command:?}: {}", ran.stderr);
        let error: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
        assert!(error["help"].as_str().unwrap().contains("save it as UTF-8"), "{error}");
        let error = error["error"].as_str().unwrap();
        assert!(
            error.contains("side-letter.md") && error.contains("line 3 is not UTF-8"),
            "{error}"
        );
    }
}

#[test]
fn windows_line_ends_stay_when_formatted() {
    let workspace = Workspace::example();
    let path = workspace.path("2025-01-first-refusal.md");
    let unix = std::fs::read_to_string(&path).unwrap();
    let windows = unix.replace("grantor  =", "grantor =").replace('\n', "\r\n");
    std::fs::write(&path, &windows).unwrap();
    assert_eq!(workspace.json(&["check"])["findings"], serde_json::json!([]));
    workspace.must(&["fmt"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), unix.replace('\n', "\r\n"));
}

#[test]
fn rows_that_cannot_be_read_are_kept_with_their_reasons() {
    let workspace = Workspace::adopted();
    let file = workspace.write(
        "calls.csv",
        "at,channel,product,model,host,customer,input_tokens,output_tokens\n\
         2023-11-02T10:00:00Z,direct,api,gpt-4,azure,acme,1000,100\n\
         2023-11-02T10:00:01Z,direct,api,gpt-4,azure,acme,-5,100\n\
         yesterday,direct,api,gpt-4,azure,acme,1000,100\n\
         2023-11-02T10:00:03Z,direct,api,gpt-4,azure,acme,1000\n\
         2023-11-02T10:00:04Z,direct,api,gpt-4,azure,acme,99999999999,1\n",
    );
    let ran = workspace.run(&["usage", "import", &file, "--format", "csv"]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.starts_with("5 rows: 1 new, 0 known already, 4 rejected"), "{}", ran.stdout);
    let imported = workspace.json(&["usage", "import", &file, "--format", "csv"]);
    assert_eq!((&imported["new"], &imported["duplicate"]), (&0.into(), &1.into()));
    let rejects = std::fs::read_to_string(imported["rejects_file"].as_str().unwrap()).unwrap();
    insta::assert_snapshot!(rejects);
}
