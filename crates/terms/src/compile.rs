//! Documents to terms.
//!
//! Reading goes on after an error: [`compile`] returns what it understood *and* all it found wrong.

mod frame;
mod lineage;
mod resolve;

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl_edit::structure::{Block, Structure};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::document::FencedBlock;
use crate::fields::{Collected, Fields};
use crate::finding::{Origin, suggest};
use crate::registry::Entry;
use crate::unmarked;
use crate::{
    Assumption, Bound, Calendar, Clause, ClauseId, Document, Finding, Kind, Name, Occurrence,
    Registry, check, syntax,
};

use lineage::Lineage;

pub use frame::{Agreement, Frame};

/// A document to compile, and since when it has been known.
#[derive(Debug, Clone)]
pub struct Source {
    /// The document.
    pub document: Arc<Document>,
    /// When it was adopted into the journal; its `signed` date stands in until then.
    pub known: Option<Timestamp>,
}

/// The meaning of a set of documents.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// What the documents define.
    pub registry: Registry,
    /// The documents, in the order given.
    pub documents: Vec<Framed>,
    /// Every clause of every document, whether in force or not.
    pub clauses: Vec<Clause>,
    /// Where amendments end clauses.
    pub endings: Vec<Ending>,
    /// Conditions, each with what documents say of it.
    pub conditions: BTreeMap<Name, Vec<Condition>>,
    /// Records that conditions occurred, in the order they were made. No document holds them: whoever
    /// keeps them adds them.
    pub occurrences: Vec<Occurrence>,
    /// What documents take for granted, in the order of the documents.
    pub assumptions: Vec<Assumption>,
    lineage: Lineage,
}

/// A document with its frame, if it is an agreement, amendment or scenario.
#[derive(Debug, Clone)]
pub struct Framed {
    /// The document.
    pub document: Arc<Document>,
    /// What its `agreement`, `amendment` or `scenario` block says.
    pub frame: Option<Frame>,
    /// When it was adopted.
    pub adopted: Option<Timestamp>,
}

/// An amendment ends a clause.
#[derive(Debug, Clone)]
pub struct Ending {
    /// The clause that ends.
    pub clause: ClauseId,
    /// The first day it no longer holds; the amendment's effective date unless stated.
    pub at: Option<Date>,
    /// The nearest heading above.
    pub heading: String,
    /// The prose above the block.
    pub text: String,
    /// Where it stands.
    pub origin: Origin,
    /// Which of the documents it stands in.
    pub document: usize,
}

/// What a document says of a condition: a named event clauses may begin or end on.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The day it occurred, if the document says it did.
    pub occurred: Option<Date>,
    /// Where it stands.
    pub origin: Origin,
    /// Which of the documents it stands in.
    pub document: usize,
}

impl Terms {
    /// The agreement a document belongs to.
    pub fn agreement_of(&self, document: usize) -> Option<&Agreement> {
        let name = &self.documents.get(document)?.frame.as_ref()?.agreement;
        self.agreements().find(|agreement| agreement.name == *name)
    }

    /// Every agreement, in the order of its documents.
    pub fn agreements(&self) -> impl Iterator<Item = &Agreement> {
        self.documents.iter().filter_map(|framed| framed.frame.as_ref()?.founds.as_ref())
    }

    /// The time zone of the only agreement, or UTC when there are none or several that differ.
    pub fn time_zone(&self) -> TimeZone {
        let mut zones = self.agreements().map(|agreement| &agreement.time_zone);
        match zones.next() {
            Some(first) if zones.all(|zone| zone == first) => first.clone(),
            _ => TimeZone::UTC,
        }
    }

    /// The calendars of an agreement.
    pub fn calendars<'a>(&'a self, agreement: &'a Agreement) -> impl Iterator<Item = &'a Calendar> {
        agreement.calendars.iter().filter_map(|name| self.registry.calendars.get(name))
    }

    /// The day a clause begins, if that is a date and not a condition.
    pub fn begins(&self, clause: &Clause) -> Option<Date> {
        match &clause.from {
            None => self.effective(clause.document),
            Some(Bound::On(date)) => Some(*date),
            Some(Bound::When(_)) => None,
        }
    }

    /// Whether a document was made after another, and so may amend it.
    pub fn is_later(&self, document: usize, other: usize) -> bool {
        self.made(document) > self.made(other)
    }

    /// A document's place in the order in which they were made.
    pub(crate) fn made(&self, document: usize) -> usize {
        self.lineage.rank(document)
    }

    /// Every version of a clause, in the order of the documents.
    pub fn versions<'a>(&'a self, id: &ClauseId) -> impl Iterator<Item = &'a Clause> {
        self.lineage.of_id(id).iter().map(|at| &self.clauses[*at])
    }

    /// The clauses that say they take the place of one.
    pub(crate) fn replacing<'a>(&'a self, id: &ClauseId) -> impl Iterator<Item = &'a Clause> {
        self.lineage.replacing(id).iter().map(|at| &self.clauses[*at])
    }

    /// Where amendments end a clause.
    pub(crate) fn ending<'a>(&'a self, id: &ClauseId) -> impl Iterator<Item = &'a Ending> {
        self.lineage.ending(id).iter().map(|at| &self.endings[*at])
    }

    /// When a clause ends of its own, or else with its document, or else with the agreement: the
    /// first of these. What was invested or paid stays so whatever becomes of the document.
    pub(crate) fn until<'a>(&'a self, clause: &'a Clause) -> &'a [Bound] {
        if !clause.until.is_empty() || matches!(clause.id.kind, Kind::Investment | Kind::Funding) {
            return &clause.until;
        }
        let frame = self.documents[clause.document].frame.as_ref();
        match frame.map_or(&[][..], |frame| &frame.until) {
            [] => self.founding(clause.document).map_or(&[], |frame| &frame.until),
            until => until,
        }
    }

    /// The frame of the agreement that a document belongs to.
    fn founding(&self, document: usize) -> Option<&Frame> {
        let agreement = &self.documents[document].frame.as_ref()?.agreement;
        self.documents[self.lineage.founding(agreement)?].frame.as_ref()
    }

    /// The renewals of the agreement that a document belongs to, in the order they were made.
    pub(crate) fn renewals(&self, document: usize) -> impl Iterator<Item = &Clause> {
        let agreement = self.documents[document].frame.as_ref().map(|frame| &frame.agreement);
        let renewals = agreement.map_or(&[][..], |agreement| self.lineage.renewals(agreement));
        renewals.iter().map(|at| &self.clauses[*at])
    }

    /// The effective date of a document.
    pub fn effective(&self, document: usize) -> Option<Date> {
        Some(self.documents.get(document)?.frame.as_ref()?.effective)
    }
}

/// The default time of day at which a deadline ends. Source: domain rules §1.4.
pub(crate) const CUTOFF: Time = Time::constant(17, 0, 0, 0);

/// Compiles documents, in any order, into terms; reports everything that is wrong.
pub fn compile(sources: &[Source]) -> (Terms, Vec<Finding>) {
    let mut into = Collected::default();
    let terms = read(sources, &mut into);
    let unused = check::unused_name::check(&terms, &into);
    resolve::resolve(&terms, &mut into);
    let mut findings = into.findings;
    // What cannot be read, or is misspelt, may be what refers to them.
    if findings.is_empty() {
        findings.extend(unused);
    }
    findings.extend(check::check(&terms));
    findings.sort_by_key(|finding| {
        let place = &finding.places[0];
        let same = |source: &Source| Arc::ptr_eq(&source.document, &place.document);
        let document = sources.iter().position(same);
        (std::cmp::Reverse(finding.severity), document, place.span.start)
    });
    (terms, findings)
}

/// Reads the blocks of all documents, without looking at what they refer to.
pub(crate) fn read(sources: &[Source], into: &mut Collected) -> Terms {
    let mut terms = Terms::default();
    for (at, source) in sources.iter().enumerate() {
        terms.documents.push(Framed {
            document: source.document.clone(),
            frame: None,
            adopted: source.known,
        });
        into.findings.extend(unmarked::findings(&source.document));
        for block in &source.document.blocks {
            match syntax::parse(&source.document, block) {
                Ok(body) => {
                    for structure in &body {
                        let reader = BlockReader { document: &source.document, at, block };
                        reader.read(structure, &mut terms, into);
                    }
                }
                Err(finding) => {
                    into.findings.push(*finding);
                    into.unread.fence(&source.document.text[block.range.clone()], at);
                }
            }
        }
    }
    for clause in &mut terms.clauses {
        clause.scope.add_clouds(&terms.registry);
    }
    terms.assumptions = std::mem::take(&mut into.assumptions);
    // A block is done after those in it.
    let place = |assumed: &Assumption| {
        let same = |framed: &Framed| Arc::ptr_eq(&framed.document, &assumed.origin.document);
        (terms.documents.iter().position(same), assumed.origin.span.start)
    };
    terms.assumptions.sort_by_key(place);
    terms.lineage = Lineage::of(&terms);
    terms
}

/// Reads the top-level blocks of one fenced block.
struct BlockReader<'a> {
    document: &'a Arc<Document>,
    at: usize,
    block: &'a FencedBlock,
}

impl BlockReader<'_> {
    fn read(&self, structure: &Structure, terms: &mut Terms, into: &mut Collected) {
        match structure {
            Structure::Attribute(attribute) => {
                let key = attribute.key.as_str();
                let span = self.block.span_of(&attribute.key);
                let place = Origin { document: self.document.clone(), span };
                let place = place.label(format!("`{key}`"));
                let message = format!("`{key}` stands outside any block");
                into.findings.push(
                    Finding::error("charter::syntax", message, place)
                        .help("put it inside a block, as in `commitment \"azure\" { … }`"),
                );
            }
            Structure::Block(block) => self.read_block(block, terms, into),
        }
    }

    fn read_block(&self, block: &Block, terms: &mut Terms, into: &mut Collected) {
        let f = Fields::of_block(self.document, self.block, block);
        let word = block.ident.as_str();
        let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
        if !known_words().any(|known| known == word) {
            let place = f.origin().label("not a kind of block");
            let message = format!("`{word}` is not a kind of block");
            let finding = Finding::error("charter::name::block", message, place);
            let known: Vec<_> = known_words().collect();
            into.findings.push(finding.help(suggest(word, known)));
            return;
        }
        let form: &[&str] = if word == "end" { &["kind", "label"] } else { &["label"] };
        if let Some(finding) = f.mislabelled(form) {
            into.findings.push(finding);
            into.unread.labels.extend(labels.iter().map(ToString::to_string));
            return;
        }
        let label = labels[0];
        if let Some(entry) = Entry::from_word(word) {
            terms.registry.read(entry, Name::new(label), f, into);
        } else if let Some(kind) = Kind::from_word(word) {
            match Clause::read(kind, label, self.block, self.at, f, into) {
                Some(clause) => terms.clauses.push(clause),
                None => _ = into.unread.labels.insert(label.to_string()),
            }
        } else {
            match word {
                "condition" => self.read_condition(label, f, terms, into),
                "end" => self.read_end(label, labels[1], f, terms, into),
                _ => frame::read(word, label, self.at, f, terms, into),
            }
        }
    }

    fn read_condition(
        &self,
        name: &str,
        mut f: Fields<'_>,
        terms: &mut Terms,
        into: &mut Collected,
    ) {
        let occurred = f.optional("occurred");
        let origin = f.origin();
        f.finish(into);
        let condition = Condition { occurred, origin, document: self.at };
        terms.conditions.entry(Name::new(name)).or_default().push(condition);
    }

    fn read_end(
        &self,
        kind: &str,
        label: &str,
        mut f: Fields<'_>,
        terms: &mut Terms,
        into: &mut Collected,
    ) {
        let at = f.optional("at");
        let origin = f.origin();
        f.finish(into);
        match Kind::from_word(kind) {
            Some(kind) => terms.endings.push(Ending {
                clause: ClauseId { kind, label: label.to_string() },
                at,
                heading: self.block.heading.clone(),
                text: self.block.prose.clone(),
                origin,
                document: self.at,
            }),
            None => {
                let message = format!("`{kind}` is not a kind of clause");
                let place = origin.label("ends nothing");
                let finding = Finding::error("charter::name::block", message, place);
                into.findings.push(finding.help(suggest(kind, Kind::WORDS.iter().copied())));
            }
        }
    }
}

pub(crate) fn known_words() -> impl Iterator<Item = &'static str> {
    let frames = ["agreement", "amendment", "scenario", "condition", "end"];
    Entry::WORDS.iter().chain(Kind::WORDS).copied().chain(frames)
}
