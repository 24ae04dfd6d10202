//! Constant payments, and the same value over another term.

use exact::Exact;
use rust_decimal::Decimal;

use crate::breakdown::hour;
use crate::check::{Invalid, PLACES, within};
use crate::need::Discount;

/// What one unit at the end of each of so many months is worth today: `(1 − (1 + i)^−n) / i`, or the
/// number of months where nothing is discounted. Exact.
///
/// # Errors
/// [`Invalid::TooLong`] for more than [`Invalid::MOST_PERIODS`] months, [`Invalid::OutOfRange`] for a
/// rate that is none.
pub fn annuity(months: u32, discount: &Discount) -> Result<Exact, Invalid> {
    let periods = months as usize;
    if periods > Invalid::MOST_PERIODS {
        return Err(Invalid::TooLong { periods });
    }
    Ok(Exact::present_value(&vec![Exact::whole(1); periods], &discount.growth()?))
}

/// The price of another term that is worth the same: `price × a(months) / a(other_months)`, in $/AH
/// to six places, for constant delivery and equal hours a month. Source: domain rules §3.2.
///
/// # Errors
/// As [`annuity`]; [`Invalid::NothingDelivered`] if the other term has no month.
pub fn equivalent_rate(
    price: Decimal,
    months: u32,
    other_months: u32,
    discount: &Discount,
) -> Result<Decimal, Invalid> {
    within("the price", price, Decimal::MAX, PLACES)?;
    let value = Exact::from(price) * annuity(months, discount)?;
    let rate = value.over(&annuity(other_months, discount)?).ok_or(Invalid::NothingDelivered)?;
    hour("the equivalent rate", &rate)
}
