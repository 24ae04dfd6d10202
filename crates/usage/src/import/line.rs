//! Lines of a text file and the cells in them.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use super::field::Reason;

/// Bytes of a line that are looked at; no row of a meter is near as long.
pub(super) const LINE_BYTES_MAX: usize = 1 << 16;

/// A text file read line by line, so that memory is bounded and a stray quotation mark spoils
/// no more than its own line.
pub(super) struct Lines {
    reader: BufReader<File>,
    buffer: Vec<u8>,
    longest: usize,
    number: u64,
    bytes_read: u64,
}

/// One line without its end. `number` counts from 1.
pub(super) struct Line<'a> {
    pub number: u64,
    pub bytes: &'a [u8],
    /// Whether the line went on beyond `bytes`.
    pub cut: bool,
}

impl Lines {
    /// Lines of which at most `longest` bytes are looked at.
    pub(super) fn new(file: File, longest: usize) -> Self {
        let reader = BufReader::with_capacity(1 << 18, file);
        Self { reader, buffer: Vec::new(), longest, number: 0, bytes_read: 0 }
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// The next line that is not blank, or `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            self.buffer.clear();
            let mut limited = (&mut self.reader).take(self.longest as u64);
            let taken = limited.read_until(b'\n', &mut self.buffer)?;
            if taken == 0 {
                return Ok(None);
            }
            let cut = taken == self.longest && self.buffer.last() != Some(&b'\n');
            let skipped = if cut { self.reader.skip_until(b'\n')? } else { 0 };
            self.number += 1;
            self.bytes_read += (taken + skipped) as u64;
            if !self.buffer.iter().all(u8::is_ascii_whitespace) {
                let bytes = self.buffer.trim_ascii_end();
                let bytes = if self.number == 1 { without_mark(bytes) } else { bytes };
                return Ok(Some(Line { number: self.number, bytes, cut }));
            }
        }
    }
}

/// Without the byte-order mark that Windows programs put before UTF-8.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The cells of a line of CSV.
pub(super) fn cells(line: &str) -> Result<Vec<Cow<'_, str>>, Reason> {
    if !line.contains('"') {
        return Ok(line.split(',').map(Cow::Borrowed).collect());
    }
    if !line.matches('"').count().is_multiple_of(2) {
        return Err("a quotation mark is not closed; expected a row to be one line".into());
    }
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
    let record = reader.records().next().transpose().map_err(|error| error.to_string())?;
    Ok(record.iter().flatten().map(|cell| Cow::Owned(cell.to_owned())).collect())
}
