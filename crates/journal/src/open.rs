//! How a journal is opened and closed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use tokio::sync::watch;

use crate::committer::Committer;
use crate::follow::Watch;
use crate::store::{Reader, Store, Writer};
use crate::worker::{Worker, apart};
use crate::{StorageError, postgres, sqlite};

/// The format that is written and read, on every store.
pub(crate) const FORMAT: i64 = 2;

/// Events in one file or on one server, in order, each sealed to the one before it.
///
/// Share one by reference or in an `Arc`; a process may also open the same journal more than once.
/// It needs no particular runtime: whatever waits for a disk or a server has a thread of its own.
pub struct Journal {
    pub(crate) committer: Committer,
    pub(crate) shared: Arc<Shared>,
}

/// What followers need as well.
pub(crate) struct Shared {
    pub store: Arc<dyn Store>,
    // Reading has a connection of its own, so that no reader waits for an append to reach the disk.
    pub reader: Worker<Box<dyn Reader>>,
    /// Counts what may have been appended, here or elsewhere.
    pub news: watch::Sender<u64>,
    /// Looks out for other connections' events, once somebody follows.
    pub watch: Watch,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").finish_non_exhaustive()
    }
}

/// Why a journal could not be opened. Servers are named by host, port and database.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is a folder of that name.
    #[error("`{0}` is a folder; name a file in it")]
    Folder(PathBuf),
    /// The file, or the folder it is in, does not let itself be opened.
    #[error("cannot open `{path}`; see that its folder exists and that you may write there")]
    CannotOpen {
        /// The journal's path.
        path: PathBuf,
        /// What SQLite or the system said.
        source: StorageError,
    },
    /// The file must not be written.
    #[error("`{0}` is read-only; make it writable, or work on a copy")]
    ReadOnly(PathBuf),
    /// The address of the server is none. It is not repeated, as it may hold a password.
    #[error(
        "the journal's address is not of the form `postgres://USER:PASSWORD@HOST:PORT/DATABASE`"
    )]
    Address,
    /// The server cannot be reached or does not let us in.
    #[error("cannot reach the server `{server}`; see that it runs and that its user may log in")]
    CannotReach {
        /// Its host, port and database.
        server: String,
        /// What the server or the system said.
        source: StorageError,
    },
    /// The server would acknowledge what is not on its disk.
    #[error("the server `{server}` has `{setting} = off`, and would lose what it acknowledged")]
    NotDurable {
        /// Its host, port and database.
        server: String,
        /// The setting that must be on.
        setting: &'static str,
    },
    /// The database keeps text in another encoding, in which some events cannot be stored.
    #[error("the database `{server}` has the encoding {encoding}; make one with UTF8")]
    Encoding {
        /// Its host, port and database.
        server: String,
        /// The encoding it has.
        encoding: String,
    },
    /// The file or the schema holds something else.
    #[error("`{0}` is not a journal; name another, or move this one away")]
    NotAJournal(String),
    /// A later version of this program wrote it.
    #[error(
        "`{place}` has format {found}, and this version reads format {FORMAT}; install a newer one"
    )]
    Newer {
        /// The journal's path or server.
        place: String,
        /// The format it has.
        found: i64,
    },
    /// An earlier version of this program wrote it, without salts.
    #[error(
        "`{place}` has format {found}, and this version reads format {FORMAT}; move it away and \
         begin a new journal, or read it with the version that wrote it"
    )]
    Older {
        /// The journal's path or server.
        place: String,
        /// The format it has.
        found: i64,
    },
    /// Something else went wrong.
    #[error("cannot open the journal `{place}`")]
    Storage {
        /// The journal's path or server.
        place: String,
        /// What SQLite or the server said.
        source: StorageError,
    },
}

/// A store that has been opened, with the connections every journal has.
pub(crate) struct Opened {
    pub store: Arc<dyn Store>,
    pub writer: Box<dyn Writer>,
    pub reader: Box<dyn Reader>,
}

impl Journal {
    /// Opens the journal at `path` to read and append, and creates it if there is none.
    ///
    /// Its folder must exist. Beside the file, SQLite keeps `-wal` and `-shm` files while the
    /// journal is in use: a copy of the file alone is whole only after [`Journal::close`].
    ///
    /// # Errors
    /// [`OpenError`] says what stands in the way and what to do about it.
    pub async fn open(path: &Path) -> Result<Journal, OpenError> {
        let (place, path) = (path.display().to_string(), path.to_owned());
        start(place, move || sqlite::open(&path)).await
    }

    /// Opens the journal at `path` if there is one; creates nothing. For commands that only read.
    ///
    /// A read-only file can be read as long as its folder lets SQLite put its locks there.
    ///
    /// # Errors
    /// [`OpenError`] says what stands in the way and what to do about it.
    pub async fn open_existing(path: &Path) -> Result<Option<Journal>, OpenError> {
        let (place, path) = (path.display().to_string(), path.to_owned());
        start(place, move || sqlite::open_existing(&path)).await
    }

    /// Opens the journal on a PostgreSQL server, and creates its tables if there are none.
    ///
    /// `url` is `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with the parameters that `psql` knows,
    /// such as `sslmode`. The journal is in the schema that comes first in the user's search
    /// path; `?options=-csearch_path%3DNAME` names another one, which must exist.
    ///
    /// # Errors
    /// [`OpenError`] says what stands in the way and what to do about it. It never holds the URL.
    pub async fn connect(url: &str) -> Result<Journal, OpenError> {
        let server = postgres::Server::new(url)?;
        start(server.name().to_owned(), move || postgres::open(server)).await
    }

    /// Opens the journal on a PostgreSQL server if there is one; creates nothing.
    ///
    /// # Errors
    /// As for [`Journal::connect`].
    pub async fn connect_existing(url: &str) -> Result<Option<Journal>, OpenError> {
        let server = postgres::Server::new(url)?;
        start(server.name().to_owned(), move || postgres::open_existing(server)).await
    }

    /// Closes the journal once everything enqueued is appended. A file is left whole if nobody else
    /// has it open; whoever follows gets no more events.
    ///
    /// Nothing is lost without this: whatever was acknowledged is on the disk.
    ///
    /// # Errors
    /// [`StorageError`] if the threads that close the journal could not be waited for.
    pub async fn close(self) -> Result<(), StorageError> {
        apart(move || {
            self.shared.watch.stop(&self.shared.news);
            self.shared.reader.stop();
            // The last connection: SQLite tidies up as it closes.
            self.committer.stop();
        })
        .await
    }
}

/// Opens a store on a thread of its own and starts the journal's threads.
async fn start<T: Started>(
    place: String,
    open: impl FnOnce() -> Result<T, OpenError> + Send + 'static,
) -> Result<T::Journal, OpenError> {
    let opened = match apart(open).await {
        Ok(opened) => opened?,
        Err(source) => return Err(OpenError::Storage { place, source }),
    };
    opened.start().map_err(|source| OpenError::Storage { place, source })
}

/// A store, or perhaps one, whose threads can be started.
trait Started: Send + 'static {
    type Journal;

    fn start(self) -> Result<Self::Journal, StorageError>;
}

impl Started for Opened {
    type Journal = Journal;

    fn start(self) -> Result<Journal, StorageError> {
        let Opened { store, writer, reader } = self;
        let (news, _) = watch::channel(0);
        let committer = Committer::start(writer, news.clone())?;
        let reader = Worker::start("journal-read", reader)?;
        let shared = Shared { store, reader, news, watch: Watch::default() };
        Ok(Journal { committer, shared: Arc::new(shared) })
    }
}

impl Started for Option<Opened> {
    type Journal = Option<Journal>;

    fn start(self) -> Result<Option<Journal>, StorageError> {
        self.map(Opened::start).transpose()
    }
}
