//! Reading sources whose records are JSON objects, or rows of CSV with a header of their own.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::cloudevents;
use super::defaults::Given;
use super::field::Reason;
use super::line::Lines;
use super::record::{Object, Record};
use super::row::Row;
use super::sink::Sink;
use super::values::Values;
use super::{Defaults, Format, ImportError};
use crate::schema::NAMES;

/// Bytes of a record that are looked at. Logs of calls may hold what was asked and answered.
const RECORD_BYTES_MAX: usize = 1 << 20;

/// Bytes of a record that are shown among the rejects.
const SHOWN_BYTES_MAX: usize = 1 << 12;

/// An opened source.
pub(super) struct Records {
    format: Format,
    given: Given,
    texts: Texts,
    len: u64,
}

/// The texts of records.
enum Texts {
    /// One object a line: a line that is broken spoils no other.
    Lines(Lines),
    /// Elements of an array, or objects over several lines.
    Values(Values),
}

/// The text of one record.
struct Text<'a> {
    line: u64,
    bytes: &'a [u8],
    cut: bool,
}

impl Records {
    pub(super) fn len(&self) -> u64 {
        self.len
    }
}

impl Texts {
    fn next(&mut self) -> io::Result<Option<Text<'_>>> {
        Ok(match self {
            Self::Lines(lines) => lines.next()?.map(|line| Text {
                line: line.number,
                bytes: line.bytes,
                cut: line.cut,
            }),
            Self::Values(values) => values.next()?.map(|value| Text {
                line: value.line,
                bytes: value.bytes,
                cut: value.cut,
            }),
        })
    }

    fn bytes_read(&self) -> u64 {
        match self {
            Self::Lines(lines) => lines.bytes_read(),
            Self::Values(values) => values.bytes_read(),
        }
    }
}

/// Opens a source; nothing is written before this has succeeded.
pub(super) fn open(
    path: &Path,
    format: Format,
    defaults: &Defaults,
) -> Result<Records, ImportError> {
    let read = |source| ImportError::Read { path: path.into(), source };
    let found = std::fs::metadata(path).map_err(read)?;
    if !found.is_file() {
        return Err(ImportError::NotAFile { path: path.into() });
    }
    let given = defaults.given(&NAMES)?;
    let Some(first) = first_line(path).map_err(read)? else {
        return Err(ImportError::NoRecords { path: path.into(), expected: format.name() });
    };
    let file = File::open(path).map_err(read)?;
    let texts = if first.starts_with(b"{") && first.ends_with(b"}") {
        Texts::Lines(Lines::new(file, RECORD_BYTES_MAX))
    } else {
        Texts::Values(Values::new(file, RECORD_BYTES_MAX))
    };
    Ok(Records { format, given, texts, len: found.len() })
}

/// The first line that is not blank, without the white space around it.
fn first_line(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut reader = BufReader::new(File::open(path)?).take(RECORD_BYTES_MAX as u64);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line).trim_ascii();
        if !text.is_empty() {
            return Ok(Some(text.to_vec()));
        }
        line.clear();
    }
    Ok(None)
}

/// Reads every record into the sink.
pub(super) fn read(
    mut records: Records,
    path: &Path,
    sink: &mut Sink<'_>,
) -> Result<(), ImportError> {
    let Records { format, given, texts, .. } = &mut records;
    loop {
        let text = texts.next();
        let text = text.map_err(|source| ImportError::Read { path: path.into(), source })?;
        let Some(text) = text else { return Ok(()) };
        let rejected = if text.cut {
            Some(vec![format!("the record is too long; expected at most {RECORD_BYTES_MAX} bytes")])
        } else {
            let record = Object::parse(text.bytes).map(Record::Object);
            let taken = match &record {
                Ok(record) => row(*format, record, given),
                Err(reason) => Err(vec![reason.clone()]),
            };
            match taken {
                Ok(row) => {
                    sink.keep(text.line, row.id, &row.call())?;
                    None
                }
                Err(reasons) => Some(reasons),
            }
        };
        if let Some(reasons) = rejected {
            sink.reject(text.line, &reasons, &shown(text.bytes))?;
        }
        sink.row_done(texts.bytes_read());
    }
}

fn row<'a>(
    format: Format,
    record: &'a Record<'a>,
    given: &'a Given,
) -> Result<Row<'a>, Vec<Reason>> {
    debug_assert_eq!(format, Format::CloudEvents);
    cloudevents::row(record, given)
}

fn shown(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN_BYTES_MAX)])
}
