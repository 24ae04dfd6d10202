use crate::value::words;

words! {
    /// How calls are processed, where that has a price of its own.
    pub enum Processing {
        /// At once.
        Standard = "standard",
        /// In a batch, within a day.
        Batch = "batch",
        /// When there is room.
        Flex = "flex",
        /// Before others.
        Priority = "priority",
        /// To train a model.
        Training = "training",
    }
}
