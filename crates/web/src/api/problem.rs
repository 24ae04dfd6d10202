//! What went wrong, as RFC 9457 has it.
//!
//! In go the parts of a failure or a refusal; out goes a body that names the clause and the way out. Of a fault of
//! the server's own it says nothing but that there was one.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A problem: what a program and a person need to know to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What kind of problem it is.
    #[serde(flatten)]
    pub kind: Kind,
    /// What is wrong this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What was asked for: the path of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The parameter that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// What it rests on.
    #[serde(flatten)]
    pub because: Box<Because>,
}

/// What a problem rests on: of the agreement, of a document, of the rules of access.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Because {
    /// The clause under which it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// The guard of sourcing that refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guard: Option<String>,
    /// The code of the finding, as `explain` takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The line of a document that it is about, as `hosting.md:31`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The policies that stand in the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
}

/// The kinds of problems there are, each with its status. The documentation is made of them, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request cannot be read.
    Unreadable,
    /// Nobody known asks.
    Unauthenticated,
    /// Whoever asks may not do it.
    Forbidden,
    /// What is named is not there.
    NotFound,
    /// The verb is asked for by the wrong method.
    Method,
    /// As things stand, it is refused.
    Refused,
    /// The request is too large.
    TooLarge,
    /// The request is of a media type that is not read.
    MediaType,
    /// The request says something that cannot be.
    WrongUse,
    /// Too many requests.
    TooMany,
    /// It is the server's own fault.
    Failed,
    /// The server does something else first.
    Busy,
}

impl Kind {
    /// Every kind, by status.
    pub const ALL: [Kind; 12] = [
        Kind::Unreadable,
        Kind::Unauthenticated,
        Kind::Forbidden,
        Kind::NotFound,
        Kind::Method,
        Kind::Refused,
        Kind::TooLarge,
        Kind::MediaType,
        Kind::WrongUse,
        Kind::TooMany,
        Kind::Failed,
        Kind::Busy,
    ];

    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Kind::Unreadable => 400,
            Kind::Unauthenticated => 401,
            Kind::Forbidden => 403,
            Kind::NotFound => 404,
            Kind::Method => 405,
            Kind::Refused => 409,
            Kind::TooLarge => 413,
            Kind::MediaType => 415,
            Kind::WrongUse => 422,
            Kind::TooMany => 429,
            Kind::Failed => 500,
            Kind::Busy => 503,
        }
    }

    /// The word that its page is found by.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Unreadable => "unreadable",
            Kind::Unauthenticated => "unauthenticated",
            Kind::Forbidden => "forbidden",
            Kind::NotFound => "not-found",
            Kind::Method => "method",
            Kind::Refused => "refused",
            Kind::TooLarge => "too-large",
            Kind::MediaType => "media-type",
            Kind::WrongUse => "wrong-use",
            Kind::TooMany => "too-many",
            Kind::Failed => "failed",
            Kind::Busy => "busy",
        }
    }

    /// What it is, in words.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Unreadable => "the request cannot be read",
            Kind::Unauthenticated => "nobody known asks",
            Kind::Forbidden => "you may not do this",
            Kind::NotFound => "there is no such thing",
            Kind::Method => "this is asked for by another method",
            Kind::Refused => "as things stand, this is refused",
            Kind::TooLarge => "the request is too large",
            Kind::MediaType => "this media type is not read",
            Kind::WrongUse => "the request says something that cannot be",
            Kind::TooMany => "too many requests",
            Kind::Failed => "the server failed",
            Kind::Busy => "the server is busy",
        }
    }
}

impl Serialize for Kind {
    /// The members that are the same for all of a kind; its page explains it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_struct("Kind", 3)?;
        members.serialize_field("type", &format!("/api#{}", self.word()))?;
        members.serialize_field("title", self.title())?;
        members.serialize_field("status", &self.status())?;
        members.end()
    }
}

impl Problem {
    /// A problem of a kind, with nothing more to say.
    pub fn of(kind: Kind) -> Problem {
        Problem {
            kind,
            detail: None,
            instance: None,
            help: None,
            parameter: None,
            because: Box::default(),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.kind.status()
    }

    /// The kind, in words.
    pub fn title(&self) -> &'static str {
        self.kind.title()
    }

    /// The clause under which it was refused.
    pub fn clause(&self) -> Option<&str> {
        self.because.clause.as_deref()
    }

    /// With what is wrong this time.
    #[must_use]
    pub fn saying(self, detail: impl Into<String>) -> Problem {
        Problem { detail: Some(detail.into()), ..self }
    }

    /// With what to do about it.
    #[must_use]
    pub fn helping(self, help: impl Into<String>) -> Problem {
        let help = Some(help.into()).filter(|help| !help.is_empty());
        Problem { help, ..self }
    }

    /// With the parameter that is wrong.
    #[must_use]
    pub fn about(self, parameter: impl Into<String>) -> Problem {
        Problem { parameter: Some(parameter.into()), ..self }
    }
}
