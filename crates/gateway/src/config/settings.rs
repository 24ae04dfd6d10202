use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{LogSettings, OperationsSettings, TelemetrySettings};

/// The table `[gateway]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where to listen; a port of this machine alone unless something else is said.
    pub listen: Option<SocketAddr>,
    /// How many threads serve; as many as there are processors if nothing is said.
    pub workers: Option<usize>,
    /// The certificate to show; without one, TLS is somebody else's to end.
    pub tls: Option<TlsSettings>,
    /// What calls may take.
    pub limits: Limits,
    /// How long it is remembered whose objects at upstreams are.
    pub remember: Remember,
    /// Who answers.
    pub upstream: Vec<UpstreamSettings>,
    /// Which names clients may ask for.
    pub route: Vec<RouteSettings>,
    /// Who may call.
    pub key: Vec<KeySettings>,
    /// Where an operator looks; nowhere if nothing is said.
    pub operations: Option<OperationsSettings>,
    /// Where metrics and traces are sent; nowhere if nothing is said.
    pub telemetry: Option<TelemetrySettings>,
    /// What is written to standard error; as little as by other commands if nothing is said.
    pub log: Option<LogSettings>,
}

/// What clients are shown when they ask for TLS.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSettings {
    /// The file with the certificate and those that vouch for it, as PEM.
    pub certificate_file: PathBuf,
    /// The file with its key, as PEM.
    pub key_file: PathBuf,
}

/// What calls may take, in time and memory.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Most bytes of a request's line and headers.
    pub header_bytes: usize,
    /// Most bytes of a request that are held until it is known what it asks for; a JSON body that is
    /// longer is refused.
    pub body_bytes: usize,
    /// Most bytes of a form that are held, as its `model` may stand behind its file; nothing of it is put
    /// on a disk, so a longer one is refused. A form that names no model passes as it comes.
    pub form_bytes: usize,
    /// Within how many milliseconds a client must have sent its headers; the same for the next
    /// request of a connection that is kept.
    pub header_ms: u64,
    /// How long a client may take between two pieces of its body.
    pub body_gap_ms: u64,
    /// Within how many milliseconds a connection to an upstream must stand.
    pub connect_ms: u64,
    /// Within how many milliseconds an upstream must have answered with its headers.
    pub first_byte_ms: u64,
    /// How long an upstream may take between two pieces of its answer.
    pub gap_ms: u64,
    /// Most attempts for one call.
    pub attempts: u32,
    /// How long the attempts of one call may take together before the first byte, waits included.
    pub retry_ms: u64,
    /// How long an answer is read on after its client has left, to learn what it used.
    pub drain_ms: u64,
    /// How soon an upstream is asked whether a batch, or whatever else nobody waits for, is done; each
    /// further time after half as long again.
    pub watch_ms: u64,
    /// After how long it is asked at the latest.
    pub watch_max_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes: 64 << 10,
            body_bytes: 64 << 20,
            form_bytes: 32 << 20,
            header_ms: 60_000,
            body_gap_ms: 60_000,
            connect_ms: 5_000,
            first_byte_ms: 600_000,
            gap_ms: 600_000,
            attempts: 3,
            retry_ms: 60_000,
            drain_ms: 600_000,
            watch_ms: 5_000,
            watch_max_ms: 300_000,
        }
    }
}

/// How long it is remembered at which upstream an object lives, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Remember {
    /// For how many days, of files, batches and their like.
    pub files_days: u32,
    /// For how many days, of responses.
    pub responses_days: u32,
}

impl Default for Remember {
    fn default() -> Self {
        Self { files_days: 60, responses_days: 30 }
    }
}

/// Somebody's API at an address.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamSettings {
    /// What it is called here.
    pub name: String,
    /// The cloud it runs on, by its name in the agreement.
    pub host: String,
    /// The region it runs in.
    #[serde(default)]
    pub region: Option<String>,
    /// Scheme and authority, with a path in front of the dialect's own if there is one.
    pub url: String,
    /// How it wants to be spoken to.
    pub dialect: UpstreamDialect,
    /// The `api-version` to send; that of the client, or none, if nothing is said.
    #[serde(default)]
    pub api_version: Option<String>,
    /// The environment variable that holds its key.
    #[serde(default)]
    pub secret_env: Option<String>,
    /// The file that holds its key.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    /// By which name it knows a model of the agreement, where that is another.
    #[serde(default)]
    pub deployments: BTreeMap<String, String>,
    /// Most calls at once.
    #[serde(default)]
    pub concurrency_max: Option<usize>,
}

/// How an upstream wants to be spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpstreamDialect {
    /// `/v1/…` with `Authorization`.
    Openai,
    /// `/openai/deployments/…` with `api-key` and `api-version`.
    Azure,
    /// `/openai/v1/…` with `api-key`.
    AzureV1,
}

/// A name clients may ask for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteSettings {
    /// The name.
    pub name: String,
    /// How to choose among the candidates.
    #[serde(default)]
    pub strategy: Strategy,
    /// Who may answer, in order of preference.
    pub candidates: Vec<CandidateSettings>,
    /// What a candidate must keep to.
    #[serde(default)]
    pub limits: RouteLimits,
    /// After how many milliseconds without a first byte the next candidate is asked as well, and the
    /// first to answer is heard; never if nothing is said. What the other used is metered too.
    #[serde(default)]
    pub hedge_ms: Option<u64>,
}

/// What a candidate must keep to; nothing if nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RouteLimits {
    /// Most that a million input tokens may cost, in the price list's currency.
    pub input_price_max: Option<Decimal>,
    /// Most that a million output tokens may cost.
    pub output_price_max: Option<Decimal>,
    /// Within how many milliseconds the first byte must have come of late.
    pub first_byte_ms_max: Option<u64>,
    /// The regions it may run in.
    pub regions: Option<Vec<String>>,
}

/// How to choose among the candidates of a route that the agreement allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// As they stand.
    #[default]
    Ordered,
    /// By lot, in proportion to their weights.
    Weighted,
    /// The cheapest by the price list in force.
    Cost,
    /// The one that answers soonest.
    Latency,
}

/// A model at an upstream.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CandidateSettings {
    /// The model, by its name in the agreement.
    pub model: String,
    /// The upstream, by its name here.
    pub upstream: String,
    /// Its part of the calls, where they are distributed by lot.
    #[serde(default = "one")]
    pub weight: u32,
}

fn one() -> u32 {
    1
}

/// A virtual key: who is calling, and what for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySettings {
    /// What it is called in rows and figures.
    pub name: String,
    /// `blake3:` and the hash of the key in hexadecimal digits.
    pub hash: String,
    /// Who is billed.
    pub customer: String,
    /// The product it calls for, by its name in the agreement.
    pub product: String,
    /// The channel it calls through, by its name in the agreement.
    pub channel: String,
    /// The names it may ask for; all if nothing is said.
    #[serde(default)]
    pub models: Option<Vec<String>>,
    /// The first instant at which it no longer holds.
    #[serde(default)]
    pub expires: Option<Timestamp>,
    /// Most requests a minute.
    #[serde(default)]
    pub requests_per_minute: Option<u32>,
    /// Most tokens a minute.
    #[serde(default)]
    pub tokens_per_minute: Option<u32>,
    /// What it may use in a period.
    #[serde(default)]
    pub budget: Option<BudgetSettings>,
    /// What becomes of an answer whose client has left.
    #[serde(default)]
    pub when_client_leaves: Departure,
}

/// What a key may use in a period, of which days are UTC days.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetSettings {
    /// Most tokens.
    #[serde(default)]
    pub tokens: Option<u64>,
    /// Most money, in the currency of the price list.
    #[serde(default)]
    pub money: Option<Decimal>,
    /// For how long.
    pub period: Period,
}

/// A period of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Period {
    /// A UTC day.
    Day,
    /// A month of UTC days.
    Month,
}

/// What becomes of an answer whose client has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Departure {
    /// It is read on, to learn what it used.
    #[default]
    Drain,
    /// It is cancelled, and what it used is estimated.
    Cancel,
}
