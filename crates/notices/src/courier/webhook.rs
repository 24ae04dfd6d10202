//! Webhooks, signed as <https://www.standardwebhooks.com> says.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response, StatusCode};
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook,
};

use super::guard::PublicOnly;
use super::{Answer, reason};
use crate::{Outgoing, WebhookEndpoint, schedule};

/// How long a receiver has to answer; the specification recommends 15 to 30 seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// One receiver.
pub(super) struct Endpoint {
    pub client: Client,
    pub signers: Vec<Webhook>,
}

/// What makes the requests: to public networks, and to any.
pub(super) struct Clients {
    public: Client,
    any: Client,
}

impl Clients {
    pub fn new() -> Result<Clients, Box<dyn Error + Send + Sync>> {
        let tls = tls()?;
        Ok(Clients {
            public: client(&tls).dns_resolver(Arc::new(PublicOnly)).build()?,
            any: client(&tls).build()?,
        })
    }

    pub fn of(&self, hook: &WebhookEndpoint) -> Client {
        if hook.allow_private { self.any.clone() } else { self.public.clone() }
    }
}

fn client(tls: &ClientConfig) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .user_agent(concat!("charterparty/", env!("CARGO_PKG_VERSION")))
        // A redirect could lead anywhere, and the specification counts it as a failure.
        .redirect(Policy::none())
        // A proxy would resolve names by itself, past the guard.
        .no_proxy()
        .timeout(ANSWER_WITHIN)
}

/// The machine's certificates, or those that `SSL_CERT_FILE` names.
fn tls() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

impl Endpoint {
    pub async fn send(&self, outgoing: &Outgoing, now: Timestamp) -> Answer {
        let body = body(outgoing);
        let Some(signature) = self.sign(&outgoing.key, now, &body) else {
            return Answer::Refused { reason: "it cannot be signed".to_owned() };
        };
        let request = self
            .client
            .post(&outgoing.address)
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER_WEBHOOK_ID, &outgoing.key)
            .header(HEADER_WEBHOOK_TIMESTAMP, now.as_second())
            .header(HEADER_WEBHOOK_SIGNATURE, signature)
            .body(body);
        match request.send().await {
            // The answer's body is never read: nobody can fill our memory with it.
            Ok(response) => judge(&response, now),
            // The URL is in the outbox already.
            Err(error) if error.is_timeout() => Answer::Failed {
                reason: format!("no answer within {} seconds", ANSWER_WITHIN.as_secs()),
                asked: None,
            },
            Err(error) => Answer::Failed { reason: reason(&error.without_url()), asked: None },
        }
    }

    fn sign(&self, key: &str, now: Timestamp, body: &str) -> Option<String> {
        let sign = |signer: &Webhook| signer.sign(key, now.as_second(), body.as_bytes()).ok();
        let signatures = self.signers.iter().map(sign).collect::<Option<Vec<_>>>()?;
        Some(signatures.join(" "))
    }
}

/// The payload in the structure that the specification recommends.
fn body(outgoing: &Outgoing) -> String {
    let notice = &outgoing.notice;
    json!({ "type": notice.kind, "timestamp": notice.occurred, "data": notice.payload }).to_string()
}

/// What a status means.
///
/// Every failure but one is worth another attempt: a wrong status is as often a mistake in the
/// receiver's server as in the request, and mistakes get corrected within days. Only `410 Gone` says
/// that nobody wants this any more.
fn judge(response: &Response, now: Timestamp) -> Answer {
    let status = response.status();
    if status.is_success() {
        return Answer::Received;
    }
    let reason = match status {
        StatusCode::GONE => {
            return Answer::Refused { reason: "answered 410 Gone: it wants no more".to_owned() };
        }
        _ if status.is_redirection() => {
            format!("answered {status}, and redirects are not followed: name the final URL")
        }
        _ => format!("answered {status}"),
    };
    let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    Answer::Failed { reason, asked: asked.and_then(|asked| retry_after(asked, now)) }
}

/// Seconds or a date, as RFC 9110, section 10.2.3, has it.
fn retry_after(value: &str, now: Timestamp) -> Option<Timestamp> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(schedule::later(now, SignedDuration::from_secs(seconds.into())));
    }
    DateTimeParser::new().parse_timestamp(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the libraries of Standard Webhooks test themselves with.
    #[test]
    fn signatures_are_those_of_the_specification() {
        let signer = Webhook::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let endpoint = Endpoint { client: Clients::new().unwrap().any, signers: vec![signer] };
        let now = Timestamp::from_second(1_614_265_330).unwrap();
        let signature =
            endpoint.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", now, "{\"test\": 2432232314}");
        assert_eq!(signature.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn both_forms_of_retry_after_are_read() {
        let now: Timestamp = "1994-11-06T08:49:30Z".parse().unwrap();
        let at: Timestamp = "1994-11-06T08:49:37Z".parse().unwrap();
        for value in ["7", " 7 ", "Sun, 06 Nov 1994 08:49:37 GMT"] {
            assert_eq!(retry_after(value, now), Some(at), "{value}");
        }
        for value in ["", "-7", "7.5", "soon", "99999999999"] {
            assert_eq!(retry_after(value, now), None, "{value}");
        }
    }
}
