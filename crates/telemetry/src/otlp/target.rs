use std::time::Duration;

use gateway::config::TelemetrySettings;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Url};
use thiserror::Error;

use crate::client::client;

/// How long a collector may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A collector. Its headers may hold a secret, so nothing shows them.
pub struct Target {
    base: Url,
    client: Client,
    service: String,
}

/// Why nobody knows where to send.
#[derive(Debug, Error)]
pub enum TargetError {
    /// No address.
    #[error(
        "`[gateway.telemetry]` has no `endpoint`, and `OTEL_EXPORTER_OTLP_ENDPOINT` is not in the \
         environment"
    )]
    Nowhere,
    /// An address of another kind. It is not shown, as it may hold a password.
    #[error("the endpoint of `[gateway.telemetry]` is no URL such as `http://127.0.0.1:4318`")]
    NoUrl,
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
    /// The collector that settings and the standard variables of the environment name. Settings win.
    ///
    /// # Errors
    /// There is none, or what is said of it cannot be read.
    pub fn of(
        settings: &TelemetrySettings,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Target, TargetError> {
        let said = |name| environment(name).filter(|value| !value.is_empty());
        let endpoint = settings.endpoint.clone().or_else(|| said("OTEL_EXPORTER_OTLP_ENDPOINT"));
        let endpoint = endpoint.ok_or(TargetError::Nowhere)?;
        let mut base = Url::parse(&endpoint).map_err(|_| TargetError::NoUrl)?;
        let has_login = !base.username().is_empty() || base.password().is_some();
        if !matches!(base.scheme(), "http" | "https") || has_login {
            return Err(TargetError::NoUrl);
        }
        // What is joined to a path without a slash at its end takes the place of its last part.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let stated = said("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default();
        let mut headers = headers(&stated).ok_or(TargetError::NoHeaders)?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        let service = said("OTEL_SERVICE_NAME").unwrap_or_else(|| "charter-gateway".to_string());
        let client = client(headers, ANSWER_WITHIN).map_err(TargetError::Client)?;
        Ok(Target { base, client, service })
    }

    /// What the gateway is called there.
    pub fn service(&self) -> &str {
        &self.service
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

    fn settings(endpoint: Option<&str>) -> TelemetrySettings {
        TelemetrySettings {
            endpoint: endpoint.map(str::to_string),
            sample: "1/100".parse().unwrap(),
            metrics_every_ms: 1,
            accept_traceparent: false,
            forward_traceparent: false,
        }
    }

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
            let target = Target::of(&settings(stated), environment).ok().unwrap();
            assert_eq!(target.base.join("v1/traces").unwrap().as_str(), expected);
        }
        for wrong in ["127.0.0.1:4318", "ftp://x", "http://user:secret@x"] {
            let refused = Target::of(&settings(Some(wrong)), |_| None).err().unwrap();
            assert!(!refused.to_string().contains("secret"), "{refused}");
        }
        assert!(matches!(Target::of(&settings(None), |_| None), Err(TargetError::Nowhere)));
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
