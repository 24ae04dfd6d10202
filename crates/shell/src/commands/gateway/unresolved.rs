//! Calls of which nobody knows what they used, until somebody says so.

use std::collections::BTreeMap;

use ::gateway::meter::unresolved::{Correction, ResolveError, resolve, unresolved};
use ::gateway::meter::{Row, RowId, Tokens};
use jiff::Timestamp;
use serde::Serialize;
use settlement::{Month, Unrated};
use terms::Terms;
use usage::day_of;

use super::rows;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;

/// What `--json` shows of a row.
#[derive(Serialize)]
struct Shown<'a> {
    row: String,
    request: String,
    at: Timestamp,
    key: &'a str,
    customer: &'a str,
    channel: &'a str,
    endpoint: &'a str,
    model: &'a str,
    upstream: &'a str,
    tokens: &'a Tokens,
    why: &'static str,
}

/// Lists the rows that wait.
pub fn list(workspace: &Workspace, json: bool) -> Outcome {
    let rows = unresolved(&rows(workspace))?;
    let shown: Result<Vec<_>, Failure> = rows.iter().map(shown).collect();
    let shown = shown?;
    if json {
        term::json(&shown)?;
        return Ok(Answer::of(shown.is_empty()));
    }
    for row in &shown {
        say!("{}  {}  {} {}", term::bold(&row.row), row.at, row.endpoint, row.model);
        say!("  {} of {} by {}: {}", row.key, row.customer, row.upstream, row.why);
    }
    match shown.len() {
        0 => say!("what every call used is known"),
        count => say!("{count} to resolve: `charter gateway resolve --help`"),
    }
    Ok(Answer::of(shown.is_empty()))
}

fn shown(row: &Row<String>) -> Result<Shown<'_>, Failure> {
    Ok(Shown {
        row: row.id.to_string(),
        request: row.request.to_string(),
        at: Timestamp::from_nanosecond(row.at_ns.into())?,
        key: &row.key,
        customer: &row.customer,
        channel: &row.channel,
        endpoint: &row.endpoint,
        model: &row.model,
        upstream: &row.upstream,
        tokens: &row.tokens,
        why: why(row),
    })
}

fn why(row: &Row<String>) -> &'static str {
    match row.tokens == Tokens::default() {
        true => "its answer did not say what it used",
        false => "which model it used is not known",
    }
}

/// What somebody says of a row.
pub struct Said<'a> {
    pub row: RowId,
    pub tokens: Tokens,
    pub model: Option<&'a str>,
    pub reason: &'a str,
}

/// Enters what a row used.
pub fn enter(workspace: &Workspace, said: &Said<'_>, json: bool) -> Outcome {
    let dir = rows(workspace);
    let row = unresolved(&dir)?.into_iter().find(|row| row.id == said.row);
    let known = row.map(|row| row.model).filter(|model| !model.is_empty());
    let model = said.model.map(str::to_string).or(known);
    let before = ::gateway::meter::unresolved::corrections(&dir)?;
    let model = model.or_else(|| {
        let before = before.iter().find(|before| before.row == said.row);
        before.map(|before| before.model.clone())
    });
    let Some(model) = model else {
        return Err(Failure::wrong_use(
            format!("no row `{}` waits with a model that is known", said.row),
            "`charter gateway unresolved` lists the rows; `--model` names a model",
        ));
    };
    let terms = workspace.adopted_terms()?;
    if !terms.registry.knows(terms::registry::Entry::Model, &model) {
        return Err(Failure::wrong_use(
            format!("no model is called `{model}`"),
            "name it as the agreement does",
        ));
    }
    let correction = Correction {
        row: said.row,
        model,
        tokens: said.tokens,
        reason: said.reason.to_string(),
        at_ns: i64::try_from(workspace.now.as_nanosecond()).unwrap_or(i64::MAX),
    };
    resolve(&dir, &workspace.usage()?, &correction).map_err(|error| match error {
        ResolveError::NoSuchRow(_) | ResolveError::Otherwise(_) => Failure::wrong_use(
            error.to_string(),
            "`charter gateway unresolved` lists the rows that wait",
        ),
        error => error.into(),
    })?;
    if json {
        term::json(&correction)?;
    } else {
        say!("{}  {} used {} tokens", term::green("resolved"), said.row, said.tokens.total());
    }
    Ok(Answer::Yes)
}

/// Calls of a month of which nobody knows what they used: it is not final before they are resolved. On a
/// channel without a price list there is nothing to settle of them.
pub fn of_month(
    workspace: &Workspace,
    terms: &Terms,
    month: Month,
) -> Result<Vec<Unrated>, Failure> {
    let mut unrated: BTreeMap<_, Unrated> = BTreeMap::new();
    for row in unresolved(&rows(workspace))? {
        let day = day_of(Timestamp::from_nanosecond(row.at_ns.into())?);
        let mut lists = terms.registry.price_lists.values();
        let is_billed = lists.any(|list| list.is_of(&row.channel, day));
        if !is_billed || !(month.first()..month.end()).contains(&day) {
            continue;
        }
        let reason = format!("{}; see `charter gateway unresolved`", why(&row));
        let key = (row.channel.clone(), row.model.clone(), reason.clone());
        let entry = unrated.entry(key).or_insert_with(|| Unrated {
            channel: row.channel,
            model: row.model,
            events: 0,
            first_day: day,
            last_day: day,
            reason,
        });
        entry.events += 1;
        entry.first_day = entry.first_day.min(day);
        entry.last_day = entry.last_day.max(day);
    }
    Ok(unrated.into_values().collect())
}
