//! The client: hands segments to a cluster, and prints what comes back.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::time::Duration;

use ballista::prelude::{SessionConfigExt, SessionContextExt};
use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext, col};
use futures_util::StreamExt;
use settlement::scan::remote::{Part, Task};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Failure;
use crate::address::Scheduler;
use crate::function;
use crate::table::{self, Segments, TASK};

/// Has a cluster add up segments; `charter settle --cluster` runs this.
///
/// Reads tasks from standard input and prints parts, in any order, each a line of JSON. It ends well
/// only if there is a part for each task.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  echo '{\"day\":\"2023-11-16\",\"segment\":\"/srv/usage/day=2023-11-16/5f….parquet\"}' |
      charter-cluster scan --scheduler http://127.0.0.1:50050")]
pub struct Args {
    /// The URL of the scheduler
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:50050")]
    scheduler: Scheduler,
}

/// How often what did not come back is asked for. What an executor takes with it, the scheduler has
/// another do; but sums that were ready are gone with the executor that had them.
const TRIES_MAX: u32 = 3;

/// Shares a scan is cut into: enough to keep a few dozen processors busy to the end, and few enough that
/// dealing them out costs little.
const SHARES: usize = 32;

/// Segments that are asked for at a time: a message between scheduler and executors has 16 MB at most.
const SEGMENTS_MAX: usize = 20_000;

/// How long a scheduler may be without executors, which may just be starting.
const EXECUTORS_MISSED_SECONDS: u32 = 10;

pub async fn run(args: Args) -> Result<(), Failure> {
    let mut rest = BTreeSet::new();
    for line in io::stdin().lock().lines() {
        rest.insert(serde_json::from_str::<Task>(&line?)?);
    }
    let config = SessionConfig::new_with_ballista()
        .with_ballista_logical_extension_codec(Arc::new(table::Codec::default()));
    let state = SessionStateBuilder::new().with_config(config).with_default_features().build();
    let cluster = SessionContext::remote_with_state(&args.scheduler.to_string(), state).await?;

    let mut tries = 0;
    while !rest.is_empty() {
        tries += 1;
        wait_for_executors(&args.scheduler).await?;
        match ask(&cluster, &mut rest).await {
            Ok(()) => tries = 0,
            Err(error) if tries < TRIES_MAX => log::warn!("asking again: {error}"),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Waits until the scheduler has an executor. Without this, a scan would wait for ever for one.
async fn wait_for_executors(scheduler: &Scheduler) -> Result<(), Failure> {
    for _ in 0..EXECUTORS_MISSED_SECONDS {
        match is_ready(scheduler).await {
            Ok(true) => return Ok(()),
            Ok(false) => tokio::time::sleep(Duration::from_secs(1)).await,
            Err(error) => return Err(format!("could not reach the scheduler: {error}").into()),
        }
    }
    Err("the scheduler has no executors".into())
}

/// Whether the scheduler has an executor, which it says over HTTP.
async fn is_ready(scheduler: &Scheduler) -> io::Result<bool> {
    let Scheduler { host, port } = scheduler;
    let mut connection = TcpStream::connect((host.as_str(), *port)).await?;
    let ask = format!("GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    connection.write_all(ask.as_bytes()).await?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await?;
    Ok(answer.starts_with(b"HTTP/1.1 200"))
}

/// Has the first segments of `rest` added up, and takes each out that came back.
async fn ask(cluster: &SessionContext, rest: &mut BTreeSet<Task>) -> Result<(), Failure> {
    let asked: Vec<Task> = rest.iter().take(SEGMENTS_MAX).cloned().collect();
    let segments = Segments { shares: shares(&asked) };
    let parts = function::add_up().call(vec![col(TASK)]);
    let parts = cluster.read_table(Arc::new(segments))?.select(vec![parts])?;
    let mut batches = parts.execute_stream().await?;
    while let Some(batch) = batches.next().await {
        for line in lines(&batch?)? {
            let part: Part = serde_json::from_str(&line)?;
            if rest.remove(&part.task) {
                writeln!(io::stdout().lock(), "{line}")?;
            }
        }
    }
    match asked.iter().find(|task| rest.contains(task)) {
        Some(task) => Err(format!("nothing came back for `{}`", task.segment.display()).into()),
        None => Ok(()),
    }
}

fn lines(batch: &RecordBatch) -> Result<Vec<String>, Failure> {
    let column = batch.columns().first().and_then(|column| column.as_string_opt::<i32>());
    let column = column.ok_or("the cluster answered with something else than parts")?;
    Ok(column.iter().flatten().map(str::to_owned).collect())
}

/// Deals segments out like cards: of days that follow one another, the sizes are alike.
fn shares(tasks: &[Task]) -> Vec<Vec<Task>> {
    let mut shares = vec![Vec::new(); tasks.len().min(SHARES)];
    for (task, share) in tasks.iter().zip((0..shares.len()).cycle()) {
        shares[share].push(task.clone());
    }
    shares
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn every_segment_is_in_one_share() {
        for segments in [0, 1, 31, 32, 33, 1000] {
            let task = |number| Task {
                day: "2025-03-01".parse().unwrap(),
                segment: PathBuf::from(format!("{number}.parquet")),
            };
            let tasks: Vec<Task> = (0..segments).map(task).collect();
            let shares = shares(&tasks);
            let sizes: Vec<usize> = shares.iter().map(Vec::len).collect();
            assert!(sizes.iter().max() <= sizes.iter().min().map(|least| least + 1).as_ref());
            assert_eq!(shares.len(), segments.min(SHARES));
            let mut dealt: Vec<Task> = shares.into_iter().flatten().collect();
            dealt.sort_by_key(|task| tasks.iter().position(|one| one == task));
            assert_eq!(dealt, tasks);
        }
    }
}
