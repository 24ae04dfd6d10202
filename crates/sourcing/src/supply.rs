//! What delivered capacity amounts to in a stretch of time.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::Serialize;
use terms::{Money, Name};

use crate::case::{Case, Side, State};
use crate::lot::Lot;

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
    /// term. What a party builds for itself nobody supplies. Months of the term are counted in UTC,
    /// as months of usage are.
    ///
    /// Hours count from delivery, each once it is complete: one that a boundary cuts counts after
    /// it. So what stood in two adjoining stretches sums to what stood in both.
    pub fn supplied(&self, from: Timestamp, until: Timestamp) -> Vec<Supply> {
        let lots = self.lots.iter().enumerate().filter_map(|(at, lot)| {
            let customer = self.customer_of(lot)?;
            (lot.supplier != *customer).then_some((at, lot, customer))
        });
        lots.filter_map(|(at, lot, customer)| {
            let delivered = lot.delivered?;
            let ends = term_end(delivered, self.requirement.months);
            let complete = |at: Timestamp| at.clamp(delivered, ends).duration_since(delivered);
            let hours = complete(until).as_hours() - complete(from).as_hours();
            let hours = u64::try_from(hours).ok()?;
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

    /// How many accelerators the grantor has of it at an instant: of delivered lots, those whose term
    /// is not over. Nothing where it sells.
    pub fn standing(&self, at: Timestamp) -> u64 {
        let stands = |lot: &&Lot| {
            let ends = |delivered| term_end(delivered, self.requirement.months);
            lot.delivered.is_some_and(|delivered| delivered <= at && at < ends(delivered))
        };
        let lots = self.lots.iter().filter(|_| self.requirement.side() == Side::BuyerBurdened);
        lots.filter(stands).map(|lot| lot.quantity).sum()
    }

    /// Who has what a lot delivers.
    fn customer_of<'a>(&'a self, lot: &'a Lot) -> Option<&'a Name> {
        if self.requirement.side() == Side::BuyerBurdened {
            return Some(&self.requirement.grantor);
        }
        // The part may be fulfilled: then the offers tell who bought it.
        match self.state(lot.part) {
            Some(State::Committed { signed, .. } | State::ThirdSigned { signed, .. }) => {
                Some(&signed.party)
            }
            _ => None,
        }
    }
}

/// When a term of so many months ends; with the last year that can be counted at the latest.
fn term_end(delivered: Timestamp, months: u32) -> Timestamp {
    let end = || {
        let months = Span::new().try_months(months)?;
        delivered.to_zoned(TimeZone::UTC).checked_add(months)
    };
    end().map_or(Timestamp::MAX, |end| end.timestamp())
}
