//! What a segment says of itself in the key-value metadata of its footer.

use std::str::FromStr;

use jiff::civil::Date;
use thiserror::Error;

use crate::Fingerprint;

const DAY: &str = "charterparty.day";
const ROWS: &str = "charterparty.rows";
const FINGERPRINT: &str = "charterparty.fingerprint";
const SUMS: &str = "charterparty.sums";
const REPLACES: &str = "charterparty.replaces";

/// All that a segment says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Footer {
    /// The UTC day of every row, so that a segment in the wrong folder is noticed.
    pub day: Date,
    /// How many rows there are.
    pub rows: u64,
    /// Which rows they are.
    pub fingerprint: Fingerprint,
    /// What they add up to: [`Fingerprint::of_sums`].
    pub sums: Fingerprint,
    /// The segments whose rows it holds too, and in whose place it stands.
    pub replaces: Vec<Fingerprint>,
}

impl Footer {
    /// Reads a footer's key-value metadata.
    pub(super) fn from_metadata<'a>(
        pairs: impl Iterator<Item = (&'a str, Option<&'a str>)> + Clone,
    ) -> Result<Self, NotASegment> {
        fn find<'a, T: FromStr>(
            mut pairs: impl Iterator<Item = (&'a str, Option<&'a str>)>,
            wanted: &'static str,
        ) -> Result<T, NotASegment> {
            pairs
                .find_map(|(key, value)| if key == wanted { value?.parse().ok() } else { None })
                .ok_or(NotASegment::NoFooter { key: wanted })
        }
        let replaces = match pairs.clone().find(|(key, _)| *key == REPLACES) {
            Some((_, list)) => list
                .and_then(|list| list.split(' ').map(|one| one.parse().ok()).collect())
                .ok_or(NotASegment::NoFooter { key: REPLACES })?,
            None => Vec::new(),
        };
        Ok(Self {
            day: find(pairs.clone(), DAY)?,
            rows: find(pairs.clone(), ROWS)?,
            fingerprint: find(pairs.clone(), FINGERPRINT)?,
            sums: find(pairs, SUMS)?,
            replaces,
        })
    }

    /// The key-value metadata to write.
    pub(super) fn metadata(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![
            (DAY, self.day.to_string()),
            (ROWS, self.rows.to_string()),
            (FINGERPRINT, self.fingerprint.to_string()),
            (SUMS, self.sums.to_string()),
        ];
        if !self.replaces.is_empty() {
            let list: Vec<_> = self.replaces.iter().map(Fingerprint::to_string).collect();
            pairs.push((REPLACES, list.join(" ")));
        }
        pairs
    }
}

/// Why a file is not a segment of ours, or no longer one.
#[derive(Debug, Error)]
pub enum NotASegment {
    /// The file could not be opened or read.
    #[error("the file cannot be read")]
    Io(#[from] std::io::Error),
    /// The bucket it is in could not be read.
    #[error(transparent)]
    Bucket(#[from] bucket::BucketError),
    /// The manifest of a bucket names it, and it is not there.
    #[error("it is lost; restore it from a copy")]
    Lost,
    /// There are more or fewer bytes than were written.
    #[error("it has {found} bytes where {expected} were written; restore it from a copy")]
    OtherSize {
        /// The bytes that are there.
        found: u64,
        /// The bytes that were written.
        expected: u64,
    },
    /// The Parquet data cannot be understood.
    #[error("it is damaged, cut short, or not Parquet; restore it from a copy")]
    Damaged(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The columns are others than a segment's.
    #[error(
        "its columns are not those of a usage segment ({difference}); \
         move it out of the store and import it instead"
    )]
    OtherColumns {
        /// The first difference.
        difference: String,
    },
    /// The footer lacks what every segment says of itself.
    #[error(
        "its footer has no `{key}`, so another program wrote it; \
         move it out of the store and import it instead"
    )]
    NoFooter {
        /// The missing key.
        key: &'static str,
    },
    /// The segment stands in the folder of another day.
    #[error("its calls were made on {found}; move it back to the folder of that day")]
    OtherDay {
        /// The day of its rows.
        found: Date,
    },
    /// There are more or fewer rows than were written.
    #[error("it holds {found} calls where {expected} were written; restore it from a copy")]
    OtherRows {
        /// The rows that are there.
        found: u64,
        /// The rows that were written.
        expected: u64,
    },
    /// The rows add up to something else than was written.
    #[error("its calls do not add up to what was written; restore it from a copy")]
    OtherSums,
}

impl NotASegment {
    /// Whether the file is not there. A segment that was listed a moment ago may have been merged
    /// into another since: list again.
    pub fn is_gone(&self) -> bool {
        match self {
            Self::Io(error) => error.kind() == std::io::ErrorKind::NotFound,
            Self::Bucket(error) => error.is_gone(),
            _ => false,
        }
    }
}
