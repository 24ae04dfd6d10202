//! The reference of the language says what the readers of the language do.

use std::path::Path;

use terms::{Kind, reference, registry::Entry};

#[test]
fn the_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/language.md");
    let page = std::fs::read_to_string(path).expect("docs/language.md is there");
    assert!(page == reference(), "stale; renew it with `./run language > docs/language.md`");
}

#[test]
fn every_kind_has_a_section_and_no_reader_fails() {
    let page = reference();
    for word in Kind::WORDS.iter().chain(Entry::WORDS) {
        let section = page.split(&format!("### `{word}`")).nth(1).expect(word);
        let section = section.split("\n##").next().expect(word);
        assert!(section.contains("| `"), "`{word}` has no attribute");
    }
    // What stands in a block inside is told too.
    for inner in ["block `primarily`", "block `tier`", "block `price`", "block `further_remedy`"] {
        assert!(page.contains(inner), "{inner}");
    }
}
