//! A snapshot of the fold, so that a long journal opens fast.
//!
//! The journal is the record; a snapshot only saves reading it again. It names the event it rests on
//! by position and hash, and what does not fit the journal, or was not written whole, is passed over.

use std::fs;
use std::io::Write;
use std::path::Path;

use journal::{Event, Hash, Head, Position};
use serde::{Deserialize, Serialize};

use super::Fold;
use crate::outcome::Failure;

/// What a snapshot's first line says.
#[derive(Serialize, Deserialize)]
struct Label {
    /// Which version of this program wrote it: another one may fold otherwise.
    written_by: String,
    position: u64,
    hash: Hash,
    /// The BLAKE3 hash of what follows the first line.
    body: String,
}

/// Which program writes and reads snapshots: any change of it makes them anew.
fn this_program() -> String {
    format!("charter {} {}", env!("CARGO_PKG_VERSION"), FORMAT)
}

/// Goes up with any change of what is folded or how.
const FORMAT: u32 = 1;

/// A snapshot that was read, before it is known whether it fits the journal.
pub struct Snapshot {
    label: Label,
    body: Vec<u8>,
}

impl Snapshot {
    /// Reads the snapshot there is; none if it was not written whole, or by another program.
    pub fn read(path: &Path) -> Option<Snapshot> {
        let mut text = fs::read(path).ok()?;
        let end = text.iter().position(|byte| *byte == b'\n')?;
        let label: Label = serde_json::from_slice(&text[..end]).ok()?;
        let body = text.split_off(end + 1);
        let whole = blake3::hash(&body).to_string() == label.body;
        (whole && label.written_by == this_program()).then_some(Snapshot { label, body })
    }

    /// The position of the event it rests on.
    pub fn position(&self) -> Position {
        Position(self.label.position)
    }

    /// The fold, if the event it rests on is the one the journal has there.
    pub fn fits(self, event: Option<&Event>) -> Option<Fold> {
        let event = event?;
        let fits = event.position == self.position() && event.hash == self.label.hash;
        fits.then(|| rmp_serde::from_slice(&self.body).ok()).flatten()
    }
}

/// Writes a snapshot; whoever reads meanwhile sees the old one or the new one.
pub fn write(path: &Path, fold: &Fold) -> Result<(), Failure> {
    let body = rmp_serde::to_vec_named(fold)?;
    let Head { position, hash } = fold.head;
    let label = Label {
        written_by: this_program(),
        position: position.0,
        hash,
        body: blake3::hash(&body).to_string(),
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer(&mut file, &label)?;
    file.write_all(b"\n")?;
    file.write_all(&body)?;
    file.persist(path)?;
    Ok(())
}
