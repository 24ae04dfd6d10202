//! Who may do what.
//!
//! The rules are Cedar policies in `policies/`, shipped with the program and shown to everybody who comes
//! in. In comes a question: a [`Person`], an [`Action`], a [`Resource`] and the party spoken for. Out goes a
//! [`Decision`] that names the policies it rests on. What is not permitted is denied.
//!
//! It knows neither accounts nor sessions, neither pages nor the journal: who somebody is has been found out
//! before it is asked, and what a page leaves out of a room (rivals' offers, say) is `sourcing`'s to say.
//!
//! Start with [`Access`].

mod access;
mod action;
mod command;
mod decision;
mod grant;
mod policies;
mod table;

pub use access::Access;
pub use action::{Action, Area, Verb};
pub use decision::{Decision, Policy};
pub use grant::{Grant, Person, Role, UnknownRole};
pub use policies::LoadError;
pub use table::{Row, Shown, Table};

/// What something is done to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Resource {
    /// What concerns no agreement alone, and what concerns all of them.
    Workspace,
    /// An agreement, by its name.
    Agreement(String),
}
