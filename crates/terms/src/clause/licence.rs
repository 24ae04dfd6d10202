use crate::fields::Fields;
use crate::value::words;

words! {
    /// Who else may have the same licence.
    pub enum LicenceExclusivity {
        /// Nobody else; what the grantor may still do itself is not told by this.
        Exclusive = "exclusive",
        /// Nobody else but the grantor itself.
        Sole = "sole",
        /// Anybody.
        NonExclusive = "non_exclusive",
    }
}

words! {
    /// In whose products what is licensed may be used.
    pub enum FieldOfUse {
        /// Only in the holder's, and in those of its affiliates where they are covered.
        OwnProducts = "own_products",
        /// In anybody's.
        Any = "any",
    }
}

/// "The holder may use, or sell on, what is the grantor's." Source: domain rules §1.9.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licence {
    /// Who else may have it.
    pub exclusivity: LicenceExclusivity,
    /// In whose products it may be used.
    pub field_of_use: FieldOfUse,
    /// Whether the holder's affiliates have it too.
    pub affiliates: bool,
}

impl Licence {
    pub(super) fn read(f: &mut Fields<'_>) -> Licence {
        Licence {
            exclusivity: f.or("exclusivity", LicenceExclusivity::NonExclusive),
            field_of_use: f.or("field_of_use", FieldOfUse::OwnProducts),
            affiliates: f.or("affiliates", true),
        }
    }
}
