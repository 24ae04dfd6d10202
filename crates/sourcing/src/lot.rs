//! Lots: capacity to be delivered on a day, and what follows if it is not. Source: domain rules §2.4.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use terms::value::Percentage;
use terms::{Duration, Money, Name, Share};

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
    /// When business begins on that day: hours of delay count from then.
    pub due_at: Timestamp,
    /// What it is worth in its first year, or in its term if that is shorter.
    pub value: Money,
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
    /// Damages that were found due for it, together: what falls short and recovers has one cap.
    #[serde(default)]
    pub damages: Option<Money>,
    /// The value that the cap of damages is a part of, where it is the rest of a lot whose damages are
    /// one sum a day: that of the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capped_by: Option<Money>,
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

/// A due day, with the instants that follow from it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DueDay {
    /// The day.
    pub due: Date,
    /// When business begins on it.
    pub due_at: Timestamp,
    /// When the lot's next stage then begins.
    pub next: Timestamp,
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
    /// What is due for delay, if anything.
    pub rate: Option<DelayRate>,
    /// Most that is due, of the value of the lot's first year.
    pub cap: Option<Share>,
    /// Whether damages run until delivery, not only until others may supply it.
    pub until_delivery: bool,
    /// Whether nothing else may be claimed.
    pub sole_remedy: bool,
    /// How long the due day may be put off once, on notice of as long; not at all if none.
    pub slip: Option<Duration>,
}

/// What is due for delay.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DelayRate {
    /// How much.
    pub due: DelayDue,
    /// Whether it is due for each accelerator.
    pub each: bool,
    /// For how many days.
    pub days: u32,
    /// Whether a stretch of so many days counts only once it is complete.
    pub whole: bool,
    /// Whether days count from the due day; else from the end of the grace period.
    pub from_due: bool,
}

/// An amount, or a part of the value of the lot's first year.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DelayDue {
    /// An amount.
    Amount(Money),
    /// A part of the value.
    Percentage(Percentage),
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
    /// Moves the due day.
    pub(crate) fn move_to(&mut self, day: DueDay) {
        let DueDay { due, due_at, next } = day;
        (self.due, self.due_at, self.next) = (due, due_at, Some(next));
    }

    /// Accelerator-hours missing since the lot was due: until it stood, or until an instant.
    /// Commitments of whoever buys fall by them. Source: domain rules §2.4.
    pub fn missing_accelerator_hours(&self, until: Timestamp) -> u64 {
        let until = self.delivered.map_or(until, |delivered| delivered.min(until));
        let hours = u64::try_from(until.duration_since(self.due_at).as_hours()).unwrap_or(0);
        self.quantity.saturating_mul(hours)
    }

    /// Whether its damages are one sum for each day on which not all of it stands: who delivers some of
    /// it owes as much, and owes it once.
    pub(crate) fn owes_one_sum(&self) -> bool {
        let rate = self.delay.rate.as_ref();
        rate.is_some_and(|rate| !rate.each && matches!(rate.due, DelayDue::Amount(_)))
    }

    /// So many of it as a lot of its own: what is worth, and what was due, in proportion; both parts
    /// sum to the whole. One sum a day is all the rest's to owe, under the cap of the whole.
    pub(crate) fn split(&self, quantity: u64) -> (Lot, Lot) {
        let share = |money: Money| {
            let (taken, whole) = (Decimal::from(quantity), Decimal::from(self.quantity.max(1)));
            let exact = money.amount.checked_mul(taken).map(|product| product / whole);
            let part = exact.unwrap_or(money.amount / whole).round_dp(money.currency.scale());
            (Money { amount: part, ..money }, Money { amount: money.amount - part, ..money })
        };
        let rest = self.quantity.saturating_sub(quantity);
        let (value, damages) = (share(self.value), self.damages.map(share));
        let of = |quantity, value, damages| Lot { quantity, value, damages, ..self.clone() };
        let taken = of(self.quantity - rest, value.0, damages.map(|damages| damages.0));
        let mut rest = of(rest, value.1, damages.map(|damages| damages.1));
        if !self.owes_one_sum() {
            return (taken, rest);
        }
        rest.capped_by = Some(self.capped_by.unwrap_or(self.value));
        rest.damages = self.damages;
        (Lot { damages: None, ..taken }, rest)
    }

    /// Whether it is still to be delivered.
    pub fn is_open(&self) -> bool {
        matches!(self.status, LotStatus::Scheduled | LotStatus::LateGrace | LotStatus::Cure)
    }
}
