//! A package of which a right covers only a part.

use exact::Exact;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::breakdown::cents;
use crate::check::{Invalid, PLACES, within};

/// The price of a package, shared between the part a right covers and the rest. In $, to the cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// The part the right covers.
    pub burdened: Decimal,
    /// The rest. Both sum to the price of the package.
    pub free: Decimal,
}

/// Shares the price of a package by what its parts are worth alone. All in $; the part the right
/// covers is rounded half to even to the cent. Source: domain rules §2.7.
///
/// # Errors
/// [`Invalid`] if an amount is below zero or the parts are worth nothing alone.
pub fn package(
    price: Decimal,
    burdened_alone: Decimal,
    free_alone: Decimal,
) -> Result<Package, Invalid> {
    for amount in [price, burdened_alone, free_alone] {
        within("a price of the package", amount, Decimal::MAX, PLACES)?;
    }
    let alone = Exact::from(burdened_alone) + free_alone.into();
    let share = Exact::from(burdened_alone).over(&alone).ok_or(Invalid::NoStandaloneValue)?;
    let burdened = cents("the price of the part", &(Exact::from(price) * share))?;
    let free = price.checked_sub(burdened).ok_or(Invalid::TooLarge { what: "the price" })?;
    Ok(Package { burdened, free })
}
