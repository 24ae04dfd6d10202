use crate::fields::{Collected, Fields};
use crate::{Bound, Money, Share};

/// A sum paid ahead of a revenue share, or beside it. Source: domain rules §1.10.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// How much.
    pub amount: Money,
    /// Whether it is kept back from what falls due later.
    pub recoupable: bool,
    /// How much of what falls due is kept back until it is recouped.
    pub recoupment: Share,
    /// What the part not yet recouped bears a year.
    pub interest: Share,
    /// When it is paid; at the beginning unless stated.
    pub due: Option<Bound>,
}

impl Advance {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Vec<Advance> {
        let mut advances = Vec::new();
        for mut block in f.blocks("advance") {
            let amount = block.required("amount");
            let recoupable = block.or("recoupable", true);
            let recoupment = block.or("recoupment", Share::percent(100));
            let interest = block.or("interest", Share::percent(0));
            let due: Option<Bound> = block.optional("due");
            block.expect_conditions("due", due.as_slice(), into);
            f.adopt(block, "advance", into);
            let read =
                amount.map(|amount| Advance { amount, recoupable, recoupment, interest, due });
            advances.extend(read);
        }
        advances
    }
}
