//! Which runs make up the set, and which segments they cover.
//!
//! Lines of text: what it is, the next number of a run, then each run and each segment, and at the
//! end a checksum of all before it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use twox_hash::XxHash3_64;

use super::pages::Damage;
use crate::Fingerprint;

const MARK: &str = "charterparty ids 1";

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    pub next: u64,
    pub runs: Vec<String>,
    pub covered: BTreeSet<Fingerprint>,
}

impl Manifest {
    pub(super) fn read(dir: &Path) -> Result<Self, Damage> {
        let text = fs::read_to_string(dir.join("manifest"))?;
        Self::parse(&text).ok_or(Damage::Changed)
    }

    fn parse(text: &str) -> Option<Self> {
        let (lines, sum) = text.trim_end().rsplit_once("\nsum ")?;
        if sum != checksum(lines) {
            return None;
        }
        let mut lines = lines.lines();
        if lines.next()? != MARK {
            return None;
        }
        let next = lines.next()?.strip_prefix("next ")?.parse().ok()?;
        let mut manifest = Self { next, runs: Vec::new(), covered: BTreeSet::new() };
        for line in lines {
            match line.split_once(' ')? {
                ("run", name) => manifest.runs.push(name.to_owned()),
                ("segment", name) => drop(manifest.covered.insert(name.parse().ok()?)),
                _ => return None,
            }
        }
        Some(manifest)
    }

    /// Writes it to `staged`, then puts it in place of what `dir` has.
    pub(super) fn write(&self, staged: &Path, dir: &Path) -> io::Result<()> {
        let mut text = format!("{MARK}\nnext {}", self.next);
        for run in &self.runs {
            let _ = write!(text, "\nrun {run}");
        }
        for segment in &self.covered {
            let _ = write!(text, "\nsegment {segment}");
        }
        let sum = checksum(&text);
        fs::write(staged, format!("{text}\nsum {sum}\n"))?;
        fs::rename(staged, dir.join("manifest"))
    }
}

fn checksum(text: &str) -> String {
    format!("{:016x}", XxHash3_64::oneshot(text.as_bytes()))
}
