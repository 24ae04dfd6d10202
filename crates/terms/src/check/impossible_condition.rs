use crate::finding::{Origin, Witness};
use crate::{Bound, Finding, Known, Terms};

/// A clause begins on a condition on which it ends as well, or which occurred only after its end.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let conditional = terms.clauses.iter().filter_map(|clause| match &clause.from {
        Some(Bound::When(name)) => Some((clause, name)),
        _ => None,
    });
    conditional
        .filter_map(|(clause, name)| {
            let message = format!("`{}` can never hold", clause.id);
            let place = clause.origin.label(format!("begins when `{name}` occurs"));
            let finding = Finding::warning("charter::condition::never", message, place);
            // What survives its document may begin on the very day on which that ends.
            let survives = clause.until.is_empty() && clause.survival.is_some_and(|s| s.count > 0);
            if !survives && terms.until(clause).contains(&Bound::When(name.clone())) {
                let figures = format!("it begins and ends on the day on which `{name}` occurs");
                let help = "let it end on another condition or on a date";
                return Some(finding.witness(Witness::Figures(figures)).help(help));
            }
            let (occurred, origin) = occurrence(terms, name)?;
            // An amendment that ends or replaces what waits for the condition is no fault of either.
            let ends = terms
                .until(clause)
                .iter()
                .filter_map(|bound| terms.end_by(clause, bound, Known::Everything))
                .min()
                .filter(|ends| *ends <= occurred)?;
            Some(
                finding
                    .and(origin.label(format!("on {occurred}, when it has ended on {ends}")))
                    .witness(Witness::Day(occurred))
                    .help("let it last longer than until the condition, or take it out"),
            )
        })
        .collect()
}

/// The day a condition occurred, and where that is said.
fn occurrence<'a>(terms: &'a Terms, name: &crate::Name) -> Option<(jiff::civil::Date, &'a Origin)> {
    let said = terms.conditions.get(name)?.iter();
    said.filter_map(|condition| Some((condition.occurred?, &condition.origin)))
        .min_by_key(|(day, _)| *day)
}
