//! What a party keeps in a file of its own until it is revealed.

use std::cell::OnceCell;
use std::fs::{self, File};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sourcing::Does;

use super::act::perform;
use super::{Acting, Ground};
use crate::outcome::{Answer, Failure, Outcome};
use crate::workspace::Workspace;

/// Hands in what opens with a secret. `make` gives it together with what is kept: once, however often the
/// command is decided, and not for a case that whoever asks may not know of. The file comes before what is
/// entered: what was handed in and lost opens nothing.
pub fn hand_in<T: Serialize>(
    workspace: &Workspace,
    acting: &Acting,
    path: &Path,
    make: impl Fn(&Ground<'_>) -> Result<(Does, T), Failure>,
    json: bool,
) -> Outcome {
    let made = OnceCell::new();
    let does = |ground: &Ground<'_>| {
        if let Some(does) = made.get() {
            return Ok(Does::clone(does));
        }
        let (does, kept) = make(ground)?;
        write(path, &kept)?;
        Ok(made.get_or_init(|| does).clone())
    };
    let outcome = perform(workspace, acting, does, json);
    // Of what was not handed in there is nothing to keep.
    if made.get().is_some() && !matches!(outcome, Ok(Answer::Yes)) {
        let _ = fs::remove_file(path);
    }
    outcome
}

/// Writes a new file that only its owner can read.
fn write(path: &Path, kept: &impl Serialize) -> Result<(), Failure> {
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
