//! Names for what a source does not say.

use serde::Deserialize;

use super::ImportError;
use super::field;
use crate::schema::{NAMES, STANDARD};

/// Names for the columns a source does not have.
///
/// A default never fills an empty cell: a source that has the column is taken at its word, and
/// a row without a name in it is rejected.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Defaults {
    /// For a source without `channel`.
    pub channel: Option<String>,
    /// For a source without `product`.
    pub product: Option<String>,
    /// For a source without `model`.
    pub model: Option<String>,
    /// For a source without `host`.
    pub host: Option<String>,
    /// For a source without `customer`.
    pub customer: Option<String>,
    /// For a source without `tier`; [`STANDARD`] if this does not say either.
    pub tier: Option<String>,
}

/// Where the value of a name comes from: a column of the source, or a default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Column(usize),
    Default(String),
}

impl Defaults {
    /// Finds an origin for each of the names, given where the source has them.
    pub(super) fn complete(
        &self,
        found: [Option<usize>; NAMES.len()],
    ) -> Result<[Origin; NAMES.len()], ImportError> {
        let Self { channel, product, model, host, customer, tier } = self;
        let given = [channel, product, model, host, customer].map(Option::as_deref);
        let given = given.into_iter().chain([Some(tier.as_deref().unwrap_or(STANDARD))]);
        let mut missing = Vec::new();
        let mut origins = Vec::new();
        for ((name, column), default) in NAMES.into_iter().zip(found).zip(given) {
            match (column, default) {
                (Some(column), _) => origins.push(Origin::Column(column)),
                (None, Some(default)) => {
                    let value = field::name(name, default)
                        .map_err(|reason| ImportError::BadDefault { reason })?;
                    origins.push(Origin::Default(value.into()));
                }
                (None, None) => missing.push(name),
            }
        }
        origins.try_into().map_err(|_| ImportError::MissingNames { columns: missing })
    }
}
