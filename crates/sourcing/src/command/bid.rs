//! A supplier makes an offer; or a buyer, where the grantor sells.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use terms::{Name, Verb};

use super::{Refused, World};
use crate::audience;
use crate::case::{Case, Free, Side, State};
use crate::event::Event;
use crate::guard::Guard;
use crate::improvement::{self, Improvement};
use crate::offer::{Bid, BidStatus, Offered};
use crate::valuation::{MONTHS, Valuation};

/// Makes an offer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MakeBid {
    /// The offer.
    pub bid: Bid,
}

impl MakeBid {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let bid = &self.bid;
        world.guard(Guard::BySupplier, bid.supplier == *world.by, || {
            let found = "a supplier makes its own offer".to_string();
            (found, "give it with `--by`".to_string())
        })?;
        offers_taken(world, case, &bid.supplier, false)?;
        comparable(world, case, bid)?;
        let bid = Bid { status: BidStatus::Standing, ..bid.clone() };
        Ok(vec![Event::BidReceived { bid }])
    }
}

/// Offers of a supplier are taken now: sealed, if the tender asks for sealed ones, and else open.
pub(super) fn offers_taken(
    world: &World<'_>,
    case: &Case,
    supplier: &Name,
    sealed: bool,
) -> Result<(), Refused> {
    by_supplier(world, case, supplier)?;
    wanted(world, case)?;
    not_in_standstill(world, case, world.by)?;
    let tender = case.tender.as_ref();
    let asked_sealed = tender.is_some_and(|tender| tender.reveal_by.is_some());
    world.guard(Guard::TenderOpen, sealed == asked_sealed, || {
        let (found, help) = match sealed {
            true => ("no sealed offers are asked for", "make an open one: `charter bid`"),
            false => ("only sealed offers are taken", "seal it: `charter bid … --sealed FILE`"),
        };
        (found.to_string(), help.to_string())
    })?;
    let closes = tender.and_then(|tender| tender.closes);
    world.guard(Guard::TenderOpen, closes.is_none_or(|closes| world.now <= closes), || {
        let closed = closes.map(|closes| closes.to_string()).unwrap_or_default();
        (format!("offers were taken until {closed}"), "ask for a new tender".to_string())
    })
}

/// A supplier acts for itself; the grantor makes no offers to itself.
pub(super) fn by_supplier(world: &World<'_>, case: &Case, supplier: &Name) -> Result<(), Refused> {
    world.guard(Guard::BySupplier, world.is_affiliate(world.by, supplier), || {
        let found =
            format!("only `{supplier}`, whose offer it is, may do this, not `{}`", world.by);
        (found, format!("let `{supplier}` do it"))
    })?;
    let grantor = &case.requirement.grantor;
    // What the grantor builds, it builds for itself.
    let own = case.requirement.act == Verb::Build;
    world.guard(Guard::BySupplier, own || supplier != grantor, || {
        let found = format!("`{grantor}` makes no offers for its own need");
        (found, "let a supplier make one".to_string())
    })
}

/// Offers are for what somebody still has to supply.
pub(super) fn wanted(world: &World<'_>, case: &Case) -> Result<(), Refused> {
    let wanted = case.parts.iter().any(|part| part.state.is_wanted());
    world.guard(Guard::State, wanted, || {
        let found = "all of it is supplied or withdrawn already".to_string();
        (found, "make a new request".to_string())
    })
}

/// While holders talk alone there are no outside talks; of a part that is free there may be.
pub(super) fn not_in_standstill(
    world: &World<'_>,
    case: &Case,
    party: &Name,
) -> Result<(), Refused> {
    let bound = case.restriction.rights().iter().any(|right| right.says.approach.standstill);
    let asked = |state: &State| {
        matches!(state, State::Noticed(_) | State::Open(_) | State::Negotiating { .. })
    };
    let any = |is: &dyn Fn(&State) -> bool| case.parts.iter().any(|part| is(&part.state));
    let free = any(&|state| matches!(state, State::Free(_) | State::Exempt));
    let stands_still = bound && any(&asked) && !free && !world.is_of_holder(case, party);
    world.guard(Guard::Standstill, !stands_still, || {
        let found = "the holder is talked to alone until it has answered";
        (found.to_string(), "wait for its answer, or for its window to end".to_string())
    })
}

/// An offer must be for a part of what is needed, in its currency, and one that can be computed with.
pub(super) fn comparable(world: &World<'_>, case: &Case, bid: &Bid) -> Result<(), Refused> {
    let ask = |holds: bool, found: String, help: String| {
        world.guard(Guard::OfferComparable, holds, || (found, help))
    };
    let wanted = case.requirement.quantity.count;
    ask(
        (1..=wanted).contains(&bid.quantity),
        format!("{} is not part of the {wanted} that are needed", bid.quantity),
        format!("offer from 1 to {wanted}"),
    )?;
    let minimum = bid.minimum.unwrap_or(bid.quantity);
    ask(
        (1..=bid.quantity).contains(&minimum),
        format!("it is for {}, and for no fewer than {minimum}", bid.quantity),
        format!("give a minimum from 1 to {}", bid.quantity),
    )?;
    ask(
        (1..=MONTHS).contains(&bid.terms.months),
        format!("{} is not a term in months", bid.terms.months),
        format!("offer from 1 to {MONTHS}"),
    )?;
    let currency = case.requirement.price.currency;
    let terms = &bid.terms;
    let package = terms.package.iter().flat_map(|package| {
        [package.price.currency, package.burdened.currency, package.free.currency]
    });
    let in_kind = terms.in_kind.as_ref().map(|in_kind| in_kind.worth);
    let others = [terms.up_front, terms.fee, terms.credit, in_kind];
    let others = others.into_iter().flatten().map(|money| money.currency);
    let mut currencies = [terms.price.currency].into_iter().chain(package).chain(others);
    let offered = currencies.find(|offered| *offered != currency);
    let shown = offered.unwrap_or(currency);
    ask(
        offered.is_none(),
        format!("the request is in {currency}, the offer in {shown}"),
        format!("offer a price in {currency}"),
    )?;
    credit_counts(world, case, &bid.supplier, terms)?;
    evaluable(world, case, bid)
}

/// A debt of the grantor is set off in a bid only as a clause says, which counts it at its full amount:
/// by the holder of that right, which buys. What else is given beside money has to be appraised.
pub(super) fn credit_counts(
    world: &World<'_>,
    case: &Case,
    party: &Name,
    terms: &Offered,
) -> Result<(), Refused> {
    let rights = case.restriction.rights();
    let mut holders = case.holders().filter_map(|(place, _)| rights.get(place));
    let at_par =
        holders.any(|right| right.credits_at_par && world.is_affiliate(party, &right.holder));
    let buys = case.requirement.side() == Side::SellerBurdened;
    let counts = terms.credit.is_none_or(|credit| {
        at_par && buys && credit.amount > Decimal::ZERO && terms.package.is_none()
    });
    world.guard(Guard::OfferComparable, counts, || {
        let found = format!("no clause counts what the grantor owes `{party}` in its bid");
        (found, "pay in money, or have it appraised: `--in-kind` and `--worth`".to_string())
    })
}

/// What an offer comes to is known when it is made.
fn evaluable(world: &World<'_>, case: &Case, bid: &Bid) -> Result<(), Refused> {
    let evaluated =
        Valuation::new(&world.clock, case, bid.quantity, [&bid.terms]).and_then(|valuation| {
            let economics = valuation.economics(&bid.terms, bid.quantity)?;
            Ok(valuation.basis.evaluate(&economics)?)
        });
    let invalid = match evaluated {
        Ok(evaluated) if evaluated.breakdown.levelised_price.is_some() => None,
        Ok(_) => Some(Refused::from(evaluation::Invalid::NothingDelivered)),
        Err(refused) => Some(refused),
    };
    world.guard(Guard::OfferComparable, invalid.is_none(), || {
        invalid.map(|refused| (refused.found, refused.help)).unwrap_or_default()
    })
}

/// The offer of a number that counts from 1, if it still stands and may be looked at.
pub(super) fn standing<'c>(
    world: &World<'_>,
    case: &'c Case,
    number: usize,
) -> Result<(usize, &'c Bid), Refused> {
    let at = number.wrapping_sub(1);
    let bid = case.bids.get(at).ok_or_else(|| {
        let found = format!("there is no offer {number}; there are {}", case.bids.len());
        Refused::new(Guard::OfferStands, found, "see the offers with `charter rounds ID`")
    })?;
    all_revealed(world, case)?;
    let (found, help) = match &bid.status {
        BidStatus::Standing => ("", ""),
        BidStatus::Signed => ("is signed already", "ask the supplier for another one"),
        BidStatus::Gone => ("is withdrawn or out of the running", "ask for another one"),
        BidStatus::Sealed { .. } => ("is sealed", "wait until its supplier reveals it"),
        BidStatus::Contingent { .. } => {
            ("is chosen already, and contingent", "wait until what it is contingent on is so")
        }
    };
    world.guard(Guard::OfferStands, bid.status == BidStatus::Standing, || {
        (format!("offer {number} {found}"), help.to_string())
    })?;
    world.guard(Guard::OfferStands, !is_before_holder(case, at), || {
        (format!("offer {number} is before the holder"), "wait for its answer".to_string())
    })?;
    let stands = bid.valid_until.is_none_or(|until| world.now <= until);
    world.guard(Guard::OfferStands, stands, || {
        let until = bid.valid_until.map(|until| until.to_string()).unwrap_or_default();
        (format!("offer {number} stood until {until}"), "ask the supplier for a new one".into())
    })?;
    Ok((at, bid))
}

/// Nobody chooses among sealed offers while some may still be sealed or revealed.
pub(super) fn all_revealed(world: &World<'_>, case: &Case) -> Result<(), Refused> {
    world.guard(Guard::AllRevealed, audience::all_revealed(case, world.now), || {
        let by = case.tender.as_ref().and_then(|tender| tender.reveal_by);
        let by = by.map(|by| by.to_string()).unwrap_or_default();
        let found = format!("offers are sealed, and may be revealed until {by}");
        (found, "wait until all are revealed, or that is over".to_string())
    })?;
    let improving = improvement::running(case, world.now);
    world.guard(Guard::AllRevealed, improving.is_none(), || {
        improving.map(still_improved).unwrap_or_default()
    })
}

/// What is found, and what would help, while equal offers are being improved.
pub(crate) fn still_improved(improvement: &Improvement) -> (String, String) {
    let Improvement { closes, reveal_by, .. } = improvement;
    let found = format!(
        "equal offers may be improved, sealed, until {closes}, and revealed until {reveal_by}"
    );
    (found, "wait until all are revealed, or that is over".to_string())
}

/// An offer that is put to the holders is a third party's: with a holder the grantor deals as it likes.
pub(super) fn of_third_party(
    world: &World<'_>,
    case: &Case,
    number: usize,
    offer: &Bid,
) -> Result<(), Refused> {
    let mut holders = case.restriction.holders();
    let own = holders.find(|holder| world.is_affiliate(&offer.supplier, holder));
    world.guard(Guard::BonaFide, own.is_none(), || {
        let holder = own.map(ToString::to_string).unwrap_or_default();
        let help = format!("award it: `charter award … --bid {number}`");
        (format!("offer {number} is `{holder}`'s own"), help)
    })
}

/// Whether an offer has been put to the holders, who have not answered yet.
pub(crate) fn is_before_holder(case: &Case, at: usize) -> bool {
    case.parts.iter().any(|part| part.state.before_holders() == Some(at))
}

/// A part that an offer may be signed for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Available<'c> {
    pub part: usize,
    /// How many of the offer it takes.
    pub quantity: u64,
    /// The freedom there is; none where no right is in the way.
    pub free: Option<&'c Free>,
}

/// The parts in a state a command needs that an offer fits, or so many of it: none reserved for
/// another.
pub(super) fn parts_for<'c>(
    world: &World<'_>,
    case: &'c Case,
    offer: &Bid,
    wanted: &str,
    asked: Option<u64>,
    select: impl Fn(&'c State) -> Option<Option<&'c Free>>,
) -> Result<Vec<Available<'c>>, Refused> {
    world.part_in(case, wanted, &select)?;
    let minimum = offer.minimum.unwrap_or(offer.quantity);
    let least = asked.unwrap_or(minimum);
    world.guard(Guard::WithinQuantity, (minimum..=offer.quantity).contains(&least), || {
        let found = format!("{least} is not part of an offer from {minimum} to {}", offer.quantity);
        (found, format!("take from {minimum} to {}", offer.quantity))
    })?;
    let parts = case.parts.iter().enumerate();
    let parts = parts.filter(|(at, _)| world.part.is_none_or(|named| named == *at));
    let parts = parts.filter_map(|(at, part)| Some((at, part.quantity, select(&part.state)?)));
    let parts: Vec<_> = parts.collect();
    let (taken, open): (Vec<_>, Vec<_>) =
        parts.into_iter().partition(|part| case.is_reserved(part.0));
    let available = open.iter().map(|(_, quantity, _)| *quantity).max().unwrap_or_default();
    let mut fitting = open;
    let fits = world.guard(Guard::WithinRelease, least <= available, || {
        let found = match taken.is_empty() {
            true => format!("the offer is for {least}, only {available} are free"),
            false => {
                format!("the offer is for {least}, only {available} are free and not reserved")
            }
        };
        (found, "ask the supplier for a smaller offer".to_string())
    });
    fits?;
    if least > available {
        // Only a checker that removes the guard comes here.
        fitting.extend(taken);
    }
    let fitting = fitting.into_iter().filter(|(_, quantity, _)| least <= *quantity);
    Ok(fitting
        .map(|(part, size, free)| {
            let quantity = asked.unwrap_or(offer.quantity).min(size);
            Available { part, quantity, free }
        })
        .collect())
}
