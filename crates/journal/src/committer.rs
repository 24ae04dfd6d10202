//! The one thread of a journal that appends, for all who wait at once.
//!
//! What waits becomes one batch: one lock, one transaction, one sync of the disk. While the disk
//! works, the next batch gathers.

use std::thread::{self, JoinHandle};

use tokio::sync::watch;

use crate::batch::{Batch, Request};
use crate::queue::{Queue, Waiting, queue};
use crate::store::Writer;
use crate::tail::Tail;
use crate::{AppendError, Event, Head, ReadError, StorageError};

/// How many events one transaction holds, unless one writer's alone are more.
const BATCH: usize = 4096;

/// The way to the thread that appends.
pub(crate) struct Committer {
    queue: Queue<Message>,
    thread: Option<JoinHandle<()>>,
}

enum Message {
    Append(Request),
    TakeOver(TakeOver),
    Stop,
}

/// Appends events that have their salts and hashes already, behind the event it is given. Whether it
/// did, and how to tell whoever waits.
pub(crate) type TakeOver =
    Box<dyn FnOnce(Result<Option<Event>, ReadError>, &mut dyn Writer) -> (bool, Told) + Send>;

/// Tells whoever waits.
pub(crate) type Told = Box<dyn FnOnce()>;

impl Committer {
    /// Starts the thread. `news` is told after every append.
    pub(crate) fn start(
        writer: Box<dyn Writer>,
        news: watch::Sender<u64>,
    ) -> Result<Committer, StorageError> {
        let (queue, waiting) = queue();
        let work = Work { writer, tail: Tail::new(Head::EMPTY), news };
        let thread = thread::Builder::new().name("journal-append".into());
        let thread = thread.spawn(move || work.run(&waiting))?;
        Ok(Committer { queue, thread: Some(thread) })
    }

    pub(crate) fn enqueue(&self, request: Request) -> Result<(), StorageError> {
        self.push(Message::Append(request))
    }

    /// Lets events be taken over, alone, once all that was enqueued before is done.
    pub(crate) fn take_over(&self, events: TakeOver) -> Result<(), StorageError> {
        self.push(Message::TakeOver(events))
    }

    fn push(&self, message: Message) -> Result<(), StorageError> {
        if self.queue.push(message) { Ok(()) } else { Err(StorageError::closed()) }
    }

    /// Ends the thread once it has done what was enqueued before, and waits for that.
    pub(crate) fn stop(mut self) {
        self.queue.push(Message::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.queue.push(Message::Stop);
    }
}

type Answer = Result<Head, AppendError>;

struct Work {
    writer: Box<dyn Writer>,
    tail: Tail,
    news: watch::Sender<u64>,
}

/// Why a batch as a whole came to nothing.
enum Failure {
    Head(ReadError),
    /// Nothing was written, and without its neighbours a request may do better.
    Insert(StorageError),
    /// It may have been written.
    Commit(StorageError),
}

impl Work {
    fn run(mut self, waiting: &Waiting<Message>) {
        let mut companions = 1;
        loop {
            let messages = waiting.take(companions);
            companions = messages.len();
            let (mut batch, mut events) = (Vec::with_capacity(companions), 0);
            for message in messages {
                match message {
                    Message::Append(request) if events < BATCH => {
                        events += request.asked.events.len();
                        batch.push(request);
                    }
                    Message::Append(request) => {
                        events = request.asked.events.len();
                        self.append(std::mem::replace(&mut batch, vec![request]));
                    }
                    Message::TakeOver(events) => {
                        self.append(std::mem::take(&mut batch));
                        self.take_over(events);
                    }
                    Message::Stop => {
                        self.append(batch);
                        return;
                    }
                }
            }
            self.append(batch);
        }
    }

    fn take_over(&mut self, events: TakeOver) {
        let last = self.begin();
        let (appended, told) = events(last, &mut *self.writer);
        if appended {
            self.news.send_modify(|count| *count += 1);
        } else {
            self.writer.abandon();
        }
        told();
    }

    fn append(&mut self, mut batch: Vec<Request>) {
        // Whoever has gone away before anything was done for them wants nothing done.
        batch.retain(|request| !request.answer.is_closed());
        if batch.is_empty() {
            return;
        }
        let answers = self.commit(&batch).unwrap_or_else(|failure| match failure {
            Failure::Insert(_) if batch.len() > 1 => batch
                .iter()
                .map(|request| {
                    let alone = self.commit(std::slice::from_ref(request));
                    alone.map_or_else(Failure::into_error, |mut answers| answers.remove(0))
                })
                .collect(),
            failure => failure.answer_all(batch.len()),
        });
        // Told first, so that who is answered finds followers on their way.
        if answers.iter().any(Result::is_ok) {
            self.news.send_modify(|count| *count += 1);
        }
        for (Request { asked, answer: asker }, answer) in batch.into_iter().zip(answers) {
            // Whoever asked still holds it, and frees it on the thread that has allocated it. Freed
            // here, each text would cost a lock that the two threads fight for.
            drop(asked);
            let _ = asker.send(answer);
        }
    }

    fn commit(&mut self, requests: &[Request]) -> Result<Vec<Answer>, Failure> {
        let done = self.try_commit(requests);
        if done.is_err() {
            self.writer.abandon();
            // What is stored is asked for anew before anything else is decided.
            self.tail = Tail::new(Head::EMPTY);
        }
        done
    }

    fn try_commit(&mut self, requests: &[Request]) -> Result<Vec<Answer>, Failure> {
        // INVARIANT: the lock is taken before the head is read, so nobody appends in between.
        let last = self.begin().map_err(Failure::Head)?;
        let known = std::mem::replace(&mut self.tail, Tail::new(Head::EMPTY));
        let mut batch = Batch::after(last.as_ref(), known);
        let answers: Result<Vec<_>, _> =
            requests.iter().map(|request| batch.add(&request.asked, &mut *self.writer)).collect();
        let answers = answers.map_err(Failure::Insert)?;
        if batch.rows.is_empty() {
            self.writer.abandon();
        } else {
            self.writer.insert(&batch.rows).map_err(Failure::Insert)?;
            self.writer.commit().map_err(Failure::Commit)?;
        }
        self.tail = batch.tail;
        self.tail.trim();
        Ok(answers)
    }

    /// Begins, on a new connection if the old one turns out to be gone: nothing was sent over it yet.
    fn begin(&mut self) -> Result<Option<Event>, ReadError> {
        match self.writer.begin() {
            Err(ReadError::Storage(error)) if error.is_lost_connection() => {
                self.writer.abandon();
                self.writer.begin()
            }
            begun => begun,
        }
    }
}

impl Failure {
    fn into_error(self) -> Answer {
        Err(match self {
            Failure::Head(ReadError::Storage(error))
            | Failure::Insert(error)
            | Failure::Commit(error) => AppendError::Storage(error),
            Failure::Head(damaged) => AppendError::Head(damaged),
        })
    }

    fn answer_all(self, count: usize) -> Vec<Answer> {
        match self {
            Failure::Head(error) => {
                (0..count).map(|_| Failure::Head(error.clone()).into_error()).collect()
            }
            Failure::Insert(error) | Failure::Commit(error) => {
                (0..count).map(|_| Err(AppendError::Storage(error.clone()))).collect()
            }
        }
    }
}
