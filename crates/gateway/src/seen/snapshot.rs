//! Figures of a gateway at one moment, since it was started unless something else is said.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::meter::{Outcome, Tokens};
use crate::upstream::health::Circuit;

/// Every way in which a call can end, each at the place of its own number.
pub const OUTCOMES: [Outcome; 6] = [
    Outcome::Complete,
    Outcome::Failed,
    Outcome::CutByUpstream,
    Outcome::ClientGone,
    Outcome::Refused,
    Outcome::Outrun,
];

/// The classes of tokens, which do not overlap.
pub const CLASSES: [&str; usage::CLASSES] = usage::CLASS_NAMES;

/// All figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When they were added up.
    pub at: Timestamp,
    /// How many threads carry calls.
    pub workers: usize,
    /// Calls that run now.
    pub running: u64,
    /// Answers that are streams and run now.
    pub streams: u64,
    /// Connections of clients now.
    pub connections: u64,
    /// Facts that nobody took in time.
    pub forgotten_facts: u64,
    /// Calls, by who made them and what for.
    pub calls: Vec<CallFigures>,
    /// Calls that somebody answered, by route.
    pub routes: Vec<RouteFigures>,
    /// Attempts, by who caused them and where they went.
    pub attempts: Vec<AttemptFigures>,
    /// Attempts, by where they went.
    pub targets: Vec<TargetFigures>,
    /// Calls that got the gateway's own answer, by key and its code.
    pub refusals: Vec<RefusalFigures>,
    /// Refusals of the agreement's, by clause; one that cites two counts for both.
    pub clauses: Vec<ClauseFigures>,
    /// Upstreams.
    pub upstreams: Vec<UpstreamFigures>,
    /// Keys with a budget.
    pub budgets: Vec<BudgetFigures>,
    /// Rows.
    pub rows: RowFigures,
}

/// Calls of a key for a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFigures {
    /// The key; empty where none was known.
    pub key: String,
    /// Its product.
    pub product: String,
    /// Its channel.
    pub channel: String,
    /// The route; empty where none was asked for that exists.
    pub route: String,
    /// What was called.
    pub operation: String,
    /// How often which end came.
    pub ends: Vec<Counted>,
}

/// Attempts of a key's calls at a model of an upstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptFigures {
    /// The key.
    pub key: String,
    /// Its product.
    pub product: String,
    /// Its channel.
    pub channel: String,
    /// The route; empty where no model was asked for.
    pub route: String,
    /// What was called.
    pub operation: String,
    /// The upstream.
    pub upstream: String,
    /// The model, by its name in the agreement.
    pub model: String,
    /// How often which end came.
    pub ends: Vec<Counted>,
    /// What they used.
    pub tokens: Tokens,
    /// What that costs, in the price list's currency.
    pub cost: Decimal,
    /// What those cost that began in this UTC hour.
    pub cost_of_hour: Decimal,
    /// Of how many nobody knows what they used.
    pub unknown: u64,
}

/// How fast calls of a route are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteFigures {
    /// The route; empty where none was asked for that exists.
    pub route: String,
    /// What was called.
    pub operation: String,
    /// After how many microseconds the first byte came, of calls that were answered to the end.
    pub first_byte_us: Distribution,
    /// How many microseconds they took.
    pub duration_us: Distribution,
    /// How many microseconds the gateway took before it asked an upstream, without the time in which
    /// it waited for the client's body.
    pub added_us: Distribution,
}

/// How fast attempts at a target are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFigures {
    /// The route; empty where no model was asked for.
    pub route: String,
    /// The upstream.
    pub upstream: String,
    /// The model, by its name in the agreement.
    pub model: String,
    /// Whose dialect the upstream speaks, as OpenTelemetry's GenAI conventions name it.
    pub provider: String,
    /// Where it is.
    pub address: String,
    /// At which port.
    pub port: u16,
    /// What was called.
    pub operation: String,
    /// After how many microseconds the first byte came, of answers that are no error.
    pub first_byte_us: Distribution,
    /// How many microseconds attempts took, by how they ended.
    pub duration_us: Vec<(Outcome, Distribution)>,
    /// How many tokens they read.
    pub read_tokens: Distribution,
    /// How many tokens they wrote.
    pub written_tokens: Distribution,
}

/// How often one end came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// How it ended.
    pub outcome: Outcome,
    /// The class of the answer's status.
    pub status: StatusClass,
    /// How often.
    pub count: u64,
}

/// The class of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StatusClass {
    /// There was no answer.
    #[serde(rename = "none")]
    None,
    /// Another protocol goes on.
    #[serde(rename = "1xx")]
    Informational,
    /// It was done.
    #[serde(rename = "2xx")]
    Success,
    /// It is elsewhere.
    #[serde(rename = "3xx")]
    Redirection,
    /// The client is at fault.
    #[serde(rename = "4xx")]
    ClientError,
    /// The server is.
    #[serde(rename = "5xx")]
    ServerError,
}

/// How often values were at most each of some bounds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    /// The bounds, rising.
    pub bounds: Vec<u64>,
    /// Of how many values each is the lowest bound, and how many are above all.
    pub counts: Vec<u64>,
    /// The sum of all values.
    pub sum: u64,
}

/// Answers of the gateway's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalFigures {
    /// The key; empty where none was known.
    pub key: String,
    /// The code in the answer.
    pub reason: String,
    /// How often.
    pub count: u64,
}

/// Refusals that cite a clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClauseFigures {
    /// The clause.
    pub clause: String,
    /// How often.
    pub count: u64,
}

/// How an upstream is doing now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamFigures {
    /// The upstream.
    pub upstream: String,
    /// The cloud it runs on.
    pub host: String,
    /// Where its circuit stands.
    pub circuit: Circuit,
    /// How often that was opened.
    pub opened: u64,
    /// How many calls have failed since one was answered.
    pub failures: u32,
    /// Calls at it now.
    pub in_flight: u64,
    /// Most calls at once, if settings limit them.
    pub concurrency_max: Option<u32>,
    /// After how many microseconds the first byte comes of late; 0 before anything came.
    pub first_byte_us: u64,
}

/// What is left of a key's budget now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetFigures {
    /// The key.
    pub key: String,
    /// `day` or `month`.
    pub period: String,
    /// Tokens, if they are limited.
    pub tokens_left: Option<u64>,
    /// Money in the price list's currency, if it is limited.
    pub money_left: Option<Decimal>,
}

/// What has become of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFigures {
    /// Written.
    pub written: u64,
    /// Taken over into the usage store.
    pub rolled: u64,
    /// Not yet taken over now, those of earlier runs included.
    pub waiting: u64,
    /// How many microseconds the oldest row has waited for the disk now; 0 if none waits.
    pub unsynced_us: u64,
    /// When rows were last taken over.
    pub last_roll: Option<Timestamp>,
    /// Whether rows can be written.
    pub sound: bool,
}

impl Outcome {
    /// Its name in figures.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Complete => "complete",
            Outcome::Failed => "failed",
            Outcome::CutByUpstream => "cut_by_upstream",
            Outcome::ClientGone => "client_gone",
            Outcome::Outrun => "outrun",
            Outcome::Refused => "refused",
        }
    }
}

impl StatusClass {
    /// All classes.
    pub const ALL: [StatusClass; 6] = [
        StatusClass::None,
        StatusClass::Informational,
        StatusClass::Success,
        StatusClass::Redirection,
        StatusClass::ClientError,
        StatusClass::ServerError,
    ];

    /// The class of a status, where 0 stands for none.
    pub fn of(status: u16) -> StatusClass {
        StatusClass::ALL.get(usize::from(status / 100)).copied().unwrap_or(StatusClass::None)
    }

    /// Its name in figures.
    pub fn word(self) -> &'static str {
        match self {
            StatusClass::None => "none",
            StatusClass::Informational => "1xx",
            StatusClass::Success => "2xx",
            StatusClass::Redirection => "3xx",
            StatusClass::ClientError => "4xx",
            StatusClass::ServerError => "5xx",
        }
    }
}

impl Distribution {
    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Within what so many of 100 values are, taking those between two bounds to lie evenly; the highest
    /// bound for what is above it. None where there are no values.
    pub fn within(&self, percent: u64) -> Option<u64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let wanted = (count * percent).div_ceil(100).max(1);
        let (mut below, mut low) = (0, 0);
        for (bound, count) in self.bounds.iter().zip(&self.counts) {
            if below + count >= wanted {
                return Some(low + (bound - low) * (wanted - below) / count);
            }
            (below, low) = (below + count, *bound);
        }
        self.bounds.last().copied()
    }

    /// Adds the values of another with the same bounds.
    pub fn add(&mut self, other: &Distribution) {
        if self.counts.is_empty() {
            self.clone_from(other);
            return;
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(sum, count)| *sum += count);
        self.sum += other.sum;
    }
}

/// Adds up tokens by class.
pub(super) fn tokens_of(cells: impl Iterator<Item = [u64; CLASSES.len()]>) -> Tokens {
    let sums = cells.fold([0; CLASSES.len()], |mut sums, cell| {
        sums.iter_mut().zip(cell).for_each(|(sum, count)| *sum += count);
        sums
    });
    Tokens::of_classes(sums)
}

/// Adds up ends, leaving out those that never came.
pub(super) fn counted(
    cells: impl Iterator<Item = [[u64; StatusClass::ALL.len()]; OUTCOMES.len()]>,
) -> Vec<Counted> {
    let mut sums = [[0; StatusClass::ALL.len()]; OUTCOMES.len()];
    for cell in cells {
        let pairs = sums.iter_mut().flatten().zip(cell.into_iter().flatten());
        pairs.for_each(|(sum, count)| *sum += count);
    }
    let ends = OUTCOMES.into_iter().zip(sums).flat_map(|(outcome, sums)| {
        let of = move |(status, count)| Counted { outcome, status, count };
        StatusClass::ALL.into_iter().zip(sums).map(of)
    });
    ends.filter(|counted| counted.count > 0).collect()
}

/// Adds up what workers have measured.
pub(super) fn distribution(
    cells: impl Iterator<Item = (&'static [u64], Vec<u64>, u64)>,
) -> Distribution {
    let mut all = Distribution { bounds: Vec::new(), counts: Vec::new(), sum: 0 };
    for (bounds, counts, sum) in cells {
        all.counts.resize(counts.len(), 0);
        all.counts.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        all.sum += sum;
        all.bounds = bounds.to_vec();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_has_its_place() {
        for (place, outcome) in OUTCOMES.into_iter().enumerate() {
            assert_eq!(outcome as usize, place);
        }
        for (place, class) in StatusClass::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, place);
        }
        let words = [0, 101, 200, 302, 404, 503, 999].map(|status| StatusClass::of(status).word());
        assert_eq!(words, ["none", "1xx", "2xx", "3xx", "4xx", "5xx", "none"]);
    }
}
