use journal::{Filter, NewEvent, Position};
use serde::{Deserialize, Serialize};
use settlement::{Earlier, Month, Statement};

use super::Workspace;
use crate::outcome::Failure;

/// A settled month, as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The statement.
    pub statement: Statement,
    /// What it was computed from.
    pub rests_on: RestsOn,
}

/// What a statement was computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestsOn {
    /// Usage, day by day.
    pub usage: Vec<UsageDay>,
    /// The adopted documents.
    pub documents: Vec<DocumentHash>,
    /// The conditions recorded to have occurred.
    #[serde(default)]
    pub conditions: Vec<ConditionDay>,
}

/// One condition that was recorded to have occurred, and the day that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ConditionDay {
    pub name: String,
    pub on: jiff::civil::Date,
}

/// One day of usage: how many rows, and a fingerprint of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct UsageDay {
    pub day: jiff::civil::Date,
    pub rows: u64,
    pub fingerprint: String,
}

/// One document and the BLAKE3 hash of its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DocumentHash {
    pub name: String,
    pub hash: String,
}

impl Settled {
    /// The kind of event.
    pub const KIND: &str = "month-settled";
}

impl Workspace {
    /// The latest settlement of each month, by month.
    pub fn settled(&self) -> Result<Vec<Settled>, Failure> {
        let filter = Filter { kind: Some(Settled::KIND.to_string()), ..Filter::all() };
        let mut settled: Vec<Settled> = Vec::new();
        for event in self.events(&filter)? {
            let month: Settled = serde_json::from_value(event.payload)?;
            settled.retain(|earlier| earlier.statement.month != month.statement.month);
            settled.push(month);
        }
        settled.sort_by_key(|settled| settled.statement.month);
        Ok(settled)
    }

    /// Enters a settlement.
    pub fn append_settled(&self, expected: Position, settled: &Settled) -> Result<(), Failure> {
        let event = NewEvent {
            kind: Settled::KIND.to_string(),
            stream: format!("month/{}", settled.statement.month),
            actor: "operator".to_string(),
            cause: None,
            effective: self.now,
            payload: serde_json::to_value(settled)?,
        };
        self.append(expected, vec![event])?;
        Ok(())
    }
}

/// What each clause came to in final months before one.
pub fn earlier(settled: &[Settled], month: Month) -> Vec<Earlier> {
    let before = settled.iter().map(|settled| &settled.statement);
    let before = before.filter(|statement| statement.is_final && statement.month < month);
    before
        .flat_map(|statement| {
            // What adjusts another month is not what this one came to.
            let lines = statement.lines.iter().filter(|line| line.adjusts.is_none());
            lines.map(|line| Earlier {
                month: statement.month,
                clause: line.clause.clone(),
                document: line.document.clone(),
                amount: line.amount,
                balances: line.balances.clone(),
            })
        })
        .collect()
}
