//! Which action a command of the command line is, so that whoever serves commands to others asks first.

use crate::{Action, Area, Verb};

use Action::{Do, Read};

impl Action {
    /// The action of a command, by its words: `journal verify`, `bid`. None if there is no such command.
    ///
    /// A command that only reads without its options, and changes something with one, is the change.
    #[must_use]
    pub fn of_command(words: &str) -> Option<Action> {
        Some(match words {
            "backup" | "demo" | "init" | "restore" | "serve" => Do(Verb::Maintenance),
            "fmt" | "lsp" | "prices import" => Do(Verb::Draft),
            "check" | "terms" | "diff" | "continuity" | "prices show" => Read(Area::Agreement),
            "ask" => Read(Area::Ask),
            // What the program says of itself, which is no secret of anybody's.
            "explain" | "language" => Read(Area::Access),
            "adopt" => Do(Verb::Adopt),
            "record" => Do(Verb::Record),
            "report" => Do(Verb::Report),
            "settle" => Do(Verb::Settle),
            "close" => Do(Verb::Close),
            "statement" | "trace" => Read(Area::Statements),
            "ledger" => Read(Area::Ledger),
            "position" => Read(Area::Position),
            "journal log" | "journal verify" | "journal compare" | "journal prove"
            | "journal view" => Read(Area::Journal),
            "journal export" => Do(Verb::Export),
            "journal import" => Do(Verb::Maintenance),
            "keys list" => Read(Area::Journal),
            "keys new" | "keys register" | "keys revoke" => Do(Verb::Keys),
            "gateway" | "gateway key" => Do(Verb::Gateway),
            "gateway import-litellm" => Do(Verb::Settings),
            "gateway explain" | "gateway top" | "gateway unresolved" => Read(Area::Traffic),
            "gateway resolve" | "usage import" | "usage rejected" | "usage generate"
            | "usage publish" => Do(Verb::Usage),
            "notices" => Read(Area::Operation),
            "notices send" | "notices catch-up" | "notices retry" => Do(Verb::Notices),
            "calendar" | "rounds" | "why" | "lots" | "compare" | "measured" => Read(Area::Sourcing),
            "tick" | "watch" => Do(Verb::Time),
            "meter" => Do(Verb::Meter),
            _ => Do(said_in_a_case(words)?),
        })
    }
}

/// What parties say in a case of sourcing.
fn said_in_a_case(words: &str) -> Option<Verb> {
    Some(match words {
        "request" | "notify" | "notify-bridge" | "amend" | "rescreen" | "withdraw" | "tender"
        | "improvement" | "present" | "award" | "control blind" | "control suspend" => Verb::Need,
        "documents request" | "documents send" | "exercise" | "decline" | "waive" | "consent"
        | "interest" | "counter" | "agree" | "match" | "extend" => Verb::Answer,
        "bid" | "reveal" | "withdraw-offer" | "contingency" => Verb::Offer,
        "sign" | "change-terms" | "annul" | "default" | "detect" | "assign" | "control changed"
        | "insolvency" | "assurance ask" | "assurance give" | "assurance refuse" | "dispute"
        | "stay" | "resume" | "rule" => Verb::Deal,
        "declare" | "delay" | "slip" | "excuse" | "deliver" | "shortfall" | "recover" => {
            Verb::Delivery
        }
        _ => return None,
    })
}
