//! What a consent lets be done primarily for a purpose is metered, tested, told and cured.
//!
//! Figures: domain rules §4.4, Q1.

use serde_json::Value;

use crate::telling::SECRET;
use crate::workspace::Workspace;

/// A consent of which two thirds must be research and training; nobody listens where its parties are
/// told.
fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write(
        "charter.toml",
        r#"
[notices.parties]
lab.webhooks = [{ url = "http://127.0.0.1:9/l", secret_env = "HOOK", allow_private = true }]
cloud.webhooks = [{ url = "http://127.0.0.1:9/c", secret_env = "HOOK", allow_private = true }]
rival.webhooks = [{ url = "http://127.0.0.1:9/r", secret_env = "HOOK", allow_private = true }]
"#,
    );
    workspace.write(
        "hosting.md",
        r#"# An agreement

```hcl
party "lab" {}
party "cloud" {}
party "rival" {}

agreement "hosting" {
  parties   = [lab, cloud]
  signed    = "2024-01-01"
  time_zone = "UTC"
}
```

The lab may build for itself, as long as that is primarily for research and training.

```hcl
consent "own-build" {
  grantor = cloud
  holder  = lab
  scope {
    act     = build
    purpose = [research, training]
  }
  primarily {
    threshold = ">= 2/3"
  }
}
```
"#,
    );
    workspace.must(&["adopt", "--all", "--known", "signed"]);
    workspace
}

const Q1: &str = "on,purpose,amount\n2025-05-15,training,5200000\n2025-06-01,research,1100000\n\
                  2025-06-30,inference,4000000\n";

fn meter(workspace: &Workspace, rows: &str) {
    workspace.write("hours.csv", rows);
    let file = workspace.path("hours.csv").display().to_string();
    workspace.must(&["meter", "consent.own-build", "--by", "lab", "--file", &file]);
}

fn outcomes(workspace: &Workspace) -> Vec<String> {
    let shown = workspace.json(&["measured"]);
    let tests = shown[0]["tests"].as_array().unwrap().iter();
    let said = |test: &Value| {
        let outcome = test["outcome"]["is"].as_str().unwrap();
        format!("{} {}/{} {outcome}", test["on"].as_str().unwrap(), test["part"], test["whole"])
    };
    tests.map(said).collect()
}

#[test]
fn a_share_that_fails_its_test_may_be_cured() {
    let workspace = workspace();
    meter(&workspace, Q1);
    // The quarter is over at midnight, not before; and a test is made once.
    workspace.must(&["tick", "--at", "2025-06-30T23:59:59Z"]);
    assert!(outcomes(&workspace).is_empty());
    workspace.must(&["tick", "--at", "2025-07-01T00:00:00Z"]);
    workspace.must(&["tick", "--at", "2025-07-02T00:00:00Z"]);
    let failed = "2025-06-30 6300000/10300000 failed";
    assert_eq!(outcomes(&workspace), [failed]);
    // More training cures it: 8.0 of 12.0 million.
    meter(&workspace, "on,purpose,amount\n2025-08-01,training,1700000\n");
    workspace.must(&["tick", "--at", "2025-08-30T17:00:00Z"]);
    assert_eq!(outcomes(&workspace), [failed], "the last instant to cure is inclusive");
    workspace.must(&["tick", "--at", "2025-08-30T17:00:01Z"]);
    assert_eq!(outcomes(&workspace), [failed, "2025-08-30 8000000/12000000 cured"]);

    // Both parties are told, and the tests are part of what they can prove; nobody else's.
    workspace.command(&["notices", "send"]).env("HOOK", SECRET).output().unwrap();
    let told = workspace.json(&["notices"]);
    let told = told.as_array().unwrap().iter().map(|row| row["notice"]["to"].as_str().unwrap());
    let mut told: Vec<_> = told.collect();
    told.sort_unstable();
    assert_eq!(told, ["cloud", "cloud", "lab", "lab"]);
    for (party, sees) in [("lab", true), ("cloud", true), ("rival", false)] {
        let file = workspace.path(party).display().to_string();
        workspace.must(&["journal", "view", party, &file]);
        let view = std::fs::read_to_string(&file).unwrap();
        assert_eq!(view.contains("5200000"), sees, "{party}");
        assert_eq!(view.contains("not_cured") || view.contains("cured"), sees, "{party}");
    }
}

#[test]
fn a_wrong_figure_is_put_right_before_it_is_tested() {
    let workspace = workspace();
    meter(&workspace, Q1);
    meter(&workspace, "on,purpose,amount\n2025-06-30,inference,3000000\n");
    workspace.must(&["tick", "--at", "2025-07-01T00:00:00Z"]);
    assert_eq!(outcomes(&workspace), ["2025-06-30 6300000/9300000 passed"]);
}

#[test]
fn what_cannot_be_metered_is_refused_and_nothing_is_entered() {
    let workspace = workspace();
    workspace
        .write("bad.csv", "on,purpose,amount\n2025-05-15,training,1\n2025-06-31,research,-2\n");
    let file = workspace.path("bad.csv").display().to_string();
    let row = |clause: &'static str, by: &'static str, on: &'static str| {
        ["meter", clause, "--by", by, "--on", on, "--purpose", "training", "--amount", "1"]
    };
    let events = |workspace: &Workspace| workspace.json(&["journal", "log"]).to_string();
    let before = events(&workspace);
    let refused: [(&[&str], &str); 5] = [
        (&["meter", "consent.own-build", "--by", "lab", "--file", &file], "line: 3"),
        (&row("consent.own-biuld", "lab", "2025-06-30"), "own-build"),
        (&row("consent.own-build", "cloud", "2025-06-30"), "is held by `lab`"),
        (&row("consent.own-build", "lab", "2999-06-30"), "has not come"),
        (&["meter", "consent.own-build", "--by", "lab"], "required"),
    ];
    for (arguments, says) in refused {
        let output = workspace.command(arguments).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        assert!(error.contains(says), "{arguments:?}: {error}");
    }
    assert_eq!(events(&workspace), before);
}
