//! Rows that an import could not keep: the month they are of is not final before somebody has looked at
//! them.

use jiff::civil::Date;
use settlement::{Month, Unrated};
use usage::{RejectedFile, RejectedRow};

/// Those of a month, a file each. A row that names no day, or one that has not come, may be of any month:
/// it counts in each that is still open.
pub fn of_month(files: &[RejectedFile], month: Month, is_open: bool, today: Date) -> Vec<Unrated> {
    files.iter().filter_map(|file| of_file(file, month, is_open, today)).collect()
}

fn of_file(file: &RejectedFile, month: Month, is_open: bool, today: Date) -> Option<Unrated> {
    let day = |row: &RejectedRow| row.day().filter(|day| *day <= today);
    let is_of_month = |row: &&RejectedRow| match day(row) {
        Some(day) => Month::of(day) == month,
        None => is_open,
    };
    let rows: Vec<&RejectedRow> = file.rows.iter().filter(is_of_month).collect();
    let first = rows.first()?;
    let days = rows.iter().map(|row| day(row));
    let begins = days.clone().map(|day| day.unwrap_or(month.first())).min()?;
    let ends = days.map(|day| day.unwrap_or(month.first().last_of_month())).max()?;
    Some(Unrated {
        channel: "an unknown channel".to_string(),
        model: "an unknown model".to_string(),
        events: u64::try_from(rows.len()).unwrap_or(u64::MAX),
        first_day: begins,
        last_day: ends,
        reason: format!(
            "rejected when imported, line {}: {}; see `charter usage rejected {}`",
            first.line, first.reason, file.name
        ),
    })
}
