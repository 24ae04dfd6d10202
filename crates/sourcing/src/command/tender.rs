//! The grantor asks for offers and says how they are compared. Source: domain rules §3.1.

use evaluation::Method;
use serde::{Deserialize, Serialize};
use signing::Seal;

use super::bid::{not_in_standstill, wanted};
use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;
use crate::offer::Tender;
use crate::valuation;

/// Asks for offers. What is posted may be posted anew until the first offer, and never after it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OpenTender {
    /// How.
    pub tender: Tender,
}

impl OpenTender {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        world.must_be_grantor(case)?;
        wanted(world, case)?;
        not_in_standstill(world, case, world.by)?;
        world.guard(Guard::TenderBeforeOffers, case.bids.is_empty(), || {
            let found = "there are offers already, made on what was posted before them";
            (found.to_string(), "make a new request to compare in another way".to_string())
        })?;
        self.complete(world, case)?;
        Ok(vec![Event::Tendered { tender: self.tender.clone() }])
    }

    fn complete(&self, world: &World<'_>, case: &Case) -> Result<(), Refused> {
        let Tender { cover, closes, reveal_by, seed, lottery, improvement, .. } = &self.tender;
        let ask = |holds: bool, found: &str, help: &str| {
            world.guard(Guard::CompleteRequirement, holds, || (found.into(), help.into()))
        };
        ask(
            seed.is_none(),
            "with a seed that is posted openly everybody knows who would win the lottery",
            "post a commitment to one: `charter tender … --lottery FILE`",
        )?;
        ask(
            lottery.as_ref().is_none_or(|lottery| lottery.parse::<Seal>().is_ok()),
            "this is not a commitment to a seed",
            "let `charter tender … --lottery FILE` make one",
        )?;
        ask(
            improvement.is_none_or(|improvement| improvement.count > 0),
            "nobody can improve an offer in no time",
            "give a longer time, or post no round of improvements",
        )?;
        valuation::discount(&self.tender)?;
        let method = valuation::method(&self.tender)?;
        let needs_cover = method == Method::CostToCover;
        ask(
            !needs_cover || cover.is_some(),
            "the cost to cover a need depends on what cover costs",
            "say so with `--cover`, or choose another `--method`",
        )?;
        let currency = case.requirement.price.currency;
        ask(
            cover.is_none_or(|cover| cover.currency == currency),
            "cover is priced in another currency than the request",
            "give `--cover` in the currency of the request",
        )?;
        ask(
            closes.is_none_or(|closes| world.now < closes),
            "it would close before it opens",
            "give a later `--closes`",
        )?;
        let revealed_after = match (closes, reveal_by) {
            (_, None) => true,
            (Some(closes), Some(reveal_by)) => closes < reveal_by,
            (None, Some(_)) => false,
        };
        ask(
            revealed_after,
            "sealed offers are revealed after the tender has closed",
            "give `--closes`, and a later `--reveal-by`",
        )
    }
}
