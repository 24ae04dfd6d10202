//! Double-entry postings.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use terms::Money;
use terms::value::Currency;

/// A balanced transaction in one party's books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// The day it counts on.
    pub date: Date,
    /// What it is for.
    pub description: String,
    /// The clause that causes it, if one does.
    pub clause: Option<String>,
    /// Debits are positive, credits negative; each currency sums to zero.
    pub postings: Vec<Posting>,
}

/// One side of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The account, as `openai:revenue:direct:gpt-4`.
    pub account: String,
    /// Debit if positive, credit if negative.
    pub amount: Money,
}

impl Transaction {
    /// `amount` from the credited account to the debited one. So a transaction always balances.
    pub fn transfer(
        date: Date,
        description: impl Into<String>,
        clause: Option<&str>,
        debit: String,
        credit: String,
        amount: Money,
    ) -> Transaction {
        let credited = Money { amount: -amount.amount, ..amount };
        Transaction {
            date,
            description: description.into(),
            clause: clause.map(str::to_string),
            postings: vec![
                Posting { account: debit, amount },
                Posting { account: credit, amount: credited },
            ],
        }
    }

    /// Whether debits equal credits in each currency.
    pub fn is_balanced(&self) -> bool {
        let mut sums: BTreeMap<Currency, Decimal> = BTreeMap::new();
        for posting in &self.postings {
            *sums.entry(posting.amount.currency).or_default() += posting.amount.amount;
        }
        sums.values().all(Decimal::is_zero)
    }
}
