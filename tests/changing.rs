//! What a change of terms, or of partners, means for what one may do.

use serde_json::Value;

use crate::workspace::Workspace;

/// The day before and the day of each amendment, and of the ends that the last one sets.
const CHANGES: &[(&str, &str, usize)] = &[
    ("2019-07-21", "2019-07-22", 6),
    ("2025-01-20", "2025-01-21", 4),
    ("2025-10-27", "2025-10-28", 2),
    ("2026-04-26", "2026-04-27", 2),
    ("2030-12-31", "2031-01-01", 2),
    ("2032-12-31", "2033-01-01", 2),
];

/// The words by which somebody asks for an act that came as JSON.
fn words(act: &Value) -> Vec<String> {
    let pairs = act.as_object().unwrap().iter();
    // Whoever builds builds new capacity: that is not asked for.
    let pairs = pairs.filter(|(key, _)| *key != "act" && (act["act"] != "build" || *key != "kind"));
    let pairs = pairs.map(|(key, value)| format!("{key}={}", value.as_str().unwrap()));
    std::iter::once(act["act"].as_str().unwrap().to_string()).chain(pairs).collect()
}

#[test]
fn every_act_that_a_change_shows_can_be_asked_for() {
    let workspace = Workspace::example();
    for (from, to, acts) in CHANGES {
        let changes = workspace.json(&["diff", "--from", from, "--to", to]);
        let rows = changes["acts"].as_array().unwrap();
        assert_eq!(rows.len(), *acts, "{from} to {to}: {rows:#?}");
        for row in rows {
            assert_ne!(row["before"]["verdict"], row["after"]["verdict"]);
            let act = words(&row["act"]);
            for (side, day) in [("before", from), ("after", to)] {
                let mut question = vec!["ask"];
                question.extend(act.iter().map(String::as_str));
                question.extend(["--at", day]);
                let decision = workspace.json(&question);
                assert_eq!(decision["verdict"], row[side]["verdict"], "{question:?}");
                assert_eq!(decision["because"], row[side]["because"], "{question:?}");
            }
        }
    }
}

#[test]
fn an_amendment_is_shown_with_its_text_and_what_it_allows() {
    let workspace = Workspace::example();
    insta::assert_snapshot!(workspace.must(&[
        "diff",
        "--from",
        "2025-01-20",
        "--to",
        "2025-01-21"
    ]));
}

#[test]
fn what_is_supposed_is_supposed_in_the_question_too() {
    let workspace = Workspace::example();
    let open = workspace.write(
        "open.md",
        "```hcl\nscenario \"open\" {\n  of        = microsoft-openai\n  effective = \"2025-06-01\"\n}\n\n\
         end \"exclusivity\" \"api-hosting\" {}\n```\n",
    );
    let days = ["--from", "2025-05-31", "--to", "2025-06-01"];
    assert!(
        workspace.must(&[&["diff"][..], &days].concat()).contains("no act has another verdict")
    );
    let shown = workspace.must(&[&["diff"][..], &days, &["--scenario", &open]].concat());
    let ask = shown.lines().find_map(|line| line.trim().strip_prefix("charter ")).unwrap();
    assert!(ask.ends_with(&format!("--scenario {open}")), "{ask}");
    let answer = workspace.must(&ask.split(' ').collect::<Vec<_>>());
    assert!(answer.starts_with("permitted"), "{answer}");
}

#[test]
fn each_partner_learns_what_goes_on_without_the_other() {
    let workspace = Workspace::example();
    for party in ["openai", "microsoft"] {
        for day in ["2025-02-01", "2026-06-01"] {
            let ran = workspace.run(&["continuity", "--without", party, "--at", day]);
            // Either can go on with something: nothing of the other's stops for good.
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            insta::assert_snapshot!(format!("without_{party}_on_{day}"), ran.stdout);
        }
    }
}

#[test]
fn a_licence_that_outlives_its_grantor_keeps_the_product() {
    let workspace = Workspace::example();
    let kept = workspace.write(
        "kept.md",
        "```hcl\nscenario \"kept\" {\n  of        = microsoft-openai\n  effective = \"2026-05-01\"\n}\n\n\
         licence \"ip\" {\n  grantor  = openai\n  holder   = microsoft\n  replaces = licence.ip\n  \
         survives = insolvency\n  until    = \"2033-01-01\"\n  scope {\n    act   = use\n    \
         asset = [models, infrastructure, research-ip]\n  }\n}\n```\n",
    );
    let copilot = |cause: &str| {
        let question =
            ["continuity", "--without", "openai", "--at", "2026-06-01", "--cause", cause];
        let found = workspace.json(&[&question[..], &["--scenario", &kept]].concat());
        let rows = found["dependents"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["name"] == "copilot").unwrap()
    };
    let insolvent = copilot("insolvency");
    assert_eq!(insolvent["outcome"], "winds_down");
    assert!(insolvent["acts"].as_array().unwrap().iter().all(|act| {
        act["survives"] == "until 2033-01-01" && act["because"][0]["clause"] == "licence.ip"
    }));
    assert_eq!(copilot("termination")["outcome"], "in_part");
}

#[test]
fn continuity_follows_what_was_known() {
    let workspace = Workspace::example();
    let without = |known: &str| {
        let question = ["continuity", "--without", "microsoft", "--at", "2025-02-01"];
        let found = workspace.json(&[&question[..], &["--known", known]].concat());
        let clauses = found["clauses"].as_array().unwrap().clone();
        clauses.iter().map(|row| row["clause"].as_str().unwrap().to_string()).collect::<Vec<_>>()
    };
    assert!(without("2024-12-31").contains(&"exclusivity.cloud".to_string()));
    assert!(!without("2025-02-01").contains(&"exclusivity.cloud".to_string()));
}
