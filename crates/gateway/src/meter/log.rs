//! Rows on disk before anybody can miss them.
//!
//! Each worker appends to a segment of its own, so none waits for another. A row is with the system
//! as soon as [`Writer::write`] returns, so it outlives this process; a thread has the disk take over
//! all segments every few milliseconds, so it outlives the machine.

mod kept;
mod sync;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use thiserror::Error;

pub(crate) use kept::Kept;
use sync::Syncer;

use super::Row;
use super::spent::Snapshot;
use crate::records::{self, Found, Header, Records};

/// What every segment begins with.
const HEADER: &Header = b"charter rows 1\n\n";

/// A segment that is longer is closed.
const SEGMENT_BYTES: u64 = 64 << 20;

/// The folder of rows.
#[derive(Debug)]
pub struct Log {
    dir: PathBuf,
    run: u64,
    syncer: Syncer,
    writers: Mutex<u32>,
    spent: Mutex<Snapshot>,
    /// How many files beside the rows had a torn end.
    torn: AtomicU64,
    /// The system gives the lock back when the process ends, however it ends.
    _lock: File,
}

/// What one worker appends to.
#[derive(Debug)]
pub struct Writer {
    dir: PathBuf,
    name: String,
    syncer: Syncer,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    segment: Arc<Records>,
    number: u32,
    buffer: Vec<u8>,
}

/// What was found where an earlier run left off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Whole rows.
    pub rows: u64,
    /// Segments, and files beside them, whose last record was not whole. What was cut off is kept beside them.
    pub torn: u64,
}

impl Log {
    /// Opens a folder, mends what a crash left in it, and hands over every row in it that has not been
    /// taken over into the usage store. It costs what those rows cost, however many there were before.
    ///
    /// # Errors
    /// The folder cannot be read or written, another process has it, or a file in it is no segment or
    /// is damaged.
    pub fn open(
        dir: &Path,
        sync_every: Duration,
        mut row: impl FnMut(&Row<String>),
    ) -> Result<(Log, Recovered), LogError> {
        fs::create_dir_all(dir).map_err(|error| LogError::io("create", dir, error))?;
        let path = dir.join(".lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(|error| LogError::io("open", &path, error))?;
        lock.try_lock().map_err(|_| LogError::InUse { dir: dir.into() })?;

        let mut recovered = Recovered::default();
        let spent = Snapshot::read(dir)?;
        for path in segments(dir)? {
            if spent.has_taken(&path) {
                // A crash came before it was deleted; all that it said is elsewhere.
                remove(&path)?;
                continue;
            }
            let found = read(&path, &mut row)?;
            recovered.rows += found.records;
            recovered.torn += u64::from(records::mend(&path, &found)?);
        }
        let run = getrandom::u64().map_err(|error| {
            LogError::io("name a file in", dir, io::Error::other(error.to_string()))
        })?;
        let syncer = Syncer::start(sync_every)
            .map_err(|error| LogError::io("start a thread for", dir, error))?;
        let spent = Mutex::new(spent);
        let (writers, torn) = (Mutex::new(0), AtomicU64::new(0));
        let log = Log { dir: dir.into(), run, syncer, writers, spent, torn, _lock: lock };
        Ok((log, recovered))
    }

    /// Hands over every row that has not been taken over yet.
    pub(crate) fn each(&self, row: &mut dyn FnMut(&Row<String>)) -> Result<(), LogError> {
        segments(&self.dir)?.iter().try_for_each(|path| read(path, row).map(drop))
    }

    /// The folder.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// What was spent, by rows that have been taken over.
    pub(crate) fn spent(&self) -> &Mutex<Snapshot> {
        &self.spent
    }

    /// How many files beside the rows had a last record that was not whole. What was cut off is kept
    /// beside them.
    pub(crate) fn torn(&self) -> u64 {
        self.torn.load(Ordering::Relaxed)
    }

    /// Somewhere to append for one more worker.
    ///
    /// # Errors
    /// No file can be made.
    pub fn writer(&self) -> Result<Writer, LogError> {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        *writers += 1;
        let name = format!("{:016x}-{:03}", self.run, *writers);
        let segment = create(&self.dir, &name, 0, &self.syncer)?;
        let open = Mutex::new(Open { segment, number: 0, buffer: Vec::with_capacity(512) });
        Ok(Writer { dir: self.dir.clone(), name, syncer: self.syncer.clone(), open })
    }

    /// Has the disk take over every row that was written before.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn sync(&self) -> io::Result<()> {
        self.syncer.sync_now()
    }

    /// Whether every row so far could be written.
    pub fn is_sound(&self) -> bool {
        self.syncer.is_sound()
    }

    /// How long the oldest row has waited for the disk; `None` if none does.
    pub fn waits(&self) -> Option<Duration> {
        self.syncer.waits()
    }

    /// The closed segments whose rows have not been taken over yet.
    pub(crate) fn closed(&self) -> Result<Vec<PathBuf>, LogError> {
        let open = self.syncer.open_paths();
        Ok(segments(&self.dir)?.into_iter().filter(|path| !open.contains(path)).collect())
    }
}

impl Drop for Log {
    /// Every row is on the disk before the process ends in good order.
    fn drop(&mut self) {
        self.syncer.stop();
    }
}

impl Writer {
    /// Appends a row. Once it returns, the row outlives this process.
    ///
    /// # Errors
    /// The system takes no more. The row is not lost to the caller, and [`Log::is_sound`] is false
    /// until a later row can be written.
    pub fn write(&self, row: &Row<&str>) -> Result<(), LogError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Open { segment, number, buffer } = &mut *open;
        buffer.clear();
        records::encode(row, buffer);
        if segment.len() > SEGMENT_BYTES {
            *number += 1;
            let next = create(&self.dir, &self.name, *number, &self.syncer)?;
            let full = std::mem::replace(segment, next);
            self.syncer.close(&full);
        }
        let written = segment.append(buffer);
        self.syncer.wrote(written.is_ok());
        written.map_err(|error| LogError::io("write", segment.path(), error))
    }

    /// Closes what has been written so far, so that it can be taken over.
    ///
    /// # Errors
    /// No new file can be made; then nothing is closed.
    pub fn rotate(&self) -> Result<(), LogError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.segment.len() == HEADER.len() as u64 {
            return Ok(());
        }
        let next = create(&self.dir, &self.name, open.number + 1, &self.syncer)?;
        open.number += 1;
        let full = std::mem::replace(&mut open.segment, next);
        self.syncer.close(&full);
        Ok(())
    }
}

fn create(dir: &Path, name: &str, number: u32, syncer: &Syncer) -> Result<Arc<Records>, LogError> {
    let path = dir.join(format!("{name}-{number:06}.{ENDING}"));
    let made = Records::create(&path, HEADER).and_then(|segment| {
        // The file's name must be on the disk too.
        File::open(dir)?.sync_all()?;
        Ok(Arc::new(segment))
    });
    let segment = made.map_err(|error| LogError::io("create", &path, error))?;
    syncer.opened(segment.clone());
    Ok(segment)
}

/// Hands over the rows of a segment up to its end, or to where a crash tore it.
pub(crate) fn read(path: &Path, row: &mut dyn FnMut(&Row<String>)) -> Result<Found, LogError> {
    records::read(path, HEADER, &mut |read| row(&read))
}

pub(crate) fn remove(path: &Path) -> Result<(), LogError> {
    fs::remove_file(path).map_err(|error| LogError::io("delete", path, error))
}

const ENDING: &str = "rows";

/// The segments in a folder, by name.
pub(crate) fn segments(dir: &Path) -> Result<Vec<PathBuf>, LogError> {
    let entries = fs::read_dir(dir).and_then(|entries| {
        entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()
    });
    let entries = entries.map_err(|error| LogError::io("list", dir, error))?;
    let is_segment = |path: &PathBuf| path.extension().is_some_and(|ending| ending == ENDING);
    let mut segments: Vec<_> = entries.into_iter().filter(is_segment).collect();
    segments.sort();
    Ok(segments)
}

/// Why rows cannot be kept.
#[derive(Debug, Error)]
pub enum LogError {
    /// Another process has the folder.
    #[error("another gateway keeps its rows in `{}`", dir.display())]
    InUse {
        /// The folder.
        dir: PathBuf,
    },
    /// A file of something else.
    #[error("`{}` does not begin as a file of its name does here", path.display())]
    NotASegment {
        /// The file.
        path: PathBuf,
    },
    /// Something in the midst of a file is not as it was written.
    #[error("`{}` is damaged at byte {at}, in front of records that are whole", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where what is whole ends.
        at: u64,
    },
    /// The system refused.
    #[error("could not {action} `{}`", path.display())]
    Io {
        /// What was being done, as a verb.
        action: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl LogError {
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.into(), source }
    }
}
