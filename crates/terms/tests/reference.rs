//! The reference of the language says what the readers of the language do.

use std::path::Path;

use terms::reference::{Need, kinds, shapes};
use terms::value::Form;
use terms::{Attribute, Kind, reference, registry::Entry};

#[test]
fn the_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/language.md");
    if std::env::var_os("CHARTER_RENEW").is_some() {
        std::fs::write(&path, reference()).expect("docs/language.md can be written");
    }
    let page = std::fs::read_to_string(path).expect("docs/language.md is there");
    assert!(page == reference(), "stale; renew it with `CHARTER_RENEW=1 cargo test -p terms`");
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

#[test]
fn shapes_say_what_sort_of_value_an_attribute_takes() {
    let form = |word: &str, inner: &str, name: &str| {
        let shapes = shapes(word);
        let shape = shapes.iter().find(|shape| shape.word == inner).expect(inner);
        let asked = shape.attributes.iter().find(|asked| asked.name == name).expect(name);
        asked.form.clone()
    };
    assert_eq!(form("channel", "channel", "service"), Form::Name(&[Entry::Service]));
    assert_eq!(form("agreement", "agreement", "parties"), Form::Name(&[Entry::Party]));
    assert_eq!(form("amendment", "amendment", "amends"), Form::Name(&[]));
    assert_eq!(form("consent", "consent", "replaces"), Form::Clause);
    assert_eq!(form("consent", "except", "host"), Form::Name(&[Entry::Cloud]));
    assert_eq!(form("price_list", "price", "input"), Form::Money);
    let Form::Words(words) = form("licence", "licence", "exclusivity") else {
        panic!("a closed list of words");
    };
    assert!(words.iter().all(|(word, meaning)| !word.is_empty() && !meaning.is_empty()));
}

#[test]
fn the_page_says_what_words_mean_and_where_a_list_may_stand() {
    let page = reference();
    let words = page.split("\n## Words\n").nth(1).expect("a section about words");
    assert!(words.contains("\n- `whole_lots`: Whole lots.\n"));
    // One name may stand for lists that differ; those of one list are told once.
    for list in ["`price` of `option`: ", "`price` of `renewal`: ", "`effort`: "] {
        assert_eq!(words.matches(&format!("\n{list}")).count(), 1, "{list}");
    }
    let row = |name: &str| {
        let start = format!("| `{name}` | ");
        page.lines().find(|line| line.starts_with(&start)).expect("a row").contains("; or a list")
    };
    assert!(row("parties") && row("trigger"), "several may stand there");
    assert!(!row("signed") && !row("mode"), "only one may stand there");
}

#[test]
fn every_kind_has_one_shape_for_each_block() {
    for (word, _) in kinds() {
        let shapes = shapes(word);
        let last = shapes.last().expect(word);
        assert_eq!(last.word, word, "the block itself comes last");
        for inner in shapes.iter().flat_map(|shape| &shape.blocks) {
            let found = shapes.iter().filter(|shape| shape.word == inner.word).count();
            assert_eq!(found, 1, "`{}` in `{word}`", inner.word);
        }
    }
    // The plain rate is asked for only where there are no tiers.
    let share = shapes("revenue_share");
    let rate = share.last().and_then(|share| share.attributes.iter().find(|a| a.name == "rate"));
    assert_eq!(rate.map(|rate| &rate.need), Some(&Need::Optional));
    let scope = shapes("consent").into_iter().find(|shape| shape.word == "scope");
    assert_eq!(scope.map(|scope| scope.attributes.len()), Some(Attribute::WORDS.len()));
}
