//! CloudEvents 1.0, each about one call.
//!
//! See <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>.

pub(super) mod http;

use super::defaults::Given;
use super::field::{self, Reason};
use super::record::{Object, Record};
use super::row::{Reading, Row};
use crate::EventId;
use crate::reported::Reported;
use crate::schema::{CALLS, CUSTOMER, NAMES, TOKENS};
use crate::tokens::CLASSES;

const USAGE: &str = "usage";

/// The row of an event: `source` and `id` name it, `time` says when, `data` the rest by the names of
/// our columns. Tokens may instead be a `usage` object of OpenAI's API. `subject` is the customer,
/// unless `data` names one.
pub(super) fn row<'a>(event: &'a Record<'a>, given: &'a Given) -> Result<Row<'a>, Vec<Reason>> {
    row_with(event, data(event), given)
}

/// The row of an event whose data stands beside it.
fn row_with<'a>(
    event: &'a Record<'a>,
    data: Result<&'a str, Reason>,
    given: &'a Given,
) -> Result<Row<'a>, Vec<Reason>> {
    let mut reading = Reading::of(event, given);
    if let Some(version) = reading.needed("specversion")
        && version != "1.0"
    {
        reading.wrong(format!("`specversion` is `{version}`; expected `1.0`"));
    }
    reading.needed("type");
    let source = reading.needed("source");
    let id = reading.needed("id");
    let id = source.zip(id).and_then(|(source, id)| {
        let read = field::name("source", &source)
            .and_then(|source| field::name("id", &id).map(|id| EventId::of_source(source, id)));
        reading.noted(read)
    });
    let at = reading.needed("time").map(|time| field::instant("time", &time));
    let at_ns = at.and_then(|at| reading.noted(at)).unwrap_or_default();

    let data = data.and_then(Object::parse);
    let data = reading.noted(data.map_err(|reason| format!("`data`: {reason}")));
    let Some(data) = data else {
        return reading.done(()).and(Err(Vec::new()));
    };
    let subject = event.text("subject");
    let names = reading.names(NAMES.map(|column| {
        let own = data.text(column);
        if column == CUSTOMER { own.or(subject.clone()) } else { own }
    }));
    let calls = data.text(CALLS).map_or(Ok(1), |calls| field::calls(CALLS, &calls));
    let calls = reading.noted(calls).unwrap_or_default();
    let tokens = match tokens(&data) {
        Ok(tokens) => tokens,
        Err(reasons) => {
            reasons.into_iter().for_each(|reason| reading.wrong(reason));
            [0; CLASSES]
        }
    };
    reading.done(Row { id, at_ns, names, calls, tokens })
}

fn data<'a>(event: &'a Record<'a>) -> Result<&'a str, Reason> {
    let Record::Object(event) = event else {
        return Err("expected an object".into());
    };
    match (event.raw("data"), event.raw("data_base64")) {
        (Some(data), _) => Ok(data),
        (None, Some(_)) => Err("is in base64; expected an object".into()),
        (None, None) => Err("is not there; expected an object".into()),
    }
}

/// The tokens by class, under our names or as OpenAI's API reports them.
fn tokens(data: &Object<'_>) -> Result<[u32; CLASSES], Vec<Reason>> {
    let counts = || data.names().filter(|name| name.ends_with("_tokens"));
    if let Some(usage) = data.raw(USAGE) {
        if counts().next().is_some() {
            return Err(vec![format!("`data` has `{USAGE}` and counts of its own; expected one")]);
        }
        return of_usage(usage).map_err(|reason| vec![reason]);
    }
    let mut reasons = Vec::new();
    // A misspelt class would otherwise be billed as none.
    for name in counts().filter(|name| !TOKENS.contains(name)) {
        reasons.push(format!("`{name}` is no class of tokens"));
    }
    let mut tokens = [0; CLASSES];
    for (slot, class) in tokens.iter_mut().zip(TOKENS) {
        match data.text(class).map(|count| field::count(class, &count)) {
            Some(Ok(count)) => *slot = count,
            Some(Err(reason)) => reasons.push(reason),
            None if super::from_text::is_needed(class) => {
                reasons.push(format!("`data` has no `{class}`"));
            }
            None => {}
        }
    }
    if reasons.is_empty() { Ok(tokens) } else { Err(reasons) }
}

fn of_usage(usage: &str) -> Result<[u32; CLASSES], Reason> {
    let reported: Reported =
        serde_json::from_str(usage).map_err(|error| format!("`{USAGE}`: {error}"))?;
    let tokens = reported.tokens().ok_or_else(|| format!("`{USAGE}` counts no tokens"))?;
    field::narrow(tokens)
}
