//! What may be written at a place.

use std::collections::BTreeSet;
use std::ops::Range;

use terms::reference::{self, Asked, Need};
use terms::value::Form;
use terms::{Document, Kind};
use tower_lsp_server::ls_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, InsertTextFormat,
    MarkupContent, MarkupKind, TextEdit,
};

use crate::analysis::{Analysis, Definition};
use crate::cursor::{Cursor, Place};
use crate::hover::attribute as told;
use crate::language;
use crate::position::{Encoding, Positions};

/// What may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Offer {
    label: String,
    kind: CompletionItemKind,
    detail: String,
    documentation: Option<String>,
    /// What to write; with a `$1` where to go on, if it is a snippet.
    text: String,
    snippet: bool,
}

impl Offer {
    fn new(label: impl Into<String>, kind: CompletionItemKind, detail: impl Into<String>) -> Offer {
        let label = label.into();
        let text = label.clone();
        Offer { label, kind, detail: detail.into(), documentation: None, text, snippet: false }
    }
}

/// What may be written at a byte of a document, the likeliest first. `snippets` says whether the
/// editor can take texts with places to fill in.
pub(crate) fn completion(
    analysis: &Analysis,
    document: &Document,
    offset: usize,
    encoding: Encoding,
    snippets: bool,
) -> Vec<CompletionItem> {
    let Some(cursor) = Cursor::at(document, offset) else { return Vec::new() };
    let (offers, replaced) = offers(analysis, &cursor, snippets);
    let range = Positions::new(&document.text, encoding).range(&replaced);
    let item = |(at, offer): (usize, Offer)| CompletionItem {
        label: offer.label,
        kind: Some(offer.kind),
        detail: Some(offer.detail).filter(|detail| !detail.is_empty()),
        documentation: offer.documentation.map(|value| {
            Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })
        }),
        // Editors sort by the label otherwise.
        sort_text: Some(format!("{at:04}")),
        insert_text_format: offer.snippet.then_some(InsertTextFormat::SNIPPET),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text: offer.text })),
        ..CompletionItem::default()
    };
    offers.into_iter().enumerate().map(item).collect()
}

/// What may be written, and what it would take the place of.
fn offers(analysis: &Analysis, cursor: &Cursor<'_>, snippets: bool) -> (Vec<Offer>, Range<usize>) {
    let path = cursor.path();
    let word = cursor.word.clone();
    let offers = match &cursor.place {
        Place::Kind => kinds(snippets),
        Place::Name => names(cursor, &path, snippets),
        Place::Value(name) => match language::attribute(&path, name) {
            Some(asked) => return values(analysis, cursor, asked),
            None => Vec::new(),
        },
        Place::Assumed => assumable(cursor, snippets),
        Place::Label(block, index) => labels(analysis, cursor, &path, block, *index),
        Place::Nothing => Vec::new(),
    };
    (offers, word)
}

/// Kinds of block that stand on their own, each with what it must have.
fn kinds(snippets: bool) -> Vec<Offer> {
    let offer = |(word, meaning): (&str, &str)| {
        let mut offer = Offer::new(word, CompletionItemKind::CLASS, meaning);
        if snippets {
            let width = language::required(&[word]).map(|asked| asked.name.len()).max();
            let lines = language::required(&[word]).zip(2..).map(|(asked, stop)| {
                format!("  {:width$} = ${stop}\n", asked.name, width = width.unwrap_or(0))
            });
            let lines: String = lines.collect();
            offer.text = match word {
                "end" => "end \"${1:kind}\" \"${2:label}\" {}".to_string(),
                _ => format!("{word} \"${{1:label}}\" {{\n{lines}  $0\n}}"),
            };
            offer.snippet = true;
        }
        offer
    };
    reference::kinds().map(offer).collect()
}

/// What the innermost block may hold and does not hold yet; what it must have comes first.
fn names(cursor: &Cursor<'_>, path: &[&str], snippets: bool) -> Vec<Offer> {
    let (Some(shape), Some(block)) = (language::shape(path), cursor.blocks().pop()) else {
        return Vec::new();
    };
    let text = cursor.outline.text;
    let there: BTreeSet<_> = block
        .attributes
        .iter()
        .filter(|attribute| attribute.name != cursor.word)
        .map(|attribute| &text[attribute.name.clone()])
        .collect();
    // Where the `=` is there already, only the name is missing.
    let named = text[cursor.word.end..].trim_start_matches(' ').starts_with('=');
    let mut missing: Vec<_> =
        shape.attributes.iter().filter(|asked| !there.contains(asked.name)).collect();
    missing.sort_by_key(|asked| asked.need != Need::Required);
    let mut offers: Vec<_> = missing
        .into_iter()
        .map(|asked| {
            let mut offer = Offer::new(asked.name, CompletionItemKind::FIELD, asked.expected);
            offer.documentation = Some(told(asked));
            if !named {
                let value = snippet_value(asked);
                offer.snippet = snippets && !value.is_empty();
                let value = if offer.snippet { value } else { String::new() };
                offer.text = format!("{} = {value}", asked.name);
            }
            offer
        })
        .collect();
    offers.extend(shape.blocks.iter().map(|inner| {
        let mut offer = Offer::new(inner.word, CompletionItemKind::STRUCT, "a block inside");
        let label = if inner.label.is_some() { " \"$1\"" } else { "" };
        offer.snippet = snippets;
        offer.text = match snippets {
            true => format!("{}{label} {{\n  $0\n}}", inner.word),
            false => inner.word.to_string(),
        };
        offer
    }));
    if !there.contains("assumed") {
        let mut offer = Offer::new(
            "assumed",
            CompletionItemKind::FIELD,
            "why values are assumed that no source states",
        );
        if !named {
            offer.snippet = snippets;
            offer.text =
                if snippets { "assumed = { $1 = \"$2\" }" } else { "assumed = " }.to_string();
        }
        offers.push(offer);
    }
    offers
}

/// The value of an attribute as a place to fill in; nothing where a name is to be chosen.
fn snippet_value(asked: &Asked) -> String {
    let literal = match asked.form {
        Form::Words(_) | Form::Name(_) | Form::Clause => None,
        _ => language::literal(asked),
    };
    match literal.as_deref().map(|literal| (literal, literal.trim_matches('"'))) {
        Some((literal, inner)) if literal != inner => format!("\"${{1:{inner}}}\""),
        Some((literal, _)) => format!("${{1:{literal}}}"),
        None => String::new(),
    }
}

fn values(analysis: &Analysis, cursor: &Cursor<'_>, asked: &Asked) -> (Vec<Offer>, Range<usize>) {
    let default = match &asked.need {
        Need::Default(value) => Some(value.as_str()),
        _ => None,
    };
    let mut replaced = cursor.word.clone();
    let mut offers = match &asked.form {
        Form::Words(words) => words
            .iter()
            .map(|(word, meaning)| {
                let detail = match (default == Some(word), *meaning) {
                    (true, "") => "default".to_string(),
                    (true, meaning) => format!("default: {meaning}"),
                    (false, meaning) => meaning.to_string(),
                };
                Offer::new(*word, CompletionItemKind::ENUM_MEMBER, detail)
            })
            .collect(),
        Form::Name([]) => named(analysis, &["agreement"]),
        Form::Name(entries) => {
            let kinds: Vec<_> = entries.iter().map(|entry| entry.word()).collect();
            named(analysis, &kinds)
        }
        Form::Clause => {
            let clause = |clause: &Definition| {
                let label = format!("{}.{}", clause.word, clause.name);
                let detail = language::meaning(&clause.word).unwrap_or_default();
                Offer::new(label, CompletionItemKind::REFERENCE, detail)
            };
            analysis.clauses().into_iter().map(clause).collect()
        }
        Form::Bound => {
            let conditions = analysis.named(&["condition"]).into_iter().map(|condition| {
                let label = format!("condition.{}", condition.name);
                Offer::new(label, CompletionItemKind::EVENT, "the day it occurs")
            });
            conditions.collect()
        }
        // Units follow the number, a currency comes before it.
        Form::Measured(units) if cursor.quoted => {
            let number = cursor.word().find(' ').map_or(cursor.word().len(), |space| space + 1);
            let has_number = cursor.word().starts_with(|c: char| c.is_ascii_digit());
            if !has_number {
                return (literal(asked, true), replaced);
            }
            replaced.start += number;
            let space = if cursor.word().contains(' ') { "" } else { " " };
            let unit = |unit: &&str| {
                let mut offer = Offer::new(*unit, CompletionItemKind::UNIT, "");
                offer.text = format!("{space}{unit}");
                offer
            };
            return (units.iter().map(unit).collect(), replaced);
        }
        Form::Money if cursor.quoted => {
            let code = cursor.word().find(' ').unwrap_or(cursor.word().len());
            let behind = &cursor.outline.text[replaced.start + code..replaced.end];
            replaced.end = replaced.start + code;
            let space = if behind.is_empty() { " " } else { "" };
            let currency = |currency: String| {
                let mut offer = Offer::new(currency, CompletionItemKind::UNIT, "currency");
                offer.text = format!("{}{space}", offer.label);
                offer
            };
            let offers = currencies(analysis).into_iter().map(currency).collect();
            return (offers, replaced);
        }
        Form::Measured(_) | Form::Money | Form::Other => Vec::new(),
    };
    for offer in &mut offers {
        // A word that is no identifier stands in quotes.
        if !cursor.quoted && !is_identifier(&offer.text) {
            offer.text = format!("\"{}\"", offer.text);
        }
    }
    if !matches!(asked.form, Form::Words(_) | Form::Name(_) | Form::Clause) {
        offers.extend(literal(asked, cursor.quoted));
    }
    (offers, replaced)
}

/// The default, or an example.
fn literal(asked: &Asked, quoted: bool) -> Vec<Offer> {
    let what = match asked.need {
        Need::Default(_) => "default",
        _ => "as an example",
    };
    let offer = |text: String| {
        let text = if quoted { text.trim_matches('"').to_string() } else { text };
        Offer::new(text, CompletionItemKind::VALUE, what)
    };
    language::literal(asked).map(offer).into_iter().collect()
}

fn named(analysis: &Analysis, kinds: &[&str]) -> Vec<Offer> {
    let offer = |definition: &Definition| {
        let title = analysis.terms.registry.parties.get(definition.name.as_str());
        let detail = match title.filter(|_| definition.word == "party") {
            Some(party) => format!("{}: {}", definition.word, party.title),
            None => definition.word.clone(),
        };
        Offer::new(&definition.name, CompletionItemKind::CONSTANT, detail)
    };
    analysis.named(kinds).into_iter().map(offer).collect()
}

/// The currencies the documents count in.
fn currencies(analysis: &Analysis) -> BTreeSet<String> {
    let documents = analysis.terms.documents.iter();
    let fences = documents.flat_map(|framed| {
        framed
            .document
            .blocks
            .iter()
            .map(move |fence| framed.document.text.get(fence.range.clone()).unwrap_or_default())
    });
    let quoted = fences.flat_map(|code| code.split('"'));
    let codes = quoted.filter_map(|text| text.split_once(' ')?.0.parse().ok());
    let codes = codes.map(|code: terms::value::Currency| code.as_str().to_string());
    codes.chain([terms::value::Currency::USD.as_str().to_string()]).collect()
}

/// The values a block gives: any may be assumed.
fn assumable(cursor: &Cursor<'_>, snippets: bool) -> Vec<Offer> {
    let Some(block) = cursor.blocks().pop() else { return Vec::new() };
    let text = cursor.outline.text;
    let attributes = block.attributes.iter().map(|attribute| &text[attribute.name.clone()]);
    let blocks = block.blocks.iter().map(|block| &text[block.word.clone()]);
    let there: BTreeSet<_> = attributes.chain(blocks).filter(|name| *name != "assumed").collect();
    let offer = |name: &str| {
        let mut offer = Offer::new(name, CompletionItemKind::FIELD, "why it is assumed");
        offer.snippet = snippets;
        offer.text = if snippets { format!("{name} = \"$1\"") } else { format!("{name} = ") };
        offer
    };
    there.into_iter().map(offer).collect()
}

fn labels(
    analysis: &Analysis,
    cursor: &Cursor<'_>,
    path: &[&str],
    block: &str,
    index: usize,
) -> Vec<Offer> {
    match (block, index) {
        ("end", 0) if path.is_empty() => {
            let kinds = Kind::WORDS.iter().filter_map(|word| Kind::from_word(word));
            let offer =
                |kind: Kind| Offer::new(kind.word(), CompletionItemKind::CLASS, kind.meaning());
            kinds.map(offer).collect()
        }
        ("end", 1) if path.is_empty() => match cursor.labels().first() {
            Some(kind) => named(analysis, &[kind]),
            None => Vec::new(),
        },
        (block, 0) => match language::inner(path, block).and_then(|inner| inner.label) {
            Some(entries) => {
                let kinds: Vec<_> = entries.iter().map(|entry| entry.word()).collect();
                named(analysis, &kinds)
            }
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Whether HCL takes it bare; a path of such words too.
fn is_identifier(text: &str) -> bool {
    let starts = |word: &str| word.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.split('.').all(|word| starts(word) && word.chars().all(goes_on))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use terms::Source;

    use super::*;

    const REGISTRY: &str = "```hcl\nparty \"acme\" { title = \"Acme\" }\nparty \"b.2\" {}\n\
        cloud \"sky\" { operator = acme }\nmodel \"m-1\" { owner = acme }\ncondition \"agi\" {}\n\
        exclusivity \"cloud\" { grantor = acme, holder = b }\n```\n";

    /// What is offered at the `|`, as it would be written.
    fn offered(code: &str, snippets: bool) -> Vec<String> {
        let text = format!("{REGISTRY}\n```hcl\n{code}\n```\n");
        let offset = text.find('|').unwrap();
        let document = Arc::new(Document::new("x.md", text.replace('|', "")));
        let analysis = Analysis::of(&[Source { document: document.clone(), known: None }]);
        let items = completion(&analysis, &document, offset, Encoding::Utf16, snippets);
        let texts = items.into_iter().filter_map(|item| match item.text_edit? {
            CompletionTextEdit::Edit(edit) => Some(edit.new_text),
            CompletionTextEdit::InsertAndReplace(_) => None,
        });
        texts.collect()
    }

    #[test]
    fn what_may_stand_where() {
        for (code, expected) in [
            ("consent \"a\" { grantor = | }", &["acme", "\"b.2\""][..]),
            ("consent \"a\" {\n  holder = ac|\n", &["acme", "\"b.2\""]),
            ("licence \"a\" {\n  exclusivity = |\n}", &["exclusive", "sole", "non_exclusive"]),
            ("licence \"a\" {\n  affiliates = |\n}", &["true", "false"]),
            ("licence \"a\" {\n  until = |\n}", &["condition.agi", "\"2031-01-01\""]),
            ("licence \"a\" {\n  replaces = ex|\n}", &["licence.a", "exclusivity.cloud"]),
            ("licence \"a\" {\n  scope {\n    kind = |\n", &["new", "existing"]),
            ("licence \"a\" {\n  scope {\n    except {\n      host = [|\n", &["sky"]),
            ("price_list \"a\" {\n  price \"|\"", &["m-1"]),
            ("end \"exclusivity\" \"|\" {}", &["cloud"]),
            ("funding \"a\" {\n  amount = \"|\"\n}", &["USD "]),
            (
                "audit_right \"a\" {\n  notice = \"5|\"\n}",
                &[" hours", " days", " business days", " months", " years"],
            ),
            ("audit_right \"a\" {\n  notice = |\n}", &["\"10 business days\""]),
            (
                "consent \"a\" {\n  from = \"2031-01-01\"\n  scope {}\n  assumed = { | }\n}",
                &["from = ", "scope = "],
            ),
            ("consent \"a\" {\n  grantor = acme |\n}", &[]),
            ("nonsense \"a\" {\n  |\n}", &[]),
        ] {
            assert_eq!(offered(code, false), expected, "{code}");
        }
    }

    #[test]
    fn a_block_is_offered_what_it_does_not_have_yet_and_must_have_first() {
        let code = "party \"a\" {\n  |\n}";
        assert_eq!(offered(code, false), ["title = ", "affiliate_of = ", "assumed = "]);
        let code = "licence \"a\" {\n  holder = acme\n  |\n  exclusivity = sole\n";
        let offers = offered(code, false);
        assert_eq!(offers[0], "grantor = ", "{offers:?}");
        assert!(!offers.iter().any(|o| o == "holder = " || o == "exclusivity = "), "{offers:?}");
        assert!(offers.contains(&"field_of_use = ".to_string()), "{offers:?}");
    }

    #[test]
    fn a_kind_comes_with_what_it_must_have() {
        let kinds = offered("|", true);
        let expected = "channel \"${1:label}\" {\n  seller  = $2\n  service = $3\n  $0\n}";
        assert!(kinds.iter().any(|kind| kind == expected), "{kinds:#?}");
    }
}
