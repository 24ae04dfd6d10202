//! Where a webhook may be sent.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use reqwest::Url;
use serde::Deserialize;

use super::{SecretSource, SettingsError};

/// One endpoint that gets signed requests.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Stated")]
pub struct WebhookEndpoint {
    /// Its URL in normal form: `https`, or `http` on this very machine.
    pub url: String,
    /// Where its signing secrets are: one, or during a change of secrets several with white space in
    /// between, each `whsec_` and then 24 to 64 bytes in base64.
    pub secret: SecretSource,
    /// Whether it may be in a network that is not public. Without this, a name that leads there is
    /// not connected to, lest a party reach what only this machine should.
    pub allow_private: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    url: String,
    secret_env: Option<String>,
    secret_file: Option<PathBuf>,
    #[serde(default)]
    allow_private: bool,
}

impl TryFrom<Stated> for WebhookEndpoint {
    type Error = SettingsError;

    fn try_from(stated: Stated) -> Result<WebhookEndpoint, SettingsError> {
        let Stated { url, secret_env, secret_file, allow_private } = stated;
        let url = examine(&url, allow_private)?;
        let secret = match (secret_env, secret_file) {
            (Some(variable), None) => SecretSource::Environment(variable),
            (None, Some(path)) => SecretSource::File(path),
            _ => return Err(SettingsError::Secret { url: url.into() }),
        };
        Ok(WebhookEndpoint { url: url.into(), secret, allow_private })
    }
}

fn examine(text: &str, allow_private: bool) -> Result<Url, SettingsError> {
    let refuse = |url: &str, reason: &str| {
        Err(SettingsError::Url { url: url.to_owned(), reason: reason.to_owned() })
    };
    let Ok(mut url) = Url::parse(text) else {
        return refuse(text, "it is no URL; write `https://host/path`");
    };
    if !url.username().is_empty() || url.password().is_some() {
        // What is refused is shown, and a password should not be.
        let (_, _) = (url.set_username(""), url.set_password(None));
        return refuse(url.as_str(), "it holds a password; put it into `secret_env`");
    }
    let address = address(&url);
    let here = url.host_str() == Some("localhost") || address.is_some_and(|ip| ip.is_loopback());
    match url.scheme() {
        "https" => {}
        "http" if here => {}
        "http" => return refuse(text, "it would travel in the clear; use `https`"),
        _ => return refuse(text, "it is neither `https` nor `http`"),
    }
    if !allow_private && (here || address.is_some_and(|ip| !is_public(ip))) {
        return refuse(
            text,
            "it is in no public network; if that is meant, say `allow_private = true`",
        );
    }
    url.set_fragment(None);
    Ok(url)
}

/// The address that stands in the URL itself, in whatever way it is written.
fn address(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Networks that are not reached over the public Internet: IANA's registry of special-purpose IPv4
/// addresses (<https://www.iana.org/assignments/iana-ipv4-special-registry>), multicast and reserved.
const NOT_PUBLIC_V4: [(Ipv4Addr, u32); 14] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// What is not public inside of `2000::/3`, from
/// <https://www.iana.org/assignments/iana-ipv6-special-registry>. Teredo and 6to4 are among it: they
/// carry an IPv4 address, which may be a private one.
const NOT_PUBLIC_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// The only part of IPv6 that addresses in public are given from.
const PUBLIC_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Whether the address may be reached over the public Internet.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !NOT_PUBLIC_V4.iter().any(|(network, length)| {
            u32::from(v4) >> (32 - length) == u32::from(*network) >> (32 - length)
        }),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public(v4.into()),
            None => within(v6, PUBLIC_V6) && !NOT_PUBLIC_V6.iter().any(|net| within(v6, *net)),
        },
    }
}

fn within(address: Ipv6Addr, (network, length): (Ipv6Addr, u32)) -> bool {
    u128::from(address) >> (128 - length) == u128::from(network) >> (128 - length)
}
