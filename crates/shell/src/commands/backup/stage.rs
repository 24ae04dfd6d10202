//! What goes into a backup, put aside store by store, so that what is written meanwhile does not matter.
//!
//! Each store is taken as it is at one moment; the moments differ. So the order matters: of two stores of which
//! one rests on the other, the one that rests is taken first. What comes later then has what it speaks of, and
//! perhaps more, which is as if it had come after the backup:
//!
//! 1. The **outbox** says up to which event parties were told, and the **answers** of the API say what was
//!    entered. Were they newer than the journal, an event would never be told, a repeated request never entered.
//!    Older, a notice goes out again under its id, and a command is known by its id in the journal.
//! 2. The **journal**. Its settlements say which calls they rest on, by day and fingerprint: calls that came
//!    since are late calls, and calls that are lacking would be a settlement of nothing.
//! 3. The **gateway**, before the store of calls, which takes its rows over: a row in both is counted once, by its
//!    id. Within it, what is waited for before rows, and rows before what says that they were taken over.
//! 4. **Calls**, with their writer kept out: an import is there as a whole or not at all.
//! 5. **People** at last: who was shut out while the backup ran does not come in by it.
//!
//! Databases are copied by SQLite itself, as of one transaction. All other files are only appended to, or
//! replaced as a whole, so a hard link and a length hold them as they were: that costs nothing, and keeps nobody
//! waiting.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use journal::Extent;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::archive::{JOURNAL, WORKSPACE};
use crate::outcome::Failure;
use crate::workspace::Workspace;

/// How long to wait for those who write to a database.
const BUSY: Duration = Duration::from_secs(30);

/// Databases that rest on the journal.
const BEFORE_THE_JOURNAL: [&str; 2] = ["outbox.db", "answers.db"];
const THE_JOURNAL: &str = "journal.db";
const THE_PEOPLE: &str = "people.db";
/// What the gateway waits for, which its rows may fulfil.
const WAITED_FOR: &str = "later";
const ROWS: &str = "rows";
const GATEWAY: &str = "gateway";
/// Where calls are: of this machine's own, and where it works for a bucket.
const CALLS: [&str; 2] = ["usage", "bucket"];

/// All that goes into a backup, until it is dropped.
pub struct Staged {
    /// In the order in which they are written.
    pub files: Vec<Aside>,
    /// Where the journal ended, if there is one.
    pub journal: Option<Extent>,
    _folder: TempDir,
}

/// A file that was put aside.
pub struct Aside {
    /// Its name in the backup.
    pub name: String,
    /// Where its content is.
    pub path: PathBuf,
    /// How much of it belongs to the backup: it may have grown.
    pub bytes: u64,
    /// Who may read and write it.
    pub mode: u32,
}

impl Staged {
    /// How much there is in all.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// Puts everything aside, in a folder of the workspace's own, so that links can be made.
pub fn stage(workspace: &Workspace) -> Result<Staged, Failure> {
    let private = workspace.private();
    fs::create_dir_all(&private)?;
    let folder = tempfile::Builder::new().prefix(".backup-").tempdir_in(&private)?;
    let mut stage = Stage {
        private,
        root: workspace.root.clone(),
        aside: folder.path().into(),
        files: Vec::new(),
    };
    for name in BEFORE_THE_JOURNAL {
        stage.database(name)?;
    }
    let journal = stage.journal(workspace)?;
    stage.gateway()?;
    for name in CALLS {
        stage.calls(name)?;
    }
    let has_file = workspace.settings.journal.url()?.is_none();
    stage.others(has_file)?;
    stage.database(THE_PEOPLE)?;
    stage.documents()?;
    Ok(Staged { files: stage.files, journal, _folder: folder })
}

struct Stage {
    root: PathBuf,
    private: PathBuf,
    aside: PathBuf,
    files: Vec<Aside>,
}

impl Stage {
    /// The journal, each event seen to follow the one before it, in a form that every store takes over.
    fn journal(&mut self, workspace: &Workspace) -> Result<Option<Extent>, Failure> {
        let path = self.place();
        let extent = workspace.with_journal(async |journal| Ok(journal.export(&path).await?))?;
        if extent.is_some() {
            let bytes = fs::metadata(&path)?.len();
            self.files.push(Aside { name: JOURNAL.to_string(), path, bytes, mode: 0o600 });
        }
        Ok(extent)
    }

    fn gateway(&mut self) -> Result<(), Failure> {
        let folder = self.private.join(GATEWAY);
        self.link(&folder.join(WAITED_FOR))?;
        let is_row = |path: &Path| path.extension().is_some_and(|ending| ending == ROWS);
        let (rows, rest): (Vec<_>, Vec<_>) =
            entries(&folder)?.into_iter().partition(|path| is_row(path));
        let rest = rest.into_iter().filter(|path| !path.ends_with(WAITED_FOR));
        rows.into_iter().chain(rest).try_for_each(|path| self.link(&path))
    }

    fn calls(&mut self, name: &str) -> Result<(), Failure> {
        let folder = self.private.join(name);
        let _held = usage::Store::open(&folder)?.hold()?;
        // The set of ids is made anew from the segments.
        let kept = entries(&folder)?.into_iter().filter(|path| !path.ends_with("ids"));
        kept.collect::<Vec<_>>().into_iter().try_for_each(|path| self.all_of(&path))
    }

    /// What else there is, so that nothing is left behind that a later version keeps.
    fn others(&mut self, journal_has_file: bool) -> Result<(), Failure> {
        for path in entries(&self.private)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let is_done = BEFORE_THE_JOURNAL.contains(&name)
                || CALLS.contains(&name)
                || [GATEWAY, THE_PEOPLE].contains(&name)
                || (name == THE_JOURNAL && journal_has_file);
            // A snapshot only saves reading the journal.
            let is_derived = name == "snapshot" || is_of_a_database(name);
            match name.ends_with(".db") {
                _ if is_done || is_derived => {}
                true => self.database(name)?,
                false => self.all_of(&path)?,
            }
        }
        Ok(())
    }

    /// Every Markdown file beside `charter.toml`, as an editor may be at work in them.
    fn documents(&mut self) -> Result<(), Failure> {
        let is_document = |path: &PathBuf| {
            path.is_file()
                && (path.ends_with("charter.toml")
                    || path.extension().is_some_and(|ending| ending == "md"))
        };
        for path in entries(&self.root)?.into_iter().filter(is_document) {
            let copy = self.place();
            fs::copy(&path, &copy)?;
            self.push(&path, copy)?;
        }
        Ok(())
    }

    /// A database, as of one transaction, in which nobody is kept from writing.
    fn database(&mut self, name: &str) -> Result<(), Failure> {
        let path = self.private.join(name);
        if !path.exists() {
            return Ok(());
        }
        let copy = self.place();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.execute("VACUUM INTO ?1", [copy.display().to_string()])?;
        fs::set_permissions(&copy, fs::metadata(&path)?.permissions())?;
        self.push(&path, copy)
    }

    /// A file, or all files of a folder.
    fn all_of(&mut self, path: &Path) -> Result<(), Failure> {
        match path.is_dir() {
            true => entries(path)?.iter().try_for_each(|path| self.all_of(path)),
            false => self.link(path),
        }
    }

    /// A file as long as it is now. What is gone was taken over by what is put aside later.
    fn link(&mut self, path: &Path) -> Result<(), Failure> {
        let aside = self.place();
        let linked = match fs::hard_link(path, &aside) {
            // Not every disk has links, and `.charter` may be on several.
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                fs::copy(path, &aside).map(drop)
            }
            linked => linked,
        };
        match linked {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error.into()),
            Ok(()) => self.push(path, aside),
        }
    }

    fn push(&mut self, original: &Path, path: PathBuf) -> Result<(), Failure> {
        let within = original.strip_prefix(&self.root).unwrap_or(original);
        let Some(within) = within.to_str() else {
            return Err(Failure::failed(
                format!("the name of `{}` is not UTF-8", original.display()),
                "give the file another name",
            ));
        };
        let found = fs::metadata(&path)?;
        let (bytes, mode) = (found.len(), found.permissions().mode() & 0o777);
        self.files.push(Aside { name: format!("{WORKSPACE}{within}"), path, bytes, mode });
        Ok(())
    }

    /// A name that nothing has yet.
    fn place(&self) -> PathBuf {
        self.aside.join(self.files.len().to_string())
    }
}

/// What SQLite keeps beside a database.
fn is_of_a_database(name: &str) -> bool {
    ["-wal", "-shm", "-journal"].iter().any(|ending| name.ends_with(&format!(".db{ending}")))
}

/// What is in a folder, by name, but for what begins with a dot: locks, and what is at work. Nothing if
/// there is no such folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let read = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    let mut entries = Vec::new();
    for entry in read {
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            entries.push(entry.path());
        }
    }
    entries.sort();
    Ok(entries)
}
