use exports::party::view;
use terms::Name;

use crate::common::Settlement;

#[test]
fn a_party_sees_its_own_lines_and_books() {
    let december = Settlement::of_december();
    let all = &december.statement;
    let view = view(all, &december.terms, &Name::new("microsoft"));
    assert!(
        view.lines.iter().all(|line| [&line.from, &line.to].contains(&&Name::new("microsoft")))
    );
    assert!(view.lines.len() < all.lines.len());
    let postings = view.transactions.iter().flat_map(|transaction| &transaction.postings);
    let accounts: Vec<_> = postings.map(|posting| posting.account.as_str()).collect();
    assert!(
        !accounts.is_empty() && accounts.iter().all(|account| account.starts_with("microsoft:"))
    );
    assert!(view.transactions.iter().all(settlement::Transaction::is_balanced));
}

#[test]
fn who_has_no_part_in_it_sees_nothing() {
    let december = Settlement::of_december();
    let view = view(&december.statement, &december.terms, &Name::new("softbank"));
    assert!(view.lines.is_empty() && view.transactions.is_empty() && view.not_computed.is_empty());
}
