use std::net::SocketAddr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

/// Where an operator looks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationsSettings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Whether that may be an address that other machines reach. What is shown there needs no key.
    #[serde(default)]
    pub beyond_this_machine: bool,
}

/// Where metrics and traces are sent, by OTLP over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetrySettings {
    /// The collector, as `http://127.0.0.1:4318`; `OTEL_EXPORTER_OTLP_ENDPOINT` if nothing is said.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Of how many calls spans are made, as `1/100`; of none if nothing is said.
    #[serde(default)]
    pub sample: Ratio,
    /// How often metrics are sent.
    #[serde(default = "every")]
    pub metrics_every_ms: u64,
    /// Whether a caller's `traceparent` is gone on with.
    #[serde(default)]
    pub accept_traceparent: bool,
    /// Whether upstreams are told the trace.
    #[serde(default)]
    pub forward_traceparent: bool,
}

/// What is written to standard error.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// In which form.
    #[serde(default)]
    pub format: LogFormat,
    /// From which level on.
    #[serde(default)]
    pub level: LogLevel,
    /// Whether each call has a line.
    #[serde(default)]
    pub calls: bool,
    /// Whether requests' bodies are in those lines. They hold what people write.
    #[serde(default)]
    pub prompts: bool,
    /// Most bytes of a body that are in a line.
    #[serde(default = "prompt_bytes_max")]
    pub prompt_bytes_max: usize,
}

/// In which form lines of a log are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// Somebody has to do something.
    Error,
    /// Somebody should look.
    Warn,
    /// What happens.
    #[default]
    Info,
    /// What happens in detail.
    Debug,
}

/// A part of all calls, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    of: u32,
    out_of: u32,
}

fn every() -> u64 {
    15_000
}

fn prompt_bytes_max() -> usize {
    4096
}

impl Default for Ratio {
    /// None.
    fn default() -> Self {
        Self { of: 0, out_of: 1 }
    }
}

impl Ratio {
    /// Whether the `nth` of all is taken; those that are lie evenly apart.
    pub fn takes(self, nth: u64) -> bool {
        let (of, out_of) = (u64::from(self.of), u64::from(self.out_of));
        (nth % out_of) * of % out_of < of
    }
}

impl FromStr for Ratio {
    type Err = String;

    fn from_str(text: &str) -> Result<Ratio, String> {
        let wrong = || format!("`{text}` is no part of all calls, such as `1/100`");
        let (of, out_of) = text.split_once('/').unwrap_or((text, "1"));
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| wrong());
        let (of, out_of) = (number(of)?, number(out_of)?);
        if out_of == 0 || of > out_of { Err(wrong()) } else { Ok(Ratio { of, out_of }) }
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Ratio, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_takes_as_many_as_it_says() {
        for (text, of_a_thousand) in
            [("1/100", Some(10)), ("1", Some(1000)), ("0/1", Some(0)), ("3/8", Some(375))]
                .into_iter()
                .chain(["2/1", "1/0", "0.01", "-1/2", ""].map(|text| (text, None)))
        {
            let ratio: Option<Ratio> = text.parse().ok();
            let taken = ratio.map(|ratio| (0..1000).filter(|nth| ratio.takes(*nth)).count());
            assert_eq!(taken, of_a_thousand, "{text}");
        }
    }
}
