//! The style, the script and the icon: kept in the program, and named by what is in them, so that a
//! browser keeps them until they change.

use std::sync::LazyLock;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const STYLE: &str = include_str!("../assets/style.css");
const SCRIPT: &str = include_str!("../assets/script.js");
const ICON: &str = include_str!("../assets/icon.svg");

static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| named("style", "css", STYLE));
static SCRIPT_ADDRESS: LazyLock<String> = LazyLock::new(|| named("script", "js", SCRIPT));

fn named(name: &str, extension: &str, text: &str) -> String {
    format!("/assets/{name}-{}.{extension}", &blake3::hash(text.as_bytes()).to_hex()[..16])
}

/// The address of the style.
pub fn style() -> &'static str {
    &STYLE_ADDRESS
}

/// The address of the script.
pub fn script() -> &'static str {
    &SCRIPT_ADDRESS
}

/// Answers a request for one of them.
pub async fn serve(axum::extract::Path(name): axum::extract::Path<String>) -> Response {
    let address = format!("/assets/{name}");
    let (kind, text, keep) = match address.as_str() {
        address if address == style() => ("text/css; charset=utf-8", STYLE, FOREVER),
        address if address == script() => ("text/javascript; charset=utf-8", SCRIPT, FOREVER),
        "/assets/icon.svg" => ("image/svg+xml", ICON, "public, max-age=86400"),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)], text).into_response()
}

/// What has its content in its name never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";
