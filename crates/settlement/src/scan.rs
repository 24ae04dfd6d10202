//! The heavy pass over a period's calls: token sums and counts, by everything a price depends on.
//!
//! A price list gives one price per token class for a model on a channel on a day, whoever hosts
//! it. Calls that share [`Usage`]'s keys therefore share their prices, and
//!
//! ```text
//! Σ over calls (tokens of the call × price)  =  (Σ over calls tokens) × price
//! ```
//!
//! holds exactly, in whole numbers and in decimals alike.
//
// INVARIANT: nothing is rounded per call, so rating a group's sum is rating each of its calls.
// `tests/scan.rs` holds the two equal. A price that depended on more than the keys (on the
// customer, on the length of one call) would break this, and would need its key here.

pub mod remote;
mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;

use jiff::civil::Date;
use thiserror::Error;
use usage::{
    Fingerprint, GroupNames, GroupSums, Kept, Listed, NotASegment, Partition, Sums, Tokens,
};

use remote::WrongPart;
use table::{Layout, Table};

/// The calls of one day that share channel, product, model, host and tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The UTC day.
    pub day: Date,
    /// The road to market.
    pub channel: String,
    /// The product the calls were made for.
    pub product: String,
    /// The model that answered.
    pub model: String,
    /// Where the model ran.
    pub host: String,
    /// How they were processed, such as `standard` or `batch`.
    pub tier: String,
    /// How many rows.
    pub events: u64,
    /// How many calls the rows stand for.
    pub calls: u64,
    /// Tokens by class.
    pub tokens: Tokens<u128>,
}

/// Rows decoded at a time: small enough that the columns stay in a core's cache.
const BATCH_ROWS: usize = 1 << 14;

/// Segments that are read at a time from a server. Of each a row group is held at most.
const REMOTE_THREADS: usize = 16;

/// Adds up the calls of some days, sorted by day, channel, product, model, host and tier.
///
/// Reads every segment once, on as many threads as the machine has; the answer does not depend
/// on how many. `progress` hears the number of calls read so far.
///
/// # Errors
/// A segment that is damaged, strange or not what the partition counted. Of several, the first
/// by day and path.
pub fn scan(
    partitions: &[Partition],
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<Usage>, ScanError> {
    read(partitions, From::Calls, progress)
}

/// What [`scan()`] says, without reading what was added up before: each segment was when it was
/// written, and its sums are kept beside it.
///
/// They are taken only if the segment's own control total says that they are its sums; else its
/// calls are read. So the two differ in time alone, unless a segment was damaged after it was
/// written: then this still says what was written, and [`scan()`] refuses it.
///
/// # Errors
/// Those of [`scan()`].
pub fn sums(
    partitions: &[Partition],
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<Usage>, ScanError> {
    read(partitions, From::Sums, progress)
}

/// What a segment's sums are taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Calls,
    /// The sums beside it, if they are there and sound.
    Sums,
}

fn read(
    partitions: &[Partition],
    from: From,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<Usage>, ScanError> {
    let units: Vec<(Date, &Listed)> = partitions
        .iter()
        .flat_map(|partition| partition.segments.iter().map(|segment| (partition.day, segment)))
        .collect();
    let mut scanned: Vec<Option<Result<Kept, NotASegment>>> = Vec::new();
    scanned.resize_with(units.len(), || None);
    let (send, receive) = mpsc::channel();
    let next = AtomicUsize::new(0);
    let processors = thread::available_parallelism().map_or(1, usize::from);
    // Who waits for a server leaves the processor to others.
    let threads = match units.iter().any(|(_, segment)| segment.is_remote()) {
        true => processors.max(REMOTE_THREADS),
        false => processors,
    };
    let threads = threads.min(units.len());
    thread::scope(|scope| {
        for _ in 0..threads {
            let (send, next, units) = (send.clone(), &next, &units);
            scope.spawn(move || work(units, from, next, &send));
        }
        drop(send);
        let mut rows_done = 0;
        for message in receive {
            match message {
                Message::Rows(rows) => {
                    rows_done += rows;
                    progress(rows_done);
                }
                Message::Segment(unit, result) => scanned[unit] = Some(result),
            }
        }
    });

    let mut parts = Vec::with_capacity(units.len());
    for ((day, segment), result) in units.into_iter().zip(scanned) {
        let result = result.expect("a thread that ends early has ended the scope by its panic");
        let path = || segment.name().to_path_buf();
        let part = result.map_err(|source| ScanError::Segment { path: path(), source })?;
        parts.push((day, part));
    }
    check_partitions(partitions, &parts)?;
    Ok(merge(parts))
}

/// What a worker has to say.
enum Message {
    Rows(u64),
    /// The result for the segment with this index.
    Segment(usize, Result<Kept, NotASegment>),
}

/// Takes segments until there are none.
fn work(units: &[(Date, &Listed)], from: From, next: &AtomicUsize, send: &Sender<Message>) {
    loop {
        let unit = next.fetch_add(1, Ordering::Relaxed);
        let Some((day, listed)) = units.get(unit) else { return };
        let result = scan_segment(listed, *day, from, |rows| drop(send.send(Message::Rows(rows))));
        // The receiver outlives every worker, so a message is never lost.
        let _ = send.send(Message::Segment(unit, result));
    }
}

fn scan_segment(
    listed: &Listed,
    day: Date,
    from: From,
    mut rows_done: impl FnMut(u64),
) -> Result<Kept, NotASegment> {
    if listed.day() != day {
        return Err(NotASegment::OtherDay { found: listed.day() });
    }
    if from == From::Sums
        && let Some(kept) = listed.kept()?
    {
        rows_done(kept.rows);
        return Ok(kept);
    }
    let segment = listed.open()?;
    let layout = Layout::of(&segment);
    let columns = layout.columns();
    let mut table = Table::new(layout);
    if columns.is_empty() {
        table.add_equal(segment.rows())?;
        rows_done(segment.rows());
    } else {
        for batch in segment.batches(&columns, BATCH_ROWS)? {
            let batch = batch?;
            table.add(&batch)?;
            rows_done(batch.num_rows() as u64);
        }
    }
    let groups = table.finish();
    segment.check(groups.iter().map(GroupSums::of))?;
    Ok(Kept { groups, rows: segment.rows(), fingerprint: segment.fingerprint() })
}

/// Makes sure that what was read is what the caller was told is there.
fn check_partitions(partitions: &[Partition], parts: &[(Date, Kept)]) -> Result<(), ScanError> {
    let mut rest = parts.iter();
    for partition in partitions {
        let mut found = (0, Fingerprint::default());
        for (_, part) in rest.by_ref().take(partition.segments.len()) {
            found = (found.0 + part.rows, found.1.and(part.fingerprint));
        }
        if found != (partition.rows, partition.fingerprint) {
            return Err(ScanError::Changed { day: partition.day });
        }
    }
    Ok(())
}

fn merge(parts: Vec<(Date, Kept)>) -> Vec<Usage> {
    let mut merged: BTreeMap<(Date, GroupNames), Sums> = BTreeMap::new();
    for (day, part) in parts {
        for (names, sums) in part.groups {
            merged.entry((day, names)).or_default().add(&sums);
        }
    }
    let usage = |((day, names), sums): ((Date, GroupNames), Sums)| {
        let [channel, product, model, host, tier] = names;
        let Sums { events, calls, tokens } = sums;
        Usage { day, channel, product, model, host, tier, events, calls, tokens }
    };
    merged.into_iter().map(usage).collect()
}

impl ScanError {
    /// Whether segments were merged since they were listed: list them and try again.
    pub fn is_stale(&self) -> bool {
        match self {
            Self::Segment { source, .. } => source.is_gone(),
            Self::Changed { .. } | Self::Part { .. } => false,
        }
    }
}

/// Why a period could not be added up.
#[derive(Debug, Error)]
pub enum ScanError {
    /// A segment that is damaged, or not a segment.
    #[error("could not read segment `{}`", path.display())]
    Segment {
        /// Its path, or its address in a bucket.
        path: PathBuf,
        /// What is wrong with it.
        source: NotASegment,
    },
    /// A segment that was added up by another process, and whose sums cannot be taken.
    #[error("could not have segment `{}` added up", path.display())]
    Part {
        /// The file.
        path: PathBuf,
        /// What is wrong with its sums.
        #[source]
        problem: WrongPart,
    },
    /// The segments of a day hold other calls than the partition says.
    #[error("the usage of {day} is not what it was when it was listed; list it and scan again")]
    Changed {
        /// The day.
        day: Date,
    },
}
