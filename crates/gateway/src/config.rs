//! What `[gateway]` in `charter.toml` says, and what it means once names are looked up.

mod seeing;
mod settings;
mod wiring;

pub use seeing::{LogFormat, LogLevel, LogSettings, OperationsSettings, Ratio, TelemetrySettings};
pub use settings::{
    BudgetSettings, CandidateSettings, Departure, KeySettings, Limits, Period, Remember,
    RouteLimits, RouteSettings, Settings, Strategy, TlsSettings, UpstreamDialect, UpstreamSettings,
};
pub use wiring::{Candidate, Mistake, ModelRoute, Secrets, Upstream, Wiring};
