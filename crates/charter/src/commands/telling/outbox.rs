//! How notices get into the outbox, and out of it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use journal::{Filter, Position};
use notices::{Attempt, Courier, Outbox, StorageError, Taken};
use terms::{Name, Terms};
use tokio::runtime::Builder;

use super::Chronicle;
use super::notice::notices;
use super::shares;
use crate::commands::notices::complain;
use crate::outcome::Failure;
use crate::term;
use crate::workspace::{CASE, Clock, TESTED, Workspace};

/// What tells the parties: the outbox, and who delivers what is in it.
pub struct Post {
    pub outbox: Outbox,
    pub courier: Courier,
}

/// Everybody that may be told something: the parties of the agreements, and whom the settings name.
pub fn parties(workspace: &Workspace, terms: &Terms) -> BTreeSet<Name> {
    let told = workspace.settings.notices.parties.keys().map(Name::new);
    terms.registry.parties.keys().cloned().chain(told).collect()
}

impl Post {
    /// Opens the outbox and reads the secrets; none if nobody is to be told anything.
    pub fn open(workspace: &Workspace) -> Result<Option<Post>, Failure> {
        let settings = &workspace.settings.notices;
        if settings.parties.is_empty() {
            return Ok(None);
        }
        let environment = |name: &str| std::env::var(name).ok();
        let courier = Courier::new(settings, &workspace.root, &environment)?;
        std::fs::create_dir_all(workspace.private())?;
        let outbox = workspace.block_on(Outbox::open(&Post::path(workspace)))?;
        Ok(Some(Post { outbox, courier }))
    }

    /// Where the outbox is.
    pub fn path(workspace: &Workspace) -> PathBuf {
        workspace.private().join("outbox.db")
    }

    /// Takes what the journal has after what was taken before.
    pub fn take(&self, workspace: &Workspace) -> Result<Taken, Failure> {
        let after = workspace.block_on(self.outbox.cursor())?;
        let through = workspace.head()?.position.0;
        let mut told = Vec::new();
        if after < through {
            let filter = Filter::all();
            let events = workspace
                .with_journal(async |journal| Ok(journal.read(Position(after), &filter).await?))?;
            let events = events.unwrap_or_default();
            let cases: BTreeSet<_> =
                events.iter().filter_map(|event| event.stream.strip_prefix(CASE)).collect();
            let tests: Vec<_> = events.iter().filter(|event| event.kind == TESTED).collect();
            // Nothing is in a case, or tested, before something was adopted.
            if !cases.is_empty() || !tests.is_empty() {
                let terms = workspace.adopted_terms()?;
                for test in tests {
                    told.extend(shares::notices(&terms, test)?);
                }
                let parties = parties(workspace, &terms);
                for name in cases {
                    let chronicle = Chronicle::of(workspace, name)?;
                    let of = |party| notices(&terms, name, &chronicle, party, (after, through));
                    told.extend(parties.iter().flat_map(of));
                }
            }
        }
        let settings = &workspace.settings.notices;
        let now = workspace.time();
        Ok(workspace.block_on(self.outbox.take(after, through, &told, settings, now))?)
    }

    /// Makes every attempt that is due, once.
    pub fn deliver(&self, workspace: &Workspace) -> Result<Vec<Attempt>, Failure> {
        let clock = || workspace.time();
        Ok(workspace.block_on(self.courier.deliver(&self.outbox, clock))?)
    }

    /// Makes every attempt when it is due, in a thread of its own, until the process ends: what was
    /// under way then is attempted again with the same key.
    pub fn deliver_beside(self, clock: Clock) -> Result<(), Failure> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let observe = |made: Result<Attempt, StorageError>| match made {
            Ok(attempt) => complain(&attempt),
            Err(error) => anstream::eprintln!("{}  {error}", term::red("not told")),
        };
        std::thread::Builder::new().name("post".into()).spawn(move || {
            runtime.block_on(self.courier.run(&self.outbox, || clock.read(), observe));
        })?;
        Ok(())
    }
}
