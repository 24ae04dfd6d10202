//! What can be done: rooms that are read, and groups of commands.

use std::fmt;

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// To look into a room.
    Read(Area),
    /// To change something.
    Do(Verb),
}

/// A room: a group of pages, and of commands that change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Area {
    /// What needs somebody now.
    Home,
    /// Documents, clauses, what changed.
    Agreement,
    /// Whether an act is allowed.
    Ask,
    /// Rounds, offers, lots.
    Sourcing,
    /// Calls of models.
    Traffic,
    /// Statements of months, with their lines.
    Statements,
    /// Accounts and postings.
    Ledger,
    /// Stakes, commitments, licences.
    Position,
    /// The record, and its proofs.
    Journal,
    /// Accounts of people, and what was granted to them.
    People,
    /// By what rules access is given.
    Access,
    /// How the server does.
    Operation,
}

/// A group of commands that change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verb {
    /// Write documents that are not adopted yet.
    Draft,
    /// Adopt documents.
    Adopt,
    /// Enter that a condition has occurred.
    Record,
    /// Enter figures that nobody meters.
    Report,
    /// Settle months.
    Settle,
    /// Close the books of months.
    Close,
    /// State a need and see it through to an award.
    Need,
    /// Answer as the holder of a right, or be answered.
    Answer,
    /// Make offers.
    Offer,
    /// Sign, and whatever comes between.
    Deal,
    /// Deliver, or say why not.
    Delivery,
    /// Enter what was metered for a consent.
    Meter,
    /// Register and revoke the keys of a party.
    Keys,
    /// Make accounts, grant roles.
    People,
    /// Change `charter.toml`.
    Settings,
    /// Run the gateway, make its keys.
    Gateway,
    /// Import metered calls.
    Usage,
    /// Send notices, or send them again.
    Notices,
    /// Let time pass.
    Time,
    /// Make workspaces, back up and restore.
    Maintenance,
    /// Take a whole copy of the record.
    Export,
}

/// An action's variants with the word after `read` or `do` in the schema.
macro_rules! words {
    ($kind:ident, $count:literal: $($variant:ident $word:literal),+ $(,)?) => {
        impl $kind {
            /// Every one, in the order in which they are shown.
            pub const ALL: [$kind; $count] = [$($kind::$variant),+];

            /// Its word, as policies and tables write it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($kind::$variant => $word),+
                }
            }
        }
    };
}

words!(Area, 12:
    Home "home", Agreement "agreement", Ask "ask", Sourcing "sourcing", Traffic "traffic",
    Statements "statements", Ledger "ledger", Position "position", Journal "journal",
    People "people", Access "access", Operation "operation",
);

words!(Verb, 21:
    Draft "draft", Adopt "adopt", Record "record", Report "report", Settle "settle", Close "close",
    Need "need", Answer "answer", Offer "offer", Deal "deal", Delivery "delivery", Meter "meter",
    Keys "keys", People "people", Settings "settings", Gateway "gateway", Usage "usage",
    Notices "notices", Time "time", Maintenance "maintenance", Export "export",
);

impl Action {
    /// Every action: first what is read, then what is done.
    pub fn all() -> impl Iterator<Item = Action> {
        let read = Area::ALL.into_iter().map(Action::Read);
        read.chain(Verb::ALL.into_iter().map(Action::Do))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Read(area) => write!(f, "read {}", area.as_str()),
            Action::Do(verb) => write!(f, "do {}", verb.as_str()),
        }
    }
}
