//! The mail server.

use std::net::IpAddr;

use lettre::message::Mailbox;
use serde::Deserialize;

use super::{SecretSource, SettingsError};

/// The mail server that mails are handed to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Stated")]
pub struct Smtp {
    /// Its name, or its address.
    pub host: String,
    /// Its port. Where none is stated: 465 if TLS is required, else 587.
    pub port: u16,
    /// Whom mails are from: `charter@example.com` or `Charter <charter@example.com>`.
    pub from: String,
    /// Where user name and password are, if the server wants them.
    pub credentials: Option<(SecretSource, SecretSource)>,
    /// Whether mails travel encrypted.
    pub tls: Tls,
}

/// Whether mails travel encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Always, from the first byte on port 465 and by `STARTTLS` on others; otherwise none is sent.
    #[default]
    Required,
    /// If the server offers it. No password is sent then, as whoever sits between could take away
    /// the offer.
    Opportunistic,
    /// Never. For a server on this very machine only.
    None,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    host: String,
    port: Option<u16>,
    from: String,
    username_env: Option<String>,
    password_env: Option<String>,
    #[serde(default)]
    tls: Tls,
}

impl TryFrom<Stated> for Smtp {
    type Error = SettingsError;

    fn try_from(stated: Stated) -> Result<Smtp, SettingsError> {
        let Stated { host, port, from, username_env, password_env, tls } = stated;
        if from.parse::<Mailbox>().is_err() {
            return Err(SettingsError::Address(from));
        }
        if tls == Tls::None && !is_loopback(&host) {
            return Err(SettingsError::Smtp(
                "`tls = \"none\"` is for a server on this machine; \
                 say `host = \"127.0.0.1\"`, or `tls = \"required\"`",
            ));
        }
        let credentials = match (username_env, password_env) {
            (None, None) => None,
            (Some(_), Some(_)) if tls == Tls::Opportunistic => {
                return Err(SettingsError::Smtp(
                    "`tls = \"opportunistic\"` could send the password in the clear; \
                     say `tls = \"required\"`",
                ));
            }
            (Some(username), Some(password)) => {
                Some((SecretSource::Environment(username), SecretSource::Environment(password)))
            }
            _ => {
                return Err(SettingsError::Smtp(
                    "`username_env` and `password_env` belong together; state both or none",
                ));
            }
        };
        let port = port.unwrap_or(if tls == Tls::Required { 465 } else { 587 });
        Ok(Smtp { host, port, from, credentials, tls })
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
