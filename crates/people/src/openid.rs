//! Somebody else vouches: OpenID Connect, by authorisation code with PKCE.
//!
//! `state`, `nonce` and the verifier stay here, in the store, for ten minutes and for one return; the browser
//! has the state in a cookie beside, so that nobody is logged in by a link that another has begun. What the
//! provider publishes is fetched anew for each round trip, as its keys change and this is not often.

mod arrival;
mod client;
mod flow;

use std::collections::BTreeMap;

use access::Grant;
use jiff::Timestamp;
use openidconnect::core::{CoreAuthenticationFlow, CoreJwsSigningAlgorithm};
use openidconnect::{
    AuthorizationCode, CsrfToken, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, Scope, TokenResponse,
};
use serde::Deserialize;
use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::{Account, MakeError, People, Secret, StorageError};
use arrival::Arrival;
pub use client::http_client;
use client::{Client, Http, UserInfo};
use flow::Flow;
pub use flow::path_of_ours;

/// `[server.openid]` of `charter.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The provider's address, as it writes it itself. HTTPS, but for this machine's own.
    pub issuer: String,
    /// What the provider calls this server.
    pub client_id: String,
    /// The variable that holds the secret shared with the provider, if there is one.
    pub client_secret_env: Option<String>,
    /// What members of the provider's groups are granted. If there are any, others do not come in.
    #[serde(default)]
    pub groups: BTreeMap<String, Vec<Grant>>,
}

/// A provider, ready to be sent to.
#[derive(Debug)]
pub struct Provider {
    settings: Settings,
    issuer: IssuerUrl,
    secret: Option<Secret>,
    return_address: String,
    http: Http,
}

/// Where a browser is to go, and what it is to keep in a cookie until it returns.
#[derive(Debug)]
pub struct Departure {
    /// The provider's page.
    pub address: String,
    /// To be kept by the browser.
    pub state: Secret,
}

/// What a browser returns with.
#[derive(Debug)]
pub struct Return<'a> {
    /// `state` of the address.
    pub state: &'a str,
    /// `state` of the cookie.
    pub kept: &'a str,
    /// `code` of the address.
    pub code: &'a str,
    /// `iss` of the address, where the provider gives it (RFC 9207).
    pub issuer: Option<&'a str>,
}

/// Somebody whom the provider vouched for, and whom we know.
#[derive(Debug)]
pub struct Arrived {
    /// Whose account it is. No session is open yet.
    pub account: Account,
    /// The path they wanted to see.
    pub return_to: String,
}

/// Why nobody came in by a provider.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenIdError {
    /// The settings cannot be used.
    #[error("`server.openid` cannot be used: {0}")]
    Settings(String),
    /// The provider does not answer, or not as a provider.
    #[error(
        "the provider cannot be asked to {doing}: {reason}; try again, or log in with a password"
    )]
    Provider {
        /// What was asked of it.
        doing: &'static str,
        /// What went wrong. Never what it answered, as that has tokens in it.
        reason: String,
    },
    /// Nobody was sent to the provider from this browser, or too long ago.
    #[error("this return belongs to no login that was begun here; begin again")]
    Unexpected,
    /// What the provider says of somebody cannot be believed.
    #[error("the provider's word does not count: {0}; begin again")]
    Untrue(String),
    /// The provider vouched for somebody whom nobody has invited.
    #[error(
        "nobody has invited you; ask an operator to invite the e-mail address that the provider knows"
    )]
    NotInvited,
    /// They are in none of the groups that may come in, or their account is disabled.
    #[error("your account may not come in; ask an operator")]
    NotAllowed,
    /// The account could not be made.
    #[error(transparent)]
    Account(#[from] MakeError),
    /// The file or SQLite failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Provider {
    /// A provider that these settings name. `return_address` is the whole address that browsers return to,
    /// as the provider knows it. `http` must not follow redirects: [`http_client`] makes one. Nothing is asked of the provider yet.
    ///
    /// # Errors
    /// [`OpenIdError::Settings`] if the addresses cannot be used.
    pub fn new(
        settings: Settings,
        secret: Option<Secret>,
        return_address: String,
        http: reqwest::Client,
    ) -> Result<Provider, OpenIdError> {
        let issuer = IssuerUrl::new(settings.issuer.clone())
            .map_err(|error| OpenIdError::Settings(format!("`issuer`: {error}")))?;
        let of_this_machine =
            matches!(issuer.url().host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if issuer.url().scheme() != "https" && !of_this_machine {
            return Err(OpenIdError::Settings("`issuer` is not an https address".to_owned()));
        }
        Ok(Provider { settings, issuer, secret, return_address, http: Http(http) })
    }

    /// Remembers that somebody is sent to the provider, and says where to. `return_to` is the path they wanted
    /// to see; anything but a path of ours becomes `/`.
    ///
    /// # Errors
    /// [`OpenIdError`] if the provider does not answer, or the file cannot be written.
    pub async fn depart(
        &self,
        people: &People,
        return_to: &str,
        now: Timestamp,
    ) -> Result<Departure, OpenIdError> {
        let client = self.client().await?;
        let random = || Secret::random("").map_err(StorageError::from);
        let (state, nonce, verifier) = (random()?, random()?, random()?);
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(
            verifier.reveal().to_owned(),
        ));
        let (of_state, of_nonce) = (state.reveal().to_owned(), nonce.reveal().to_owned());
        let (address, _, _) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(of_state),
                || Nonce::new(of_nonce),
            )
            .add_scopes(["email", "profile"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        let return_to = flow::path_of_ours(return_to).to_owned();
        people.remember(&state, &Flow { nonce, verifier, return_to }, now)?;
        Ok(Departure { address: address.into(), state })
    }

    /// Lets somebody in who returns with the provider's word, if they are known here: by what the provider
    /// calls them, or by a verified e-mail address that was invited.
    ///
    /// # Errors
    /// [`OpenIdError`], and nobody comes in.
    pub async fn arrive(
        &self,
        people: &People,
        returns: &Return<'_>,
        now: Timestamp,
    ) -> Result<Arrived, OpenIdError> {
        if !bool::from(returns.state.as_bytes().ct_eq(returns.kept.as_bytes()))
            || returns.issuer.is_some_and(|issuer| issuer != self.issuer.as_str())
        {
            return Err(OpenIdError::Unexpected);
        }
        let Some(flow) = people.recall(returns.state, now)? else {
            return Err(OpenIdError::Unexpected);
        };
        let arrival = self.vouched(&flow, returns.code, now).await?;
        let account = people.arrived(&arrival, now)?;
        Ok(Arrived { account, return_to: flow.return_to })
    }

    /// Exchanges a code for what the provider says of whoever has it, and checks that it says so of them, to us,
    /// and now.
    async fn vouched(
        &self,
        flow: &Flow,
        code: &str,
        now: Timestamp,
    ) -> Result<Arrival, OpenIdError> {
        let client = self.client().await?;
        let asked = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| failed("exchange a code", &error))?
            .set_pkce_verifier(PkceCodeVerifier::new(flow.verifier.reveal().to_owned()))
            .request_async(&self.http)
            .await;
        let answer = asked.map_err(|error| client::refused("exchange a code", error))?;
        let token = answer.id_token();
        let token = token.ok_or_else(|| OpenIdError::Untrue("it has no ID token".to_owned()))?;
        let instant = chrono::DateTime::from_timestamp(now.as_second(), 0).unwrap_or_default();
        // Signatures that only the provider can make: none with a secret that is shared, and not `none`.
        let verifier = client.id_token_verifier().set_time_fn(move || instant).set_allowed_algs([
            CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
            CoreJwsSigningAlgorithm::RsaSsaPssSha256,
            CoreJwsSigningAlgorithm::EcdsaP256Sha256,
            CoreJwsSigningAlgorithm::EcdsaP384Sha384,
            CoreJwsSigningAlgorithm::EdDsa,
        ]);
        let nonce = Nonce::new(flow.nonce.reveal().to_owned());
        let claims = token
            .claims(&verifier, &nonce)
            .map_err(|error| OpenIdError::Untrue(error.to_string()))?;
        let mut arrival = Arrival {
            issuer: self.issuer.to_string(),
            subject: claims.subject().to_string(),
            email: claims.email().map(|email| email.to_string()),
            email_is_verified: claims.email_verified() == Some(true),
            name: client::name(claims.name()),
            groups: claims.additional_claims().groups.clone(),
            grants: None,
        };
        // Many providers say who somebody is, and keep the rest for those who ask once more.
        if arrival.email.is_none()
            && let Ok(asked) =
                client.user_info(answer.access_token().clone(), Some(claims.subject().clone()))
        {
            let asked = asked.request_async(&self.http).await;
            let more: UserInfo = asked.map_err(|error| failed("tell more of somebody", &error))?;
            arrival.email = more.email().map(|email| email.to_string());
            arrival.email_is_verified = more.email_verified() == Some(true);
            arrival.name = arrival.name.or(client::name(more.name()));
            arrival.groups.extend_from_slice(&more.additional_claims().groups);
        }
        if !self.settings.groups.is_empty() {
            arrival.grants = Some(self.granted(&arrival.groups)?);
        }
        Ok(arrival)
    }

    /// What somebody in these groups is granted.
    fn granted(&self, groups: &[String]) -> Result<Vec<Grant>, OpenIdError> {
        let known = groups.iter().filter_map(|group| self.settings.groups.get(group));
        let known: Vec<_> = known.collect();
        if known.is_empty() {
            return Err(OpenIdError::NotAllowed);
        }
        let mut grants: Vec<Grant> = known.into_iter().flatten().cloned().collect();
        grants.sort();
        grants.dedup();
        Ok(grants)
    }

    async fn client(&self) -> Result<Client, OpenIdError> {
        client::discover(
            &self.issuer,
            &self.settings,
            self.secret.as_ref(),
            &self.return_address,
            &self.http,
        )
        .await
    }
}

fn failed(doing: &'static str, error: &dyn std::error::Error) -> OpenIdError {
    OpenIdError::Provider { doing, reason: error.to_string() }
}
