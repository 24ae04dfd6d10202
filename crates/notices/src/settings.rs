//! What `[notices]` of `charter.toml` says: who is told, where, and by which mail server.

mod address;
mod endpoint;
mod smtp;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use thiserror::Error;

use crate::Way;

pub use address::EmailAddress;
pub use endpoint::WebhookEndpoint;
pub(crate) use endpoint::is_public;
pub use smtp::{Smtp, Tls};

/// Who is told, where, and by which mail server.
///
/// ```toml
/// [notices.smtp]
/// host = "smtp.example.com"
/// from = "Charter <charter@example.com>"
/// username_env = "SMTP_USERNAME"
/// password_env = "SMTP_PASSWORD"
///
/// [notices.parties.oracle]
/// email = ["deals@oracle.example"]
/// webhooks = [{ url = "https://hooks.oracle.example/charter", secret_env = "ORACLE_SECRET" }]
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Stated")]
pub struct Settings {
    /// The mail server. Needed where any party has an e-mail address.
    pub smtp: Option<Smtp>,
    /// Where each party is told, by its name.
    pub parties: BTreeMap<String, Recipient>,
}

/// Where one party is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recipient {
    /// Addresses that get a mail each.
    pub email: Vec<EmailAddress>,
    /// Endpoints that get a signed request each.
    pub webhooks: Vec<WebhookEndpoint>,
}

/// Where a secret is. The secret itself is never in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// In an environment variable.
    Environment(String),
    /// In a file, whose path is taken from the folder of the settings. White space around it is
    /// no part of it.
    File(PathBuf),
}

/// Why settings make no sense.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A party has an e-mail address, and no server is named.
    #[error(
        "`{party}` has an e-mail address, and no mail server is named; \
         add `[notices.smtp]` with `host` and `from`"
    )]
    NoServer {
        /// The party.
        party: String,
    },
    /// An address that no mail can be sent to.
    #[error("`{}` is no e-mail address; write `name@example.com`", .0.escape_debug())]
    Address(String),
    /// Something about the mail server.
    #[error("{0}")]
    Smtp(&'static str),
    /// A URL that no webhook may be sent to.
    #[error("`{url}` cannot be a webhook: {reason}")]
    Url {
        /// What was written, without what may be secret in it.
        url: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A webhook without a secret, or with two.
    #[error("the webhook `{url}` needs one of `secret_env` and `secret_file`")]
    Secret {
        /// The webhook's URL.
        url: String,
    },
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Stated {
    smtp: Option<Smtp>,
    parties: BTreeMap<String, Recipient>,
}

impl TryFrom<Stated> for Settings {
    type Error = SettingsError;

    fn try_from(Stated { smtp, parties }: Stated) -> Result<Settings, SettingsError> {
        let mailed = parties.iter().find(|(_, recipient)| !recipient.email.is_empty());
        if let (None, Some((party, _))) = (&smtp, mailed) {
            return Err(SettingsError::NoServer { party: party.clone() });
        }
        Ok(Settings { smtp, parties })
    }
}

impl Recipient {
    /// Every way and address by which the party is told.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = (Way, &str)> {
        let email = self.email.iter().map(|address| (Way::Email, address.as_str()));
        email.chain(self.webhooks.iter().map(|hook| (Way::Webhook, hook.url.as_str())))
    }
}
