//! What the rows of a segment add up to, kept beside it.
//!
//! A segment's footer has the [control total](Fingerprint::of_sums) of these sums, so they are
//! taken for what they are only if they are what was written: a file that is lost, damaged or
//! another segment's costs a reader the time to add up the rows, and never an amount.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::tokens::CLASSES;
use crate::{Fingerprint, GroupSums, Tokens};

/// What rows add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sums {
    /// How many rows.
    pub events: u64,
    /// How many calls they stand for.
    pub calls: u64,
    /// Tokens by class.
    pub tokens: Tokens<u128>,
}

impl Sums {
    /// Adds others. A `u64` holds the most calls of 2^32 rows, and a `u128` the most tokens of
    /// 2^96.
    pub fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.calls += other.calls;
        let (mine, others) = (self.tokens.by_class(), other.tokens.by_class());
        self.tokens = Tokens::of_classes(std::array::from_fn(|class| mine[class] + others[class]));
    }
}

/// Channel, product, model, host and tier: all that a price can depend on, beside the day.
pub type GroupNames = [String; 5];

/// The ending of the file beside a segment.
pub(crate) const SUMS_ENDING: &str = "sums";

/// Says what the file is; another layout of it has another mark.
const MARK: [u8; 20] = *b"charterparty sums 1\n";

/// Writes the sums beside a segment.
pub(super) fn write(segment: &Path, groups: &[(GroupNames, Sums)]) -> io::Result<()> {
    let mut bytes = MARK.to_vec();
    for (names, sums) in groups {
        for name in names {
            bytes.extend((name.len() as u64).to_le_bytes());
            bytes.extend(name.as_bytes());
        }
        bytes.extend(sums.events.to_le_bytes());
        bytes.extend(sums.calls.to_le_bytes());
        bytes.extend(sums.tokens.by_class().into_iter().flat_map(u128::to_le_bytes));
    }
    fs::write(file(segment), bytes)
}

/// The sums beside a segment, if their control total is this.
pub(super) fn read(segment: &Path, total: Fingerprint) -> Option<Vec<(GroupNames, Sums)>> {
    parse(&fs::read(file(segment)).ok()?, total)
}

/// Sums as they are kept, if their control total is this.
pub(super) fn parse(bytes: &[u8], total: Fingerprint) -> Option<Vec<(GroupNames, Sums)>> {
    let mut rest = bytes.strip_prefix(&MARK)?;
    let mut groups = Vec::new();
    while !rest.is_empty() {
        groups.push(group(&mut rest)?);
    }
    (Fingerprint::of_sums(groups.iter().map(GroupSums::of)) == total).then_some(groups)
}

fn group(rest: &mut &[u8]) -> Option<(GroupNames, Sums)> {
    let mut names = GroupNames::default();
    for name in &mut names {
        let len = usize::try_from(u64::from_le_bytes(take(rest)?)).ok()?;
        let (text, after) = rest.split_at_checked(len)?;
        *name = std::str::from_utf8(text).ok()?.to_owned();
        *rest = after;
    }
    let events = u64::from_le_bytes(take(rest)?);
    let calls = u64::from_le_bytes(take(rest)?);
    let mut tokens = [0; CLASSES];
    for sum in &mut tokens {
        *sum = u128::from_le_bytes(take(rest)?);
    }
    Some((names, Sums { events, calls, tokens: Tokens::of_classes(tokens) }))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*bytes)
}

fn file(segment: &Path) -> PathBuf {
    segment.with_extension(SUMS_ENDING)
}
