//! The customer states a need, and the agreement is asked what it says about it.

use serde::{Deserialize, Serialize};
use terms::Money;

use super::{Refused, World};
use crate::case::Requirement;
use crate::event::Event;
use crate::guard::Guard;
use crate::offer::Offered;
use crate::screening::screen;
use crate::valuation::{MONTHS, Valuation};

/// Begins a case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Request {
    /// What is needed.
    pub requirement: Requirement,
}

impl Request {
    pub(super) fn decide(&self, world: &World<'_>) -> Result<Vec<Event>, Refused> {
        let requirement = &self.requirement;
        world.guard(Guard::ByGrantor, *world.by == requirement.grantor, || {
            let found = "the party itself states its need".to_string();
            (found, "give it with `--by`".to_string())
        })?;
        complete(world, requirement)?;
        let screening = screen(world, requirement)?;
        let agreement = screening.agreement.name.clone();
        let mut events = vec![Event::Requested { agreement, requirement: requirement.clone() }];
        events.extend(screening.events());
        Ok(events)
    }
}

/// A requirement must be one that can be met.
pub(super) fn complete(world: &World<'_>, requirement: &Requirement) -> Result<(), Refused> {
    let (quantity, lot) = (requirement.quantity.count, requirement.lot);
    let ask = |holds: bool, found: String, help: String| {
        world.guard(Guard::CompleteRequirement, holds, || (found, help))
    };
    ask(
        (1..=MONTHS).contains(&requirement.months),
        format!("{} is not a term in months", requirement.months),
        format!("give from 1 to {MONTHS} with `--months`"),
    )?;
    let today = world.now.to_zoned(world.clock.zone.clone()).date();
    ask(
        today <= requirement.need_by,
        format!("{} is over on {today}", requirement.need_by),
        "give a day that is still to come with `--need-by`".to_string(),
    )?;
    ask(quantity > 0, "nothing is needed".to_string(), "give a `--quantity` above 0".to_string())?;
    ask(
        lot > 0 && quantity.is_multiple_of(lot),
        format!("{quantity} accelerators are not whole lots of {lot}"),
        "choose a `--lot` that divides the quantity".to_string(),
    )?;
    let lots = quantity.checked_div(lot).unwrap_or_default();
    let odd = requirement.quotes.iter().find(|(of, price)| {
        !(1..=lots).contains(*of) || price.currency != requirement.price.currency
    });
    ask(
        odd.is_none(),
        odd.map(|(of, price)| format!("{price} for {of} lots is no quote")).unwrap_or_default(),
        format!("quote for 1 to {lots} lots, in {}", requirement.price.currency),
    )?;
    let prices = [requirement.price].into_iter().chain(requirement.quotes.values().copied());
    let invalid = prices.map(|price| computed(world, requirement, price)).find_map(Result::err);
    let (found, help) = invalid.as_ref().map_or_else(Default::default, |invalid| {
        (invalid.found.clone(), "state what can be computed with".to_string())
    });
    ask(invalid.is_none(), found, help)
}

/// What is needed is compared with offers, so it must be something that can be computed with.
fn computed(world: &World<'_>, requirement: &Requirement, price: Money) -> Result<(), Refused> {
    let (terms, quantity) = (Offered { price, ..requirement.terms() }, requirement.quantity.count);
    let valuation = Valuation::levelised(&world.clock, requirement, quantity, [&terms])?;
    valuation.basis.evaluate(&valuation.economics(&terms, quantity)?)?;
    Ok(())
}
