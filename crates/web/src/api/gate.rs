//! The gate that the policies of `access` keep.

use std::sync::Arc;

use access::{Access, Action, Resource};
use axum::http::request::Parts;

use super::{About, Gate, Verdict};
use crate::entrance::Known;
use crate::viewer::Viewer;

/// Asks the policies. The door has put who is [`Known`] into the request, beside the viewer.
pub struct Policies(pub Arc<Access>);

impl Gate for Policies {
    fn may(
        &self,
        request: &Parts,
        _: &Viewer,
        words: &str,
        about: &About,
        by: Option<&str>,
    ) -> Verdict {
        let refused = Verdict { allowed: false, policies: Vec::new(), says: Vec::new() };
        let Some(Known { person, .. }) = request.extensions.get() else { return refused };
        let Some(action) = Action::of_command(words) else { return refused };
        let of =
            |name: &str| self.0.may(person, action, &Resource::Agreement(name.to_string()), by);
        let decision = match about {
            About::Agreement(name) => of(name),
            About::Any(names) => {
                let everywhere = self.0.may(person, action, &Resource::Workspace, by);
                let somewhere = || names.iter().map(|name| of(name)).find(|found| found.allowed);
                if everywhere.allowed { everywhere } else { somewhere().unwrap_or(everywhere) }
            }
            About::All(names) => {
                self.0.may_throughout(person, action, names.iter().map(String::as_str), by)
            }
        };
        Verdict {
            allowed: decision.allowed,
            policies: decision.policies.iter().map(|policy| policy.id.clone()).collect(),
            says: decision.policies.iter().map(|policy| policy.text.clone()).collect(),
        }
    }
}
