mod verb;

use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand};

use crate::commands::*;

pub use verb::{Argument, Path, Verb, verbs};

/// Options of every command come after those of the command itself.
const AFTER_OWN: usize = 100;

/// Compute partnerships as code: one agreement that lawyers read and machines execute.
#[derive(Parser)]
#[command(name = "charter", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "\
Exit codes: 0 done, 1 the answer is no or there are findings, 2 wrong use, 3 failed.

Begin with:
  charter demo
  charter -C examples/microsoft-openai check
  charter -C examples/microsoft-openai ask serve by=openai service=openai-api host=oci --at 2025-02-01")]
pub struct Cli {
    /// The workspace, or a folder inside it
    #[arg(short = 'C', long = "workspace", global = true, value_name = "DIR", default_value = ".")]
    #[arg(display_order = AFTER_OWN)]
    pub directory: PathBuf,
    /// Print JSON instead of text
    #[arg(long, global = true, display_order = AFTER_OWN)]
    pub json: bool,
    #[command(subcommand)]
    /// What is to be done.
    pub command: Command,
}

/// What is to be done.
#[derive(Subcommand)]
pub enum Command {
    /// Make a new workspace from a template
    Init(init::Args),
    /// Read the documents and report everything that is wrong in them
    Check(check::Args),
    /// Format the hcl blocks of documents in place
    Fmt(fmt::Args),
    /// List the clauses in force on a day, with their text
    Terms(terms::Args),
    /// Say what changed between two days, clause by clause and act by act
    Diff(diff::Args),
    /// Ask whether an act is allowed, and why
    Ask(ask::Args),
    /// Say what stops and what goes on if a party falls away
    Continuity(continuity::Args),
    /// Explain a finding: what it means, with an example
    Explain(explain::Args),
    /// Print the reference of the agreement language
    Language(language::Args),
    /// Serve an editor, in the Language Server Protocol
    Lsp(lsp::Args),
    /// Enter documents into the journal: from then on they are enforced
    Adopt(adopt::Args),
    /// Enter into the journal that a condition has occurred
    Record(record::Args),
    /// What belongs to a case of sourcing, or shows where cases stand
    #[command(flatten)]
    Sourcing(sourcing::Command),
    /// Carry model API calls under the adopted terms, and meter them
    Gateway(gateway::Args),
    /// Serve the pages and the HTTP API
    Serve(serve::Args),
    /// Show price lists, or take published prices over
    #[command(subcommand)]
    Prices(prices::Command),
    /// Import metered calls, or make some
    #[command(subcommand)]
    Usage(usage::Command),
    /// Enter a figure that nobody meters: a refund, an index, a payment
    Report(report::Args),
    /// Compute what is due for a month and post it
    Settle(settle::Args),
    /// Close the books of a month, or show which are closed
    Close(close::Args),
    /// Show the statement of a settled month
    Statement(statement::Args),
    /// Walk from a line of a statement to its clause, its days and its calls
    Trace(trace::Args),
    /// Show what parties hold on a day: stakes, what is left of commitments, licences
    Position(position::Args),
    /// Show accounts with their balances and postings
    Ledger(ledger::Args),
    /// Show or prove the record of events
    #[command(subcommand)]
    Journal(journal::Command),
    /// Show whom what was told, tell what is due, or try again
    Notices(notices::Args),
    /// Write the deadlines that a party knows of as a calendar
    Calendar(calendar::Args),
    /// Make, register and revoke the keys that parties sign with
    #[command(subcommand)]
    Keys(keys::Command),
    /// Write all that belongs to the workspace into one file, while it is in use
    Backup(backup::Args),
    /// Make a workspace of a backup, or see that one could be made
    Restore(restore::Args),
    /// Play the partnership of Microsoft and OpenAI from 2019 to today
    Demo(demo::Args),
}

/// What the commands are about, in the order in which the help shows them.
const GROUPS: [(&str, &[&str]); 12] = [
    ("Agreements", &["init", "check", "fmt", "terms", "diff", "ask", "continuity"]),
    ("The record", &["adopt", "record", "journal", "keys", "backup", "restore"]),
    (
        "A need and its rounds",
        &["request", "notify", "notify-bridge", "amend", "extend", "rescreen", "withdraw"],
    ),
    (
        "What holders answer",
        &[
            "documents",
            "exercise",
            "decline",
            "waive",
            "consent",
            "interest",
            "counter",
            "agree",
            "match",
        ],
    ),
    (
        "Offers",
        &[
            "tender",
            "bid",
            "reveal",
            "compare",
            "improvement",
            "present",
            "withdraw-offer",
            "award",
            "contingency",
        ],
    ),
    (
        "What is signed, and what comes between",
        &[
            "sign",
            "change-terms",
            "annul",
            "default",
            "detect",
            "assign",
            "control",
            "insolvency",
            "assurance",
            "dispute",
            "stay",
            "resume",
            "rule",
        ],
    ),
    (
        "Delivery",
        &["declare", "delay", "slip", "excuse", "deliver", "shortfall", "recover", "lots"],
    ),
    ("Pages and model API calls", &["serve", "gateway"]),
    ("What is done primarily for a purpose", &["meter", "measured"]),
    ("Where cases stand", &["rounds", "why", "tick", "watch", "notices", "calendar"]),
    (
        "Money",
        &[
            "prices",
            "usage",
            "report",
            "settle",
            "statement",
            "trace",
            "close",
            "ledger",
            "position",
        ],
    ),
    ("The rest", &["demo", "explain", "language", "lsp", "help"]),
];

/// The command line, with its many commands in groups.
pub fn command() -> clap::Command {
    let command = Cli::command();
    let header = command.get_styles().get_header().to_owned();
    let literal = command.get_styles().get_literal().to_owned();
    let mut groups = String::new();
    for (heading, names) in GROUPS {
        groups += &format!("{header}{heading}:{header:#}\n");
        for name in names {
            let about = match command.find_subcommand(name).and_then(clap::Command::get_about) {
                Some(about) => about.to_string(),
                None => "Print this, or the help of a command".to_string(),
            };
            groups += &format!("  {literal}{name:<15}{literal:#} {about}\n");
        }
        groups += "\n";
    }
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{groups}\
         {header}Options:{header:#}\n{{options}}{{after-help}}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_one_group() {
        let mut grouped: Vec<_> = GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
        grouped.retain(|name| *name != "help");
        grouped.sort_unstable();
        let command = Cli::command();
        let mut there: Vec<_> = command.get_subcommands().map(clap::Command::get_name).collect();
        there.sort_unstable();
        assert_eq!(grouped, there);
    }

    #[test]
    fn every_command_has_an_example() {
        let without = verbs().into_iter().filter(|verb| !verb.notes.contains("Example"));
        let without: Vec<_> = without.map(|verb| verb.words).collect();
        assert_eq!(without, Vec::<String>::new());
    }

    /// A refusal of sourcing says what to type.
    #[test]
    fn refusals_name_commands_and_options_that_there_are() {
        let all = verbs();
        let options: Vec<_> = all.iter().flat_map(|verb| &verb.arguments).collect();
        let is_option =
            |name: &str| options.iter().any(|option| option.long.as_deref() == Some(name));
        let is_command = |said: &str| {
            let begins = |words: &str| {
                words == said || said.strip_prefix(words).is_some_and(|rest| rest.starts_with(' '))
            };
            all.iter().any(|verb| begins(&verb.words))
        };
        let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/../sourcing/src");
        let folders = [sources.to_string(), format!("{sources}/command")];
        let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
        let files = files.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        let mut wrong = Vec::new();
        let mut seen = 0;
        for path in files {
            let text = std::fs::read_to_string(&path).unwrap();
            // In a text, what stands between ticks and begins so is what is typed.
            let texts = text.lines().filter(|line| line.contains('"'));
            for typed in texts.flat_map(|line| line.split('`').skip(1).step_by(2)) {
                let command = typed.strip_prefix("charter ");
                if command.is_none() && !typed.starts_with("--") {
                    continue;
                }
                seen += 1;
                let mut named = typed.split_whitespace().filter_map(|word| word.strip_prefix("--"));
                if !command.is_none_or(is_command) || !named.all(is_option) {
                    wrong.push(typed.to_string());
                }
            }
        }
        assert!(seen > 40, "{seen}");
        assert_eq!(wrong, Vec::<String>::new());
    }
}
