//! The reference of the language, made from the very readers that read documents.
//!
//! Each kind of block is read once with nothing in it; what its reader asks for is what it may hold.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use crate::act::{Domain, Verb};
use crate::compile::read;
use crate::fields::{Asked, Collected, Need, Shaped};
use crate::registry::Entry;
use crate::{Attribute, Document, Kind, Source};

const HEAD: &str = "\
# The agreement language

An agreement is a set of Markdown documents. Prose is for people; fenced `hcl` blocks are the terms. The
prose between a block and the heading or block above it is the *text* of its clauses.

A block is `kind \"label\" { … }`, one `name = value` a line. Names of things (`openai`) and words of a list
(`whole_lots`) stand bare, values with a unit in quotes (`\"30 days\"`). Where several will do, write a list:
`[training, research]`. Digits may be grouped: `\"USD 1_000_000\"`.

A clause begins when its document takes effect and ends when that does, unless `from` or `until` says
otherwise; what was invested or paid does not end. `until` is the first day on which a clause no longer
holds, or a list of which the first counts. A clause of an amendment takes the place of another with
`replaces = kind.label`.

What no source states is marked: `assumed = \"why\"` for a whole block, or
`assumed = { rate = \"why\" }` value by value.

This page is made by `charter language`, from the readers of the language themselves.
";

/// Blocks of constraints on acts, which have a section of their own.
const SCOPES: [&str; 2] = ["scope", "takes"];

const FRAMES: [(&str, &str); 5] = [
    ("agreement", "Frames the document that founds an agreement."),
    ("amendment", "Frames a document that changes one."),
    ("scenario", "Frames a document that only supposes: a what-if, given with `--scenario`."),
    ("condition", "Names an event that clauses may begin or end on, as `until = condition.NAME`."),
    ("end", "Ends a clause: `end \"kind\" \"label\" {}`, from the amendment's effective date on."),
];

/// The reference as a Markdown page.
pub fn reference() -> String {
    let mut page = HEAD.to_string();
    section(&mut page, "Frames", FRAMES.iter().copied());
    let kinds = Kind::WORDS.iter().filter_map(|word| Kind::from_word(word));
    section(&mut page, "Clauses", kinds.map(|kind| (kind.word(), kind.meaning())));
    let entries = Entry::WORDS.iter().filter_map(|word| Entry::from_word(word));
    section(&mut page, "Registry", entries.map(|entry| (entry.word(), entry.meaning())));
    scopes(&mut page);
    page
}

fn section<'a>(page: &mut String, title: &str, kinds: impl Iterator<Item = (&'a str, &'a str)>) {
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(page, "\n## {title}");
    for (word, meaning) in kinds {
        let _ = writeln!(page, "\n### `{word}`\n\n{meaning}");
        let shapes = shapes(word);
        // The block itself is finished last, after the blocks inside it.
        for shape in shapes.iter().rev().filter(|shape| !SCOPES.contains(&shape.word.as_str())) {
            if shape.word != word {
                let _ = writeln!(page, "\nInside, a block `{}`:", shape.word);
            }
            table(page, shape);
        }
    }
}

fn table(page: &mut String, shape: &Shaped) {
    let mut seen = BTreeSet::new();
    let attributes: Vec<_> =
        shape.attributes.iter().filter(|asked| seen.insert(asked.name)).collect();
    if !attributes.is_empty() {
        page.push_str("\n| attribute | write | if left out |\n| --- | --- | --- |\n");
    }
    for Asked { name, expected, need } in attributes {
        let without = match need {
            Need::Required => "an error".to_string(),
            Need::Optional => "—".to_string(),
            Need::Default(value) => format!("`{value}`"),
        };
        let expected = expected.replace('|', "\\|");
        let _ = writeln!(page, "| `{name}` | {expected} | {without} |");
    }
    if shape.blocks.contains(&"takes") {
        page.push_str(
            "\nWith any number of `takes` blocks, written as `scope` is: what the holder takes, where \
             that is not what the scope holds.\n",
        );
    }
    if shape.blocks.contains(&"scope") {
        page.push_str("\nWith any number of `scope` blocks: which acts it is about.\n");
    }
}

/// What a kind of block and the blocks inside it may hold; the block itself comes last.
fn shapes(word: &str) -> Vec<Shaped> {
    let outer = probe(word, "");
    let inner: BTreeSet<_> = outer.iter().flat_map(|shape| shape.blocks.iter().copied()).collect();
    let blocks: Vec<_> = inner
        .into_iter()
        .map(|block| {
            if block == "price" {
                "price \"x\" {}\n".to_string()
            } else {
                format!("{block} {{}}\n")
            }
        })
        .collect();
    probe(word, &blocks.concat())
}

fn probe(word: &str, inside: &str) -> Vec<Shaped> {
    let labels = if word == "end" { "\"exclusivity\" \"x\"" } else { "\"x\"" };
    let text = format!("```hcl\n{word} {labels} {{\n{inside}}}\n```\n");
    let document = Arc::new(Document::new("reference.md", text));
    let mut into = Collected { shapes: Some(Vec::new()), ..Collected::default() };
    read(&[Source { document, known: None }], &mut into);
    into.shapes.unwrap_or_default()
}

fn scopes(page: &mut String) {
    page.push_str(
        "\n## Scopes\n\nA `scope` block holds the acts that meet all its constraints, less those of the \
         `except` blocks inside it.\nSeveral `scope` blocks hold what any of them holds.\n\n\
         | attribute | what it says | values |\n| --- | --- | --- |\n",
    );
    for attribute in Attribute::WORDS.iter().filter_map(|word| Attribute::from_word(word)) {
        let values = match attribute.domain() {
            Domain::Words(words) => words.iter().map(|word| format!("`{word}`")).collect(),
            Domain::Registered(entries) => {
                entries.iter().map(|entry| format!("the name of a {entry}")).collect()
            }
            Domain::Free => vec!["any word".to_string()],
            Domain::Count => vec!["a half-open range, as `\"1_000..5_000\"`".to_string()],
        };
        let values = values.join(", ");
        let _ = writeln!(page, "| `{attribute}` | {} | {values} |", attribute.meaning());
    }
    page.push_str("\nThe acts, and what may be said of each beside `by`:\n\n");
    for verb in Verb::WORDS.iter().filter_map(|word| Verb::from_word(word)) {
        let said: Vec<_> = verb.attributes().iter().map(|a| format!("`{a}`")).collect();
        let _ = writeln!(page, "- `{verb}`: {} {}.", verb.meaning(), said.join(", "));
    }
}
