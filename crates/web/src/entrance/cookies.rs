//! What a browser keeps for us, and shows with each request.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

use super::Entrance;

/// The id of a session.
pub const SESSION: &str = "charter";
/// The id of a session whose second factor is still to be shown.
pub const HALF: &str = "charter-code";
/// The party that somebody looks for, who acts for several.
pub const PARTY: &str = "charter-party";
/// What a round trip to a provider began with.
pub const STATE: &str = "charter-openid";

/// What a browser shows of a name.
pub fn shown<'h>(entrance: &Entrance, headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let name = whole(entrance, name);
    let all = headers.get_all(COOKIE).into_iter().filter_map(|header| header.to_str().ok());
    let mut pairs =
        all.flat_map(|header| header.split("; ")).filter_map(|pair| pair.split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// A header that has a browser keep something for so many seconds. No script reads it, and no other site has it
/// sent along with a form; with `Lax` it goes along with links, so that those in mails work.
pub fn set(entrance: &Entrance, name: &str, value: &str, seconds: i64) -> HeaderValue {
    let secure = if entrance.is_secure() { "; Secure" } else { "" };
    let name = whole(entrance, name);
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let mut header =
        HeaderValue::from_str(&text).expect("what is kept is letters, digits and dashes");
    header.set_sensitive(true);
    header
}

/// A header that has a browser forget it.
pub fn forget(entrance: &Entrance, name: &str) -> HeaderValue {
    set(entrance, name, "", 0)
}

/// With this prefix a browser takes the cookie from this host alone, and over TLS alone.
fn whole(entrance: &Entrance, name: &str) -> String {
    if entrance.is_secure() { format!("__Host-{name}") } else { name.to_owned() }
}
