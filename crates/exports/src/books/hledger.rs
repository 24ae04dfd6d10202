//! A journal of hledger (<https://hledger.org/hledger.html>).

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{accounts, cause};
use crate::settled::{Provisional, Settled};

/// The transactions of a settled month. `hledger check --strict` accepts it.
///
/// # Errors
/// [`Provisional`] if the statement is.
pub fn hledger(settled: &Settled<'_>) -> Result<String, Provisional> {
    let statement = settled.as_books()?;
    let mut text = format!("; statement of {}, {}\n\n", statement.month, settled.hash);
    let accounts = accounts(statement);
    // Writing to a string cannot fail.
    for currency in accounts.values().flatten().collect::<BTreeSet<_>>() {
        let places = usize::try_from(currency.scale()).unwrap_or_default();
        let zeros = "0".repeat(places);
        let _ = writeln!(text, "commodity {currency} 1000.{zeros}");
    }
    for account in accounts.keys() {
        let _ = writeln!(text, "account {account}");
    }
    text.push('\n');
    for transaction in &statement.transactions {
        // A comma would end a tag's value.
        let plain = |text: &str| text.replace([',', '\n'], " ");
        let mut tags = String::new();
        if let Some(clause) = &transaction.clause {
            let _ = write!(tags, "  ; clause: {}", plain(clause));
        }
        if let Some(line) = cause(statement, transaction) {
            let _ = write!(tags, ", document: {}:{}", plain(&line.document), line.line);
        }
        let description = transaction.description.replace([';', '|', '\n'], " ");
        let _ = writeln!(text, "{} {description}{tags}", transaction.date);
        for posting in &transaction.postings {
            let amount = posting.amount;
            let _ = writeln!(
                text,
                "    {:<60}  {} {}",
                posting.account, amount.currency, amount.amount
            );
        }
        text.push('\n');
    }
    Ok(text)
}
