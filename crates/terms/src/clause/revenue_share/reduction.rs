use crate::fields::{Collected, Fields};
use crate::{Bound, Duration, Money, Share};

/// "The rate is lowered once this happens." Source: domain rules §1.10 (step-down, floor).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reduction {
    /// How much lower, of the rate.
    pub by: Share,
    /// What sets it off, for as long as that lasts.
    pub event: Option<Bound>,
    /// How long after the event it begins.
    pub delay: Duration,
    /// Only while sales are at most this share of those before the event.
    pub sales_at_most: Option<Share>,
    /// How long before the event sales are averaged to compare.
    pub compared_with: Option<Duration>,
    /// Only once the payee has been paid this much for a calendar year, until its end.
    pub once_paid: Option<Money>,
}

impl Reduction {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Vec<Reduction> {
        let mut reductions = Vec::new();
        for mut block in f.blocks("reduction") {
            let by = block.required("by");
            let event: Option<Bound> = block.optional("event");
            block.expect_conditions("event", event.as_slice(), into);
            let delay = block.or("delay", Duration::days(0));
            let sales_at_most = block.optional("sales_at_most");
            let compared_with = block.optional("compared_with");
            let once_paid = block.optional("once_paid");
            f.adopt(block, "reduction", into);
            let Some(by) = by else { continue };
            reductions.push(Reduction {
                by,
                event,
                delay,
                sales_at_most,
                compared_with,
                once_paid,
            });
        }
        reductions
    }
}
