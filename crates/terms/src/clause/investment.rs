use crate::fields::Fields;
use crate::{Money, Share};

/// "The investor puts money into the issuer and holds a stake."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Investment {
    /// What was put in.
    pub amount: Option<Money>,
    /// The stake held, as converted.
    pub stake: Option<Share>,
    /// What the stake was worth when stated.
    pub value: Option<Money>,
}

impl Investment {
    pub(super) fn read(f: &mut Fields<'_>) -> Investment {
        Investment {
            amount: f.optional("amount"),
            stake: f.optional("stake"),
            value: f.optional("value"),
        }
    }
}
