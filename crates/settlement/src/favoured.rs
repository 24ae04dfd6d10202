//! The price of a most favoured customer. Source: domain rules §1.5, oracle P9, and §2.8,
//! invariant 21.

use exact::Exact;
use terms::clause::MostFavouredNation;

use crate::statement::Step;

/// What a price is held against.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Against {
    /// What comparable customers pay, each with what it is cited by.
    pub comparable: Vec<(String, Exact)>,
    /// What the grantor's list asks, if that is known.
    pub list: Option<Exact>,
    /// What a unit costs the grantor, if that is known.
    pub cost: Option<Exact>,
}

/// The price to be charged where so much was: no more than any comparable customer pays, and than the
/// list asks if the clause says so; but no less than the cost where the clause protects it.
pub fn price(
    favoured: &MostFavouredNation,
    charged: &Exact,
    against: &Against,
) -> (Exact, Vec<Step>) {
    let mut steps = vec![Step::new("charged", charged)];
    let list = against.list.as_ref().filter(|_| favoured.list_price_ceiling);
    let list = list.map(|list| ("list".to_string(), list.clone()));
    let others = against.comparable.iter().cloned().chain(list);
    let mut best = charged.clone();
    for (name, price) in others {
        steps.push(Step::new(name, &price));
        best = best.min(price);
    }
    let stated = favoured.cost_floor.map(|floor| ("floor", Exact::from(floor.amount)));
    let cost = against.cost.clone().filter(|_| favoured.not_below_cost).map(|cost| ("cost", cost));
    for (name, floor) in stated.into_iter().chain(cost) {
        steps.push(Step::new(name, &floor));
        best = best.max(floor);
    }
    // A floor protects from giving more back; it does not raise what was charged.
    let price = best.min(charged.clone());
    steps.push(Step::new("price", &price));
    (price, steps)
}
