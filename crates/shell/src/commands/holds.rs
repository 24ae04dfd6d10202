//! What a command's answer may hold that is not everybody's, for those who run it for somebody else.
//!
//! A table beside that of `effect`, and read as one for the same reason. A command that is not in it holds
//! everything.

/// What an answer may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// What every party of the agreements knows: terms, what is worked out from them, keys.
    Terms,
    /// What is of cases, statements and the journal, as far as the workspace's asker may see it.
    Own,
    /// All money of the partnership: whom it pays, too.
    Books,
    /// What stays hidden from every party for a time, such as sealed offers.
    Everything,
}

/// What the answer of the command of these words may hold.
pub fn of(words: &str) -> Holds {
    HOLDS
        .iter()
        .find(|(known, _)| known.contains(&words))
        .map_or(Holds::Everything, |(_, holds)| *holds)
}

const HOLDS: [(&[&str], Holds); 5] = [
    (
        &[
            "check",
            "terms",
            "diff",
            "ask",
            "continuity",
            "explain",
            "language",
            "keys list",
            "keys register",
            "keys revoke",
            "prices show",
            "prices import",
            "journal verify",
            "adopt",
            "record",
        ],
        Holds::Terms,
    ),
    (
        &[
            "measured",
            "lots",
            "compare",
            "rounds",
            "why",
            "calendar",
            "statement",
            "journal log",
            "journal view",
        ],
        Holds::Own,
    ),
    // Commands of sourcing say what came of them, as far as whoever gave them may see it.
    (
        &[
            "request",
            "notify",
            "notify-bridge",
            "amend",
            "extend",
            "rescreen",
            "withdraw",
            "documents request",
            "documents send",
            "exercise",
            "decline",
            "waive",
            "consent",
            "interest",
            "counter",
            "agree",
            "match",
            "tender",
            "bid",
            "reveal",
            "improvement",
            "present",
            "withdraw-offer",
            "award",
            "contingency",
            "sign",
            "change-terms",
            "annul",
            "default",
            "detect",
            "assign",
            "control changed",
            "control blind",
            "control suspend",
            "insolvency",
            "assurance ask",
            "assurance give",
            "assurance refuse",
            "dispute",
            "stay",
            "resume",
            "rule",
            "declare",
            "delay",
            "slip",
            "excuse",
            "deliver",
            "shortfall",
            "recover",
            "meter",
        ],
        Holds::Own,
    ),
    (
        &[
            "trace",
            "position",
            "ledger",
            "close",
            "settle",
            "report",
            "usage import",
            "usage rejected",
            "usage generate",
            "usage publish",
            "gateway explain",
            "gateway unresolved",
            "gateway resolve",
        ],
        Holds::Books,
    ),
    (
        &[
            "tick",
            "notices",
            "notices send",
            "notices catch-up",
            "notices retry",
            "journal export",
            "journal import",
            "journal compare",
            "journal prove",
        ],
        Holds::Everything,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::verbs;
    use crate::commands::effect::Effect;

    #[test]
    fn every_command_that_is_run_for_others_is_in_it_once() {
        let mut known: Vec<_> = HOLDS.iter().flat_map(|(words, _)| *words).copied().collect();
        known.sort_unstable();
        let verbs = verbs();
        let there = verbs.iter().filter(|verb| !matches!(verb.effect, Effect::Local(_)));
        let mut there: Vec<_> = there.map(|verb| verb.words.as_str()).collect();
        there.sort_unstable();
        assert_eq!(known, there);
    }
}
