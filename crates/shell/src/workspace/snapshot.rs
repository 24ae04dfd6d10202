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
    /// The program that wrote it.
    written_by: String,
    position: u64,
    hash: Hash,
    /// The BLAKE3 hash of what follows the first line.
    body: String,
}

/// Which program this is, to the byte: another one may fold otherwise, or lay out what it folded in
/// another order. None if it cannot be told; then there are no snapshots.
fn this_program() -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(fs::File::open(program).ok()?).ok()?;
    Some(hasher.finalize().to_string())
}

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
        (whole && this_program()? == label.written_by).then_some(Snapshot { label, body })
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
    let Some(written_by) = this_program() else { return Ok(()) };
    // Without the names of fields: a third of the size.
    let body = rmp_serde::to_vec(fold)?;
    let Head { position, hash } = fold.head;
    let label =
        Label { written_by, position: position.0, hash, body: blake3::hash(&body).to_string() };
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer(&mut file, &label)?;
    file.write_all(b"\n")?;
    file.write_all(&body)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use jiff::civil::date;
    use sourcing::offer::Guarded;
    use sourcing::{Dated, Requirement, Tender};
    use tempfile::TempDir;
    use terms::{Duration, Money, Name, Verb};

    use super::*;

    /// A fold of one case, and the event it rests on.
    fn fold() -> (Fold, Event) {
        let event: Event = serde_json::from_value(serde_json::json!({
            "position": 7,
            "recorded": "2025-01-01T00:00:00Z",
            "effective": "2025-01-01T00:00:00Z",
            "kind": "requested",
            "stream": "case/halls",
            "actor": "lab",
            "cause": null,
            "payload": {},
            "salt": "00".repeat(32),
            "content": "ef".repeat(32),
            "hash": "ab".repeat(32),
            "previous": "00".repeat(32),
        }))
        .unwrap();
        let price: Money = "USD 2.40".parse().unwrap();
        let requirement = Requirement {
            grantor: Name::new("lab"),
            act: Verb::Contract,
            purpose: "training".to_string(),
            quantity: "1_000 H100".parse().unwrap(),
            lot: 100,
            region: None,
            need_by: date(2025, 9, 1),
            months: 12,
            price,
            quotes: [(3, price)].into(),
            guarded: [(Guarded::Prepayment, "10%".to_string())].into(),
            linked: false,
            emergency: None,
        };
        let dated = Dated {
            at: event.effective,
            by: Some(Name::new("lab")),
            clause: None,
            command: Some("first".to_string()),
            guards: Vec::new(),
            event: sourcing::Event::Requested { agreement: Name::new("hosting"), requirement },
        };
        let mut fold = Fold::default();
        fold.head = Head { position: event.position, hash: event.hash };
        fold.book.apply("halls", &dated);
        let tender = Tender {
            method: "levelised_price".to_string(),
            discount: "0".to_string(),
            cover: None,
            closes: None,
            reveal_by: None,
            seed: None,
            lottery: None,
            improvement: Some(Duration::hours(24)),
        };
        fold.book.apply("halls", &Dated { event: sourcing::Event::Tendered { tender }, ..dated });
        (fold, event)
    }

    fn written(fold: &Fold) -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshot");
        write(&path, fold).unwrap();
        (folder, path)
    }

    #[test]
    fn what_was_folded_is_read_back() {
        let (fold, event) = fold();
        let (_folder, path) = written(&fold);
        let read = Snapshot::read(&path).unwrap().fits(Some(&event)).unwrap();
        assert_eq!(read.book, fold.book);
        assert_eq!(read.head, fold.head);
    }

    #[test]
    fn another_journal_is_noticed() {
        let (fold, event) = fold();
        let (_folder, path) = written(&fold);
        let fits = |event: Option<&Event>| Snapshot::read(&path).unwrap().fits(event).is_some();
        assert!(!fits(None), "the journal is shorter");
        let other = Event { hash: "cd".repeat(32).parse().unwrap(), ..event.clone() };
        assert!(!fits(Some(&other)), "another event stands there");
        let moved = Event { position: Position(8), ..event };
        assert!(!fits(Some(&moved)), "it stands elsewhere");
    }

    #[test]
    fn what_was_not_written_whole_is_passed_over() {
        let (fold, _) = fold();
        let (_folder, path) = written(&fold);
        let whole = fs::read(&path).unwrap();
        for end in [0, 10, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..end]).unwrap();
            assert!(Snapshot::read(&path).is_none(), "{end} bytes of it");
        }
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        fs::write(&path, changed).unwrap();
        assert!(Snapshot::read(&path).is_none(), "a byte is another");
        fs::write(&path, whole).unwrap();
        assert!(Snapshot::read(&path).is_some());
    }
}
