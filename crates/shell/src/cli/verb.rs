//! The commands as data, for those who offer them elsewhere than on a command line.
//!
//! In goes the tree of `clap`; out come its leaves, each with what it is about, its arguments, and whether it
//! reads or changes something. There is no second list of commands: what is here is what can be typed.

use clap::builder::ValueHint;
use clap::{Arg, ArgAction, CommandFactory};

use super::Cli;
use crate::commands::effect::{self, Effect};

/// What a path on the command line is for; somebody elsewhere has no files here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// A file that is read: its content is what is meant.
    Read,
    /// A file that the answer is written to: its content is the answer.
    Written,
    /// A file in which a secret of the party that acts is kept for later.
    Kept,
    /// A file of this machine's own, such as a secret key.
    Local,
}

/// What stands for a file that the answer goes to.
const WRITTEN: [(&str, &str); 5] = [
    ("calendar", "out"),
    ("journal export", "file"),
    ("journal view", "file"),
    ("prices import", "out"),
    ("statement", "out"),
];
/// What stands for a file that keeps a secret.
const KEPT: [(&str, &str); 2] = [("bid", "sealed"), ("tender", "lottery")];
/// Names of options that are about this machine: keys, and other machines that it trusts.
const LOCAL: [&str; 3] = ["key", "with", "cluster"];

/// A command that can be given, with all its words.
#[derive(Debug, Clone)]
pub struct Verb {
    /// What is typed, as `journal log`.
    pub words: String,
    /// What it does, in a line.
    pub about: String,
    /// What its help says after the options: examples, and what else is worth knowing.
    pub notes: String,
    /// Whether it reads or changes something.
    pub effect: Effect,
    /// Its own arguments; those of every command are left out.
    pub arguments: Vec<Argument>,
}

/// An argument of a command.
#[derive(Debug, Clone)]
pub struct Argument {
    /// What it is called: its long option, or what stands in its place.
    pub name: String,
    /// Its long option; none if its place says what it is.
    pub long: Option<String>,
    /// What it is for.
    pub help: String,
    /// What a value looks like, as `DATE`.
    pub value_name: String,
    /// Whether it must be given, whatever else is.
    pub required: bool,
    /// Whether it may be given more than once.
    pub repeated: bool,
    /// Whether it has no value: it is there or not.
    pub boolean: bool,
    /// The only values there are; empty where others are.
    pub values: Vec<String>,
    /// The value if none is given.
    pub default: Option<String>,
    /// What the path is for, if it is one.
    pub path: Option<Path>,
}

impl Verb {
    /// An argument by its name.
    pub fn argument(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().find(|argument| argument.name == name)
    }
}

/// Every command there is, in the order of the help.
pub fn verbs() -> Vec<Verb> {
    let mut verbs = Vec::new();
    let mut all = Cli::command();
    // How an argument counts is known only once the command is built.
    all.build();
    let commands = all.get_subcommands().filter(|command| command.get_name() != "help");
    commands.for_each(|command| gather(command, String::new(), &mut verbs));
    verbs
}

fn gather(command: &clap::Command, before: String, verbs: &mut Vec<Verb>) {
    let words = format!("{before} {}", command.get_name()).trim().to_string();
    if !command.is_subcommand_required_set() {
        verbs.push(verb(command, words.clone()));
    }
    let below = command.get_subcommands().filter(|command| command.get_name() != "help");
    below.for_each(|command| gather(command, words.clone(), verbs));
}

fn verb(command: &clap::Command, words: String) -> Verb {
    let own = |argument: &&Arg| {
        !argument.is_global_set() && !["help", "version"].contains(&argument.get_id().as_str())
    };
    let arguments = command.get_arguments().filter(own);
    let notes = command.get_after_long_help().or(command.get_after_help());
    Verb {
        about: command.get_about().map(ToString::to_string).unwrap_or_default(),
        notes: notes.map(ToString::to_string).unwrap_or_default(),
        effect: effect::of(&words),
        arguments: arguments.map(|argument| described(&words, argument)).collect(),
        words,
    }
}

fn described(words: &str, argument: &Arg) -> Argument {
    let long = argument.get_long().map(str::to_string);
    let name = long.clone().unwrap_or_else(|| argument.get_id().to_string());
    let boolean = matches!(argument.get_action(), ArgAction::SetTrue | ArgAction::SetFalse);
    let values = argument.get_possible_values();
    let values = values.iter().map(|value| value.get_name().to_string());
    let value_name = argument.get_value_names().unwrap_or_default().first();
    let several = argument.get_num_args().is_some_and(|number| number.max_values() > 1);
    let default = argument.get_default_values().first();
    Argument {
        help: argument.get_help().map(ToString::to_string).unwrap_or_default(),
        value_name: value_name.map(ToString::to_string).unwrap_or_default(),
        required: argument.is_required_set(),
        repeated: several || matches!(argument.get_action(), ArgAction::Append),
        values: if boolean { Vec::new() } else { values.collect() },
        default: default.filter(|_| !boolean).map(|value| value.to_string_lossy().into_owned()),
        path: path(words, &name, argument),
        name,
        long,
        boolean,
    }
}

fn path(words: &str, name: &str, argument: &Arg) -> Option<Path> {
    let is_file = argument.get_value_hint() == ValueHint::AnyPath;
    if LOCAL.contains(&name) && (is_file || name == "cluster") {
        return Some(Path::Local);
    }
    let stands_for = |table: &[(&str, &str)]| table.contains(&(words, name));
    is_file.then(|| {
        if stands_for(&WRITTEN) {
            Path::Written
        } else if stands_for(&KEPT) {
            Path::Kept
        } else {
            Path::Read
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_say_how_they_are_given() {
        let verbs = verbs();
        let verb = |words: &str| verbs.iter().find(|verb| verb.words == words).unwrap();
        let bid = verb("bid");
        let case = bid.argument("case").unwrap();
        assert!(case.required && case.long.is_none() && !case.boolean);
        let lacks = bid.argument("lacks").unwrap();
        assert!(lacks.repeated && lacks.values.len() == 5 && !lacks.required);
        assert!(verb("award").argument("best").unwrap().boolean);
        assert!(verb("ask").arguments.iter().any(|argument| argument.repeated));
        assert!(verb("notices retry").argument("key").unwrap().path.is_none());
        assert!(bid.argument("json").is_none() && bid.argument("workspace").is_none());
    }

    /// A path that is written or kept must never be taken for one that is read, nor a key for a file of the
    /// asker's: each is looked at by name here.
    #[test]
    fn every_path_is_known_for_what_it_is() {
        let mut paths = Vec::new();
        for verb in verbs().iter().filter(|verb| !matches!(verb.effect, Effect::Local(_))) {
            for argument in &verb.arguments {
                match argument.path {
                    // Every command of sourcing has one.
                    None | Some(Path::Local) => {}
                    Some(path) => paths.push(format!("{} {} {path:?}", verb.words, argument.name)),
                }
            }
        }
        insta::assert_snapshot!(paths.join("\n"));
    }

    #[test]
    fn no_key_and_no_other_machine_is_named_from_elsewhere() {
        for verb in verbs() {
            for argument in &verb.arguments {
                if LOCAL.contains(&argument.name.as_str()) && argument.value_name == "FILE" {
                    assert_eq!(argument.path, Some(Path::Local), "{}", verb.words);
                }
            }
        }
    }
}
