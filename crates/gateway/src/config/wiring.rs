use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::http::uri::{Authority, PathAndQuery, Scheme};
use thiserror::Error;

use super::{
    CandidateSettings, RouteLimits, Settings, Strategy, UpstreamDialect, UpstreamSettings,
};

/// Where upstreams' keys are found. They come from outside, and are in no settings, row or message.
pub trait Secrets {
    /// The key of an upstream, without a line end; `None` if it has none.
    ///
    /// # Errors
    /// It should have one and it is not there, in a sentence.
    fn of(&self, upstream: &UpstreamSettings) -> Result<Option<String>, String>;
}

/// Somebody's API at an address.
#[derive(Debug)]
pub struct Upstream {
    /// What it is called here.
    pub name: Arc<str>,
    /// The cloud it runs on.
    pub host: Arc<str>,
    /// The region it runs in.
    pub region: Option<String>,
    /// Whether TLS is spoken.
    pub tls: bool,
    /// Where to connect to, and what the `Host` header says.
    pub authority: Authority,
    /// The path in front of the dialect's own, without a slash at its end.
    pub base: String,
    /// How it wants to be spoken to.
    pub dialect: UpstreamDialect,
    /// The `api-version` to send instead of the client's.
    pub api_version: Option<String>,
    /// The header that shows its key; marked sensitive, so nothing shows its value.
    pub secret: Option<HeaderValue>,
    /// The `Host` header.
    pub host_header: HeaderValue,
    /// Most calls at once.
    pub concurrency_max: usize,
}

/// A model at an upstream.
#[derive(Debug)]
pub struct Candidate {
    /// Its place among all candidates of all routes.
    pub number: usize,
    /// The model, by its name in the agreement.
    pub model: Arc<str>,
    /// The upstream's place among upstreams.
    pub upstream: usize,
    /// By which name the upstream knows the model.
    pub deployment: Arc<str>,
    /// Its part of the calls.
    pub weight: u32,
}

/// A name clients may ask for.
#[derive(Debug)]
pub struct ModelRoute {
    /// Its place among [`Wiring::route_names`].
    pub number: usize,
    /// How to choose among the candidates.
    pub strategy: Strategy,
    /// Who may answer, in order of preference; never empty.
    pub candidates: Vec<Arc<Candidate>>,
    /// What a candidate must keep to.
    pub limits: RouteLimits,
    /// How long the first byte may take before the next candidate is asked as well.
    pub hedge: Option<Duration>,
}

/// Upstreams and routes, with every name looked up.
#[derive(Debug, Default)]
pub struct Wiring {
    /// By number.
    pub upstreams: Vec<Arc<Upstream>>,
    /// By number.
    pub candidates: Vec<Arc<Candidate>>,
    /// By the name clients ask for.
    pub routes: HashMap<String, ModelRoute>,
    /// The names clients ask for, as they stand in the settings.
    pub route_names: Vec<Arc<str>>,
}

/// What is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{place}`: {wrong}")]
pub struct Mistake {
    /// Which entry, as `gateway.route.gpt-4o`.
    pub place: String,
    /// What is wrong with it.
    pub wrong: String,
}

impl Mistake {
    pub(crate) fn new(kind: &str, name: &str, wrong: impl Into<String>) -> Mistake {
        Mistake { place: format!("gateway.{kind}.{name}"), wrong: wrong.into() }
    }
}

impl Wiring {
    /// Looks every name up.
    ///
    /// # Errors
    /// All that is wrong, so that one run reports it.
    pub fn of(settings: &Settings, secrets: &dyn Secrets) -> Result<Wiring, Vec<Mistake>> {
        let mut wiring = Wiring::default();
        let mut mistakes = Vec::new();
        let mut numbers = HashMap::new();
        for upstream in &settings.upstream {
            match Upstream::of(upstream, secrets) {
                Ok(wired) => {
                    let number = wiring.upstreams.len();
                    if numbers.insert(upstream.name.as_str(), number).is_some() {
                        mistakes.push(Mistake::new("upstream", &upstream.name, "is there twice"));
                    }
                    wiring.upstreams.push(Arc::new(wired));
                }
                Err(wrong) => mistakes.push(Mistake::new("upstream", &upstream.name, wrong)),
            }
        }
        for route in &settings.route {
            let mut candidates = Vec::new();
            for candidate in &route.candidates {
                let CandidateSettings { model, upstream, weight } = candidate;
                let Some(&number) = numbers.get(upstream.as_str()) else {
                    let wrong = format!("there is no upstream `{upstream}`");
                    mistakes.push(Mistake::new("route", &route.name, wrong));
                    continue;
                };
                let known = &settings.upstream.iter().find(|settings| settings.name == *upstream);
                let known = known.and_then(|settings| settings.deployments.get(model));
                candidates.push(Arc::new(Candidate {
                    number: wiring.candidates.len() + candidates.len(),
                    model: model.as_str().into(),
                    upstream: number,
                    deployment: known.unwrap_or(model).as_str().into(),
                    weight: *weight,
                }));
            }
            if route.candidates.is_empty() {
                mistakes.push(Mistake::new("route", &route.name, "has no candidate"));
            }
            wiring.candidates.extend(candidates.iter().cloned());
            let limits = route.limits.clone();
            let hedge = route.hedge_ms.map(Duration::from_millis);
            let number = wiring.route_names.len();
            wiring.route_names.push(route.name.as_str().into());
            let strategy = route.strategy;
            let wired = ModelRoute { number, strategy, candidates, limits, hedge };
            if wiring.routes.insert(route.name.clone(), wired).is_some() {
                mistakes.push(Mistake::new("route", &route.name, "is there twice"));
            }
        }
        if mistakes.is_empty() { Ok(wiring) } else { Err(mistakes) }
    }
}

impl Wiring {
    /// The model that an upstream takes a name for, among routes whose names `may` lets through.
    pub fn named(
        &self,
        upstream: usize,
        name: &str,
        may: impl Fn(&str) -> bool,
    ) -> Option<&Arc<Candidate>> {
        let routes = self.routes.iter().filter(|(route, _)| may(route));
        let candidates = routes.flat_map(|(_, route)| &route.candidates);
        candidates
            .filter(|candidate| candidate.upstream == upstream && *candidate.deployment == *name)
            .min_by_key(|candidate| candidate.number)
    }
}

impl Upstream {
    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(if self.tls { 443 } else { 80 })
    }

    fn of(settings: &UpstreamSettings, secrets: &dyn Secrets) -> Result<Upstream, String> {
        let expected = "expected a URL such as `https://api.openai.com`";
        let url: Uri = settings.url.parse().map_err(|_| expected.to_string())?;
        let tls = match url.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(expected.to_string()),
        };
        let authority = url.authority().ok_or(expected)?.clone();
        if authority.as_str().contains('@') || url.query().is_some() {
            return Err("a URL here has no password and no query".to_string());
        }
        let secret = secrets.of(settings)?.map(|secret| {
            let shown = match settings.dialect {
                UpstreamDialect::Openai => format!("Bearer {secret}"),
                UpstreamDialect::Azure | UpstreamDialect::AzureV1 => secret,
            };
            let mut header = HeaderValue::from_str(&shown)
                .map_err(|_| "its key holds characters that no header can".to_string())?;
            header.set_sensitive(true);
            Ok::<_, String>(header)
        });
        let host_header =
            HeaderValue::from_str(authority.as_str()).map_err(|_| expected.to_string())?;
        let plain = |name: &String| {
            let bytes = || name.bytes();
            // Only Azure's dialect puts it into a path.
            let in_path = settings.dialect == UpstreamDialect::Azure;
            let sign = |b: u8| b"._-:".contains(&b) || (b == b'/' && !in_path);
            !name.is_empty() && bytes().all(|b| b.is_ascii_alphanumeric() || sign(b))
        };
        if let Some(name) = settings.deployments.values().find(|name| !plain(name)) {
            return Err(format!("`{name}` is not the name of a deployment"));
        }
        Ok(Upstream {
            name: settings.name.as_str().into(),
            host: settings.host.as_str().into(),
            region: settings.region.clone(),
            tls,
            base: url.path_and_query().map_or("", PathAndQuery::path).trim_end_matches('/').into(),
            authority,
            dialect: settings.dialect,
            api_version: settings.api_version.clone(),
            secret: secret.transpose()?,
            host_header,
            concurrency_max: settings.concurrency_max.unwrap_or(usize::MAX),
        })
    }
}
