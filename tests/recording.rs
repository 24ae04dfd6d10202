//! Conditions that are recorded to have occurred.

use crate::workspace::Workspace;

/// Asks, of a day after the panel's verification, whether research may still be used. Known: what was
/// known then.
fn research(workspace: &Workspace, at: &str, known: Option<&str>) -> String {
    let question =
        ["ask", "use", "by=microsoft", "asset=research-ip", "product=copilot", "--at", at];
    let known = known.map(|known| vec!["--known", known]).unwrap_or_default();
    let decision = workspace.json(&[&question[..], &known].concat());
    decision["verdict"].as_str().unwrap().to_string()
}

#[test]
fn clauses_follow_a_recorded_condition_from_when_it_is_known() {
    let workspace = Workspace::adopted();
    assert_eq!(research(&workspace, "2025-12-01", None), "permitted");
    workspace.must(&["record", "agi-verified", "--on", "2025-11-10"]);
    assert_eq!(research(&workspace, "2025-11-09", None), "permitted");
    assert_eq!(research(&workspace, "2025-11-10", None), "forbidden");
    // Before it was entered nobody knew.
    assert_eq!(research(&workspace, "2025-11-10", Some("2025-11-11")), "permitted");
    let log = workspace.json(&["journal", "log", "--about", "condition/agi-verified"]);
    assert_eq!(log[0]["kind"], "condition-occurred");
    assert_eq!(log[0]["payload"]["on"], "2025-11-10");
}

/// A settled month names the records it rests on, so that another day settles it anew.
#[test]
fn a_settled_month_rests_on_what_was_recorded() {
    let workspace = Workspace::adopted();
    workspace.must(&["usage", "generate", "2025-11", "--calls", "1000"]);
    workspace.must(&["record", "agi-verified", "--on", "2025-11-10"]);
    let settled = || {
        workspace.must(&["settle", "2025-11"]);
        let log = workspace.json(&["journal", "log", "--about", "month/2025-11"]);
        let events = log.as_array().unwrap();
        (events.len(), events[events.len() - 1]["payload"]["rests_on"]["conditions"].clone())
    };
    let on = |day: &str| serde_json::json!([{ "name": "agi-verified", "on": day }]);
    assert_eq!(settled(), (1, on("2025-11-10")));
    assert_eq!(settled(), (1, on("2025-11-10")));
    workspace.must(&["record", "agi-verified", "--on", "2025-11-20", "--correct"]);
    assert_eq!(settled(), (2, on("2025-11-20")));
}

#[test]
fn a_day_recorded_wrongly_is_corrected_from_then_on() {
    let workspace = Workspace::adopted();
    let record = |on: &str, extra: &[&str]| {
        workspace.run(&[&["record", "agi-verified", "--on", on], extra].concat())
    };
    assert_eq!(record("2025-11-10", &["--correct"]).code, 2, "there is nothing to correct");
    assert_eq!(record("2025-11-10", &[]).code, 0);
    assert!(record("2025-11-10", &[]).stdout.starts_with("unchanged"));
    let refused = record("2025-12-01", &[]);
    assert_eq!(refused.code, 3, "{}", refused.stdout);
    assert!(refused.stderr.contains("--correct"), "{}", refused.stderr);
    let log = workspace.json(&["journal", "log", "--about", "condition/agi-verified"]);
    assert_eq!(log.as_array().unwrap().len(), 1, "a refused command enters nothing");
    let recorded = log[0]["recorded"].as_str().unwrap().to_string();
    assert_eq!(record("2025-12-01", &["--correct"]).code, 0);
    assert_eq!(research(&workspace, "2025-11-20", None), "permitted");
    assert_eq!(research(&workspace, "2025-12-01", None), "forbidden");
    // Whoever knew only the first record still gets the answer of then.
    assert_eq!(research(&workspace, "2025-11-20", Some(&recorded)), "forbidden");
    workspace.must(&["journal", "verify"]);
}

#[test]
fn only_what_documents_name_and_what_has_come_is_recorded() {
    let workspace = Workspace::adopted();
    let unknown = workspace.run(&["record", "agi-verfied", "--on", "2025-11-10"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("did you mean `agi-verified`?"), "{}", unknown.stderr);
    assert_eq!(workspace.run(&["record", "agi-verified", "--on", "9000-01-01"]).code, 2);
    // The amendment of October 2025 states the day of the conversion.
    let stated = workspace.run(&["record", "for-profit-conversion", "--on", "2025-10-27"]);
    assert!(stated.stderr.contains("2025-10-28"), "{}", stated.stderr);
    assert_eq!(Workspace::example().run(&["record", "agi-verified", "--on", "2025-11-10"]).code, 3);
}

#[test]
fn a_scenario_supposes_another_day_than_was_recorded() {
    let workspace = Workspace::adopted();
    workspace.must(&["record", "agi-verified", "--on", "2025-12-01"]);
    let sooner = workspace.write(
        "sooner.md",
        "```hcl\nscenario \"sooner\" {\n  of        = microsoft-openai\n  effective = \"2025-11-01\"\n}\n\n\
         condition \"agi-verified\" { occurred = \"2025-11-01\" }\n```\n",
    );
    let question = "ask use by=microsoft asset=research-ip product=copilot --at 2025-11-10";
    let question: Vec<_> = question.split(' ').collect();
    assert_eq!(workspace.json(&question)["verdict"], "permitted");
    let supposed = workspace.json(&[&question[..], &["--scenario", &sooner]].concat());
    assert_eq!(supposed["verdict"], "forbidden");
}
