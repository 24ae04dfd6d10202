//! Lots: capacity to be delivered on a day, and what follows if it is not. Source: domain rules §2.4.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use terms::{Duration, Money, Name};

/// Capacity to be delivered on a day.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lot {
    /// Which part it fulfils.
    pub part: usize,
    /// Who delivers.
    pub supplier: Name,
    /// How many accelerators.
    pub quantity: u64,
    /// At what price per accelerator-hour.
    pub price: Money,
    /// The day it is due. A slip and an excuse move it.
    pub due: Date,
    /// The day the supplier now expects to deliver, if it has said so.
    pub expected: Option<Date>,
    /// What the agreement says of delay; pinned when the lot is made.
    pub delay: DelayTerms,
    /// Where it stands.
    pub status: LotStatus,
    /// When its next stage begins by itself, if one does.
    pub next: Option<Timestamp>,
    /// Whether its one slip is used.
    pub slipped: bool,
    /// Days by which the customer or force majeure have moved it.
    pub excused_days: u32,
    /// Of them, by force majeure.
    pub force_majeure_days: u32,
    /// The first day damages count, once they do.
    pub damages_from: Option<Date>,
    /// The last day damages count, once that is known.
    pub damages_until: Option<Date>,
    /// When it was delivered.
    pub delivered: Option<Timestamp>,
    /// When it fell short, if it did.
    pub short_since: Option<Timestamp>,
}

/// Where a lot stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LotStatus {
    /// Its day is to come.
    #[default]
    Scheduled,
    /// Late; nothing is due for it yet.
    LateGrace,
    /// Late; damages count, and the time to cure runs.
    Cure,
    /// Not cured: others may supply it.
    Shortfall,
    /// It stands.
    Delivered,
    /// Undone with what it belonged to.
    Cancelled,
}

/// What the agreement says of delay.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DelayTerms {
    /// The clause, if one says so; else the defaults of the domain rules §2.4 hold, without damages.
    pub clause: Option<String>,
    /// Delay for which nothing is due.
    pub grace: Duration,
    /// Then, how long it may be cured.
    pub cure: Duration,
    /// Damages per accelerator and day of delay.
    pub rate: Option<Money>,
    /// Most that is due, in per cent of the value of the lot's first year.
    pub cap: Option<String>,
    /// Whether damages run until delivery, not only until others may supply it.
    pub until_delivery: bool,
    /// Whether nothing else may be claimed.
    pub sole_remedy: bool,
    /// How long the due day may be put off once, on notice of as long; not at all if none.
    pub slip: Option<Duration>,
}

impl Default for DelayTerms {
    fn default() -> DelayTerms {
        DelayTerms {
            clause: None,
            grace: Duration::business_days(10),
            cure: Duration::days(30),
            rate: None,
            cap: None,
            until_delivery: false,
            sole_remedy: false,
            slip: None,
        }
    }
}

impl Lot {
    /// A lot that is scheduled; `next` is the instant after which it is late.
    pub fn scheduled(
        part: usize,
        supplier: Name,
        quantity: u64,
        price: Money,
        due: Date,
        next: Timestamp,
        delay: DelayTerms,
    ) -> Lot {
        Lot {
            part,
            supplier,
            quantity,
            price,
            due,
            expected: None,
            delay,
            status: LotStatus::Scheduled,
            next: Some(next),
            slipped: false,
            excused_days: 0,
            force_majeure_days: 0,
            damages_from: None,
            damages_until: None,
            delivered: None,
            short_since: None,
        }
    }

    /// Moves the due day by what the customer or force majeure held up.
    pub(crate) fn excuse(&mut self, days: u32, force_majeure: bool) {
        let later = jiff::Span::new().days(i64::from(days.min(36_500)));
        self.due = self.due.saturating_add(later);
        self.excused_days = self.excused_days.saturating_add(days);
        if force_majeure {
            self.force_majeure_days = self.force_majeure_days.saturating_add(days);
        }
    }

    /// Whether it is still to be delivered.
    pub fn is_open(&self) -> bool {
        matches!(self.status, LotStatus::Scheduled | LotStatus::LateGrace | LotStatus::Cure)
    }
}
