//! Several runs into one.

use std::path::Path;

use super::Entry;
use super::pages::Damage;
use super::run::{Run, RunWriter};

/// Writes the entries of all runs, in order. Takes no more memory for long runs than for short.
pub(super) fn merge(path: &Path, runs: &[Run]) -> Result<Run, Damage> {
    let mut writer = RunWriter::new(path, runs.iter().map(Run::len).sum())?;
    let mut sources: Vec<_> = runs.iter().map(Run::entries).collect();
    let mut heads: Vec<Option<Entry>> = Vec::with_capacity(sources.len());
    for source in &mut sources {
        heads.push(source.next()?);
    }
    // So few runs are merged at a time that looking at each is quicker than a heap.
    loop {
        let least =
            heads.iter().enumerate().filter_map(|(index, head)| Some((head.as_ref()?, index)));
        let Some((entry, index)) = least.min_by_key(|(entry, _)| entry.key) else {
            return writer.finish();
        };
        writer.push(*entry)?;
        heads[index] = sources[index].next()?;
    }
}
