//! Books in formats that others read.

use std::fmt::Write;

use crate::posting::Transaction;

/// The transactions as a journal of hledger (<https://hledger.org/hledger.html>).
pub fn hledger(transactions: &[Transaction]) -> String {
    let mut text = String::new();
    for transaction in transactions {
        let clause = transaction.clause.as_ref().map_or(String::new(), |clause| {
            // A comma would end the tag's value.
            format!("  ; clause: {}", clause.replace(',', " "))
        });
        let description = transaction.description.replace([';', '|', '\n'], " ");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {description}{clause}", transaction.date);
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
    text
}
