//! What delivered capacity amounts to in a stretch of time.

use jiff::Timestamp;
use serde::Serialize;
use terms::{Money, Name};

use crate::case::Case;

/// Capacity that stood for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Supply {
    /// Who supplied it.
    pub supplier: Name,
    /// Who had it.
    pub customer: Name,
    /// The lot, by number from 1.
    pub lot: usize,
    /// Accelerators times whole elapsed hours.
    pub accelerator_hours: u64,
    /// The price per accelerator-hour.
    pub price: Money,
}

impl Case {
    /// What stood between two instants: each delivered lot, from its delivery for as many whole
    /// hours as fall in. What a party builds for itself is not supplied by anybody.
    pub fn supplied(&self, from: Timestamp, until: Timestamp) -> Vec<Supply> {
        let customer = &self.requirement.customer;
        let lots = self.lots.iter().enumerate().filter(|(_, lot)| lot.supplier != *customer);
        lots.filter_map(|(at, lot)| {
            let start = lot.delivered?.max(from);
            let hours = u64::try_from(until.duration_since(start).as_hours()).ok()?;
            let accelerator_hours = lot.quantity.checked_mul(hours)?;
            (hours > 0).then(|| Supply {
                supplier: lot.supplier.clone(),
                customer: customer.clone(),
                lot: at + 1,
                accelerator_hours,
                price: lot.price,
            })
        })
        .collect()
    }
}
