//! Tells parties what they must know, once.
//!
//! In go [`Notice`]s: what one party must know of one event. [`Outbox::take`] stores them, one row for
//! every address the party has, together with how far the events have been looked at; out they go
//! through a [`Courier`] as e-mails and as webhooks of <https://www.standardwebhooks.com>. Beside
//! that, a [`Calendar`] gives every party a feed of its deadlines. The crate knows nothing of
//! agreements, sourcing or the journal: whoever calls it says what each party may see. It never
//! reads the clock.
//!
//! # Once
//!
//! - Notices and the position they were taken up to are stored in one transaction, so a crash
//!   neither leaves out an event nor takes one twice.
//! - Every row has a [key](Outgoing::key) made of the notice and the address. It is the `webhook-id`
//!   of a webhook and the left part of a mail's `Message-ID`, the same at every attempt.
//! - An attempt is recorded before it is made and again when its outcome is known. A crash in between
//!   leads to another attempt with the same key: the receiver may get it twice, and can tell.
//! - Several processes may deliver from one outbox: each attempt holds a lease on its address.
//! - What fails is tried again after the delays of [`DELAYS`]; after the last one the row is
//!   [dead](State::Dead) until somebody asks to [try it again](Outbox::retry).
//!
//! # Example
//!
//! ```
//! use jiff::Timestamp;
//! use notices::{Courier, Notice, Outbox, Settings, State};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let settings: Settings = toml::from_str(
//!     r#"
//!     [parties.oracle]
//!     webhooks = [{ url = "https://hooks.example.com/charter", secret_env = "ORACLE_SECRET" }]
//!     "#,
//! )?;
//! let notice = Notice {
//!     key: "18b421e29d09812eceff1aa8b940f4c3".into(),
//!     to: "oracle".into(),
//!     kind: "right.declined".into(),
//!     subject: "microsoft declined case 7".into(),
//!     text: "The capacity is yours to supply.".into(),
//!     payload: serde_json::json!({ "case": 7 }),
//!     occurred: "2025-02-20T16:00:00Z".parse()?,
//!     position: 12,
//! };
//! let now: Timestamp = "2025-02-20T16:00:02Z".parse()?;
//! let outbox = Outbox::open(&folder.path().join("outbox.db")).await?;
//! outbox.take(0, 12, &[notice], &settings, now).await?;
//! assert_eq!(outbox.cursor().await?, 12);
//! assert_eq!(outbox.list(Some(State::Waiting)).await?.len(), 1);
//!
//! let courier = Courier::new(&settings, folder.path(), &|variable| std::env::var(variable).ok());
//! let missing = courier.unwrap_err().to_string();
//! assert!(missing.contains("set the environment variable `ORACLE_SECRET`"));
//! # Ok(())
//! # })
//! # }
//! ```

mod notice;
mod settings;

mod outbox;

mod courier;
mod schedule;

mod calendar;

pub use calendar::{Calendar, Deadline};
pub use courier::{Attempt, Courier, CourierError, Outcome, SecretError};
pub use notice::{Notice, Way};
pub use outbox::{OpenError, Outbox, Outgoing, RetryError, State, StorageError, TakeError, Taken};
pub use schedule::DELAYS;
pub use settings::{
    EmailAddress, Recipient, SecretSource, Settings, SettingsError, Smtp, Tls, WebhookEndpoint,
};
