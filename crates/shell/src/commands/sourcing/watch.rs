//! A service that lets time pass by itself.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sourcing::measured::measured;

use super::tick::{let_pass, tell};
use crate::commands::telling::Post;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::waker::{Waker, Woken};
use crate::workspace::Workspace;

/// Stays and lets time pass by itself, until told to stop: what is due in any case happens when it is
/// due. Any number may run beside each other; whatever happens, happens once. Parties that
/// `[notices]` in charter.toml gives an address are told.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Example:
  charter watch               stop it with Ctrl-C or SIGTERM

It hears at once of what others enter. What was due while nothing ran happens at once when it starts again, each at the instant it was due.")]
pub struct Args {}

pub fn run(workspace: &Workspace, _args: &Args, json: bool) -> Outcome {
    let zone = workspace.adopted_terms()?.time_zone();
    let mut waker = Waker::listen(workspace)?;
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
        let wait = until_next(workspace.time(), next(workspace)?);
        let seen = workspace.fold()?.head.position;
        if workspace.block_on(waker.wait(wait, seen)) == Woken::Stopped {
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

/// When something happens by itself next.
fn next(workspace: &Workspace) -> Result<Option<Timestamp>, Failure> {
    let (terms, fold) = (workspace.adopted_terms()?, workspace.fold()?);
    let mut next = fold.book.next().map(|(at, _)| at);
    for (clause, primarily) in measured(&terms, workspace.time()) {
        let test = fold.measured.next_test(&terms, clause, &primarily.measure)?;
        next = next.into_iter().chain(test.map(|(at, _)| at)).min();
    }
    Ok(next)
}

/// How long until the next thing is due. A deadline is inclusive: what it brings comes just after.
fn until_next(now: Timestamp, next: Option<Timestamp>) -> Duration {
    let just_after = SignedDuration::from_millis(1);
    let wait = next.map(|next| next.duration_since(now) + just_after);
    let wait = wait.map(|wait| Duration::try_from(wait).unwrap_or(Duration::ZERO));
    // What is overdue here cannot happen now; it is tried again when something changes.
    wait.filter(|wait| !wait.is_zero()).unwrap_or(PATIENCE).min(PATIENCE)
}

/// How long to sleep at most: a machine's clock may be put right, or the machine have slept.
const PATIENCE: Duration = Duration::from_secs(10);
