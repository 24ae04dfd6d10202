//! Remembers events, in order, provably.
//!
//! In go [`NewEvent`]s with the [`Condition`] under which their author decided; out come
//! [`Event`]s, each sealed with a BLAKE3 [`struct@Hash`] over its content and the event before it.
//! Everything else in the product is a fold over them. The journal knows nothing of agreements,
//! sourcing or money: payloads are JSON that it does not interpret. It never reads the clock.
//!
//! Events live in one SQLite file ([`Journal::open`]), in write-ahead mode, or in a schema of a
//! PostgreSQL database ([`Journal::connect`]), and are synced before they are acknowledged. Several
//! processes may append at once; of two that decided on what the other changes one wins and the
//! other gets a [`AppendError::Conflict`]. Who waits in one process is served together, with one sync.
//! A store holds the events and nothing derived from them, not even an index: what is not there
//! cannot disagree with the chain. [`Journal::follow`] gives events as they come.
//!
//! # What the chain proves
//!
//! Triggers in the store refuse `UPDATE`, `DELETE` and events out of turn: that stops an honest
//! program's mistake. A forger drops the triggers, and [`Journal::verify`] finds the first event
//! that was changed, moved or removed. No chain shows by itself that its tail was cut off, or that
//! everything from some event on was rewritten and hashed anew: there is no secret in it. For that,
//! keep a [`Head`] elsewhere (each party may) and ask [`Journal::verify_against`] it.
//!
//! An event's hash rests on its `content` alone, which is a hash keyed by a [`Salt`]. So a party may
//! be shown that an event exists and is in its place ([`Hash::of_link`]) without what it says, and
//! cannot guess it; with the salt it can be shown what it says ([`Hash::of_content`]).
//!
//! # Between parties who distrust each other
//!
//! One writes, and could rewrite. So each party keeps what the writer cannot reach:
//!
//! | who keeps | what | can show by it |
//! | --- | --- | --- |
//! | a party that may see everything | a copy ([`Journal::export`]) | the first event that another copy has otherwise ([`compare()`]), and what it was |
//! | a party that may see a part | a view ([`Journal::view`]) and the [`Head`] | that its part is in the journal, how many events it was not shown and where |
//! | an auditor, or anybody | the Merkle root ([`merkle`]), 32 bytes | that one event is in the journal, or that nothing was taken away since an earlier root, when given a short proof |
//!
//! A head or a root is worth what its source is: take it from the writer at the time, before there is
//! a quarrel, and exchange it with the other parties, so that the writer cannot keep two journals.
//!
//! What is *not* proven: that everything that happened was entered; what a hidden event says, or that
//! it is none of a party's business (a whole view shows only that there is one, a selected view not
//! even that); anything after the kept head or root; and, by a copy alone, who of two is right. Who
//! gave a command is shown by its signature, not by the chain.
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
mod follow;
mod read;
mod replay;
mod verify;

pub mod merkle;

mod compare;
mod copy;
mod import;
mod view;

mod batch;
mod committer;
mod queue;
mod tail;
mod take_over;
mod worker;

mod chain;
mod columns;
mod damage;
mod intact;
mod lines;
mod storage;

mod postgres;
mod sqlite;
mod store;

pub use append::AppendError;
pub use compare::{Comparison, Found, Sequence, Side, Summary, compare};
pub use condition::Condition;
pub use copy::{Copy, CopyError, Extent};
pub use damage::Damage;
pub use event::{Event, Head, NewEvent, Position};
pub use hash::{Hash, ParseHashError};
pub use import::{ImportError, Imported};
pub use open::{Journal, OpenError};
pub use read::{Filter, ReadError};
pub use replay::Replayed;
pub use salt::{ParseSaltError, Salt};
pub use storage::StorageError;
pub use verify::Verdict;
pub use view::{Anchor, Form, ViewError, Viewed, verify_view};

use take_over::TakeOverError;
