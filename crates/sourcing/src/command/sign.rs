//! Grantor and holder sign the definitive agreement. Source: domain rules §2.3, rows 29 and 30.

use super::{Refused, World};
use crate::case::{Case, State};
use crate::closing::{self, Deal};
use crate::event::Event;
use crate::guard::Guard;

/// A party signs. Once both have, lots are to be delivered. Where the grantor let the time to sign
/// pass and the holder had signed, the holder compels the closing by signing once more.
pub(super) fn decide(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    let grantor = &case.requirement.grantor;
    let concerns = |state: &State| match state {
        State::Committed { signed, sign_by: Some(sign_by), signed_by, compellable } => {
            Some((signed.clone(), *sign_by, signed_by.clone(), *compellable))
        }
        _ => None,
    };
    let own = |state: &State| {
        concerns(state).filter(|(signed, _, signed_by, compellable)| {
            let by_grantor = world.by == grantor;
            let party = if by_grantor { grantor } else { &signed.party };
            let first = !signed_by.contains(party) || *compellable;
            first && (by_grantor || world.is_affiliate(world.by, party))
        })
    };
    let wanted = "COMMITTED and not yet signed";
    // One that this party can sign, or else one that somebody can: the guards say what is wrong.
    let (part, (signed, sign_by, signed_by, compellable)) =
        world.part_in(case, wanted, own).or_else(|_| world.part_in(case, wanted, concerns))?;
    let holder = &signed.party;
    let of_holder = world.is_affiliate(world.by, holder);
    world.guard(Guard::ByParty, of_holder || world.by == grantor, || {
        let found = format!("only `{grantor}` and `{holder}` sign this, not `{}`", world.by);
        (found, format!("let `{grantor}` or `{holder}` do it"))
    })?;
    let (party, other) = if of_holder { (holder, grantor) } else { (grantor, holder) };
    let compelled = compellable && signed_by.contains(holder);
    world.guard(Guard::InTime, compelled || world.now <= sign_by, || {
        let found = format!("it was to be signed by {sign_by}");
        (found, "agree anew".to_string())
    })?;
    world.guard(Guard::NotAnswered, compelled || !signed_by.contains(party), || {
        let found = format!("`{party}` has signed already");
        (found, format!("wait for `{other}`"))
    })?;
    let given = Event::SignatureGiven { part, party: party.clone() };
    if !compelled && !signed_by.contains(other) {
        return Ok(vec![given]);
    }
    let quantity = case.parts.get(part).map_or(0, |part| part.quantity);
    let deal = Deal { part, party: holder, terms: &signed.terms };
    let mut events = vec![given, Event::DefinitiveSigned { part }];
    events.extend(closing::lots(world, case, &deal, 0, quantity)?);
    Ok(events)
}
