//! The rules as a table: every role and every action.

use std::sync::Arc;

use serde::Serialize;

use crate::{Access, Action, Grant, Person, Policy, Resource, Role};

/// All rules, as a page shows them.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    /// The policies, bounds first, then role by role.
    pub policies: Vec<Arc<Policy>>,
    /// A row for each action, in the order of [`Action::all`].
    pub rows: Vec<Row>,
}

/// What the roles may do of one action.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The action, as policies write it: `read ledger`.
    pub action: String,
    /// For each role, in the order of [`Role::ALL`].
    pub cells: Vec<Shown>,
}

/// Where a role may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// In the agreement of its grant, for the party of its grant.
    pub own: bool,
    /// In another agreement.
    pub foreign: bool,
    /// In the agreement of its grant, for another party.
    pub other_party: bool,
    /// Where the grant is for all agreements, in what concerns the whole workspace.
    pub workspace: bool,
}

impl Access {
    /// Every policy with its text, and what each role may do.
    #[must_use]
    pub fn table(&self) -> Table {
        let rows = Action::all().map(|action| Row {
            action: action.to_string(),
            cells: Role::ALL.into_iter().map(|role| self.cell(role, action)).collect(),
        });
        Table { policies: self.policies.shown.clone(), rows: rows.collect() }
    }

    fn cell(&self, role: Role, action: Action) -> Shown {
        let allowed = |granted: Option<&str>, resource: &Resource, by: &str| {
            let grant = Grant {
                agreement: granted.map(str::to_owned),
                role,
                party: Some("own".to_owned()),
            };
            let person = Person { login: role.to_string(), grants: vec![grant], reads_only: false };
            self.may(&person, action, resource, Some(by)).allowed
        };
        let [own, foreign] = ["own", "foreign"].map(|name| Resource::Agreement(name.to_owned()));
        Shown {
            own: allowed(Some("own"), &own, "own"),
            foreign: allowed(Some("own"), &foreign, "own"),
            other_party: allowed(Some("own"), &own, "other"),
            workspace: allowed(None, &Resource::Workspace, "own"),
        }
    }
}
