//! What is to be sent, was sent and could not be sent, in one SQLite file.

mod claim;
mod list;
mod open;
mod row;
mod storage;
mod take;

use std::path::PathBuf;

use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::sync::Mutex;

pub use list::RetryError;
pub use open::OpenError;
pub use row::{Outgoing, State};
pub use storage::StorageError;
pub use take::{TakeError, Taken};

/// What is to be sent, was sent and could not be sent.
///
/// Share one by reference or in an `Arc`; several processes may have the same file open.
#[derive(Debug)]
pub struct Outbox {
    path: PathBuf,
    options: SqliteConnectOptions,
    connection: Mutex<SqliteConnection>,
}

impl Outbox {
    /// Does `work` on the connection, and names the file if SQLite fails.
    async fn with<T>(
        &self,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, StorageError> {
        let mut connection = self.connection.lock().await;
        let done = work(&mut connection).await;
        // After a full disk SQLite has rolled back by itself, and sqlx still counts a transaction
        // on this connection. A new one starts clean.
        if done.is_err()
            && let Ok(clean) = self.options.connect().await
        {
            *connection = clean;
        }
        done.map_err(|error| StorageError::new(&self.path, error))
    }
}
