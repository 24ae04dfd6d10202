//! The ledger: accounts with their balances, and the postings behind them.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::response::Response;
use maud::html;
use rust_decimal::Decimal;
use serde::Deserialize;
use terms::Money;
use terms::value::Currency;

use super::shown;
use crate::frame::Page;
use crate::server::{App, Sorry};
use crate::viewer::Viewer;
use crate::words;

/// What is looked for, and from which posting on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Search {
    account: String,
    words: String,
    after: usize,
}

/// How many postings a page shows.
const MANY: usize = 200;

/// Accounts that begin so, and their postings that hold the words.
pub async fn page(
    State(app): State<App>,
    viewer: Viewer,
    Query(search): Query<Search>,
) -> Result<Response, Sorry> {
    shown(app, viewer, "ledger", move |room, viewer| {
        let months = room.months()?;
        let mut balances: BTreeMap<(&str, Currency), Decimal> = BTreeMap::new();
        let mut postings = Vec::new();
        let sought = search.words.to_lowercase();
        // Books are those of a party: each has its own, and shows them to no other.
        let own = viewer.party.as_ref().filter(|_| !viewer.sees_all);
        for settled in &months.settled {
            for transaction in &settled.statement.transactions {
                for posting in &transaction.postings {
                    let owner = posting.account.split(':').next();
                    if !posting.account.starts_with(&search.account)
                        || own.is_some_and(|party| owner != Some(party.as_str()))
                    {
                        continue;
                    }
                    let Money { amount, currency } = posting.amount;
                    *balances.entry((&posting.account, currency)).or_default() += amount;
                    let clause = transaction.clause.as_deref().unwrap_or_default();
                    let text = format!("{} {clause} {}", transaction.description, posting.account);
                    if text.to_lowercase().contains(&sought) {
                        postings.push((transaction, posting));
                    }
                }
            }
        }
        let next = search.after + MANY;
        let body = html! {
            h1 { "Ledger" }
            form.inline method="get" {
                label { "Account begins" br; input name="account" value=(search.account); }
                label { "Words" br; input name="words" value=(search.words); }
                button { "Search" }
            }
            p.quiet { "Debits are positive, credits negative. Every transaction balances." }
            div.scroll tabindex="0" { table {
                caption { (words::count(balances.len(), "account")) }
                thead { tr { th { "Account" } th.number { "Balance" } } }
                tbody { @for ((account, currency), amount) in &balances {
                    tr {
                        td { a href={ "/ledger?account=" (account) } { (account) } }
                        td.number { (words::money(&Money { amount: *amount, currency: *currency })) }
                    }
                } }
            } }
            h2 { "Postings" }
            div.scroll tabindex="0" { table {
                caption { (words::count(postings.len(), "posting")) }
                thead { tr { th { "Day" } th { "What for" } th { "Account" } th { "Clause" } th.number { "Amount" } } }
                tbody { @for (transaction, posting) in postings.iter().rev().skip(search.after).take(MANY) {
                    tr {
                        td { (transaction.date) }
                        td { (transaction.description) }
                        td { (posting.account) }
                        td { @if let Some(clause) = &transaction.clause { (words::clause(clause)) } }
                        td.number { (words::money(&posting.amount)) }
                    }
                } }
            } }
            @if next < postings.len() {
                p { a rel="next" href={ "/ledger?account=" (search.account) "&words=" (search.words) "&after=" (next) } { "Earlier postings" } }
            }
        };
        Ok(Page::live("ledger", "Ledger", body))
    })
    .await
}
