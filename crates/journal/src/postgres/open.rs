//! The journal's tables: how they are made, recognised and opened.

use std::sync::Arc;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

use super::client::{Client, NotDurable};
use super::{Server, reader::Reader, writer::Writer};
use crate::open::{FORMAT, Opened};
use crate::{OpenError, StorageError};

/// The comment on the table of events, by which a journal is told from other tables of that name.
const MARK: &str = "charterparty journal, format ";

/// What brings a schema to each format, from the first that is read.
const MIGRATIONS: [(i64, &str); 1] =
    [(FORMAT, include_str!("../../migrations/postgres/0002_events.sql"))];

pub(crate) fn open(server: Server) -> Result<Opened, OpenError> {
    let mut client = reach(&server)?;
    let found = client.run(async |connection| examine(connection).await);
    let found = found.map_err(|error| at(&server, error))?;
    // Only what is lacking is made, so that whoever may merely append can open a journal.
    if found.recognised(&server)? != State::Whole {
        let prepared = client.run(async |connection| {
            let mut transaction = connection.begin().await?;
            sqlx::query("SELECT pg_advisory_xact_lock(hashtext($1))")
                .bind(MARK)
                .execute(&mut *transaction)
                .await?;
            // Another process may have been doing the same.
            let found = examine(&mut transaction).await?;
            if let Ok(State::Nothing | State::Lacking) = found.recognised(&server) {
                for (_, migration) in MIGRATIONS {
                    sqlx::raw_sql(migration).execute(&mut *transaction).await?;
                }
                let mark = format!("COMMENT ON TABLE events IS '{MARK}{FORMAT}'");
                sqlx::raw_sql(AssertSqlSafe(mark)).execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
            Ok(found)
        });
        prepared.map_err(|error| at(&server, error))?.recognised(&server)?;
    }
    opened(server, client)
}

pub(crate) fn open_existing(server: Server) -> Result<Option<Opened>, OpenError> {
    let mut client = reach(&server)?;
    let found = client.run(async |connection| examine(connection).await);
    match found.map_err(|error| at(&server, error))?.recognised(&server)? {
        State::Nothing => Ok(None),
        State::Lacking | State::Whole => opened(server, client).map(Some),
    }
}

fn opened(server: Server, client: Client) -> Result<Opened, OpenError> {
    let writer = Writer::new(&server).map_err(|error| at(&server, error))?;
    let reader = Reader(client);
    Ok(Opened { store: Arc::new(server), writer: Box::new(writer), reader: Box::new(reader) })
}

fn at(server: &Server, source: StorageError) -> OpenError {
    OpenError::Storage { place: server.name().to_owned(), source }
}

/// A connection to the server, which holds what it acknowledges.
fn reach(server: &Server) -> Result<Client, OpenError> {
    let name = || server.name().to_owned();
    let mut client = Client::new(server).map_err(|error| at(server, error))?;
    let encoding: String = client
        .run(async |connection| {
            sqlx::query_scalar("SHOW server_encoding").fetch_one(connection).await
        })
        .map_err(|source| match source.not_durable() {
            Some(setting) => OpenError::NotDurable { server: name(), setting },
            None => OpenError::CannotReach { server: name(), source },
        })?;
    if encoding != "UTF8" {
        return Err(OpenError::Encoding { server: name(), encoding });
    }
    Ok(client)
}

/// What is in the schema that comes first in the search path.
struct Found {
    table: bool,
    comment: Option<String>,
    triggers: i64,
}

#[derive(PartialEq, Eq)]
enum State {
    Nothing,
    /// A journal from which triggers were taken away.
    Lacking,
    Whole,
}

async fn examine(connection: &mut PgConnection) -> Result<Found, sqlx::Error> {
    let (table, comment, triggers) = sqlx::query_as(
        "SELECT found IS NOT NULL, obj_description(found, 'pg_class'), \
             (SELECT count(*) FROM pg_trigger WHERE tgrelid = found AND tgenabled IN ('O', 'A') \
              AND tgname IN ('events_are_never_changed', 'events_come_in_turn')) \
         FROM (SELECT to_regclass(quote_ident(current_schema()) || '.events')::oid AS found) place",
    )
    .fetch_one(connection)
    .await?;
    Ok(Found { table, comment, triggers })
}

impl Found {
    fn recognised(&self, server: &Server) -> Result<State, OpenError> {
        let place = || server.name().to_owned();
        if !self.table {
            return Ok(State::Nothing);
        }
        let format = self.comment.as_deref().and_then(|comment| comment.strip_prefix(MARK));
        match format.and_then(|format| format.parse::<i64>().ok()) {
            Some(FORMAT) if self.triggers == 2 => Ok(State::Whole),
            Some(FORMAT) => Ok(State::Lacking),
            Some(found) if found > FORMAT => Err(OpenError::Newer { place: place(), found }),
            Some(found) => Err(OpenError::Older { place: place(), found }),
            None => Err(OpenError::NotAJournal(place())),
        }
    }
}

impl StorageError {
    /// The setting that must be on and is off, if that is what is wrong.
    fn not_durable(&self) -> Option<&'static str> {
        match self.configuration()?.downcast_ref() {
            Some(NotDurable(setting)) => Some(setting),
            None => None,
        }
    }
}
