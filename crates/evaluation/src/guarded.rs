//! Terms that are not money, and whom they favour.

use serde::{Deserialize, Serialize};

use crate::basis::Side;

/// A guarded term that is not a price, compared with what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardedTerm {
    /// Its name, as the agreement has it.
    pub name: String,
    /// What it has become for the supplier.
    pub for_supplier: ForSupplier,
    /// Whether the posted method prices it, so that its worth is in the score already.
    #[serde(default)]
    pub priced: bool,
}

/// What a term is for the supplier, beside what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForSupplier {
    /// Better for the supplier, and worse for its customer.
    Better,
    /// The same.
    Equal,
    /// Worse for the supplier, and better for its customer.
    Worse,
    /// Nobody can say.
    Incomparable,
}

impl GuardedTerm {
    /// Whether the burdened party is better off by it.
    pub(crate) fn gains(&self, side: Side) -> bool {
        match side {
            Side::BuyerBurdened => self.for_supplier == ForSupplier::Worse,
            Side::SellerBurdened => self.for_supplier == ForSupplier::Better,
        }
    }

    /// Whether the burdened party may be worse off by it, and the method does not price that.
    pub(crate) fn costs(&self, side: Side) -> bool {
        !self.priced && self.for_supplier != ForSupplier::Equal && !self.gains(side)
    }
}

/// The names of the terms by which the burdened party may be worse off.
pub(crate) fn costly(side: Side, guarded: &[GuardedTerm]) -> Vec<String> {
    guarded.iter().filter(|term| term.costs(side)).map(|term| term.name.clone()).collect()
}
