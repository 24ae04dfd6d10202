//! How a command ends: 0 done, 1 the answer is no, 2 wrong use, 3 failed.

use std::error::Error;
use std::process::ExitCode;

use miette::{Diagnostic, Report};

use crate::term::complain;

/// The answer of a command that could do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Done, or the answer is yes.
    Yes,
    /// The answer is no, or there are findings.
    No,
}

/// Why a command could not do its work.
#[derive(Debug)]
pub enum Failure {
    /// The command was used wrongly; nothing was done.
    WrongUse(Report),
    /// Something did not work.
    Failed(Report),
}

/// A failure, part by part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// Whose fault it is.
    pub kind: Kind,
    /// What went wrong, in a sentence.
    pub message: String,
    /// What caused it, the nearest first.
    pub causes: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// The code of the finding, as `charter explain` takes it.
    pub code: Option<String>,
    /// Where it is, if it is in a document.
    pub place: Option<Place>,
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The command was used wrongly; nothing was done.
    WrongUse,
    /// Something that is named is not there; nothing was done.
    NotThere,
    /// Something did not work, as things stand.
    Failed,
    /// Something did not work that nobody thought of: a disk, a server, a defect.
    Unforeseen,
}

/// A line of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The document's name.
    pub document: String,
    /// The line, from 1.
    pub line: usize,
}

/// What every command returns.
pub type Outcome = Result<Answer, Failure>;

impl Kind {
    /// What the process ends with.
    fn code(self) -> u8 {
        match self {
            Kind::WrongUse | Kind::NotThere => 2,
            Kind::Failed | Kind::Unforeseen => 3,
        }
    }

    /// As JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::WrongUse | Kind::NotThere => "wrong use",
            Kind::Failed | Kind::Unforeseen => "failed",
        }
    }
}

impl Answer {
    /// Yes if `yes`.
    pub fn of(yes: bool) -> Answer {
        if yes { Answer::Yes } else { Answer::No }
    }

    /// What the process ends with.
    pub fn code(self) -> ExitCode {
        ExitCode::from(if self == Answer::Yes { 0 } else { 1 })
    }
}

impl Failure {
    /// Wrong use, with what to do instead.
    pub fn wrong_use(message: impl Into<String>, help: impl Into<String>) -> Failure {
        Failure::WrongUse(plain(message, help))
    }

    /// Wrong use: what is named is not there.
    pub fn not_there(message: impl Into<String>, help: impl Into<String>) -> Failure {
        let plain = Plain { message: message.into(), help: help.into(), missing: true };
        Failure::WrongUse(plain.into())
    }

    /// A failure, with what to do about it.
    pub fn failed(message: impl Into<String>, help: impl Into<String>) -> Failure {
        Failure::Failed(plain(message, help))
    }

    /// What went wrong, in a sentence.
    pub fn message(&self) -> String {
        self.report().to_string()
    }

    /// What there is to say about it, part by part.
    pub fn parts(&self) -> Parts {
        let report = self.report();
        let plain = report.downcast_ref::<Plain>();
        let finding = report.downcast_ref::<terms::Finding>().is_some();
        Parts {
            kind: match self {
                Failure::WrongUse(_) if plain.is_some_and(|plain| plain.missing) => Kind::NotThere,
                Failure::WrongUse(_) => Kind::WrongUse,
                // What has a way out was foreseen; a finding is the documents' own.
                Failure::Failed(_) if plain.is_some() || finding => Kind::Failed,
                Failure::Failed(_) => Kind::Unforeseen,
            },
            message: report.to_string(),
            causes: report.chain().skip(1).map(ToString::to_string).collect(),
            help: report.help().map(|help| help.to_string()),
            code: report.code().map(|code| code.to_string()),
            place: place(report),
        }
    }

    fn report(&self) -> &Report {
        let (Failure::WrongUse(report) | Failure::Failed(report)) = self;
        report
    }

    /// Says what went wrong on standard error, and what the process ends with.
    pub fn print(self, json: bool) -> ExitCode {
        let Parts { kind, message, causes, help, .. } = self.parts();
        if json {
            let record = serde_json::json!({
                "error": message, "kind": kind.name(), "causes": causes, "help": help,
            });
            complain!("{record}");
        } else {
            complain!("{:?}", self.report());
        }
        ExitCode::from(kind.code())
    }
}

/// Any error from below is a failure unless a command says otherwise.
impl<E: Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Failed(Report::from_err(error))
    }
}

/// The first place that a failure points at.
fn place(report: &Report) -> Option<Place> {
    let label = report.labels()?.next()?;
    let read = report.source_code()?.read_span(label.inner(), 0, 0).ok()?;
    Some(Place { document: read.name()?.to_string(), line: read.line() + 1 })
}

fn plain(message: impl Into<String>, help: impl Into<String>) -> Report {
    Plain { message: message.into(), help: help.into(), missing: false }.into()
}

/// An error of the shell itself: a message and a way out.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Plain {
    message: String,
    help: String,
    /// It is that something named is not there.
    missing: bool,
}

impl Diagnostic for Plain {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(&self.help) as _)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use terms::{Document, Source};

    use super::*;

    #[test]
    fn a_failure_in_a_document_says_where_and_which() {
        let text = "# Hosting\n\n```hcl\nagreement \"hosting\" {\n  pertner = 1\n}\n```\n";
        let document = Arc::new(Document::new("hosting.md".to_string(), text.to_string()));
        let (_, findings) = terms::compile(&[Source { document, known: None }]);
        let finding = findings.into_iter().find(|finding| finding.to_string().contains("pertner"));
        let parts = Failure::Failed(Report::new(finding.unwrap())).parts();
        assert_eq!(parts.kind, Kind::Failed);
        assert_eq!(parts.place, Some(Place { document: "hosting.md".to_string(), line: 5 }));
        assert!(parts.code.unwrap().starts_with("charter::"), "{}", parts.message);
    }

    #[test]
    fn a_failure_of_our_own_has_a_way_out_and_no_place() {
        let parts = Failure::wrong_use("no", "do otherwise").parts();
        assert_eq!((parts.kind, parts.help.as_deref()), (Kind::WrongUse, Some("do otherwise")));
        assert_eq!((parts.code, parts.place), (None, None));
    }
}
