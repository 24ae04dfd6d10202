use crate::Money;
use crate::fields::Fields;

/// "The customer takes or pays for so much of the supplier's capacity and services."
/// Source: domain rules §1.6; the first form is one cumulative amount of money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitment {
    /// What is committed over the clause's whole time.
    pub amount: Money,
}

impl Commitment {
    pub(super) fn read(f: &mut Fields<'_>) -> Option<Commitment> {
        Some(Commitment { amount: f.required("amount")? })
    }
}
