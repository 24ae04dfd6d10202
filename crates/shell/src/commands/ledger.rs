use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;
use terms::Money;
use terms::value::Currency;

use crate::outcome::{Answer, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;

/// Shows accounts with their balances; with an account, its postings too.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter ledger
  charter ledger openai:liabilities
  charter ledger microsoft --json

Debits are positive, credits negative.")]
pub struct Args {
    /// Only accounts that begin so
    account: Option<String>,
}

#[derive(Serialize)]
struct Book {
    balances: Vec<Balance>,
    postings: Vec<Row>,
}

#[derive(Serialize)]
struct Balance {
    account: String,
    balance: Money,
}

#[derive(Serialize)]
struct Row {
    date: jiff::civil::Date,
    description: String,
    clause: Option<String>,
    account: String,
    amount: Money,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let prefix = args.account.as_deref().unwrap_or_default();
    let mut balances: BTreeMap<(String, Currency), Decimal> = BTreeMap::new();
    let mut postings = Vec::new();
    for settled in &workspace.months()?.settled {
        for transaction in &settled.statement.transactions {
            for posting in &transaction.postings {
                if !posting.account.starts_with(prefix) {
                    continue;
                }
                let Money { amount, currency } = posting.amount;
                *balances.entry((posting.account.clone(), currency)).or_default() += amount;
                postings.push(Row {
                    date: transaction.date,
                    description: transaction.description.clone(),
                    clause: transaction.clause.clone(),
                    account: posting.account.clone(),
                    amount: posting.amount,
                });
            }
        }
    }
    let balances: Vec<_> = balances
        .into_iter()
        .map(|((account, currency), amount)| Balance {
            account,
            balance: Money { amount, currency },
        })
        .collect();
    if json {
        term::json(&Book { balances, postings })?;
        return Ok(Answer::Yes);
    }
    for balance in &balances {
        say!("{:>24}  {}", balance.balance.to_string().replace('_', ","), balance.account);
    }
    if args.account.is_some() && !postings.is_empty() {
        say!("");
        postings.iter().for_each(print);
    }
    if balances.is_empty() && args.account.is_some() {
        say!("no account with postings begins with `{prefix}`; see `charter ledger`");
    } else if balances.is_empty() {
        say!("nothing is posted; settle a month with `charter settle`");
    }
    Ok(Answer::Yes)
}

fn print(row: &Row) {
    let clause = row.clause.as_deref().unwrap_or_default();
    let amount = row.amount.to_string().replace('_', ",");
    say!("{}  {amount:>22}  {}", row.date, row.account);
    say!("{:>36}{}", "", term::dim(format!("{}  {clause}", row.description)));
}
