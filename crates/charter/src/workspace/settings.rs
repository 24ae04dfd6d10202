use std::path::Path;

use serde::Deserialize;

use crate::outcome::Failure;

/// What `charter.toml` says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What an imported row is about where its source does not say.
    pub usage: UsageDefaults,
    /// What `charter usage generate` makes.
    pub generate: Vec<Stream>,
}

/// Values for imported rows whose source lacks them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct UsageDefaults {
    pub channel: Option<String>,
    pub product: Option<String>,
    pub model: Option<String>,
    pub host: Option<String>,
    pub customer: Option<String>,
}

/// One stream of made-up calls.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Stream {
    pub channel: String,
    pub product: String,
    pub model: String,
    pub host: String,
    pub customer: String,
    /// Its share of the calls, in relation to the other streams' weights.
    pub weight: u32,
    /// Whether token counts are shaped like those of conversations or of code completion.
    pub shape: Shape,
}

/// What token counts are shaped like.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Shape {
    Conversation,
    Code,
}

impl Settings {
    pub fn read(path: &Path) -> Result<Settings, Failure> {
        let text = std::fs::read_to_string(path)?;
        toml::from_str(&text).map_err(|error| {
            Failure::failed(
                format!("cannot read `{}`: {}", path.display(), error.to_string().trim_end()),
                "it has a table `[usage]` and any number of `[[generate]]`",
            )
        })
    }
}
