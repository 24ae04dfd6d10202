//! Who was sent to a provider, and is expected back.

use jiff::{SignedDuration, Timestamp};
use rusqlite::OptionalExtension;

use crate::secret::hash;
use crate::store::later;
use crate::{People, Secret, StorageError};

/// How long somebody may take at the provider's.
const LASTS: SignedDuration = SignedDuration::from_mins(10);
/// How many are waited for. Anybody may ask to be sent, so there must be an end of it.
const MOST: u32 = 10_000;

/// What is known of a round trip.
#[derive(Debug)]
pub(super) struct Flow {
    pub nonce: Secret,
    pub verifier: Secret,
    pub return_to: String,
}

impl People {
    pub(super) fn remember(
        &self,
        state: &Secret,
        flow: &Flow,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        self.with(|connection| {
            connection.execute("DELETE FROM flow WHERE expires <= ?", [now.as_millisecond()])?;
            connection.execute(
                "DELETE FROM flow WHERE rowid IN \
                 (SELECT rowid FROM flow ORDER BY rowid DESC LIMIT -1 OFFSET ?)",
                [MOST],
            )?;
            connection.execute(
                "INSERT INTO flow (state, nonce, verifier, return_to, expires) \
                 VALUES (?, ?, ?, ?, ?)",
                (
                    state.hash(),
                    flow.nonce.reveal(),
                    flow.verifier.reveal(),
                    &flow.return_to,
                    later(now, LASTS).as_millisecond(),
                ),
            )?;
            Ok(Ok(()))
        })
    }

    /// Who returns, once.
    pub(super) fn recall(&self, state: &str, now: Timestamp) -> Result<Option<Flow>, StorageError> {
        self.with(|connection| {
            let found = connection
                .query_row("DELETE FROM flow WHERE state = ? RETURNING *", [hash(state)], |row| {
                    let flow = Flow {
                        nonce: Secret::new(row.get("nonce")?),
                        verifier: Secret::new(row.get("verifier")?),
                        return_to: row.get("return_to")?,
                    };
                    Ok((flow, row.get::<_, i64>("expires")?))
                })
                .optional()?;
            let open = found.filter(|(_, expires)| *expires > now.as_millisecond());
            Ok(Ok(open.map(|(flow, _)| flow)))
        })
    }
}

/// The path, if a browser takes it for one of this server; `/` otherwise.
#[must_use]
pub fn path_of_ours(path: &str) -> &str {
    let ours = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.chars().any(char::is_control);
    if ours { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (path, expected) in [
            ("/ledger?month=2026-01", "/ledger?month=2026-01"),
            ("", "/"),
            ("ledger", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\tevil", "/"),
        ] {
            assert_eq!(path_of_ours(path), expected, "{path:?}");
        }
    }
}
