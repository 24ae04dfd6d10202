use std::collections::BTreeSet;

use notices::{Attempt, Outbox, Outcome as Became, Outgoing, State};

use super::telling::Post;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::{complain, say};
use crate::workspace::Workspace;

/// Shows whom what was told and is to be told; tells what is due, or tries again.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  charter notices
  charter notices send
  charter notices retry notice_4f0c…

Who is told, and where, stands in charter.toml:

  [notices.smtp]
  host = \"smtp.example.com\"
  from = \"Charter <charter@example.com>\"

  [notices.parties.oracle]
  email = [\"deals@oracle.example\"]
  webhooks = [{ url = \"https://hooks.oracle.example/charter\", secret_env = \"ORACLE_SECRET\" }]

A party is told of each event of a case that it may see, but for those it caused itself, from when somebody
was first given an address; of what was open by then, `charter notices catch-up` tells. `charter watch` tells
by itself; each notice has a key, the same at every attempt.")]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Command {
    /// Tell what has happened and is due to be told, once
    #[command(after_help = "Example:\n  charter notices send")]
    Send,
    /// Tell each party of the deadlines that still run for it, where it was not told
    #[command(after_help = "Example:\n  charter notices catch-up\n  charter notices send")]
    CatchUp,
    /// Make what is dead or waiting due at once
    #[command(after_help = "Example:\n  charter notices retry notice_4f0c…")]
    Retry {
        /// The notice's key
        #[arg(value_name = "KEY")]
        key: String,
    },
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    match &args.command {
        None => list(workspace, json),
        Some(Command::Send) => send(workspace, json),
        Some(Command::CatchUp) => catch_up(workspace, json),
        Some(Command::Retry { key }) => retry(workspace, key, json),
    }
}

fn list(workspace: &Workspace, json: bool) -> Outcome {
    let all = match outbox(workspace)? {
        Some(outbox) => workspace.block_on(outbox.list(None))?,
        None => Vec::new(),
    };
    if json {
        term::json(&all)?;
        return Ok(Answer::Yes);
    }
    if all.is_empty() {
        say!("nobody was told anything, nor is to be");
        return Ok(Answer::Yes);
    }
    let mut table = term::table(["notice", "state", "party", "way", "attempts", "about", "error"]);
    term::keep_names(&mut table);
    for Outgoing { key, state, notice, way, attempts, last_error, .. } in all {
        table.add_row([
            key,
            state.to_string(),
            notice.to,
            way.to_string(),
            attempts.to_string(),
            notice.subject,
            last_error.unwrap_or_default(),
        ]);
    }
    say!("{table}");
    Ok(Answer::Yes)
}

/// The way to tell anybody, if anybody is to be told.
fn post(workspace: &Workspace) -> Result<Post, Failure> {
    Post::open(workspace)?.ok_or_else(|| {
        Failure::failed(
            "charter.toml names nobody to tell",
            "add `[notices.parties.NAME]` with `email` or `webhooks`; see `charter notices --help`",
        )
    })
}

fn catch_up(workspace: &Workspace, json: bool) -> Outcome {
    let taken = post(workspace)?.catch_up(workspace)?;
    if json {
        term::json(&serde_json::json!({
            "taken": taken.enqueued, "unaddressed": taken.unaddressed,
        }))?;
        return Ok(Answer::Yes);
    }
    let count = usize::try_from(taken.enqueued).unwrap_or(usize::MAX);
    say!("{} due; `charter notices send` sends it", term::count(count, "notice"));
    Ok(Answer::Yes)
}

fn send(workspace: &Workspace, json: bool) -> Outcome {
    let post = post(workspace)?;
    let taken = post.take(workspace)?;
    let made = post.deliver(workspace)?;
    let failed = made.iter().any(|attempt| attempt.outcome != Became::Sent);
    let waits = workspace.block_on(post.outbox.list(Some(State::Waiting)))?.len();
    if json {
        let sent: BTreeSet<_> = made
            .iter()
            .filter(|attempt| attempt.outcome == Became::Sent)
            .map(|attempt| &attempt.outgoing.key)
            .collect();
        term::json(&serde_json::json!({
            "taken": taken.enqueued, "unaddressed": taken.unaddressed, "sent": sent,
            "waiting": waits,
        }))?;
        return Ok(Answer::of(!failed));
    }
    for attempt in &made {
        let Attempt { outgoing: Outgoing { way, notice, .. }, outcome } = attempt;
        if *outcome == Became::Sent {
            say!("{}  {} by {way}: {}", term::green("told"), notice.to, notice.subject);
        }
        complain(attempt);
    }
    if !taken.unaddressed.is_empty() {
        let names: Vec<_> = taken.unaddressed.into_iter().collect();
        say!("no address for {}", names.join(", "));
    }
    let sent = made.iter().filter(|attempt| attempt.outcome == Became::Sent).count();
    say!("{} sent, {waits} waiting", term::count(sent, "notice"));
    Ok(Answer::of(!failed))
}

fn retry(workspace: &Workspace, key: &str, json: bool) -> Outcome {
    let Some(outbox) = outbox(workspace)? else {
        return Err(Failure::failed("nothing was taken to be told yet", "`charter notices send`"));
    };
    workspace.block_on(outbox.retry(key, workspace.time()))?;
    if json {
        term::json(&serde_json::json!({ "key": key }))?;
    } else {
        say!("{}  {key}; `charter notices send` or `charter watch` sends it", term::green("due"));
    }
    Ok(Answer::Yes)
}

/// Says which attempt failed, and what follows; nothing of those that did not.
pub fn complain(attempt: &Attempt) {
    let (reason, next) = match &attempt.outcome {
        Became::Sent => return,
        Became::Later { reason, due } => (reason, format!("again from {due}")),
        Became::Dead { reason } => {
            (reason, format!("`charter notices retry {}` tries again", attempt.outgoing.key))
        }
    };
    let Outgoing { way, notice, .. } = &attempt.outgoing;
    complain!("{}  {} by {way}: {reason}; {next}", term::red("not told"), notice.to);
}

/// The outbox, if anything was taken into it yet.
fn outbox(workspace: &Workspace) -> Result<Option<Outbox>, Failure> {
    let path = Post::path(workspace);
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(workspace.block_on(Outbox::open(&path))?))
}
