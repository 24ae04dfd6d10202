use jiff::civil::Date;

use super::dealings::dealings;
use super::timed::{ByParties, Timed, by_parties, given, rivals};
use crate::finding::Witness;
use crate::{Act, Clause, Finding, Kind, Terms};

/// One party has an act to itself, and another a first right on it: whoever exercises the right
/// makes the grantor break the exclusivity, and no clause says which of them gives way.
pub(super) fn check(terms: &Terms, timed: &[Timed<'_>]) -> Vec<Finding> {
    let consents = by_parties(timed, |clause| clause.id.kind == Kind::Consent);
    let exclusivities = by_parties(timed, |clause| clause.id.kind == Kind::Exclusivity);
    let rights = by_parties(timed, |clause| clause.id.kind.is_first_right());
    rivals(terms, &exclusivities, &rights)
        .into_iter()
        .filter_map(|(exclusivity, right, on)| {
            let (act, on) = exercise(terms, &consents, &exclusivity, &right, on)?;
            let (exclusivity, right) = (exclusivity.clause, right.clause);
            let message = format!(
                "`{}` may step in first under `{}` where `{}` has everything under `{}`",
                right.holder, right.id, exclusivity.holder, exclusivity.id
            );
            let place = right.origin.label(format!("held by `{}`", right.holder));
            let finding = Finding::warning("charter::right::unranked", message, place);
            Some(
                finding
                    .and(exclusivity.origin.label(format!("held by `{}`", exclusivity.holder)))
                    .witness(Witness::Act { act, on })
                    .help(format!(
                        "say which gives way: `except` the right's acts in the exclusivity, let \
                         `{}` give a `consent`, or narrow the right",
                        exclusivity.holder
                    )),
            )
        })
        .collect()
}

/// An act that exercises the right and that the exclusivity forbids, if there is one.
fn exercise(
    terms: &Terms,
    consents: &ByParties<'_>,
    exclusivity: &Timed<'_>,
    right: &Timed<'_>,
    on: Date,
) -> Option<(Act, Date)> {
    let (keeps, steps_in): (&Clause, &Clause) = (exclusivity.clause, right.clause);
    let given = given(terms, consents, &keeps.holder, &[&steps_in.grantor]);
    let both = keeps.scope.intersect(&steps_in.scope);
    let with_holder = both.intersect(&dealings(&terms.registry, &steps_in.holder));
    given.days(exclusivity, right, on).find_map(|day| {
        let left = with_holder.subtract(&given.on(day));
        Some((Act::example(&left, &steps_in.grantor, &terms.registry)?, day))
    })
}
