//! A ledger of Beancount (<https://beancount.github.io/docs/beancount_language_syntax.html>).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use settlement::Statement;

use super::{accounts, cause};
use crate::settled::{Provisional, Settled};

/// The transactions of a settled month. `bean-check` accepts it.
///
/// Beancount wants the sort of an account first and capitals: `openai:revenue:direct:gpt-4` is
/// `Income:Openai:Direct:Gpt-4`, and its own name stands in the metadata of its `open` directive.
///
/// # Errors
/// [`Provisional`] if the statement is.
pub fn beancount(settled: &Settled<'_>) -> Result<String, Provisional> {
    let statement = settled.as_books()?;
    let first = statement.month.first();
    let mut text = format!("option \"title\" \"Statement of {}\"\n", statement.month);
    let accounts = accounts(statement);
    let names = names(statement);
    let currencies: BTreeSet<_> = accounts.values().flatten().collect();
    // Writing to a string cannot fail.
    for currency in &currencies {
        let _ = writeln!(text, "option \"operating_currency\" \"{currency}\"");
    }
    text.push('\n');
    for currency in &currencies {
        let _ = writeln!(text, "{first} commodity {currency}");
    }
    for (account, currencies) in &accounts {
        let currencies: Vec<_> = currencies.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "{first} open {} {}", names[account], currencies.join(","));
        let _ = writeln!(text, "  account: {}", quoted(account));
    }
    text.push('\n');
    for transaction in &statement.transactions {
        let _ = writeln!(text, "{} * {}", transaction.date, quoted(&transaction.description));
        if let Some(clause) = &transaction.clause {
            let _ = writeln!(text, "  clause: {}", quoted(clause));
        }
        if let Some(line) = cause(statement, transaction) {
            let _ = writeln!(text, "  document: {}", quoted(&line.document));
            let _ = writeln!(text, "  line: {}", line.line);
        }
        let _ = writeln!(text, "  settlement: {}", quoted(settled.hash));
        for posting in &transaction.postings {
            let (name, amount) = (&names[posting.account.as_str()], posting.amount);
            let _ = writeln!(text, "  {name:<60}  {} {}", amount.amount, amount.currency);
        }
        text.push('\n');
    }
    Ok(text)
}

fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ");
    format!("\"{text}\"")
}

/// The name of each account. Two that would be called the same get a number.
fn names(statement: &Statement) -> BTreeMap<&str, String> {
    let mut taken = BTreeSet::new();
    let accounts = accounts(statement);
    let named = accounts.into_keys().map(|account| {
        let plain = name(account);
        let mut name = plain.clone();
        let mut number = 1;
        while !taken.insert(name.clone()) {
            number += 1;
            name = format!("{plain}-{number}");
        }
        (account, name)
    });
    named.collect()
}

fn name(account: &str) -> String {
    let mut parts = account.split(':');
    let party = parts.next().unwrap_or_default();
    let sort = match parts.next() {
        Some("assets") => "Assets",
        Some("liabilities") => "Liabilities",
        Some("revenue") => "Income",
        Some("expenses") => "Expenses",
        _ => "Equity",
    };
    let parts = std::iter::once(party).chain(parts).map(part);
    std::iter::once(sort.to_string()).chain(parts).collect::<Vec<_>>().join(":")
}

/// A part begins with a capital or a digit, and has letters, digits and hyphens only.
fn part(text: &str) -> String {
    let plain: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let mut letters = plain.trim_start_matches('-').chars();
    match letters.next() {
        Some(first) => first.to_ascii_uppercase().to_string() + letters.as_str(),
        None => "X".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_form_beancount_wants() {
        for (ours, theirs) in [
            ("openai:revenue:direct:gpt-4.1", "Income:Openai:Direct:Gpt-4-1"),
            ("openai:assets:customers", "Assets:Openai:Customers"),
            ("a_b:liabilities:-c", "Liabilities:A-b:C"),
            ("openai:suspense", "Equity:Openai"),
        ] {
            assert_eq!(name(ours), theirs);
        }
    }
}
