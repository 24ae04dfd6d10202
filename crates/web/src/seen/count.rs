//! What is counted of requests: one lock, held for as long as a number is added.

use std::collections::BTreeMap;
use std::time::Duration;

use gateway::seen::Distribution;

use super::{Login, micros};

/// Bounds of all distributions of time, in microseconds.
const BOUNDS_US: [u64; 12] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    10_000_000,
];

/// By what an answer is counted: words of the program, so that there is an end of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    pub route: String,
    pub method: &'static str,
    pub class: &'static str,
}

/// All counts.
#[derive(Default)]
pub struct Counts {
    pub answers: BTreeMap<Kind, Times>,
    pub waits: BTreeMap<&'static str, Times>,
    pub logins: BTreeMap<Login, u64>,
}

/// How often something took how long.
#[derive(Debug, Clone, Default)]
pub struct Times {
    counts: [u64; BOUNDS_US.len() + 1],
    sum_us: u64,
}

impl Counts {
    pub fn answered(
        &mut self,
        route: &str,
        method: &'static str,
        class: &'static str,
        took: Duration,
    ) {
        let kind = Kind { route: route.to_string(), method, class };
        self.answers.entry(kind).or_default().add(took);
    }

    pub fn waited(&mut self, lane: &'static str, waited: Duration) {
        self.waits.entry(lane).or_default().add(waited);
    }

    pub fn login(&mut self, ended: Login) {
        *self.logins.entry(ended).or_default() += 1;
    }
}

impl Times {
    fn add(&mut self, time: Duration) {
        let time = micros(time);
        let place = BOUNDS_US.iter().position(|bound| time <= *bound).unwrap_or(BOUNDS_US.len());
        self.counts[place] += 1;
        self.sum_us = self.sum_us.saturating_add(time);
    }

    pub fn distribution(&self) -> Distribution {
        let (bounds, counts) = (BOUNDS_US.to_vec(), self.counts.to_vec());
        Distribution { bounds, counts, sum: self.sum_us }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_what_is_below_it() {
        let mut times = Times::default();
        for micros in [0, 1_000, 1_001, 10_000_000, 10_000_001] {
            times.add(Duration::from_micros(micros));
        }
        let Distribution { counts, sum, .. } = times.distribution();
        assert_eq!(counts, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(sum, 20_002_002);
    }
}
