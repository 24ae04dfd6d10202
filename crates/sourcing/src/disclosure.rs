//! What the holders are told of an offer that is put to them. Source: domain rules §1.4,
//! `identity_disclosure`, and §2.7, "confidential T".

use jiff::Timestamp;
use terms::Name;
use terms::clause::IdentityDisclosure;

use crate::case::{Case, Certificate};
use crate::command::{Refused, World, seal};
use crate::event::Event;
use crate::guard::Guard;
use crate::offer::Bid;

/// What the holders learn of others; where their clauses differ, what the strictest allows. A
/// grantor that deals blind since a change of control names nobody any more.
pub(crate) fn disclosure(case: &Case) -> IdentityDisclosure {
    let mut strictest = match case.blinded {
        true => IdentityDisclosure::Blind,
        false => IdentityDisclosure::Full,
    };
    for right in case.restriction.rights() {
        match right.says.approach.identity_disclosure {
            IdentityDisclosure::IndependentCertificate => {
                return IdentityDisclosure::IndependentCertificate;
            }
            IdentityDisclosure::Blind => strictest = IdentityDisclosure::Blind,
            IdentityDisclosure::Full => {}
        }
    }
    strictest
}

/// By what it can be checked later which offer this was, where the holders are not told: a seal of
/// it, and the person that has seen it. Whoever keeps the nonce can show it.
pub(crate) fn certificate(
    world: &World<'_>,
    case: &Case,
    offer: &Bid,
    by: Option<&Name>,
    nonce: Option<&str>,
) -> Result<Certificate, Refused> {
    let disclosure = disclosure(case);
    if disclosure == IdentityDisclosure::Full {
        return Ok(Certificate::default());
    }
    let nonce = nonce.and_then(seal::nonce);
    world.guard(Guard::Evidence, nonce.is_some(), || {
        let found = "the holders are not told all of this offer, so a seal must show it later";
        (found.to_string(), "give 32 random bytes with `--nonce`, and keep them".to_string())
    })?;
    let seal = nonce.map(|nonce| seal::commitment(world.name, offer, &nonce));
    if disclosure == IdentityDisclosure::Blind {
        return Ok(Certificate { by: None, seal });
    }
    let concerned = |person: &Name| {
        let holders = case.restriction.holders();
        let mut parties = holders.chain([&case.requirement.grantor, &offer.supplier]);
        parties.any(|party| world.is_affiliate(person, party))
    };
    let independent = by.filter(|person| !concerned(person));
    world.guard(Guard::Evidence, independent.is_some(), || match by {
        Some(person) => (
            format!("`{person}` is not independent of those concerned"),
            "have somebody else certify it".to_string(),
        ),
        None => (
            "the clause wants an independent person to certify the offer".to_string(),
            "name who has seen it with `--certified-by`".to_string(),
        ),
    })?;
    Ok(Certificate { by: by.cloned(), seal })
}

/// A deal that comes before the holders by what befell it, rather than by the grantor's presenting
/// it: they are told that they may match it, and until when, and of the deal as much as their clause
/// lets them know. The event that says what befell it names the deal, so not all of them see that.
pub(crate) fn brought(
    case: &Case,
    part: usize,
    tier: u32,
    deadline: Timestamp,
    deal: &Bid,
    certificate: &Certificate,
) -> [Event; 2] {
    let (bid, quantity, round) = (case.bids.len(), deal.quantity, case.rounds + 1);
    [
        Event::OfferPresented { part, quantity, bid, round, deadline, tier },
        disclosed(case, part, round, deal, certificate),
    ]
}

/// The holders are told of an offer: as much as their clause lets them know.
pub(crate) fn disclosed(
    case: &Case,
    part: usize,
    round: u32,
    offer: &Bid,
    certificate: &Certificate,
) -> Event {
    let disclosure = disclosure(case);
    let (by, seal) = (certificate.by.clone(), certificate.seal.clone());
    let named = disclosure == IdentityDisclosure::Full;
    let priced = disclosure != IdentityDisclosure::IndependentCertificate;
    Event::OfferDisclosed {
        part,
        round,
        supplier: named.then(|| offer.supplier.clone()),
        terms: priced.then(|| offer.terms.clone()),
        certified_by: by,
        seal,
    }
}
