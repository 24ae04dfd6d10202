use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Url};
use thiserror::Error;

use crate::client::client;

/// How long a collector may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    /// The table of `charter.toml` that says where to.
    pub table: &'static str,
    /// What the service is called at the collector, unless `OTEL_SERVICE_NAME` says otherwise.
    pub service: &'static str,
    /// What made the figures and spans.
    pub scope: &'static str,
}

/// A gateway.
pub const GATEWAY: Sender =
    Sender { table: "[gateway.telemetry]", service: "charter-gateway", scope: "charter.gateway" };

/// A server of pages.
pub const SERVER: Sender =
    Sender { table: "[server.telemetry]", service: "charter-server", scope: "charter.server" };

/// A collector. Its headers may hold a secret, so nothing shows them.
pub struct Target {
    base: Url,
    client: Client,
    pub(super) service: String,
    pub(super) scope: &'static str,
}

/// Why nobody knows where to send.
#[derive(Debug, Error)]
pub enum TargetError {
    /// No address.
    #[error("`{0}` has no `endpoint`, and `OTEL_EXPORTER_OTLP_ENDPOINT` is not in the environment")]
    Nowhere(&'static str),
    /// An address of another kind. It is not shown, as it may hold a password.
    #[error("the endpoint of `{0}` is no URL such as `http://127.0.0.1:4318`")]
    NoUrl(&'static str),
    /// Headers that are none. They are not shown, as they may hold a secret.
    #[error("`OTEL_EXPORTER_OTLP_HEADERS` is no list such as `name=value,name=value`")]
    NoHeaders,
    /// The library refuses.
    #[error("no connection to the collector can be made")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why something was not sent.
pub(crate) struct NotSent {
    /// Whether it may be sent the next time.
    pub may_pass: bool,
    /// A sentence without anything of what was sent.
    pub why: String,
}

impl Target {
    /// The collector that settings or the standard variables of the environment name. Settings win.
    ///
    /// # Errors
    /// There is none, or what is said of it cannot be read.
    pub fn of(
        sender: Sender,
        endpoint: Option<&str>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Target, TargetError> {
        let Sender { table, service, scope } = sender;
        let said = |name| environment(name).filter(|value| !value.is_empty());
        let endpoint = endpoint.map(str::to_string);
        let endpoint = endpoint.or_else(|| said("OTEL_EXPORTER_OTLP_ENDPOINT"));
        let endpoint = endpoint.ok_or(TargetError::Nowhere(table))?;
        let mut base = Url::parse(&endpoint).map_err(|_| TargetError::NoUrl(table))?;
        let has_login = !base.username().is_empty() || base.password().is_some();
        if !matches!(base.scheme(), "http" | "https") || has_login {
            return Err(TargetError::NoUrl(table));
        }
        // What is joined to a path without a slash at its end takes the place of its last part.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let stated = said("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default();
        let mut headers = headers(&stated).ok_or(TargetError::NoHeaders)?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        let service = said("OTEL_SERVICE_NAME").unwrap_or_else(|| service.to_string());
        let client = client(headers, ANSWER_WITHIN).map_err(TargetError::Client)?;
        Ok(Target { base, client, service, scope })
    }

    pub(crate) async fn send(&self, path: &str, body: Vec<u8>) -> Result<(), NotSent> {
        let url = self.base.join(path).map_err(|_| NotSent {
            may_pass: false,
            why: "the endpoint cannot have a path".to_string(),
        })?;
        let sent = self.client.post(url).body(body).send().await;
        match sent {
            // Of an error only what kind it is: its text holds the address.
            Err(error) => Err(NotSent {
                may_pass: true,
                why: match error.is_timeout() {
                    true => "the collector did not answer in time".to_string(),
                    false => "the collector cannot be reached".to_string(),
                },
            }),
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => {
                let status = answer.status().as_u16();
                // Those that the protocol says to try again.
                let may_pass = matches!(status, 429 | 502 | 503 | 504);
                Err(NotSent { may_pass, why: format!("the collector answered {status}") })
            }
        }
    }
}

/// Headers as `name=value,name=value`, the values percent-encoded.
fn headers(text: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=')?;
        let value = percent_encoding::percent_decode_str(value.trim()).decode_utf8().ok()?;
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_bytes(name.trim().as_bytes()).ok()?, value);
    }
    Some(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_win_over_the_environment() {
        let environment = |name: &str| match name {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("https://collector.example/in".to_string()),
            _ => None,
        };
        for (stated, expected) in [
            (Some("http://127.0.0.1:4318"), "http://127.0.0.1:4318/v1/traces"),
            (None, "https://collector.example/in/v1/traces"),
        ] {
            let target = Target::of(GATEWAY, stated, environment).ok().unwrap();
            assert_eq!(target.base.join("v1/traces").unwrap().as_str(), expected);
        }
        for wrong in ["127.0.0.1:4318", "ftp://x", "http://user:secret@x"] {
            let refused = Target::of(SERVER, Some(wrong), |_| None).err().unwrap();
            assert!(!refused.to_string().contains("secret"), "{refused}");
        }
        let nowhere = Target::of(SERVER, None, |_| None).err().unwrap();
        assert!(nowhere.to_string().contains("[server.telemetry]"), "{nowhere}");
    }

    #[test]
    fn headers_are_decoded_and_not_shown() {
        let found = headers("authorization=Bearer%20abc, x-tenant = a ").unwrap();
        assert_eq!(found["authorization"], "Bearer abc");
        assert_eq!(found["x-tenant"], "a");
        assert!(!format!("{found:?}").contains("abc"));
        assert!(headers("authorization").is_none() && headers("a b=c").is_none());
    }
}
