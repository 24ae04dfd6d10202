use std::path::Path;

use serde::Deserialize;
use usage::{Defaults, Stream};

use crate::outcome::Failure;

/// What `charter.toml` says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What an imported row is about where its source does not say.
    pub usage: Defaults,
    /// What `charter usage generate` makes.
    pub generate: Vec<Stream>,
    /// Who has to sign.
    pub signing: Signing,
}

/// Who has to sign what is entered.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signing {
    /// Every party, or none. If nothing is said, a party has to once it has registered a key.
    pub required: Option<bool>,
}

impl Settings {
    pub fn read(path: &Path) -> Result<Settings, Failure> {
        let text = std::fs::read_to_string(path)?;
        toml::from_str(&text).map_err(|error| {
            Failure::failed(
                format!("cannot read `{}`: {}", path.display(), error.to_string().trim_end()),
                "it has tables `[usage]` and `[signing]` and any number of `[[generate]]`",
            )
        })
    }
}
