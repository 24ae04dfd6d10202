//! What a set of documents means, and where everything in it is defined.

use std::ops::Range;
use std::sync::Arc;

use terms::value::Form;
use terms::{Clause, Document, Finding, Kind, Source, Terms};

use crate::cursor::{Cursor, Place};
use crate::language;
use crate::outline::Outline;

/// A set of documents, read.
pub(crate) struct Analysis {
    pub terms: Terms,
    pub findings: Vec<Finding>,
    /// Every block that stands on its own, in the order of the documents.
    pub definitions: Vec<Definition>,
}

/// Where something is defined.
#[derive(Debug, Clone)]
pub(crate) struct Definition {
    /// The kind of block.
    pub word: String,
    /// Its last label: the name of what it defines.
    pub name: String,
    pub document: Arc<Document>,
    /// Which of the documents that is, by place in `Terms::documents`.
    pub at: usize,
    /// Where its head stands.
    pub head: Range<usize>,
    /// Where all of it stands.
    pub span: Range<usize>,
}

impl Analysis {
    pub fn of(sources: &[Source]) -> Analysis {
        let (terms, findings) = terms::compile(sources);
        let definitions = sources.iter().enumerate().flat_map(|(at, source)| {
            definitions(&source.document)
                .into_iter()
                .map(move |definition| Definition { at, ..definition })
        });
        Analysis { terms, findings, definitions: definitions.collect() }
    }

    /// Whether a document, compiled with the others, only supposes.
    pub fn supposes(&self, document: &Arc<Document>) -> bool {
        let frames = self.terms.documents.iter();
        let mut frames = frames.filter(|framed| Arc::ptr_eq(&framed.document, document));
        frames.any(|framed| framed.frame.as_ref().is_some_and(|frame| frame.supposed))
    }

    /// What the word at a place refers to, or defines itself.
    pub fn targets(&self, name: &str, cursor: &Cursor<'_>) -> Vec<&Definition> {
        let path = cursor.path();
        let word = cursor.word();
        match &cursor.place {
            Place::Value(attribute) => {
                let Some(asked) = language::attribute(&path, attribute) else { return Vec::new() };
                self.referred(name, &asked.form, word)
            }
            Place::Label(kind, index) if path.is_empty() => match (&kind[..], &cursor.labels()[..])
            {
                ("end", [kind, label, ..]) => self.earlier(name, kind, label),
                (kind, [label, ..]) if *index == 0 => self.defined(&[kind], label),
                _ => Vec::new(),
            },
            Place::Label(block, 0) => match language::inner(&path, block).and_then(|b| b.label) {
                Some(entries) => self.referred(name, &Form::Name(entries), word),
                None => Vec::new(),
            },
            Place::Kind => match &cursor.labels()[..] {
                ["end", ..] => Vec::new(),
                [label] => self.defined(&[word], label),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn referred(&self, name: &str, form: &Form, word: &str) -> Vec<&Definition> {
        match (form, word.split_once('.')) {
            (Form::Name([]), _) => self.defined(&["agreement"], word),
            (Form::Name(entries), _) => {
                let kinds: Vec<_> = entries.iter().map(|entry| entry.word()).collect();
                self.defined(&kinds, word)
            }
            (Form::Clause, Some((kind, label))) => self.earlier(name, kind, label),
            (Form::Bound, Some(("condition", condition))) => {
                self.defined(&["condition"], condition)
            }
            _ => Vec::new(),
        }
    }

    fn defined(&self, kinds: &[&str], name: &str) -> Vec<&Definition> {
        let here = |definition: &&Definition| {
            definition.name == name && kinds.contains(&definition.word.as_str())
        };
        self.definitions.iter().filter(here).collect()
    }

    /// The version of a clause that a document called `name` ends or replaces: the latest that was
    /// made before it. Where none was, every version there is.
    fn earlier(&self, name: &str, kind: &str, label: &str) -> Vec<&Definition> {
        let versions = self.defined(&[kind], label);
        let mut documents = self.terms.documents.iter();
        let Some(document) = documents.position(|framed| framed.document.name == name) else {
            return versions;
        };
        let earlier = versions.iter().filter(|version| self.terms.is_later(document, version.at));
        let latest = earlier.copied().reduce(|latest, version| {
            if self.terms.is_later(version.at, latest.at) { version } else { latest }
        });
        latest.map_or(versions, |latest| vec![latest])
    }

    /// The clause of a definition, if it could be read.
    pub fn clause(&self, definition: &Definition) -> Option<&Clause> {
        self.terms.clauses.iter().find(|clause| {
            clause.document == definition.at && clause.origin.span.start == definition.head.start
        })
    }

    /// The names of what is defined as one of these kinds, each once.
    pub fn named<'a>(&'a self, kinds: &[&str]) -> Vec<&'a Definition> {
        let mut named: Vec<_> = self
            .definitions
            .iter()
            .filter(|definition| kinds.contains(&definition.word.as_str()))
            .collect();
        named.sort_by(|one, other| (&one.name, &one.word).cmp(&(&other.name, &other.word)));
        named.dedup_by(|one, other| one.name == other.name && one.word == other.word);
        named
    }

    /// Every clause by kind and label, each once.
    pub fn clauses(&self) -> Vec<&Definition> {
        self.named(Kind::WORDS)
    }
}

/// Every block of a document that stands on its own and has a name.
pub(crate) fn definitions(document: &Arc<Document>) -> Vec<Definition> {
    let mut definitions = Vec::new();
    for outline in Outline::all(document) {
        for block in &outline.blocks {
            let Some(label) = block.labels.last() else { continue };
            definitions.push(Definition {
                word: outline.text[block.word.clone()].to_string(),
                name: outline.text[label.clone()].to_string(),
                document: document.clone(),
                at: 0,
                head: block.head.clone(),
                span: block.span(outline.text),
            });
        }
    }
    definitions
}
