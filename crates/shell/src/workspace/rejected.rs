use journal::{Filter, NewEvent, Position};
use serde::{Deserialize, Serialize};
use usage::RejectedFile;

use super::Workspace;
use crate::outcome::Failure;

/// What the stream of a file of rejected rows begins with; then comes its name.
const REJECTED: &str = "rejected/";
/// The kind of event.
const DISMISSED: &str = "rejected-dismissed";

/// That nothing is due for the rows of a file that were not kept, or that they were handed in anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dismissed {
    /// The name of the file they are in.
    pub file: String,
    /// Its BLAKE3 hash.
    pub hash: String,
    /// How many they are.
    pub rows: usize,
    /// Why nobody waits for them.
    pub reason: String,
}

impl Workspace {
    /// The files of rejected rows that somebody still has to look at.
    pub fn rejected(&self) -> Result<Vec<RejectedFile>, Failure> {
        let files = self.usage()?.rejected()?;
        if files.is_empty() {
            return Ok(files);
        }
        let filter = Filter { stream_prefix: Some(REJECTED.to_string()), ..Filter::all() };
        let mut dismissed: Vec<Dismissed> = Vec::new();
        for event in self.events(&filter)? {
            dismissed.push(serde_json::from_value(event.payload)?);
        }
        let is_open = |file: &RejectedFile| {
            !dismissed.iter().any(|done| done.file == file.name && done.hash == file.hash)
        };
        Ok(files.into_iter().filter(is_open).collect())
    }

    /// Enters that nobody waits for a file's rows any more.
    pub fn append_dismissed(
        &self,
        expected: Position,
        dismissed: &Dismissed,
        by: &str,
    ) -> Result<(), Failure> {
        let event = NewEvent {
            kind: DISMISSED.to_string(),
            stream: format!("{REJECTED}{}", dismissed.file),
            actor: by.to_string(),
            cause: None,
            effective: self.now,
            payload: serde_json::to_value(dismissed)?,
        };
        self.append(expected, vec![event])?;
        Ok(())
    }
}
