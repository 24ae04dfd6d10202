//! What a party keeps in a file of its own until it is revealed.

use std::fs::{self, File};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::outcome::{Answer, Failure, Outcome};

/// Writes a new file that only its owner can read.
pub fn write(path: &Path, kept: &impl Serialize) -> Result<(), Failure> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| {
        Failure::failed(
            format!("cannot write `{}`: {error}", path.display()),
            "name a file that is not there yet",
        )
    })?;
    serde_json::to_writer_pretty(&file, kept)?;
    Ok(file.sync_all()?)
}

/// What was handed in nothing of is nothing to keep.
pub fn unless(outcome: Outcome, path: &Path) -> Outcome {
    if !matches!(outcome, Ok(Answer::Yes)) {
        let _ = fs::remove_file(path);
    }
    outcome
}

/// Reads it; `wrote` is the command that wrote it.
pub fn read<T: DeserializeOwned>(path: &Path, wrote: &str) -> Result<T, Failure> {
    let text = fs::read(path).map_err(|error| unreadable(path, &error.to_string(), wrote))?;
    serde_json::from_slice(&text).map_err(|error| unreadable(path, &error.to_string(), wrote))
}

/// It is not what is wanted.
pub fn unreadable(path: &Path, problem: &str, wrote: &str) -> Failure {
    Failure::failed(
        format!("cannot read `{}`: {problem}", path.display()),
        format!("give the file that `{wrote}` wrote"),
    )
}
