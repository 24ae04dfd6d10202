//! A scan whose heavy loop runs in other processes, such as on a cluster.
//!
//! Out go [`Task`]s, one a segment; back come [`Part`]s, which [`add_up`] makes by the very loop of
//! [`scan()`](super::scan()); [`join`] puts them together.
//
// INVARIANT: `join` believes no part. Each must be there once, and must be what the footer of the
// segment says here, where the segments were listed: rows, fingerprint and control total. So a part
// that is lost, doubled, or of another file is an error, and never an amount.

use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use usage::{Fingerprint, GroupNames, GroupSums, Kept, Listed, Partition, Segment, Sums};

use super::{From, ScanError, Usage, check_partitions, merge, scan_segment};

/// A segment to be added up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Task {
    /// The UTC day of its rows.
    pub day: Date,
    /// The file, by a path that is the same wherever it is read.
    pub segment: PathBuf,
}

/// What came of a [`Task`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Which segment it is about.
    pub task: Task,
    /// What whoever read it found.
    pub found: Found,
}

/// What was found at the place of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// What its calls add up to.
    Sums {
        /// How many rows were added up.
        rows: u64,
        /// Which rows they are.
        fingerprint: Fingerprint,
        /// The sums by channel, product, model, host and tier, in no order.
        groups: Vec<(GroupNames, Sums)>,
    },
    /// There is no such file.
    Gone,
    /// What is wrong with the file, cause by cause.
    Unreadable(String),
}

/// A task for each segment.
pub fn tasks(partitions: &[Partition]) -> Vec<Task> {
    let of_day = |partition: &Partition| {
        let day = partition.day;
        let segments = partition.segments.clone().into_iter();
        segments.map(move |segment| Task { day, segment: segment.name().to_path_buf() })
    };
    partitions.iter().flat_map(of_day).collect()
}

/// Adds up the calls of one segment, on the thread of the caller.
pub fn add_up(task: &Task) -> Part {
    let found =
        match scan_segment(&Listed::file(&task.segment, task.day), task.day, From::Calls, |_| ()) {
            Ok(Kept { groups, rows, fingerprint }) => Found::Sums { rows, fingerprint, groups },
            Err(error) if error.is_gone() => Found::Gone,
            Err(error) => {
                let (mut why, mut cause) = (error.to_string(), error.source());
                while let Some(deeper) = cause {
                    why = format!("{why}: {deeper}");
                    cause = deeper.source();
                }
                Found::Unreadable(why)
            }
        };
    Part { task: task.clone(), found }
}

/// What [`scan()`](super::scan()) says of the partitions, from the parts of all their segments.
///
/// # Errors
/// A part is missing, was not asked for, or is not what its segment says here.
pub fn join(partitions: &[Partition], parts: Vec<Part>) -> Result<Vec<Usage>, ScanError> {
    let wrong = |task: &Task, problem| ScanError::Part { path: task.segment.clone(), problem };
    let mut found = HashMap::new();
    for Part { task, found: what } in parts {
        if found.insert(task.clone(), what).is_some() {
            return Err(wrong(&task, WrongPart::Unasked));
        }
    }
    let mut scanned = Vec::new();
    for task in tasks(partitions) {
        // One that is gone here too was merged into another since it was listed.
        let segment = Segment::open(&task.segment, task.day)
            .map_err(|source| ScanError::Segment { path: task.segment.clone(), source })?;
        let part = found.remove(&task).ok_or(WrongPart::Missing);
        let part = part.and_then(|found| believe(&segment, found));
        scanned.push((task.day, part.map_err(|problem| wrong(&task, problem))?));
    }
    if let Some(task) = found.keys().min() {
        return Err(wrong(task, WrongPart::Unasked));
    }
    check_partitions(partitions, &scanned)?;
    Ok(merge(scanned))
}

/// Takes what was found for the sums of a segment, if its footer says that they are.
fn believe(segment: &Segment, found: Found) -> Result<Kept, WrongPart> {
    match found {
        Found::Sums { rows, fingerprint, groups } => {
            let same = (rows, fingerprint) == (segment.rows(), segment.fingerprint());
            if !same || segment.check(groups.iter().map(GroupSums::of)).is_err() {
                return Err(WrongPart::Other);
            }
            Ok(Kept { groups, rows, fingerprint })
        }
        Found::Gone => Err(WrongPart::Gone),
        Found::Unreadable(why) => Err(WrongPart::Unreadable(why)),
    }
}

/// What is wrong with a part.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WrongPart {
    /// There is none for a segment.
    #[error("nothing came back for it")]
    Missing,
    /// It came twice, or for a segment that was not asked for.
    #[error("sums came back for it that were not asked for")]
    Unasked,
    /// Whoever was to read the file does not see it.
    #[error("an executor does not see the file; each must see it under this very path")]
    Gone,
    /// Whoever was to read the file could not.
    #[error("an executor could not read it: {0}")]
    Unreadable(String),
    /// It is not what the segment adds up to.
    #[error("what came back is not what its footer says; an executor reads another file there")]
    Other,
}
