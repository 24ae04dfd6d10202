//! The files of rows that were not kept, read again.

use std::fs;
use std::io;

use jiff::civil::Date;

use crate::store::{Store, StoreError};

/// The rows of one source that were not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedFile {
    /// The name of the file they are in, in the folder `rejected` of the store.
    pub name: String,
    /// The BLAKE3 hash of its lines and rows, in hexadecimal digits. Reasons may name the present.
    pub hash: String,
    /// They, in the order of the source.
    pub rows: Vec<RejectedRow>,
}

/// One row that was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// Its line in the source, or its number.
    pub line: String,
    /// Why it was not kept.
    pub reason: String,
    /// The row, as the source has it.
    pub row: String,
}

impl Store {
    /// The files of rows that were not kept, by name.
    ///
    /// # Errors
    /// One that cannot be read.
    pub fn rejected(&self) -> Result<Vec<RejectedFile>, StoreError> {
        let dir = self.root().join("rejected");
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(StoreError::io("list", &dir, error)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| StoreError::io("list", &dir, error))?.path();
            if path.extension().is_none_or(|extension| extension != "csv") {
                continue;
            }
            let read = |error| StoreError::io("read", &path, error);
            let bytes = fs::read(&path).map_err(read)?;
            let mut rows = Vec::new();
            let mut hasher = blake3::Hasher::new();
            for record in csv::Reader::from_reader(&bytes[..]).records() {
                let record = record.map_err(|error| read(error.into()))?;
                let field = |at| record.get(at).unwrap_or_default().to_string();
                let (line, reason, row) = (field(0), field(1), field(2));
                // A line is a number, so what ends it keeps it apart from the row.
                hasher.update(format!("{line}:{}:{row}", row.len()).as_bytes());
                rows.push(RejectedRow { line, reason, row });
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push(RejectedFile { name, hash: hasher.finalize().to_string(), rows });
        }
        files.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(files)
    }
}

impl RejectedRow {
    /// The first date that the row names, if it names one as `2025-02-28`. What was wrong with the row
    /// may be its date, so that is no more than where to look.
    pub fn day(&self) -> Option<Date> {
        const LENGTH: usize = "2025-02-28".len();
        let starts = 0..self.row.len().saturating_sub(LENGTH - 1);
        starts.filter_map(|at| self.row.get(at..at + LENGTH)?.parse().ok()).next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_of_the_first_date_it_names() {
        for (row, day) in [
            ("2023-11-02T10:00:00Z,direct,-5", Some("2023-11-02")),
            (r#"{"id":"20","time":"2025-03-01T10:00:00Z"}"#, Some("2025-03-01")),
            ("€2023-13-02,2023-12-02", Some("2023-12-02")),
            ("yesterday", None),
            ("", None),
        ] {
            let rejected =
                RejectedRow { line: "2".into(), reason: "why".into(), row: row.to_string() };
            assert_eq!(rejected.day(), day.map(|day| day.parse().unwrap()), "{row}");
        }
    }
}
