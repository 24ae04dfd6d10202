//! Counters that any thread may read, and next to always one alone adds to.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

/// An amount in 10⁻¹² of a currency, which only grows.
#[derive(Debug, Default)]
pub struct Amount {
    whole: Count,
    /// Less than [`ONE`].
    rest: AtomicU64,
}

/// An amount in 10⁻¹² of a currency, which begins anew with each hour.
#[derive(Debug, Default)]
pub struct OfHour {
    hour: AtomicU64,
    amount: AtomicU64,
}

/// How often a value was at most each bound, and above all of them.
#[derive(Debug)]
pub struct Histogram<const N: usize> {
    bounds: &'static [u64; N],
    counts: [Count; N],
    above: Count,
    sum: Count,
}

/// One unit of a currency.
const ONE: u64 = 1_000_000_000_000;

impl Count {
    /// Adds to it. Beside the cell's worker, whoever estimates what its calls used does.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// What it has come to.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Amount {
    /// Adds to it.
    pub fn add(&self, more: u64) {
        let sum = |rest: u64| rest + more % ONE;
        let next = |rest| Some(sum(rest) % ONE);
        let (Ok(rest) | Err(rest)) =
            self.rest.fetch_update(Ordering::Release, Ordering::Relaxed, next);
        self.whole.add(more / ONE + sum(rest) / ONE);
    }

    /// What it has come to. Whoever reads while it is written may see it by less than one unit off.
    pub fn get(&self) -> u128 {
        let rest = self.rest.load(Ordering::Acquire);
        u128::from(self.whole.get()) * u128::from(ONE) + u128::from(rest)
    }
}

impl OfHour {
    /// Adds to that of an hour, which counts from any instant. Two that add at once may lose one of
    /// both, which changes a figure for people by one call.
    pub fn add(&self, hour: u64, more: u64) {
        let before = match self.hour.load(Ordering::Relaxed) == hour {
            true => self.amount.load(Ordering::Relaxed),
            false => 0,
        };
        self.amount.store(before.saturating_add(more), Ordering::Relaxed);
        self.hour.store(hour, Ordering::Release);
    }

    /// What it has come to in an hour.
    pub fn get(&self, hour: u64) -> u64 {
        match self.hour.load(Ordering::Acquire) == hour {
            true => self.amount.load(Ordering::Relaxed),
            false => 0,
        }
    }
}

impl<const N: usize> Histogram<N> {
    /// Nothing has been counted yet.
    pub fn new(bounds: &'static [u64; N]) -> Self {
        let counts = std::array::from_fn(|_| Count::default());
        Self { bounds, counts, above: Count::default(), sum: Count::default() }
    }

    /// Counts a value.
    pub fn add(&self, value: u64) {
        let place = self.bounds.iter().position(|bound| value <= *bound);
        place.map_or(&self.above, |place| &self.counts[place]).add(1);
        self.sum.add(value);
    }

    /// The bounds, how many values each is the lowest bound of, how many are above, and their sum.
    pub fn read(&self) -> (&'static [u64], Vec<u64>, u64) {
        let counts = self.counts.iter().chain([&self.above]).map(Count::get).collect();
        (self.bounds, counts, self.sum.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_at_a_bound_is_within_it() {
        let histogram = Histogram::new(&[10, 20]);
        [0, 10, 11, 20, 21, 1000].into_iter().for_each(|value| histogram.add(value));
        assert_eq!(histogram.read(), (&[10, 20][..], vec![2, 2, 2], 1062));
    }

    #[test]
    fn nothing_is_lost_of_what_two_add() {
        const EACH: u64 = 200_000;
        let (count, amount) = (Count::default(), Amount::default());
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    (0..EACH).for_each(|_| {
                        count.add(1);
                        amount.add(ONE / 3);
                    });
                });
            }
        });
        assert_eq!(count.get(), 2 * EACH);
        assert_eq!(amount.get(), u128::from(2 * EACH) * u128::from(ONE / 3));
    }

    #[test]
    fn an_hour_begins_with_nothing() {
        let amount = OfHour::default();
        (0..2).for_each(|_| amount.add(7, 5));
        assert_eq!((amount.get(7), amount.get(8)), (10, 0));
        amount.add(8, 1);
        assert_eq!((amount.get(7), amount.get(8)), (0, 1));
    }

    #[test]
    fn an_amount_keeps_its_last_place() {
        let amount = Amount::default();
        (0..3).for_each(|_| amount.add(ONE - 1));
        amount.add(5 * ONE + 4);
        assert_eq!(amount.get(), 8 * u128::from(ONE) + 1);
    }
}
