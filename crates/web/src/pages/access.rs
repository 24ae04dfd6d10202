//! Who may do what: every rule with its text, and what follows of them for each role.

use std::sync::Arc;

use access::{Action, Area, Role, Shown};
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use crate::entrance::{Entered, Entrance};
use crate::frame::Page;
use crate::server::Sorry;

/// The table of roles and actions, and the policies behind it.
pub async fn page(
    State(entrance): State<Arc<Entrance>>,
    entered: Entered,
) -> Result<Response, Sorry> {
    entered.known.may(&entrance, Action::Read(Area::Access))?;
    let table = entrance.access.table();
    let body = html! {
        h1 { "Who may do what" }
        p { "What no policy permits is denied. A role counts where it was granted, and for the party it was granted \
             for; what a page leaves out of a round is said by the agreement itself." }
        h2 { "Roles" }
        div.scroll tabindex="0" { table {
            caption { "In its agreement, for its party; “workspace” where the grant is for all agreements" }
            thead { tr { th { "Action" } @for role in Role::ALL { th { (role) } } } }
            tbody { @for row in &table.rows { tr {
                th scope="row" { (row.action) }
                @for cell in &row.cells { td { (mark(*cell)) } }
            } } }
        } }
        h2 { "Policies" }
        p { "As they are shipped, in " a href="https://www.cedarpolicy.com/" rel="noreferrer" { "Cedar" } "." }
        @for policy in &table.policies {
            details id=(policy.id.replace('/', "-")) {
                summary {
                    @if policy.forbids { span.tag.bad { "forbids" } } @else { span.tag.good { "permits" } }
                    " " (policy.text)
                }
                pre tabindex="0" { (policy.source) }
            }
        }
    };
    Ok(Page::still("access", "Who may do what", body).shown_to(&entered.known.viewer))
}

fn mark(cell: Shown) -> Markup {
    match cell {
        Shown { own: true, foreign: true, .. } => html! { "everywhere" },
        Shown { own: true, other_party: true, .. } => html! { "yes" },
        Shown { own: true, .. } => html! { "for its party" },
        Shown { workspace: true, .. } => html! { "workspace" },
        _ => html! { span.quiet { "no" } },
    }
}
