//! One file a subcommand.

pub mod adopt;
pub mod ask;
pub mod calendar;
pub mod check;
pub mod close;
pub mod continuity;
pub mod demo;
pub mod diff;
pub mod explain;
pub mod fmt;
pub mod gateway;
pub mod init;
pub mod journal;
pub mod keys;
pub mod language;
pub mod ledger;
pub mod lsp;
pub mod notices;
pub mod position;
pub mod prices;
pub mod record;
pub mod report;
pub mod settle;
pub mod sourcing;
pub mod statement;
mod telling;
pub mod terms;
mod time;
pub mod trace;
pub mod usage;

use crate::cli::{Cli, Command};
use crate::outcome::Outcome;
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
