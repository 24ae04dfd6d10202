//! What a service that stays wakes by: signals that end it, and what others enter.

use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use journal::{Event, Journal, Position, ReadError};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::outcome::Failure;
use crate::term;
use crate::term::complain;
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
    /// Whether the journal could not be read last: then nothing is heard until it can be again.
    is_deaf: bool,
}

/// How long a journal that could not be read is left alone.
const AGAIN: Duration = Duration::from_secs(2);

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
                is_deaf: false,
            })
        })
    }

    /// Waits until something came in after `seen`, for so long at most. A journal that cannot be read
    /// is told of once and tried again, as a service outlives its database's restart.
    pub async fn wait(&mut self, wait: Duration, seen: Position) -> Woken {
        let wait = tokio::time::sleep(wait);
        tokio::pin!(wait);
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return Woken::Stopped,
                _ = self.terminate.recv() => return Woken::Stopped,
                () = &mut wait => return Woken::ByTime,
                () = tokio::time::sleep(AGAIN), if self.is_deaf => if self.follow(seen).await {
                    return Woken::ByNews;
                },
                news = self.news.next() => match news {
                    // What it entered itself is no news.
                    Some(Ok(event)) if event.position <= seen => {}
                    Some(Ok(_)) => return Woken::ByNews,
                    Some(Err(error)) => self.lose(&error),
                    None => drop(self.follow(seen).await),
                }
            }
        }
    }

    /// Hears again what comes after `seen`; whether it does.
    async fn follow(&mut self, seen: Position) -> bool {
        match self.journal.follow(seen).await {
            Ok(news) => (self.news, self.is_deaf) = (Box::pin(news), false),
            Err(error) => self.lose(&error),
        }
        !self.is_deaf
    }

    fn lose(&mut self, error: &ReadError) {
        if !self.is_deaf {
            complain!("{}  {error}; trying again", term::red("journal"));
        }
        (self.news, self.is_deaf) = (Box::pin(futures_util::stream::pending()), true);
    }
}
