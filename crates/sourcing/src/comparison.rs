//! The offers of a case side by side.

use evaluation::{Comparison, Offer, Seed, TieBreak};
use terms::Terms;

use crate::case::Case;
use crate::command::{Refused, agreement_of};
use crate::deadline::Clock;
use crate::offer::Bid;
use crate::valuation::Valuation;

/// Compares those offers of a case that `select` picks for so many accelerators, the best first: by
/// the method of its tender; by levelised price where there is none. A number is that of the offer.
///
/// # Errors
/// [`Refused`] if the case's agreement is not adopted, or an offer cannot be computed with.
pub fn comparison(
    terms: &Terms,
    case: &Case,
    needed: u64,
    select: impl Fn(&Bid) -> bool,
) -> Result<Comparison, Refused> {
    let clock = Clock::of(terms, agreement_of(terms, case)?);
    let selected: Vec<_> = case.bids.iter().enumerate().filter(|(_, bid)| select(bid)).collect();
    let offered = selected.iter().map(|(_, bid)| &bid.terms);
    let valuation = Valuation::new(&clock, case, needed, offered)?;
    let is_holder = |bid: &Bid| {
        let supplier = bid.supplier.as_str();
        case.restriction.holders().any(|h| terms.registry.is_affiliate(supplier, h.as_str()))
    };
    let offer = |(at, bid): &(usize, &Bid)| {
        Ok(Offer {
            number: u32::try_from(at.saturating_add(1)).unwrap_or(u32::MAX),
            bidder: bid.supplier.to_string(),
            holder: is_holder(bid),
            economics: valuation.economics(&bid.terms, bid.quantity)?,
            minimum: bid.minimum.unwrap_or(bid.quantity),
            received: bid.received,
        })
    };
    let offers = selected.iter().map(offer).collect::<Result<Vec<_>, Refused>>()?;
    let mut seed = Seed::default();
    let posted = case.tender.as_ref().map_or(0, |tender| tender.seed);
    seed[..8].copy_from_slice(&posted.to_le_bytes());
    Ok(evaluation::compare(&valuation.basis, &offers, &TieBreak::ALL, &seed)?)
}
