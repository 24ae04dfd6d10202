//! How an answer's bytes go out: at once, event by event, slowly, or not all of them.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::answer::Events;
use crate::books::{Open, Outcome};
use crate::fault::{Cut, Fault};

/// The body of an answer.
#[derive(Debug)]
pub enum AnswerBody {
    /// At once.
    Whole(Option<Bytes>),
    /// In pieces.
    Pieces(Box<Pieces>),
}

/// A body that goes out in pieces.
#[derive(Debug)]
pub struct Pieces {
    bytes: Bytes,
    events: Events,
    sent: usize,
    gap: Duration,
    split: Option<usize>,
    cut: Option<Cut>,
    /// What the vendor says where it breaks off with an error.
    last_words: Option<Bytes>,
    pause: Option<Pin<Box<Sleep>>>,
    paused: bool,
    reset: Arc<AtomicBool>,
    open: Open,
}

impl Pieces {
    /// The events of a stream under a fault. `reset` makes the connection close with a reset;
    /// `open` is closed when the last byte is handed over or when the body is dropped.
    #[must_use]
    pub fn new(
        mut events: Events,
        fault: &Fault,
        last_words: Option<Bytes>,
        reset: Arc<AtomicBool>,
        open: Open,
    ) -> Pieces {
        Pieces {
            bytes: std::mem::take(&mut events.bytes).into(),
            events,
            sent: 0,
            gap: fault.gap,
            split: fault.split,
            cut: fault.cut,
            last_words,
            pause: None,
            paused: false,
            reset,
            open,
        }
    }

    /// Waits once; later calls go through until the wait is asked for anew.
    fn wait(&mut self, context: &mut Context<'_>, time: Duration) -> Poll<()> {
        if !self.paused && !time.is_zero() {
            let pause = self.pause.get_or_insert_with(|| Box::pin(sleep(time)));
            ready!(pause.as_mut().poll(context));
            self.pause = None;
            self.paused = true;
        }
        Poll::Ready(())
    }

    /// Whether it is now that the answer breaks off.
    fn is_cut(&self) -> bool {
        let sent = self.events.ends.partition_point(|&end| end <= self.sent);
        match self.cut {
            Some(Cut::Reset(after) | Cut::End(after) | Cut::Stall(after) | Cut::Error(after)) => {
                sent >= after.min(self.events.ends.len())
            }
            Some(Cut::Close | Cut::Truncated | Cut::Length) => self.sent == self.bytes.len(),
            None => false,
        }
    }

    fn cut(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.cut {
            Some(Cut::Stall(_)) => Poll::Pending,
            Some(Cut::End(_) | Cut::Error(_) | Cut::Truncated) => {
                let last_words = self.last_words.take().map(|bytes| Ok(Frame::data(bytes)));
                if last_words.is_none() {
                    self.close(Outcome::Cut);
                }
                Poll::Ready(last_words)
            }
            Some(Cut::Reset(_) | Cut::Close | Cut::Length) | None => {
                // What was handed over must be on the wire before the connection goes.
                ready!(self.wait(context, Duration::from_millis(5)));
                self.close(Outcome::Cut);
                if self.cut != Some(Cut::Length) {
                    self.reset.store(true, Ordering::Release);
                }
                Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
            }
        }
    }

    fn close(&mut self, outcome: Outcome) {
        let unsent = self.events.tokens - self.events.tokens_within(self.sent);
        if let Some(entry) = self.open.entry() {
            entry.tokens.output -= u32::try_from(unsent).unwrap_or(0).min(entry.tokens.output);
        }
        self.open.close(outcome);
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.is_cut() {
            return self.cut(context);
        }
        if self.sent == self.bytes.len() {
            return Poll::Ready(None);
        }
        if self.sent > 0 {
            ready!(self.wait(context, self.gap));
        }
        self.paused = false;
        let end = match self.split {
            Some(split) => (self.sent + split).min(self.bytes.len()),
            None => {
                let next = self.events.ends.partition_point(|&end| end <= self.sent);
                self.events.ends.get(next).copied().unwrap_or(self.bytes.len())
            }
        };
        let piece = self.bytes.slice(self.sent..end);
        self.sent = end;
        if self.sent == self.bytes.len() {
            match self.cut {
                None => self.close(Outcome::Complete),
                // Its length is that of what was sent, so nobody will ask for more.
                Some(Cut::Truncated) => self.close(Outcome::Cut),
                Some(_) => {}
            }
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

impl Drop for Pieces {
    /// Dropped before its end, its client is gone: the vendor bills what was made until then.
    fn drop(&mut self) {
        self.close(Outcome::ClientGone);
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            AnswerBody::Whole(bytes) => {
                Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes))))
            }
            AnswerBody::Pieces(pieces) => pieces.poll(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            AnswerBody::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            AnswerBody::Pieces(pieces) => pieces.cut.is_none() && pieces.sent == pieces.bytes.len(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            AnswerBody::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64)
            }
            AnswerBody::Pieces(_) => SizeHint::default(),
        }
    }
}

impl From<Bytes> for AnswerBody {
    fn from(bytes: Bytes) -> AnswerBody {
        AnswerBody::Whole(Some(bytes))
    }
}
