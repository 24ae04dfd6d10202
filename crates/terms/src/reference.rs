//! The reference of the language, made from the very readers that read documents.
//!
//! Each kind of block is read once with nothing in it; what its reader asks for is what it may hold.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use crate::act::{Domain, Verb};
use crate::compile::read;
use crate::fields::Collected;
use crate::registry::Entry;
use crate::value::{Form, Value};
use crate::{Attribute, Document, Kind, Source};

pub use crate::fields::{Asked, Inner, Need, Shaped};

const HEAD: &str = "\
# The agreement language

An agreement is a set of Markdown documents. Prose is for people; fenced `hcl` blocks are the terms. The
prose between a block and the heading or block above it is the *text* of its clauses.

A block is `kind \"label\" { … }`, one `name = value` a line. Names of things (`openai`) and words of a list
(`whole_lots`) stand bare, values with a unit in quotes (`\"30 days\"`). Where several will do, write a list:
`[training, research]`. Digits may be grouped: `\"USD 1_000_000\"`.

A clause begins when its document takes effect and ends when its document ends, unless `from` or `until` says
otherwise; what was invested or paid does not end. `until` is the first day on which a clause no longer
holds, or a list of which the first counts. A clause of an amendment takes the place of another with
`replaces = kind.label`.

Of what is left out and has `—` in the tables below, a clause says nothing.

What no source states is marked: `assumed = \"why\"` for a whole block, or
`assumed = { rate = \"why\" }` value by value.

This page is made by `charter language`, from the readers of the language themselves.
";

const FRAMES: [(&str, &str); 5] = [
    ("agreement", "Begins the document that an agreement rests on."),
    ("amendment", "Begins a document that changes an agreement."),
    (
        "scenario",
        "Begins a document that only supposes what might be agreed or happen; given with `--scenario`.",
    ),
    (
        "condition",
        "Names an event that clauses may begin or end on or depend on, as `until = condition.NAME`.",
    ),
    (
        "end",
        "Ends a clause: `end \"kind\" \"label\" {}`, from the amendment's effective date on, or from the day `at` on.",
    ),
];

/// The reference as a Markdown page.
pub fn reference() -> String {
    let mut page = HEAD.to_string();
    section(&mut page, "Frames", FRAMES.iter().copied());
    section(&mut page, "Clauses", clauses());
    section(&mut page, "Registry", entries());
    scopes(&mut page);
    words(&mut page);
    page
}

/// Every kind of block that stands on its own, with its meaning.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    clauses().chain(FRAMES).chain(entries())
}

fn clauses() -> impl Iterator<Item = (&'static str, &'static str)> {
    let kinds = Kind::WORDS.iter().filter_map(|word| Kind::from_word(word));
    kinds.map(|kind| (kind.word(), kind.meaning()))
}

fn entries() -> impl Iterator<Item = (&'static str, &'static str)> {
    let entries = Entry::WORDS.iter().filter_map(|word| Entry::from_word(word));
    entries.map(|entry| (entry.word(), entry.meaning()))
}

/// What a kind of block means and may hold, as a page of its own; `None` if there is no such kind.
pub fn reference_of(kind: &str) -> Option<String> {
    let (word, meaning) = kinds().find(|(word, _)| *word == kind)?;
    let mut page = format!("# `{word}`\n\n{meaning}\n");
    blocks(&mut page, word);
    Some(page)
}

fn section<'a>(page: &mut String, title: &str, kinds: impl Iterator<Item = (&'a str, &'a str)>) {
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(page, "\n## {title}");
    for (word, meaning) in kinds {
        let _ = writeln!(page, "\n### `{word}`\n\n{meaning}");
        blocks(page, word);
    }
}

/// What a block and the blocks inside it may hold.
fn blocks(page: &mut String, word: &str) {
    let shapes = shapes(word);
    // The block itself is finished last, after the blocks inside it. Blocks that hold the same are told
    // together.
    let mut told: Vec<(Vec<&str>, String)> = Vec::new();
    for shape in shapes.iter().rev().filter(|shape| !is_scope(shape)) {
        let mut holds = String::new();
        table(&mut holds, shape);
        match told.iter_mut().find(|(of, known)| *known == holds && *of != [word]) {
            Some((of, _)) => of.insert(0, &shape.word),
            None => told.push((vec![&shape.word], holds)),
        }
    }
    for (of, holds) in told {
        if of != [word] {
            let of: Vec<_> = of.iter().map(|of| format!("`{of}`")).collect();
            let _ = writeln!(page, "\nInside, a block {}:", of.join(", or "));
        }
        page.push_str(&holds);
    }
}

fn table(page: &mut String, shape: &Shaped) {
    if !shape.attributes.is_empty() {
        page.push_str("\n| attribute | write | if left out |\n| --- | --- | --- |\n");
    }
    for Asked { name, expected, several, need, .. } in &shape.attributes {
        let without = match need {
            Need::Required => "an error".to_string(),
            Need::Optional => "—".to_string(),
            Need::Default(value) => format!("`{value}`"),
            Need::As(other) => format!("as `{other}` says"),
        };
        let expected = expected.replace('|', "\\|");
        let several = if *several { "; or a list" } else { "" };
        let _ = writeln!(page, "| `{name}` | {expected}{several} | {without} |");
    }
    if shape.blocks.iter().any(|block| block.word == "takes") {
        page.push_str(
            "\nWith any number of `takes` blocks, written as `scope` is: what the holder takes, where \
             that is not what the scope holds.\n",
        );
    }
    if shape.blocks.iter().any(|block| block.word == "scope") {
        page.push_str("\nWith any number of `scope` blocks: which acts it is about.\n");
    }
}

/// What a kind of block that stands on its own, and the blocks inside it, may hold; the block itself
/// comes last. None if there is no such kind.
pub fn shapes(word: &str) -> Vec<Shaped> {
    let bare = probe(word, "");
    let mut shapes = bare.clone();
    // Each round asks for the blocks that the last one found inside others.
    while let Some(outer) = shapes.last()
        && let known = shapes.len()
        && let inside = inside(&outer.blocks, &shapes)
        && let found = probe(word, &inside)
        && found.len() > known
    {
        shapes = found;
    }
    // With some blocks inside, a reader no longer asks for what they say instead.
    if let (Some(outer), Some(bare)) = (shapes.last_mut(), bare.last()) {
        let asked: BTreeSet<_> = outer.attributes.iter().map(|asked| asked.name).collect();
        let only_bare = bare.attributes.iter().filter(|bare| !asked.contains(bare.name));
        outer.attributes.extend(only_bare.cloned());
    }
    for asked in shapes.iter_mut().filter(|shape| is_scope(shape)).flat_map(|s| &mut s.attributes) {
        asked.form = Attribute::from_word(asked.name).map_or(Form::Other, form);
    }
    for shape in &mut shapes {
        let mut seen = BTreeSet::new();
        shape.attributes.retain(|asked| seen.insert(asked.name));
    }
    // A block that may stand in several others, as `tier`, is the same in each.
    let mut seen = BTreeSet::new();
    shapes.retain(|shape| seen.insert(shape.word.clone()));
    shapes
}

/// Empty blocks, with the blocks inside them as far as they are known.
fn inside(blocks: &[Inner], shapes: &[Shaped]) -> String {
    let block = |block: &Inner| {
        let shape = shapes.iter().find(|shape| shape.word == block.word);
        let inside = shape.map_or(String::new(), |shape| inside(&shape.blocks, shapes));
        let label = if block.label.is_some() { "\"x\" " } else { "" };
        format!("{} {label}{{\n{inside}}}\n", block.word)
    };
    blocks.iter().map(block).collect()
}

/// Whether it is a block of constraints on acts: those have a section of their own.
fn is_scope(shape: &Shaped) -> bool {
    ["scope", "takes", "except"].contains(&shape.word.as_str())
}

fn form(attribute: Attribute) -> Form {
    let words = |word: &&'static str| {
        let verb = Verb::from_word(word).filter(|_| attribute == Attribute::Act);
        (*word, verb.map_or("", |verb| verb.meaning()))
    };
    match attribute.domain() {
        Domain::Words(known) => Form::Words(Cow::Owned(known.iter().map(words).collect())),
        Domain::Registered(entries) => Form::Name(entries),
        Domain::Free | Domain::Count => Form::Other,
    }
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
         `except` blocks inside it.\nAn attribute left out may have any value. Several `scope` blocks \
         hold what any of them holds; a clause with none\nholds every act. A licence that names no \
         `act` is one to `use`.\n\n\
         | attribute | what it says | values |\n| --- | --- | --- |\n",
    );
    for attribute in Attribute::WORDS.iter().filter_map(|word| Attribute::from_word(word)) {
        let values = match attribute.domain() {
            Domain::Words(words) => words.iter().map(|word| format!("`{word}`")).collect(),
            Domain::Registered(entries) => entries
                .iter()
                .map(|entry| format!("the name of {}", article(entry.word())))
                .collect(),
            Domain::Free => vec!["any word".to_string()],
            Domain::Count => {
                vec!["a range from one count to below another, as `\"1_000..5_000\"`".to_string()]
            }
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

fn article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}

/// What the words of each list mean; once where several kinds of block have the same list.
fn words(page: &mut String) {
    page.push_str("\n## Words\n\nWhat the words mean that stand for a value.\n");
    let kinds = kinds().flat_map(|(word, _)| shapes(word)).filter(|shape| !is_scope(shape));
    let mut lists: BTreeMap<&str, Vec<(Asked, Vec<String>)>> = BTreeMap::new();
    for Shaped { word, attributes, .. } in kinds {
        // The attributes of acts are told with the scopes.
        let lists_words = |asked: &Asked| !asked.about.is_empty() && asked.form != Attribute::FORM;
        for asked in attributes.into_iter().filter(lists_words) {
            let known = lists.entry(asked.name).or_default();
            match known.iter_mut().find(|(other, _)| other.form == asked.form) {
                Some((_, of)) => of.push(format!("`{word}`")),
                None => known.push((asked, vec![format!("`{word}`")])),
            }
        }
    }
    for lists in lists.into_values() {
        let differ = lists.len() > 1;
        for (Asked { name, about, form, .. }, mut of) in lists {
            let Form::Words(words) = form else { continue };
            of.sort();
            of.dedup();
            let of = if differ { format!(" of {}", of.join(", ")) } else { String::new() };
            let _ = writeln!(page, "\n`{name}`{of}: {about}\n");
            for (word, meaning) in words.iter() {
                let _ = writeln!(page, "- `{word}`: {meaning}");
            }
        }
    }
}
