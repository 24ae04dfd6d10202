use std::process::Command;

use settlement::Line;

use crate::common::{Settlement, hand, said};

/// Whether hledger, told to be strict, accepts a journal.
fn hledger_accepts(journal: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("books.journal");
    std::fs::write(&file, journal).unwrap();
    let hledger = Command::new("hledger").arg("-f").arg(&file).args(["check", "--strict"]).output();
    hledger.expect("hledger runs; ./test installs it").status.success()
}

/// Whether `bean-check` accepts a ledger; none where it cannot be installed.
fn beancount_accepts(ledger: &str) -> Option<bool> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("books.beancount");
    std::fs::write(&file, ledger).unwrap();
    Some(hand(&["bean-check", file.to_str().unwrap()])?.status.success())
}

#[test]
fn hledger_accepts_our_books_and_finds_faults() {
    let december = Settlement::of_december();
    let books = exports::hledger(&december.settled()).unwrap();
    assert!(hledger_accepts(&books), "{books}");
    for (fault, from, to) in [
        ("an unbalanced transaction", "USD 106396.08", "USD 106396.09"),
        ("an unknown account", "    openai:assets:customers", "    openai:assets:nobody"),
        ("an unknown currency", "USD -106396.08", "GBP -106396.08"),
    ] {
        let wrong = books.replacen(from, to, 1);
        assert_ne!(books, wrong, "{fault}");
        assert!(!hledger_accepts(&wrong), "{fault} is accepted");
    }
}

#[test]
fn beancount_accepts_our_books_and_finds_faults() {
    let december = Settlement::of_december();
    let books = exports::beancount(&december.settled()).unwrap();
    let Some(accepts) = beancount_accepts(&books) else { return };
    assert!(accepts, "{books}");
    for (fault, from, to) in [
        ("an unbalanced transaction", " 106396.08 USD", " 106396.09 USD"),
        ("an unknown account", "\n  Assets:Openai:Customers", "\n  Assets:Openai:Nobody"),
        ("a currency the account is not open for", "-106396.08 USD", "-106396.08 GBP"),
        ("a posting before the account is open", "\n2025-12-31 *", "\n2025-11-30 *"),
    ] {
        let wrong = books.replacen(from, to, 1);
        assert_ne!(books, wrong, "{fault}");
        assert_eq!(beancount_accepts(&wrong), Some(false), "{fault} is accepted");
    }
}

#[test]
fn books_cite_clauses() {
    let december = Settlement::of_december();
    let hledger = exports::hledger(&december.settled()).unwrap();
    let beancount = exports::beancount(&december.settled()).unwrap();
    assert!(
        hledger
            .contains("clause: revenue_share.to-microsoft, document: 2025-10-recapitalisation.md:")
    );
    assert!(beancount.contains("  clause: \"revenue_share.to-microsoft\"\n  document: \"2025-10"));
}

#[test]
fn books_cite_the_version_of_a_clause_that_causes_a_line() {
    let mut december = Settlement::of_december();
    let is_share = |line: &&mut Line| line.clause == "revenue_share.to-microsoft";
    let line = december.statement.lines.iter_mut().find(is_share).unwrap();
    let before = Line { document: "before.md".to_string(), title: "before".into(), ..line.clone() };
    december.statement.lines.insert(0, before);
    let books = exports::hledger(&december.settled()).unwrap();
    assert!(!books.contains("before.md"), "{books}");
}

#[test]
fn what_is_provisional_is_no_books() {
    let provisional = Settlement::provisional();
    assert!(exports::hledger(&provisional.settled()).is_err());
    assert!(exports::beancount(&provisional.settled()).is_err());
    let focus = exports::focus(&provisional.settled(), exports::focus::Version::V1_4);
    assert!(matches!(focus, Err(exports::focus::FocusError::Provisional(_))));
}

#[test]
fn a_fault_is_told_where_it_is() {
    let december = Settlement::of_december();
    let books = exports::beancount(&december.settled()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("books.beancount");
    std::fs::write(&file, books.replacen(" 106396.08 USD", " 106396.09 USD", 1)).unwrap();
    let Some(output) = hand(&["bean-check", file.to_str().unwrap()]) else { return };
    assert!(said(&output).contains("does not balance"), "{}", said(&output));
}
