use jiff::Span;
use jiff::civil::Date;

use crate::finding::Witness;
use crate::{Bound, Duration, Finding, Provision, Terms, Unit};

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
                Bound::On(date) => Some(*date),
                Bound::When(_) => None,
            });
            let ends = dates.min().filter(|ends| begins < *ends)?;
            let mut closes = at_least_after(begins, window);
            let mut length = format!("{window} to respond");
            if let Some(talks) = talks {
                closes = at_least_after(closes, talks);
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

/// The first day on which so much time can have passed; holidays only make it later.
fn at_least_after(from: Date, time: Duration) -> Date {
    let count = i64::from(time.count);
    let span = match time.unit {
        Unit::Hours => Span::new().try_days(count / 24),
        Unit::Days => Span::new().try_days(count),
        // Five of them in seven days.
        Unit::BusinessDays if count == 0 => Ok(Span::new()),
        Unit::BusinessDays => Span::new().try_days((count - 1) / 5 * 7 + (count - 1) % 5 + 1),
        Unit::Months => Span::new().try_months(count),
    };
    // A window that ends after the last day there is, ends after the right.
    span.ok().and_then(|span| from.checked_add(span).ok()).unwrap_or(Date::MAX)
}
