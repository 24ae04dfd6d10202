//! Who asks, and what was granted to them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What somebody is to a partnership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The laboratory: whose models they are.
    Lab,
    /// Who holds rights against the lab.
    Holder,
    /// A supplier that makes offers.
    Bidder,
    /// Who funds capacity.
    Funder,
    /// The owner of a product that calls models.
    Product,
    /// Who reads everything for a board.
    Observer,
    /// Who examines the books and the record.
    Auditor,
    /// Who keeps the server going.
    Operator,
}

impl Role {
    /// Every role, in the order in which they are shown.
    pub const ALL: [Role; 8] = [
        Role::Lab,
        Role::Holder,
        Role::Bidder,
        Role::Funder,
        Role::Product,
        Role::Observer,
        Role::Auditor,
        Role::Operator,
    ];

    /// Its word, as policies, settings and tables write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Lab => "lab",
            Role::Holder => "holder",
            Role::Bidder => "bidder",
            Role::Funder => "funder",
            Role::Product => "product",
            Role::Observer => "observer",
            Role::Auditor => "auditor",
            Role::Operator => "operator",
        }
    }

    /// Whether a grant of this role is of use only with a party: the one that is spoken for, or whose part is
    /// shown.
    #[must_use]
    pub const fn needs_a_party(self) -> bool {
        matches!(self, Role::Lab | Role::Holder | Role::Bidder | Role::Funder)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that is no role's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no role; there are lab, holder, bidder, funder, product, observer, auditor, operator"
)]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Role, UnknownRole> {
        let found = Role::ALL.into_iter().find(|role| role.as_str() == word);
        found.ok_or_else(|| UnknownRole(word.to_owned()))
    }
}

/// A role, where it counts, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The agreement it is about; all there are, and the workspace itself, if none.
    pub agreement: Option<String>,
    /// The role.
    pub role: Role,
    /// The party that is spoken for.
    pub party: Option<String>,
}

impl Grant {
    /// Whether whoever has this one has the other too.
    #[must_use]
    pub fn covers(&self, other: &Grant) -> bool {
        let reaches = self.agreement.is_none() || self.agreement == other.agreement;
        reaches && self.role == other.role && self.party == other.party
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.role)?;
        if let Some(party) = &self.party {
            write!(f, " for {party}")?;
        }
        match &self.agreement {
            Some(agreement) => write!(f, " in {agreement}"),
            None => write!(f, " in all agreements"),
        }
    }
}

/// Who asks, as far as the rules care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The login, or whatever else names them in the record.
    pub login: String,
    /// What was granted to them, all of which counts.
    pub grants: Vec<Grant>,
    /// Whether they came with a token that may only read.
    pub reads_only: bool,
}
