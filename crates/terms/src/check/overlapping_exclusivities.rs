use super::dealings::opposed;
use super::place_of;
use super::timed::{Timed, by_parties, rivals};
use crate::finding::Witness;
use crate::{Finding, Kind, Terms};

/// Two exclusivities bind one grantor to two holders for one act, at one time.
pub(super) fn check(terms: &Terms, timed: &[Timed<'_>]) -> Vec<Finding> {
    let exclusivities = by_parties(timed, |clause| clause.id.kind == Kind::Exclusivity);
    rivals(terms, &exclusivities, &exclusivities)
        .into_iter()
        // Each pair comes both ways round.
        .map(|(first, second, on)| (first.clause, second.clause, on))
        .filter(|(first, second, _)| place_of(first) < place_of(second))
        .filter_map(|(first, second, on)| {
            let both = first.scope.intersect(&second.scope);
            let act = opposed(terms, &both, &[first, second])?;
            let finding = Finding::error(
                "charter::exclusivity::overlap",
                "two exclusivities hold the same act",
                first.origin.label(format!("held by `{}`", first.holder)),
            );
            Some(
                finding
                    .and(second.origin.label(format!("and by `{}`", second.holder)))
                    .witness(Witness::Act { act, on })
                    .help("narrow one `scope`, or end one clause first"),
            )
        })
        .collect()
}
