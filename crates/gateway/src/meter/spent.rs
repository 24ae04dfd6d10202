//! What keys have spent by rows that are gone: they were taken over into the usage store and deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{LogError, Row};
use crate::keys::Spent;
use crate::records;

const NAME: &str = "spent.json";

/// Sums by key and UTC day, as far back as a budget may look.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    keys: BTreeMap<String, BTreeMap<Date, Sum>>,
    /// Segments whose rows are in it, until they are deleted.
    taken: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sum {
    tokens: u64,
    /// In 10⁻¹² of the price list's currency.
    money: u128,
}

impl Snapshot {
    /// The snapshot in a folder of rows; an empty one if there is none.
    pub(crate) fn read(dir: &Path) -> Result<Snapshot, LogError> {
        let path = dir.join(NAME);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Snapshot::default()),
            Err(error) => Err(LogError::io("read", &path, error)),
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| LogError::NotASegment { path }),
        }
    }

    /// Replaces the snapshot in a folder as a whole.
    pub(crate) fn write(&self, dir: &Path) -> Result<(), LogError> {
        let path = dir.join(NAME);
        let bytes = serde_json::to_vec(self)
            .map_err(|error| LogError::io("write", &path, io::Error::other(error)))?;
        records::replace(&path, &bytes)
    }

    /// Counts a row.
    pub(crate) fn add(&mut self, row: &Row<String>) {
        let Some((day, spent)) = spent_by(row) else { return };
        let sum = self.keys.entry(row.key.clone()).or_default().entry(day).or_default();
        sum.tokens = sum.tokens.saturating_add(spent.tokens);
        sum.money = sum.money.saturating_add(spent.money);
    }

    /// Notes that it holds all rows of a segment, which may be deleted now.
    pub(crate) fn took(&mut self, segment: &Path) {
        self.taken.extend(name(segment));
        // The longest period of a budget is a month.
        let last = self.keys.values().filter_map(|days| days.last_key_value()).map(|(day, _)| *day);
        let kept_from = last.max().and_then(|last| last.checked_sub(62.days()).ok());
        if let Some(from) = kept_from {
            self.keys.values_mut().for_each(|days| days.retain(|day, _| *day >= from));
        }
    }

    /// Forgets the segments that are gone.
    pub(crate) fn forget(&mut self, is_there: impl Fn(&str) -> bool) {
        self.taken.retain(|name| is_there(name));
    }

    /// Whether it holds all rows of a segment.
    pub(crate) fn has_taken(&self, segment: &Path) -> bool {
        name(segment).is_some_and(|name| self.taken.contains(&name))
    }

    /// Hands over what each key spent on each day.
    pub(crate) fn each(&self, mut take: impl FnMut(&str, Date, Spent)) {
        for (key, days) in &self.keys {
            for (day, sum) in days {
                take(key, *day, Spent { tokens: sum.tokens, money: sum.money });
            }
        }
    }
}

/// On which UTC day a row was spent, and how much; `None` if that was nothing.
pub(crate) fn spent_by<S>(row: &Row<S>) -> Option<(Date, Spent)> {
    let at = Timestamp::from_nanosecond(row.at_ns.into()).ok()?;
    let spent = Spent { tokens: row.tokens.total(), money: row.cost.unwrap_or(0).into() };
    (spent != Spent::default()).then(|| (usage::day_of(at), spent))
}

fn name(segment: &Path) -> Option<String> {
    Some(segment.file_name()?.to_str()?.to_string())
}
