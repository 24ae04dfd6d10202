//! A workbook of a spreadsheet: the lines, their steps, their days and what they post, with formulas
//! that compute again what can be computed there.
//!
//! A spreadsheet counts in binary numbers of 15 digits and rounds halves up, where a statement rounds
//! them to even. So no formula rounds an amount that could lie on a half: beside what a line comes to
//! exactly stands what rounding added or took, and only their sum, which is a whole number of cents, is
//! rounded. A formula stands in the place of a value only where it gives that very value (`live`).

mod days;
mod lines;
mod live;
mod postings;
mod sheet;
mod steps;
mod totals;

use jiff::tz::TimeZone;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use crate::settled::Settled;
use live::Places;

/// The statement as an XLSX workbook with the sheets *Statement*, *Steps*, *Days* and *Postings*.
///
/// # Errors
/// If it has more rows than a sheet takes, or a text longer than a cell takes.
pub fn xlsx(settled: &Settled<'_>) -> Result<Vec<u8>, XlsxError> {
    let statement = settled.statement;
    let places = Places::of(statement);
    let mut workbook = Workbook::new();
    let at = settled.at.to_zoned(TimeZone::UTC);
    let (year, month, day) = (at.year().unsigned_abs(), at.month(), at.day());
    let created = ExcelDateTime::from_ymd(year, month.unsigned_abs(), day.unsigned_abs())?;
    // With the time of the settlement, and not of the export, the same settlement gives the same file.
    let properties = DocProperties::new()
        .set_title(format!("Statement of {}", statement.month))
        .set_comment(settled.hash)
        .set_creation_datetime(&created);
    workbook.set_properties(&properties);
    lines::write(workbook.add_worksheet(), settled, &places)?;
    steps::write(workbook.add_worksheet(), statement, &places)?;
    days::write(workbook.add_worksheet(), statement)?;
    postings::write(workbook.add_worksheet(), statement)?;
    workbook.save_to_buffer()
}
