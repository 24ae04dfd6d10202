//! A settled month in the formats others read.

use exports::csv::Rows;
use exports::focus::{FocusError, Version};
use exports::{Evidence, Provisional};
use jiff::Timestamp;
use journal::Filter;
use settlement::Month;
use terms::Terms;

use super::out::Exported;
use super::{Args, Format};
use crate::outcome::Failure;
use crate::workspace::{Closed, Settled, Workspace};

/// A settled month, with the event of the journal that holds it.
pub struct Record {
    pub settled: Settled,
    at: Timestamp,
    is_closed: bool,
    hash: String,
}

impl Record {
    /// The settlement of a month that stands: the latest, or the one its books were closed with.
    pub fn of(workspace: &Workspace, month: Month) -> Result<Record, Failure> {
        let mut record = None;
        let mut is_closed = false;
        for event in workspace.events(&Filter::stream(format!("month/{month}")))? {
            if event.kind == Closed::KIND {
                is_closed = true;
            } else if event.kind == Settled::KIND && !is_closed {
                record = Some((event.recorded, event.hash, event.payload));
            }
        }
        let (at, hash, payload) = record.ok_or_else(|| super::not_settled(month))?;
        Ok(Record {
            settled: serde_json::from_value(payload)?,
            at,
            is_closed,
            hash: hash.to_string(),
        })
    }
}

/// What a party may see of a record, in a format.
pub fn export(
    args: &Args,
    format: Format,
    record: &Record,
    settled: &Settled,
    terms: &Terms,
) -> Result<Exported, Failure> {
    let statement = &settled.statement;
    let rests_on = evidence(settled);
    let source = exports::Settled {
        statement,
        terms,
        at: record.at,
        is_closed: record.is_closed,
        hash: &record.hash,
        rests_on: &rests_on,
    };
    let provisional = |Provisional| {
        Failure::failed(
            format!("the statement of {} is provisional and posts nothing", statement.month),
            "`charter statement` says why it is not final",
        )
    };
    let failed = |error: &dyn std::error::Error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        Failure::failed(
            format!("the statement could not be exported: {error}{cause}"),
            "other formats may do; `charter statement --help` lists them",
        )
    };
    Ok(match format {
        Format::Table | Format::Json => {
            Exported::Text(serde_json::to_string_pretty(settled)? + "\n")
        }
        Format::Csv => {
            let csv = exports::csv::csv(statement, rows(args)?).map_err(|error| failed(&error))?;
            Exported::Text(String::from_utf8_lossy(&csv).into_owned())
        }
        Format::Xlsx => Exported::Binary(exports::xlsx(&source).map_err(|error| failed(&error))?),
        #[cfg(feature = "pdf")]
        Format::Pdf => Exported::Binary(exports::pdf(&source).map_err(|error| failed(&error))?),
        Format::Hledger => Exported::Text(exports::hledger(&source).map_err(provisional)?),
        Format::Beancount => Exported::Text(exports::beancount(&source).map_err(provisional)?),
        Format::Focus => {
            let version = args.focus_version.unwrap_or(Version::V1_4);
            let files = exports::focus(&source, version).map_err(|error| match error {
                FocusError::Provisional(error) => provisional(error),
                error => failed(&error),
            })?;
            Exported::Folder(files.into_iter().map(|file| (file.name, file.bytes)).collect())
        }
    })
}

fn rows(args: &Args) -> Result<Rows, Failure> {
    match (args.steps, args.days) {
        (false, false) => Ok(Rows::Lines),
        (true, false) => Ok(Rows::Steps),
        (false, true) => Ok(Rows::Days),
        (true, true) => Err(Failure::wrong_use(
            "a table of CSV has rows of one sort",
            "give `--steps` or `--days`, and write two files for both",
        )),
    }
}

/// What a settlement rests on, as it is printed.
fn evidence(settled: &Settled) -> Vec<Evidence> {
    let rests_on = &settled.rests_on;
    let documents = rests_on
        .documents
        .iter()
        .map(|document| Evidence { name: document.name.clone(), hash: document.hash.clone() });
    let usage = rests_on.usage.iter().map(|day| Evidence {
        name: format!("usage of {}, {} rows", day.day, day.rows),
        hash: day.fingerprint.clone(),
    });
    let conditions = rests_on.conditions.iter().map(|condition| Evidence {
        name: format!("`{}` occurred on {}", condition.name, condition.on),
        hash: String::new(),
    });
    let others = rests_on
        .others
        .iter()
        .map(|(name, hash)| Evidence { name: name.clone(), hash: hash.clone() });
    documents.chain(usage).chain(conditions).chain(others).collect()
}
