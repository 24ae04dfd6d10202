//! Serves the mock of a model vendor's API until it is ended.

use std::io::Write as _;
use std::time::Duration;

use clap::Parser;
use upstream::{Settings, Upstream};

/// Stands in for a model vendor's paid API, on the loopback.
#[derive(Parser)]
struct Arguments {
    /// The port to listen on; 0 for a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// How many threads serve.
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// The key that `Authorization: Bearer` must carry.
    #[arg(long, default_value_t = Settings::default().openai_key)]
    openai_key: String,
    /// The key that `api-key` must carry.
    #[arg(long, default_value_t = Settings::default().azure_key)]
    azure_key: String,
    /// How many of the latest requests are kept for comparison; 0 under load.
    #[arg(long, default_value_t = Settings::default().requests_kept)]
    requests_kept: usize,
    /// Keeps the sums of the books alone, and no entry for each attempt.
    #[arg(long)]
    sums_only: bool,
    /// How many milliseconds a batch takes.
    #[arg(long, default_value_t = 1000)]
    job_ms: u64,
}

fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let upstream = Upstream::start(Settings {
        port: arguments.port,
        workers: arguments.workers,
        openai_key: arguments.openai_key,
        azure_key: arguments.azure_key,
        requests_kept: arguments.requests_kept,
        itemized: !arguments.sums_only,
        job: Duration::from_millis(arguments.job_ms),
        instance: None,
    })?;
    // Whoever started it reads from this line where it is.
    let mut out = std::io::stdout();
    writeln!(out, "{}", upstream.url())?;
    out.flush()?;
    loop {
        std::thread::park();
    }
}
