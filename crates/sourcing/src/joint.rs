//! What takes several parties: each says it, and the last to do so makes it happen.

use terms::Name;

use crate::case::{Case, Joint};
use crate::command::{Refused, World};
use crate::event::Event;
use crate::guard::Guard;

/// What is still to be recorded if not all of the parties have said the same: that this one has.
/// None if all have, this one being the last.
///
/// # Errors
/// [`Refused`] if the party is none of them, or has said it already.
pub(crate) fn proposed(
    world: &World<'_>,
    case: &Case,
    what: Joint,
    parties: &[&Name],
) -> Result<Option<Event>, Refused> {
    let place = world.must_be_one_of(parties)?;
    let Some(&by) = parties.get(place) else { return Ok(None) };
    let said =
        |party: &Name| case.proposals.iter().any(|(who, said)| who == party && *said == what);
    let waiting: Vec<_> = parties.iter().filter(|party| **party != by && !said(party)).collect();
    let all = world.guard(Guard::Mutual, waiting.is_empty(), || {
        let names: Vec<_> = waiting.iter().map(|party| format!("`{party}`")).collect();
        let names = names.join(" and ");
        (format!("{names} has not said so"), format!("let {names} say the same"))
    });
    let Err(refused) = all else { return Ok(None) };
    world.guard(Guard::NotAnswered, !said(by), || {
        (format!("`{by}` has said so already, and {}", refused.found), refused.help)
    })?;
    Ok(Some(Event::Proposed { by: by.clone(), what }))
}
