//! Remembers events, in order, provably.
//!
//! In go [`NewEvent`]s with the [`Condition`] under which their author decided; out come
//! [`Event`]s, each sealed with a BLAKE3 [`struct@Hash`] over its content and the event before it.
//! Everything else in the product is a fold over them. The journal knows nothing of agreements,
//! sourcing or money: payloads are JSON that it does not interpret. It never reads the clock.
//!
//! Events live in one SQLite file, in write-ahead mode and synced before they are acknowledged.
//! Several processes may append to it at once; of two that decided on what the other changes one wins
//! and the other gets a [`AppendError::Conflict`]. The file holds the events and nothing derived from
//! them, not even an index: what is not there cannot disagree with the chain.
//!
//! # What the chain proves
//!
//! Triggers in the file refuse `UPDATE`, `DELETE` and events out of turn: that stops an honest
//! program's mistake. A forger drops the triggers, and [`Journal::verify`] finds the first event
//! that was changed, moved or removed. No chain shows by itself that its tail was cut off, or that
//! everything from some event on was rewritten and hashed anew: there is no secret in it. For that,
//! keep a [`Head`] elsewhere (each party may) and ask [`Journal::verify_against`] it.
//!
//! An event's hash rests on its `content` alone, which is a hash keyed by a [`Salt`]. So a party may
//! be shown that an event exists and is in its place ([`Hash::of_link`]) without what it says, and
//! cannot guess it; with the salt it can be shown what it says ([`Hash::of_content`]).
//!
//! # Example
//!
//! ```
//! use journal::{Condition, Filter, Journal, NewEvent, Position, Verdict};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("journal.db");
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let journal = Journal::open(&path).await?;
//! let declined = NewEvent {
//!     kind: "right-declined".into(),
//!     stream: "case/7".into(),
//!     actor: "microsoft".into(),
//!     cause: Some("right_of_first_refusal.new-capacity".into()),
//!     effective: "2025-02-20T16:00:00Z".parse()?,
//!     payload: serde_json::json!({ "offer": 3 }),
//! };
//! let recorded = "2025-02-20T16:00:02Z".parse()?;
//! let unchanged = Condition::stream("case/7", Position::BEFORE_FIRST);
//! let head = journal.append(unchanged, recorded, vec![declined]).await?;
//!
//! let events = journal.read(Position::BEFORE_FIRST, &Filter::stream("case/7")).await?;
//! assert_eq!(events[0].hash, head.hash);
//! assert_eq!(journal.verify().await?, Verdict::Intact { head });
//! # journal.close().await?;
//! # Ok(())
//! # })
//! # }
//! ```

mod condition;
mod digits;
mod event;
mod hash;
mod salt;

mod open;

mod append;
mod read;
mod verify;

pub mod merkle;

mod damage;
mod row;
mod storage;

pub use append::AppendError;
pub use condition::Condition;
pub use damage::Damage;
pub use event::{Event, Head, NewEvent, Position};
pub use hash::{Hash, ParseHashError};
pub use open::{Journal, OpenError};
pub use read::{Filter, ReadError};
pub use salt::{ParseSaltError, Salt};
pub use storage::StorageError;
pub use verify::Verdict;
