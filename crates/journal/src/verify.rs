//! How the chain is proved.

use crate::columns::Columns;
use crate::replay::Links;
use crate::storage::Code;
use crate::worker::apart;
use crate::{Damage, Head, Journal, Position, ReadError, StorageError};

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
    /// [`ReadError::Storage`] if the file or server cannot be read at all. What is found in it is
    /// never an error but a [`Verdict::Broken`].
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
        let mut walk = Walk { links: Links::after(Head::EMPTY), kept, broken: None };
        if let Err(reason) = walk.compare() {
            return Ok(Verdict::Broken { position: Position::BEFORE_FIRST, reason });
        }
        let store = self.shared.store.clone();
        apart(move || {
            let walked =
                store.reader()?.walk(None, &mut |position, columns| walk.step(position, columns));
            walk.end(walked)
        })
        .await?
    }
}

/// The chain so far.
struct Walk {
    links: Links,
    kept: Option<Head>,
    /// What is wrong with the event after them.
    broken: Option<Damage>,
}

impl Walk {
    /// Goes one event on, or nowhere if it is broken.
    fn step(
        &mut self,
        position: Result<i64, Damage>,
        columns: Result<Columns<'_>, Damage>,
    ) -> bool {
        let before = self.links.head;
        let followed = self.links.follow(position, &columns).and_then(|event| {
            event.to_event().map_err(|_| Damage::Unreadable { column: "payload" })
        });
        self.broken = followed.and_then(|_| self.compare()).err();
        if self.broken.is_some() {
            self.links.head = before;
        }
        self.broken.is_none()
    }

    fn compare(&self) -> Result<(), Damage> {
        let head = self.links.head;
        match self.kept {
            Some(kept) if kept.position == head.position && kept.hash != head.hash => {
                Err(Damage::Rewritten)
            }
            _ => Ok(()),
        }
    }

    fn end(self, walked: Result<(), StorageError>) -> Result<Verdict, ReadError> {
        let position = self.links.head.position.next();
        let reason = match (self.broken, walked) {
            (Some(reason), _) => reason,
            (None, Err(error)) if error.code() == Code::Corrupt => Damage::File(error.to_string()),
            (None, Err(error)) => return Err(error.into()),
            (None, Ok(())) => match self.kept {
                Some(Head { position: kept, .. }) if kept > self.links.head.position => {
                    Damage::CutOff { kept }
                }
                _ => return Ok(Verdict::Intact { head: self.links.head }),
            },
        };
        Ok(Verdict::Broken { position, reason })
    }
}
