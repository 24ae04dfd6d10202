//! The scheduler: takes a scan, deals its shares out, and deals them out again if an executor is lost.

use std::sync::Arc;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::utils::default_session_builder;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::{SchedulerConfig, TaskDistributionPolicy};
use ballista_scheduler::scheduler_process::start_server;
use datafusion::execution::FunctionRegistry;

use crate::Failure;
use crate::executor::HEARTBEAT_SECONDS;
use crate::function;
use crate::table;

/// Runs a scheduler until it is stopped.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter-cluster scheduler
  charter-cluster scheduler --host 10.0.0.5 --port 50050")]
pub struct Args {
    /// The address it listens on; executors and clients reach it there
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// The port it listens on
    #[arg(long, default_value_t = 50050)]
    port: u16,
}

/// An executor that is silent for so long is lost, and others do what it was doing.
const EXECUTOR_LOST_AFTER_SECONDS: u64 = 5 * HEARTBEAT_SECONDS;

pub async fn run(args: Args) -> Result<(), Failure> {
    let config = SchedulerConfig {
        bind_host: args.host.clone(),
        external_host: args.host.clone(),
        bind_port: args.port,
        // Pushed, a share is with its executor at once; pulled, only when that asks for one.
        scheduling_policy: TaskSchedulingPolicy::PushStaged,
        task_distribution: TaskDistributionPolicy::RoundRobin,
        executor_timeout_seconds: EXECUTOR_LOST_AFTER_SECONDS,
        expire_dead_executor_interval_seconds: HEARTBEAT_SECONDS,
        no_executors_grace_period_seconds: EXECUTOR_LOST_AFTER_SECONDS,
        override_logical_codec: Some(Arc::new(table::Codec::default())),
        override_session_builder: Some(Arc::new(|config| {
            let mut session = default_session_builder(config)?;
            session.register_udf(Arc::new(function::add_up()))?;
            Ok(session)
        })),
        ..SchedulerConfig::default()
    };
    let address = tokio::net::lookup_host((args.host.as_str(), args.port)).await?.next();
    let address = address.ok_or_else(|| format!("`{}` has no address", args.host))?;
    let cluster = BallistaCluster::new_from_config(&config).await?;
    Ok(start_server(cluster, address, Arc::new(config)).await?)
}
