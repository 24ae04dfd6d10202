use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Interval;

/// The values an attribute may take.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Values {
    /// One of these words.
    Only(BTreeSet<String>),
    /// Any word but these.
    AllBut(BTreeSet<String>),
    /// A number in one of these intervals.
    Within(Vec<Interval>),
}

impl Values {
    /// One of these words.
    pub fn only<'a>(words: impl IntoIterator<Item = &'a str>) -> Values {
        Values::Only(words.into_iter().map(str::to_string).collect())
    }

    /// A number in this interval.
    pub fn within(interval: Interval) -> Values {
        Values::intervals([interval])
    }

    /// Whether no value is left.
    pub fn is_empty(&self) -> bool {
        match self {
            Values::Only(words) => words.is_empty(),
            Values::AllBut(_) => false,
            Values::Within(intervals) => intervals.is_empty(),
        }
    }

    /// Whether every value is in it.
    pub fn is_everything(&self) -> bool {
        match self {
            Values::Only(_) => false,
            Values::AllBut(words) => words.is_empty(),
            Values::Within(intervals) => intervals[..] == [Interval::ALL],
        }
    }

    /// What is in both.
    pub fn intersect(&self, other: &Values) -> Values {
        use Values::*;
        match (self, other) {
            (Only(a), Only(b)) => Only(a & b),
            (Only(a), AllBut(b)) | (AllBut(b), Only(a)) => Only(a - b),
            (AllBut(a), AllBut(b)) => AllBut(a | b),
            (Within(a), Within(b)) => {
                Values::intervals(a.iter().flat_map(|a| b.iter().map(move |b| a.intersect(b))))
            }
            // INVARIANT: an attribute's domain is words or counts, never both.
            _ => unreachable!("words and counts constrain one attribute"),
        }
    }

    /// What is in any of them.
    pub(super) fn union(all: &[Values]) -> Values {
        let mut only = BTreeSet::new();
        let mut all_but: Option<BTreeSet<String>> = None;
        let mut within: Option<Vec<Interval>> = None;
        for values in all {
            match values {
                Values::Only(words) => only.extend(words.iter().cloned()),
                Values::AllBut(words) => {
                    all_but = Some(all_but.map_or_else(|| words.clone(), |before| &before & words));
                }
                Values::Within(intervals) => within.get_or_insert_default().extend(intervals),
            }
        }
        match (all_but, within) {
            (_, Some(intervals)) => Values::intervals(intervals),
            (Some(words), None) => Values::AllBut(&words - &only),
            (None, None) => Values::Only(only),
        }
    }

    /// Whether a value is in both.
    pub fn meets(&self, other: &Values) -> bool {
        use Values::*;
        match (self, other) {
            (Only(a), Only(b)) => {
                let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
                few.iter().any(|word| many.contains(word))
            }
            (Only(a), AllBut(b)) | (AllBut(b), Only(a)) => !a.is_subset(b),
            (AllBut(_), AllBut(_)) => true,
            (Within(a), Within(b)) => {
                a.iter().any(|a| b.iter().any(|b| !a.intersect(b).is_empty()))
            }
            // INVARIANT: an attribute's domain is words or counts, never both.
            _ => unreachable!("words and counts constrain one attribute"),
        }
    }

    /// What is not in it.
    pub fn complement(&self) -> Values {
        match self {
            Values::Only(words) => Values::AllBut(words.clone()),
            Values::AllBut(words) => Values::Only(words.clone()),
            Values::Within(intervals) => intervals
                .iter()
                .map(|interval| Values::intervals(interval.complement()))
                .fold(Values::within(Interval::ALL), |rest, outside| rest.intersect(&outside)),
        }
    }

    /// What is in `self` and not in `other`.
    pub fn subtract(&self, other: &Values) -> Values {
        self.intersect(&other.complement())
    }

    /// Whether a value is in it.
    pub fn holds(&self, value: &str) -> bool {
        match self {
            Values::Only(words) => words.contains(value),
            Values::AllBut(words) => !words.contains(value),
            Values::Within(intervals) => {
                value.parse().is_ok_and(|n| intervals.iter().any(|i| i.holds(n)))
            }
        }
    }

    /// A value in it.
    pub fn witness(&self) -> Option<String> {
        match self {
            Values::Only(words) => words.first().cloned(),
            Values::AllBut(words) => {
                let fresh = |at| if at == 0 { "other".to_string() } else { format!("other-{at}") };
                (0..).map(fresh).find(|word| !words.contains(word))
            }
            Values::Within(intervals) => intervals.first().map(|i| i.witness().to_string()),
        }
    }

    /// Sorted, non-empty, and merged where they meet.
    fn intervals(intervals: impl IntoIterator<Item = Interval>) -> Values {
        let mut sorted: Vec<_> = intervals.into_iter().filter(|i| !i.is_empty()).collect();
        sorted.sort_unstable();
        let mut merged: Vec<Interval> = Vec::new();
        for interval in sorted {
            match merged.last_mut() {
                Some(last) if last.end.is_none() || interval.start <= last.end => {
                    let unbounded = last.end.is_none() || interval.end.is_none();
                    last.end = if unbounded { None } else { last.end.max(interval.end) };
                }
                _ => merged.push(interval),
            }
        }
        Values::Within(merged)
    }
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |words: &BTreeSet<String>| words.iter().cloned().collect::<Vec<_>>().join("|");
        match self {
            Values::Only(words) => f.write_str(&joined(words)),
            Values::AllBut(words) if words.is_empty() => f.write_str("any"),
            Values::AllBut(words) => write!(f, "any but {}", joined(words)),
            Values::Within(intervals) => {
                let shown: Vec<_> = intervals.iter().map(ToString::to_string).collect();
                f.write_str(&shown.join("|"))
            }
        }
    }
}
