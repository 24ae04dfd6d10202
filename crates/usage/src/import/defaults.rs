//! Names for what a source does not say.

use std::collections::BTreeMap;
use std::path::Path;

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
    /// Where a column of ours stands in the source under another name, by ours.
    #[serde(skip)]
    pub columns: BTreeMap<String, String>,
}

/// Defaults that are known to be names, for sources whose records may each say something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    pub names: [Option<String>; NAMES.len()],
    pub columns: BTreeMap<String, String>,
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
        let mut missing = Vec::new();
        let mut origins = Vec::new();
        for ((name, column), default) in NAMES.into_iter().zip(found).zip(self.by_name()) {
            match (column, default) {
                (Some(column), _) => origins.push(Origin::Column(column)),
                (None, Some(default)) => origins.push(Origin::Default(checked(name, default)?)),
                (None, None) => missing.push(name),
            }
        }
        origins.try_into().map_err(|_| ImportError::MissingNames { columns: missing })
    }

    /// The defaults for a source that says itself what is in `said`, in some records or in all.
    pub(super) fn given(&self, said: &[&str]) -> Result<Given, ImportError> {
        self.check_columns(&NAMES)?;
        let mut names: [Option<String>; NAMES.len()] = Default::default();
        let mut missing = Vec::new();
        for ((slot, name), default) in names.iter_mut().zip(NAMES).zip(self.by_name()) {
            *slot = default.map(|default| checked(name, default)).transpose()?;
            if slot.is_none() && !said.contains(&name) && !self.columns.contains_key(name) {
                missing.push(name);
            }
        }
        if !missing.is_empty() {
            return Err(ImportError::MissingNames { columns: missing });
        }
        Ok(Given { names, columns: self.columns.clone() })
    }

    /// Makes sure that only columns of ours are looked for under other names.
    pub(super) fn check_columns(&self, ours: &[&'static str]) -> Result<(), ImportError> {
        let unknown = self.columns.keys().find(|column| !ours.contains(&column.as_str()));
        unknown.map_or(Ok(()), |column| {
            Err(ImportError::UnknownColumn { column: column.clone(), known: ours.into() })
        })
    }

    /// Makes sure that a source with a header has all that is mapped.
    pub(super) fn check_sources(&self, path: &Path, header: &[String]) -> Result<(), ImportError> {
        let missing = self.columns.iter().find(|(_, theirs)| !header.contains(theirs));
        missing.map_or(Ok(()), |(ours, theirs)| {
            let (path, found) = (path.into(), header.into());
            Err(ImportError::NoSuchColumn {
                path,
                ours: ours.clone(),
                theirs: theirs.clone(),
                found,
            })
        })
    }

    /// Gives the columns of a source that are mapped our names. What had such a name itself has none
    /// then.
    pub(super) fn rename(&self, columns: &mut [String]) {
        for column in columns {
            let ours = self.columns.iter().find(|(_, theirs)| *theirs == column);
            if let Some((ours, _)) = ours {
                column.clone_from(ours);
            } else if self.columns.contains_key(column) {
                column.clear();
            }
        }
    }

    fn by_name(&self) -> [Option<&str>; NAMES.len()] {
        let Self { channel, product, model, host, customer, tier, columns: _ } = self;
        let [channel, product, model, host, customer] =
            [channel, product, model, host, customer].map(Option::as_deref);
        [channel, product, model, host, customer, Some(tier.as_deref().unwrap_or(STANDARD))]
    }
}

fn checked(name: &str, default: &str) -> Result<String, ImportError> {
    let value = field::name(name, default).map_err(|reason| ImportError::BadDefault { reason })?;
    Ok(value.into())
}
