//! What can go wrong with a bucket, and what to do then.

use std::error::Error as _;
use std::io;

use object_store::Error;
use thiserror::Error;

/// Why a bucket could not be read or written. No message holds a credential.
#[derive(Debug, Error)]
pub enum BucketError {
    /// The address is none.
    #[error(
        "`{address}` is no address of a bucket: {problem}; expected `s3://BUCKET/PREFIX`, \
         `az://CONTAINER/PREFIX`, `gs://BUCKET/PREFIX` or `file:///FOLDER`"
    )]
    NotAnAddress {
        /// What was given, without what may be a password.
        address: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The credentials do not let us in.
    #[error(
        "`{address}` refuses these credentials ({said}); see that those in the environment are of \
         somebody who may read, write and list there"
    )]
    Refused {
        /// The bucket.
        address: String,
        /// The server's words.
        said: String,
    },
    /// There is no such bucket.
    #[error("there is no bucket at `{address}`; make it, or correct the address")]
    NoBucket {
        /// The bucket.
        address: String,
    },
    /// Nobody answers, or the answer broke off.
    #[error(
        "`{address}` cannot be reached ({said}); see that the endpoint in the environment is right \
         and that the network is up, and try again"
    )]
    Unreachable {
        /// The bucket.
        address: String,
        /// What the system said.
        said: String,
    },
    /// The server knows no conditional writes, so nothing may be written there.
    #[error(
        "`{address}` does not take writes under a condition ({said}), so two who write at once could \
         undo each other's; use a server that knows `If-Match` and `If-None-Match`"
    )]
    NoConditions {
        /// The bucket.
        address: String,
        /// The server's words.
        said: String,
    },
    /// An object that was expected is not there.
    #[error("`{object}` is not there; restore it from a copy")]
    Gone {
        /// Its address.
        object: String,
    },
    /// An object ends too early.
    #[error("`{object}` is cut short; restore it from a copy")]
    Short {
        /// Its address.
        object: String,
    },
    /// Anything else.
    #[error("could not {action} `{object}`: {said}")]
    Other {
        /// What was being done, as a verb.
        action: &'static str,
        /// The address of the object or folder.
        object: String,
        /// The server's words.
        said: String,
    },
    /// The system gives no thread.
    #[error("the system gives no thread for requests")]
    NoThread {
        /// Why not.
        source: io::Error,
    },
}

impl BucketError {
    /// Whether an object is not there. What was listed a moment ago may have been replaced since:
    /// list again.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Gone { .. })
    }

    pub(crate) fn of(address: &str, action: &'static str, object: &str, error: &Error) -> Self {
        let (address, said) = (address.to_owned(), said(error));
        match error {
            Error::Unauthenticated { .. } | Error::PermissionDenied { .. } => {
                Self::Refused { address, said }
            }
            Error::NotFound { .. } if is_without_bucket(error) => Self::NoBucket { address },
            Error::NotFound { .. } => Self::Gone { object: object.to_owned() },
            Error::NotImplemented { .. } | Error::NotSupported { .. } => {
                Self::NoConditions { address, said }
            }
            Error::Generic { .. } if whole(error).contains("NotImplemented") => {
                Self::NoConditions { address, said }
            }
            Error::Generic { .. } if is_silence(error) => Self::Unreachable { address, said },
            _ => Self::Other { action, object: object.to_owned(), said },
        }
    }
}

/// Whether an object is not there, in a bucket that is.
pub(crate) fn is_missing(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. }) && !is_without_bucket(error)
}

/// Whether it is the bucket that is not there, in the words of S3, Azure and Google.
fn is_without_bucket(error: &Error) -> bool {
    let said = whole(error);
    ["NoSuchBucket", "ContainerNotFound", "specified bucket does not exist"]
        .iter()
        .any(|words| said.contains(words))
}

/// Whether no server has answered, or not to the end.
fn is_silence(error: &Error) -> bool {
    let said = whole(error);
    let answers = ["status code", "error response", "redirect"];
    said.contains("Error performing") && !answers.iter().any(|words| said.contains(words))
        || said.contains("HTTP error")
}

/// An error with all its causes. It may hold whole answers of a server, so it is only looked at.
fn whole(error: &Error) -> String {
    let mut whole = error.to_string();
    let mut cause = error.source();
    while let Some(because) = cause {
        whole = format!("{whole}: {because}");
        cause = because.source();
    }
    whole
}

/// What the server said, in its own few words: code and message of its answer, or else the last cause.
fn said(error: &Error) -> String {
    let whole = whole(error);
    let of = |tag: &str| {
        let (_, rest) = whole.split_once(&format!("<{tag}>"))?;
        rest.split_once(&format!("</{tag}>")).map(|(text, _)| text.trim().to_owned())
    };
    match (of("Code"), of("Message").filter(|message| !message.is_empty())) {
        (Some(code), Some(message)) => return format!("{code}: {message}"),
        (Some(code), None) => return code,
        _ => {}
    }
    if let Some((_, rest)) = whole.split_once("status code: ") {
        return rest.split([':', '\n']).next().unwrap_or_default().trim().to_owned();
    }
    let mut last: &dyn std::error::Error = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string().lines().next().unwrap_or_default().to_owned()
}
