//! How notices get in.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use thiserror::Error;

use super::{Outbox, StorageError};
use crate::{Notice, Settings, Way};

/// What came of taking notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// How many tellings are new in the outbox: one for each notice and address.
    pub enqueued: u64,
    /// Parties that had a notice among these and have no address to be told at.
    pub unaddressed: BTreeSet<String>,
}

/// Why notices were not taken. None of them was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TakeError {
    /// Events would be left out.
    #[error(
        "cannot take notices of what follows event {after}: \
         the outbox has only seen what goes up to {cursor}; read on from there"
    )]
    Gap {
        /// Up to where the caller believed everything taken.
        after: u64,
        /// Up to where everything is.
        cursor: u64,
    },
    /// A notice is of an event that the caller did not speak of.
    #[error(
        "the notice `{key}` is of event {position}, which is not in {after} < event <= {through}"
    )]
    Outside {
        /// The notice's key.
        key: String,
        /// Its event.
        position: u64,
        /// The event before the first one looked at.
        after: u64,
        /// The last event looked at.
        through: u64,
    },
    /// A payload that would not read back: it is nested more than 127 levels deep.
    #[error("cannot store the notice `{key}`")]
    Unreadable {
        /// The notice's key.
        key: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The file or SQLite failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Outbox {
    /// Up to which event of the journal notices were taken; 0 if none was.
    ///
    /// # Errors
    /// [`StorageError`] if the file cannot be read.
    pub async fn cursor(&self) -> Result<u64, StorageError> {
        self.with(async |connection| cursor(connection).await).await
    }

    /// Puts the notices of the events after `after` up to and with `through` into the outbox, one
    /// row for every address its party has in `settings`, and remembers `through`, all in one
    /// transaction.
    ///
    /// What was taken before is not taken again, so whoever is in doubt after a crash, or loses a
    /// race, may simply take once more. An address that is added to the settings later gets notices
    /// of later events only.
    ///
    /// # Errors
    /// [`TakeError::Gap`] if the outbox has not seen `after` yet, [`TakeError::Outside`] for a notice
    /// of another event, and the others if a notice cannot be stored.
    pub async fn take(
        &self,
        after: u64,
        through: u64,
        notices: &[Notice],
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Taken, TakeError> {
        let outside = |notice: &&Notice| notice.position <= after || notice.position > through;
        if let Some(Notice { key, position, .. }) = notices.iter().find(outside) {
            let (key, position) = (key.clone(), *position);
            return Err(TakeError::Outside { key, position, after, through });
        }
        let (rows, unaddressed) = addressed(notices, settings)?;
        let seen = self.with(async |c| enqueue(c, after, through, &rows, now).await).await?;
        match seen {
            Ok(enqueued) => Ok(Taken { enqueued, unaddressed }),
            Err(cursor) => Err(TakeError::Gap { after, cursor }),
        }
    }

    /// Puts notices of events of any time into the outbox, but for those it has already. Up to where
    /// events were taken stays as it is.
    ///
    /// # Errors
    /// [`TakeError`] if a notice cannot be stored.
    pub async fn catch_up(
        &self,
        notices: &[Notice],
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Taken, TakeError> {
        let (rows, unaddressed) = addressed(notices, settings)?;
        let insert_all = async |connection: &mut SqliteConnection| {
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
            let mut enqueued = 0;
            for row in &rows {
                enqueued += insert(&mut transaction, row, now).await?;
            }
            transaction.commit().await?;
            Ok(enqueued)
        };
        let enqueued = self.with(insert_all).await?;
        Ok(Taken { enqueued, unaddressed })
    }
}

/// One row for every address of a notice's party, and the parties that have none.
fn addressed<'a>(
    notices: &'a [Notice],
    settings: &'a Settings,
) -> Result<(Vec<NewRow<'a>>, BTreeSet<String>), TakeError> {
    let (mut rows, mut unaddressed) = (Vec::new(), BTreeSet::new());
    for notice in notices {
        let text = stored(notice)?;
        let recipient = settings.parties.get(&notice.to);
        let addresses = recipient.into_iter().flat_map(|recipient| recipient.addresses());
        let before = rows.len();
        rows.extend(addresses.map(|(way, address)| NewRow::new(notice, &text, way, address)));
        if rows.len() == before {
            unaddressed.insert(notice.to.clone());
        }
    }
    Ok((rows, unaddressed))
}

struct NewRow<'a> {
    key: String,
    notice: &'a Notice,
    text: String,
    way: Way,
    address: &'a str,
}

impl<'a> NewRow<'a> {
    fn new(notice: &'a Notice, text: &str, way: Way, address: &'a str) -> NewRow<'a> {
        let key = notice.key_for(way, address);
        NewRow { key, notice, text: text.to_owned(), way, address }
    }
}

/// The notice as JSON, read back at once: what the outbox accepts, it must be able to send.
fn stored(notice: &Notice) -> Result<String, TakeError> {
    serde_json::to_string(notice)
        .and_then(|text| serde_json::from_str::<Notice>(&text).map(|_| text))
        .map_err(|source| TakeError::Unreadable { key: notice.key.clone(), source })
}

/// How many rows are new; or the cursor, if it is before `after`.
async fn enqueue(
    connection: &mut SqliteConnection,
    after: u64,
    through: u64,
    rows: &[NewRow<'_>],
    now: Timestamp,
) -> Result<Result<u64, u64>, sqlx::Error> {
    // INVARIANT: the lock is taken before the cursor is read, so nobody takes in between.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let seen = cursor(&mut transaction).await?;
    if after > seen {
        return Ok(Err(seen));
    }
    let mut enqueued = 0;
    for row in rows.iter().filter(|row| row.notice.position > seen) {
        enqueued += insert(&mut transaction, row, now).await?;
    }
    sqlx::query("UPDATE cursor SET position = max(position, ?)")
        .bind(to_sql(through))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Ok(enqueued))
}

/// Puts a row in, unless it is there; how many are new.
async fn insert(
    connection: &mut SqliteConnection,
    row: &NewRow<'_>,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "INSERT INTO outgoing (key, position, party, way, address, notice, taken, state, \
         attempts, failures, due) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'waiting', 0, 0, ?7) \
         ON CONFLICT (key) DO NOTHING",
    )
    .bind(&row.key)
    .bind(to_sql(row.notice.position))
    .bind(&row.notice.to)
    .bind(row.way.as_str())
    .bind(row.address)
    .bind(&row.text)
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

async fn cursor(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let position: i64 =
        sqlx::query_scalar("SELECT position FROM cursor").fetch_one(connection).await?;
    Ok(u64::try_from(position).unwrap_or_default())
}

/// As SQLite counts. No journal has so many events that this matters.
fn to_sql(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}
