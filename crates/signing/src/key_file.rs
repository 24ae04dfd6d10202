//! Secret keys in files: PKCS#8 in PEM (RFC 8410), as `openssl genpkey -algorithm ed25519` writes.
//!
//! A file is made for its owner alone (mode 0600), and one that others may read is refused. On
//! systems without such modes, the folder has to keep others out.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ed25519::pkcs8::spki::der::pem::LineEnding;
use ed25519::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{PublicKey, SecretKey};

/// No key file is longer, so no more of a wrong file is read.
const LENGTH_MAX: u64 = 4096;

/// Why a key file could not be written or read. Nothing of its content is ever told.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// There is a file of this name already, and a key is not to be lost.
    #[error("`{0}` exists already; name another file, or move it away")]
    Exists(PathBuf),
    /// There is no such file.
    #[error("there is no key file `{0}`")]
    Absent(PathBuf),
    /// Others than its owner may read or write it.
    #[error(
        "others may read `{path}` (its mode is {mode:04o}); if nobody has, run `chmod 600` on it, or else revoke the key"
    )]
    Readable {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It holds something else.
    #[error("`{0}` holds no Ed25519 secret key in PKCS#8 PEM")]
    NotAKey(PathBuf),
    /// The system says no.
    #[error("cannot use the key file `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Writes a key into a new file that only its owner can read. The folder must exist.
///
/// # Errors
/// [`KeyFileError::Exists`] if there is such a file, [`KeyFileError::File`] if the system fails.
pub fn write(path: &Path, key: &SecretKey) -> Result<(), KeyFileError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyFileError::Exists(path.to_owned()),
        _ => KeyFileError::File { path: path.to_owned(), source },
    };
    // Without the public half, which older versions of OpenSSL do not read; it follows anyway.
    let pair = KeypairBytes { secret_key: *key.seed(), public_key: None };
    let pem = pair
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|error| failed(io::Error::other(error.to_string())))?;
    let mut file =
        for_owner(OpenOptions::new().write(true).create_new(true)).open(path).map_err(failed)?;
    file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

/// Reads the key in a file.
///
/// # Errors
/// [`KeyFileError`] says why there is none, or why it is not to be trusted.
pub fn read(path: &Path) -> Result<SecretKey, KeyFileError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => KeyFileError::Absent(path.to_owned()),
        _ => KeyFileError::File { path: path.to_owned(), source },
    };
    let file = File::open(path).map_err(failed)?;
    // Asked of the open file, so that nobody can put another one in its place meanwhile.
    owner_only(&file, path)?;
    let mut pem = Zeroizing::new(String::with_capacity(LENGTH_MAX as usize));
    let read = file.take(LENGTH_MAX).read_to_string(&mut pem);
    let not_a_key = || KeyFileError::NotAKey(path.to_owned());
    match read {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(not_a_key()),
        other => other.map_err(failed)?,
    };
    let pair = KeypairBytes::from_pkcs8_pem(&pem).map_err(|_| not_a_key())?;
    let key = SecretKey::from_seed(&Zeroizing::new(pair.secret_key));
    // A file whose halves do not belong together would give away the secret one.
    let stated = pair.public_key.as_ref().map(|stated| PublicKey::from_bytes(&stated.to_bytes()));
    match stated {
        Some(stated) if stated.as_ref() != Ok(&key.public()) => Err(not_a_key()),
        _ => Ok(key),
    }
}

#[cfg(unix)]
fn for_owner(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn for_owner(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn owner_only(file: &File, path: &Path) -> Result<(), KeyFileError> {
    use std::os::unix::fs::PermissionsExt;
    let found =
        file.metadata().map_err(|source| KeyFileError::File { path: path.to_owned(), source })?;
    let mode = found.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(KeyFileError::Readable { path: path.to_owned(), mode })
}

#[cfg(not(unix))]
fn owner_only(_: &File, _: &Path) -> Result<(), KeyFileError> {
    Ok(())
}
