//! What a form sent along: fields and files.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use hyper::HeaderMap;
use hyper::header::CONTENT_TYPE;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What a form sent along, in its order.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Its parts.
    pub parts: Vec<Part>,
}

/// A field or a file.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// The file's name.
    pub filename: Option<String>,
    /// The type of its content.
    pub content_type: Option<String>,
    /// Its content.
    pub content: Bytes,
}

impl Form {
    /// Reads a form. `None` where the body is none.
    pub async fn read(headers: &HeaderMap, body: &Bytes) -> Option<Form> {
        let content_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let boundary = multer::parse_boundary(content_type).ok()?;
        let whole = stream::iter([Ok::<_, Infallible>(body.clone())]);
        let mut fields = multer::Multipart::new(whole, boundary);
        let mut parts = Vec::new();
        while let Some(field) = fields.next_field().await.ok()? {
            parts.push(Part {
                name: field.name().unwrap_or_default().into(),
                filename: field.file_name().map(String::from),
                content_type: field.content_type().map(ToString::to_string),
                content: field.bytes().await.ok()?,
            });
        }
        Some(Form { parts })
    }

    /// The first part of a name.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// The text of a field.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        str::from_utf8(&self.part(name)?.content).ok()
    }

    /// Its parts as `/_requests` shows them.
    #[must_use]
    pub fn shown(&self) -> Value {
        let parts = self.parts.iter().map(|part| {
            json!({
                "name": part.name,
                "filename": part.filename,
                "content_type": part.content_type,
                "bytes": part.content.len(),
                "sha256": sha256(&part.content),
                "text": str::from_utf8(&part.content).ok().filter(|text| text.len() <= 1024),
            })
        });
        parts.collect()
    }
}

/// The SHA-256 of some bytes, in hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
