//! Names as codes, while rows are on their way.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use twox_hash::XxHash3_64;

use crate::segment::Row;

/// Names, each once.
#[derive(Default)]
pub(crate) struct Names {
    codes: FxHashMap<Arc<str>, u32>,
    names: Vec<Arc<str>>,
    hashes: Vec<u64>,
}

impl Names {
    /// The code of a name.
    pub(crate) fn code(&mut self, name: &str) -> u32 {
        if let Some(&code) = self.codes.get(name) {
            return code;
        }
        let code = u32::try_from(self.names.len()).expect("a buffer holds fewer than 2^32 names");
        self.hashes.push(XxHash3_64::oneshot(name.as_bytes()));
        let name: Arc<str> = name.into();
        self.names.push(name.clone());
        self.codes.insert(name, code);
        code
    }

    /// How many names there are; their codes are below.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The names with these codes and all above.
    pub(crate) fn since(&self, code: usize) -> Vec<Arc<str>> {
        self.names[code..].to_vec()
    }

    /// The name with a code.
    pub(crate) fn name(&self, code: u32) -> &str {
        &self.names[code as usize]
    }

    /// A hash of all that a row says beside its id, whatever the codes of its names.
    ///
    /// It tells a call that came twice from another call that has its id, and is kept no longer
    /// than the set of ids, which can be made anew.
    pub(crate) fn content(&self, row: &Row) -> u64 {
        let mut bytes = [0; 96];
        let mut at = 0;
        let mut add = |more: &[u8]| {
            bytes[at..at + more.len()].copy_from_slice(more);
            at += more.len();
        };
        add(&row.at_ns.to_le_bytes());
        row.names.iter().for_each(|code| add(&self.hashes[*code as usize].to_le_bytes()));
        add(&row.calls.to_le_bytes());
        row.tokens.iter().for_each(|count| add(&count.to_le_bytes()));
        XxHash3_64::oneshot(&bytes)
    }
}
