//! One file a subcommand.

pub(crate) mod adopt;
pub(crate) mod ask;
pub(crate) mod calendar;
pub(crate) mod check;
pub(crate) mod close;
pub(crate) mod continuity;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod gateway;
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
pub(crate) mod serve;
pub(crate) mod settle;
pub(crate) mod sourcing;
pub(crate) mod statement;
pub(crate) mod telling;
pub(crate) mod terms;
mod time;
pub(crate) mod trace;
pub(crate) mod usage;

use crate::cli::{Cli, Command};
use crate::outcome::{Failure, Outcome};
use crate::workspace::{Clock, Workspace};

/// Runs a command: finds its workspace and hands it on.
pub fn run(cli: Cli, clock: Clock) -> Outcome {
    let open = || Workspace::find(&cli.directory, clock);
    match cli.command {
        Command::Init(args) => init::run(&args, cli.json),
        Command::Demo(args) => demo::run(&args, cli.json),
        Command::Fmt(args) => fmt::run(&open()?, &args, cli.json),
        Command::Explain(args) => explain::run(&args, cli.json),
        Command::Language(args) => language::run(&args, cli.json),
        Command::Lsp(args) => lsp::run(&args, clock, cli.json),
        Command::Check(args) => check::run(&open()?, &args, cli.json),
        Command::Terms(args) => terms::run(&open()?, &args, cli.json),
        Command::Diff(args) => diff::run(&open()?, &args, cli.json),
        Command::Continuity(args) => continuity::run(&open()?, &args, cli.json),
        Command::Ask(args) => ask::run(&open()?, &args, cli.json),
        Command::Adopt(args) => adopt::run(&open()?, &args, cli.json),
        Command::Record(args) => record::run(&open()?, &args, cli.json),
        Command::Sourcing(command) => sourcing::run(&open()?, command, cli.json),
        Command::Prices(command) => prices::run(&open()?, &command, cli.json),
        Command::Usage(command) => usage::run(&open()?, command, cli.json),
        Command::Report(args) => report::run(&open()?, &args, cli.json),
        Command::Close(args) => close::run(&open()?, &args, cli.json),
        Command::Serve(_) => Err(Failure::failed(
            "this is a command inside the server already",
            "run `charter serve` from a terminal",
        )),
        Command::Settle(args) => settle::run(&open()?, &args, cli.json),
        Command::Statement(args) => statement::run(&open()?, &args, cli.json),
        Command::Trace(args) => trace::run(&open()?, &args, cli.json),
        Command::Position(args) => position::run(&open()?, &args, cli.json),
        Command::Ledger(args) => ledger::run(&open()?, &args, cli.json),
        Command::Journal(command) => journal::run(open, &command, cli.json),
        Command::Gateway(args) => gateway::run(&open()?, &args, cli.json),
        Command::Notices(args) => notices::run(&open()?, &args, cli.json),
        Command::Calendar(args) => calendar::run(&open()?, &args, cli.json),
        Command::Keys(command) => keys::run(open, &command, cli.json),
    }
}
