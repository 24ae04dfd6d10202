//! A service that lets time pass by itself.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::tick::{let_pass, tell};
use crate::commands::telling::Post;
use crate::outcome::{Answer, Failure, Outcome};
use crate::say;
use crate::term;
use crate::workspace::Workspace;

/// Stays and lets time pass by itself, until told to stop: what is due in any case happens when it is
/// due. Any number may run beside each other; whatever happens, happens once. Parties that
/// `[notices]` in charter.toml gives an address are told.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  charter watch               stop it with Ctrl-C or SIGTERM
  charter watch --every 5

What was due while nothing ran happens at once when it starts again, each at the instant it was due.")]
pub struct Args {
    /// How often to look for what others have entered, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=3_600))]
    every: u64,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let zone = workspace.adopted_terms()?.time_zone();
    let mut stop = Stop::listen(workspace)?;
    let post = Post::open(workspace)?;
    // A receiver that is slow should not keep time from passing, so they are told beside it.
    if let Some(post) = Post::open(workspace)? {
        post.deliver_beside(workspace.clock)?;
    }
    say_when(workspace, json, &zone)?;
    loop {
        let passed = let_pass(workspace, workspace.time())?;
        let happened = !passed.ticked.is_empty();
        if json {
            // One line a case, for whoever reads along.
            for ticked in &passed.ticked {
                say!("{}", serde_json::to_string(ticked)?);
            }
        } else {
            tell(&passed, &zone);
        }
        if happened {
            workspace.save_snapshot()?;
        }
        if let Some(post) = &post {
            post.take(workspace)?;
        }
        let next = workspace.fold()?.book.next().map(|(at, _)| at);
        let sleep = until_next(workspace.time(), next).min(Duration::from_secs(args.every));
        if workspace.block_on(stop.or_after(sleep)) {
            if !json {
                say!("stopped");
            }
            return Ok(Answer::Yes);
        }
    }
}

fn say_when(workspace: &Workspace, json: bool, zone: &jiff::tz::TimeZone) -> Result<(), Failure> {
    if json {
        return Ok(());
    }
    let fold = workspace.fold()?;
    match fold.book.next() {
        Some((at, name)) => say!("watching; next {name}, {}", term::instant(at, zone)),
        None => say!("watching; nothing runs"),
    }
    Ok(())
}

/// How long until the next thing is due. A deadline is inclusive: what it brings comes just after.
fn until_next(now: Timestamp, next: Option<Timestamp>) -> Duration {
    let just_after = SignedDuration::from_millis(1);
    let wait = next.map(|next| next.duration_since(now) + just_after);
    let wait = wait.map(|wait| Duration::try_from(wait).unwrap_or(Duration::ZERO));
    // What is overdue here cannot happen now; it is tried again when something changes.
    wait.filter(|wait| !wait.is_zero()).unwrap_or(Duration::MAX)
}

/// The signals that end it.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn listen(workspace: &Workspace) -> Result<Stop, Failure> {
        workspace.block_on(async {
            Ok(Stop {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
            })
        })
    }

    /// Whether one came; not if a while passed first.
    async fn or_after(&mut self, wait: Duration) -> bool {
        tokio::select! {
            _ = self.interrupt.recv() => true,
            _ = self.terminate.recv() => true,
            () = tokio::time::sleep(wait) => false,
        }
    }
}
