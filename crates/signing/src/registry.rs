//! Which keys were a party's at a time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::message::frame;
use crate::{Fingerprint, JournalId, Message, PublicKey, Purpose, SecretKey, Signature};

/// A party has a key from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRegistered {
    /// The party.
    pub party: String,
    /// Its key.
    pub key: PublicKey,
    /// Since when it is valid; it never is before this is recorded.
    pub from: Timestamp,
    /// Who vouches for it: another key of the party. Only the first key of a party has none, and is
    /// entered by the operator.
    pub vouched: Option<Vouched>,
}

/// A key of a party is no longer valid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRevoked {
    /// The party.
    pub party: String,
    /// Its key.
    pub key: Fingerprint,
    /// Since when it is not valid. If this lies before it is recorded, it counts from then: nobody
    /// takes back what they said.
    pub at: Timestamp,
    /// Why, in words.
    pub reason: String,
    /// Who vouches for it: a key of the party, which may be the very one.
    pub vouched: Vouched,
}

/// A party's own signature under a change of its keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vouched {
    /// The key that signed.
    pub by: Fingerprint,
    /// Its signature.
    pub signature: Signature,
}

/// What the journal keeps of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyEvent {
    /// A party has a key from now on.
    Registered(KeyRegistered),
    /// A key of a party is no longer valid.
    Revoked(KeyRevoked),
}

/// A key in the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The key.
    pub key: PublicKey,
    /// The first instant at which it is valid.
    pub from: Timestamp,
    /// The first instant at which it is no longer valid, with the reason.
    pub revoked: Option<(Timestamp, String)>,
}

/// The keys of all parties: a fold over [`KeyEvent`]s.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry(BTreeMap<String, Vec<Registered>>);

/// Why a key is not to be relied on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotValid {
    /// The party never registered it.
    #[error("`{party}` has registered no key {key}")]
    Unknown {
        /// The party.
        party: String,
        /// The key.
        key: Fingerprint,
    },
    /// It was not valid yet.
    #[error("the key {key} of `{party}` is valid from {from} only")]
    NotYet {
        /// The party.
        party: String,
        /// The key.
        key: Fingerprint,
        /// Since when it is.
        from: Timestamp,
    },
    /// It was no longer valid.
    #[error("the key {key} of `{party}` was revoked at {at}: {reason}")]
    Revoked {
        /// The party.
        party: String,
        /// The key.
        key: Fingerprint,
        /// Since when it is not valid.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}

/// Why a change of keys does not count.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotAdmitted {
    /// The key is in the registry already, and a key is one party's for good.
    #[error("the key {key} is registered already, for `{party}`")]
    Known {
        /// Whose it is.
        party: String,
        /// The key.
        key: Fingerprint,
    },
    /// The party has had a key, so this takes that party's signature.
    #[error("`{0}` has registered a key before, and only a key of its own vouches for the next")]
    NotVouched(String),
    /// The key that vouches, or is to be revoked, is not valid.
    #[error(transparent)]
    Key(#[from] NotValid),
    /// The signature is not that key's over this change.
    #[error("the signature under the change of keys is not one of key {0} for this journal")]
    Signature(Fingerprint),
}

impl KeyRegistered {
    /// The kind of event in the journal.
    pub const KIND: &str = "key-registered";

    /// A further key of a party, vouched for by one it has.
    #[must_use]
    pub fn vouched(
        party: &str,
        key: PublicKey,
        from: Timestamp,
        journal: JournalId,
        by: &SecretKey,
    ) -> KeyRegistered {
        let mut event = KeyRegistered { party: party.to_owned(), key, from, vouched: None };
        let signature = event.with_message(journal, |message| by.sign(message));
        event.vouched = Some(Vouched { by: by.public().fingerprint(), signature });
        event
    }

    fn with_message<T>(&self, journal: JournalId, then: impl FnOnce(&Message<'_>) -> T) -> T {
        then(&Message {
            journal,
            purpose: Purpose::Registration,
            party: &self.party,
            id: &self.key.fingerprint().to_string(),
            bytes: &frame(&[self.key.as_bytes(), self.from.to_string().as_bytes()]),
        })
    }
}

impl KeyRevoked {
    /// The kind of event in the journal.
    pub const KIND: &str = "key-revoked";

    /// Revokes a key of a party, vouched for by one it has.
    #[must_use]
    pub fn vouched(
        party: &str,
        key: Fingerprint,
        at: Timestamp,
        reason: &str,
        journal: JournalId,
        by: &SecretKey,
    ) -> KeyRevoked {
        let (party, reason) = (party.to_owned(), reason.to_owned());
        let signature = revocation(&party, key, at, &reason, journal, |message| by.sign(message));
        let vouched = Vouched { by: by.public().fingerprint(), signature };
        KeyRevoked { party, key, at, reason, vouched }
    }
}

fn revocation<T>(
    party: &str,
    key: Fingerprint,
    at: Timestamp,
    reason: &str,
    journal: JournalId,
    then: impl FnOnce(&Message<'_>) -> T,
) -> T {
    then(&Message {
        journal,
        purpose: Purpose::Revocation,
        party,
        id: &key.to_string(),
        bytes: &frame(&[at.to_string().as_bytes(), reason.as_bytes()]),
    })
}

impl KeyEvent {
    /// The party whose keys change.
    #[must_use]
    pub fn party(&self) -> &str {
        match self {
            KeyEvent::Registered(event) => &event.party,
            KeyEvent::Revoked(event) => &event.party,
        }
    }
}

impl Registry {
    /// Folds one recorded event into the registry. One that [`Registry::admit`] refuses changes
    /// nothing: somebody entered it past the rules, and it must not count.
    #[must_use]
    pub fn apply(mut self, event: &KeyEvent, journal: JournalId, recorded: Timestamp) -> Registry {
        if self.admit(event, journal, recorded).is_err() {
            return self;
        }
        match event {
            KeyEvent::Registered(event) => {
                let key =
                    Registered { key: event.key, from: event.from.max(recorded), revoked: None };
                self.0.entry(event.party.clone()).or_default().push(key);
            }
            KeyEvent::Revoked(event) => {
                let keys = self.0.get_mut(&event.party).into_iter().flatten();
                for key in keys.filter(|key| key.key.fingerprint() == event.key) {
                    let at = event.at.max(recorded);
                    // A revocation to come may be brought forward, never put off.
                    if key.revoked.as_ref().is_none_or(|(before, _)| at < *before) {
                        key.revoked = Some((at, event.reason.clone()));
                    }
                }
            }
        }
        self
    }

    /// Whether an event that is, or was, recorded at `recorded` counts.
    ///
    /// # Errors
    /// [`NotAdmitted`] says why not.
    pub fn admit(
        &self,
        event: &KeyEvent,
        journal: JournalId,
        recorded: Timestamp,
    ) -> Result<(), NotAdmitted> {
        match event {
            KeyEvent::Registered(event) => {
                let key = event.key.fingerprint();
                if let Some(party) = self.owner(key) {
                    return Err(NotAdmitted::Known { party: party.to_owned(), key });
                }
                match &event.vouched {
                    None if self.knows(&event.party) => {
                        Err(NotAdmitted::NotVouched(event.party.clone()))
                    }
                    None => Ok(()),
                    Some(vouched) => event
                        .with_message(journal, |message| self.vouches(vouched, message, recorded)),
                }
            }
            KeyEvent::Revoked(event) => {
                self.find(&event.party, event.key)?;
                let KeyRevoked { party, key, at, reason, vouched } = event;
                revocation(party, *key, *at, reason, journal, |message| {
                    self.vouches(vouched, message, recorded)
                })
            }
        }
    }

    /// The key of a party, if it was valid at `at`.
    ///
    /// # Errors
    /// [`NotValid`] says why it is not to be relied on.
    pub fn valid_key(
        &self,
        party: &str,
        key: Fingerprint,
        at: Timestamp,
    ) -> Result<&PublicKey, NotValid> {
        let found = self.find(party, key)?;
        let party = party.to_owned();
        match &found.revoked {
            _ if at < found.from => Err(NotValid::NotYet { party, key, from: found.from }),
            Some((since, reason)) if *since <= at => {
                Err(NotValid::Revoked { party, key, at: *since, reason: reason.clone() })
            }
            _ => Ok(&found.key),
        }
    }

    /// Whether a party has ever registered a key. From then on it can be asked to sign.
    #[must_use]
    pub fn knows(&self, party: &str) -> bool {
        self.0.contains_key(party)
    }

    /// Every key a party ever registered, in that order.
    #[must_use]
    pub fn keys(&self, party: &str) -> &[Registered] {
        self.0.get(party).map_or(&[], Vec::as_slice)
    }

    /// Every party that ever registered a key.
    pub fn parties(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    fn find(&self, party: &str, key: Fingerprint) -> Result<&Registered, NotValid> {
        let found = self.keys(party).iter().find(|known| known.key.fingerprint() == key);
        found.ok_or_else(|| NotValid::Unknown { party: party.to_owned(), key })
    }

    fn owner(&self, key: Fingerprint) -> Option<&str> {
        self.parties().find(|party| self.find(party, key).is_ok())
    }

    fn vouches(
        &self,
        vouched: &Vouched,
        message: &Message<'_>,
        recorded: Timestamp,
    ) -> Result<(), NotAdmitted> {
        let key = self.valid_key(message.party, vouched.by, recorded)?;
        let counts = message.journal != JournalId::NONE;
        if counts && key.verifies(message, &vouched.signature) {
            return Ok(());
        }
        Err(NotAdmitted::Signature(vouched.by))
    }
}
