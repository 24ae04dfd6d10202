//! Commands as the journal keeps them: with whatever shows who gave them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Fingerprint, JournalId, Message, NotValid, Purpose, Registry, SecretKey, Signature};

/// A command with the signature of the party that gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// The party that gave it.
    pub party: String,
    /// The command's id, which no other command of the journal has.
    pub id: String,
    /// The command: the very JSON text that was signed. It is kept as text, since reading JSON and
    /// writing it again may change a blank or the order of fields, and with them the signature.
    pub command: String,
    /// Which of the party's keys signed.
    pub key: Fingerprint,
    /// The signature.
    pub signature: Signature,
}

/// Why a signed command does not count.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotVerified {
    /// Its key was not the party's then.
    #[error(transparent)]
    Key(#[from] NotValid),
    /// The signature is not that key's over this command.
    #[error(
        "the signature of command `{id}` is not one of `{party}` for this journal, this command and this text"
    )]
    Signature {
        /// The party it says it is of.
        party: String,
        /// The command's id.
        id: String,
    },
}

impl Signed {
    /// Signs the text of a command.
    #[must_use]
    pub fn new(
        secret: &SecretKey,
        journal: JournalId,
        party: &str,
        id: &str,
        command: &str,
    ) -> Signed {
        let message = message(journal, party, id, command);
        Signed {
            party: party.to_owned(),
            id: id.to_owned(),
            command: command.to_owned(),
            key: secret.public().fingerprint(),
            signature: secret.sign(&message),
        }
    }

    /// Sees that the party gave this command.
    ///
    /// `registry` is what the events before the command fold into, `recorded` when the journal
    /// recorded the command. That `id` and `party` are those *in* the command's text is for whoever
    /// reads that text to see.
    ///
    /// # Errors
    /// [`NotVerified`] says whether the key was not the party's then, or the signature is wrong.
    pub fn verify(
        &self,
        registry: &Registry,
        journal: JournalId,
        recorded: Timestamp,
    ) -> Result<(), NotVerified> {
        let key = registry.valid_key(&self.party, self.key, recorded)?;
        let message = message(journal, &self.party, &self.id, &self.command);
        if journal != JournalId::NONE && key.verifies(&message, &self.signature) {
            return Ok(());
        }
        Err(NotVerified::Signature { party: self.party.clone(), id: self.id.clone() })
    }
}

fn message<'a>(journal: JournalId, party: &'a str, id: &'a str, command: &'a str) -> Message<'a> {
    Message { journal, purpose: Purpose::Command, party, id, bytes: command.as_bytes() }
}
