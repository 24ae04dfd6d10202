//! A CSV file with a model a line: `provider`, `model`, and prices whose columns name their currency, as
//! `usd_per_million_input_tokens`.

use std::collections::BTreeMap;

use terms::registry::{Processing, TokenClass};
use terms::value::Currency;

use super::source::{Amounts, LeftOut, Listed, Priced, Source, Unreadable, price, shown};

/// A price's column, and what it is of.
struct Column {
    at: usize,
    name: String,
    priced: Priced,
}

/// Reads the file.
pub fn read(text: &str) -> Result<Source, Unreadable> {
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    let header = reader.headers().map_err(unreadable)?.clone();
    let find = |name: &str| {
        header.iter().position(|column| column == name).ok_or_else(|| Unreadable {
            line: 1,
            column: 1,
            problem: format!("there is no column `{name}`"),
        })
    };
    let (provider, model) = (find("provider")?, find("model")?);
    let mode = header.iter().position(|column| column == "mode");
    let (currency, columns) = columns(&header)?;
    let mut listed = Vec::new();
    for row in reader.records() {
        let row = row.map_err(unreadable)?;
        let line = row.position().map_or(0, |position| position.line() as usize);
        let (provider, key) = (&row[provider], &row[model]);
        let mut stated = BTreeMap::new();
        let mut left_out = Vec::new();
        for column in &columns {
            let cell = row[column.at].trim();
            if cell.is_empty() {
                continue;
            }
            match price(cell, 1) {
                Ok(amount) => _ = stated.insert(column.priced, amount),
                Err(why) => left_out.push(LeftOut {
                    model: key.to_string(),
                    line,
                    what: column.name.clone(),
                    value: shown(cell),
                    why,
                    is_needed: true,
                }),
            }
        }
        listed.push(Listed {
            key: key.to_string(),
            provider: provider.to_string(),
            model: key.strip_prefix(&format!("{provider}/")).unwrap_or(key).to_string(),
            periods: vec![(None, Amounts::from([(Processing::Standard, stated)]))],
            only_reads: mode.is_some_and(|mode| matches!(&row[mode], "embedding" | "rerank")),
            left_out,
        });
    }
    Ok(Source { title: "a table of prices", currency, listed })
}

/// The columns of prices, and their one currency.
fn columns(header: &csv::StringRecord) -> Result<(Currency, Vec<Column>), Unreadable> {
    let mut columns = Vec::new();
    let mut found: Option<(Currency, String)> = None;
    for (at, name) in header.iter().enumerate() {
        let wrong = |problem: String| Unreadable { line: 1, column: at + 1, problem };
        let Some((code, rest)) = name.split_once("_per_") else { continue };
        let priced = match rest {
            "call" => Some(Priced::Call),
            _ => rest
                .strip_prefix("million_")
                .and_then(|class| class.strip_suffix("_tokens"))
                .and_then(|class| {
                    TokenClass::ALL.into_iter().find(|known| known.attribute() == class)
                })
                .map(Priced::Tokens),
        };
        let Some(priced) = priced else {
            return Err(wrong(format!(
                "`{name}` names no class of tokens; expected one as `usd_per_million_input_tokens`"
            )));
        };
        let currency: Currency = code.to_uppercase().parse().map_err(|_| {
            wrong(format!(
                "`{code}` is not a currency; a column begins with three letters, as `usd`"
            ))
        })?;
        match &found {
            Some((other, before)) if *other != currency => {
                return Err(wrong(format!("`{name}` is not in the currency of `{before}`")));
            }
            _ => found = Some((currency, name.to_string())),
        }
        columns.push(Column { at, name: name.to_string(), priced });
    }
    let (currency, _) = found.ok_or_else(|| Unreadable {
        line: 1,
        column: 1,
        problem: "no column is a price, as `usd_per_million_input_tokens`".to_string(),
    })?;
    Ok((currency, columns))
}

fn unreadable(error: csv::Error) -> Unreadable {
    let line = error.position().map_or(0, |position| position.line() as usize);
    let problem = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the line has {len} cells, and the first has {expected_len}")
        }
        _ => error.to_string(),
    };
    Unreadable { line, column: 1, problem }
}
