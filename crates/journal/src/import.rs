//! How the events of a copy are taken over.

use thiserror::Error;

use crate::compare::Summary;
use crate::intact::Intact;
use crate::{Copy, CopyError, Extent, Head, Journal, Position, StorageError, TakeOverError};

/// What an import did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    /// How many events were taken over; 0 if the journal had them all.
    pub added: u64,
    /// Where the copy ends.
    pub copy: Extent,
    /// Where the journal ends now, which may be beyond the copy.
    pub head: Head,
}

/// Why a copy was not imported. Nothing of it was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The copy is not whole.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The copy and the journal are not of one history.
    #[error(
        "the copy and this journal differ from event {position} on: {ours} here, {theirs} there"
    )]
    Diverged {
        /// The first event that differs.
        position: Position,
        /// What it is here.
        ours: Box<Summary>,
        /// What it is in the copy.
        theirs: Box<Summary>,
    },
    /// Somebody appended to the journal meanwhile.
    #[error("events were appended to the journal meanwhile; import again")]
    Conflict,
    /// The journal cannot be written.
    #[error("cannot write to the journal")]
    Storage(#[source] StorageError),
}

impl Journal {
    /// Takes over the events of a copy that this journal does not have yet: all of them or none.
    ///
    /// The journal may be empty, or hold the first events of the copy (then it goes on from there),
    /// or all of them and more. Everything in the copy is verified before anything is kept.
    ///
    /// # Errors
    /// [`ImportError::Diverged`] if the two have different events in one place, the others if the
    /// copy is not whole or the journal cannot be read or written.
    pub async fn import(&self, mut copy: Copy) -> Result<Imported, ImportError> {
        let mut own = Intact::new(self).await.map_err(CopyError::from)?;
        while let Some(ours) = own.next().await.map_err(CopyError::from)? {
            let Some(theirs) = copy.next_event()? else { break };
            if ours.hash != theirs.hash {
                return Err(ImportError::Diverged {
                    position: ours.position,
                    ours: Box::new(Summary::of(&ours)),
                    theirs: Box::new(Summary::of(&theirs)),
                });
            }
        }
        let before = self.head().await.map_err(CopyError::from)?;
        if copy.events() <= own.until().0 {
            // Sees the last line too.
            while copy.next_event()?.is_some() {}
            return Ok(Imported { added: 0, copy: copy.extent(), head: before });
        }
        if before.position != own.until() {
            return Err(ImportError::Conflict);
        }
        let taken = self.take_over(before, copy, Copy::next_event).await;
        let (head, copy) = taken.map_err(|error| match error {
            TakeOverError::Source(error) => ImportError::Copy(error),
            TakeOverError::Head(error) => ImportError::Copy(error.into()),
            TakeOverError::Conflict => ImportError::Conflict,
            TakeOverError::Storage(error) => ImportError::Storage(error),
        })?;
        let added = head.position.0 - before.position.0;
        Ok(Imported { added, copy: copy.extent(), head })
    }
}
