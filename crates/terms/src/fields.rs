//! Reads the attributes of one block, value by value, and remembers everything that is wrong.
//!
//! A reader asks for the attributes it knows; whatever was never asked for is an unknown attribute.
//! So a clause kind states its parameters once, in the order a contract would.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use hcl_edit::Span;
use hcl_edit::structure::{Block, Body};

use crate::finding::{Origin, Place, suggest};
use crate::registry::Entry;
use crate::value::{Basis, Expression, Name, Parameter, Shape, Value, read_expression};
use crate::{Document, Finding};

/// A name that some registry must define.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub name: Name,
    pub entries: &'static [Entry],
    pub origin: Origin,
}

struct Attribute {
    key: Range<usize>,
    value: Expression,
}

/// Why a block's values were assumed.
#[derive(Default)]
struct Assumed {
    /// For every value of the block.
    all: Option<String>,
    /// For some, with the place of the key.
    some: BTreeMap<String, (String, Range<usize>)>,
}

/// The attributes and inner blocks of one block.
pub(crate) struct Fields<'a> {
    document: Arc<Document>,
    masked: &'a str,
    /// The block's head, as `commitment "azure"`.
    pub title: String,
    pub span: Range<usize>,
    attributes: BTreeMap<String, Attribute>,
    blocks: Vec<&'a Block>,
    assumed: Assumed,
    asked: Vec<&'static str>,
    asked_blocks: Vec<&'static str>,
    /// What was read, as people see it.
    pub parameters: Vec<Parameter>,
    pub references: Vec<Reference>,
    pub findings: Vec<Finding>,
}

impl<'a> Fields<'a> {
    pub fn of_block(document: &Arc<Document>, masked: &'a str, block: &'a Block) -> Fields<'a> {
        let start = block.ident.span().unwrap_or(0..0).start;
        let labels = block.labels.iter().filter_map(|label| match label {
            hcl_edit::structure::BlockLabel::Ident(ident) => ident.span(),
            hcl_edit::structure::BlockLabel::String(text) => text.span(),
        });
        let end = labels.last().map_or(start + block.ident.len(), |span| span.end);
        let title = block.labels.iter().fold(block.ident.to_string(), |title, label| {
            format!("{title} \"{}\"", label.as_str())
        });
        let mut fields = Fields {
            document: document.clone(),
            masked,
            title,
            span: start..end,
            attributes: BTreeMap::new(),
            blocks: Vec::new(),
            assumed: Assumed::default(),
            asked: Vec::new(),
            asked_blocks: Vec::new(),
            parameters: Vec::new(),
            references: Vec::new(),
            findings: Vec::new(),
        };
        fields.open(&block.body);
        fields
    }

    fn open(&mut self, body: &'a Body) {
        for attribute in body.attributes() {
            let key = attribute.key.span().unwrap_or(0..0);
            let value = read_expression(&attribute.value, self.masked);
            match attribute.key.as_str() {
                "assumed" => self.take_assumed(value),
                name => {
                    self.attributes.insert(name.to_string(), Attribute { key, value });
                }
            }
        }
        self.blocks = body.blocks().collect();
    }

    /// `assumed = "why"` for the whole block, or `assumed = { rate = "why" }` value by value.
    fn take_assumed(&mut self, value: Expression) {
        match value.shape {
            Shape::Text(why) => self.assumed.all = Some(why),
            Shape::Object(entries) => {
                for (name, at, why) in entries {
                    match why.shape {
                        Shape::Text(why) => {
                            self.assumed.some.insert(name, (why, at));
                        }
                        _ => self.complain_assumed(why.span),
                    }
                }
            }
            _ => self.complain_assumed(value.span),
        }
    }

    fn complain_assumed(&mut self, span: Range<usize>) {
        let place = self.place(span, "no reason");
        let finding = Finding::error("charter::assumed", "`assumed` gives no reason", place)
            .help("write `assumed = \"why\"`, or `assumed = { name = \"why\" }`");
        self.findings.push(finding);
    }

    pub fn place(&self, span: Range<usize>, label: impl Into<String>) -> Place {
        Place { document: self.document.clone(), span, label: label.into() }
    }

    /// Where the block's head stands.
    pub fn origin(&self) -> Origin {
        Origin { document: self.document.clone(), span: self.span.clone() }
    }

    /// Where an attribute's value stands, or else the block's head.
    pub fn origin_of(&self, name: &str) -> Origin {
        let span = self.attributes.get(name).map_or(&self.span, |attribute| &attribute.value.span);
        Origin { document: self.document.clone(), span: span.clone() }
    }

    fn ask(&mut self, name: &'static str) -> Option<Expression> {
        self.asked.push(name);
        self.attributes.get(name).map(|attribute| attribute.value.clone())
    }

    fn note<T: Value>(&mut self, name: &str, value: &T, basis: Option<Basis>) {
        let basis = basis.unwrap_or_else(|| match self.assumed.some.get(name) {
            Some((why, _)) => Basis::Assumed(why.clone()),
            None => self.assumed.all.clone().map_or(Basis::Stated, Basis::Assumed),
        });
        self.parameters.push(Parameter { name: name.to_string(), value: value.show(), basis });
    }

    /// A value the block may leave out.
    pub fn optional<T: Value>(&mut self, name: &'static str) -> Option<T> {
        let expression = self.ask(name)?;
        match T::read(&expression) {
            Ok(value) => {
                self.note(name, &value, None);
                Some(value)
            }
            Err(unreadable) => {
                let place = self.place(expression.span, format!("in `{name}`"));
                let finding = Finding::error(unreadable.code, unreadable.problem, place);
                self.findings.push(finding.help(unreadable.help));
                None
            }
        }
    }

    /// A value the block must have.
    pub fn required<T: Value>(&mut self, name: &'static str) -> Option<T> {
        if !self.attributes.contains_key(name) {
            self.asked.push(name);
            let place = self.place(self.span.clone(), format!("`{name}` is missing"));
            let message = format!("{} does not say its `{name}`", self.title);
            let finding = Finding::error("charter::value::missing", message, place)
                .help(format!("add `{name} = …`: {}", T::EXPECTED));
            self.findings.push(finding);
            return None;
        }
        self.optional(name)
    }

    /// A value that has a default.
    pub fn or<T: Value>(&mut self, name: &'static str, default: T) -> T {
        if self.attributes.contains_key(name) {
            return self.optional(name).unwrap_or(default);
        }
        self.asked.push(name);
        self.note(name, &default, Some(Basis::Default));
        default
    }

    /// A reference to something a registry defines.
    pub fn named(&mut self, name: &'static str, entries: &'static [Entry]) -> Option<Name> {
        let value: Option<Name> = self.required(name);
        if let Some(value) = &value {
            self.refer(value, entries, name);
        }
        value
    }

    /// A reference the block may leave out.
    pub fn named_optional(
        &mut self,
        name: &'static str,
        entries: &'static [Entry],
    ) -> Option<Name> {
        if self.attributes.contains_key(name) {
            return self.named(name, entries);
        }
        self.asked.push(name);
        None
    }

    /// References to things a registry defines.
    pub fn named_list(&mut self, name: &'static str, entries: &'static [Entry]) -> Vec<Name> {
        let values: Vec<Name> = self.optional(name).unwrap_or_default();
        for value in &values {
            self.refer(value, entries, name);
        }
        values
    }

    /// Notes that a registry must define `value`, which stands in attribute `name`.
    fn refer(&mut self, value: &Name, entries: &'static [Entry], name: &str) {
        let at = self.attributes.get(name).map(|attribute| &attribute.value);
        let item = match at.map(|value| &value.shape) {
            Some(Shape::List(items)) => items.iter().find(|i| i.word() == Some(value.as_str())),
            _ => at,
        };
        let span = item.map_or(self.span.clone(), |item| item.span.clone());
        let origin = Origin { document: self.document.clone(), span };
        self.references.push(Reference { name: value.clone(), entries, origin });
    }

    /// The inner blocks of a kind.
    pub fn blocks(&mut self, kind: &'static str) -> Vec<Fields<'a>> {
        self.asked_blocks.push(kind);
        let of_kind = self.blocks.iter().filter(|block| block.has_ident(kind));
        of_kind.map(|block| Fields::of_block(&self.document, self.masked, block)).collect()
    }

    /// The label of an inner block such as `price "gpt-4"`.
    pub fn label(&self) -> Option<&str> {
        self.title.split('"').nth(1)
    }

    /// Counts an attribute as known here, whoever reads it.
    pub fn mark_asked(&mut self, name: &'static str) {
        self.asked.push(name);
    }

    /// Names of the attributes that are there, whether asked for or not.
    pub fn present(&self) -> Vec<String> {
        self.attributes.keys().cloned().collect()
    }

    /// An attribute as written, for readers whose attributes are data.
    pub fn raw(&self, name: &str) -> Option<(&Expression, Range<usize>)> {
        self.attributes.get(name).map(|attribute| (&attribute.value, attribute.key.clone()))
    }

    /// Complains about whatever was not asked for, and moves what an inner block found out here.
    pub fn finish(mut self, into: &mut Collected) {
        let unknown = |name: &str, what: &str, known: &[&'static str]| {
            let suggestion = suggest(name, known.iter().copied());
            (format!("{} has no {what} `{name}`", self.title), suggestion)
        };
        let mut found = Vec::new();
        for (name, attribute) in &self.attributes {
            if !self.asked.iter().any(|asked| asked == name) {
                let (message, help) = unknown(name, "attribute", &self.asked);
                let place = self.place(attribute.key.clone(), "not known here");
                found.push(Finding::error("charter::name::attribute", message, place).help(help));
            }
        }
        for block in &self.blocks {
            let name = block.ident.as_str();
            if !self.asked_blocks.contains(&name) {
                let (message, help) = unknown(name, "block", &self.asked_blocks);
                let place = self.place(block.ident.span().unwrap_or(0..0), "not known here");
                found.push(Finding::error("charter::name::block", message, place).help(help));
            }
        }
        for (name, (_, at)) in &self.assumed.some {
            if !self.attributes.contains_key(name) {
                let message = format!("`{name}` is assumed, but {} does not give it", self.title);
                let place = self.place(at.clone(), "assumed here");
                let known: Vec<_> = self.attributes.keys().map(String::as_str).collect();
                let finding = Finding::error("charter::assumed", message, place);
                found.push(finding.help(suggest(name, known)));
            }
        }
        into.findings.append(&mut self.findings);
        into.findings.append(&mut found);
        into.references.append(&mut self.references);
    }
}

/// What the readers of all blocks found.
#[derive(Default)]
pub(crate) struct Collected {
    pub findings: Vec<Finding>,
    pub references: Vec<Reference>,
}
