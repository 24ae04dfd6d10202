use jiff::civil::Date;
use journal::{NewEvent, Position};
use serde::{Deserialize, Serialize};
use terms::Name;

use super::Workspace;
use crate::outcome::Failure;

/// A condition that has occurred, as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurred {
    /// The condition.
    pub condition: Name,
    /// The day it occurred.
    pub on: Date,
    /// The day that was recorded or stated before, if this corrects it.
    pub corrects: Option<Date>,
}

impl Occurred {
    /// The kind of event.
    pub const KIND: &str = "condition-occurred";
}

impl Workspace {
    /// Enters that a condition occurred.
    pub fn append_occurred(
        &self,
        expected: Position,
        occurred: &Occurred,
        by: &str,
        at: jiff::Timestamp,
    ) -> Result<(), Failure> {
        let event = NewEvent {
            kind: Occurred::KIND.to_string(),
            stream: format!("condition/{}", occurred.condition),
            actor: by.to_string(),
            cause: None,
            effective: at,
            payload: serde_json::to_value(occurred)?,
        };
        self.append(expected, vec![event])?;
        Ok(())
    }
}
