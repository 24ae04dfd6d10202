//! The file of rows that were not kept.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use crate::staging::Staging;
use crate::store::{Store, StoreError};

/// Rejected rows of one source, written as they come: `line`, `reason`, `row`.
#[derive(Default)]
pub(crate) struct Rejects {
    file: Option<(csv::Writer<BufWriter<File>>, PathBuf)>,
    count: u64,
}

/// Hexadecimal digits of the digest in the file's name.
const DIGEST_DIGITS: usize = 12;

impl Rejects {
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn add(
        &mut self,
        staging: &Staging,
        line: u64,
        reason: &str,
        row: &str,
    ) -> Result<(), StoreError> {
        self.count += 1;
        let (writer, path) = match &mut self.file {
            Some(file) => file,
            none => none.insert(create(staging)?),
        };
        writer
            .write_record([&line.to_string(), reason, row])
            .map_err(|error| StoreError::io("write", path, error.into()))
    }

    /// Makes the file ready to be put in place; says where, if there were any rejects.
    ///
    /// The name holds a digest of the source: the same file again replaces its own rejects, and
    /// another file of the same name does not. Rows that come from no file are named by the
    /// rejects themselves.
    pub(crate) fn finish(
        self,
        source: Option<&Path>,
        store: &Store,
        staging: &mut Staging,
    ) -> Result<Option<PathBuf>, StoreError> {
        let Some((writer, staged)) = self.file else {
            return Ok(None);
        };
        writer
            .into_inner()
            .map_err(|error| error.into_error())
            .and_then(|buffer| buffer.into_inner().map_err(|error| error.into_error()))
            .and_then(|file| file.sync_all())
            .map_err(|error| StoreError::io("write", &staged, error))?;

        let digested = source.unwrap_or(&staged);
        let digest = digest(digested).map_err(|error| StoreError::io("read", digested, error))?;
        let name = source.and_then(Path::file_name).unwrap_or("appended".as_ref());
        let file = format!("{}-{}.csv", name.to_string_lossy(), &digest.to_hex()[..DIGEST_DIGITS]);
        let destination = store.root().join("rejected").join(file);
        staging.ready(staged, destination.clone());
        Ok(Some(destination))
    }
}

fn create(staging: &Staging) -> Result<(csv::Writer<BufWriter<File>>, PathBuf), StoreError> {
    let path = staging.path("rejected.csv");
    let file = File::create_new(&path).map_err(|error| StoreError::io("create", &path, error))?;
    let mut writer = csv::Writer::from_writer(BufWriter::new(file));
    writer
        .write_record(["line", "reason", "row"])
        .map_err(|error| StoreError::io("write", &path, error.into()))?;
    Ok((writer, path))
}

fn digest(source: &Path) -> io::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(fs::File::open(source)?)?;
    Ok(hasher.finalize())
}
