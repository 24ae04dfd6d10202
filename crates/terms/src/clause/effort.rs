use crate::value::words;

words! {
    /// How hard a party must try.
    pub enum Effort {
        /// It must succeed.
        Absolute = "absolute",
        /// It does all it can.
        BestEfforts = "best_efforts",
        /// It does what is reasonable.
        ReasonableEfforts = "reasonable_efforts",
        /// It does what a reasonable business would do.
        CommerciallyReasonableEfforts = "commercially_reasonable_efforts",
        /// It goes about it in good faith.
        GoodFaith = "good_faith",
        /// It intends or aims at it; failing is no breach.
        Target = "target",
    }
}
