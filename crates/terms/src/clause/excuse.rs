use crate::value::words;

words! {
    /// What excuses a party from what it would owe for a shortfall or a delay.
    pub enum Excuse {
        /// What the other party did or failed to do.
        OtherParty = "other_party",
        /// What a supplier whom the other party chose did or failed to do.
        DesignatedSupplier = "designated_supplier",
        /// What a third party did or failed to do.
        ThirdParty = "third_party",
        /// Force majeure.
        ForceMajeure = "force_majeure",
        /// A change of the law or an order of an authority.
        ChangeOfLaw = "change_of_law",
        /// More time that was agreed.
        AgreedExtension = "agreed_extension",
        /// Nothing.
        Nothing = "nothing",
    }
}
