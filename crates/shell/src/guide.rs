//! Reads the command line; asks for what is missing where somebody sits at a terminal.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, FromArgMatches};
use dialoguer::{Input, Select};
use sourcing::{Case, Guard};

use crate::cli::{Cli, command};
use crate::workspace::{Clock, Workspace};

/// Something to choose: what is typed, and what is said about it.
type Choice = (String, String);

/// Reads the command line. Where a required part is missing and both ends are a terminal, asks for
/// it, with what there is to choose from; elsewhere that is wrong use as ever.
pub fn parse(mut words: Vec<OsString>, clock: Clock) -> Result<Cli, clap::Error> {
    let asks = std::io::stdin().is_terminal()
        && std::io::stderr().is_terminal()
        && !words.iter().any(|word| word == "--json");
    let mut answered = words.len();
    loop {
        let parsed = command().try_get_matches_from(&words);
        let error = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
            Ok(cli) => return Ok(cli),
            Err(error) => error,
        };
        match error.kind() {
            // What was just answered cannot be read: once more.
            ErrorKind::ValueValidation | ErrorKind::InvalidValue if answered < words.len() => {
                let _ = error.print();
                words.truncate(answered);
            }
            ErrorKind::MissingRequiredArgument if asks => {
                answered = words.len();
                match answer(&words, &error, clock) {
                    Some(answer) => words.extend(answer),
                    None => return Err(error),
                }
            }
            _ => return Err(error),
        }
    }
}

/// Asks for the first thing that is missing; none if it is not given.
fn answer(words: &[OsString], error: &clap::Error, clock: Clock) -> Option<Vec<OsString>> {
    let (name, arg) = missing(words, error)?;
    let about = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let prompt = match arg.get_long() {
        Some(long) => format!("--{long}: {about}"),
        None => about,
    };
    let choices = choices(words, &name, &arg, clock);
    let value = if choices.is_empty() {
        Input::<String>::new().with_prompt(prompt).interact_text().ok()?
    } else {
        let shown = choices.iter().map(|(value, about)| match about.is_empty() {
            true => value.clone(),
            false => format!("{value}  {about}"),
        });
        let chosen =
            Select::new().with_prompt(prompt).items(shown).default(0).interact_opt().ok()??;
        choices[chosen].0.clone()
    };
    let flag = arg.get_long().map(|long| OsString::from(format!("--{long}")));
    Some(flag.into_iter().chain([OsString::from(value)]).collect())
}

/// The command that is meant and the part of it that is asked for first: the case, if that is
/// missing, as others depend on it.
fn missing(words: &[OsString], error: &clap::Error) -> Option<(String, Arg)> {
    let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let mut meant = command();
    // How an argument is shown is known only once the command is built.
    meant.build();
    // Words after `-C` are no command.
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        let word = word.to_string_lossy();
        if word == "-C" || word == "--workspace" {
            words.next();
        } else if let Some(found) = meant.find_subcommand(word.as_ref()) {
            meant = found.clone();
        }
    }
    let of = |shown: &&Arg| missing.contains(&shown.to_string());
    let mut args: Vec<_> = meant.get_arguments().filter(of).cloned().collect();
    let first = args.iter().position(|arg| arg.get_id() == "case").unwrap_or_default();
    (!args.is_empty()).then(|| (meant.get_name().to_string(), args.swap_remove(first)))
}

/// What there is to choose from; nothing where anything may be typed.
fn choices(words: &[OsString], name: &str, arg: &Arg, clock: Clock) -> Vec<Choice> {
    let plain =
        |words: &[&str]| words.iter().map(|word| (word.to_string(), String::new())).collect();
    let id = arg.get_id().as_str();
    match id {
        "purpose" => return plain(&["research", "training", "inference"]),
        "guard" => {
            let said = |guard: &Guard| (guard.to_string(), guard.asks().to_string());
            return Guard::ALL.iter().map(said).collect();
        }
        _ => {}
    }
    let named = ["by", "party", "to", "holder", "competitor", "certified_by"].contains(&id);
    let of_case = ["bid", "lot"].contains(&id);
    let case = id == "case" && name != "request";
    if named || of_case || case {
        from_book(words, id, clock).unwrap_or_default()
    } else {
        arg.get_possible_values()
            .iter()
            .map(|value| (value.get_name().to_string(), String::new()))
            .collect()
    }
}

/// What the book and the adopted terms have to choose from.
fn from_book(words: &[OsString], id: &str, clock: Clock) -> Option<Vec<Choice>> {
    let matches = command().ignore_errors(true).try_get_matches_from(words).ok()?;
    let folder = matches.get_one::<PathBuf>("directory")?;
    let workspace = Workspace::find(folder, clock).ok()?;
    let fold = workspace.fold().ok()?;
    let book = &fold.book;
    let case = || book.case(innermost(&matches).try_get_one::<String>("case").ok()??);
    Some(match id {
        "case" => book.cases().map(|(name, case)| (name.to_string(), about(case))).collect(),
        "bid" => numbered(case()?.bids.iter().map(|bid| {
            format!("{} of {} at {} an hour", bid.quantity, bid.supplier, bid.terms.price)
        })),
        "lot" => numbered(
            case()?
                .lots
                .iter()
                .map(|lot| format!("{} from {}, due {}", lot.quantity, lot.supplier, lot.due)),
        ),
        _ => {
            let terms = workspace.adopted_terms().ok()?;
            let parties = terms.registry.parties.keys();
            parties.map(|party| (party.to_string(), String::new())).collect()
        }
    })
}

/// A case in a few words.
fn about(case: &Case) -> String {
    let parts: Vec<_> = case.parts.iter().map(ToString::to_string).collect();
    format!("{}: {}", case.requirement.grantor, parts.join(", "))
}

/// Things with their numbers, from 1.
fn numbered(things: impl Iterator<Item = String>) -> Vec<Choice> {
    things.enumerate().map(|(at, thing)| ((at + 1).to_string(), thing)).collect()
}

/// What was given to the command itself.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, within)| innermost(within))
}
