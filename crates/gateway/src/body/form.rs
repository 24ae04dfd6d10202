//! What can be read of a body that is a form in parts.

use bytes::Bytes;
use hyper::header::{self, HeaderMap, HeaderValue};

use crate::refusal::Problem;

/// Whether a body is a form in parts.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    kind.get(..10).is_some_and(|kind| kind.eq_ignore_ascii_case(b"multipart/"))
}

/// The field `model` of a form. A form that has two is refused, as the upstream might read the other.
pub(crate) fn model(headers: &HeaderMap, body: &Bytes) -> Result<Option<String>, Problem> {
    let wrong = |what: &str| Problem::BadRequest(format!("the form {what}"));
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let boundary = boundary(kind.unwrap_or_default()).ok_or_else(|| wrong("has no boundary"))?;
    let delimiter = format!("--{boundary}");
    let mut model = None;
    let finder = memchr::memmem::Finder::new(delimiter.as_bytes());
    let starts: Vec<usize> = finder.find_iter(body).collect();
    for pair in starts.windows(2) {
        let part = &body[pair[0] + delimiter.len()..pair[1]];
        let Some(end) = memchr::memmem::find(part, b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&part[..end]).unwrap_or_default();
        if disposition_name(head) != Some("model") {
            continue;
        }
        let value = part[end + 4..].strip_suffix(b"\r\n").unwrap_or(&part[end + 4..]);
        let value =
            std::str::from_utf8(value).map_err(|_| wrong("names a model that is no text"))?;
        if model.replace(value.to_string()).is_some() {
            return Err(wrong("names two models"));
        }
    }
    Ok(model)
}

/// The boundary that a form's `Content-Type` states.
pub(crate) fn boundary(content_type: &str) -> Option<&str> {
    let boundary = content_type.split(';').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    });
    boundary.filter(|boundary| !boundary.is_empty() && boundary.len() <= 70)
}

/// The name of the form's part that has this head.
pub(crate) fn disposition_name(head: &str) -> Option<&str> {
    let disposition = head.lines().find(|line| {
        line.get(..20).is_some_and(|name| name.eq_ignore_ascii_case("content-disposition:"))
    });
    let name = disposition?.split(';').find_map(|part| part.trim().strip_prefix("name="));
    name.map(|name| name.trim_matches('"'))
}
