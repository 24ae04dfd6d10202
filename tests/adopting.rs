//! Documents become terms that are enforced only by adoption.

use std::process::Stdio;

use crate::workspace::{Workspace, charter};

#[test]
fn nothing_is_enforced_that_is_not_adopted() {
    let workspace = Workspace::example();
    for command in [
        "settle 2023-11",
        "request halls --by openai --quantity 8_H100 --purpose training --need-by 2026-01-01 \
         --months 12 --price USD_1",
    ] {
        let words: Vec<_> = command.split_whitespace().map(|word| word.replace('_', " ")).collect();
        let ran = workspace.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(ran.stderr.contains("charter adopt --all"), "{}", ran.stderr);
    }
}

#[test]
fn an_adopted_agreement_does_not_change_but_a_registry_may() {
    let workspace = Workspace::adopted();
    let again = workspace.json(&["adopt", "--all"]);
    assert!(again.as_array().unwrap().iter().all(|row| row["adopted"] == false));

    let agreement = workspace.path("2019-partnership.md");
    let text = std::fs::read_to_string(&agreement).unwrap();
    std::fs::write(&agreement, text.replace("\"25%\"", "\"20%\"")).unwrap();
    let ran = workspace.run(&["adopt", "2019-partnership.md"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("write an amendment"), "{}", ran.stderr);
    // `check` says that the file is not what is enforced.
    assert!(workspace.must(&["check"]).contains("`2019-partnership.md` differs"));

    let registry = workspace.path("registry.md");
    let text = std::fs::read_to_string(&registry).unwrap();
    std::fs::write(&registry, text + "\n```hcl\nparty \"nvidia\" {}\n```\n").unwrap();
    let rows = workspace.json(&["adopt", "registry.md"]);
    assert_eq!(rows[0]["adopted"], true);
}

#[test]
fn an_amendment_is_not_adopted_before_its_agreement() {
    let workspace = Workspace::example();
    let ran = workspace.run(&["adopt", "2025-01-first-refusal.md"]);
    assert_eq!(ran.code, 3);
    assert_eq!(workspace.json(&["journal", "log"]).as_array().unwrap().len(), 0);
}

#[test]
fn pages_without_terms_are_passed_over() {
    let workspace = Workspace::example();
    let ran = workspace.run(&["adopt", "registry.md", "story.md"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("story.md has no terms"), "{}", ran.stderr);
    assert_eq!(workspace.json(&["journal", "log"]).as_array().unwrap().len(), 1);
    assert_eq!(workspace.run(&["adopt", "story.md"]).code, 2);
    assert_eq!(workspace.run(&["adopt", "../README.md"]).code, 3, "there is no such file");
}

#[test]
fn known_is_the_time_of_adoption_unless_said_otherwise() {
    let workspace = Workspace::example();
    workspace.must(&["adopt", "--all"]);
    let question =
        "ask use by=microsoft asset=models product=copilot --at 2031-06-01 --known 2025-06-01";
    let decision = workspace.json(&question.split(' ').collect::<Vec<_>>());
    // Nothing had been adopted by then, so nothing was known, and nothing was licensed.
    assert_eq!(decision["verdict"], "forbidden");
    assert_eq!(decision["because"].as_array().unwrap().len(), 0);
}

#[test]
fn a_new_workspace_is_sound_and_works() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ours").display().to_string();
    let run = |args: &[&str]| charter().args(args).output().unwrap().status.code();
    assert_eq!(run(&["init", &path]), Some(0));
    assert_eq!(run(&["init", &path]), Some(2), "a folder in use is left alone");
    assert_eq!(run(&["-C", &path, "check"]), Some(0));
    assert_eq!(run(&["-C", &path, "adopt", "--all", "--known", "signed"]), Some(0));
    assert_eq!(run(&["-C", &path, "usage", "generate", "2025-03", "--calls", "500"]), Some(0));
    assert_eq!(run(&["-C", &path, "settle", "2025-03"]), Some(0));
    assert_eq!(run(&["-C", &path, "ledger"]), Some(0));
}

#[test]
fn a_refused_command_enters_nothing() {
    let workspace = Workspace::adopted();
    let request = [
        "request",
        "halls",
        "--by",
        "openai",
        "--quantity",
        "8000 H100",
        "--purpose",
        "training",
        "--need-by",
        "2026-01-01",
        "--months",
        "12",
        "--price",
        "USD 2",
        "--at",
        "2025-02-03",
    ];
    workspace.must(&request);
    let head = workspace.json(&["journal", "verify"]);
    let ran = workspace.run(&["exercise", "halls", "--by", "microsoft"]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!(ran.stdout);
    assert_eq!(workspace.json(&["journal", "verify"]), head);
    let ran = workspace.run(&["notify", "halls", "--by", "opnai"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("did you mean `openai`?"), "{}", ran.stderr);
}

#[test]
fn parallel_commands_all_count() {
    let workspace = Workspace::adopted();
    let request = |name: &str| {
        let args = [
            "request",
            name,
            "--by",
            "openai",
            "--quantity",
            "8 H100",
            "--purpose",
            "training",
            "--need-by",
            "2099-01-01",
            "--months",
            "12",
            "--price",
            "USD 2",
        ];
        workspace.command(&args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..12).map(|at| request(&format!("case-{at}"))).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(workspace.json(&["rounds"]).as_array().unwrap().len(), 12);
    workspace.must(&["journal", "verify"]);
}
