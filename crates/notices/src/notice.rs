//! What a party must know, and the ways it is told.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What one party must know of one event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Tells this notice from every other one, even of another journal: the hash of its event will
    /// do, and something more where one event gives a party two notices.
    pub key: String,
    /// The party's name, as the settings call it.
    pub to: String,
    /// What happened, in words joined by full stops, e.g. `right.declined`: a webhook's `type`.
    pub kind: String,
    /// One line that says it: a mail's subject.
    pub subject: String,
    /// All of it in plain text: a mail's body.
    pub text: String,
    /// The event as the party may see it: a webhook's `data`.
    pub payload: Value,
    /// When it happened.
    pub occurred: Timestamp,
    /// The place of the event in the journal. The first is 1.
    pub position: u64,
}

/// A way to tell a party something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// A mail to one address.
    Email,
    /// A signed request to one URL.
    Webhook,
}

impl Way {
    /// `email` or `webhook`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Way::Email => "email",
            Way::Webhook => "webhook",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Way> {
        [Way::Email, Way::Webhook].into_iter().find(|way| way.as_str() == name)
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Notice {
    /// The idempotency key of telling this notice to one address.
    ///
    /// It has 39 characters from `a` to `z`, `0` to `9` and `_`: Standard Webhooks forbids full stops
    /// in a `webhook-id`, as it signs the id and what follows joined by them.
    pub(crate) fn key_for(&self, way: Way, address: &str) -> String {
        // As JSON, so that no two lists of texts are written alike.
        let named = serde_json::json!([self.position, self.key, self.to, way, address]);
        let hash = blake3::hash(named.to_string().as_bytes()).to_hex();
        format!("notice_{}", &hash[..32])
    }
}
