//! Which rows of a buffer are new.

use std::thread;

use super::keeper::Buffer;
use crate::ids::{Damage, Entry, Ids};

/// What is to become of the rows of a buffer, by their places.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Those to keep, as they stand in the source.
    pub new: Vec<u32>,
    /// How many the store has already.
    pub duplicate: u64,
    /// Those that have the id of another row, as they stand in the source.
    pub others: Vec<u32>,
    /// What is to be told to the set of ids of those to keep, in its order.
    pub entries: Vec<Entry>,
}

impl Verdict {
    /// Tells the rows that the store does not have from those it has: the first of each id is kept.
    pub(super) fn of(buffer: &Buffer, ids: &Ids) -> Result<Self, Damage> {
        // Ids are told apart by halves, as one has nothing to do with the other.
        let (low, high) = thread::scope(|scope| {
            let high = scope.spawn(|| half(&buffer.entries, ids, true));
            let low = half(&buffer.entries, ids, false);
            (low, high.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        let (mut verdict, mut high) = (low?, high?);
        verdict.entries.append(&mut high.entries);
        verdict.duplicate += high.duplicate;
        verdict.others.append(&mut high.others);
        verdict.others.sort_unstable();
        let mut is_new = vec![false; buffer.entries.len()];
        for place in verdict.new.iter().chain(&high.new) {
            is_new[*place as usize] = true;
        }
        verdict.new.clear();
        verdict.new.extend((0..).zip(is_new).filter_map(|(place, is_new)| is_new.then_some(place)));
        Ok(verdict)
    }
}

/// The verdict on rows whose keys are in the lower or upper half of all keys.
fn half(entries: &[Entry], ids: &Ids, is_high: bool) -> Result<Verdict, Damage> {
    // The upper half of a key sorts as well as the whole, but for the rare pair that shares it.
    let upper = |entry: &Entry| u64::try_from(entry.key >> 64).expect("half a key");
    let mut places: Vec<(u64, u32)> = (0..)
        .zip(entries)
        .map(|(place, entry)| (upper(entry), place))
        .filter(|(upper, _)| (upper >> 63 == 1) == is_high)
        .collect();
    // The first in the source comes first among those of one id.
    let whole = |place: u32| (entries[place as usize].key, place);
    places.sort_unstable_by(|(upper, place), (other_upper, other)| {
        upper.cmp(other_upper).then_with(|| whole(*place).cmp(&whole(*other)))
    });
    let key = |(_, place): &(u64, u32)| entries[*place as usize].key;
    let groups: Vec<&[(u64, u32)]> =
        places.chunk_by(|a, b| a.0 == b.0 && key(a) == key(b)).collect();
    let keys: Vec<u128> = groups.iter().map(|group| key(&group[0])).collect();
    let mut known: Vec<Option<u64>> = vec![None; keys.len()];
    ids.look_up(&keys, |place, content| known[place] = Some(content))?;

    let mut verdict = Verdict::default();
    for (group, known) in groups.into_iter().zip(known) {
        let (_, place) = group[0];
        let first = entries[place as usize];
        let (content, rest) = match known {
            Some(content) => (content, group),
            None => {
                verdict.entries.push(first);
                verdict.new.push(place);
                (first.content, &group[1..])
            }
        };
        for (_, place) in rest {
            if entries[*place as usize].content == content {
                verdict.duplicate += 1;
            } else {
                verdict.others.push(*place);
            }
        }
    }
    Ok(verdict)
}
