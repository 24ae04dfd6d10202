//! What a row says.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::Tokens;

/// What a row, or the request it belongs to, is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowId(u64, u64);

impl RowId {
    /// Its 128 bits, which are those of its id in the usage store.
    pub fn bits(self) -> u128 {
        u128::from(self.0) << 64 | u128::from(self.1)
    }
}

impl RowId {
    /// The id that these texts together always have: whoever meters something a second time gives its
    /// row the same id.
    pub(crate) fn of(texts: &[&[u8]]) -> RowId {
        let mut hasher = blake3::Hasher::new();
        for text in texts {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text);
        }
        let mut bits = [0; 16];
        hasher.finalize_xof().fill(&mut bits);
        let bits = u128::from_be_bytes(bits);
        RowId((bits >> 64) as u64, bits as u64)
    }
}

impl FromStr for RowId {
    type Err = usage::ParseEventIdError;

    fn from_str(text: &str) -> Result<RowId, Self::Err> {
        let bits = text.parse::<usage::EventId>()?.bits();
        Ok(RowId((bits >> 64) as u64, bits as u64))
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.bits())
    }
}

/// Gives out ids, each once: a number of the run, drawn by lot, and a counter.
#[derive(Debug)]
pub struct Ids {
    run: u64,
    next: AtomicU64,
}

impl Ids {
    /// Ids of a new run.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn new() -> Result<Ids, getrandom::Error> {
        Ok(Ids { run: getrandom::u64()?, next: AtomicU64::new(0) })
    }

    /// An id that no other call was given.
    pub fn next(&self) -> RowId {
        RowId(self.run, self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// One attempt at an upstream, or a call that was refused.
///
/// `S` is how texts are held: borrowed where a row is written, owned where it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row<S> {
    /// What it is known by.
    pub id: RowId,
    /// The request it is an attempt of.
    pub request: RowId,
    /// Which attempt of that request, from 1; 0 where none was made.
    pub attempt: u16,
    /// When it began, in nanoseconds since 1970.
    pub at_ns: i64,
    /// The virtual key that called.
    pub key: S,
    /// Who is billed.
    pub customer: S,
    /// The product it was made for.
    pub product: S,
    /// The channel it came by.
    pub channel: S,
    /// What was called.
    pub endpoint: S,
    /// The model asked for, by its name in the agreement; empty where none was.
    pub model: S,
    /// By which name the upstream was asked for it.
    pub deployment: S,
    /// The upstream, by its name in the settings; empty where none was called.
    pub upstream: S,
    /// The cloud it runs on.
    pub host: S,
    /// The decision it rests on.
    pub decision: S,
    /// How it ended.
    pub outcome: Outcome,
    /// The status of the answer; 0 where there was none.
    pub status: u16,
    /// How the tokens are known.
    pub measure: Measure,
    /// What it used.
    pub tokens: Tokens,
    /// What that costs in 10⁻¹² of the price list's currency; `None` where no list in force says.
    pub cost: Option<u64>,
    /// How long the first byte of the answer took, in microseconds; 0 where none came.
    pub first_byte_us: u64,
    /// How long it took, in microseconds.
    pub took_us: u64,
    /// On which terms the vendor did it.
    #[serde(default)]
    pub tier: Tier,
}

/// On which terms a vendor does something, where that has a price of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// At once.
    #[default]
    Standard,
    /// Within a day, in a batch.
    Batch,
    /// To train a model.
    Training,
}

impl Tier {
    /// Its name in the usage store.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Standard => usage::STANDARD,
            Tier::Batch => "batch",
            Tier::Training => "training",
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The answer came to its end.
    Complete,
    /// The upstream could not be reached, did not answer in time, or answered with an error.
    Failed,
    /// The answer began and broke off.
    CutByUpstream,
    /// The client left before the answer's end.
    ClientGone,
    /// The agreement, a limit or a budget did not allow it.
    Refused,
    /// Another attempt, made beside it, was answered first.
    Outrun,
}

/// How tokens are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The upstream reported them.
    Reported,
    /// They are estimated from what went back and forth.
    Estimated,
    /// Something was used and nobody knows how much: to be resolved, never taken for nothing.
    Unknown,
    /// Nothing was used.
    Nothing,
}
