//! Adds up calls on a cluster of Apache Ballista.
//!
//! `charter settle --cluster` runs [`scan`], which hands the segments of a month to a [`scheduler`];
//! that deals them out to [`executor`]s. What an executor runs is the loop of [`settlement::scan`]
//! itself, as a [`function`] of the query engine over a [`table`] of segments, so there is no second
//! way to add up a call. Only sums travel.

mod address;
mod executor;
mod function;
mod scan;
mod scheduler;
mod table;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

/// Adds up calls on a cluster of Apache Ballista, for `charter settle --cluster`.
///
/// A cluster is a scheduler and any number of executors. They ask nobody who they are, and whoever
/// reaches them can have them read files, so they listen on this machine alone unless told otherwise:
/// let them listen on a network only if all of it may read the usage.
#[derive(Parser)]
#[command(
    name = "charter-cluster",
    version,
    after_help = "\
Example:
  charter-cluster scheduler &
  charter-cluster executor &
  charter-cluster executor --port 50061 --grpc-port 50062 &
  charter settle 2023-11 --cluster http://127.0.0.1:50050"
)]
enum Command {
    Scheduler(scheduler::Args),
    Executor(executor::Args),
    Scan(scan::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    let command = Command::parse();
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    let ended = match command {
        Command::Scheduler(args) => scheduler::run(args).await,
        Command::Executor(args) => executor::run(args).await,
        Command::Scan(args) => scan::run(args).await,
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(3)
        }
    }
}

/// Why a command ended.
type Failure = Box<dyn Error + Send + Sync>;
