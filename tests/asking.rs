//! What the partnership's documents answer, on a fresh checkout.

use crate::workspace::{Workspace, checkout, scenario};

/// Question; verdict; the clauses it must name.
const QUESTIONS: &[(&str, &str, &[&str])] = &[
    (
        "ask contract by=openai provider=oci kind=new purpose=training --at 2023-05-01",
        "forbidden",
        &["exclusivity.cloud"],
    ),
    (
        "ask contract by=openai provider=oci kind=new purpose=training --at 2025-02-01",
        "conditional",
        &["right_of_first_refusal.new-capacity"],
    ),
    (
        "ask contract by=openai provider=oci kind=new purpose=training --at 2026-01-15",
        "permitted",
        &["end.right_of_first_refusal.new-capacity"],
    ),
    ("ask build by=openai purpose=training --at 2025-02-01", "permitted", &["consent.own-build"]),
    (
        "ask build by=openai purpose=inference --at 2025-02-01",
        "conditional",
        &["right_of_first_refusal.new-capacity"],
    ),
    (
        "ask serve by=openai service=openai-api host=oci --at 2025-02-01",
        "forbidden",
        &["exclusivity.api-hosting"],
    ),
    ("ask serve by=openai service=openai-api host=azure --at 2025-02-01", "permitted", &[]),
    (
        "ask serve by=openai service=openai-api host=oci --at 2026-06-01",
        "permitted",
        &["end.exclusivity.api-hosting"],
    ),
    (
        "ask use by=microsoft asset=models product=copilot --at 2031-06-01 --known 2025-06-01",
        "forbidden",
        &["licence.ip"],
    ),
    (
        "ask use by=microsoft asset=models product=copilot --at 2031-06-01",
        "permitted",
        &["licence.ip"],
    ),
    ("ask resell by=oracle service=openai-api --at 2025-02-01", "forbidden", &["licence.resale"]),
];

#[test]
fn every_question_has_its_answer_and_names_its_clauses() {
    let workspace = Workspace::example();
    for (question, verdict, clauses) in QUESTIONS {
        let words: Vec<_> = question.split(' ').collect();
        let decision = workspace.json(&words);
        assert_eq!(decision["verdict"], *verdict, "{question}");
        let because: Vec<_> = decision["because"]
            .as_array()
            .unwrap()
            .iter()
            .map(|reason| reason["clause"].as_str().unwrap())
            .collect();
        assert_eq!(because, *clauses, "{question}");
        let code = workspace.run(&words).code;
        assert_eq!(code, if *verdict == "permitted" { 0 } else { 1 }, "{question}");
    }
}

#[test]
fn a_first_right_names_its_holder_and_window() {
    let question = QUESTIONS[1].0.split(' ').collect::<Vec<_>>();
    let reason = &Workspace::example().json(&question)["because"][0];
    assert_eq!(reason["holder"], "microsoft");
    assert_eq!(reason["response_window"], "30 days");
    assert_eq!(reason["assumed"][0]["why"], "not public; 30 days is customary");
    assert!(reason["text"].as_str().unwrap().starts_with("Microsoft no longer has to be"));
}

#[test]
fn a_refusal_teaches() {
    let question = QUESTIONS[5].0.split(' ').collect::<Vec<_>>();
    insta::assert_snapshot!(Workspace::example().run(&question).stdout);
}

#[test]
fn the_readme_shows_what_is_answered() {
    let question = QUESTIONS[5].0.split(' ').collect::<Vec<_>>();
    let answer = Workspace::example().run(&question).stdout;
    let readme = std::fs::read_to_string(checkout().join("README.md")).unwrap();
    let shown = answer.lines().take_while(|line| !line.contains("considered"));
    let missing: Vec<_> = shown.filter(|line| !readme.contains(line)).collect();
    assert!(missing.is_empty(), "README.md does not show {missing:#?}");
}

#[test]
fn the_readme_shows_what_changes_and_what_goes_on() {
    let workspace = Workspace::example();
    let readme = std::fs::read_to_string(checkout().join("README.md")).unwrap();
    let commands = readme.lines().filter_map(|line| line.strip_prefix("$ charter "));
    let commands: Vec<_> = commands
        .filter(|command| command.starts_with("diff") || command.starts_with("continuity"))
        .collect();
    assert_eq!(commands.len(), 2);
    for command in commands {
        let said = workspace.must(&command.split(' ').collect::<Vec<_>>());
        let (_, shown) = readme.split_once(&format!("$ charter {command}\n")).unwrap();
        let (shown, _) = shown.split_once("```").unwrap();
        for block in shown.split("  …\n") {
            assert!(said.contains(block), "{command} does not say\n{block}\nbut\n{said}");
        }
    }
}

#[test]
fn what_was_not_known_is_not_answered_from() {
    // The amendment of January 2025 had not been signed when this was asked.
    let question =
        "ask contract by=openai provider=oci kind=new --at 2025-02-01 --known 2024-12-31";
    let decision = Workspace::example().json(&question.split(' ').collect::<Vec<_>>());
    assert_eq!(decision["verdict"], "forbidden");
    assert_eq!(decision["because"][0]["clause"], "exclusivity.cloud");
}

#[test]
fn terms_and_changes_are_listed() {
    let workspace = Workspace::example();
    let terms = workspace.json(&["terms", "--at", "2025-02-01"]);
    let holds = |clause: &str| {
        terms.as_array().unwrap().iter().any(|row| row["clause"].as_str() == Some(clause))
    };
    assert!(holds("consent.own-build") && !holds("exclusivity.cloud"));
    insta::assert_snapshot!(workspace.must(&[
        "diff",
        "--from",
        "2025-10-27",
        "--to",
        "2025-10-28"
    ]));
    insta::assert_snapshot!(workspace.must(&["check"]));
}

#[test]
fn defaults_are_counted_or_shown() {
    let workspace = Workspace::example();
    let shown =
        |extra: &[&str]| workspace.must(&[&["terms", "--at", "2025-02-01"], extra].concat());
    let (few, all) = (shown(&["--brief"]), shown(&[]));
    let window = "    response_window = 30 days (assumed: not public; 30 days is customary)";
    assert!(few.contains(window) && all.contains(window), "{few}");
    assert!(!few.contains("(default)") && few.contains("… and "), "{few}");
    assert!(all.contains("    assignable = no (default)"), "{all}");
}

#[test]
fn check_lists_what_is_assumed() {
    let workspace = Workspace::example();
    let report = workspace.json(&["check"]);
    assert_eq!(report["findings"], serde_json::json!([]));
    let assumed = report["assumptions"].as_array().unwrap();
    let is = |block: &str, name: Option<&str>| {
        assumed.iter().find(|row| row["block"] == block && row["name"].as_str() == name)
    };
    let window = is("right_of_first_refusal \"new-capacity\"", Some("response_window")).unwrap();
    assert_eq!(window["value"], "30 days");
    assert_eq!(window["why"], "not public; 30 days is customary");
    assert_eq!(
        (&window["document"], &window["line"]),
        (&"2025-01-first-refusal.md".into(), &34.into())
    );
    // A whole clause, and what stands in a block of one.
    assert!(is("licence \"resale\"", None).is_some());
    assert!(is("primarily in consent \"own-build\"", None).is_some());
}

#[test]
fn a_finding_and_a_kind_of_clause_are_explained() {
    let workspace = Workspace::example();
    let page = workspace.must(&["explain", "exclusivity::overlap"]);
    assert!(page.starts_with("# charter::exclusivity::overlap\n"), "{page}");
    assert!(page.contains("## Wrong") && page.contains("## Right"), "{page}");
    let page = workspace.must(&["explain", "right_of_first_refusal"]);
    assert!(page.contains("`response_window`") && page.contains("`30 days`"), "{page}");
    let codes = workspace.must(&["explain"]);
    assert!(codes.contains("charter::exclusivity::overlap"), "{codes}");
}

#[test]
fn a_scenario_only_supposes() {
    let workspace = Workspace::example();
    let survives = scenario("participation-survives.md");
    let holds = |extra: &[&str]| {
        let terms = workspace.json(&[&["terms", "--at", "2026-01-01"][..], extra].concat());
        let clause = Some("profit_participation.future-products");
        terms.as_array().unwrap().iter().any(|row| row["clause"].as_str() == clause)
    };
    assert!(!holds(&[]) && holds(&["--scenario", &survives]));
    let ran = workspace.run(&[
        "terms",
        "--scenario",
        &workspace.path("registry.md").display().to_string(),
    ]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    // A scenario in the folder of the documents is not one of them, and cannot be adopted.
    std::fs::copy(&survives, workspace.path("survives.md")).unwrap();
    assert!(!holds(&[]));
    assert_eq!(workspace.run(&["adopt", "survives.md"]).code, 2);
}
