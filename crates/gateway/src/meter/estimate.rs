//! A thread that counts the tokens of texts nobody else has counted. Tables of tokens are read when they
//! are needed first, and never on the path of a call.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tiktoken_rs::tokenizer::{Tokenizer, get_tokenizer};
use tiktoken_rs::{CoreBPE, bpe_for_tokenizer, o200k_base_singleton};

use super::{Measure, Outcome, Tokens};
use crate::attempt::Attempt;
use crate::body::spoken::Spoken;

/// Counts for attempts that ended without saying what they used.
#[derive(Debug)]
pub(crate) struct Estimator {
    queue: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Job {
    attempt: Attempt,
    outcome: Outcome,
    spoken: Spoken,
}

impl Estimator {
    /// A thread that waits for something to count.
    ///
    /// # Errors
    /// There are no threads.
    pub fn start() -> io::Result<Estimator> {
        let (queue, jobs) = mpsc::channel();
        let thread = thread::Builder::new().name("gateway-estimate".to_string());
        let thread = Mutex::new(Some(thread.spawn(move || count(jobs))?));
        Ok(Estimator { queue: Mutex::new(Some(queue)), thread })
    }

    /// Has the row of an attempt written once it is counted what was said, or at once if there is nothing
    /// to count.
    pub fn close(&self, attempt: Attempt, outcome: Outcome, spoken: Spoken, about: u64) {
        let job = Job { attempt, outcome, spoken };
        if job.spoken.is_empty() {
            return job.close(|_| about);
        }
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let left = match &*queue {
            Some(queue) => queue.send(job).err().map(|unsent| unsent.0),
            None => Some(job),
        };
        drop(queue);
        if let Some(job) = left {
            job.close(|_| about);
        }
    }

    /// Counts what is left, and ends.
    pub fn stop(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

fn count(jobs: Receiver<Job>) {
    for job in jobs {
        let candidate = job.attempt.candidate.clone();
        let names = candidate.iter().flat_map(|found| [&*found.model, &*found.deployment]);
        let table = names.flat_map(get_tokenizer).next().map(table);
        let table = table.unwrap_or_else(o200k_base_singleton);
        job.close(|spoken| spoken.tokens(|text| table.count_ordinary(text) as u64));
    }
}

fn table(tokenizer: Tokenizer) -> &'static CoreBPE {
    bpe_for_tokenizer(tokenizer).unwrap_or_else(|_| o200k_base_singleton())
}

impl Job {
    fn close(self, count: impl FnOnce(&Spoken) -> u64) {
        let (input, output) = (self.attempt.call.input_about, count(&self.spoken));
        let tokens = Tokens { input, output, ..Tokens::default() };
        self.attempt.close_with(self.outcome, Measure::Estimated, tokens);
    }
}
