//! Reading sources whose records are JSON objects, or rows of CSV with a header of their own.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::defaults::Given;
use super::field::Reason;
use super::line::{Line, Lines};
use super::record::{Object, Record};
use super::row::Row;
use super::sheet::{Sheet, is_parquet};
use super::sink::Sink;
use super::values::Values;
use super::{Defaults, Format, ImportError};
use super::{azure_cost, bill, cloudevents, focus, from_text, litellm, openai_usage};
use crate::schema::NAMES;
use crate::store::StoreError;

/// Bytes of a record that are looked at. Logs of calls may hold what was asked and answered.
const RECORD_BYTES_MAX: usize = 1 << 20;

/// Bytes of a page of sums that are looked at, which holds many of them.
const PAGE_BYTES_MAX: usize = 1 << 26;

/// Bytes of a record that are shown among the rejects.
const SHOWN_BYTES_MAX: usize = 1 << 12;

/// An opened source.
pub(super) struct Records {
    format: Format,
    given: Given,
    source: Source,
    /// The columns, if records are rows of CSV.
    header: Option<Vec<String>>,
    len: u64,
}

/// The texts of records.
enum Texts {
    /// One object or row a line: a line that is broken spoils no other.
    Lines(Lines),
    /// Elements of an array, or objects over several lines.
    Values(Values),
}

/// What a record is read from.
enum Source {
    Texts(Texts),
    /// Rows of Parquet.
    Sheet(Sheet),
}

impl Records {
    pub(super) fn len(&self) -> u64 {
        self.len
    }
}

impl Texts {
    fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        match self {
            Self::Lines(lines) => lines.next(),
            Self::Values(values) => values.next(),
        }
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
    let mut defaults = defaults.clone();
    if format == Format::AzureCost {
        defaults.columns.values_mut().for_each(|theirs| theirs.make_ascii_lowercase());
    }
    let given = defaults.given(match format {
        Format::Litellm => &litellm::SAID,
        Format::OpenaiUsage => &openai_usage::SAID,
        Format::AzureCost | Format::Focus => &bill::SAID,
        _ => &NAMES,
    })?;
    if format == Format::Focus && is_parquet(path).map_err(read)? {
        let sheet = Sheet::open(path, found.len())?;
        let header = checked(path, format, sheet.columns(), &defaults)?;
        let is_mapped = |column: &str| defaults.columns.values().any(|theirs| theirs == column);
        sheet.check(|column| focus::is_read(column) || is_mapped(column))?;
        let (source, len) = (Source::Sheet(sheet), found.len());
        return Ok(Records { format, given, source, header: Some(header), len });
    }
    let Some(first) = first_line(path).map_err(read)? else {
        return Err(ImportError::NoRecords { path: path.into(), expected: format.name() });
    };
    let file = File::open(path).map_err(read)?;
    let longest = if format == Format::OpenaiUsage { PAGE_BYTES_MAX } else { RECORD_BYTES_MAX };
    let is_json = matches!(first[0], b'{' | b'[');
    let is_table = matches!(format, Format::AzureCost | Format::Focus)
        || format == Format::Litellm && !is_json;
    let mut header = None;
    let texts = if is_table {
        let mut lines = Lines::new(file, longest);
        let line = lines.next().map_err(read)?;
        header = line.map(|line| columns(path, format, &line, &defaults)).transpose()?;
        Texts::Lines(lines)
    } else if first.starts_with(b"{") && first.ends_with(b"}") {
        Texts::Lines(Lines::new(file, longest))
    } else {
        Texts::Values(Values::new(file, longest))
    };
    Ok(Records { format, given, source: Source::Texts(texts), header, len: found.len() })
}

/// The columns of a table, by its first line.
fn columns(
    path: &Path,
    format: Format,
    line: &Line<'_>,
    defaults: &Defaults,
) -> Result<Vec<String>, ImportError> {
    match from_text::header_cells(line) {
        Ok(columns) => checked(path, format, columns, defaults),
        Err(problem) => {
            Err(ImportError::Header { path: path.into(), problem, expected: needed(format).into() })
        }
    }
}

/// The columns without which there are no calls in a table.
fn needed(format: Format) -> &'static [&'static str] {
    match format {
        Format::AzureCost => &azure_cost::NEEDED,
        Format::Focus => &focus::NEEDED,
        _ => &litellm::NEEDED,
    }
}

/// The columns of a table, which has all that is needed.
fn checked(
    path: &Path,
    format: Format,
    mut columns: Vec<String>,
    defaults: &Defaults,
) -> Result<Vec<String>, ImportError> {
    let expected = needed(format);
    let header =
        |problem| ImportError::Header { path: path.into(), problem, expected: expected.into() };
    if format == Format::AzureCost {
        // Its schemas write the same columns in different cases.
        columns.iter_mut().for_each(|column| column.make_ascii_lowercase());
    }
    for (index, column) in columns.iter().enumerate() {
        if columns[..index].contains(column) {
            return Err(header(format!("`{column}` is there twice")));
        }
    }
    if let Some(missing) = expected.iter().find(|needed| !columns.iter().any(|has| has == *needed))
    {
        return Err(header(format!("there is no `{missing}`")));
    }
    defaults.check_sources(path, &columns)?;
    Ok(columns)
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
pub(super) fn read(records: Records, path: &Path, sink: &mut Sink<'_>) -> Result<(), ImportError> {
    let Records { format, given, source, header, .. } = records;
    let mut texts = match source {
        Source::Texts(texts) => texts,
        Source::Sheet(sheet) => {
            let header = header.unwrap_or_default();
            return sheet.each(|number, cells, read_to| {
                let record = Record::Row { header: &header, cells };
                let rows = focus::rows(&record, &given);
                Ok(take(sink, number, cells.join(",").as_bytes(), read_to, rows)?)
            });
        }
    };
    loop {
        let read_to = texts.bytes_read();
        let text = texts.next();
        let text = text.map_err(|source| ImportError::Read { path: path.into(), source })?;
        let Some(text) = text else { return Ok(()) };
        if text.cut {
            let longest = text.bytes.len();
            let reason = format!("the record is too long; expected at most {longest} bytes");
            sink.reject(text.number, &[reason], &shown(text.bytes))?;
            sink.row_done(read_to);
            continue;
        }
        let Ok(json) = std::str::from_utf8(text.bytes) else {
            let reason = "the record is not UTF-8; expected the file to be saved as UTF-8";
            sink.reject(text.number, &[reason.into()], &shown(text.bytes))?;
            sink.row_done(read_to);
            continue;
        };
        if format == Format::OpenaiUsage {
            let (mut seen, mut line) = (0, text.number);
            openai_usage::each(json, &given, &mut |sum, rows| {
                // Sums come in the order in which they stand.
                let begin = (sum.as_ptr() as usize).saturating_sub(json.as_ptr() as usize);
                let between = json.as_bytes().get(seen..begin).unwrap_or_default();
                line += between.iter().filter(|byte| **byte == b'\n').count() as u64;
                seen = seen.max(begin);
                take(sink, line, sum.as_bytes(), read_to, rows)
            })?;
            continue;
        }
        let cells;
        let record = match &header {
            None => Object::parse(json).map(Record::Object),
            Some(header) => {
                cells = from_text::cells(&text);
                match &cells {
                    Ok(cells) if cells.len() == header.len() => Ok(Record::Row { header, cells }),
                    Ok(cells) => Err(from_text::wrong_width(cells.len(), header.len())),
                    Err(reason) => Err(reason.clone()),
                }
            }
        };
        let mut one = |row: Result<Row<'_>, Vec<Reason>>| {
            take(sink, text.number, text.bytes, read_to, row.map(|row| [row]))
        };
        match &record {
            Ok(record) => match format {
                Format::Litellm => one(litellm::row(record, &given))?,
                Format::AzureCost => {
                    take(sink, text.number, text.bytes, read_to, azure_cost::rows(record, &given))?;
                }
                Format::Focus => {
                    take(sink, text.number, text.bytes, read_to, focus::rows(record, &given))?;
                }
                _ => one(cloudevents::row(record, &given))?,
            },
            Err(reason) => one(Err(vec![reason.clone()]))?,
        }
    }
}

/// Keeps the rows of a record, or writes it down.
fn take<'r>(
    sink: &mut Sink<'_>,
    line: u64,
    text: &[u8],
    read_to: u64,
    rows: Result<impl IntoIterator<Item = Row<'r>>, Vec<Reason>>,
) -> Result<(), StoreError> {
    match rows {
        Ok(rows) => {
            for row in rows {
                match sink.in_time((row.id, row.call())) {
                    Ok((id, call)) => sink.keep(line, id, &call)?,
                    Err(reasons) => sink.reject(line, &reasons, &shown(text))?,
                }
                sink.row_done(read_to);
            }
        }
        Err(reasons) => {
            sink.reject(line, &reasons, &shown(text))?;
            sink.row_done(read_to);
        }
    }
    Ok(())
}

fn shown(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN_BYTES_MAX)])
}
