//! What the two parties of a consent are told of the tests of its share, and the time to cure.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use journal::Event;
use notices::{Deadline, Notice};
use serde_json::json;
use sourcing::measured::{TestOutcome, Tested};
use terms::{Name, Terms};

use crate::commands::sourcing::measured::detail;
use crate::outcome::Failure;
use crate::term;
use crate::workspace::Fold;

/// Who is told of tests of a consent, and sees what was metered: its grantor and its holder.
pub fn parties_of(terms: &Terms, clause: &str) -> BTreeSet<Name> {
    let versions = terms.clauses.iter().filter(|known| known.id.to_string() == clause);
    versions.flat_map(|clause| [clause.grantor.clone(), clause.holder.clone()]).collect()
}

/// What they are told of one test.
pub fn notices(terms: &Terms, event: &Event) -> Result<Vec<Notice>, Failure> {
    let tested: Tested = serde_json::from_value(event.payload.clone())?;
    let clause = &tested.clause;
    let zone = terms.time_zone();
    let found = anstream::adapter::strip_str(&detail(&tested, &zone)).to_string();
    let notice = |party: Name| Notice {
        key: format!("{}/{party}", event.hash),
        to: party.to_string(),
        kind: event.kind.clone(),
        subject: format!("{clause}: {}", outcome(&tested)),
        text: format!(
            "{clause}: tested for the time up to {}, {}\n{found}\n",
            tested.on,
            term::instant(event.effective, &zone)
        ),
        payload: json!({ "clause": clause, "tested": tested }),
        occurred: event.effective,
        position: event.position.0,
    };
    Ok(parties_of(terms, clause).into_iter().map(notice).collect())
}

fn outcome(tested: &Tested) -> &'static str {
    match tested.outcome {
        TestOutcome::Passed => "its share passed the test",
        TestOutcome::Failed { .. } => "its share failed the test, and may be cured",
        TestOutcome::Cured => "its share is cured",
        TestOutcome::NotCured { .. } => "its share was not cured",
    }
}

/// The times to cure that a party knows of.
pub fn deadlines(
    terms: &Terms,
    fold: &Fold,
    party: &Name,
    zone: &TimeZone,
) -> impl Iterator<Item = Deadline> {
    let known = fold
        .measured
        .all_tests()
        .filter(|tested| parties_of(terms, &tested.clause).contains(party));
    known.filter_map(move |tested| {
        let TestOutcome::Failed { cure_by } = tested.outcome else { return None };
        let Tested { clause, on, .. } = tested;
        Some(Deadline {
            uid: format!("{clause}/{on}"),
            party: party.to_string(),
            at: cure_by,
            zone: zone.clone(),
            title: format!("{clause}: its share is cured"),
            description: format!("share-tested\nunder {clause}"),
        })
    })
}
