//! CloudEvents in messages of HTTP, in the three modes of its binding: an event whose attributes are
//! headers, an event in JSON, and many in JSON.
//!
//! See <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>.

use std::str::Utf8Error;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::value::RawValue;
use thiserror::Error;

use super::super::defaults::{Defaults, Given};
use super::super::error::ImportError;
use super::super::field::{self, Reason};
use super::super::record::{Object, Record};
use super::super::row::Row;
use super::{row, row_with};
use crate::Event;
use crate::day::nanoseconds;
use crate::schema::NAMES;

/// What a message brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Received {
    /// The calls, for [`Store::append`](crate::Store::append).
    pub events: Vec<Event>,
    /// Events that are no calls.
    pub rejected: Vec<Rejected>,
}

/// An event that is no call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Which event of the message, from 0.
    pub place: usize,
    /// All that is wrong with it.
    pub reason: String,
}

/// Why a message has no events.
#[derive(Debug, Error)]
pub enum NotEvents {
    /// It is of another kind.
    #[error(
        "the message is of type `{content_type}` and has no header `ce-specversion`; expected \
         `application/cloudevents+json`, `application/cloudevents-batch+json`, or an event in headers"
    )]
    OtherType {
        /// Its `content-type`; empty if it has none.
        content_type: String,
    },
    /// Its body is not what its type says.
    #[error("the body is not UTF-8")]
    NotUtf8(#[from] Utf8Error),
    /// Its body is no array.
    #[error("the body is not an array of events")]
    NotABatch(#[from] serde_json::Error),
    /// Something is lacking for every event.
    #[error(transparent)]
    Defaults(#[from] ImportError),
}

const BATCH: &str = "application/cloudevents-batch";
const STRUCTURED: &str = "application/cloudevents";
const JSON: &str = "+json";
const ATTRIBUTE: &str = "ce-";

/// Reads the events of a message: its headers, by names in any case, and its body.
///
/// Calls that were made at `end` or later are rejected. What an event does not say is taken from the
/// defaults.
///
/// # Errors
/// The message has no events, in none of the three modes. One that is wrong is among the rejected, and
/// spoils no other.
pub fn received(
    headers: &[(&str, &str)],
    body: &[u8],
    defaults: &Defaults,
    end: Option<Timestamp>,
) -> Result<Received, NotEvents> {
    let given = defaults.given(&NAMES)?;
    let mut reader =
        Reader { given: &given, end_ns: end.and_then(nanoseconds), found: Received::default() };
    let of_name = |wanted: &str| headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    let content_type = of_name("content-type").map_or("", |(_, value)| value);
    // Parameters, as the character set, say nothing that JSON does not.
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind == format!("{BATCH}{JSON}") {
        let events: Vec<&RawValue> = serde_json::from_str(std::str::from_utf8(body)?)?;
        for event in events {
            reader.structured(event.get());
        }
    } else if kind == format!("{STRUCTURED}{JSON}") {
        reader.structured(std::str::from_utf8(body)?);
    } else if !kind.starts_with(STRUCTURED) && of_name("ce-specversion").is_some() {
        reader.binary(headers, &kind, std::str::from_utf8(body)?);
    } else {
        return Err(NotEvents::OtherType { content_type: content_type.into() });
    }
    Ok(reader.found)
}

/// Reads events of one message.
struct Reader<'g> {
    given: &'g Given,
    end_ns: Option<i64>,
    found: Received,
}

impl Reader<'_> {
    fn structured(&mut self, event: &str) {
        let event = Object::parse(event).map(Record::Object);
        let found = event.as_ref().map_err(|reason| vec![reason.clone()]);
        let found = found.and_then(|event| row(event, self.given));
        self.take(found);
    }

    fn binary(&mut self, headers: &[(&str, &str)], kind: &str, body: &str) {
        let (mut names, mut values, mut reasons) = (Vec::<String>::new(), Vec::new(), Vec::new());
        for (name, value) in headers {
            let name = name.to_ascii_lowercase();
            let Some(attribute) = name.strip_prefix(ATTRIBUTE) else { continue };
            if names.iter().any(|other| other == attribute) {
                reasons.push(format!("`{name}` is there twice"));
            }
            match percent_decode_str(value.trim()).decode_utf8() {
                Ok(value) => {
                    names.push(attribute.to_owned());
                    values.push(value);
                }
                Err(_) => reasons.push(format!("`{name}`: `{value}` is not UTF-8")),
            }
        }
        if !(kind == "application/json" || kind == "text/json" || kind.ends_with(JSON)) {
            reasons.push(format!("`content-type` is `{kind}`; expected `application/json`"));
        }
        let event = Record::Row { header: &names, cells: &values };
        let row = row_with(&event, Ok(body), self.given);
        let row = if reasons.is_empty() { row } else { Err(reasons) };
        self.take(row);
    }

    fn take(&mut self, row: Result<Row<'_>, Vec<Reason>>) {
        let row = row.and_then(|row| {
            let in_time = field::in_time("time", row.at_ns, self.end_ns);
            in_time.map(|()| row).map_err(|reason| vec![reason])
        });
        let event = row.and_then(|row| row.event().ok_or_else(|| vec!["there is no `id`".into()]));
        match event {
            Ok(event) => self.found.events.push(event),
            Err(reasons) => {
                let place = self.found.events.len() + self.found.rejected.len();
                self.found.rejected.push(Rejected { place, reason: reasons.join("; ") });
            }
        }
    }
}
