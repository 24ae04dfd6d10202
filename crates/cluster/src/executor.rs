//! An executor: adds up the segments it is given.

use std::path::PathBuf;
use std::sync::Arc;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};

use crate::Failure;
use crate::address::Scheduler;
use crate::function;

/// Runs an executor until it is stopped.
///
/// It reads the segments by the path they have where `charter` runs, so each executor must see the
/// usage folder under that path. It keeps what it has added up until whoever asked has it.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter-cluster executor
  charter-cluster executor --scheduler http://10.0.0.5:50050 --host 10.0.0.6 --work-dir /var/tmp/charter")]
pub struct Args {
    /// The URL of the scheduler
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:50050")]
    scheduler: Scheduler,
    /// The address it listens on; the scheduler and clients reach it there
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// The port at which clients fetch sums
    #[arg(long, default_value_t = 50051)]
    port: u16,
    /// The port at which the scheduler hands out segments
    #[arg(long, default_value_t = 50052)]
    grpc_port: u16,
    /// How many segments it adds up at a time; as many as there are processors unless told
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    cores: usize,
    /// Where it keeps sums until they are fetched; a folder of its own that goes with it unless told
    #[arg(long, value_name = "FOLDER")]
    work_dir: Option<PathBuf>,
}

/// How often an executor tells the scheduler that it is there.
pub const HEARTBEAT_SECONDS: u64 = 2;

/// Sums that nobody fetched in this time are deleted.
const SUMS_KEPT_SECONDS: u64 = 3600;

/// How long it tries to reach a scheduler that may be just starting.
const CONNECT_SECONDS: u16 = 30;

pub async fn run(args: Args) -> Result<(), Failure> {
    // The folder of an executor without one goes when this ends.
    let temporary = tempfile::tempdir()?;
    let work_dir = args.work_dir.unwrap_or_else(|| temporary.path().to_path_buf());
    let mut functions = BallistaFunctionRegistry::default();
    let add_up = Arc::new(function::add_up());
    functions.scalar_functions.insert(add_up.name().to_string(), add_up);
    let config = ExecutorProcessConfig {
        bind_host: args.host.clone(),
        external_host: Some(args.host),
        port: args.port,
        grpc_port: args.grpc_port,
        scheduler_host: args.scheduler.host,
        scheduler_port: args.scheduler.port,
        scheduler_connect_timeout_seconds: CONNECT_SECONDS,
        vcores: args.cores,
        task_scheduling_policy: TaskSchedulingPolicy::PushStaged,
        work_dir: Some(work_dir.to_string_lossy().into_owned()),
        job_data_ttl_seconds: SUMS_KEPT_SECONDS,
        job_data_clean_up_interval_seconds: SUMS_KEPT_SECONDS / 4,
        executor_heartbeat_interval_seconds: HEARTBEAT_SECONDS,
        override_function_registry: Some(Arc::new(functions)),
        ..ExecutorProcessConfig::default()
    };
    Ok(start_executor_process(Arc::new(config)).await?)
}
