//! What a service that stays wakes by: signals that end it, and what others enter.

use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use journal::{Event, Journal, Position, ReadError};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::outcome::Failure;
use crate::workspace::Workspace;

/// Why it woke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    Stopped,
    ByTime,
    ByNews,
}

/// Sleeps until there is something to do.
pub struct Waker {
    interrupt: Signal,
    terminate: Signal,
    journal: Journal,
    news: Pin<Box<dyn Stream<Item = Result<Event, ReadError>>>>,
}

impl Waker {
    /// Hears from now on.
    pub fn listen(workspace: &Workspace) -> Result<Waker, Failure> {
        let head = workspace.fold()?.head.position;
        workspace.block_on(async {
            // INVARIANT: there are adopted terms, which are in the journal.
            let journal = workspace.journal().await?.expect("a journal holds adopted terms");
            Ok(Waker {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                news: Box::pin(journal.follow(head).await?),
                journal,
            })
        })
    }

    /// Waits until something came in after `seen`, for so long at most.
    pub async fn wait(&mut self, wait: Duration, seen: Position) -> Result<Woken, Failure> {
        let wait = tokio::time::sleep(wait);
        tokio::pin!(wait);
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return Ok(Woken::Stopped),
                _ = self.terminate.recv() => return Ok(Woken::Stopped),
                () = &mut wait => return Ok(Woken::ByTime),
                news = self.news.next() => match news.transpose()? {
                    // What it entered itself is no news.
                    Some(event) if event.position <= seen => {}
                    Some(_) => return Ok(Woken::ByNews),
                    None => self.news = Box::pin(self.journal.follow(seen).await?),
                }
            }
        }
    }
}
