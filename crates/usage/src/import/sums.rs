//! Rows of sources that only have sums of many calls.

use super::field::Reason;
use crate::tokens::CLASSES;

/// Rows that one sum may become; more than this is a mistake, not a meter.
const PARTS_MAX: u64 = 1 << 10;

/// A sum as rows: mostly one, more where it is beyond what a row can hold. Together they have all
/// its tokens and all its calls; a source that does not count calls has one in each.
pub(super) fn parts(
    tokens: [u64; CLASSES],
    calls: Option<u64>,
) -> Result<Vec<([u32; CLASSES], u32)>, Reason> {
    const MAX: u64 = u32::MAX as u64;
    let largest = tokens.into_iter().chain(calls).max().unwrap_or_default();
    let parts = largest.div_ceil(MAX).max(1);
    if parts > PARTS_MAX {
        return Err(format!("`{largest}` is beyond what can be counted in one sum"));
    }
    let mut calls = calls.unwrap_or(parts);
    if calls < parts {
        return Err(format!("{calls} calls cannot have used `{largest}` tokens"));
    }
    let mut tokens = tokens;
    let mut rows = Vec::with_capacity(1);
    for after in (0..parts).rev() {
        // Every part stands for one call at least.
        let of_part = (calls - after).min(MAX);
        calls -= of_part;
        let mut counts = [0; CLASSES];
        for (slot, left) in counts.iter_mut().zip(&mut tokens) {
            let count = (*left).min(MAX);
            *left -= count;
            *slot = u32::try_from(count).unwrap_or(u32::MAX);
        }
        rows.push((counts, u32::try_from(of_part).unwrap_or(u32::MAX)));
    }
    Ok(rows)
}

/// What a part is known by, given what its sum is known by.
pub(super) fn part_name(sum: &str, part: usize) -> String {
    if part == 0 { sum.to_owned() } else { format!("{sum}#{part}") }
}
