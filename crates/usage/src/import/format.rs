//! The kinds of file that can be imported.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The kind of a source file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// An Azure LLM inference trace: CSV with `TIMESTAMP` (UTC), `ContextTokens` and
    /// `GeneratedTokens`. Channel, product, model, host and customer come from the defaults.
    AzureLlm,
    /// CSV with a header. Columns, in any order: `at` (RFC 3339 with a zone), `channel`,
    /// `product`, `model`, `host`, `customer`, `input_tokens`, `output_tokens`, and if wanted the
    /// other [`TOKENS`](crate::TOKENS) (else 0), `tier` (else `standard`), `calls` (else 1),
    /// `id` (any text) and `source` (whose id it is). A row is one line.
    Csv,
    /// Parquet with the columns of [`Format::Csv`]; `at` may also be a timestamp in UTC, and
    /// `id` 16 bytes.
    Parquet,
    /// CloudEvents 1.0 in structured JSON: one event a line, an array of them, or one.
    CloudEvents,
    /// Spend logs of LiteLLM's proxy, as JSON or as CSV with a header.
    Litellm,
    /// Pages of OpenAI's usage API for completions, as JSON. A row is the sum of a bucket.
    OpenaiUsage,
    /// Azure's cost and usage details, as CSV. A row is a day of a meter.
    AzureCost,
    /// FOCUS's Cost and Usage, as CSV or Parquet. A row is a charge period of a meter of tokens.
    Focus,
}

impl Format {
    /// Every format, in the order to show them.
    pub const ALL: [Self; 8] = [
        Self::AzureLlm,
        Self::Csv,
        Self::Parquet,
        Self::CloudEvents,
        Self::Litellm,
        Self::OpenaiUsage,
        Self::AzureCost,
        Self::Focus,
    ];

    /// The name used on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AzureLlm => "azure-llm",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::CloudEvents => "cloudevents",
            Self::Litellm => "litellm",
            Self::OpenaiUsage => "openai-usage",
            Self::AzureCost => "azure-cost",
            Self::Focus => "focus",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| UnknownFormat(text.into()))
    }
}

/// A name that is no format's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a format of usage; expected one of {known}", known = known())]
pub struct UnknownFormat(String);

fn known() -> String {
    Format::ALL.map(Format::name).join(", ")
}
