//! How notices get into the outbox, and out of it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use journal::{Filter, Position};
use notices::{Attempt, Courier, Outbox, StorageError, Taken};
use terms::{Name, Terms};
use tokio::runtime::Builder;

use super::notice::{notices, notices_of};
use super::shares;
use super::{Chronicle, chronicles};
use crate::commands::notices::complain;
use crate::outcome::Failure;
use crate::term;
use crate::term::complain;
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

/// The outbox, from the beginning of its telling on: from what follows the present, where it has none.
fn begun(workspace: &Workspace) -> Result<Outbox, Failure> {
    std::fs::create_dir_all(workspace.private())?;
    let outbox = workspace.block_on(Outbox::open(&Post::path(workspace)))?;
    if workspace.block_on(outbox.cursor())? == 0 {
        let head = workspace.head()?.position.0;
        let settings = &workspace.settings.notices;
        workspace.block_on(outbox.take(0, head, &[], settings, workspace.time()))?;
    }
    Ok(outbox)
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
        let outbox = begun(workspace)?;
        Ok(Some(Post { outbox, courier }))
    }

    /// Begins to tell from what follows, where somebody is to be told and nobody was yet: what happened
    /// before an address was given is told to nobody who does not ask for it. Whoever enters something
    /// calls this first.
    pub fn begin(workspace: &Workspace) -> Result<(), Failure> {
        let told = !workspace.settings.notices.parties.is_empty();
        if told && !Post::path(workspace).exists() {
            begun(workspace)?;
        }
        Ok(())
    }

    /// Takes what is still open for each party: the notice of every event that set a deadline which
    /// runs for it, but for those that were taken before.
    pub fn catch_up(&self, workspace: &Workspace) -> Result<Taken, Failure> {
        let terms = workspace.adopted_terms()?;
        let parties = parties(workspace, &terms);
        let mut told = Vec::new();
        for (name, chronicle) in &chronicles(workspace)? {
            for party in &parties {
                let open = chronicle.open_for(&terms, party);
                told.extend(notices_of(&terms, name, chronicle, party, &open));
            }
        }
        let settings = &workspace.settings.notices;
        let now = workspace.time();
        Ok(workspace.block_on(self.outbox.catch_up(&told, settings, now))?)
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
            Err(error) => complain!("{}  {error}", term::red("not told")),
        };
        std::thread::Builder::new().name("post".into()).spawn(move || {
            runtime.block_on(self.courier.run(&self.outbox, || clock.read(), observe));
        })?;
        Ok(())
    }
}
