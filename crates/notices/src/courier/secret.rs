//! Where secrets come from.

use std::io;
use std::path::{Path, PathBuf};

use lettre::transport::smtp::authentication::Credentials;
use standardwebhooks::Webhook;
use thiserror::Error;

use crate::{SecretSource, Smtp, WebhookEndpoint};

/// Why a secret cannot be used. Never says what the secret is.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The environment variable is not there, or empty.
    #[error("set the environment variable `{variable}`: it holds {purpose}")]
    NotSet {
        /// The variable.
        variable: String,
        /// What the secret is for.
        purpose: String,
    },
    /// The file cannot be read, or is empty.
    #[error("cannot read `{path}`, which holds {purpose}")]
    File {
        /// The file's path.
        path: PathBuf,
        /// What the secret is for.
        purpose: String,
        /// What the system said.
        source: io::Error,
    },
    /// A webhook's secret is no secret of Standard Webhooks.
    #[error(
        "`{place}` holds no {purpose}; that is `whsec_` and then 24 to 64 bytes in base64, \
         as `echo whsec_$(openssl rand -base64 32)` makes it"
    )]
    Malformed {
        /// The variable or the file.
        place: String,
        /// What the secret is for.
        purpose: String,
    },
}

/// Whatever secrets may be read from.
pub(super) struct Secrets<'a> {
    pub folder: &'a Path,
    pub environment: &'a dyn Fn(&str) -> Option<String>,
}

impl Secrets<'_> {
    /// What signs requests to the endpoint: its secret, or all of them during a change of secrets.
    pub fn signers(&self, hook: &WebhookEndpoint) -> Result<Vec<Webhook>, SecretError> {
        let secrets =
            self.read(&hook.secret, || format!("the signing secret of `{}`", hook.url))?;
        secrets.split_whitespace().map(signer).collect::<Option<_>>().ok_or_else(|| {
            let place = match &hook.secret {
                SecretSource::Environment(variable) => variable.clone(),
                SecretSource::File(path) => path.display().to_string(),
            };
            SecretError::Malformed { place, purpose: format!("signing secret of `{}`", hook.url) }
        })
    }

    /// User name and password for the mail server, if it wants them.
    pub fn credentials(&self, smtp: &Smtp) -> Result<Option<Credentials>, SecretError> {
        let Some((username, password)) = &smtp.credentials else {
            return Ok(None);
        };
        let username = self.read(username, || format!("the user name for `{}`", smtp.host))?;
        let password = self.read(password, || format!("the password for `{}`", smtp.host))?;
        Ok(Some(Credentials::new(username, password)))
    }

    fn read(
        &self,
        source: &SecretSource,
        purpose: impl Fn() -> String,
    ) -> Result<String, SecretError> {
        match source {
            SecretSource::Environment(variable) => {
                let secret =
                    (self.environment)(variable).filter(|secret| !secret.trim().is_empty());
                secret.map(|secret| secret.trim().to_owned()).ok_or_else(|| SecretError::NotSet {
                    variable: variable.clone(),
                    purpose: purpose(),
                })
            }
            SecretSource::File(path) => {
                let path = self.folder.join(path);
                let secret =
                    std::fs::read_to_string(&path).and_then(|secret| match secret.trim() {
                        "" => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is empty")),
                        secret => Ok(secret.to_owned()),
                    });
                secret.map_err(|source| SecretError::File { path, purpose: purpose(), source })
            }
        }
    }
}

/// The specification asks for 192 bits at least and 512 at most.
fn signer(secret: &str) -> Option<Webhook> {
    let encoded = secret.strip_prefix("whsec_")?;
    let padding = encoded.chars().rev().take_while(|c| *c == '=').count();
    let bytes = (encoded.len() / 4 * 3).checked_sub(padding)?;
    if !(24..=64).contains(&bytes) {
        return None;
    }
    Webhook::new(secret).ok()
}
