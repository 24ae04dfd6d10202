use super::{are_one_side, place_of, together};
use crate::finding::Witness;
use crate::{Act, Finding, Kind, Terms};

/// Two exclusivities bind one grantor to two holders for one act, at one time.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let exclusivities =
        || terms.clauses.iter().filter(|clause| clause.id.kind == Kind::Exclusivity);
    let pairs = together(terms, exclusivities(), exclusivities()).into_iter();
    pairs
        // Each pair comes both ways round.
        .filter(|(first, second, _)| place_of(first) < place_of(second))
        .filter(|(first, second, _)| {
            first.grantor == second.grantor && !are_one_side(terms, &first.holder, &second.holder)
        })
        .filter_map(|(first, second, on)| {
            let both = first.scope.intersect(&second.scope);
            let act = Act::example(&both, &first.grantor, &terms.registry)?;
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
