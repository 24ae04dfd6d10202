//! Passwords: what is one, and whether it is right.
//!
//! Rules are those of NIST SP 800-63B, §3.1.1.2: a length, and none about what it is composed of.

use std::sync::{LazyLock, PoisonError};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use thiserror::Error;

use crate::{People, StorageError};

/// The fewest characters of a password.
pub const PASSWORD_CHARACTERS_MIN: usize = 12;
/// The most bytes of one. Nobody types more; a machine might, to keep us busy.
const BYTES_MAX: usize = 1024;

/// Why a password cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// It is too short.
    #[error(
        "the password has fewer than {PASSWORD_CHARACTERS_MIN} characters; some words in a row will do"
    )]
    Short,
    /// It is too long.
    #[error("the password has more than {BYTES_MAX} bytes; take a shorter one")]
    Long,
    /// It is no secret.
    #[error("the password is the login; take one that nobody knows")]
    Login,
    /// It is one character again and again.
    #[error("the password is one character again and again; take one that nobody guesses")]
    Repeated,
}

/// What unknown logins are held against, so that they take as long as known ones.
static NOBODYS: LazyLock<Option<String>> = LazyLock::new(|| {
    let hash = Argon2::default().hash_password_with_salt(b"nobody has this one", b"nobody's salt");
    hash.ok().map(|hash: PasswordHash| hash.to_string())
});

/// Whether a password may be one for this login.
pub(crate) fn check(login: &str, password: &str) -> Result<(), PasswordError> {
    let mut characters = password.chars();
    let first = characters.next();
    if password.chars().count() < PASSWORD_CHARACTERS_MIN {
        return Err(PasswordError::Short);
    }
    if password.len() > BYTES_MAX {
        return Err(PasswordError::Long);
    }
    if password.to_lowercase() == login.to_lowercase() {
        return Err(PasswordError::Login);
    }
    if characters.all(|character| Some(character) == first) {
        return Err(PasswordError::Repeated);
    }
    Ok(())
}

impl People {
    /// What is stored of a password that was checked: argon2id, with 19 MiB, two passes and one lane.
    pub(crate) fn hash_password(&self, password: &str) -> Result<String, StorageError> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt)?;
        let _one = self.hashing.lock().unwrap_or_else(PoisonError::into_inner);
        let hash: PasswordHash = Argon2::default()
            .hash_password_with_salt(password.as_bytes(), &salt)
            .expect("a password of at most a kilobyte and a salt of 16 bytes can be hashed");
        Ok(hash.to_string())
    }

    /// Whether a password is right. Without a stored one it is not, after the same time.
    pub(crate) fn is_right(&self, password: &str, stored: Option<&str>) -> bool {
        let counts = stored.is_some() && password.len() <= BYTES_MAX;
        let password = if password.len() <= BYTES_MAX { password.as_bytes() } else { b"" };
        let Some(Ok(hash)) = stored.or(NOBODYS.as_deref()).map(PasswordHash::new) else {
            return false;
        };
        let _one = self.hashing.lock().unwrap_or_else(PoisonError::into_inner);
        let right = Argon2::default().verify_password(password, &hash).is_ok();
        right && counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_length_and_what_everybody_knows_count() {
        for (password, expected) in [
            ("elevenchars", Err(PasswordError::Short)),
            ("twelve chars", Ok(())),
            // Characters count, not bytes.
            ("äöüäöüäöüäö", Err(PasswordError::Short)),
            ("äöüäöüäöüäöü", Ok(())),
            ("Ada@Lab.Example", Err(PasswordError::Login)),
            ("aaaaaaaaaaaaaaaa", Err(PasswordError::Repeated)),
            (&"ab".repeat(512), Ok(())),
            (&"ab".repeat(513), Err(PasswordError::Long)),
        ] {
            assert_eq!(check("ada@lab.example", password), expected, "{password}");
        }
    }
}
