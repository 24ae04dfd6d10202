//! FOCUS, the FinOps Open Cost and Usage Specification (<https://focus.finops.org>): what each party is
//! charged, as data sets that tools for the cost of clouds read.
//!
//! Version 1.4 has all four data sets; of version 1.2 there is *Cost and Usage* alone. FOCUS tells what
//! a payer is charged and knows no payee, so each row names both: whoever is owed issues the invoice,
//! whoever owes holds the billing account. Where shares flow both ways there is one invoice of the
//! party that is paid in the end, on which what it owes itself is a *Credit*. Columns of our own begin
//! with `x_`: `x_Clause` is on every row, and a share has its rule, basis, rate and cost.
//!
//! Costs of usage are exact. What rounding the line adds or takes is a row of its own, of the category
//! *Adjustment*, so that the rows of a line sum to the line. There is one price for a token, so that
//! list, contracted, billed and effective cost of usage are the same; what has no unit price, as a
//! share, has its amount as each of them.

mod column;
mod commitment;
mod cost;
mod file;
mod invoice;
mod period;
mod row;
mod share;
mod usage;

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use thiserror::Error;

use crate::settled::{Provisional, Settled};
use column::Column;
use row::Row;

/// A version of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Version 1.2, for tools and validators that know no later one.
    V1_2,
    /// Version 1.4.
    V1_4,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Version::V1_2 => "1.2",
            Version::V1_4 => "1.4",
        })
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "1.2" => Ok(Version::V1_2),
            "1.4" => Ok(Version::V1_4),
            _ => {
                Err(format!("`{text}` is no version of FOCUS that is written; expected 1.4 or 1.2"))
            }
        }
    }
}

/// One file of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, as `cost-and-usage.csv`.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Why there is no export.
#[derive(Debug, Error)]
pub enum FocusError {
    /// What is provisional is no books.
    #[error(transparent)]
    Provisional(#[from] Provisional),
    /// A number that a column cannot hold exactly.
    #[error("`{column}` cannot hold {value} exactly")]
    Inexact {
        /// The column.
        column: &'static str,
        /// The number, with every digit.
        value: String,
    },
    /// What the statement says is no number.
    #[error("the statement has `{0}` where a number should stand")]
    NoNumber(String),
    /// A file could not be written to memory.
    #[error("a file could not be written")]
    File(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The data sets of a settled month, each as CSV and as Parquet, with what says how they were made.
///
/// # Errors
/// [`FocusError`]; [`FocusError::Provisional`] if the statement is.
pub fn focus(settled: &Settled<'_>, version: Version) -> Result<Vec<File>, FocusError> {
    settled.as_books()?;
    let costs = cost::rows(settled)?;
    let sets: Vec<(&str, Vec<Column>, Vec<Row>)> = match version {
        Version::V1_2 => vec![("cost-and-usage", column::cost_and_usage(version), costs)],
        Version::V1_4 => {
            let invoices = invoice::rows(settled, &costs);
            let periods = period::rows(settled, &costs);
            let commitments = commitment::rows(settled)?;
            vec![
                ("cost-and-usage", column::cost_and_usage(version), costs),
                ("contract-commitment", column::CONTRACT_COMMITMENT.to_vec(), commitments),
                ("invoice-detail", column::INVOICE_DETAIL.to_vec(), invoices),
                ("billing-period", column::BILLING_PERIOD.to_vec(), periods),
            ]
        }
    };
    let mut files = Vec::new();
    for (name, columns, rows) in &sets {
        files.push(File { name: format!("{name}.csv"), bytes: file::csv(columns, rows)? });
        files.push(File { name: format!("{name}.parquet"), bytes: file::parquet(columns, rows)? });
    }
    let sets: Vec<_> =
        sets.iter().map(|(name, columns, rows)| (*name, &**columns, rows.len())).collect();
    files.push(File {
        name: "metadata.json".to_string(),
        bytes: file::metadata(settled, version, &sets)?,
    });
    Ok(files)
}

/// The instant a UTC day begins.
fn midnight(day: Date) -> Timestamp {
    // The last day that can be written begins after the last instant there is.
    day.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |start| start.timestamp())
}
