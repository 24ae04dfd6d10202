use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;

/// What asks and sends. Where figures go is said by the settings alone, so it follows no redirect and
/// no proxy. It trusts the machine's certificates.
pub(crate) fn client(
    headers: HeaderMap,
    within: Duration,
) -> Result<Client, Box<dyn Error + Send + Sync>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    trusting(roots, headers, within)
}

/// The same for who speaks plain HTTP alone: reading the machine's certificates takes longer than an answer.
pub(crate) fn plain_client(within: Duration) -> Result<Client, Box<dyn Error + Send + Sync>> {
    trusting(rustls::RootCertStore::empty(), HeaderMap::new(), within)
}

fn trusting(
    roots: rustls::RootCertStore,
    headers: HeaderMap,
    within: Duration,
) -> Result<Client, Box<dyn Error + Send + Sync>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("charterparty/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .no_proxy()
        .default_headers(headers)
        .timeout(within);
    Ok(client.build()?)
}
