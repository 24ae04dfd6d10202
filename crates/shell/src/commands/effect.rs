//! Whether a command reads or changes something, for those who run it for somebody else.
//!
//! A table rather than a word beside each command: who may do what is decided by it, so it must be read as a
//! whole. A command that is not in it cannot be run for anybody else.

/// What a command does to what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it may be asked as often as one likes.
    Reads,
    /// It enters something, or sends something.
    Changes,
    /// It reads, and changes something once this argument is given.
    ChangesWith(&'static str),
    /// It is of use to whoever sits at this machine alone, for this reason.
    Local(&'static str),
}

impl Effect {
    /// Whether it changes something, given the names of what was given.
    pub fn changes<'a>(self, mut given: impl Iterator<Item = &'a str>) -> bool {
        match self {
            Effect::Reads | Effect::Local(_) => false,
            Effect::Changes => true,
            Effect::ChangesWith(argument) => given.any(|name| name == argument),
        }
    }
}

/// What the command of these words does.
pub fn of(words: &str) -> Effect {
    let known = EFFECTS.iter().find(|(known, _)| *known == words);
    known.map_or(Effect::Local(UNKNOWN), |(_, effect)| *effect)
}

use Effect::{Changes, ChangesWith, Local, Reads};

const UNKNOWN: &str = "nobody has said yet whether it changes something";
const STAYS: &str = "it stays until it is stopped";

const EFFECTS: [(&str, Effect); 109] = [
    ("check", Reads),
    ("terms", Reads),
    ("diff", Reads),
    ("ask", Reads),
    ("continuity", Reads),
    ("explain", Reads),
    ("language", Reads),
    ("measured", Reads),
    ("lots", Reads),
    ("compare", Reads),
    ("rounds", Reads),
    ("why", Reads),
    ("prices show", Reads),
    ("prices import", Reads),
    ("notices", Reads),
    ("calendar", Reads),
    ("statement", Reads),
    ("trace", Reads),
    ("position", Reads),
    ("ledger", Reads),
    ("journal log", Reads),
    ("journal verify", Reads),
    ("journal export", Reads),
    ("journal compare", Reads),
    ("journal prove", Reads),
    ("journal view", Reads),
    ("keys list", Reads),
    ("gateway explain", Reads),
    ("gateway unresolved", Reads),
    ("adopt", Changes),
    ("record", Changes),
    ("request", Changes),
    ("notify", Changes),
    ("notify-bridge", Changes),
    ("amend", Changes),
    ("extend", Changes),
    ("rescreen", Changes),
    ("withdraw", Changes),
    ("documents request", Changes),
    ("documents send", Changes),
    ("exercise", Changes),
    ("decline", Changes),
    ("waive", Changes),
    ("consent", Changes),
    ("interest", Changes),
    ("counter", Changes),
    ("agree", Changes),
    ("match", Changes),
    ("tender", Changes),
    ("bid", Changes),
    ("reveal", Changes),
    ("improvement", Changes),
    ("present", Changes),
    ("withdraw-offer", Changes),
    ("award", Changes),
    ("contingency", Changes),
    ("sign", Changes),
    ("change-terms", Changes),
    ("annul", Changes),
    ("default", Changes),
    ("detect", Changes),
    ("assign", Changes),
    ("control changed", Changes),
    ("control blind", Changes),
    ("control suspend", Changes),
    ("insolvency", Changes),
    ("assurance ask", Changes),
    ("assurance give", Changes),
    ("assurance refuse", Changes),
    ("dispute", Changes),
    ("stay", Changes),
    ("resume", Changes),
    ("rule", Changes),
    ("declare", Changes),
    ("delay", Changes),
    ("slip", Changes),
    ("excuse", Changes),
    ("deliver", Changes),
    ("shortfall", Changes),
    ("recover", Changes),
    ("meter", Changes),
    ("tick", Changes),
    ("usage import", Changes),
    ("usage generate", Changes),
    ("usage publish", Changes),
    ("report", Changes),
    ("settle", Changes),
    ("notices send", Changes),
    ("notices catch-up", Changes),
    ("notices retry", Changes),
    ("keys register", Changes),
    ("keys revoke", Changes),
    ("journal import", Changes),
    ("gateway resolve", Changes),
    ("close", ChangesWith("month")),
    ("usage rejected", ChangesWith("dismiss")),
    ("init", Local("a server has its workspace already")),
    ("fmt", Local("it writes the files of whoever edits them")),
    ("lsp", Local(STAYS)),
    ("watch", Local(STAYS)),
    ("serve", Local(STAYS)),
    ("gateway", Local(STAYS)),
    ("gateway top", Local(STAYS)),
    ("gateway key", Local("it shows a secret that only whoever edits `charter.toml` needs")),
    ("gateway import-litellm", Local("it is for whoever edits `charter.toml`")),
    ("keys new", Local("a secret key never leaves the machine of whoever signs with it")),
    ("demo", Local("it plays in a folder of its own")),
    ("backup", Local("it holds everybody's accounts, and is written where the server runs")),
    ("restore", Local("it makes a workspace of its own")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::verbs;

    #[test]
    fn every_command_is_known_and_no_other() {
        let there: Vec<_> = verbs().into_iter().map(|verb| verb.words).collect();
        let mut known: Vec<_> = EFFECTS.iter().map(|(words, _)| words.to_string()).collect();
        let lacking: Vec<_> = there.iter().filter(|words| !known.contains(words)).collect();
        assert_eq!(lacking, Vec::<&String>::new());
        known.retain(|words| !there.contains(words));
        assert_eq!(known, Vec::<String>::new());
    }

    #[test]
    fn what_changes_with_an_argument_has_it() {
        for verb in verbs() {
            if let ChangesWith(name) = verb.effect {
                assert!(verb.argument(name).is_some(), "{}", verb.words);
            }
        }
    }
}
