//! Wrong documents: each case in `wrong_input/*.txt` is what stands after an agreement's frame, from
//! line 6 on, under the finding's code, line and column. What its author reads is in `snapshots/`.

mod common;

use common::{REGISTRY, agreement, compile, position, shown};

#[test]
fn blocks_that_cannot_be_read() {
    check_all(include_str!("wrong_input/unreadable.txt"));
}

#[test]
fn values_that_cannot_be_meant() {
    check_all(include_str!("wrong_input/values.txt"));
}

#[test]
fn names_and_dates_that_do_not_fit() {
    check_all(include_str!("wrong_input/names.txt"));
}

/// Checks that each document has one finding, at the place its case names.
fn check_all(cases: &str) {
    let mut wrong = Vec::new();
    for case in cases.split("--- ").skip(1) {
        let (head, clauses) = case.split_once('\n').expect("a case has a line of its own");
        let (name, expected) = head.split_once(": ").expect("a name, then the finding");
        let text = agreement(clauses.trim_end());
        let (_, findings) = compile(&[("registry.md", REGISTRY), ("agreement.md", &text)]);
        let places = findings.iter().map(|finding| {
            let (_, line, column) = position(finding);
            format!("{} at {line}:{column}", finding.code)
        });
        let found: Vec<_> = places.collect();
        let said = shown(&findings);
        if found != [expected] {
            wrong.push(format!("{name}: expected {expected}, found {found:?}\n{said}"));
        }
        insta::assert_snapshot!(name.replace(' ', "_"), said);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
