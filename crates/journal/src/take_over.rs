//! How events come in that were appended elsewhere.

use std::rc::Rc;

use jiff::Timestamp;
use thiserror::Error;
use tokio::sync::oneshot;

use crate::batch::{Prepared, Row};
use crate::store::Writer;
use crate::{Event, Hash, Head, Journal, ReadError, StorageError};

/// How many events are held in memory at a time.
const PAGE: usize = 200;

/// Why events were not taken over. None of them was.
#[derive(Debug, Error)]
pub(crate) enum TakeOverError<E> {
    /// Whoever brings the events failed.
    #[error("cannot read the events")]
    Source(#[source] E),
    /// The last event is damaged, and nothing is built on that.
    #[error("cannot read the head of the journal")]
    Head(#[source] ReadError),
    /// The head is another by now.
    #[error("the journal has another head")]
    Conflict,
    /// The file or the server failed.
    #[error("cannot write to the journal")]
    Storage(#[source] StorageError),
}

impl Journal {
    /// Appends events with the salts and hashes they have, in one transaction, while the head is
    /// `expected`. `next` gets them from `source` one by one; it has seen that they follow, and is
    /// asked until it gives none or fails. Nobody else can append meanwhile.
    pub(crate) async fn take_over<S, E>(
        &self,
        expected: Head,
        mut source: S,
        next: fn(&mut S) -> Result<Option<Event>, E>,
    ) -> Result<(Head, S), TakeOverError<E>>
    where
        S: Send + 'static,
        E: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let work = move |last, writer: &mut dyn Writer| {
            let taken = write(expected, last, writer, || next(&mut source));
            let done = taken.is_ok();
            let told = move || drop(answer.send(taken.map(|head| (head, source))));
            (done, Box::new(told) as _)
        };
        self.committer.take_over(Box::new(work)).map_err(TakeOverError::Storage)?;
        answered.await.unwrap_or_else(|_| Err(TakeOverError::Storage(StorageError::closed())))
    }
}

/// An event with what its row needs beside it.
struct Taken {
    prepared: Prepared,
    recorded: Timestamp,
    previous: Hash,
    head: Head,
}

impl Taken {
    fn row(&self) -> Row<'_> {
        let recorded: Rc<str> = self.recorded.to_string().into();
        Row { prepared: &self.prepared, recorded, previous: self.previous, head: self.head }
    }
}

fn write<E>(
    expected: Head,
    last: Result<Option<Event>, ReadError>,
    writer: &mut dyn Writer,
    mut next: impl FnMut() -> Result<Option<Event>, E>,
) -> Result<Head, TakeOverError<E>> {
    let mut head = match last {
        Ok(last) => last.map_or(Head::EMPTY, |last| last.head()),
        Err(ReadError::Storage(error)) => return Err(TakeOverError::Storage(error)),
        Err(damaged) => return Err(TakeOverError::Head(damaged)),
    };
    if head != expected {
        return Err(TakeOverError::Conflict);
    }
    loop {
        let mut page = Vec::with_capacity(PAGE);
        while page.len() < PAGE
            && let Some(event) = next().map_err(TakeOverError::Source)?
        {
            head = event.head();
            let (recorded, previous) = (event.recorded, event.previous);
            page.push(Taken { prepared: event.into(), recorded, previous, head });
        }
        if page.is_empty() {
            break;
        }
        let rows: Vec<_> = page.iter().map(Taken::row).collect();
        writer.insert(&rows).map_err(TakeOverError::Storage)?;
    }
    writer.commit().map_err(TakeOverError::Storage)?;
    Ok(head)
}
