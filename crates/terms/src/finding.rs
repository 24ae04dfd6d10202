//! What is wrong in a document, where, and how to mend it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use jiff::civil::Date;
use miette::{
    Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};
use serde::Serialize;

use crate::{Act, Document};

/// The code of a place of a finding in another document.
const ELSEWHERE: &str = "charter::elsewhere";

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what was meant.
    Warning,
    /// The terms cannot be executed as written.
    Error,
}

/// A place in a document, with what to say about it.
#[derive(Debug, Clone)]
pub struct Place {
    /// The document.
    pub document: Arc<Document>,
    /// Bytes of its text.
    pub span: Range<usize>,
    /// What is there.
    pub label: String,
}

/// Where a block or a value stands.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The document.
    pub document: Arc<Document>,
    /// Bytes of its text.
    pub span: Range<usize>,
}

impl Origin {
    /// The place, with what to say about it.
    pub fn label(&self, label: impl Into<String>) -> Place {
        Place { document: self.document.clone(), span: self.span.clone(), label: label.into() }
    }

    /// The line it starts on, from 1.
    pub fn line(&self) -> usize {
        self.document.position(self.span.start).0
    }
}

/// A concrete case of what a finding says, which anybody can try for themselves.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// What is found shows in this act on this day.
    Act {
        /// The act.
        act: Act,
        /// The day.
        on: Date,
    },
    /// It shows on this day.
    Day(Date),
    /// It shows in these figures.
    Figures(String),
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Witness::Act { act, on } => write!(f, "`{act}` on {on}"),
            Witness::Day(on) => write!(f, "{on}"),
            Witness::Figures(figures) => f.write_str(figures),
        }
    }
}

/// One finding: what is wrong, every place involved, a witness if there is one, and what to try.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Stable code, such as `charter::value::unit`.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in the agreement's own words.
    pub message: String,
    /// The places in the first place's document.
    pub places: Vec<Place>,
    /// A concrete case.
    pub witness: Option<Witness>,
    /// How to mend it.
    pub help: Option<String>,
    /// Places in other documents, each as a finding of its own.
    elsewhere: Vec<Finding>,
}

impl Finding {
    /// An error at one place.
    pub fn error(code: &'static str, message: impl Into<String>, place: Place) -> Finding {
        Finding {
            code,
            severity: Severity::Error,
            message: message.into(),
            places: vec![place],
            witness: None,
            help: None,
            elsewhere: Vec::new(),
        }
    }

    /// A warning at one place.
    pub fn warning(code: &'static str, message: impl Into<String>, place: Place) -> Finding {
        Finding { severity: Severity::Warning, ..Finding::error(code, message, place) }
    }

    /// A note at one place.
    pub fn note(code: &'static str, message: impl Into<String>, place: Place) -> Finding {
        Finding { severity: Severity::Note, ..Finding::error(code, message, place) }
    }

    /// Adds a concrete case.
    pub fn witness(mut self, witness: Witness) -> Finding {
        self.witness = Some(witness);
        self
    }

    /// Adds how to mend it.
    pub fn help(mut self, help: impl Into<String>) -> Finding {
        self.help = Some(help.into());
        self
    }

    /// Adds another place, in this or another document.
    pub fn and(mut self, place: Place) -> Finding {
        if Arc::ptr_eq(&self.places[0].document, &place.document) {
            self.places.push(place);
        } else {
            let label = place.label.clone();
            self.elsewhere.push(Finding {
                severity: Severity::Note,
                ..Finding::error(ELSEWHERE, label, place)
            });
        }
        self
    }

    /// Every place involved, in this document and in others; the first is where the finding is.
    pub fn everywhere(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().chain(self.elsewhere.iter().flat_map(|finding| &finding.places))
    }

    /// The finding as a flat record: code, severity, message, help and every place by line and column.
    pub fn record(&self) -> Record<'_> {
        Record {
            code: self.code,
            severity: self.severity,
            message: &self.message,
            witness: self.witness.as_ref(),
            help: self.help.as_deref(),
            places: self.everywhere().map(PlaceRecord::from).collect(),
        }
    }
}

/// A [`Finding`] for machines.
#[derive(Debug, Serialize)]
pub struct Record<'a> {
    code: &'static str,
    severity: Severity,
    message: &'a str,
    witness: Option<&'a Witness>,
    help: Option<&'a str>,
    places: Vec<PlaceRecord<'a>>,
}

/// A [`Place`] for machines: line and column count from 1.
#[derive(Debug, Serialize)]
pub struct PlaceRecord<'a> {
    document: &'a str,
    line: usize,
    column: usize,
    label: &'a str,
}

impl<'a> From<&'a Place> for PlaceRecord<'a> {
    fn from(place: &'a Place) -> Self {
        let (line, column) = place.document.position(place.span.start);
        PlaceRecord { document: &place.document.name, line, column, label: &place.label }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Finding {}

impl Diagnostic for Finding {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        // A place of another finding is nothing to look up.
        (self.code != ELSEWHERE).then(|| Box::new(self.code) as _)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Note => miette::Severity::Advice,
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let witness = self.witness.as_ref().map(|witness| format!("for example: {witness}"));
        let lines: Vec<_> = witness.iter().chain(&self.help).map(String::as_str).collect();
        (!lines.is_empty()).then(|| Box::new(lines.join("\n")) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.places[0].document)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.places.iter().map(|place| {
            LabeledSpan::new_with_span(Some(place.label.clone()), place.span.clone())
        })))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.elsewhere.is_empty() {
            return None;
        }
        Some(Box::new(self.elsewhere.iter().map(|finding| finding as _)))
    }
}

impl SourceCode for Document {
    /// As for any text, but columns count characters, as [`Document::position`] and editors do.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let read = self.text.read_span(span, lines_before, lines_after)?;
        let (_, column) = self.position(read.span().offset());
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            read.data(),
            *read.span(),
            read.line(),
            column - 1,
            read.line_count(),
        )))
    }
}

/// The nearest of `known` to a misspelt `word`, if one is near enough to be meant.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(word.len()) / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// `did you mean …?` if a near word is known, otherwise the list of what is known.
pub fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match did_you_mean(word, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let mut all: Vec<_> = known.into_iter().map(|name| format!("`{name}`")).collect();
            all.sort();
            if all.is_empty() {
                return "none is defined yet".to_string();
            }
            format!("known: {}", all.join(", "))
        }
    }
}
