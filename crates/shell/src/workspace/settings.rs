use std::fmt;
use std::path::Path;

use serde::Deserialize;
use usage::Stream;

use crate::outcome::Failure;

/// What `charter.toml` says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where the journal is, if not in a file of the workspace.
    pub journal: Server,
    /// Where usage is, and what an imported row is about where its source does not say.
    pub usage: Usage,
    /// What `charter usage generate` makes.
    pub generate: Vec<Stream>,
    /// Who has to sign.
    pub signing: Signing,
    /// Who is told what happens, where, and by which mail server.
    pub notices: notices::Settings,
    /// How model API calls are carried, if they are.
    pub gateway: Option<gateway::config::Settings>,
    /// How pages are served: for `charter serve` to read.
    pub server: toml::Table,
}

/// Where usage is, and what is taken for what a source of it does not say.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Usage {
    /// The address of the bucket it is in, if it is not in a folder of the workspace. Credentials are
    /// never part of it.
    pub at: Option<String>,
    /// How calls were sold.
    pub channel: Option<String>,
    /// What they were made for.
    pub product: Option<String>,
    /// Which model answered.
    pub model: Option<String>,
    /// Which cloud it ran on.
    pub host: Option<String>,
    /// Who made them.
    pub customer: Option<String>,
    /// How they were processed.
    pub tier: Option<String>,
}

/// Who has to sign what is entered.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signing {
    /// Every party, or none. If nothing is said, a party has to once it has registered a key.
    pub required: Option<bool>,
}

/// A PostgreSQL server that holds the journal. Its URL may hold a password, so nothing shows it.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// The URL.
    url: Option<String>,
    /// The name of an environment variable that holds the URL.
    url_env: Option<String>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("url_env", &self.url_env).finish_non_exhaustive()
    }
}

impl Server {
    /// The URL, if a server was named.
    pub fn url(&self) -> Result<Option<String>, Failure> {
        match (&self.url, &self.url_env) {
            (Some(_), Some(_)) => Err(Failure::failed(
                "`[journal]` in `charter.toml` has both `url` and `url_env`",
                "leave one of them out",
            )),
            (url, None) => Ok(url.clone()),
            (None, Some(name)) => std::env::var(name).map(Some).map_err(|_| {
                Failure::failed(
                    format!("the journal's address should be in the environment, in `{name}`"),
                    format!("set `{name}` to `postgres://USER:PASSWORD@HOST:PORT/DATABASE`"),
                )
            }),
        }
    }
}

impl Settings {
    /// Reads `charter.toml`.
    pub fn read(path: &Path) -> Result<Settings, Failure> {
        let text = std::fs::read_to_string(path)?;
        toml::from_str(&text).map_err(|error| {
            // Only the message: the line it is about may hold the journal's address.
            let line = error.span().map(|span| 1 + text[..span.start].matches('\n').count());
            let place = line.map_or(String::new(), |line| format!(", line {line}"));
            Failure::failed(
                format!("cannot read `{}`{place}: {}", path.display(), error.message()),
                "it has tables `[journal]`, `[usage]`, `[signing]`, `[notices]`, `[gateway]` and `[server]` and any number of `[[generate]]`",
            )
        })
    }
}
