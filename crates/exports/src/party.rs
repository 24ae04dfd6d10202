//! What one party sees of a statement.

use settlement::{Line, Statement};
use terms::{Name, Terms};

/// The statement with only the lines a party owes, is owed or earns by, and only its own books.
///
/// Calls that could not be rated stay out, as nobody knows whose they are; why the statement is not
/// final stays in. Of the clauses that are not computed it keeps those the party is bound or served by.
pub fn view(statement: &Statement, terms: &Terms, party: &Name) -> Statement {
    let is_its = |line: &&Line| line.from == *party || line.to == *party;
    let books = format!("{party}:");
    let transactions = statement.transactions.iter().filter(|transaction| {
        transaction.postings.iter().all(|posting| posting.account.starts_with(&books))
    });
    let concerns = |named: &&String| {
        let id = named.split([' ', ':']).next().unwrap_or_default();
        terms.clauses.iter().any(|clause| {
            clause.id.to_string() == id && (clause.grantor == *party || clause.holder == *party)
        })
    };
    Statement {
        lines: statement.lines.iter().filter(is_its).cloned().collect(),
        transactions: transactions.cloned().collect(),
        unrated: Vec::new(),
        not_computed: statement.not_computed.iter().filter(concerns).cloned().collect(),
        ..statement.clone()
    }
}
