use std::collections::BTreeSet;

use crate::fields::{Collected, Fields};
use crate::{Finding, Money};

/// Holds the amounts of a clause to one currency.
pub(super) fn expect_one(
    f: &Fields<'_>,
    amounts: impl Iterator<Item = Money>,
    into: &mut Collected,
) {
    let currencies: BTreeSet<_> = amounts.map(|money| money.currency).collect();
    if currencies.len() > 1 {
        let place = f.origin().label("amounts in several currencies");
        let message = format!("{} mixes currencies", f.title);
        let finding = Finding::error("charter::value::currency", message, place);
        into.findings.push(finding.help("write all its amounts in one currency"));
    }
}
