//! Pieces of forms that several pages of the entrance have.

use access::Role;
use maud::{Markup, html};
use people::PASSWORD_CHARACTERS_MIN;
use url::form_urlencoded;

use super::door::FORM_TOKEN;
use crate::viewer::Viewer;

/// What proves that a form is of the viewer's session.
pub fn token(viewer: &Viewer) -> Markup {
    html! { input type="hidden" name=(FORM_TOKEN) value=(viewer.form_token); }
}

/// A button that does one thing.
pub fn button(viewer: &Viewer, action: &str, label: &str) -> Markup {
    html! {
        form method="post" action=(action) { (token(viewer)) button.plain { (label) } }
    }
}

/// What went wrong with what was sent.
pub fn wrong(why: Option<&str>) -> Markup {
    html! { @if let Some(why) = why { p.note.bad-note role="alert" { (why) } } }
}

/// A field for a password.
pub fn password(name: &str, label: &str, autocomplete: &str) -> Markup {
    let is_new = autocomplete == "new-password";
    html! {
        p {
            label for=(name) { (label) @if is_new {
                span.quiet { " (at least " (PASSWORD_CHARACTERS_MIN) " characters; some words in a row will do)" }
            } }
            input id=(name) name=(name) type="password" required autocomplete=(autocomplete)
                minlength=[is_new.then_some(PASSWORD_CHARACTERS_MIN)];
        }
    }
}

/// A field for the code of a second factor.
pub fn code() -> Markup {
    html! {
        p {
            label for="code" { "Six digits from your app" }
            input #code name="code" inputmode="numeric" autocomplete="one-time-code" required pattern="[0-9 ]*";
        }
    }
}

/// Fields for one grant: role, party, agreement. `number` tells several of them on a page apart.
pub fn grant(number: &str, agreements: &[String], parties: &[String]) -> Markup {
    html! {
        p { label for={ "role" (number) } { "Role" }
            select id={ "role" (number) } name="role" {
                option value="" { "none" }
                @for role in Role::ALL { option { (role) } }
            } }
        p { label for={ "party" (number) } { "Party it acts for" }
            select id={ "party" (number) } name="party" {
                option value="" { "none" }
                @for party in parties { option { (party) } }
            } }
        p { label for={ "agreement" (number) } { "Agreement" }
            select id={ "agreement" (number) } name="agreement" {
                option value="" { "all" }
                @for agreement in agreements { option { (agreement) } }
            } }
    }
}

/// A part of an address.
pub fn query(name: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}
