use crate::finding::Witness;
use crate::{Bound, Finding, Known, Provision, Terms};

/// The holder of a first right has longer to decide than the right lasts by its own dates.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let rights = terms.clauses.iter().filter(|clause| clause.id.kind.is_first_right());
    rights
        .filter_map(|clause| {
            let (window, talks) = match &clause.provision {
                Provision::RightOfFirstRefusal(right) => (right.response_window, None),
                Provision::RightOfFirstOffer(right) => (right.response_window, None),
                Provision::RightOfFirstNegotiation(right) => {
                    (right.response_window, Some(right.exercise.negotiation_window))
                }
                _ => return None,
            };
            let begins = terms.begins(clause)?;
            let dates = terms.until(clause).iter().filter_map(|bound| match bound {
                Bound::On(_) => terms.end_by(clause, bound, Known::Everything),
                Bound::When(_) => None,
            });
            let ends = dates.min().filter(|ends| begins < *ends)?;
            let mut closes = window.after(begins);
            let mut length = format!("{window} to respond");
            if let Some(talks) = talks {
                closes = talks.after(closes);
                length = format!("{length} and {talks} to negotiate");
            }
            if closes <= ends {
                return None;
            }
            let message = format!("`{}` ends before its holder has had time to use it", clause.id);
            let place = clause.origin.label(length);
            let figures = format!(
                "notice on {begins}, its first day, leaves until {closes}; it ends on {ends}"
            );
            let finding = Finding::warning("charter::right::window-too-long", message, place);
            Some(
                finding
                    .witness(Witness::Figures(figures))
                    .help("shorten the window, or let the right last longer"),
            )
        })
        .collect()
}
