//! Spend logs of LiteLLM's proxy, `LiteLLM_SpendLogs`, as JSON or CSV.
//!
//! Columns are those of `litellm/proxy/schema.prisma`; what was cached, and other details, stands
//! in `metadata`.

use std::borrow::Cow;

use super::defaults::Given;
use super::field::{self, Reason};
use super::record::{Object, Record};
use super::row::{Reading, Row};
use crate::EventId;
use crate::reported::Reported;
use crate::schema::{CUSTOMER, HOST, MODEL, NAMES, TIER};

/// The columns that every log has.
pub(super) const NEEDED: [&str; 4] =
    ["request_id", "startTime", "prompt_tokens", "completion_tokens"];

/// The names of a row that a log says itself, in most of its rows.
pub(super) const SAID: [&str; 4] = [MODEL, HOST, CUSTOMER, TIER];

/// The row of a log: `model` (else `model_group`) answered on `custom_llm_provider` for `end_user`.
pub(super) fn row<'a>(log: &'a Record<'a>, given: &'a Given) -> Result<Row<'a>, Vec<Reason>> {
    let mut reading = Reading::of(log, given);
    let [id, at, read, written] = NEEDED.map(|column| reading.needed(column));
    let id = id.and_then(|id| {
        let read = field::name("request_id", &id).map(|id| EventId::of_source("litellm", id));
        reading.noted(read)
    });
    // The proxy writes UTC, and its database does not say so.
    let at = at.and_then(|at| reading.noted(field::instant_or_utc("startTime", &at)));
    let read = read.and_then(|count| reading.noted(field::sum("prompt_tokens", &count)));
    let written = written.and_then(|count| reading.noted(field::sum("completion_tokens", &count)));

    if log.text("cache_hit").is_some_and(|hit| hit.eq_ignore_ascii_case("true")) {
        reading.wrong("LiteLLM answered from its own cache; no model was called".into());
    }
    let is_failure = log.text("status").is_some_and(|status| status == "failure");
    if is_failure && read == Some(0) && written == Some(0) {
        reading.wrong("the call failed and used no tokens".into());
    }
    let details = log.text("metadata").map_or(Ok(Details::default()), |text| details(&text));
    let details = reading.noted(details).unwrap_or_default();
    let tier = details.tier;
    let whole = details.reported.with_whole(read.unwrap_or_default(), written.unwrap_or_default());
    let tokens = whole.tokens().ok_or_else(|| "the log counts no tokens".into());
    let tokens = reading.noted(tokens.and_then(field::narrow)).unwrap_or_default();
    let names = reading.names(NAMES.map(|column| match column {
        MODEL => log.text("model").or_else(|| log.text("model_group")),
        HOST => log.text("custom_llm_provider"),
        CUSTOMER => log.text("end_user"),
        TIER => tier.map(Cow::Borrowed),
        _ => None,
    }));
    reading.done(Row { id, at_ns: at.unwrap_or_default(), names, calls: 1, tokens })
}

/// What `metadata` adds to the counts of a log.
#[derive(Default)]
struct Details {
    reported: Reported,
    tier: Option<&'static str>,
}

fn details(metadata: &str) -> Result<Details, Reason> {
    let wrong = |reason: Reason| format!("`metadata`: {reason}");
    let metadata = Object::parse(metadata).map_err(wrong)?;
    let part = |name: &str| match metadata.raw(name) {
        Some(part) => Object::parse(part).map_err(wrong).map(|object| (part, object)),
        None => Ok(("{}", Object::default())),
    };
    let (usage, object) = part("usage_object")?;
    let (_, more) = part("additional_usage_values")?;
    let reported: Reported =
        serde_json::from_str(usage).map_err(|error| wrong(format!("`usage_object`: {error}")))?;
    let count = |name| {
        let text = object.text(name).or_else(|| more.text(name));
        text.map(|text| field::sum(name, &text)).transpose().map_err(wrong)
    };
    let reported = reported
        .with_cache(count("cache_read_input_tokens")?, count("cache_creation_input_tokens")?);
    let tier = object.text("service_tier").and_then(|tier| field::tier(&tier));
    Ok(Details { reported, tier })
}
