//! Where the server is.

use std::fmt;
use std::str::FromStr;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

use super::{client::Client, reader::Reader, watcher::Watcher};
use crate::store::{self, Store};
use crate::{OpenError, StorageError};

/// How to connect. Shows itself by name alone, as it holds the password.
#[derive(Clone)]
pub(crate) struct Server {
    pub(super) options: PgConnectOptions,
    name: String,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Server").field(&self.name).finish()
    }
}

impl Server {
    pub(crate) fn new(url: &str) -> Result<Server, OpenError> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(OpenError::Address);
        }
        // What is wrong is not repeated: it may quote the password.
        let options = PgConnectOptions::from_str(url).map_err(|_| OpenError::Address)?;
        let options = options.disable_statement_logging();
        let database = options.get_database().unwrap_or_else(|| options.get_username());
        let name = match options.get_socket() {
            Some(socket) => format!("{}/{database}", socket.display()),
            None => format!("{}:{}/{database}", options.get_host(), options.get_port()),
        };
        Ok(Server { options, name })
    }

    /// Host, port and database.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Store for Server {
    fn reader(&self) -> Result<Box<dyn store::Reader>, StorageError> {
        Ok(Box::new(Reader(Client::new(self)?)))
    }

    fn watcher(&self) -> Result<Box<dyn store::Watcher>, StorageError> {
        Ok(Box::new(Watcher::new(self)?))
    }
}
