//! How the chain is proved.

use jiff::Timestamp;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteRow;

use crate::storage::{self, Code};
use crate::{Damage, Head, Journal, Position, ReadError, row};

/// What verifying found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every event gives its hash and follows the one before it.
    Intact {
        /// The last event: worth keeping elsewhere.
        head: Head,
    },
    /// Some event does not.
    Broken {
        /// The first place that is not as it was. All before it gives its hash and is in order.
        position: Position,
        /// What is wrong there.
        reason: Damage,
    },
}

impl Journal {
    /// Walks the whole journal and hashes every event anew.
    ///
    /// Holds one event in memory at a time, sees the journal as it was at one moment, and keeps
    /// nobody from reading or appending. A tail that was cut off leaves an intact, shorter journal:
    /// see [`Journal::verify_against`].
    ///
    /// # Errors
    /// [`ReadError::Storage`] if the file cannot be read at all. What is found in it is never an
    /// error but a [`Verdict::Broken`].
    pub async fn verify(&self) -> Result<Verdict, ReadError> {
        self.check(None).await
    }

    /// Does what [`Journal::verify`] does, and sees that the journal still holds the event `kept`,
    /// a head that somebody noted down earlier, and so everything before it.
    ///
    /// # Errors
    /// As for [`Journal::verify`].
    pub async fn verify_against(&self, kept: Head) -> Result<Verdict, ReadError> {
        self.check(Some(kept)).await
    }

    async fn check(&self, kept: Option<Head>) -> Result<Verdict, ReadError> {
        let mut walk = Walk { head: Head::EMPTY, recorded: Timestamp::MIN, kept, broken: None };
        if let Err(reason) = walk.compare() {
            return Ok(Verdict::Broken { position: Position::BEFORE_FIRST, reason });
        }
        let mut connection = self.options.connect().await?;
        // No condition and no page: every row there is comes by, whatever it says of its place.
        // The rows become units, so the vector they are collected into takes no memory.
        let end: Result<Vec<()>, sqlx::Error> =
            sqlx::query("SELECT * FROM events ORDER BY position")
                .try_map(|row: SqliteRow| walk.step(&row).ok_or(sqlx::Error::RowNotFound))
                .fetch_all(&mut connection)
                .await;
        if let Some(reason) = walk.broken {
            return Ok(Verdict::Broken { position: walk.head.position.next(), reason });
        }
        match end {
            Ok(_) => Ok(walk.end()),
            Err(error) if storage::code(&error) == Code::Corrupt => Ok(Verdict::Broken {
                position: walk.head.position.next(),
                reason: Damage::File(error.to_string()),
            }),
            Err(error) => Err(error.into()),
        }
    }
}

/// The chain so far.
struct Walk {
    /// The last event that was as it should be.
    head: Head,
    recorded: Timestamp,
    kept: Option<Head>,
    /// What is wrong with the event after `head`.
    broken: Option<Damage>,
}

impl Walk {
    /// Goes one event on, or nowhere if it is broken.
    fn step(&mut self, row: &SqliteRow) -> Option<()> {
        self.broken = self.follow(row).err();
        self.broken.is_none().then_some(())
    }

    fn follow(&mut self, row: &SqliteRow) -> Result<(), Damage> {
        let found = row::position(row)?;
        if found != self.head.position.next().to_sql() {
            return Err(Damage::OutOfPlace { found });
        }
        let event = row::event(row)?;
        if event.previous != self.head.hash {
            return Err(Damage::Link);
        }
        if event.recorded < self.recorded {
            return Err(Damage::Clock);
        }
        let before = std::mem::replace(&mut self.head, event.head());
        self.compare().inspect_err(|_| self.head = before)?;
        self.recorded = event.recorded;
        Ok(())
    }

    fn compare(&self) -> Result<(), Damage> {
        match self.kept {
            Some(kept) if kept.position == self.head.position && kept.hash != self.head.hash => {
                Err(Damage::Rewritten)
            }
            _ => Ok(()),
        }
    }

    fn end(self) -> Verdict {
        match self.kept {
            Some(Head { position: kept, .. }) if kept > self.head.position => Verdict::Broken {
                position: self.head.position.next(),
                reason: Damage::CutOff { kept },
            },
            _ => Verdict::Intact { head: self.head },
        }
    }
}
