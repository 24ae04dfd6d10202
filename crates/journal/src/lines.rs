//! Files of one JSON value a line: copies of journals and views of them.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::NamedTempFile;

/// No event is longer, and no more than this is held of a file that is something else: 256 MiB.
const LINE_MAX: u64 = 256 << 20;

/// Reads values, one a line.
pub(crate) struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    /// The line that was read last; 1 is the first.
    pub number: u64,
}

/// Why a line cannot be read.
#[derive(Debug)]
pub(crate) enum LineError {
    File(io::Error),
    /// Not a JSON value of the type that belongs there.
    Wrong(String),
    /// The file ends here.
    End,
}

impl Lines<BufReader<File>> {
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Lines::new(BufReader::with_capacity(1 << 16, File::open(path)?)))
    }
}

impl<R: BufRead> Lines<R> {
    pub fn new(reader: R) -> Lines<R> {
        Lines { reader, line: Vec::new(), number: 0 }
    }

    pub fn next<T: DeserializeOwned>(&mut self) -> Result<T, LineError> {
        self.line.clear();
        self.number += 1;
        let read = self.reader.by_ref().take(LINE_MAX).read_until(b'\n', &mut self.line);
        match read {
            Err(error) => return Err(LineError::File(error)),
            Ok(0) => return Err(LineError::End),
            Ok(_) => {}
        }
        // What was cut off in the middle of a number would read as another number.
        if self.line.pop() != Some(b'\n') {
            return Err(LineError::Wrong("it has no end".to_owned()));
        }
        serde_json::from_slice(&self.line).map_err(|error| LineError::Wrong(error.to_string()))
    }

    /// Whether nothing follows.
    pub fn ended(&mut self) -> io::Result<bool> {
        Ok(self.reader.fill_buf()?.is_empty())
    }
}

/// Writes a value and ends the line.
pub(crate) fn write(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// A file that gets its name once it is whole. Until then, and if it never is, what had the name
/// stays. Others cannot read it.
pub(crate) struct Draft {
    pub out: io::BufWriter<NamedTempFile>,
}

impl Draft {
    /// Begins a file that is to be at `path`. Beside it, so that renaming never copies.
    pub fn beside(path: &Path) -> io::Result<Draft> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        Ok(Draft { out: io::BufWriter::with_capacity(1 << 16, file) })
    }

    /// Gives the file its name, once all of it is on the disk.
    pub fn keep(self, path: &Path) -> io::Result<()> {
        let file = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        // The name itself is on the disk once the folder is; where folders cannot be opened, the
        // system sees to that.
        match File::open(folder.unwrap_or(Path::new("."))) {
            Ok(folder) => folder.sync_all(),
            Err(_) => Ok(()),
        }
    }
}
