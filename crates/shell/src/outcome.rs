//! How a command ends: 0 done, 1 the answer is no, 2 wrong use, 3 failed.

use std::error::Error;
use std::process::ExitCode;

use miette::{Diagnostic, Report};

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

/// What every command returns.
pub type Outcome = Result<Answer, Failure>;

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

    /// A failure, with what to do about it.
    pub fn failed(message: impl Into<String>, help: impl Into<String>) -> Failure {
        Failure::Failed(plain(message, help))
    }

    /// What went wrong, in a sentence.
    pub fn message(&self) -> String {
        let (Failure::WrongUse(report) | Failure::Failed(report)) = self;
        report.to_string()
    }

    /// Says what went wrong on standard error, and what the process ends with.
    pub fn print(self, json: bool) -> ExitCode {
        let (code, kind, report) = match self {
            Failure::WrongUse(report) => (2, "wrong use", report),
            Failure::Failed(report) => (3, "failed", report),
        };
        if json {
            let causes: Vec<_> = report.chain().skip(1).map(ToString::to_string).collect();
            let help = report.help().map(|help| help.to_string());
            let record = serde_json::json!({
                "error": report.to_string(), "kind": kind, "causes": causes, "help": help,
            });
            anstream::eprintln!("{record}");
        } else {
            anstream::eprintln!("{report:?}");
        }
        ExitCode::from(code)
    }
}

/// Any error from below is a failure unless a command says otherwise.
impl<E: Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Failed(Report::from_err(error))
    }
}

fn plain(message: impl Into<String>, help: impl Into<String>) -> Report {
    Plain { message: message.into(), help: help.into() }.into()
}

/// An error of the shell itself: a message and a way out.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Plain {
    message: String,
    help: String,
}

impl Diagnostic for Plain {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(&self.help) as _)
    }
}
