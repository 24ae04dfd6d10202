//! When a failed attempt is made again.

use jiff::{SignedDuration, Timestamp};

/// How long to wait after the first failure, the second and so on: the example schedule of
/// [Standard Webhooks](https://www.standardwebhooks.com), three days in all. Each is lengthened by up
/// to a tenth, so that what failed together does not come back together.
pub const DELAYS: [SignedDuration; 9] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(14),
    SignedDuration::from_hours(20),
    SignedDuration::from_hours(24),
];

/// The longest wait that a receiver's `Retry-After` can bring about.
const WAIT_MAX: SignedDuration = SignedDuration::from_hours(24);

/// When to try again at the latest failure, the `failures`-th, at `now`; `None` to give up.
///
/// `asked` is when the receiver asked to be tried again; it delays an attempt and never hastens it.
pub(crate) fn next(
    key: &str,
    failures: u32,
    now: Timestamp,
    asked: Option<Timestamp>,
) -> Option<Timestamp> {
    let place = usize::try_from(failures.checked_sub(1)?).ok()?;
    let delay = *DELAYS.get(place)?;
    let planned = later(now, delay + jitter(key, failures, delay));
    Some(asked.map_or(planned, |asked| planned.max(asked.min(later(now, WAIT_MAX)))))
}

/// Up to a tenth of `delay`, the same for the same key and failure.
fn jitter(key: &str, failures: u32, delay: SignedDuration) -> SignedDuration {
    let hash = blake3::hash(format!("{key} {failures}").as_bytes());
    let [a, b, c, d, ..] = *hash.as_bytes();
    let tenth = u64::try_from(delay.as_millis() / 10).unwrap_or_default();
    let part = u64::from(u32::from_le_bytes([a, b, c, d])) % (tenth + 1);
    SignedDuration::from_millis(i64::try_from(part).unwrap_or_default())
}

pub(crate) fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2025-02-20T16:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_schedule_is_followed_with_a_little_delay() {
        for (place, delay) in DELAYS.into_iter().enumerate() {
            let failures = u32::try_from(place).unwrap() + 1;
            let keys = ["a", "b", "c", "d", "e", "f"];
            let waits: Vec<_> = keys
                .map(|key| next(key, failures, now(), None).unwrap().duration_since(now()))
                .into();
            assert!(waits.iter().all(|wait| *wait >= delay && *wait <= delay * 11 / 10));
            assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?} differ");
            assert_eq!(next("a", failures, now(), None), next("a", failures, now(), None));
        }
        assert_eq!(next("a", 10, now(), None), None);
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_but_not_for_less_nor_for_ever() {
        let at = |hours| Some(later(now(), SignedDuration::from_hours(hours)));
        assert_eq!(next("a", 2, now(), at(3)), at(3));
        assert_eq!(next("a", 2, now(), at(-3)), next("a", 2, now(), None));
        assert_eq!(next("a", 2, now(), at(1000)), at(24));
        assert_eq!(next("a", 10, now(), at(3)), None);
    }
}
