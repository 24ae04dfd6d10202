//! The road every row takes into a store: buffered, told from rows already there, staged.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use bucket::Bucket;
use jiff::civil::Date;

use crate::EventId;
use crate::day::{day_from_number, day_number};
use crate::ids::{Damage, Entry, Ids};
use crate::names::Names;
use crate::published::{Snapshot, Staged, TRIES_MAX};
use crate::reject::Rejects;
use crate::schema::NAMES;
use crate::segment::{self, Row, SUMS_ENDING};
use crate::staging::Staging;
use crate::store::{SEGMENT_ENDING, Store, StoreError};
use crate::tokens::CLASSES;

/// A row with its names still spelt out, checked and ready to be kept.
// INVARIANT: every name is non-empty; `calls` is not 0; `at_ns` came from `day::nanoseconds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call<'a> {
    pub at_ns: i64,
    pub names: [&'a str; NAMES.len()],
    pub calls: u32,
    pub tokens: [u32; CLASSES],
}

/// Rows on their way into a store. Nothing is the store's until [`Intake::finish`].
///
/// A full buffer is kept on a thread of its own while the next one is filled.
pub(crate) struct Intake {
    buffer: Buffer,
    buffer_rows: usize,
    root: PathBuf,
    /// `None` once the thread has ended, which before the end means that it failed.
    buffers: Option<SyncSender<Buffer>>,
    keeper: Option<JoinHandle<Result<Keeper, StoreError>>>,
}

/// Rows as they come, and rows that are not kept.
#[derive(Default)]
struct Buffer {
    names: Names,
    rows: Vec<Row>,
    /// For each row, its line in the source.
    lines: Vec<u64>,
    /// Lines that are no rows: why, and what they say.
    rejects: Vec<(u64, String, String)>,
}

/// The half of an intake that writes.
struct Keeper {
    store: Store,
    staging: Staging,
    ids: Ids,
    /// What the ids cover, of a store in a bucket.
    snapshot: Option<Snapshot>,
    /// Segments this intake has staged.
    staged: Vec<Staged>,
    rejects: Rejects,
    tally: Tally,
}

/// What became of the rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    pub duplicate: u64,
    pub rejected: u64,
    pub rejects_file: Option<PathBuf>,
    /// New rows by day.
    pub days: BTreeMap<Date, u64>,
}

/// Why a row is rejected whose id is known.
const OTHER_CONTENT: &str = "`id` is that of another row, which was kept and says something else; \
                             expected an id of its own for every call";

/// Rejected lines held at a time.
const REJECTS_MAX: usize = 1 << 12;

impl Intake {
    /// Waits for any other writer of the store.
    pub(crate) fn begin(store: &Store) -> Result<Self, StoreError> {
        let staging = Staging::begin(store)?;
        let (ids, snapshot) = match store.bucket() {
            None => (Ids::open(store, staging.dir(), &store.all_segments()?)?, None),
            Some(bucket) => {
                let (ids, snapshot) = published_ids(store, bucket, &staging)?;
                (ids, Some(snapshot))
            }
        };
        let mut keeper = Keeper {
            store: store.clone(),
            staging,
            ids,
            snapshot,
            staged: Vec::new(),
            rejects: Rejects::default(),
            tally: Tally::default(),
        };
        // Nothing waits between the two, so that there are never more than two buffers.
        let (send, receive) = sync_channel::<Buffer>(0);
        let keeper = thread::spawn(move || {
            receive.into_iter().try_for_each(|buffer| keeper.keep(&buffer))?;
            Ok(keeper)
        });
        Ok(Self {
            buffer: Buffer::default(),
            buffer_rows: store.buffer_rows(),
            root: store.root().to_path_buf(),
            buffers: Some(send),
            keeper: Some(keeper),
        })
    }

    /// Takes a row in. `line` says where in the source it is.
    pub(crate) fn push(
        &mut self,
        line: u64,
        id: EventId,
        call: &Call<'_>,
    ) -> Result<(), StoreError> {
        let names = call.names.map(|name| self.buffer.names.code(name));
        let Call { at_ns, calls, tokens, .. } = *call;
        self.buffer.rows.push(Row { id, at_ns, names, calls, tokens });
        self.buffer.lines.push(line);
        if self.buffer.rows.len() >= self.buffer_rows { self.flush() } else { Ok(()) }
    }

    /// Writes down a row that is not kept, and why.
    pub(crate) fn reject(&mut self, line: u64, reason: &str, row: &str) -> Result<(), StoreError> {
        self.buffer.rejects.push((line, reason.to_owned(), row.to_owned()));
        if self.buffer.rejects.len() >= REJECTS_MAX { self.flush() } else { Ok(()) }
    }

    /// Hands the buffer over. What went wrong with an earlier one shows here.
    fn flush(&mut self) -> Result<(), StoreError> {
        let buffer = std::mem::take(&mut self.buffer);
        let sent = self.buffers.as_ref().is_some_and(|buffers| buffers.send(buffer).is_ok());
        if sent { Ok(()) } else { self.end().map(|_| ()) }
    }

    /// Waits for the other half to have kept what it was given.
    fn end(&mut self) -> Result<Keeper, StoreError> {
        self.buffers = None;
        let Some(keeper) = self.keeper.take() else {
            let error = io::Error::other("an earlier row could not be kept");
            return Err(StoreError::io("go on writing", &self.root, error));
        };
        keeper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Stages what is left, then puts all segments in place, and the file of rejects under
    /// the name of `source`, if the rows come from a file.
    pub(crate) fn finish(mut self, source: Option<&Path>) -> Result<Tally, StoreError> {
        self.flush()?;
        self.end()?.finish(source)
    }
}

impl Drop for Intake {
    /// The lock is given back when the other half has ended, and the caller may begin anew at once.
    fn drop(&mut self) {
        self.buffers = None;
        if let Some(keeper) = self.keeper.take() {
            let _ = keeper.join();
        }
    }
}

impl Keeper {
    fn finish(mut self, source: Option<&Path>) -> Result<Tally, StoreError> {
        self.tally.rejected = self.rejects.count();
        self.tally.rejects_file = self.rejects.finish(source, &self.store, &mut self.staging)?;
        if let (Some(bucket), Some(snapshot)) = (self.store.bucket(), self.snapshot) {
            snapshot.publish(&self.store, bucket, &self.staged, self.staging.dir())?;
        }
        self.staging.commit()?;
        self.ids.covers(self.staged.iter().map(|staged| staged.footer.fingerprint));
        self.ids.keep();
        Ok(self.tally)
    }

    /// Stages the new rows of a buffer, one segment a day.
    fn keep(&mut self, buffer: &Buffer) -> Result<(), StoreError> {
        for (line, reason, row) in &buffer.rejects {
            self.rejects.add(&self.staging, *line, reason, row)?;
        }
        let (mut new, entries) = match self.new_rows(buffer) {
            Ok(found) => found,
            Err(_) => {
                self.rebuild_ids()?;
                self.new_rows(buffer).map_err(|damage| damage.of(self.staging.dir()))?
            }
        };
        self.reject_others(buffer, &new)?;
        self.tally.duplicate += new.duplicate;
        let rows = &buffer.rows;
        new.rows.sort_unstable_by_key(|row| {
            let row = &rows[*row as usize];
            (row.at_ns, row.id)
        });
        let day = |row: &u32| day_number(rows[*row as usize].at_ns);
        for new in new.rows.chunk_by(|a, b| day(a) == day(b)) {
            let day = day_from_number(day(&new[0]));
            let new: Vec<Row> = new.iter().map(|row| rows[*row as usize]).collect();
            self.stage(day, &new, &buffer.names)?;
        }
        if self.ids.add(&entries).is_err() {
            self.rebuild_ids()?;
        }
        Ok(())
    }

    /// Makes the set of ids anew: whatever was wrong with it, the rows themselves are there.
    fn rebuild_ids(&mut self) -> Result<(), StoreError> {
        let mut segments = match (self.store.bucket(), &self.snapshot) {
            (Some(bucket), Some(snapshot)) => snapshot.listed(&self.store, bucket),
            _ => self.store.all_segments()?,
        };
        segments.extend(self.staged.iter().map(Staged::listed));
        self.ids.rebuild(&segments)
    }

    fn stage(&mut self, day: Date, rows: &[Row], names: &Names) -> Result<(), StoreError> {
        *self.tally.days.entry(day).or_default() += rows.len() as u64;
        let path = self.staging.path(&format!("{}.{SEGMENT_ENDING}", self.staged.len()));
        let footer = segment::write(&path, rows, names, &[])?;
        if self.snapshot.is_none() {
            // No segment in place can have this name, for none has any of these ids.
            let place =
                self.store.day_dir(day).join(format!("{}.{SEGMENT_ENDING}", footer.fingerprint));
            self.staging.ready(path.with_extension(SUMS_ENDING), place.with_extension(SUMS_ENDING));
            self.staging.ready(path.clone(), place);
        }
        self.staged.push(Staged { path, footer });
        Ok(())
    }

    /// Tells the rows that the store does not have from those it has: the first of each id is kept.
    fn new_rows(&self, buffer: &Buffer) -> Result<(Verdict, Vec<Entry>), Damage> {
        let mut entries: Vec<(Entry, u32)> = buffer
            .rows
            .iter()
            .zip(0..)
            .map(|(row, place)| (Entry::of(row.id, buffer.names.content(row)), place))
            .collect();
        // The first in the source comes first among those of one id.
        entries.sort_unstable_by_key(|(entry, place)| (entry.key, *place));
        let groups: Vec<&[(Entry, u32)]> = entries.chunk_by(|a, b| a.0.key == b.0.key).collect();
        let keys: Vec<u128> = groups.iter().map(|group| group[0].0.key).collect();
        let mut known: Vec<Option<u64>> = vec![None; keys.len()];
        self.ids.look_up(&keys, |place, content| known[place] = Some(content))?;

        let mut verdict = Verdict::default();
        let mut new = Vec::new();
        for (group, known) in groups.into_iter().zip(known) {
            let (first, place) = group[0];
            let (content, others) = match known {
                Some(content) => (content, group),
                None => {
                    new.push(first);
                    verdict.rows.push(place);
                    (first.content, &group[1..])
                }
            };
            for (other, place) in others {
                if other.content == content {
                    verdict.duplicate += 1;
                } else {
                    verdict.others.push(*place);
                }
            }
        }
        Ok((verdict, new))
    }

    /// Rejects rows that have the id of another.
    fn reject_others(&mut self, buffer: &Buffer, verdict: &Verdict) -> Result<(), StoreError> {
        let mut others = verdict.others.clone();
        others.sort_unstable();
        for place in others.into_iter().map(|place| place as usize) {
            let shown = buffer.rows[place].shown(&buffer.names);
            self.rejects.add(&self.staging, buffer.lines[place], OTHER_CONTENT, &shown)?;
        }
        Ok(())
    }
}

/// The set of ids of a store in a bucket, and the manifest it covers.
fn published_ids(
    store: &Store,
    bucket: &Bucket,
    staging: &Staging,
) -> Result<(Ids, Snapshot), StoreError> {
    for _ in 0..TRIES_MAX {
        let snapshot = Snapshot::read(bucket)?;
        match Ids::open(store, staging.dir(), &snapshot.listed(store, bucket)) {
            // Merged into another since the manifest was read.
            Err(error) if error.is_gone() => {}
            opened => return Ok((opened?, snapshot)),
        }
    }
    Err(StoreError::Busy { address: bucket.address().to_owned() })
}

/// What is to become of the rows of a buffer, by their places.
#[derive(Default)]
struct Verdict {
    /// Those to keep.
    rows: Vec<u32>,
    /// How many the store has already.
    duplicate: u64,
    /// Those that have the id of another row.
    others: Vec<u32>,
}
