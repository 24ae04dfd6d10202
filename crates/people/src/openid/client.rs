//! The protocol's library, with our HTTP client and with groups among what is said of somebody.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AsyncHttpClient, ClientId, ClientSecret, EmptyExtraTokenFields, EndUserName,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdTokenFields,
    IssuerUrl, LocalizedClaim, RedirectUrl, RequestTokenError, StandardErrorResponse,
    StandardTokenResponse, UserInfoClaims, http,
};
use reqwest::redirect::Policy;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{OpenIdError, Settings, failed};
use crate::Secret;

/// The longest answer that is read, in bytes.
const ANSWER: usize = 1 << 20;

/// How long a provider may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// An HTTP client to ask a provider with: it trusts the machine's certificates, follows no redirect, as the
/// protocol has none here, and does not wait for ever.
///
/// # Errors
/// [`OpenIdError::Settings`] if the machine's certificates or proxies cannot be used.
pub fn http_client() -> Result<reqwest::Client, OpenIdError> {
    let wrong = |error: &dyn std::error::Error| OpenIdError::Settings(error.to_string());
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("charterparty/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .timeout(ANSWER_WITHIN);
    client.build().map_err(|error| wrong(&error))
}

/// What is said of somebody beside what the standard has.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Groups {
    #[serde(default)]
    pub groups: Vec<String>,
}

impl AdditionalClaims for Groups {}

pub(super) type UserInfo = UserInfoClaims<Groups, CoreGenderClaim>;

type Fields = IdTokenFields<
    Groups,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

pub(super) type Client = openidconnect::Client<
    Groups,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Reads what the provider publishes of itself.
pub(super) async fn discover(
    issuer: &IssuerUrl,
    settings: &Settings,
    secret: Option<&Secret>,
    return_address: &str,
    http: &Http,
) -> Result<Client, OpenIdError> {
    let published = CoreProviderMetadata::discover_async(issuer.clone(), http).await;
    let published = published.map_err(|error| failed("say where it is", &error))?;
    let returns = RedirectUrl::new(return_address.to_owned())
        .map_err(|error| OpenIdError::Settings(format!("the server's own address: {error}")))?;
    let secret = secret.map(|secret| ClientSecret::new(secret.reveal().to_owned()));
    let id = ClientId::new(settings.client_id.clone());
    Ok(Client::from_provider_metadata(published, id, secret).set_redirect_uri(returns))
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub(super) enum NoAnswer {
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    #[error("the answer has more than a megabyte")]
    Long,
    #[error("the answer is none")]
    Invalid(#[from] http::Error),
}

/// Our own HTTP client, as the protocol's library asks it.
#[derive(Debug)]
pub(super) struct Http(pub reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(call(&self.0, request))
    }
}

async fn call(client: &reqwest::Client, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
    // An address may have a code in it, which errors would show.
    let sent = client.execute(request.try_into()?).await.map_err(reqwest::Error::without_url);
    let mut response = sent?;
    let mut answer = http::Response::builder().status(response.status());
    for (name, value) in response.headers() {
        answer = answer.header(name, value);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
        if body.len() + chunk.len() > ANSWER {
            return Err(NoAnswer::Long);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(answer.body(body)?)
}

/// Why a request for a token was refused, without what was answered: a token may be in it.
pub(super) fn refused(
    doing: &'static str,
    error: RequestTokenError<NoAnswer, StandardErrorResponse<CoreErrorResponseType>>,
) -> OpenIdError {
    let reason = match error {
        RequestTokenError::ServerResponse(said) => format!("it says `{}`", said.error()),
        RequestTokenError::Request(error) => error.to_string(),
        RequestTokenError::Parse(..) => "its answer cannot be read".to_owned(),
        RequestTokenError::Other(reason) => reason,
    };
    OpenIdError::Provider { doing, reason }
}

/// A name in whatever language comes first.
pub(super) fn name(name: Option<&LocalizedClaim<EndUserName>>) -> Option<String> {
    let name = name?;
    name.get(None).or_else(|| name.iter().next().map(|(_, name)| name)).map(|name| name.to_string())
}
