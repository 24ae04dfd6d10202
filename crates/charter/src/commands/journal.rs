use jiff::Timestamp;
use journal::{Filter, Head, Position, Verdict};
use serde_json::json;

use crate::outcome::{Answer, Failure, Outcome};
use crate::say;
use crate::term;
use crate::workspace::Workspace;

#[derive(clap::Subcommand)]
pub enum Command {
    /// List events
    #[command(after_help = "\
Examples:
  charter journal log
  charter journal log --about case/halls --json")]
    Log {
        /// Only events about this, as `case/halls` or `document/2019-partnership.md`
        #[arg(long, value_name = "STREAM")]
        about: Option<String>,
        /// Only events of this kind
        #[arg(long)]
        kind: Option<String>,
        /// Only events after this position
        #[arg(long, default_value_t = 0)]
        after: u64,
    },
    /// Prove that no event was changed, moved or removed
    #[command(after_help = "\
Examples:
  charter journal verify
  charter journal verify --head 12:4f0c…   also prove that the tail was not cut off

Exits with 1 and names the first bad position if the record was tampered with.")]
    Verify {
        /// A head noted down earlier, as `POSITION:HASH`
        #[arg(long, value_name = "HEAD")]
        head: Option<String>,
    },
}

pub fn run(workspace: &Workspace, command: &Command, json: bool) -> Outcome {
    match command {
        Command::Log { about, kind, after } => {
            let filter = Filter { stream: about.clone(), kind: kind.clone(), ..Filter::all() };
            log(workspace, &filter, Position(*after), json)
        }
        Command::Verify { head } => verify(workspace, head.as_deref(), json),
    }
}

fn log(workspace: &Workspace, filter: &Filter, after: Position, json: bool) -> Outcome {
    let events = workspace.with_journal(async |journal| Ok(journal.read(after, filter).await?))?;
    let events = events.unwrap_or_default();
    if json {
        term::json(&events)?;
        return Ok(Answer::Yes);
    }
    for event in &events {
        let cause = event.cause.as_ref().map_or(String::new(), |cause| format!("  by {cause}"));
        say!(
            "{:>5}  {}  {:<22} {}  {}{cause}{}",
            event.position.to_string(),
            short(event.effective),
            term::bold(&event.kind),
            event.stream,
            term::dim(&event.actor),
            term::dim(recorded(event)),
        );
    }
    say!("{} events", events.len());
    Ok(Answer::Yes)
}

/// When an event was entered, if that is not the minute it happened.
fn recorded(event: &::journal::Event) -> String {
    let (happened, entered) = (short(event.effective), short(event.recorded));
    if happened == entered { String::new() } else { format!("  entered {entered}") }
}

fn short(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%MZ").to_string()
}

fn verify(workspace: &Workspace, kept: Option<&str>, json: bool) -> Outcome {
    let kept = kept.map(parse_head).transpose()?;
    let verdict = workspace.with_journal(async |journal| {
        Ok(match kept {
            Some(head) => journal.verify_against(head).await?,
            None => journal.verify().await?,
        })
    })?;
    let gone = kept.filter(|head| *head != Head::EMPTY && verdict.is_none());
    if let Some(head) = gone {
        return Err(Failure::failed(
            format!("the journal is gone: the head you kept is at {}", head.position),
            "restore it from the other party's copy or a backup",
        ));
    }
    let verdict = verdict.unwrap_or(Verdict::Intact { head: Head::EMPTY });
    if !json && matches!(&verdict, Verdict::Intact { head } if *head == Head::EMPTY) {
        say!("there is no journal here: nothing has been entered");
        return Ok(Answer::Yes);
    }
    match &verdict {
        Verdict::Intact { head } if json => {
            term::json(&json!({ "intact": true, "events": head.position, "head": head.hash }))?;
        }
        Verdict::Intact { head } => {
            say!(
                "{}  {} events, head {}:{}",
                term::green("intact"),
                head.position,
                head.position,
                head.hash
            );
        }
        Verdict::Broken { position, reason } if json => {
            let reason = reason.to_string();
            term::json(&json!({ "intact": false, "position": position, "reason": reason }))?;
        }
        Verdict::Broken { position, reason } => {
            say!("{}  at event {position}: {reason}", term::red("broken"));
        }
    }
    Ok(Answer::of(matches!(verdict, Verdict::Intact { .. })))
}

fn parse_head(text: &str) -> Result<Head, Failure> {
    let read = || {
        let (position, hash) = text.split_once(':')?;
        Some(Head { position: Position(position.parse().ok()?), hash: hash.parse().ok()? })
    };
    read().ok_or_else(|| {
        Failure::wrong_use(
            format!("`{text}` is not a head of a journal"),
            "give the `POSITION:HASH` that `charter journal verify` printed",
        )
    })
}
