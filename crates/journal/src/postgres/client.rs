//! A connection to the server that is made when it is needed, and made anew when it was lost.

use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnection;
use thiserror::Error;
use tokio::runtime::Runtime;

use super::Server;
use crate::StorageError;

/// How long a server may take to let us in.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Settings without which an acknowledged event may be lost.
const DURABLE: [&str; 2] = ["synchronous_commit", "fsync"];

pub(super) struct Client {
    // Comes first: it is dropped before the runtime it lives on.
    connection: Option<PgConnection>,
    runtime: Runtime,
    server: Server,
}

impl Client {
    /// A client that has not connected yet.
    pub(super) fn new(server: &Server) -> Result<Client, StorageError> {
        Ok(Client { connection: None, runtime: runtime()?, server: server.clone() })
    }

    /// Lets `work` use the connection. If that turns out to be lost, the next work gets a new one.
    pub(super) fn run<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, StorageError> {
        let Client { connection, runtime, server } = self;
        let done = runtime.block_on(async {
            let open = match connection {
                Some(open) => open,
                none => none.insert(connect(server).await?),
            };
            work(open).await
        });
        let done = done.map_err(|error| StorageError::postgres(self.server.name(), error));
        if done.as_ref().is_err_and(StorageError::is_lost_connection) {
            self.disconnect();
        }
        done
    }

    /// As [`Client::run`], once more over a new connection if the old one was lost. For reading.
    pub(super) fn read<T>(
        &mut self,
        mut work: impl AsyncFnMut(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, StorageError> {
        match self.run(async |connection| work(connection).await) {
            Err(error) if error.is_lost_connection() => {
                self.run(async |connection| work(connection).await)
            }
            done => done,
        }
    }

    pub(super) fn disconnect(&mut self) {
        self.connection = None;
    }
}

/// A runtime of the calling thread's own: the journal's threads wait for the server one by one.
pub(super) fn runtime() -> Result<Runtime, std::io::Error> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

async fn connect(server: &Server) -> Result<PgConnection, sqlx::Error> {
    let connecting = tokio::time::timeout(CONNECT_TIMEOUT, server.options.connect());
    let timed_out = |_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
    let mut connection = connecting.await.map_err(timed_out)??;
    // Others that append hold their lock for some milliseconds.
    sqlx::raw_sql("SET lock_timeout = '30s'; SET client_min_messages = warning")
        .execute(&mut connection)
        .await?;
    match not_durable(&mut connection).await? {
        Some(setting) => Err(sqlx::Error::Configuration(Box::new(NotDurable(setting)))),
        None => Ok(connection),
    }
}

/// The server has a setting off under which it acknowledges what is not on its disk. Asked of every
/// connection, as settings change.
#[derive(Debug, Error)]
#[error("`{0}` is off, and what was acknowledged could be lost")]
pub(super) struct NotDurable(pub &'static str);

/// A setting that is off and must be on.
async fn not_durable(connection: &mut PgConnection) -> Result<Option<&'static str>, sqlx::Error> {
    let found: Vec<String> =
        sqlx::query_scalar("SELECT current_setting(name) FROM unnest($1) name")
            .bind(&DURABLE[..])
            .fetch_all(connection)
            .await?;
    Ok(DURABLE.into_iter().zip(found).find_map(|(name, value)| (value == "off").then_some(name)))
}
