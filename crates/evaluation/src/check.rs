//! What an offer or a need must satisfy before anything is computed from it.

use rust_decimal::Decimal;
use thiserror::Error;

/// Decimal places of a price, of hours and of an effectiveness.
pub(crate) const PLACES: u32 = 6;
/// Decimal places of a discount rate. More would say no more, and cost much in long terms.
pub(crate) const RATE_PLACES: u32 = 8;

/// Values from which nothing can be computed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Invalid {
    /// A price, an amount or a rate outside of its range.
    #[error("{what} is {value}; it must be from 0 to {most}")]
    OutOfRange {
        /// What it is the value of.
        what: &'static str,
        /// The value.
        value: Decimal,
        /// The largest it may be.
        most: Decimal,
    },
    /// A price or an amount below zero.
    #[error("{what} is {value}; it must not be below 0: state a rebate as a lower price")]
    Negative {
        /// What it is the value of.
        what: &'static str,
        /// The value.
        value: Decimal,
    },
    /// More decimal places than count.
    #[error("{what} is {value}; round it to {places} decimal places")]
    TooFine {
        /// What it is the value of.
        what: &'static str,
        /// The value.
        value: Decimal,
        /// As many places as it may have.
        places: u32,
    },
    /// More months than can be meant.
    #[error("{periods} months; give at most {most}", most = Invalid::MOST_PERIODS)]
    TooLong {
        /// How many there are.
        periods: usize,
    },
    /// An offer that goes on after the need.
    #[error(
        "it delivers in {offered} months, but the need has {needed}; add months to the need, with 0 \
         accelerators where nothing is needed, so that their hours are known"
    )]
    LongerThanNeed {
        /// Months of the offer.
        offered: usize,
        /// Months of the need.
        needed: usize,
    },
    /// A need of no accelerator-hours.
    #[error("nothing is needed; give at least one month with hours and accelerators")]
    NoNeed,
    /// No accelerator-hours, and so no price for one.
    #[error(
        "it delivers nothing, so it has no price per accelerator-hour; add a month with accelerators"
    )]
    NothingDelivered,
    /// An offer that takes no fewer accelerators than it does not have.
    #[error(
        "it takes no fewer than {minimum} accelerators but has only {quantity}; lower the minimum"
    )]
    MinimumAboveQuantity {
        /// The fewest it takes.
        minimum: u64,
        /// The most it has.
        quantity: u64,
    },
    /// Two offers with one number.
    #[error("two offers have the number {number}; number them apart")]
    SameNumber {
        /// The number.
        number: u32,
    },
    /// More offers or holders than can be meant.
    #[error("{count} {what}; give at most {most}")]
    TooMany {
        /// Offers or holders.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// As many as there may be.
        most: usize,
    },
    /// A weight that gives no share.
    #[error("holder {holder} has the weight {weight}; give every holder a weight above 0")]
    NoWeight {
        /// The holder, by its place from 1.
        holder: usize,
        /// Its weight.
        weight: Decimal,
    },
    /// An amount no decimal can hold.
    #[error("{what} has more than 28 digits; look for a quantity or price that is too large")]
    TooLarge {
        /// What is too large.
        what: &'static str,
    },
    /// A package with no value to share its price by.
    #[error("the parts of the package are worth nothing alone; give a standalone price to each")]
    NoStandaloneValue,
    /// Something is wrong in one of several offers.
    #[error("offer {number}: {invalid}")]
    InOffer {
        /// The number of the offer.
        number: u32,
        /// What is wrong.
        invalid: Box<Invalid>,
    },
}

impl Invalid {
    /// The longest need, in months: fifty years.
    pub const MOST_PERIODS: usize = 600;
    /// The most offers in one comparison, and the most holders of one right.
    pub const MOST_OFFERS: usize = 1_000;
}

/// Refuses what is below zero, above `most`, or has more places than count.
pub(crate) fn within(
    what: &'static str,
    value: Decimal,
    most: Decimal,
    places: u32,
) -> Result<(), Invalid> {
    if value < Decimal::ZERO && most == Decimal::MAX {
        return Err(Invalid::Negative { what, value });
    }
    if value < Decimal::ZERO || value > most {
        return Err(Invalid::OutOfRange { what, value, most });
    }
    if value.normalize().scale() > places {
        return Err(Invalid::TooFine { what, value, places });
    }
    Ok(())
}
