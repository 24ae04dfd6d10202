//! The file of a backup: a tar archive, compressed with Zstandard, whose last entry says what the others are.
//!
//! ```text
//! workspace/…        the files, under their names in the workspace
//! journal.jsonl      the journal, as `charter journal export` writes it
//! manifest.json      what all of these are: bytes and SHA-256 of each, and where the journal ends
//! ```
//!
//! The order is that of putting aside. As the manifest comes last, a file without one was cut short. Whoever
//! has nothing of ours can still read it, with `tar --zstd -x`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use indicatif::{ProgressBar, ProgressBarIter};
use jiff::Timestamp;
use journal::Extent;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tar::{Archive, Builder, EntryType, Header};
use zstd::{Decoder, Encoder};

use super::stage::Aside;
use crate::outcome::Failure;
use crate::term;

/// The version of the file that is written and read. A later one is refused, never guessed at.
pub const FORMAT: u32 = 1;

/// What stands before the names of the workspace's files.
pub const WORKSPACE: &str = "workspace/";
/// The journal's name.
pub const JOURNAL: &str = "journal.jsonl";
const MANIFEST: &str = "manifest.json";

/// What each compressed file begins with.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Fast, as calls are compressed already.
const LEVEL: i32 = 3;
/// No manifest is longer: a name and a hash for a million files.
const MANIFEST_BYTES: u64 = 256 << 20;
/// Read or written at a time.
const PIECE: usize = 128 << 10;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Of {
    /// A backup of a workspace.
    #[serde(rename = "backup")]
    Backup,
}

/// What a backup says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// What the file is.
    pub charterparty: Of,
    /// See [`FORMAT`].
    pub format: u32,
    /// The version of `charter` that wrote it.
    pub version: String,
    /// When it was whole, by the clock of who wrote it.
    pub at: Timestamp,
    /// Where the journal ends; none if nothing was entered yet.
    pub journal: Option<Extent>,
    /// The bucket that calls are in, if they are not in the file.
    pub calls_in: Option<String>,
    /// All other files.
    pub files: Vec<Entry>,
}

/// A file in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// The hash of its content, which any machine can compute: `sha256sum`.
    pub sha256: String,
}

impl Manifest {
    /// Where the journal ends, in a line.
    pub fn journal_line(&self) -> String {
        let Some(Extent { head, root }) = &self.journal else {
            return "no journal: nothing has been entered".to_string();
        };
        let position = head.position;
        format!("journal: head {position}:{}, root {position}:{root}", head.hash)
    }
}

/// Writes a backup.
pub struct Packer<'f> {
    archive: Builder<Encoder<'static, &'f File>>,
    files: Vec<Entry>,
}

impl<'f> Packer<'f> {
    /// Begins to write into a file.
    pub fn new(file: &'f File) -> Result<Packer<'f>, Failure> {
        let mut encoder = Encoder::new(file, LEVEL)?;
        encoder.include_checksum(true)?;
        Ok(Packer { archive: Builder::new(encoder), files: Vec::new() })
    }

    /// Adds a file.
    pub fn add(&mut self, file: &Aside, bar: &ProgressBar) -> Result<(), Failure> {
        let mut content = Hashing::of(File::open(&file.path)?.take(file.bytes), bar);
        self.archive.append_data(&mut header(file.bytes, file.mode), &file.name, &mut content)?;
        let (bytes, sha256) = content.done();
        if bytes != file.bytes {
            return Err(Failure::failed(
                format!("`{}` became shorter while it was read", file.name),
                "files in `.charter` are changed by `charter` alone; stop what else does, and back up again",
            ));
        }
        self.files.push(Entry { name: file.name.clone(), bytes, sha256 });
        Ok(())
    }

    /// Writes at last what all of it is.
    pub fn finish(mut self, manifest: Manifest) -> Result<Manifest, Failure> {
        let manifest = Manifest { files: self.files, ..manifest };
        let text = serde_json::to_vec_pretty(&manifest)?;
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.archive.append_data(&mut header(bytes, 0o600), MANIFEST, text.as_slice())?;
        self.archive.into_inner()?.finish()?;
        Ok(manifest)
    }
}

fn header(bytes: u64, mode: u32) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_size(bytes);
    header.set_mode(mode);
    header
}

/// What is read, hashed as it passes.
struct Hashing<'b, R> {
    from: R,
    hash: Sha256,
    bytes: u64,
    bar: &'b ProgressBar,
}

impl<'b, R> Hashing<'b, R> {
    fn of(from: R, bar: &'b ProgressBar) -> Hashing<'b, R> {
        Hashing { from, hash: Sha256::new(), bytes: 0, bar }
    }

    fn done(self) -> (u64, String) {
        let digest = self.hash.finalize();
        (self.bytes, digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl<R: Read> Read for Hashing<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.hash.update(&into[..read]);
        self.bytes += read as u64;
        self.bar.inc(read as u64);
        Ok(read)
    }
}

/// Reads a backup, and hands each file to `place` to be written, with its name and mode. Nothing of it counts
/// until this returns: then every file was what the manifest says, and none is lacking.
///
/// # Errors
/// It is no backup, or is not as it was written; or what `place` made cannot be written.
pub fn unpack<W: Write>(
    path: &Path,
    place: impl FnMut(&str, u32) -> Result<W, Failure>,
) -> Result<Manifest, Failure> {
    let bar = term::progress("reading", path.metadata().map_or(0, |found| found.len()), true);
    let mut archive = Archive::new(Decoder::with_buffer(open(path, &bar)?)?);
    let unpacked = unpack_each(path, &mut archive, place);
    // To the very end, where the checksum of all is: what is damaged may look like anything until then.
    let rest = io::copy(&mut archive.into_inner(), &mut io::sink());
    rest.map_err(|error| damaged(path, &error))?;
    bar.finish_and_clear();
    let (manifest, found) = unpacked?;
    compare(path, &manifest, found)?;
    Ok(manifest)
}

/// What was found under a name: bytes, and their hash.
type Found = BTreeMap<String, (u64, String)>;

fn unpack_each<W: Write>(
    path: &Path,
    archive: &mut Archive<impl Read>,
    mut place: impl FnMut(&str, u32) -> Result<W, Failure>,
) -> Result<(Manifest, Found), Failure> {
    let quiet = ProgressBar::hidden();
    let (mut manifest, mut found) = (None, Found::new());
    for entry in archive.entries().map_err(|error| damaged(path, &error))? {
        let entry = entry.map_err(|error| damaged(path, &error))?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.header().entry_type() != EntryType::Regular || !stays_within(&name) {
            return Err(leads_out(path, &name));
        }
        if manifest.is_some() || !is_ours(&name) {
            return Err(no_backup(path));
        }
        if name == MANIFEST {
            manifest = Some(read_manifest(path, entry)?);
            continue;
        }
        if found.contains_key(&name) {
            return Err(damaged(path, &format!("it has `{name}` twice")));
        }
        let into = place(&name, entry.header().mode().unwrap_or(0o600) & 0o777)?;
        let mut content = Hashing::of(entry, &quiet);
        copy(path, &mut content, into)?;
        found.insert(name, content.done());
    }
    let lacking = || damaged(path, &"it ends before it says what it holds");
    Ok((manifest.ok_or_else(lacking)?, found))
}

/// Opens a file that begins as a backup does.
fn open(path: &Path, bar: &ProgressBar) -> Result<BufReader<ProgressBarIter<File>>, Failure> {
    let cannot = |error: io::Error| {
        Failure::wrong_use(
            format!("cannot read `{}`: {error}", path.display()),
            "name a file that `charter backup` wrote",
        )
    };
    let mut first = [0; MAGIC.len()];
    let begins = File::open(path).map_err(cannot)?.read_exact(&mut first);
    match begins {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(cannot(error)),
        Ok(()) if first == MAGIC => {}
        _ => return Err(no_backup(path)),
    }
    Ok(BufReader::new(bar.wrap_read(File::open(path).map_err(cannot)?)))
}

/// Whether a name leads nowhere but into the folder that is made.
fn stays_within(name: &str) -> bool {
    !name.contains(['\\', '\0'])
        && name.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

fn is_ours(name: &str) -> bool {
    name.starts_with(WORKSPACE) || [JOURNAL, MANIFEST].contains(&name)
}

fn read_manifest(path: &Path, entry: impl Read) -> Result<Manifest, Failure> {
    /// What every version says first.
    #[derive(Deserialize)]
    struct Versioned {
        format: u32,
    }
    let mut text = Vec::new();
    let read = entry.take(MANIFEST_BYTES).read_to_end(&mut text);
    read.map_err(|error| damaged(path, &error))?;
    let Ok(Versioned { format }) = serde_json::from_slice(&text) else {
        return Err(no_backup(path));
    };
    if format != FORMAT {
        return Err(Failure::failed(
            format!(
                "`{}` has format {format}, and this version reads format {FORMAT}",
                path.display()
            ),
            "restore it with a version of `charter` that is as new as the one that wrote it",
        ));
    }
    serde_json::from_slice(&text).map_err(|error| damaged(path, &error))
}

/// Copies what is read to where it is kept. Which of the two failed makes a difference.
fn copy(path: &Path, from: &mut impl Read, mut to: impl Write) -> Result<(), Failure> {
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece).map_err(|error| damaged(path, &error))? {
            0 => break,
            read => to.write_all(&piece[..read])?,
        }
    }
    Ok(to.flush()?)
}

fn compare(path: &Path, manifest: &Manifest, mut found: Found) -> Result<(), Failure> {
    for entry in &manifest.files {
        match found.remove(&entry.name) {
            None => return Err(damaged(path, &format!("`{}` is lacking", entry.name))),
            Some(is) if is != (entry.bytes, entry.sha256.clone()) => {
                return Err(damaged(path, &format!("`{}` is not what it was", entry.name)));
            }
            Some(_) => {}
        }
    }
    let has_journal = manifest.files.iter().any(|entry| entry.name == JOURNAL);
    match found.keys().next() {
        Some(unknown) => Err(damaged(path, &format!("nothing says what `{unknown}` is"))),
        None if has_journal != manifest.journal.is_some() => {
            Err(damaged(path, &"its journal is lacking"))
        }
        None => Ok(()),
    }
}

fn no_backup(path: &Path) -> Failure {
    Failure::wrong_use(
        format!("`{}` is not a backup", path.display()),
        "name a file that `charter backup` wrote",
    )
}

fn leads_out(path: &Path, name: &str) -> Failure {
    Failure::failed(
        format!("`{}` holds `{name}`, which is no plain file in a workspace", path.display()),
        "`charter backup` writes no such file: somebody else made it, so do not trust it",
    )
}

fn damaged(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::failed(
        format!("`{}` is cut short or damaged: {why}", path.display()),
        "nothing was restored; take another copy of this backup, or an earlier one",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_within_the_folder() {
        for name in ["workspace/charter.toml", "workspace/.charter/usage/day=2025-01-01/a.parquet"]
        {
            assert!(stays_within(name) && is_ours(name), "{name}");
        }
        for name in [
            "/etc/passwd",
            "../x",
            "workspace/../../x",
            "workspace//x",
            "workspace/./x",
            "workspace/",
            "workspace\\..\\x",
            "workspace/a\0b",
            "",
        ] {
            assert!(!stays_within(name), "{name:?}");
        }
        assert!(!is_ours("elsewhere/x"));
    }
}
