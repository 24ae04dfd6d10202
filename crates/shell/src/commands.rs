//! One file a subcommand.

pub(crate) mod adopt;
pub(crate) mod ask;
pub(crate) mod backup;
pub(crate) mod calendar;
pub(crate) mod check;
pub(crate) mod close;
pub(crate) mod continuity;
pub(crate) mod demo;
pub(crate) mod diff;
/// Whether a command reads or changes something.
pub mod effect;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod gateway;
/// What an answer may hold that is not everybody's.
pub mod holds;
pub(crate) mod init;
pub(crate) mod journal;
pub(crate) mod keys;
pub(crate) mod language;
pub(crate) mod ledger;
pub(crate) mod lsp;
pub(crate) mod notices;
pub(crate) mod position;
pub(crate) mod prices;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod restore;
pub(crate) mod serve;
pub(crate) mod settle;
pub(crate) mod sourcing;
pub(crate) mod statement;
pub(crate) mod telling;
pub(crate) mod terms;
mod time;
pub(crate) mod trace;
pub(crate) mod usage;

use std::borrow::Borrow;

pub use telling::{Seen, SeenThrough, seen_after};

use crate::cli::{Cli, Command};
use crate::outcome::{Failure, Outcome};
use crate::workspace::{Clock, Workspace};

/// Runs a command: finds its workspace and hands it on.
pub fn run(cli: Cli, clock: Clock) -> Outcome {
    let open = || Workspace::find(&cli.directory, clock);
    dispatch(cli.command, clock, cli.json, open)
}

/// Runs a command in a workspace that is open, for whoever it is open for ([`Workspace::begin`]).
pub fn run_in(workspace: &Workspace, command: Command, json: bool) -> Outcome {
    dispatch(command, workspace.clock, json, || Ok(workspace))
}

/// Hands a command on; only those that need a workspace open one.
fn dispatch<W: Borrow<Workspace>>(
    command: Command,
    clock: Clock,
    json: bool,
    open: impl FnOnce() -> Result<W, Failure>,
) -> Outcome {
    match command {
        Command::Init(args) => init::run(&args, json),
        Command::Backup(args) => backup::run(open()?.borrow(), &args, json),
        Command::Restore(args) => restore::run(&args, clock, json),
        Command::Demo(args) => demo::run(&args, json),
        Command::Fmt(args) => fmt::run(open()?.borrow(), &args, json),
        Command::Explain(args) => explain::run(&args, json),
        Command::Language(args) => language::run(&args, json),
        Command::Lsp(args) => lsp::run(&args, clock, json),
        Command::Check(args) => check::run(open()?.borrow(), &args, json),
        Command::Terms(args) => terms::run(open()?.borrow(), &args, json),
        Command::Diff(args) => diff::run(open()?.borrow(), &args, json),
        Command::Continuity(args) => continuity::run(open()?.borrow(), &args, json),
        Command::Ask(args) => ask::run(open()?.borrow(), &args, json),
        Command::Adopt(args) => adopt::run(open()?.borrow(), &args, json),
        Command::Record(args) => record::run(open()?.borrow(), &args, json),
        Command::Sourcing(command) => sourcing::run(open()?.borrow(), command, json),
        Command::Prices(command) => prices::run(open()?.borrow(), &command, json),
        Command::Usage(command) => usage::run(open()?.borrow(), command, json),
        Command::Report(args) => report::run(open()?.borrow(), &args, json),
        Command::Close(args) => close::run(open()?.borrow(), &args, json),
        Command::Serve(_) => Err(Failure::failed(
            "this runs inside a server already",
            "run `charter serve` from a terminal",
        )),
        Command::Settle(args) => settle::run(open()?.borrow(), &args, json),
        Command::Statement(args) => statement::run(open()?.borrow(), &args, json),
        Command::Trace(args) => trace::run(open()?.borrow(), &args, json),
        Command::Position(args) => position::run(open()?.borrow(), &args, json),
        Command::Ledger(args) => ledger::run(open()?.borrow(), &args, json),
        Command::Journal(command) => journal::run(open, &command, json),
        Command::Gateway(args) => gateway::run(open()?.borrow(), &args, json),
        Command::Notices(args) => notices::run(open()?.borrow(), &args, json),
        Command::Calendar(args) => calendar::run(open()?.borrow(), &args, json),
        Command::Keys(command) => keys::run(open, &command, json),
    }
}
