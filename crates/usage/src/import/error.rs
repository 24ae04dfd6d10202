//! Why a file could not be imported at all.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::segment::NotASegment;
use crate::store::StoreError;

/// Why nothing of a source was kept.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The source cannot be opened or read.
    #[error("could not read `{}`", path.display())]
    Read {
        /// The source.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The source is a folder, a pipe or a device.
    #[error(
        "`{}` is not a file; write the calls to a file first, since it is read twice when a \
         row is rejected",
        path.display()
    )]
    NotAFile {
        /// The source.
        path: PathBuf,
    },
    /// There is nothing in the source, not even a header.
    #[error("`{}` is empty; expected a first line with the columns {}", path.display(), List(expected))]
    Empty {
        /// The source.
        path: PathBuf,
        /// The columns of the format.
        expected: Vec<&'static str>,
    },
    /// The first line is not a header of this format.
    #[error(
        "the first line of `{}` is not a header ({problem}); expected the columns {}",
        path.display(), List(expected)
    )]
    Header {
        /// The source.
        path: PathBuf,
        /// What is wrong with the line.
        problem: String,
        /// The columns of the format.
        expected: Vec<&'static str>,
    },
    /// Names that neither the source nor the defaults give.
    #[error(
        "the source does not say {}; pass a default for {}",
        List(columns), if columns.len() == 1 { "it" } else { "each" }
    )]
    MissingNames {
        /// The columns to pass defaults for.
        columns: Vec<&'static str>,
    },
    /// A column to look for under another name that is none of the columns.
    #[error(
        "`{column}` is not a column of usage that can be mapped{}{}",
        if known.is_empty() { " in this format" } else { "; expected one of " },
        List(known)
    )]
    UnknownColumn {
        /// What was to be mapped.
        column: String,
        /// What can be.
        known: Vec<&'static str>,
    },
    /// A column that is to be found under a name the source does not have.
    #[error("`{}` has no column `{theirs}` for `{ours}`; it has {}", path.display(), found.join(", "))]
    NoSuchColumn {
        /// The source.
        path: PathBuf,
        /// Our name of it.
        ours: String,
        /// The name it was to be found under.
        theirs: String,
        /// The columns that are there.
        found: Vec<String>,
    },
    /// There is nothing in the source.
    #[error("`{}` is empty; expected records of {expected}", path.display())]
    NoRecords {
        /// The source.
        path: PathBuf,
        /// The format.
        expected: &'static str,
    },
    /// A default that cannot be a name.
    #[error("the default for {reason}")]
    BadDefault {
        /// Which, and why.
        reason: String,
    },
    /// A Parquet column of a type that cannot be read as what it should hold.
    #[error("column `{column}` of `{}` holds {found}; expected {expected}", path.display())]
    ColumnType {
        /// The source.
        path: PathBuf,
        /// The column.
        column: String,
        /// Its type.
        found: String,
        /// What it may be.
        expected: &'static str,
    },
    /// A Parquet source that cannot be understood.
    #[error("could not read `{}` as Parquet", path.display())]
    Parquet {
        /// The source.
        path: PathBuf,
        /// What is wrong with it.
        source: NotASegment,
    },
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Names as a reader expects them: `` `a`, `b` and `c` ``.
struct List<'a>(&'a [&'static str]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            let before = match index {
                0 => "",
                _ if index + 1 == self.0.len() => " and ",
                _ => ", ",
            };
            write!(f, "{before}`{name}`")?;
        }
        Ok(())
    }
}
