//! Where an export goes: a file or folder that is there whole or not at all, or standard output.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::outcome::Failure;
use crate::term;
use crate::term::say;

/// What was exported.
pub enum Exported {
    /// For people and programs.
    Text(String),
    /// For programs alone.
    Binary(Vec<u8>),
    /// Several files, by name.
    Folder(Vec<(String, Vec<u8>)>),
}

/// Writes an export to where it belongs.
pub fn write(exported: Exported, out: Option<&Path>) -> Result<(), Failure> {
    match (exported, out) {
        (Exported::Text(text), None) => say!("{}", text.trim_end()),
        (Exported::Text(text), Some(path)) => file(path, text.as_bytes())?,
        (Exported::Binary(bytes), Some(path)) => file(path, &bytes)?,
        (Exported::Binary(_), None) if term::is_terminal() => {
            return Err(Failure::wrong_use(
                "this format is not for a terminal",
                "name a file with `--out`",
            ));
        }
        (Exported::Binary(bytes), None) => term::raw(&bytes)?,
        (Exported::Folder(files), Some(path)) => folder(path, &files)?,
        (Exported::Folder(_), None) => {
            return Err(Failure::wrong_use(
                "this format has several files",
                "name a new folder for them with `--out`",
            ));
        }
    }
    Ok(())
}

/// The file is whole at each moment, be it the old one or the new.
fn file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut beside = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(above(path))
        .map_err(|error| cannot(path, &error))?;
    beside.write_all(bytes)?;
    beside.as_file().sync_all()?;
    beside.persist(path).map_err(|error| cannot(path, &error.error))?;
    Ok(())
}

/// A folder takes no other's place, as what is in that would be lost.
fn folder(path: &Path, files: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    if path.exists() {
        return Err(Failure::wrong_use(
            format!("`{}` is there already", path.display()),
            "name a new folder with `--out`",
        ));
    }
    let beside = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o777))
        .tempdir_in(above(path))
        .map_err(|error| cannot(path, &error))?;
    for (name, bytes) in files {
        let mut file = std::fs::File::create_new(beside.path().join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    // Once it has its name, it is nobody's to remove.
    std::fs::rename(beside.path(), path).map_err(|error| cannot(path, &error))?;
    let _ = beside.keep();
    Ok(())
}

fn above(path: &Path) -> &Path {
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    above.unwrap_or(Path::new("."))
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(
        format!("`{}` cannot be written: {error}", path.display()),
        "name another place with `--out`",
    )
}
