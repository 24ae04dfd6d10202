//! What a store in a bucket consists of.
//!
//! ```text
//! charterparty usage 1
//! 2025-02-01 <fingerprint> <digest> <rows> <bytes> <sums>
//! …
//! end <number of lines>
//! ```

use std::collections::BTreeSet;
use std::fmt::Write;

use bytes::Bytes;
use jiff::civil::Date;

use crate::Fingerprint;
use crate::segment::Footer;

/// Says what the object is; another layout of it has another mark.
const MARK: &str = "charterparty usage 1";
const END: &str = "end";

/// The segments of a store, by day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Manifest {
    entries: BTreeSet<Entry>,
}

/// A segment in a bucket, and all that its footer says of its rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// The UTC day of every row.
    pub day: Date,
    /// Which rows there are.
    pub fingerprint: Fingerprint,
    /// The first 128 bits of the BLAKE3 hash of its bytes: rows may have the same ids as others, which
    /// were left behind by an import that was cut short, and say something else.
    pub digest: String,
    /// How many rows there are.
    pub rows: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// What its rows add up to: [`Fingerprint::of_sums`].
    pub sums: Fingerprint,
}

impl Entry {
    pub(crate) fn of(footer: &Footer, content: &[u8]) -> Self {
        Self {
            day: footer.day,
            fingerprint: footer.fingerprint,
            digest: blake3::hash(content).to_hex()[..32].to_owned(),
            rows: footer.rows,
            bytes: content.len() as u64,
            sums: footer.sums,
        }
    }

    /// The folder of its month.
    pub(crate) fn month_folder(&self) -> String {
        format!("month={}", self.day.strftime("%Y-%m"))
    }

    /// Its name in the bucket.
    pub(crate) fn object(&self) -> String {
        self.with_ending("parquet")
    }

    /// The name of its sums.
    pub(crate) fn sums_object(&self) -> String {
        self.with_ending("sums")
    }

    fn with_ending(&self, ending: &str) -> String {
        let Self { day, fingerprint, digest, .. } = self;
        format!("{}/day={day}/{fingerprint}-{digest}.{ending}", self.month_folder())
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let mut next = || words.next();
        let entry = Self {
            day: next()?.parse().ok()?,
            fingerprint: next()?.parse().ok()?,
            digest: next()?.to_owned(),
            rows: next()?.parse().ok()?,
            bytes: next()?.parse().ok()?,
            sums: next()?.parse().ok()?,
        };
        next().is_none().then_some(entry)
    }
}

impl Manifest {
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(crate) fn has(&self, entry: &Entry) -> bool {
        self.entries.contains(entry)
    }

    /// With segments added, and others gone.
    pub(crate) fn changed(&self, new: &[Entry], gone: &[Entry]) -> Self {
        let mut entries = self.entries.clone();
        entries.retain(|entry| !gone.contains(entry));
        entries.extend(new.iter().cloned());
        Self { entries }
    }

    /// `None` if it is not one of ours, or is not whole.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(bytes).ok()?.lines();
        if lines.next()? != MARK {
            return None;
        }
        let mut entries = BTreeSet::new();
        for line in lines.by_ref() {
            if let Some(count) = line.strip_prefix(END) {
                let is_whole = count.trim().parse() == Ok(entries.len());
                return (is_whole && lines.next().is_none()).then_some(Self { entries });
            }
            entries.insert(Entry::parse(line)?);
        }
        None
    }

    pub(crate) fn bytes(&self) -> Bytes {
        let mut text = format!("{MARK}\n");
        for Entry { day, fingerprint, digest, rows, bytes, sums } in &self.entries {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{day} {fingerprint} {digest} {rows} {bytes} {sums}");
        }
        let _ = writeln!(text, "{END} {}", self.entries.len());
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::EventId;

    fn manifest() -> Manifest {
        let entry = |number: u8| Entry {
            day: date(2025, 2, number.try_into().unwrap()),
            fingerprint: [EventId::from_bits(number.into())].into_iter().collect(),
            digest: blake3::hash(&[number]).to_hex()[..32].to_owned(),
            rows: 7,
            bytes: 4096,
            sums: Fingerprint::default(),
        };
        Manifest::default().changed(&[entry(2), entry(1), entry(3)], &[])
    }

    #[test]
    fn what_is_written_is_read() {
        for manifest in [Manifest::default(), manifest()] {
            assert_eq!(Manifest::parse(&manifest.bytes()), Some(manifest));
        }
    }

    #[test]
    fn no_part_of_a_manifest_is_one() {
        let whole = manifest().bytes();
        for length in 0..whole.len() - 1 {
            assert_eq!(Manifest::parse(&whole[..length]), None, "{length} bytes");
        }
        let text = std::str::from_utf8(&whole).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for gone in 0..lines.len() {
            let mut rest = lines.clone();
            rest.remove(gone);
            assert_eq!(Manifest::parse(rest.join("\n").as_bytes()), None, "without line {gone}");
        }
    }
}
