//! What every page has around it: the head, the areas, the foot.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::assets;
use crate::viewer::Viewer;
use crate::words;

/// The areas, in the order of the menu: their addresses, and what they are called.
pub const AREAS: &[(&str, &str)] = &[
    ("home", "Home"),
    ("agreement", "Agreement"),
    ("ask", "Ask"),
    ("sourcing", "Sourcing"),
    ("traffic", "Traffic"),
    ("statements", "Statements"),
    ("ledger", "Ledger"),
    ("position", "Position"),
    ("journal", "Journal"),
    ("people", "People"),
];

/// A page.
pub struct Page {
    /// What it is about.
    pub title: String,
    /// The area it belongs to.
    pub area: &'static str,
    /// Whether it is to follow what happens, by its address being asked for again.
    pub is_live: bool,
    /// After how many seconds it is asked for again, whatever happens in the journal.
    pub every_s: Option<u32>,
    /// What stands on it.
    pub body: Markup,
}

impl Page {
    /// A page that follows what happens.
    pub fn live(area: &'static str, title: impl Into<String>, body: Markup) -> Page {
        Page { title: title.into(), area, is_live: true, every_s: None, body }
    }

    /// A page that stays as it is.
    pub fn still(area: &'static str, title: impl Into<String>, body: Markup) -> Page {
        Page { title: title.into(), area, is_live: false, every_s: None, body }
    }

    /// The same page, asked for again after so many seconds: for what comes in without an event.
    pub fn asked_for_every(self, seconds: u32) -> Page {
        Page { every_s: Some(seconds), ..self }
    }

    /// The whole of it, for somebody.
    pub fn shown_to(self, viewer: &Viewer) -> Response {
        let body = html! {
            a.skip href="#main" { "Skip to the content" }
            header {
                a.brand href="/" { "Charterparty" }
                nav aria-label="Areas" {
                    @for (area, title) in AREAS.iter().filter(|(area, _)| viewer.may_open(area)) {
                        a href=(address(area)) aria-current=[(*area == self.area).then_some("page")] {
                            (title)
                        }
                    }
                }
                p.who {
                    a href="/account" { (viewer.name) }
                    @if let Some(party) = &viewer.party { " for " (party) }
                }
            }
            main #main tabindex="-1" data-live=[self.is_live.then_some("/live")] data-every=[self.every_s] { (self.body) }
            footer {
                p { "From clause to cent. Press " kbd { "?" } " for keys." }
                a href="/access" { "Who may do what" }
                a href="/api" { "HTTP API" }
            }
        };
        Html(document(&self.title, &body).into_string()).into_response()
    }
}

/// Where an area begins.
pub fn address(area: &str) -> String {
    if area == "home" { "/".to_string() } else { format!("/{area}") }
}

/// A document with nothing around its body: for who is not in yet, or cannot be shown more.
pub fn document(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Charterparty" }
                link rel="stylesheet" href=(assets::style());
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                script src=(assets::script()) defer {}
            }
            body { (body) }
        }
    }
}

/// A page that says what went wrong and what to do about it.
pub fn problem(status: StatusCode, what: &str, help: Option<&str>) -> Response {
    let body = html! {
        main #main {
            h1 { (words::told(what)) }
            @if let Some(help) = help { p { (words::told(help)) } }
            p { a href="/" { "To the home page" } }
        }
    };
    (status, Html(document(&what.replace('`', ""), &body).into_string())).into_response()
}
