//! What delivered capacity amounts to in a stretch of time.

use jiff::Timestamp;
use jiff::tz::TimeZone;
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
    /// What stood between two instants: each delivered lot, from its delivery to the end of its
    /// term, for as many whole hours as fall in. What a party builds for itself nobody supplies.
    /// Months of the term are counted in UTC, as months of usage are.
    pub fn supplied(&self, from: Timestamp, until: Timestamp) -> Vec<Supply> {
        let customer = &self.requirement.customer;
        let lots = self.lots.iter().enumerate().filter(|(_, lot)| lot.supplier != *customer);
        lots.filter_map(|(at, lot)| {
            let delivered = lot.delivered?;
            let months = jiff::Span::new().try_months(self.requirement.months).ok()?;
            let ends = delivered.to_zoned(TimeZone::UTC).checked_add(months).ok()?.timestamp();
            let stood = until.min(ends).duration_since(delivered.max(from));
            let hours = u64::try_from(stood.as_hours()).ok()?;
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
