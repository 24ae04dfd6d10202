use crate::finding::Witness;
use crate::{Finding, Terms};

/// Two exchange rates of the same currencies have a rate for one day, so that nobody can say which counts.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let tables: Vec<_> = terms.registry.exchange_rates.iter().collect();
    let mut findings = Vec::new();
    for (at, (later_name, later)) in tables.iter().enumerate() {
        for (name, table) in &tables[..at] {
            let pair = (table.currency, table.into);
            let is_same = [(later.currency, later.into), (later.into, later.currency)];
            let day = later.rates.keys().find(|day| table.rates.contains_key(*day));
            let Some(day) = day.filter(|_| is_same.contains(&pair)) else { continue };
            let (one, other) = pair;
            let message = format!(
                "exchange rates `{name}` and `{later_name}` both say what {one} and {other} are \
                 worth on {day}"
            );
            let place = later.origin.label("has a rate for that day");
            findings.push(
                Finding::error("charter::exchange-rate::twice", message, place)
                    .and(table.origin.label("so has this"))
                    .witness(Witness::Day(*day))
                    .help("keep the day in one of them"),
            );
        }
    }
    findings
}
