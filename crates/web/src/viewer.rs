//! Who looks: what is shown, and what is not, follows from this alone.

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
    /// The areas they may open, by the names of [`crate::frame::AREAS`].
    pub areas: Vec<&'static str>,
    /// What proves that a form they send came from a page of theirs.
    pub form_token: String,
}

impl Viewer {
    /// For whom commands show what they show: for the party, unless everything may be seen.
    pub fn asker(&self) -> Option<Name> {
        // Who sees not everything and acts for nobody sees what nobody in particular may.
        let nobody = || Name::new("");
        (!self.sees_all).then(|| self.party.clone().unwrap_or_else(nobody))
    }

    /// Whether they may open an area.
    pub fn may_open(&self, area: &str) -> bool {
        self.areas.contains(&area)
    }
}
