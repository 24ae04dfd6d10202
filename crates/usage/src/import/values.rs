//! JSON values of a file, one at a time.
//!
//! `serde_json` can read a stream of values, but stops for good at the first that is not JSON and
//! does not say on which line a value stands. So only the ends of values are found here, and what
//! is within is left to `serde_json`.

use std::fs::File;
use std::io::{self, BufRead, BufReader};

use super::line::Line;

/// JSON values that follow one another, or are elements of one array: batches, and objects that
/// are written over several lines. Memory is bounded by the longest value that is looked at.
pub(super) struct Values {
    reader: BufReader<File>,
    longest: usize,
    line: u64,
    bytes_read: u64,
    buffer: Vec<u8>,
    within: Within,
}

/// Where in a value the reader is.
#[derive(Default)]
struct Within {
    is_begun: bool,
    depth: usize,
    is_text: bool,
    is_escaped: bool,
    /// Whether the file is one array, whose elements are the values.
    is_array: bool,
}

/// What a byte is to the values around it.
enum Place {
    Between,
    Inside,
    Last,
    After,
}

impl Values {
    pub(super) fn new(file: File, longest: usize) -> Self {
        let reader = BufReader::with_capacity(1 << 18, file);
        let (buffer, within) = (Vec::new(), Within::default());
        Self { reader, longest, line: 1, bytes_read: 0, buffer, within }
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// The next value, with the line it begins on, or `None` at the end of the file. What the file
    /// breaks off in comes as it is.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        let (mut begun_on, mut cut, mut ended) = (self.line, false, false);
        while !ended {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                if !self.within.is_begun {
                    return Ok(None);
                }
                self.within.is_begun = false;
                break;
            }
            let mut used = 0;
            for &byte in chunk {
                used += 1;
                let place = self.within.step(byte);
                match place {
                    Place::Between => {}
                    Place::Inside | Place::Last => {
                        if self.buffer.is_empty() {
                            begun_on = self.line;
                        }
                        if self.buffer.len() < self.longest {
                            self.buffer.push(byte);
                        } else {
                            cut = true;
                        }
                    }
                    Place::After => {}
                }
                self.line += u64::from(byte == b'\n');
                ended = matches!(place, Place::Last | Place::After);
                if ended {
                    break;
                }
            }
            self.reader.consume(used);
            self.bytes_read += used as u64;
        }
        Ok(Some(Line { number: begun_on, bytes: &self.buffer, cut }))
    }
}

impl Within {
    fn step(&mut self, byte: u8) -> Place {
        if !self.is_begun {
            match byte {
                // The byte-order mark of UTF-8 is no part of a value.
                b' ' | b'\t' | b'\r' | b'\n' | b',' | b']' | b'\xef' | b'\xbb' | b'\xbf' => {
                    return Place::Between;
                }
                b'[' if !self.is_array => {
                    self.is_array = true;
                    return Place::Between;
                }
                _ => self.is_begun = true,
            }
        } else if self.is_escaped {
            self.is_escaped = false;
            return Place::Inside;
        } else if self.is_text && byte != b'"' {
            self.is_escaped = byte == b'\\';
            return Place::Inside;
        }
        let is_scalar = self.depth == 0;
        match byte {
            b'"' => {
                self.is_text = !self.is_text;
                return self.inside_or_last(!self.is_text && is_scalar);
            }
            b'{' | b'[' => self.depth += 1,
            b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n' if is_scalar => {
                self.is_begun = false;
                return Place::After;
            }
            b'}' | b']' => {
                self.depth -= 1;
                return self.inside_or_last(self.depth == 0);
            }
            _ => {}
        }
        Place::Inside
    }

    fn inside_or_last(&mut self, is_last: bool) -> Place {
        if !is_last {
            return Place::Inside;
        }
        self.is_begun = false;
        Place::Last
    }
}
