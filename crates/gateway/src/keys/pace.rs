//! How many requests and tokens a minute a key may use.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

type Limiter = DefaultDirectRateLimiter<StateInformationMiddleware>;

/// The limits of one key; clones of a reloaded key go on where it was.
#[derive(Debug)]
pub struct Pace {
    requests: Option<Lane>,
    tokens: Option<Lane>,
}

#[derive(Debug, Clone)]
struct Lane {
    per_minute: NonZeroU32,
    limiter: Arc<Limiter>,
}

/// Too fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slower {
    /// `requests` or `tokens`.
    pub what: &'static str,
    /// How long to wait, in milliseconds.
    pub wait_ms: u64,
}

/// What is left of a limit: of how many, how many, and after how many milliseconds all are there again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// The limit.
    pub limit: u32,
    /// How many of it are left.
    pub remaining: u32,
    /// After how many milliseconds all of it is there again.
    pub reset_ms: u64,
}

/// What is left of a key's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AllLeft {
    /// Of its requests.
    pub requests: Option<Left>,
    /// Of its tokens.
    pub tokens: Option<Left>,
}

impl Pace {
    /// The limits of a key, going on where `before` was if that had the same ones.
    ///
    /// # Errors
    /// A limit is 0.
    pub fn new(
        requests: Option<u32>,
        tokens: Option<u32>,
        before: Option<&Pace>,
    ) -> Result<Pace, String> {
        let lane = |limit: Option<u32>, before: Option<&Lane>| -> Result<Option<Lane>, String> {
            let Some(limit) = limit else { return Ok(None) };
            let per_minute = NonZeroU32::new(limit)
                .ok_or_else(|| "a limit of 0 would let nothing through".to_string())?;
            match before.filter(|lane| lane.per_minute == per_minute) {
                Some(lane) => Ok(Some(lane.clone())),
                None => {
                    let limiter = RateLimiter::direct(Quota::per_minute(per_minute));
                    let limiter = Arc::new(limiter.with_middleware());
                    Ok(Some(Lane { per_minute, limiter }))
                }
            }
        };
        Ok(Pace {
            requests: lane(requests, before.and_then(|before| before.requests.as_ref()))?,
            tokens: lane(tokens, before.and_then(|before| before.tokens.as_ref()))?,
        })
    }

    /// Counts a request of about so many tokens.
    ///
    /// # Errors
    /// A limit is used up; then the request must not be made.
    pub fn take(&self, tokens: u64) -> Result<AllLeft, Slower> {
        let requests = self.requests.as_ref().map(|lane| lane.take("requests", 1)).transpose()?;
        let tokens = self.tokens.as_ref().map(|lane| lane.take("tokens", tokens)).transpose()?;
        Ok(AllLeft { requests, tokens })
    }

    /// Whether tokens are limited, so that it matters how many a request has.
    pub fn counts_tokens(&self) -> bool {
        self.tokens.is_some()
    }

    /// Counts tokens that a call turned out to use beyond what was taken for it.
    pub fn add_tokens(&self, more: u64) {
        if let (Some(lane), true) = (&self.tokens, more > 0) {
            // They are used: where less than that is left, all that is left goes.
            let mut count = more.min(u64::from(lane.per_minute.get()));
            while count > 0 && lane.take("tokens", count).is_err() {
                count /= 2;
            }
        }
    }
}

impl Lane {
    fn take(&self, what: &'static str, count: u64) -> Result<Left, Slower> {
        let limit = self.per_minute.get();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        // A request of none still asks whether there are any left.
        let count = NonZeroU32::new(count.max(1)).expect("it is at least 1");
        let taken = match self.limiter.check_n(count) {
            Ok(taken) => taken,
            // More than fits in a minute would never fit.
            Err(_) => return Err(Slower { what, wait_ms: 60_000 }),
        };
        match taken {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let used = u64::from(limit - remaining.min(limit));
                Ok(Left { limit, remaining, reset_ms: used * 60_000 / u64::from(limit) })
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                let wait = wait.max(Duration::from_millis(1));
                Err(Slower {
                    what,
                    wait_ms: u64::try_from(wait.as_millis()).unwrap_or(60_000).max(1),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_ends_at_the_limit() {
        let pace = Pace::new(Some(2), None, None).unwrap();
        let left = |pace: &Pace| pace.take(0).map(|left| left.requests.unwrap().remaining);
        assert_eq!((left(&pace), left(&pace)), (Ok(1), Ok(0)));
        let slower = pace.take(0).unwrap_err();
        assert!(slower.what == "requests" && (1..=30_000).contains(&slower.wait_ms), "{slower:?}");

        let reloaded = Pace::new(Some(2), None, Some(&pace)).unwrap();
        assert!(reloaded.take(0).is_err(), "a reload gives nothing back");
        let raised = Pace::new(Some(3), None, Some(&pace)).unwrap();
        assert!(raised.take(0).is_ok());
    }

    #[test]
    fn tokens_that_were_used_count() {
        let pace = Pace::new(None, Some(100), None).unwrap();
        assert!(pace.take(40).is_ok());
        pace.add_tokens(59);
        assert_eq!(pace.take(30).unwrap_err().what, "tokens");
        assert_eq!(pace.take(101).unwrap_err().what, "tokens");
    }

    #[test]
    fn no_limit_is_none() {
        let pace = Pace::new(None, None, None).unwrap();
        assert_eq!(pace.take(u64::MAX), Ok(AllLeft::default()));
        assert!(Pace::new(Some(0), None, None).is_err());
    }
}
