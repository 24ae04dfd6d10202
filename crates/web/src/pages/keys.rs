//! The keys of the keyboard.

use axum::response::Response;
use maud::html;

use crate::frame::{AREAS, Page};
use crate::viewer::Viewer;

pub async fn page(viewer: Viewer) -> Response {
    const KEYS: [&str; 9] = ["h", "a", "k", "s", "t", "m", "l", "p", "j"];
    let body = html! {
        h1 { "Keys" }
        dl {
            @for (key, (_, title)) in KEYS.iter().zip(AREAS) {
                dt { kbd { "g" } " " kbd { (key) } }
                dd { (title) }
            }
            dt { kbd { "/" } } dd { "To the first field of the page" }
            dt { kbd { "?" } } dd { "This page" }
        }
    };
    Page::still("home", "Keys", body).shown_to(&viewer)
}
