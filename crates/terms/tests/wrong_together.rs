//! Wrong together: documents that are sound alone and not with each other, and documents in which
//! several things are wrong at once.

mod common;

use common::{REGISTRY, agreement, amendment, compile, position, shown};

const EXCLUSIVITY: &str = "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n}";

/// Name of the row; the signature and the clauses of an amendment, from line 6 on; the document,
/// code, line and column.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, usize, usize);

const AMENDMENTS: &[Row] = &[
    (
        "ends nothing",
        "2025-06-01",
        "end \"exclusivity\" \"f\" {}",
        "amendment.md",
        "charter::amendment::of-nothing",
        6,
        1,
    ),
    (
        "ends no kind of clause",
        "2025-06-01",
        "end \"exclusivty\" \"e\" {}",
        "amendment.md",
        "charter::name::block",
        6,
        1,
    ),
    (
        "replaces nothing",
        "2025-06-01",
        "exclusivity \"f\" {\n  grantor = lab\n  holder = cloud\n  replaces = exclusivity.g\n}",
        "amendment.md",
        "charter::amendment::of-nothing",
        9,
        14,
    ),
    (
        "same clause without replaces",
        "2025-06-01",
        EXCLUSIVITY,
        "amendment.md",
        "charter::clause::twice",
        6,
        1,
    ),
    (
        "takes effect before the agreement",
        "2024-06-01",
        "",
        "amendment.md",
        "charter::date::order",
        2,
        1,
    ),
    (
        "exclusivities overlap",
        "2025-06-01",
        "exclusivity \"f\" {\n  grantor = lab\n  holder = borealis\n  scope { act = [build, serve] }\n}",
        "agreement.md",
        "charter::exclusivity::overlap",
        6,
        1,
    ),
];

#[test]
fn amendments_that_do_not_fit_their_agreement() {
    for (name, signed, clauses, document, code, line, column) in AMENDMENTS {
        let agreement = agreement(EXCLUSIVITY);
        let amendment = amendment("june", signed, clauses);
        let (_, findings) = compile(&[
            ("registry.md", REGISTRY),
            ("agreement.md", &agreement),
            ("amendment.md", &amendment),
        ]);
        let said = shown(&findings);
        assert_eq!(findings.len(), 1, "{name}\n{said}");
        let (at, at_line, at_column) = position(&findings[0]);
        let found = (at.as_str(), findings[0].code, at_line, at_column);
        assert_eq!(found, (*document, *code, *line, *column), "{name}\n{said}");
        insta::assert_snapshot!(name.replace(' ', "_"), said);
    }
}

#[test]
fn an_amendment_of_an_unknown_agreement() {
    let amendment = amendment("june", "2025-06-01", "").replace("lab-cloud", "lab-clod");
    let agreement = agreement("");
    let (_, findings) =
        compile(&[("r.md", REGISTRY), ("agreement.md", &agreement), ("amendment.md", &amendment)]);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code, "charter::amendment::of-nothing");
    insta::assert_snapshot!(shown(&findings));
}

#[test]
fn two_amendments_of_one_name() {
    let agreement = agreement("");
    let (june, july) = (amendment("a", "2025-06-01", ""), amendment("a", "2025-07-01", ""));
    let (_, findings) =
        compile(&[("r.md", REGISTRY), ("1.md", &agreement), ("2.md", &june), ("3.md", &july)]);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code, "charter::name::twice");
    insta::assert_snapshot!(shown(&findings));
}

#[test]
fn an_amendment_that_ends_before_it_begins_is_told_once() {
    let agreement = agreement("");
    let amendment = amendment("june", "2025-06-01", EXCLUSIVITY)
        .replace("amends = lab-cloud", "amends = lab-cloud\n  until = \"2025-05-01\"");
    let (_, findings) = compile(&[("r.md", REGISTRY), ("1.md", &agreement), ("2.md", &amendment)]);
    assert_eq!(findings.len(), 1, "{}", shown(&findings));
    insta::assert_snapshot!(shown(&findings));
}

#[test]
fn a_clause_outside_an_agreement() {
    let clause = format!("```hcl\n{EXCLUSIVITY}\n```\n");
    let (_, findings) = compile(&[("registry.md", REGISTRY), ("clause.md", &clause)]);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code, "charter::frame::missing");
    assert_eq!(position(&findings[0]), ("clause.md".to_string(), 2, 1));
    insta::assert_snapshot!(shown(&findings));
}

#[test]
fn a_third_version_must_say_what_it_replaces_too() {
    let first = agreement(EXCLUSIVITY);
    let second = EXCLUSIVITY.replace("{\n", "{\n  replaces = exclusivity.e\n");
    let second = amendment("second", "2025-06-01", &second);
    let third = amendment("third", "2025-07-01", EXCLUSIVITY);
    // Whatever order the documents come in, the one that was signed last is wrong.
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let all = [("1.md", first.as_str()), ("2.md", &second), ("3.md", &third)];
        let documents: Vec<_> = order.iter().map(|at| all[*at]).collect();
        let (_, findings) = compile(&[&[("registry.md", REGISTRY)], &documents[..]].concat());
        assert_eq!(findings.len(), 1, "{}", shown(&findings));
        assert_eq!(findings[0].code, "charter::clause::twice");
        assert_eq!(position(&findings[0]), ("3.md".to_string(), 6, 1));
    }
}

#[test]
fn everything_that_is_wrong_is_told_in_one_run() {
    let text = r#"# An agreement with four problems

```hcl
agreement "lab-cloud" {
  parties = [lab, clod]
  signed  = "2025-01-01"
}
```

Prose between.

```hcl
right_of_first_refusal "r" {
  grantor         = lab
  holder          = cloud
  response_window = "30 dollars"
}
```

```hcl
condition "conversion" {
  occurred = 1 March
}
```

```hcl
commitment "c" {
  customer = lab
  supplier = cloud
  amount   = "1_000"
  until    = condition.conversion
}
```
"#;
    let (terms, findings) = compile(&[("registry.md", REGISTRY), ("agreement.md", text)]);
    let lines: Vec<_> = findings.iter().map(|finding| position(finding).1).collect();
    assert_eq!(lines.len(), 4, "{}", shown(&findings));
    insta::assert_snapshot!(shown(&findings));
    // What could be read is there nonetheless.
    assert_eq!(terms.clauses.len(), 1);
}

#[test]
fn one_mistake_is_not_reported_again_by_all_who_depend_on_it() {
    let registry = REGISTRY.replace("title = \"Borealis\"", "title = Borealis Inc");
    let clauses = format!("{EXCLUSIVITY}\ncondition \"built\" {{}}");
    let sound = agreement(&clauses);
    let ends = amendment("june", "2025-06-01", "end \"exclusivity\" \"e\" {}");
    let cases = [
        ("the registry", registry.as_str(), sound.as_str()),
        ("the frame", REGISTRY, &sound.replace("\"2025-01-01\"", "2025")),
        ("the frame's block", REGISTRY, &sound.replace("\"2025-01-01\"", "\"2025-01-01")),
        ("the clause", REGISTRY, &sound.replace("holder = cloud", "")),
        (
            "the clause's kind",
            REGISTRY,
            &sound.replace("exclusivity \"e\"", "exclusivity \"e\" \"f\""),
        ),
    ];
    for (name, registry, agreement) in cases {
        let documents =
            [("registry.md", registry), ("agreement.md", agreement), ("june.md", &ends)];
        let (_, findings) = compile(&documents);
        assert_eq!(findings.len(), 1, "{name}\n{}", shown(&findings));
    }
}

#[test]
fn an_empty_document_says_nothing_and_is_no_mistake() {
    for text in [
        "",
        "\n",
        "\u{feff}",
        "# Only prose\n\nNothing here.\n",
        "```hcl\n```\n",
        "```hcl",
        "```hcl\n# later\n```",
    ] {
        let (terms, findings) = compile(&[("empty.md", text)]);
        assert_eq!((terms.clauses.len(), findings.len()), (0, 0), "{text:?}");
    }
}
