//! Codes of an authenticator beside the password, after RFC 6238.
//!
//! Codes have six digits, steps thirty seconds, and the hash is SHA-1, as apps silently take it for any other. The
//! step before and the one after count too. A code counts once, and so does every earlier one then.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use thiserror::Error;
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

use crate::{ChangeError, Kind, People, Secret, StorageError, log};

const ISSUER: &str = "Charterparty";

/// A second factor that is being set up. It counts from the first code on.
#[derive(Debug)]
pub struct Enrolment {
    /// An `otpauth://` address, for an app.
    pub address: Secret,
    /// The secret in letters and digits, to be typed into one.
    pub text: Secret,
}

/// Why a second factor was not changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SecondFactorError {
    /// The code is wrong, or was used.
    #[error(
        "the code is wrong, or was used already; see that the device's clock is right, and wait for the next one"
    )]
    WrongCode,
    /// The account could not be changed.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl From<StorageError> for SecondFactorError {
    fn from(error: StorageError) -> SecondFactorError {
        SecondFactorError::Change(error.into())
    }
}

impl People {
    /// Makes a secret for a second factor, and shows it this once. One that was begun before is forgotten; one
    /// that counts goes on until the new one does.
    ///
    /// # Errors
    /// [`ChangeError`] if there is no such account.
    pub fn begin_second_factor(&self, login: &str) -> Result<Enrolment, ChangeError> {
        let mut bytes = Zeroizing::new([0; 20]);
        getrandom::fill(&mut bytes[..]).map_err(StorageError::from)?;
        let mut name = String::new();
        self.change(login, |connection, account| {
            name.clone_from(&account.login);
            let sql = "UPDATE account SET enrolling = ? WHERE id = ?";
            connection.execute(sql, (&bytes[..], account.id)).map(|_| ())
        })?;
        let totp = totp(&bytes[..], &name);
        let address = totp.to_url().expect("a login has no character that an address may not have");
        Ok(Enrolment {
            address: Secret::new(address),
            text: Secret::new(totp.secret().to_base32()),
        })
    }

    /// Has the second factor that was begun count, as its first code shows that it was taken over.
    ///
    /// # Errors
    /// [`SecondFactorError`], and nothing is changed.
    pub fn confirm_second_factor(
        &self,
        login: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<(), SecondFactorError> {
        let mut right = false;
        self.change(login, |connection, account| {
            let secret: Option<Vec<u8>> = connection.query_row(
                "SELECT enrolling FROM account WHERE id = ?",
                [account.id],
                |row| row.get(0),
            )?;
            let secret = secret.map(Zeroizing::new);
            let Some(step) = secret.as_ref().and_then(|secret| step_of(secret, code, now)) else {
                return Ok(());
            };
            right = true;
            connection.execute(
                "UPDATE account SET factor = enrolling, factor_step = ?, enrolling = NULL \
                 WHERE id = ?",
                (step, account.id),
            )?;
            let login = Some(account.login.as_str());
            log::enter(connection, now, Kind::SecondFactorOn, login, login, "")
        })?;
        if right { Ok(()) } else { Err(SecondFactorError::WrongCode) }
    }

    /// Does without a second factor, at its owner's wish, who shows a code of it once more.
    ///
    /// # Errors
    /// [`SecondFactorError`], and nothing is changed.
    pub fn leave_second_factor(
        &self,
        login: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<(), SecondFactorError> {
        let mut right = false;
        self.change(login, |connection, account| {
            right = uses(connection, account.id, code, now)?;
            if right {
                drop_factor(connection, account.id, &account.login, None, now)
            } else {
                Ok(())
            }
        })?;
        if right { Ok(()) } else { Err(SecondFactorError::WrongCode) }
    }

    /// Takes away a second factor whose owner has lost it. An operator has seen who asks.
    ///
    /// # Errors
    /// [`ChangeError`], and nothing is changed.
    pub fn drop_second_factor(
        &self,
        login: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        self.change(login, |connection, account| {
            drop_factor(connection, account.id, &account.login, Some(actor), now)
        })
    }
}

fn drop_factor(
    connection: &Connection,
    account: i64,
    login: &str,
    actor: Option<&str>,
    now: Timestamp,
) -> Result<(), rusqlite::Error> {
    connection
        .execute("UPDATE account SET factor = NULL, enrolling = NULL WHERE id = ?", [account])?;
    let actor = actor.unwrap_or(login);
    log::enter(connection, now, Kind::SecondFactorOff, Some(login), Some(actor), "")
}

/// Whether a code is right and was not used; from now on it was.
pub(crate) fn uses(
    connection: &Connection,
    account: i64,
    code: &str,
    now: Timestamp,
) -> Result<bool, rusqlite::Error> {
    let found: Option<(Vec<u8>, i64)> = connection
        .query_row(
            "SELECT factor, factor_step FROM account WHERE id = ? AND factor IS NOT NULL",
            [account],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((secret, used)) = found else { return Ok(false) };
    let secret = Zeroizing::new(secret);
    let Some(step) = step_of(&secret, code, now).filter(|step| *step > used) else {
        return Ok(false);
    };
    connection
        .execute("UPDATE account SET factor_step = ? WHERE id = ?", (step, account))
        .map(|_| true)
}

/// The step whose code this is, among those that count now.
fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Option<i64> {
    let code: String = code.chars().filter(|typed| !typed.is_whitespace()).collect();
    let seconds = u64::try_from(now.as_second()).ok()?;
    i64::try_from(totp(secret, "").check(&code, seconds)?).ok()
}

fn totp(secret: &[u8], login: &str) -> Totp {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(secret.to_vec())
        .with_issuer(Some(ISSUER))
        .with_account_name(login)
        .build_noncompliant()
}
