use super::doubled::Doubled;
use crate::finding::Witness;
use crate::{Finding, Kind};

/// A clause begins before the one it follows has ended, so that both give the same at one time.
pub(super) fn check(doubled: &[Doubled<'_>]) -> Vec<Finding> {
    // Where they state different values, that is the finding; and to consent twice does no harm.
    let same = doubled.iter().filter(|pair| {
        pair.contradictions.is_empty()
            && pair.earlier.id.kind != Kind::Consent
            && pair.earlier.scope == pair.later.scope
    });
    same.map(|pair| {
        let (earlier, later) = (pair.earlier, pair.later);
        let message = format!("`{}` begins while `{}` still holds", later.id, earlier.id);
        let place = later.origin.label(format!("begins on {}", pair.on));
        let finding = Finding::warning("charter::time::overlap", message, place);
        finding
            .and(earlier.origin.label("has not ended by then"))
            .witness(Witness::Day(pair.on))
            .help(format!(
                "write `replaces = {}` in the later clause, or end the other",
                earlier.id
            ))
    })
    .collect()
}
