use crate::fields::Fields;

/// "Only the holder may supply what the scope holds." Source: domain rules §1.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusivity {
    /// Whether the grantor may not even supply itself; the default, as in a supply contract.
    pub binds_grantor_too: bool,
}

impl Exclusivity {
    pub(super) fn read(f: &mut Fields<'_>) -> Exclusivity {
        Exclusivity { binds_grantor_too: f.or("binds_grantor_too", true) }
    }
}
