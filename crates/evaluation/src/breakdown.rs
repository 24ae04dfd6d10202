//! What an offer comes to, as it is shown.

use exact::Exact;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::check::Invalid;
use crate::figures::Figures;

/// What an offer comes to by each method, rounded half to even to be shown: money to the cent, hours
/// and prices of an hour to six places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakdown {
    /// The most accelerators it delivers in any month.
    pub accelerators: u64,
    /// The number of the last month in which it delivers.
    pub months: u32,
    /// Accelerator-hours (AH) delivered.
    pub hours: Decimal,
    /// Accelerator-hours, discounted as money is (PV-AH).
    pub present_hours: Decimal,
    /// M1 in $/AH: what is paid by the hour, for each hour. None if nothing is delivered.
    pub unit_rate: Option<Decimal>,
    /// M2 in $: all that is paid, undiscounted.
    pub money: Decimal,
    /// M3 in $: all that is paid, discounted.
    pub present_value: Decimal,
    /// M4 in $/AH: present value per discounted accelerator-hour. None if nothing is delivered.
    pub levelised_price: Option<Decimal>,
    /// Accelerator-hours needed and not delivered, by the offer's effectiveness.
    pub short_hours: Decimal,
    /// What covering them costs, in $, discounted.
    pub cover_cost: Decimal,
    /// M5 in $: present value and cover.
    pub cost_to_cover: Decimal,
    /// M5 in $ for each discounted accelerator-hour that is needed.
    pub cost_to_cover_per_hour: Decimal,
}

impl Breakdown {
    pub(crate) fn of(figures: &Figures) -> Result<Breakdown, Invalid> {
        let cost = figures.cost_to_cover();
        let price = |what, price: Option<Exact>| price.map(|price| hour(what, &price)).transpose();
        Ok(Breakdown {
            accelerators: figures.accelerators,
            months: figures.months,
            hours: hour("the accelerator-hours", &figures.hours)?,
            present_hours: hour("the discounted accelerator-hours", &figures.present_hours)?,
            unit_rate: price("the unit rate", figures.unit_rate())?,
            money: cents("the money paid", &figures.money())?,
            present_value: cents("the present value", &figures.present_value)?,
            levelised_price: price("the levelised price", figures.levelised_price())?,
            short_hours: hour("the accelerator-hours short", &figures.short_hours)?,
            cover_cost: cents("the cost of cover", &figures.cover_cost)?,
            cost_to_cover: cents("the cost to cover the need", &cost)?,
            cost_to_cover_per_hour: hour(
                "the cost to cover the need",
                &figures.per_needed_present_hour(&cost),
            )?,
        })
    }
}

/// Money, to the cent.
pub(crate) fn cents(what: &'static str, amount: &Exact) -> Result<Decimal, Invalid> {
    amount.round(2).ok_or(Invalid::TooLarge { what })
}

/// Hours or a price of one, to six places.
pub(crate) fn hour(what: &'static str, amount: &Exact) -> Result<Decimal, Invalid> {
    amount.round(6).ok_or(Invalid::TooLarge { what })
}
