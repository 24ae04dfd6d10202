//! What capacity is needed, and what later money is worth today.

use exact::Exact;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::check::{Invalid, PLACES, RATE_PLACES, within};

/// A month of 31 days, with an hour more where summer time ends in it.
const MOST_HOURS: Decimal = Decimal::from_parts(745, 0, 0, false, 0);

/// Capacity that is needed month by month; on the seller's side, capacity that is for sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// One entry a month, the first month first. It reaches at least to the end of the longest offer;
    /// a month in which nothing is needed has 0 accelerators.
    pub periods: Vec<Period>,
}

/// One month of a need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Elapsed hours of the month, as 730, or 743 where summer time begins.
    pub hours: Decimal,
    /// Accelerators that are needed.
    pub accelerators: u64,
    /// What one accelerator-hour that is not delivered costs elsewhere, in $/AH; on the seller's side,
    /// what one that is not sold fetches elsewhere.
    pub cover_price: Decimal,
}

/// The rate by which money and hours of later months count less. Payments fall due at the end of
/// each month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Discount {
    /// The rate of a month: `0.01` is 1% a month.
    Monthly(Decimal),
    /// The nominal rate of a year: a twelfth of it counts each month, exactly.
    Annual(Decimal),
}

impl Default for Discount {
    /// No discount.
    fn default() -> Self {
        Discount::Monthly(Decimal::ZERO)
    }
}

impl Discount {
    /// One plus the rate of a month.
    pub(crate) fn growth(&self) -> Result<Exact, Invalid> {
        let (rate, months) = match self {
            Discount::Monthly(rate) => (*rate, 1),
            Discount::Annual(rate) => (*rate, 12),
        };
        within("the discount rate", rate, Decimal::ONE, RATE_PLACES)?;
        Ok(Exact::whole(1) + Exact::from(rate).per(months))
    }
}

impl Need {
    /// The same need in every one of so many months.
    pub fn constant(months: usize, period: Period) -> Need {
        Need { periods: vec![period; months] }
    }

    /// The most accelerators needed in any month: what an award fills.
    pub fn accelerators(&self) -> u64 {
        self.periods.iter().map(|period| period.accelerators).max().unwrap_or(0)
    }

    pub(crate) fn check(&self) -> Result<(), Invalid> {
        if self.periods.len() > Invalid::MOST_PERIODS {
            return Err(Invalid::TooLong { periods: self.periods.len() });
        }
        for period in &self.periods {
            within("the hours of a month", period.hours, MOST_HOURS, PLACES)?;
            within("a cover price", period.cover_price, Decimal::MAX, PLACES)?;
        }
        let needed = |period: &Period| period.accelerators > 0 && period.hours > Decimal::ZERO;
        if self.periods.iter().any(needed) { Ok(()) } else { Err(Invalid::NoNeed) }
    }
}
