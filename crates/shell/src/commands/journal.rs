//! The record of events: shown, proven, copied and compared.

mod copies;
mod proofs;
pub(super) mod verify;

use std::borrow::Borrow;
use std::path::PathBuf;

use jiff::Timestamp;
use journal::{Filter, Position};

use super::telling::Sight;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
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
    /// Prove that no event was changed, moved or removed, and that every signature counts
    #[command(after_help = "\
Examples:
  charter journal verify
  charter journal verify --head 12:4f0c…   also prove that the tail was not cut off
  charter journal verify --view theirs.jsonl --head 12:4f0c…
  charter journal verify --proof event-7.json --root 12:9a1e…

The head and the root that it prints are worth noting down elsewhere, once a day or after what matters:
with them, and nothing else, a later journal, view or proof can be held to what there was. A view or a
proof is verified without a workspace.

Exits with 1 and names the first bad position if the record was tampered with.")]
    Verify {
        /// A head noted down earlier, as `POSITION:HASH`
        #[arg(long, value_name = "HEAD")]
        head: Option<String>,
        /// A Merkle root noted down earlier, as `EVENTS:HASH`
        #[arg(long, value_name = "ROOT")]
        root: Option<String>,
        /// A view that somebody gave you, instead of the journal
        #[arg(long, value_name = "FILE", conflicts_with = "proof")]
        view: Option<PathBuf>,
        /// A proof that somebody gave you, instead of the journal
        #[arg(long, value_name = "FILE")]
        proof: Option<PathBuf>,
        /// The earlier root, for a proof that nothing was taken away since
        #[arg(long, value_name = "ROOT", requires = "proof")]
        since: Option<String>,
    },
    /// Write a copy of the whole journal into a file
    #[command(after_help = "\
Examples:
  charter journal export ours.jsonl
  charter journal export /media/stick/$(date +%F).jsonl

Keep a copy where the other party cannot reach it. It holds everything, bids that are still sealed from
others too; `charter journal view` writes what one party may see.")]
    Export {
        /// The file; an earlier copy of that name is replaced
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Take over the events of a copy that are not here yet
    #[command(after_help = "\
Examples:
  charter journal import theirs.jsonl

All of the copy is verified before anything of it is kept. The journal here may be empty, or hold the
first events of the copy; if the two differ anywhere, the first event that does is named and nothing is
taken over.")]
    Import {
        /// The copy
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Find the first event in which this journal and another differ
    #[command(after_help = "\
Examples:
  charter journal compare theirs.jsonl
  charter journal compare ../their-workspace

Exits with 0 if both are the same, or one holds the other's first events, and with 1 if they differ.")]
    Compare {
        /// A copy, or the folder of another workspace
        #[arg(value_name = "FILE_OR_WORKSPACE")]
        other: PathBuf,
    },
    /// Prove that an event is in the journal, or that nothing was taken away since some size
    #[command(after_help = "\
Examples:
  charter journal prove 7 > event-7.json
  charter journal prove 7 --hash-only          shows that there is an event, not what it says
  charter journal prove --since 5              shows that the first 5 events are what they were

Whoever keeps the Merkle root that `charter journal verify` printed checks it with
`charter journal verify --proof FILE --root EVENTS:HASH`, without a copy of the journal.")]
    Prove {
        /// The event
        #[arg(value_name = "POSITION", required_unless_present = "since")]
        position: Option<u64>,
        /// How many events the proof is about; all if not given
        #[arg(long, value_name = "EVENTS")]
        size: Option<u64>,
        /// Leave out what the event says
        #[arg(long)]
        hash_only: bool,
        /// Prove that the first so many events are unchanged, instead
        #[arg(long, value_name = "EVENTS", conflicts_with_all = ["position", "hash_only"])]
        since: Option<u64>,
    },
    /// Write what one party may see of the journal, as a provable part of the whole
    #[command(after_help = "\
Examples:
  charter journal view coreweave for-coreweave.jsonl
  charter journal view coreweave for-coreweave.jsonl --show month/
  charter journal view coreweave for-coreweave.jsonl --selected

The party sees of each case what its part in it lets it see, what else it entered itself, and documents,
conditions and keys; `--show` adds more. Of commands it sees its own, and those of cases it sees all of. Hidden
events are there as hashes that nobody can guess the content of, so that the head proves the view and
shows how many there are. With `--selected` they are left out, and the Merkle root proves each of the
others: nothing then says how many there are.")]
    View {
        /// The party
        #[arg(value_name = "PARTY")]
        party: String,
        /// The file; an earlier view of that name is replaced
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Also show what is about this, as `month/`; of a case, all of it
        #[arg(long, value_name = "STREAM")]
        show: Vec<String>,
        /// Leave hidden events out
        #[arg(long)]
        selected: bool,
    },
}

pub fn run<W: Borrow<Workspace>>(
    open: impl FnOnce() -> Result<W, Failure>,
    command: &Command,
    json: bool,
) -> Outcome {
    match command {
        Command::Log { about, kind, after } => {
            let filter = Filter { stream: about.clone(), kind: kind.clone(), ..Filter::all() };
            log(open()?.borrow(), &filter, Position(*after), json)
        }
        // Whoever was given a view or a proof needs no workspace for it.
        Command::Verify { view: Some(view), head, root, .. } => {
            proofs::verify_view(view, head.as_deref(), root.as_deref(), json)
        }
        Command::Verify { proof: Some(proof), root, since, .. } => {
            proofs::verify_proof(proof, root.as_deref(), since.as_deref(), json)
        }
        Command::Verify { head, root, .. } => {
            verify::run(open()?.borrow(), head.as_deref(), root.as_deref(), json)
        }
        Command::Export { file } => copies::export(open()?.borrow(), file, json),
        Command::Import { file } => copies::import(open()?.borrow(), file, json),
        Command::Compare { other } => copies::compare(open()?.borrow(), other, json),
        Command::Prove { position, size, hash_only, since } => {
            let workspace = open()?;
            let workspace = workspace.borrow();
            match (position, since) {
                (_, Some(since)) => proofs::prove_since(workspace, *since, *size),
                (Some(position), None) => proofs::prove(workspace, *position, *size, *hash_only),
                (None, None) => Ok(Answer::No),
            }
        }
        Command::View { party, file, show, selected } => {
            proofs::view(open()?.borrow(), party, file, show, *selected, json)
        }
    }
}

fn log(workspace: &Workspace, filter: &Filter, after: Position, json: bool) -> Outcome {
    let events = workspace.events_after(after, filter)?;
    let events = Sight::of(workspace, workspace.asker().clone())?.seen(events)?;
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
