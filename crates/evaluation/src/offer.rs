//! What a bidder offers.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::check::{Invalid, PLACES, within};
use crate::need::Need;

/// The money and the capacity of an offer, without who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Economics {
    /// Paid at the start of the first month, in $.
    #[serde(default)]
    pub up_front: Decimal,
    /// One entry a month, beside those of the [`Need`]. A month in which nothing is delivered yet has
    /// 0 accelerators.
    pub periods: Vec<Delivery>,
    /// How much of the reference class one of its accelerators stands for: availability times speed.
    #[serde(default = "one")]
    pub effectiveness: Decimal,
}

/// What is delivered in one month, and its price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Accelerators that stand all month.
    pub accelerators: u64,
    /// The price in $/AH, to six places.
    pub price: Decimal,
}

/// An offer as it takes part in a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Its number: what a lower index means where a rule needs one.
    pub number: u32,
    /// Who made it.
    pub bidder: String,
    /// Whether the bidder holds the first right to what is offered for.
    #[serde(default)]
    pub holder: bool,
    /// Its money and capacity.
    pub economics: Economics,
    /// The fewest accelerators it stands for; all of them if it is all or nothing.
    #[serde(default)]
    pub minimum: u64,
    /// When it is deemed received.
    pub received: Timestamp,
    /// What else its ticket in the lottery is made of: what whoever committed to the seed could not
    /// know. Nothing where the seed was posted openly.
    #[serde(default)]
    pub identity: Vec<u8>,
}

fn one() -> Decimal {
    Decimal::ONE
}

impl Economics {
    /// The same delivery in every one of so many months, with nothing up front.
    pub fn constant(months: usize, accelerators: u64, price: Decimal) -> Economics {
        let periods = vec![Delivery { accelerators, price }; months];
        Economics { up_front: Decimal::ZERO, periods, effectiveness: Decimal::ONE }
    }

    /// The most accelerators it delivers in any month: what is awarded of it.
    pub fn accelerators(&self) -> u64 {
        self.periods.iter().map(|period| period.accelerators).max().unwrap_or(0)
    }

    /// Its term: the number of the last month in which it delivers anything.
    pub fn months(&self) -> u32 {
        let last = self.periods.iter().rposition(|period| period.accelerators > 0);
        // INVARIANT: an offer that was checked has at most `Invalid::MOST_PERIODS` months.
        last.map_or(0, |last| u32::try_from(last + 1).unwrap_or(u32::MAX))
    }

    pub(crate) fn check(&self, need: &Need) -> Result<(), Invalid> {
        if self.periods.len() > need.periods.len() {
            let (offered, needed) = (self.periods.len(), need.periods.len());
            return Err(Invalid::LongerThanNeed { offered, needed });
        }
        within("the up-front payment", self.up_front, Decimal::MAX, PLACES)?;
        within("the effectiveness", self.effectiveness, Decimal::from(1_000), PLACES)?;
        self.periods
            .iter()
            .try_for_each(|period| within("a price", period.price, Decimal::MAX, PLACES))
    }
}
