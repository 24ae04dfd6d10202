//! Facts of single calls, for whoever writes them down.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::board::locked;
use super::count::Count;
use crate::meter::{Measure, Outcome, RowId, Tokens};

/// Most facts of a worker that wait for somebody to take them.
const WAITING_MAX: usize = 4096;

/// What happened once. Nothing in it is a caller's text, but for [`CallFact::prompt`].
#[derive(Debug, Clone)]
pub enum Fact {
    /// A call came to its end.
    Call(Box<CallFact>),
    /// An attempt at an upstream did.
    Attempt(Box<AttemptFact>),
}

/// What a span is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanIds {
    /// The trace.
    pub trace: [u8; 16],
    /// The span itself.
    pub span: [u8; 8],
    /// The one around it.
    pub parent: Option<[u8; 8]>,
}

/// A call, from its first byte to its answer's last.
#[derive(Debug, Clone)]
pub struct CallFact {
    /// Its span, if it has one.
    pub ids: Option<SpanIds>,
    /// When it came.
    pub at: Timestamp,
    /// How long it took, in microseconds.
    pub took_us: u64,
    /// After how many microseconds its answer's first byte came; 0 if an upstream sent none.
    pub first_byte_us: u64,
    /// What its rows name as their request, if it has any.
    pub request: Option<RowId>,
    /// The key that called, and what it calls for; empty where none was known.
    pub key: Arc<str>,
    /// The product.
    pub product: Arc<str>,
    /// The channel.
    pub channel: Arc<str>,
    /// The name that was asked for, if a route has it; else empty.
    pub route: Arc<str>,
    /// What was called.
    pub operation: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// The status of the answer; 0 if there was none.
    pub status: u16,
    /// The code of the gateway's own answer, where it gave one instead of an upstream's.
    pub reason: Option<&'static str>,
    /// The clauses that a refusal cites.
    pub clauses: Vec<String>,
    /// The beginning of the request's body, where settings ask for it in so many words.
    pub prompt: Option<Arc<[u8]>>,
    /// Whether it is to have a line of its own, and not a span alone.
    pub is_logged: bool,
}

/// An attempt at an upstream.
#[derive(Debug, Clone)]
pub struct AttemptFact {
    /// Its span.
    pub ids: SpanIds,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in microseconds.
    pub took_us: u64,
    /// After how many microseconds the first byte came; 0 if none did.
    pub first_byte_us: u64,
    /// What its row names as its request.
    pub request: RowId,
    /// Which attempt of the call, from 1.
    pub number: u16,
    /// The route; empty where no model was asked for.
    pub route: Arc<str>,
    /// What was called.
    pub operation: &'static str,
    /// The upstream, by its name in the settings.
    pub upstream: Arc<str>,
    /// The cloud it runs on.
    pub host: Arc<str>,
    /// Whose dialect it speaks, as the GenAI conventions name it.
    pub provider: &'static str,
    /// Where it is.
    pub address: Arc<str>,
    /// At which port.
    pub port: u16,
    /// The model, by its name in the agreement; empty where none was asked for.
    pub model: Arc<str>,
    /// By which name the upstream was asked for it.
    pub deployment: Arc<str>,
    /// The decision it rests on.
    pub decision: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The status of the answer; 0 where there was none.
    pub status: u16,
    /// How the tokens are known.
    pub measure: Measure,
    /// What it used.
    pub tokens: Tokens,
    /// What that costs, in the price list's currency, where one in force says.
    pub cost: Option<Decimal>,
}

/// Facts of one worker that wait.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    waiting: Mutex<VecDeque<Fact>>,
    forgotten: Count,
}

impl Facts {
    /// Lets a fact wait. Where nobody takes any, the newest is forgotten: no call waits for a log.
    pub fn push(&self, fact: Fact) {
        let mut waiting = locked(&self.waiting);
        if waiting.len() < WAITING_MAX {
            waiting.push_back(fact);
        } else {
            self.forgotten.add(1);
        }
    }

    /// Takes all that wait.
    pub fn take(&self) -> VecDeque<Fact> {
        std::mem::take(&mut *locked(&self.waiting))
    }

    /// How many were forgotten.
    pub fn forgotten(&self) -> u64 {
        self.forgotten.get()
    }
}
