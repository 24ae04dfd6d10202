//! Whatever expression stands on the right of an `=`: every reader takes or refuses it, and what is
//! taken is shown in a form that reads back as the same value.
//!
//! The readers are those of the language's reference: for each sort of value one attribute that reads
//! one, and one that reads a list of them, each in a clause of its own.

#![no_main]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use hcl_edit::expr::Expression;
use libfuzzer_sys::{Corpus, fuzz_target};
use terms::reference::{Asked, Need, Shaped, shapes};
use terms::value::Form;
use terms::{Clause, Document, Kind, Source, Terms, compile};

/// A clause, written up to the value and from it on.
struct Template {
    kind: Kind,
    before: String,
    after: String,
    /// The parameter as clauses name it.
    parameter: String,
    is_list: bool,
}

static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(templates);

fuzz_target!(|text: &str| -> Corpus {
    if !is_one_expression(text) {
        return Corpus::Reject;
    }
    let written: BTreeMap<usize, String> =
        (0..TEMPLATES.len()).map(|at| (at, text.to_string())).collect();
    let mut left = read(&written);
    // References are written bare, all else in quotes; what does not read back so, the other way.
    let mixed =
        |value: &str| if value.starts_with("condition.") { bare(value) } else { quoted(value) };
    for write in [mixed, bare, quoted] {
        let again = read(&shown(&left, write));
        left.retain(|at, value| again.get(at) != Some(value));
    }
    if let Some((at, value)) = left.first_key_value() {
        let Template { kind, parameter, .. } = &TEMPLATES[*at];
        panic!("{kind} {{ {parameter} = {text} }} does not read back: {value:?}");
    }
    Corpus::Keep
});

fn quoted(value: &str) -> String {
    Expression::from(value).to_string()
}

fn bare(value: &str) -> String {
    value.to_string()
}

/// What was read: as it is shown, and what it makes of the clause.
type Read = (String, String);

/// Reads values, each in the template of its number; those that are refused are left out.
fn read(written: &BTreeMap<usize, String>) -> BTreeMap<usize, Read> {
    let written = written.iter().filter(|(_, value)| is_one_expression(value));
    let clause = |(at, value): (&usize, &String)| {
        let Template { before, after, .. } = &TEMPLATES[*at];
        // A block of its own, so that one refused by the parser spoils no other.
        format!("```hcl\n{}{value}\n{after}```\n\n", before.replace(LABEL, &at.to_string()))
    };
    let text: String = written.map(clause).collect();
    let terms = compiled(&text);
    terms.clauses.iter().filter_map(read_from).collect()
}

fn read_from(clause: &Clause) -> Option<(usize, Read)> {
    let at: usize = clause.id.label.parse().ok()?;
    let template = TEMPLATES.get(at)?;
    let shown = clause.parameter(&template.parameter)?.value.clone();
    let replaces = clause.replaces.as_ref().map(|(id, _)| id);
    let held = (&clause.from, &clause.until, &clause.survival, replaces);
    let meaning = format!("{held:?} {:?}", clause.provision);
    Some((at, (shown, numbers_without_zeros(&meaning))))
}

/// Equal numbers may have been written with more places or fewer: `12.50` is `12.5`.
fn numbers_without_zeros(text: &str) -> String {
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let mut out = String::new();
    for part in text.split_inclusive(|c| !is_number(c)) {
        let number = part.trim_end_matches(|c| !is_number(c));
        let significant = match number.split_once('.') {
            Some(_) => number.trim_end_matches('0').trim_end_matches('.'),
            None => number,
        };
        out.extend([significant, &part[number.len()..]]);
    }
    out
}

/// Values as they are shown, written again.
fn shown(read: &BTreeMap<usize, Read>, write: fn(&str) -> String) -> BTreeMap<usize, String> {
    let write = |(at, (shown, _)): (&usize, &Read)| {
        let items = || items(shown).iter().map(|item| write(item)).collect::<Vec<_>>().join(", ");
        let written = match TEMPLATES[*at].is_list {
            true if shown.is_empty() => "[]".to_string(),
            true => format!("[{}]", items()),
            false => write(shown),
        };
        (*at, written)
    };
    read.iter().map(write).collect()
}

/// The items of a list as it is shown: those that could be taken for several stand in quotes.
fn items(shown: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let (mut in_quotes, mut characters) = (false, shown.chars().peekable());
    while let Some(character) = characters.next() {
        let Some(item) = items.last_mut() else { break };
        match character {
            '"' => in_quotes = !in_quotes,
            '\\' if in_quotes => item.extend(characters.next()),
            ',' if !in_quotes && characters.next_if_eq(&' ').is_some() => items.push(String::new()),
            _ => item.push(character),
        }
    }
    items
}

fn is_one_expression(text: &str) -> bool {
    // What ends a fence or a line would make it more than a value.
    !text.contains(['\n', '\r', '`']) && text.parse::<Expression>().is_ok()
}

fn compiled(text: &str) -> Terms {
    let document = Arc::new(Document::new("values.md", text));
    compile(&[Source { document, known: None }]).0
}

const LABEL: &str = "LABEL";

fn templates() -> Vec<Template> {
    let kinds = Kind::WORDS.iter().filter_map(|word| Kind::from_word(word));
    let all = kinds.flat_map(templates_of);
    let mut seen = Vec::new();
    let mut templates = Vec::new();
    for (asked, mut template) in all {
        let Some(example) = example(&asked) else { continue };
        let reads = |value: &str| {
            let Template { before, after, .. } = &template;
            let terms = compiled(&format!("```hcl\n{before}{value}\n{after}```\n"));
            terms.clauses.iter().any(|clause| clause.parameter(&template.parameter).is_some())
        };
        if seen.contains(&(reader(&asked), true)) && seen.contains(&(reader(&asked), false)) {
            continue;
        }
        if !reads(example) {
            continue;
        }
        template.is_list = reads(&format!("[{example}]"));
        let sort = (reader(&asked), template.is_list);
        if !seen.contains(&sort) {
            seen.push(sort);
            templates.push(template);
        }
    }
    // INVARIANT: fewer would mean that the templates no longer fit the language.
    assert!(templates.len() >= 20, "only {} readers are reached", templates.len());
    templates
}

/// A template for each attribute of a kind and of the blocks right inside it.
fn templates_of(kind: Kind) -> Vec<(Asked, Template)> {
    let shapes = shapes(kind.word());
    let Some(outer) = shapes.last() else { return Vec::new() };
    let inner = outer.blocks.iter().filter(|block| block.label.is_none());
    let inner = inner.filter_map(|block| shapes.iter().find(|shape| shape.word == block.word));
    let begin = |but: &str| format!("{kind} \"{LABEL}\" {{\n{}", required(outer, but));
    let of_outer = outer.attributes.iter().map(|asked| {
        let before = format!("{}{} = ", begin(asked.name), asked.name);
        let parameter = asked.name.to_string();
        let after = "}\n".to_string();
        (asked.clone(), Template { kind, before, after, parameter, is_list: false })
    });
    let of_inner = inner.flat_map(|shape| {
        shape.attributes.iter().map(move |asked| {
            let inside = format!("{} {{\n{}", shape.word, required(shape, asked.name));
            let before = format!("{}{inside}{} = ", begin(""), asked.name);
            let parameter = format!("{}.{}", shape.word, asked.name);
            let after = "}\n}\n".to_string();
            (asked.clone(), Template { kind, before, after, parameter, is_list: false })
        })
    });
    of_outer.chain(of_inner).collect()
}

/// The attributes a block must have, but one, with the examples of the language.
fn required(shape: &Shaped, but: &str) -> String {
    let required = shape.attributes.iter().filter(|asked| asked.need == Need::Required);
    let required = required.filter(|asked| asked.name != but);
    required.filter_map(|asked| Some(format!("{} = {}\n", asked.name, example(asked)?))).collect()
}

/// What tells readers apart: all lists of words are read in one way.
fn reader(asked: &Asked) -> &'static str {
    let is_of_words = matches!(asked.form, Form::Words(_)) && !asked.expected.contains("true");
    if is_of_words { "words" } else { asked.expected }
}

/// What the language itself gives as an example of what to write.
fn example(asked: &Asked) -> Option<&'static str> {
    if let Form::Words(words) = &asked.form {
        return words.first().map(|(word, _)| *word);
    }
    let (_, example) = asked.expected.split_once(", as ")?;
    let end = match example.strip_prefix('"') {
        Some(text) => text.find('"')? + 2,
        None => example.find([',', ' ']).unwrap_or(example.len()),
    };
    example.get(..end)
}
