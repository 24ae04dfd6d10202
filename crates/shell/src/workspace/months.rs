use std::collections::BTreeMap;
use std::rc::Rc;

use jiff::Timestamp;
use jiff::civil::Date;
use journal::{Filter, NewEvent, Position};
use serde::{Deserialize, Serialize};
use settlement::{Earlier, Line, Month, Statement};

use super::{Workspace, kept};
use crate::outcome::Failure;

/// What the stream of a month begins with; then comes the month.
pub const MONTH: &str = "month/";

/// A settled month, as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The statement.
    pub statement: Statement,
    /// What it was computed from.
    pub rests_on: RestsOn,
}

/// What a statement was computed from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestsOn {
    /// The rules it was computed by.
    #[serde(default)]
    pub rules: u32,
    /// Usage, day by day.
    pub usage: Vec<UsageDay>,
    /// The adopted documents.
    pub documents: Vec<DocumentHash>,
    /// The conditions recorded to have occurred.
    #[serde(default)]
    pub conditions: Vec<ConditionDay>,
    /// BLAKE3 hashes of everything else, by what it is: the capacity that stood, the figures that were
    /// reported, what earlier months came to.
    #[serde(default)]
    pub others: BTreeMap<String, String>,
}

/// One condition that was recorded to have occurred, and the day that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ConditionDay {
    pub name: String,
    pub on: Date,
}

/// One day of usage: how many rows, and a fingerprint of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct UsageDay {
    pub day: Date,
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

/// That a month's books are closed, as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// The month.
    pub month: Month,
    /// The BLAKE3 hash of its settlement, statement and all that it rests on.
    pub settlement: String,
}

/// What the journal says of months.
#[derive(Debug, Default)]
pub struct Months {
    /// The settlement of each month that stands, by month.
    pub settled: Vec<Settled>,
    /// The months whose books are closed.
    pub closed: BTreeMap<Month, Closed>,
    /// Every settlement that was entered, the earliest first.
    pub versions: Vec<Version>,
}

/// A settlement of a month that was entered, whether it still stands or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// The month.
    pub month: Month,
    /// Its place in the journal.
    pub position: Position,
    /// When it was entered.
    pub recorded: Timestamp,
}

impl Settled {
    /// The kind of event.
    pub const KIND: &str = "month-settled";

    /// The month.
    pub fn month(&self) -> Month {
        self.statement.month
    }

    /// The BLAKE3 hash of what was computed and of what it rests on.
    pub fn hash(&self) -> Result<String, Failure> {
        hash(self)
    }
}

impl Closed {
    /// The kind of event.
    pub const KIND: &str = "month-closed";
}

/// The BLAKE3 hash of something as JSON.
pub fn hash(of: &impl Serialize) -> Result<String, Failure> {
    Ok(blake3::hash(&serde_json::to_vec(of)?).to_string())
}

impl Months {
    /// The settlement of a month, if there is one.
    pub fn of(&self, month: Month) -> Option<&Settled> {
        self.settled.iter().find(|settled| settled.month() == month)
    }

    /// Every settlement of a month that was entered, the earliest first.
    pub fn versions_of(&self, month: Month) -> impl Iterator<Item = &Version> {
        self.versions.iter().filter(move |version| version.month == month)
    }

    /// Whether a month's books are closed.
    pub fn is_closed(&self, month: Month) -> bool {
        self.closed.contains_key(&month)
    }

    /// The lines by which final months before `before` adjust a closed month.
    pub fn adjusting(&self, month: Month, before: Month) -> Vec<&Line> {
        let earlier = self
            .settled
            .iter()
            .filter(|settled| settled.month() < before && settled.statement.is_final);
        let lines = earlier.flat_map(|settled| &settled.statement.lines);
        let adjusts = |line: &&Line| line.adjusts.as_ref().is_some_and(|a| a.month == month);
        lines.filter(adjusts).collect()
    }
}

impl Workspace {
    /// What was settled and closed, read once for as long as nothing is settled or closed.
    pub fn months(&self) -> Result<Rc<Months>, Failure> {
        let changed = self.fold()?.months_changed;
        kept(&self.months, changed, || Ok(Rc::new(self.read_months()?)))
    }

    fn read_months(&self) -> Result<Months, Failure> {
        let filter = Filter { stream_prefix: Some(MONTH.to_string()), ..Filter::all() };
        let mut months = Months::default();
        for event in self.events(&filter)? {
            if event.kind == Closed::KIND {
                let closed: Closed = serde_json::from_value(event.payload)?;
                months.closed.insert(closed.month, closed);
            } else if event.kind == Settled::KIND {
                let settled: Settled = serde_json::from_value(event.payload)?;
                months.versions.push(Version {
                    month: settled.month(),
                    position: event.position,
                    recorded: event.recorded,
                });
                // What is closed never changes, whatever was entered after it.
                if !months.is_closed(settled.month()) {
                    months.settled.retain(|earlier| earlier.month() != settled.month());
                    months.settled.push(settled);
                }
            }
        }
        months.settled.sort_by_key(Settled::month);
        Ok(months)
    }

    /// A settlement as it was entered.
    pub fn settled_at(&self, version: &Version) -> Result<Settled, Failure> {
        let filter = Filter { limit: Some(1), ..Filter::all() };
        let before = Position(version.position.0.saturating_sub(1));
        let found = self.events_after(before, &filter)?.pop();
        let found = found.filter(|event| event.kind == Settled::KIND).ok_or_else(|| {
            Failure::failed("the journal no longer has this settlement", "verify it")
        })?;
        Ok(serde_json::from_value(found.payload)?)
    }

    /// Enters a settlement.
    pub fn append_settled(
        &self,
        expected: Position,
        settled: &Settled,
        by: &str,
    ) -> Result<(), Failure> {
        self.append_month(expected, settled.month(), Settled::KIND, settled, by)
    }

    /// Enters that a month's books are closed.
    pub fn append_closed(
        &self,
        expected: Position,
        closed: &Closed,
        by: &str,
    ) -> Result<(), Failure> {
        self.append_month(expected, closed.month, Closed::KIND, closed, by)
    }

    fn append_month(
        &self,
        expected: Position,
        month: Month,
        kind: &str,
        payload: &impl Serialize,
        by: &str,
    ) -> Result<(), Failure> {
        let event = NewEvent {
            kind: kind.to_string(),
            stream: format!("{MONTH}{month}"),
            actor: by.to_string(),
            cause: None,
            effective: self.now,
            payload: serde_json::to_value(payload)?,
        };
        self.append(expected, vec![event])?;
        Ok(())
    }
}

/// What each clause came to in final months before one.
pub fn earlier<'a>(settled: impl IntoIterator<Item = &'a Settled>, month: Month) -> Vec<Earlier> {
    let before = settled.into_iter().map(|settled| &settled.statement);
    let before = before.filter(|statement| statement.is_final && statement.month < month);
    before
        .flat_map(|statement| {
            // What adjusts another month is not what this one came to.
            let lines = statement.lines.iter().filter(|line| line.adjusts.is_none());
            lines.map(|line| Earlier::of(statement.month, line))
        })
        .collect()
}
