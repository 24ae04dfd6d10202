//! Who looks: what is shown, and what is not, follows from this alone.

use std::collections::{BTreeMap, BTreeSet};

use shell::workspace::Asker;
use terms::Name;

/// Somebody who has shown who they are, as far as pages need to know.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// What they are called.
    pub name: String,
    /// The party they act for, if they act for one.
    pub party: Option<Name>,
    /// Whether they see everything: an observer, an auditor, an operator.
    pub sees_all: bool,
    /// The agreements of which they see everything, where that is not everything there is.
    pub sees_all_of: BTreeSet<Name>,
    /// Whether all money of the partnership is theirs to see, and not only what is their own party's: whose
    /// partnership it is, and who examines it.
    pub sees_books: bool,
    /// The areas they may open, by the names of [`crate::frame::AREAS`].
    pub areas: Vec<&'static str>,
    /// The areas that are open to them for some agreements alone, and those.
    pub parts: BTreeMap<&'static str, BTreeSet<Name>>,
    /// What proves that a form they send came from a page of theirs.
    pub form_token: String,
}

impl Viewer {
    /// For whom commands show what they show: for the party, unless everything may be seen. Who acts for nobody
    /// sees what nobody in particular may.
    pub fn asker(&self) -> Asker {
        match self.sees_all {
            true => Asker::Everything,
            false => Asker::Party(self.party.clone().unwrap_or_else(|| Name::new(""))),
        }
    }

    /// Whether they see everything of an agreement that they may look at.
    pub fn sees_all_of(&self, agreement: &Name) -> bool {
        self.sees_all || self.sees_all_of.contains(agreement)
    }

    /// Whether what passed between the two sides of a clause is theirs to see.
    pub fn sees_between(&self, grantor: &Name, holder: &Name) -> bool {
        let is_side = |party: &Name| [grantor, holder].contains(&party);
        self.sees_all || self.sees_books || self.party.as_ref().is_some_and(is_side)
    }

    /// Whether they may look at an agreement in an area.
    pub fn reads(&self, area: &str, agreement: &Name) -> bool {
        let in_part = |of: &BTreeSet<Name>| of.contains(agreement);
        self.may_open(area) && self.parts.get(area).is_none_or(in_part)
    }

    /// Whether they may look at what an area has of no agreement alone.
    pub fn reads_all(&self, area: &str) -> bool {
        self.may_open(area) && !self.parts.contains_key(area)
    }

    /// Whether they may open an area.
    pub fn may_open(&self, area: &str) -> bool {
        self.areas.contains(&area)
    }
}
