//! How commands of sourcing enter the journal, with what came of them, and what parties state.

use jiff::Timestamp;
use journal::{Condition, NewEvent};
use serde::{Deserialize, Serialize};
use signing::Signed;
use sourcing::measured::Tested;
use sourcing::{Command, Dated};
use terms::Name;

use super::Workspace;
use crate::outcome::Failure;

/// What the stream of a case begins with; then comes its name.
pub const CASE: &str = "case/";
/// What the stream of a supplier's declared capacity begins with; then comes its name.
pub const CAPACITY: &str = "capacity/";
/// What the stream of a consent begins with that is measured; then comes the clause.
pub const MEASURED: &str = "measured/";
/// The kind of an event that says what was asked for.
pub const COMMAND: &str = "command";
/// The kind of an event by which a supplier declares its capacity.
pub const DECLARED: &str = "capacity-declared";
/// The kind of an event that says what was metered.
pub const METERED: &str = "metered";
/// The kind of an event that says what came of a test of what was metered.
pub const TESTED: &str = "share-tested";

/// A command as it was given, and the instant it counts at.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Given {
    /// The command.
    pub command: Command,
    /// The instant it counts at.
    pub at: Timestamp,
    /// The command's text as the party signed it, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
}

/// What a party states by itself, without a case.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stated<T> {
    /// What.
    #[serde(flatten)]
    pub what: T,
    /// Its text as the party signed it, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
}

impl Workspace {
    /// Enters what happened in a case and, if it was for a command, that command. `false` if
    /// something came in meanwhile that it rests on, and it must be decided anew.
    pub fn append_case(
        &self,
        unchanged: Condition,
        name: &str,
        given: Option<&Given>,
        happened: &[Dated],
    ) -> Result<bool, Failure> {
        let stream = format!("{CASE}{name}");
        let mut events = happened
            .iter()
            .map(|dated| caused(&stream, dated))
            .collect::<Result<Vec<_>, serde_json::Error>>()?;
        if let Some(given) = given {
            // What time alone brought about came before the command.
            let before = happened.iter().take_while(|dated| dated.by.is_none()).count();
            let command = NewEvent {
                kind: COMMAND.to_string(),
                stream,
                actor: given.command.by.to_string(),
                cause: None,
                effective: given.at,
                payload: serde_json::to_value(given)?,
            };
            events.insert(before, command);
        }
        Ok(self.try_append(unchanged, events)?.is_some())
    }

    /// Enters what a party states. `false` as in [`Workspace::append_case`].
    pub fn append_stated<T: Serialize>(
        &self,
        unchanged: Condition,
        kind: &str,
        stream: &str,
        stated: &[Stated<T>],
        (by, at): (&Name, Timestamp),
    ) -> Result<bool, Failure> {
        let event = |stated: &Stated<T>| {
            Ok(NewEvent {
                kind: kind.to_string(),
                stream: stream.to_string(),
                actor: by.to_string(),
                cause: None,
                effective: at,
                payload: serde_json::to_value(stated)?,
            })
        };
        let events = stated.iter().map(event).collect::<Result<_, serde_json::Error>>()?;
        Ok(self.try_append(unchanged, events)?.is_some())
    }

    /// Enters a test of a share. `false` as in [`Workspace::append_case`].
    pub fn append_tested(
        &self,
        unchanged: Condition,
        tested: &Tested,
        at: Timestamp,
    ) -> Result<bool, Failure> {
        let event = NewEvent {
            kind: TESTED.to_string(),
            stream: format!("{MEASURED}{}", tested.clause),
            actor: "clock".to_string(),
            cause: Some(tested.clause.clone()),
            effective: at,
            payload: serde_json::to_value(tested)?,
        };
        Ok(self.try_append(unchanged, vec![event])?.is_some())
    }
}

fn caused(stream: &str, dated: &Dated) -> Result<NewEvent, serde_json::Error> {
    Ok(NewEvent {
        kind: dated.event.name().to_string(),
        stream: stream.to_string(),
        actor: dated.by.as_ref().map_or("clock".to_string(), ToString::to_string),
        cause: dated.clause.clone(),
        effective: dated.at,
        payload: serde_json::to_value(dated)?,
    })
}
