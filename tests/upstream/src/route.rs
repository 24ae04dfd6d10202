//! Which dialect a path is of, and what it asks for.

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

use crate::world::Settings;

/// The dialects in which the API is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// OpenAI's own, under `/v1`.
    OpenAi,
    /// Azure's older one, under `/openai/deployments/{deployment}` or `/openai`, with `api-version`.
    Azure,
    /// Azure's newer one, under `/openai/v1`.
    AzureV1,
}

impl Dialect {
    /// What the books call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Dialect::OpenAi => "openai",
            Dialect::Azure => "azure",
            Dialect::AzureV1 => "azure-v1",
        }
    }

    /// Whether Azure speaks it.
    #[must_use]
    pub fn is_azure(self) -> bool {
        self != Dialect::OpenAi
    }
}

/// What a path and query ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route<'a> {
    /// In which dialect.
    pub dialect: Dialect,
    /// The deployment named in the path.
    pub deployment: Option<&'a str>,
    /// The rest of the path, such as `chat/completions`.
    pub operation: &'a str,
    /// The query, without its question mark.
    pub query: &'a str,
}

impl<'a> Route<'a> {
    /// Reads a path and a query. `None` where the vendor has nothing at all.
    #[must_use]
    pub fn read(path: &'a str, query: &'a str) -> Option<Route<'a>> {
        let route =
            |dialect, deployment, operation| Route { dialect, deployment, operation, query };
        if let Some(operation) = path.strip_prefix("/v1/") {
            return Some(route(Dialect::OpenAi, None, operation));
        }
        let rest = path.strip_prefix("/openai/")?;
        if let Some(operation) = rest.strip_prefix("v1/") {
            return Some(route(Dialect::AzureV1, None, operation));
        }
        // Azure's older dialect answers nothing without its version.
        parameter(query, "api-version")?;
        match rest.strip_prefix("deployments/").and_then(|rest| rest.split_once('/')) {
            Some((deployment, operation)) => {
                Some(route(Dialect::Azure, Some(deployment), operation))
            }
            None => Some(route(Dialect::Azure, parameter(query, "deployment"), rest)),
        }
    }

    /// A parameter of the query, as it stands there.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'a str> {
        parameter(self.query, name)
    }
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| match pair.split_once('=') {
        Some((key, value)) if key == name => Some(value),
        _ => None,
    })
}

/// What is wrong with a call's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyFault {
    /// There is none.
    Missing,
    /// It is another than the account's.
    Wrong(String),
}

/// Whether a call carries the account's key, where its dialect looks for it.
///
/// # Errors
/// What is wrong with the key.
pub fn check_key(dialect: Dialect, headers: &HeaderMap, set: &Settings) -> Result<(), KeyFault> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    // Azure takes an `api-key`, or a bearer: a token of Entra ID's, or on `/openai/v1` the key.
    let (given, key) = if dialect.is_azure() {
        let own = headers.get("api-key").and_then(|value| value.to_str().ok());
        (own.or(bearer), &set.azure_key)
    } else {
        (bearer, &set.openai_key)
    };
    match given {
        None => Err(KeyFault::Missing),
        Some(given) if given == key => Ok(()),
        Some(given) => Err(KeyFault::Wrong(given.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_its_dialect() {
        use Dialect::{Azure, AzureV1, OpenAi};
        for (path, query, expected) in [
            ("/v1/chat/completions", "", Some((OpenAi, None, "chat/completions"))),
            ("/openai/v1/responses", "api-version=preview", Some((AzureV1, None, "responses"))),
            (
                "/openai/deployments/prod-4o/chat/completions",
                "api-version=2024-10-21",
                Some((Azure, Some("prod-4o"), "chat/completions")),
            ),
            ("/openai/files", "api-version=2024-10-21", Some((Azure, None, "files"))),
            (
                "/openai/realtime",
                "api-version=2024-10-01-preview&deployment=voice",
                Some((Azure, Some("voice"), "realtime")),
            ),
            ("/openai/deployments/prod-4o/chat/completions", "", None),
            ("/v2/chat/completions", "", None),
            ("/chat/completions", "", None),
        ] {
            let read = Route::read(path, query);
            assert_eq!(
                read.map(|route| (route.dialect, route.deployment, route.operation)),
                expected,
                "{path}?{query}"
            );
        }
    }
}
