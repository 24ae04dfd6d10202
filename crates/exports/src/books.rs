//! Books in formats that others read.
//!
//! Both declare every account and currency they use, so that a reader which is told to be strict finds a
//! name that does not belong.

mod beancount;
mod hledger;

use std::collections::{BTreeMap, BTreeSet};

use settlement::{Line, Statement, Transaction};
use terms::value::Currency;

pub use beancount::beancount;
pub use hledger::hledger;

/// The accounts the transactions post to, each with its currencies.
fn accounts(statement: &Statement) -> BTreeMap<&str, BTreeSet<Currency>> {
    let mut accounts: BTreeMap<&str, BTreeSet<Currency>> = BTreeMap::new();
    for posting in statement.transactions.iter().flat_map(|transaction| &transaction.postings) {
        accounts.entry(&posting.account).or_default().insert(posting.amount.currency);
    }
    accounts
}

/// The line that causes a transaction, or else one of its clause, which says where that stands.
fn cause<'a>(statement: &'a Statement, transaction: &Transaction) -> Option<&'a Line> {
    let clause = transaction.clause.as_deref()?;
    let of_clause = || statement.lines.iter().filter(|line| line.clause == clause);
    let own = of_clause().find(|line| line.title == transaction.description);
    own.or_else(|| of_clause().next())
}
