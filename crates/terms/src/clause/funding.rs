use crate::Money;
use crate::fields::Fields;

/// "The funder pays for a project of the recipient's."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Funding {
    /// The project.
    pub project: String,
    /// How much, if that is known.
    pub amount: Option<Money>,
}

impl Funding {
    pub(super) fn read(f: &mut Fields<'_>) -> Option<Funding> {
        let amount = f.optional("amount");
        Some(Funding { project: f.required("project")?, amount })
    }
}
