//! What `[gateway]` in `charter.toml` says, and what it means once names are looked up.

mod settings;
mod wiring;

pub use settings::{
    BudgetSettings, CandidateSettings, Departure, KeySettings, Limits, Period, Remember,
    RouteLimits, RouteSettings, Settings, Strategy, TlsSettings, UpstreamDialect, UpstreamSettings,
};
pub use wiring::{Candidate, Mistake, ModelRoute, Secrets, Upstream, Wiring};
