//! How a call is put to an upstream that may speak another dialect than the client.

use std::borrow::Cow;

use hyper::HeaderMap;
use hyper::header::{self, HeaderName, HeaderValue};
use thiserror::Error;

use crate::config::{Upstream, UpstreamDialect};
use crate::route::{Dialect, Endpoint, Route};

/// The header in which Azure wants a key.
pub const API_KEY: HeaderName = HeaderName::from_static("api-key");

/// What a browser's key has in front, among the protocols of a WebSocket.
const BROWSERS_KEY: &[u8] = b"openai-insecure-api-key.";

/// Why an upstream's dialect cannot say what a client asks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{parameter}` cannot be carried to this model's upstream: {why}")]
pub struct NotCarried {
    /// The parameter, by its name in the request.
    pub parameter: String,
    /// Why not.
    pub why: &'static str,
}

/// Path and query of a call at an upstream.
///
/// The upstream, its base and the deployment come from the settings alone; of the client's path only
/// what [`Route::of`] left of it is taken.
///
/// # Errors
/// The upstream wants an `api-version` and nobody states one.
pub fn target(
    route: &Route<'_>,
    query: Option<&str>,
    upstream: &Upstream,
    deployment: Option<&str>,
) -> Result<String, NotCarried> {
    let rest = route.rest;
    let mut target = String::with_capacity(upstream.base.len() + rest.len() + 64);
    target.push_str(&upstream.base);
    let by_deployment = upstream.dialect == UpstreamDialect::Azure;
    match (upstream.dialect, deployment) {
        (UpstreamDialect::Openai, _) => target.push_str("/v1/"),
        (UpstreamDialect::AzureV1, _) => target.push_str("/openai/v1/"),
        (UpstreamDialect::Azure, Some(deployment)) if is_of_deployment(route.endpoint) => {
            target.push_str("/openai/deployments/");
            target.push_str(deployment);
            target.push('/');
        }
        (UpstreamDialect::Azure, _) => target.push_str("/openai/"),
    }
    target.push_str(rest);
    let mut separator = '?';
    // A session names its model in the query: `model`, or `deployment` in Azure's dialect.
    let names_model = route.endpoint == Endpoint::Realtime;
    if let (true, Some(deployment)) = (names_model, deployment) {
        target.push_str(if by_deployment { "?deployment=" } else { "?model=" });
        target.push_str(deployment);
        separator = '&';
    }
    // A version that a client states for deployments is none of `/openai/v1`.
    let takes_version = match upstream.dialect {
        UpstreamDialect::Openai => false,
        UpstreamDialect::Azure => true,
        UpstreamDialect::AzureV1 => {
            upstream.api_version.is_some() || route.dialect == Dialect::AzureV1
        }
    };
    let mut version = upstream.api_version.as_deref();
    let mut stands = false;
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        if let Some(stated) = pair.strip_prefix("api-version=") {
            // It says which version of Azure's dialect the client speaks; others have none.
            if takes_version && !stands {
                stands = true;
                target.push(separator);
                target.push_str("api-version=");
                target.push_str(version.take().unwrap_or(stated));
                separator = '&';
            }
            continue;
        }
        if names_model && (pair.starts_with("model=") || pair.starts_with("deployment=")) {
            continue;
        }
        // Where a vendor takes keys in the query, the client's is none of it.
        let name = pair.split('=').next().unwrap_or_default();
        if ["api-key", "api_key", "subscription-key"]
            .iter()
            .any(|key| name.eq_ignore_ascii_case(key))
        {
            continue;
        }
        target.push(separator);
        target.push_str(pair);
        separator = '&';
    }
    match version {
        _ if stands => {}
        Some(version) if takes_version => {
            target.push(separator);
            target.push_str("api-version=");
            target.push_str(version);
        }
        None if by_deployment => {
            return Err(NotCarried {
                parameter: "api-version".to_string(),
                why: "it is required there, and neither the request nor the settings state it",
            });
        }
        _ => {}
    }
    Ok(target)
}

/// Whether Azure keeps an endpoint below a deployment.
fn is_of_deployment(endpoint: Endpoint) -> bool {
    match endpoint {
        Endpoint::ChatCompletions
        | Endpoint::Completions
        | Endpoint::Embeddings
        | Endpoint::Images
        | Endpoint::Speech
        | Endpoint::Transcriptions => true,
        Endpoint::Responses
        | Endpoint::Moderations
        | Endpoint::Stored(_)
        | Endpoint::Deferred(_)
        | Endpoint::Realtime
        | Endpoint::Unknown => false,
    }
}

/// The model a body must name at an upstream, or `None` if the path names it there.
pub fn model_in_body<'a>(
    endpoint: Endpoint,
    upstream: &Upstream,
    deployment: &'a str,
) -> Option<&'a str> {
    let in_path = upstream.dialect == UpstreamDialect::Azure && is_of_deployment(endpoint);
    (!in_path).then_some(deployment)
}

/// The virtual key a client shows, by any header that a vendor's clients use.
pub fn shown_key(headers: &HeaderMap) -> Option<&[u8]> {
    let bearer = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let bearer = bearer.and_then(|value| {
        let (scheme, key) = value.split_at_checked(7)?;
        scheme.eq_ignore_ascii_case(b"bearer ").then(|| key.trim_ascii())
    });
    headers.get(API_KEY).map(HeaderValue::as_bytes).or(bearer)
}

/// Headers that end at each hop (RFC 9110 §7.6.1), or that the connection sets itself.
fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(
        *name,
        header::CONNECTION
            | header::TE
            | header::TRAILER
            | header::TRANSFER_ENCODING
            | header::UPGRADE
            | header::PROXY_AUTHENTICATE
            | header::PROXY_AUTHORIZATION
    ) || matches!(name.as_str(), "keep-alive" | "proxy-connection" | "http2-settings")
}

/// The names that `Connection` says end at this hop, beside those that always do.
fn named_hops(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(header::CONNECTION).iter();
    let words = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let named = words.map(str::trim).filter(|word| {
        !word.eq_ignore_ascii_case("keep-alive") && !word.eq_ignore_ascii_case("close")
    });
    named.filter_map(|name| name.parse().ok()).collect()
}

/// Takes away what ends at this hop, and what `Connection` says ends here.
pub fn strip_hop_by_hop(headers: &mut HeaderMap) {
    for name in named_hops(headers) {
        headers.remove(name);
    }
    while let Some(name) = headers.keys().find(|name| is_hop_by_hop(name)).cloned() {
        headers.remove(name);
    }
}

/// Hands out the headers of a call to an upstream: the client's, but for those that end here and those
/// that are the upstream's own. Where `packed` is false, an answer must not be packed.
pub fn to_upstream(
    headers: &HeaderMap,
    upstream: &Upstream,
    packed: bool,
    mut put: impl FnMut(&HeaderName, &[u8]),
) {
    put(&header::HOST, upstream.host_header.as_bytes());
    let named = named_hops(headers);
    for (name, value) in headers {
        // The body is sent with a length of its own, or in chunks.
        let is_ours = matches!(
            *name,
            header::HOST | header::AUTHORIZATION | header::EXPECT | header::CONTENT_LENGTH
        );
        if is_ours || *name == API_KEY || is_hop_by_hop(name) || named.contains(name) {
            continue;
        }
        if *name == header::ACCEPT_ENCODING {
            if packed && let Some(codings) = readable_codings(value) {
                put(name, codings.as_bytes());
            }
            continue;
        }
        put(name, value.as_bytes());
    }
    put_secret(upstream, put);
}

/// Hands out the headers by which a client and an upstream agree on a WebSocket. No extension is
/// agreed on: what is packed could not be metered.
pub fn to_websocket(
    headers: &HeaderMap,
    upstream: &Upstream,
    mut put: impl FnMut(&HeaderName, &[u8]),
) {
    to_upstream(headers, upstream, false, |name, value| match *name {
        header::SEC_WEBSOCKET_EXTENSIONS => {}
        header::SEC_WEBSOCKET_PROTOCOL => {
            let words = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
            // Browsers, which can send no header, put their key here.
            let words: Vec<_> = words.filter(|word| !word.starts_with(BROWSERS_KEY)).collect();
            if !words.is_empty() {
                put(name, &words.join(&b", "[..]));
            }
        }
        _ => put(name, value),
    });
    put(&header::CONNECTION, b"Upgrade");
    put(&header::UPGRADE, b"websocket");
}

fn put_secret(upstream: &Upstream, mut put: impl FnMut(&HeaderName, &[u8])) {
    if let Some(secret) = &upstream.secret {
        let name = match upstream.dialect {
            UpstreamDialect::Openai => &header::AUTHORIZATION,
            UpstreamDialect::Azure | UpstreamDialect::AzureV1 => &API_KEY,
        };
        put(name, secret.as_bytes());
    }
}

/// Of the codings a client accepts, those in which usage can be read; `None` if there are none.
fn readable_codings(accepted: &HeaderValue) -> Option<Cow<'_, str>> {
    let accepted = accepted.to_str().ok()?;
    let readable = |coding: &&str| {
        let name = coding.split(';').next().unwrap_or_default().trim();
        ["gzip", "deflate", "identity"].iter().any(|known| name.eq_ignore_ascii_case(known))
    };
    let codings = || accepted.split(',').map(str::trim);
    if codings().all(|coding| readable(&coding)) {
        return Some(accepted.into());
    }
    let kept: Vec<_> = codings().filter(readable).collect();
    (!kept.is_empty()).then(|| kept.join(", ").into())
}

#[cfg(test)]
mod tests {
    use hyper::Method;

    use super::*;

    fn upstream(dialect: UpstreamDialect, version: Option<&str>) -> Upstream {
        Upstream {
            name: "u".into(),
            host: "azure".into(),
            region: None,
            tls: false,
            authority: "127.0.0.1:1".parse().unwrap(),
            base: "/base".to_string(),
            dialect,
            api_version: version.map(str::to_string),
            secret: Some(HeaderValue::from_static("theirs")),
            host_header: HeaderValue::from_static("127.0.0.1:1"),
            concurrency_max: 1,
        }
    }

    #[test]
    fn a_call_is_put_as_the_upstream_wants_it() {
        use UpstreamDialect::*;
        let chat = "/v1/chat/completions";
        let deployed = "/openai/deployments/public/chat/completions";
        for (path, query, dialect, version, expected) in [
            (chat, None, Openai, None, "/base/v1/chat/completions"),
            (chat, Some("a=1&b=%20"), Openai, None, "/base/v1/chat/completions?a=1&b=%20"),
            (chat, Some("API-Key=k&a=1&api_key"), Openai, None, "/base/v1/chat/completions?a=1"),
            (
                chat,
                Some("a=1"),
                Azure,
                Some("v"),
                "/base/openai/deployments/mine/chat/completions?a=1&api-version=v",
            ),
            (
                deployed,
                Some("api-version=c&a=1"),
                Azure,
                None,
                "/base/openai/deployments/mine/chat/completions?api-version=c&a=1",
            ),
            (
                deployed,
                Some("a=1&api-version=c&api-version=d"),
                Azure,
                Some("v"),
                "/base/openai/deployments/mine/chat/completions?a=1&api-version=v",
            ),
            (deployed, Some("api-version=c&a=1"), Openai, None, "/base/v1/chat/completions?a=1"),
            (deployed, Some("api-version=c"), AzureV1, None, "/base/openai/v1/chat/completions"),
            (
                "/openai/v1/responses",
                Some("api-version=preview"),
                AzureV1,
                None,
                "/base/openai/v1/responses?api-version=preview",
            ),
            ("/v1/responses", None, Azure, Some("v"), "/base/openai/responses?api-version=v"),
            ("/openai/files", Some("api-version=c"), Openai, None, "/base/v1/files"),
            ("/v1/realtime", Some("model=m&a=1"), Openai, None, "/base/v1/realtime?model=mine&a=1"),
            (
                "/v1/realtime",
                Some("model=m"),
                Azure,
                Some("v"),
                "/base/openai/realtime?deployment=mine&api-version=v",
            ),
        ] {
            let method = if path.ends_with("realtime") { Method::GET } else { Method::POST };
            let route = Route::of(&method, path).unwrap();
            let found = target(&route, query, &upstream(dialect, version), Some("mine"));
            assert_eq!(found.as_deref(), Ok(expected), "{path}");
        }
        let route = Route::of(&Method::POST, chat).unwrap();
        let refused = target(&route, None, &upstream(Azure, None), Some("mine")).unwrap_err();
        assert_eq!(refused.parameter, "api-version");
    }

    #[test]
    fn only_what_goes_on_goes_on() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, x-mine"),
            ("x-mine", "1"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("te", "trailers"),
            ("authorization", "Bearer sk-virtual"),
            ("api-key", "sk-virtual"),
            ("accept-encoding", "br, gzip;q=0.5, zstd"),
            ("x-stainless-lang", "python"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        assert_eq!(shown_key(&headers), Some(&b"sk-virtual"[..]));
        let mut left = Vec::new();
        to_upstream(&headers, &upstream(UpstreamDialect::Azure, None), true, |name, value| {
            left.push(format!("{name}: {}", std::str::from_utf8(value).unwrap()));
        });
        left.sort();
        let expected = [
            "accept-encoding: gzip;q=0.5",
            "api-key: theirs",
            "host: 127.0.0.1:1",
            "x-stainless-lang: python",
        ];
        assert_eq!(left, expected);
    }

    #[test]
    fn no_browsers_key_goes_on() {
        for (protocols, expected) in [
            ("realtime", Some("realtime")),
            ("realtime, openai-insecure-api-key.sk-virtual, x", Some("realtime, x")),
            ("openai-insecure-api-key.sk-virtual", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("sec-websocket-protocol", HeaderValue::from_static(protocols));
            let mut left = None;
            to_websocket(&headers, &upstream(UpstreamDialect::Openai, None), |name, value| {
                if *name == header::SEC_WEBSOCKET_PROTOCOL {
                    left = Some(String::from_utf8(value.to_vec()).unwrap());
                }
            });
            assert_eq!(left.as_deref(), expected, "{protocols}");
        }
    }

    #[test]
    fn a_key_is_shown_in_either_header() {
        for (name, value, expected) in [
            ("authorization", "Bearer  k", Some(&b"k"[..])),
            ("authorization", "bearer k", Some(b"k")),
            ("authorization", "Basic k", None),
            ("api-key", "k", Some(b"k")),
            ("x-key", "k", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            assert_eq!(shown_key(&headers), expected, "{name}: {value}");
        }
    }
}
