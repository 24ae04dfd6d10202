//! Who is shown what commands find.

use terms::Name;

/// Who is shown what commands find.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Asker {
    /// Whoever sits at the machine, where the journal lies open.
    #[default]
    Machine,
    /// Somebody who may see everything: what is sealed, once all of it is revealed.
    Everything,
    /// A party: what it may see.
    Party(Name),
}

impl Asker {
    /// The party, where it is one that is shown no more than it may see.
    pub fn party(&self) -> Option<&Name> {
        match self {
            Asker::Party(party) => Some(party),
            Asker::Machine | Asker::Everything => None,
        }
    }
}
