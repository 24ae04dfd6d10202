//! The answer, with its reasons.

use std::sync::Arc;

use serde::Serialize;

/// Whether something may be done, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Whether it may.
    pub allowed: bool,
    /// What permits it, or what forbids it. Empty where nothing permits it, which is why it may not be done.
    pub policies: Vec<Arc<Policy>>,
}

/// A rule, as it is shipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// Its name, as `lab/read`.
    pub id: String,
    /// What it says, in a sentence.
    pub text: String,
    /// What it says, in Cedar.
    pub source: String,
    /// Whether it forbids; it permits otherwise.
    pub forbids: bool,
}
