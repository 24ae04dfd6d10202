//! Every code has a page, and no page is about a code that there is not.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use terms::explain::{self, explain};

/// Only says where else something is, as part of another finding.
const PART_OF_OTHERS: &str = "charter::elsewhere";

/// Every code in quotes in the source files of a folder.
fn codes(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes(&path, into);
        } else if !path.ends_with("explain.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let quoted = text.split('"').filter(|text| text.starts_with("charter::"));
            into.extend(quoted.map(str::to_string));
        }
    }
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let mut used = BTreeSet::new();
    codes(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut used);
    used.remove(PART_OF_OTHERS);
    let explained: BTreeSet<_> = explain::pages().map(|(code, _)| code.to_string()).collect();
    let missing: Vec<_> = used.difference(&explained).collect();
    let stale: Vec<_> = explained.difference(&used).collect();
    assert!(missing.is_empty(), "without a page in `findings/`: {missing:?}");
    assert!(stale.is_empty(), "pages about no code: {stale:?}");
}

#[test]
fn every_file_of_a_page_is_shown() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("findings");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let shown = text == explain::REGISTRY || explain::pages().any(|(_, page)| page == text);
        assert!(shown, "{} is in no list", path.display());
    }
}

#[test]
fn a_code_may_be_given_without_its_beginning() {
    assert_eq!(explain("value::unit"), explain("charter::value::unit"));
    assert_eq!(explain("value::unt"), Err("did you mean `charter::value::unit`?".to_string()));
    assert_eq!(explain("unknown"), Err("did you mean `charter::name::unknown`?".to_string()));
    assert_eq!(explain("flood"), Err("give it as the finding shows it".to_string()));
}
