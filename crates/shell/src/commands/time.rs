//! Days and instants as arguments.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use terms::{Known, Terms};

use crate::outcome::Failure;

/// A date or an instant, as the user wrote it.
#[derive(Debug, Clone, Copy)]
pub enum When {
    Day(Date),
    Instant(Timestamp),
}

impl std::str::FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let day = text.parse().map(When::Day);
        let instant = || text.parse().map(When::Instant);
        // A date is tried first: an instant has a `T` and a zone or offset.
        let read = if text.contains(['T', ' ']) { instant().ok() } else { day.ok() };
        read.ok_or_else(|| {
            "expected a date as 2025-02-01, or an instant with its offset as \
             2025-02-01T17:00:00-08:00"
                .to_string()
        })
    }
}

impl std::fmt::Display for When {
    /// As it can be given again.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            When::Day(day) => write!(f, "{day}"),
            When::Instant(instant) => write!(f, "{instant}"),
        }
    }
}

impl When {
    /// The day in a zone.
    pub fn day(self, zone: &TimeZone) -> Date {
        match self {
            When::Day(day) => day,
            When::Instant(instant) => instant.to_zoned(zone.clone()).date(),
        }
    }

    /// What is known then: a date means through the end of that day.
    pub fn known(self, zone: &TimeZone) -> Result<Known, Failure> {
        Ok(Known::At(match self {
            When::Instant(instant) => instant,
            When::Day(day) => {
                let next = day.tomorrow().and_then(|next| next.to_zoned(zone.clone()));
                let next = next.map_err(|_| too_late(day))?.timestamp();
                next - jiff::SignedDuration::from_nanos(1)
            }
        }))
    }

    /// The instant: a date means its start in the zone.
    pub fn instant(self, zone: &TimeZone) -> Result<Timestamp, Failure> {
        match self {
            When::Instant(instant) => Ok(instant),
            When::Day(day) => {
                Ok(day.to_zoned(zone.clone()).map_err(|_| too_late(day))?.timestamp())
            }
        }
    }
}

fn too_late(day: Date) -> Failure {
    Failure::wrong_use(format!("{day} is later than can be counted"), "give an earlier day")
}

/// The day and the knowledge that `--at` and `--known` mean for these terms.
pub fn day_and_known(
    terms: &Terms,
    at: Option<When>,
    known: Option<When>,
    now: Timestamp,
) -> Result<(Date, Known), Failure> {
    let zone = terms.time_zone();
    let day = at.unwrap_or(When::Instant(now)).day(&zone);
    let known = known.map_or(Ok(Known::Everything), |known| known.known(&zone))?;
    Ok((day, known))
}
