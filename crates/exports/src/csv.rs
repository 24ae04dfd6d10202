//! Comma-separated values: one row a line, a step or a day.
//!
//! Amounts are in units of the currency with a point and without grouping; `exact` and the values of
//! steps have every digit, and are fractions (`1/3`) where those never end.

use csv::Writer;
use settlement::{Line, Statement};
use terms::{Basis, Parameter};

use crate::{kind, safe};

/// What a row is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// A line.
    Lines,
    /// A step of a line's computation.
    Steps,
    /// A day behind a line.
    Days,
}

/// The statement as CSV with a header.
///
/// # Errors
/// None in practice: it is written to memory.
pub fn csv(statement: &Statement, rows: Rows) -> Result<Vec<u8>, csv::Error> {
    let mut writer = Writer::from_writer(Vec::new());
    // `number` counts the lines of the statement from 1.
    let head = ["period", "status", "number", "kind", "title", "from", "to", "currency"];
    let rest: &[&str] = match rows {
        Rows::Lines => &[
            "amount",
            "exact",
            "counts_as",
            "clause",
            "document",
            "document_line",
            "payable",
            "adjusts",
            "assumed",
        ],
        Rows::Steps => &["clause", "step", "name", "value"],
        Rows::Days => &["clause", "day", "calls", "amount"],
    };
    writer.write_record(head.iter().chain(rest))?;
    for (at, line) in statement.lines.iter().enumerate() {
        let head = head_of(statement, at + 1, line);
        let mut row = |rest: &[&str]| {
            let head = head.iter().map(String::as_str);
            writer.write_record(
                head.chain(rest.iter().copied()).map(|text| safe::cell(text).into_owned()),
            )
        };
        match rows {
            Rows::Lines => row(&[
                &line.amount.amount.to_string(),
                &line.exact,
                kind::effect(line.kind).word(),
                &line.clause,
                &line.document,
                &place(line),
                &line.payable.map_or(String::new(), |day| day.to_string()),
                &line.adjusts.as_ref().map_or(String::new(), |adjusts| adjusts.month.to_string()),
                &assumed(line).join("; "),
            ])?,
            Rows::Steps => {
                for (step, at) in line.steps.iter().zip(1..) {
                    row(&[&line.clause, &i32::to_string(&at), &step.name, &step.value])?;
                }
            }
            Rows::Days => {
                for day in &line.days {
                    let (date, calls) = (day.day.to_string(), day.events.to_string());
                    row(&[&line.clause, &date, &calls, &day.amount])?;
                }
            }
        }
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// The line of the document; nothing where no clause stands behind a line.
fn place(line: &Line) -> String {
    if line.document.is_empty() { String::new() } else { line.line.to_string() }
}

fn head_of(statement: &Statement, number: usize, line: &Line) -> [String; 8] {
    [
        statement.month.to_string(),
        status(statement).to_string(),
        number.to_string(),
        kind::word(line.kind),
        line.title.clone(),
        line.from.to_string(),
        line.to.to_string(),
        line.amount.currency.to_string(),
    ]
}

/// `final` or `provisional`.
pub(crate) fn status(statement: &Statement) -> &'static str {
    if statement.is_final { "final" } else { "provisional" }
}

/// What a line rests on that no source states: each value with the reason it was assumed for.
pub(crate) fn assumed(line: &Line) -> Vec<String> {
    let reason = |parameter: &Parameter| match &parameter.basis {
        Basis::Assumed(why) => Some(format!("{} {}: {why}", parameter.name, parameter.value)),
        _ => None,
    };
    line.assumed.iter().filter_map(reason).collect()
}
