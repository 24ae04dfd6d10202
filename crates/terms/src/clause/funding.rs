use super::currency;
use crate::fields::{Collected, Fields};
use crate::{Bound, Money, Share};

/// "The funder pays for a project of the recipient's."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Funding {
    /// The project.
    pub project: String,
    /// How much, if that is known.
    pub amount: Option<Money>,
    /// How much of the project's costs, if it is a part of them.
    pub costs: Option<Share>,
    /// In which parts it is paid; at once if none.
    pub tranches: Vec<Tranche>,
    /// Whether it is paid back.
    pub repayable: bool,
}

/// A part of what is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tranche {
    /// How much.
    pub amount: Money,
    /// When it is paid.
    pub due: Option<Bound>,
}

impl Funding {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<Funding> {
        let amount: Option<Money> = f.optional("amount");
        let costs = f.optional("costs");
        let repayable = f.or("repayable", false);
        let mut tranches = Vec::new();
        for mut block in f.blocks("tranche") {
            let amount = block.required("amount");
            let due: Option<Bound> = block.optional("due");
            block.expect_conditions("due", due.as_slice(), into);
            f.adopt(block, "tranche", into);
            tranches.extend(amount.map(|amount| Tranche { amount, due }));
        }
        let parts = tranches.iter().map(|tranche| tranche.amount);
        currency::expect_one(f, parts.chain(amount), into);
        Some(Funding { project: f.required("project")?, amount, costs, tranches, repayable })
    }
}
