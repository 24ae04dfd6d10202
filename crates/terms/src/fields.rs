//! Reads the attributes of one block, value by value, and remembers everything that is wrong.
//!
//! A reader asks for the attributes it knows; whatever was never asked for is an unknown attribute.
//! So a clause kind states its parameters once, in the order a contract would.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use hcl_edit::structure::{Block, Body};

use crate::compile::known_words;
use crate::document::FencedBlock;
use crate::finding::{Origin, Place, suggest};
use crate::registry::Entry;
use crate::value::{Basis, Expression, Form, Name, Parameter, Shape, Value, read_expression};
use crate::{Assumption, Bound, ClauseId, Document, Finding};

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
    fenced: &'a FencedBlock,
    /// The block's head, as `commitment "azure"`.
    pub title: String,
    /// The head of the block it stands in, if it stands in one.
    within: Option<String>,
    labels: Vec<String>,
    pub span: Range<usize>,
    attributes: BTreeMap<String, Attribute>,
    blocks: Vec<&'a Block>,
    assumed: Assumed,
    asked: Vec<Asked>,
    asked_blocks: Vec<Inner>,
    /// What was read, as people see it.
    pub parameters: Vec<Parameter>,
    pub references: Vec<Reference>,
    pub findings: Vec<Finding>,
}

impl<'a> Fields<'a> {
    pub fn of_block(
        document: &Arc<Document>,
        fenced: &'a FencedBlock,
        block: &'a Block,
    ) -> Fields<'a> {
        let start = fenced.span_of(&block.ident).start;
        let mut labels = block.labels.iter().map(|label| match label {
            hcl_edit::structure::BlockLabel::Ident(ident) => fenced.span_of(ident),
            hcl_edit::structure::BlockLabel::String(text) => fenced.span_of(text),
        });
        let end = labels.next_back().map_or(start + block.ident.len(), |span| span.end);
        let title = block.labels.iter().fold(block.ident.to_string(), |title, label| {
            format!("{title} \"{}\"", label.as_str())
        });
        let mut fields = Fields {
            document: document.clone(),
            fenced,
            title,
            within: None,
            labels: block.labels.iter().map(|label| label.as_str().to_string()).collect(),
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
            let key = self.fenced.span_of(&attribute.key);
            let value = read_expression(&attribute.value, self.fenced);
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

    fn ask<T: Value>(&mut self, name: &'static str) -> Option<Expression> {
        self.known::<T>(name, Need::Optional);
        self.attributes.get(name).map(|attribute| attribute.value.clone())
    }

    fn known<T: Value>(&mut self, name: &'static str, need: Need) {
        let (expected, form, about) = (T::EXPECTED, T::FORM, T::ABOUT);
        self.asked.push(Asked { name, expected, form, about, several: T::SEVERAL, need });
    }

    /// Remembers which kinds an attribute that was just asked for names.
    fn names(&mut self, name: &str, entries: &'static [Entry]) {
        self.asked
            .iter_mut()
            .filter(|asked| asked.name == name)
            .for_each(|asked| asked.form = Form::Name(entries));
    }

    /// Whether what the document gives under a name is stated or assumed.
    pub fn basis(&self, name: &str) -> Basis {
        match self.assumed.some.get(name) {
            Some((why, _)) => Basis::Assumed(why.clone()),
            None => self.assumed.all.clone().map_or(Basis::Stated, Basis::Assumed),
        }
    }

    fn note<T: Value>(&mut self, name: &str, value: &T, basis: Option<Basis>) {
        let basis = basis.unwrap_or_else(|| self.basis(name));
        self.parameters.push(Parameter { name: name.to_string(), value: value.show(), basis });
    }

    /// A value the block may leave out.
    pub fn optional<T: Value>(&mut self, name: &'static str) -> Option<T> {
        let expression = self.ask::<T>(name)?;
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
            self.known::<T>(name, Need::Required);
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
        self.known::<T>(name, Need::Default(default.show()));
        self.note(name, &default, Some(Basis::Default));
        default
    }

    /// A value that follows from another attribute of the block where it is not stated; nothing if
    /// that one could not be read.
    pub fn or_as<T: Value>(
        &mut self,
        name: &'static str,
        other: &'static str,
        value: Option<T>,
    ) -> Option<T> {
        if self.attributes.contains_key(name) {
            return self.optional(name);
        }
        self.known::<T>(name, Need::As(other));
        if let Some(value) = &value {
            self.note(name, value, Some(Basis::Default));
        }
        value
    }

    /// A reference to something a registry defines.
    pub fn named(&mut self, name: &'static str, entries: &'static [Entry]) -> Option<Name> {
        let value: Option<Name> = self.required(name);
        self.names(name, entries);
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
        self.known::<Name>(name, Need::Optional);
        self.names(name, entries);
        None
    }

    /// A reference to another clause, which the block may leave out.
    pub fn clause_optional(
        &mut self,
        name: &'static str,
        into: &mut Collected,
    ) -> Option<ClauseId> {
        let clause: ClauseId = self.optional(name)?;
        into.clauses.push((clause.clone(), self.origin_of(name)));
        Some(clause)
    }

    /// References to other clauses; none if left out.
    pub fn clauses(&mut self, name: &'static str, into: &mut Collected) -> Vec<ClauseId> {
        let clauses: Vec<ClauseId> = self.optional(name).unwrap_or_default();
        into.clauses.extend(clauses.iter().map(|clause| (clause.clone(), self.origin_of(name))));
        clauses
    }

    /// References to things a registry defines; at least one.
    pub fn required_names(&mut self, name: &'static str, entries: &'static [Entry]) -> Vec<Name> {
        let values: Vec<Name> = self.required(name).unwrap_or_default();
        self.names(name, entries);
        if let Some(Shape::List(items)) = self.attributes.get(name).map(|a| &a.value.shape)
            && items.is_empty()
        {
            let place = self.origin_of(name).label("names nobody and nothing");
            let message = format!("the `{name}` of {} are none", self.title);
            self.findings.push(Finding::error("charter::value::missing", message, place));
        }
        self.refer_all(&values, entries, name);
        values
    }

    /// References to things a registry defines; none if left out.
    pub fn named_list(&mut self, name: &'static str, entries: &'static [Entry]) -> Vec<Name> {
        let values: Vec<Name> = self.optional(name).unwrap_or_default();
        self.names(name, entries);
        self.refer_all(&values, entries, name);
        values
    }

    fn refer_all(&mut self, values: &[Name], entries: &'static [Entry], name: &str) {
        values.iter().for_each(|value| self.refer(value, entries, name));
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

    /// Notes that the conditions among the bounds in attribute `name` must be defined.
    pub fn expect_conditions(&self, name: &str, bounds: &[Bound], into: &mut Collected) {
        for bound in bounds {
            if let Bound::When(condition) = bound {
                into.conditions.push((condition.clone(), self.origin_of(name)));
            }
        }
    }

    /// The inner blocks of a kind; they have no label.
    pub fn blocks(&mut self, kind: &'static str) -> Vec<Fields<'a>> {
        let mut blocks = self.inner(Inner { word: kind, label: None });
        for block in &mut blocks {
            self.findings.extend(block.mislabelled(&[]));
        }
        blocks
    }

    /// The inner blocks of a kind with the label of each, which refers to something a registry
    /// defines, as `price "gpt-4"`.
    pub fn labelled_blocks(
        &mut self,
        kind: &'static str,
        entries: &'static [Entry],
    ) -> Vec<(Name, Fields<'a>)> {
        let mut labelled = Vec::new();
        for block in self.inner(Inner { word: kind, label: Some(entries) }) {
            if let Some(finding) = block.mislabelled(&["label"]) {
                self.findings.push(finding);
                continue;
            }
            let name = Name::new(block.labels[0].as_str());
            let origin = block.origin();
            self.references.push(Reference { name: name.clone(), entries, origin });
            labelled.push((name, block));
        }
        labelled
    }

    /// The inner block of a kind of which there may be one; it has no label.
    pub fn block(&mut self, kind: &'static str) -> Option<Fields<'a>> {
        let mut blocks = self.blocks(kind).into_iter();
        let first = blocks.next();
        for again in blocks {
            let place = again.origin().label("here again");
            let message = format!("{} has two blocks `{kind}`", self.title);
            let finding = Finding::error("charter::value::twice", message, place);
            self.findings.push(finding.help("keep one"));
        }
        first
    }

    /// Takes over what an inner block holds, each value under the block's name.
    pub fn adopt(&mut self, mut block: Fields<'a>, name: &str, into: &mut Collected) {
        for mut parameter in std::mem::take(&mut block.parameters) {
            parameter.name = format!("{name}.{}", parameter.name);
            self.parameters.push(parameter);
        }
        block.finish(into);
    }

    /// Whether there is an inner block of a kind.
    pub fn has_block(&self, kind: &str) -> bool {
        self.blocks.iter().any(|block| block.has_ident(kind))
    }

    fn inner(&mut self, inner: Inner) -> Vec<Fields<'a>> {
        self.asked_blocks.push(inner);
        let of_kind = self.blocks.iter().filter(|block| block.has_ident(inner.word));
        let of_kind = of_kind.map(|block| Fields {
            within: Some(self.title.clone()),
            ..Fields::of_block(&self.document, self.fenced, block)
        });
        of_kind.collect()
    }

    /// What is wrong with the labels of the block, which should be those of `form`.
    pub fn mislabelled(&self, form: &[&str]) -> Option<Finding> {
        let word = self.title.split(' ').next().unwrap_or_default();
        let (count, wanted) = (self.labels.len(), form.len());
        if count != wanted {
            let plural = |count| if count == 1 { "label" } else { "labels" };
            let form: String = form.iter().map(|name| format!(" \"{name}\"")).collect();
            let message = format!("`{word}` takes {wanted} {}", plural(wanted));
            let place = self.origin().label(format!("{count} {}", plural(count)));
            let finding = Finding::error("charter::syntax", message, place);
            return Some(finding.help(format!("write it as `{word}{form} {{ … }}`")));
        }
        let unfit = |label: &&String| label.is_empty() || label.contains(char::is_whitespace);
        let label = self.labels.iter().find(unfit)?;
        let place = self.origin().label("named here");
        let joined = label.split_whitespace().collect::<Vec<_>>().join("-");
        let (message, help) = if joined.is_empty() {
            (format!("this `{word}` has an empty name"), "write a name in the quotes".to_string())
        } else {
            (
                format!("`{label}` is not a name"),
                format!("a name has no spaces: write \"{joined}\""),
            )
        };
        Some(Finding::error("charter::name::label", message, place).help(help))
    }

    /// Counts an attribute as known here, whoever reads it.
    pub fn mark_asked(&mut self, name: &'static str) {
        self.known::<Name>(name, Need::Optional);
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
        let asked: Vec<_> = self.asked.iter().map(|asked| asked.name).collect();
        let mut found = Vec::new();
        for (name, attribute) in &self.attributes {
            if !asked.contains(&name.as_str()) {
                let (message, help) = unknown(name, "attribute", &asked);
                let place = self.place(attribute.key.clone(), "not known here");
                found.push(Finding::error("charter::name::attribute", message, place).help(help));
            }
        }
        let asked_blocks: Vec<_> = self.asked_blocks.iter().map(|inner| inner.word).collect();
        for block in &self.blocks {
            let name = block.ident.as_str();
            if !asked_blocks.contains(&name) {
                let (message, mut help) = unknown(name, "block", &asked_blocks);
                if known_words().any(|word| word == name) {
                    help = format!("it stands on its own; is the `}}` of {} missing?", self.title);
                }
                let place = self.place(self.fenced.span_of(&block.ident), "not known here");
                found.push(Finding::error("charter::name::block", message, place).help(help));
            }
        }
        for (name, (_, at)) in &self.assumed.some {
            let is_block = self.blocks.iter().any(|block| block.has_ident(name));
            if !self.attributes.contains_key(name) && !is_block {
                let message = format!("`{name}` is assumed, but {} does not give it", self.title);
                let place = self.place(at.clone(), "assumed here");
                let known: Vec<_> = self.attributes.keys().map(String::as_str).collect();
                let finding = Finding::error("charter::assumed", message, place);
                found.push(finding.help(suggest(name, known)));
            }
        }
        self.collect_assumptions(into);
        into.findings.append(&mut self.findings);
        into.findings.append(&mut found);
        into.references.append(&mut self.references);
        if let Some(shapes) = &mut into.shapes {
            let word = self.title.split(' ').next().unwrap_or_default().to_string();
            shapes.push(Shaped { word, attributes: self.asked, blocks: self.asked_blocks });
        }
    }
}

impl Fields<'_> {
    fn collect_assumptions(&self, into: &mut Collected) {
        let block = match &self.within {
            Some(outer) => format!("{} in {outer}", self.title),
            None => self.title.clone(),
        };
        into.assumptions.extend(self.assumed.all.iter().map(|why| Assumption {
            block: block.clone(),
            name: None,
            value: None,
            why: why.clone(),
            origin: self.origin(),
        }));
        into.assumptions.extend(self.assumed.some.iter().map(|(name, (why, _))| {
            let value = self.attributes.get(name).map(|attribute| attribute.value.shown());
            Assumption {
                block: block.clone(),
                name: Some(name.clone()),
                value: value.map(|value| value.trim_matches('`').to_string()),
                why: why.clone(),
                origin: self.origin_of(name),
            }
        }));
    }
}

/// An attribute a reader knows.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its name.
    pub name: &'static str,
    /// What to write.
    pub expected: &'static str,
    /// What sort of value that is.
    pub form: Form,
    /// What its words tell, if it is one of a closed list.
    pub about: &'static str,
    /// Whether a list of such values may stand there too.
    pub several: bool,
    /// Whether it must be there.
    pub need: Need,
}

/// Whether an attribute must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// It must.
    Required,
    /// It may be left out.
    Optional,
    /// What holds if it is not there, as it is shown.
    Default(String),
    /// If it is not there, what holds follows from this other attribute.
    As(&'static str),
}

/// A kind of block a reader knows inside another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inner {
    /// The word it begins with.
    pub word: &'static str,
    /// The kinds of which its label names one; none if it has no label.
    pub label: Option<&'static [Entry]>,
}

/// What a kind of block may hold, as its reader asked for it.
#[derive(Debug, Clone)]
pub struct Shaped {
    /// The word the block begins with.
    pub word: String,
    /// Its attributes, in the order a contract would state them.
    pub attributes: Vec<Asked>,
    /// The blocks inside it.
    pub blocks: Vec<Inner>,
}

/// What the readers of all blocks found.
#[derive(Default)]
pub(crate) struct Collected {
    pub findings: Vec<Finding>,
    pub references: Vec<Reference>,
    /// Conditions that clauses begin or end on.
    pub conditions: Vec<(Name, Origin)>,
    /// Other clauses that clauses speak of.
    pub clauses: Vec<(ClauseId, Origin)>,
    /// What stands in blocks that could not be read: names whose absence is no finding of its own.
    pub unread: Unread,
    /// What the documents take for granted.
    pub assumptions: Vec<Assumption>,
    /// What each block may hold, if that is to be collected.
    pub shapes: Option<Vec<Shaped>>,
}

/// What may have been defined where something could not be read.
#[derive(Default)]
pub(crate) struct Unread {
    /// Labels of blocks.
    pub labels: BTreeSet<String>,
    /// Documents, by place in `Terms::documents`, whose frame may be there.
    pub frames: BTreeSet<usize>,
}

impl Unread {
    /// A fenced block of a document that could not be parsed.
    pub fn fence(&mut self, code: &str, document: usize) {
        // A quote that is never closed makes text of what stands between others, so take it all.
        let between_quotes = code.split('"').filter(|text| !text.contains(char::is_whitespace));
        self.labels.extend(between_quotes.map(str::to_string));
        if ["agreement", "amendment", "scenario"].iter().any(|frame| code.contains(frame)) {
            self.frames.insert(document);
        }
    }
}
