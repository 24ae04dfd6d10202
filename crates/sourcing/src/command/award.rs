//! The grantor signs an offer. Source: domain rules §2.3, rows 15, 17 and 35.

use evaluation::{Comparison, Seed};
use serde::{Deserialize, Serialize};
use terms::Duration;
use terms::clause::RefusalMode;

use super::bid::Available;
use super::{Refused, World, bid, exercise, seal};
use crate::case::{Case, Free, Signed, State};
use crate::closing::{self, Deal};
use crate::event::Event;
use crate::exemption;
use crate::guard::Guard;
use crate::offer::{Bid, BidStatus};
use crate::right::Restriction;
use crate::{comparison, improvement, limit, lottery};

/// Signs an offer; or chooses it, where it is contingent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Award {
    /// The offer's number, from 1.
    pub bid: usize,
    /// How many of it; as many as there are if none is given.
    #[serde(default)]
    pub quantity: Option<u64>,
}

impl Award {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        world.must_be_grantor(case)?;
        let (at, offer) = bid::standing(world, case, self.bid)?;
        let Available { part, quantity, .. } = self.part_for(world, case, at, offer)?;
        exercise::within_capacity(world, case, &offer.supplier, quantity)?;
        exemption::not_repeated(world, case, &offer.supplier, &offer.terms)?;
        if offer.contingencies.is_empty() {
            return sign(world, case, part, at, offer, quantity);
        }
        // Source: §2.7, "contingent offers".
        let time = if offer.terms.months >= 6 { 5 } else { 1 };
        let until = world.clock.deadline(world.now, Duration::business_days(time))?;
        Ok(vec![Event::AwardedContingent { part, quantity, bid: at, until }])
    }

    /// The first part that is large enough and on whose terms the offer may be signed.
    fn part_for<'c>(
        &self,
        world: &World<'_>,
        case: &'c Case,
        at: usize,
        offer: &Bid,
    ) -> Result<Available<'c>, Refused> {
        // Nor is a right in the way of a deal inside the grantor's group, where its clause says so.
        let of_holder = world.is_of_holder(case, &offer.supplier)
            || exemption::is_within_group(world, case, &offer.supplier);
        let preference = is_preference(case);
        let select = |state: &'c State| match state {
            // No right is in the way of dealing with its holder: neither of its terms nor of its
            // turn. A round that is under way it answers by itself.
            State::Free(_) | State::Draft | State::Expired if of_holder => Some(None),
            State::Free(free) => Some(Some(free)),
            State::Exempt => Some(None),
            // A mere preference gives the holder no round of its own.
            State::Draft | State::Expired if preference => Some(None),
            _ => None,
        };
        let wanted = "FREE or EXEMPT";
        let parts = bid::parts_for(world, case, offer, wanted, self.quantity, select);
        let parts = parts
            .map_err(|refused| if of_holder { refused } else { explain(case, offer, refused) })?;
        let mut refusal = None;
        for available in &parts {
            match self.permitted(world, case, at, offer, available.free) {
                Ok(()) => return Ok(*available),
                Err(refused) => refusal = refusal.or(Some(refused)),
            }
        }
        let none = || Refused::new(Guard::State, "no part is free", "see `charter rounds`");
        Err(refusal.unwrap_or_else(none))
    }

    /// Whether an offer may be signed for a part with this freedom.
    fn permitted(
        &self,
        world: &World<'_>,
        case: &Case,
        at: usize,
        offer: &Bid,
        free: Option<&Free>,
    ) -> Result<(), Refused> {
        if is_preference(case) && !world.is_of_holder(case, &offer.supplier) {
            self.no_holder_preferred(world, case, at, offer)?;
        }
        let Some(free) = free else { return Ok(()) };
        consented(world, case, free)?;
        free_window_open(world, free)?;
        let supplier = &offer.supplier;
        let only = free.only.as_ref().filter(|_| !free.unrestricted);
        let told = only.is_none_or(|only| world.is_affiliate(supplier, only));
        world.guard(Guard::SameThirdParty, told, || {
            let only = only.map(ToString::to_string).unwrap_or_default();
            let found = format!("the holder let `{only}` have it, and not `{supplier}`");
            (found, self.present_it())
        })?;
        let presented = !limit::presented_first(case, free) || free.defended.contains(&at);
        world.guard(Guard::PresentedFirst, presented, || {
            let found = "every deal with others is put to the holder before it is signed";
            (found.to_string(), self.present_it())
        })?;
        let beyond = limit::beyond(world, case, at, offer, free)?;
        world.guard(Guard::WithinTerms, beyond.is_none(), || {
            (beyond.unwrap_or_default(), self.present_it())
        })
    }

    /// Of equal offers the holder's is taken first.
    fn no_holder_preferred(
        &self,
        world: &World<'_>,
        case: &Case,
        at: usize,
        offer: &Bid,
    ) -> Result<(), Refused> {
        let rivals = case.bids.iter().enumerate().filter(|(other, bid)| {
            *other != at
                && bid.status == BidStatus::Standing
                && bid.valid_until.is_none_or(|until| world.now <= until)
                && world.is_of_holder(case, &bid.supplier)
        });
        for (other, rival) in rivals {
            let better = comparison::is_better(&world.clock, case, offer.quantity, offer, rival)?;
            let Some(better) = better else { continue };
            world.guard(Guard::HolderPreferred, better, || {
                let (number, holder) = (other + 1, &rival.supplier);
                let found = format!("offer {number} of `{holder}` is as good, and goes first");
                (found, format!("award it: `charter award … --bid {number}`"))
            })?;
        }
        Ok(())
    }

    fn present_it(&self) -> String {
        format!("present it first: `charter present … --bid {}`", self.bid)
    }
}

/// Signs the offer that serves the part best. Where several share it, the first of them: the next
/// command takes the next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AwardBest {
    /// The seed of the lottery, 32 bytes in hexadecimal digits: where that has to decide, and the seed is
    /// not revealed yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
}

impl AwardBest {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        world.must_be_grantor(case)?;
        let none = || {
            let help = "see `charter rounds` for who may do what now";
            Refused::new(Guard::State, "nothing is free that an offer serves", help)
        };
        let part = comparison::open_part(case, world.part).ok_or_else(none)?;
        let given = self.seed.as_deref().filter(|_| case.drawn.is_none());
        let seed = given.and_then(seal::nonce);
        let compared =
            comparison::best_of(&world.clock, world.registry(), case, part, world.now, seed)?;
        let first = compared.rows.iter().find(|row| row.awarded > 0).ok_or_else(none)?;
        improved_first(world, case, &compared)?;
        let mut events = self.draw(world, case, &compared, seed)?;
        let bid = usize::try_from(first.number).unwrap_or(usize::MAX);
        events.extend(Award { bid, quantity: Some(first.awarded) }.decide(world, case)?);
        Ok(events)
    }

    /// Where the lottery decides, its seed is revealed with the award and checked.
    fn draw(
        &self,
        world: &World<'_>,
        case: &Case,
        compared: &Comparison,
        seed: Option<Seed>,
    ) -> Result<Vec<Event>, Refused> {
        let drawn = improvement::next_among(compared, &compared.lotteries);
        let equals = || format!("{} are equal, and the lottery decides", offers(&drawn));
        let committed = case.tender.as_ref().and_then(|tender| tender.lottery.as_ref());
        if !drawn.is_empty() {
            let known = case.drawn.as_ref().map(|drawn| drawn.since);
            let mut bids = drawn.iter().filter_map(|at| case.bids.get(*at));
            let before = bids.all(|bid| known.is_none_or(|known| bid.received < known));
            world.guard(Guard::SeedUnknown, committed.is_some() && before, || {
                let why = match committed {
                    None => "no seed was committed to before they were made",
                    Some(_) => "one of them was made when its seed was known",
                };
                let help = "choose one: `charter award … --bid N`; a tender commits to a seed with \
                            `--lottery FILE`";
                (format!("{}; {why}", equals()), help.to_string())
            })?;
        }
        let needs = !drawn.is_empty() && case.drawn.is_none();
        let grantor = &case.requirement.grantor;
        let opens = |committed: &String| {
            let opens = |seed: Seed| lottery::commitment(world.name, grantor, &seed) == *committed;
            match self.seed {
                Some(_) => seed.is_some_and(opens),
                None => !needs,
            }
        };
        let right = case.drawn.is_some() || committed.is_none_or(opens);
        world.guard(Guard::SeedOpens, right, || match self.seed {
            None => (equals(), "reveal its seed: `charter award … --best --seed FILE`".to_string()),
            Some(_) => (
                "this is not the seed that was committed to".to_string(),
                "give the file that `charter tender … --lottery FILE` wrote".to_string(),
            ),
        })?;
        let revealed = self.seed.clone().filter(|_| needs);
        Ok(revealed.map(|seed| Event::SeedRevealed { seed }).into_iter().collect())
    }
}

/// Where a round of improvements was posted, equal offers have it before later tie-breaks are asked.
fn improved_first(world: &World<'_>, case: &Case, compared: &Comparison) -> Result<(), Refused> {
    let asked = improvement::to_ask(case, compared);
    world.guard(Guard::ImprovementHeld, asked.is_empty(), || {
        let found = format!("{} are equal, and may be improved first", offers(&asked));
        (found, "ask for it: `charter improvement …`".to_string())
    })
}

/// Offers by their numbers.
fn offers(places: &[usize]) -> String {
    let numbers: Vec<_> = places.iter().map(|at| at.saturating_add(1).to_string()).collect();
    format!("offers {}", numbers.join(" and "))
}

/// The events by which an offer is signed, and its lots.
pub(super) fn sign(
    world: &World<'_>,
    case: &Case,
    part: usize,
    at: usize,
    offer: &Bid,
    quantity: u64,
) -> Result<Vec<Event>, Refused> {
    if let Some(State::Free(free)) = case.state(part) {
        free_window_open(world, free)?;
    }
    let Bid { supplier: party, terms, .. } = offer.clone();
    let deal = Deal { part, party: &party, terms: &terms };
    let mut lots = closing::lots(world, case, &deal, 0, quantity)?;
    let of_holder = world.is_of_holder(case, &party);
    let signed = Signed { party, terms, bid: Some(at) };
    let event = match of_holder {
        true => Event::Awarded { part, quantity, signed },
        false => Event::ThirdSigned { part, quantity, signed },
    };
    lots.insert(0, event);
    lots.extend(exemption::bridge_signed(world, case)?);
    Ok(lots)
}

/// Where the clause wants it, a deal with others needs the holder's consent also once its first right
/// is cleared. A right that no longer applies needs none.
fn consented(world: &World<'_>, case: &Case, free: &Free) -> Result<(), Refused> {
    let rights = case.restriction.rights();
    let mut holders = case.holders().filter_map(|(at, _)| Some((at, rights.get(at)?)));
    let missing = holders.find(|(at, right)| {
        right.says.release.consent_still_needed
            && right.limits(world.now)
            && !free.unrestricted
            && !case.consented.contains(at)
    });
    world.guard(Guard::ConsentGiven, missing.is_none(), || {
        let holder = missing.map(|(_, right)| right.holder.to_string()).unwrap_or_default();
        let found = format!("a deal with others still needs the consent of `{holder}`");
        (found, "have the holder record it: `charter consent`".to_string())
    })
}

/// The signature counts, not the delivery. That the window has not closed yet needs no question: once
/// it has, the part is not free any more. Source: §2.7, "outside signature in the last minutes".
fn free_window_open(world: &World<'_>, free: &Free) -> Result<(), Refused> {
    let open = free.opens.is_none_or(|opens| opens <= world.now);
    world.guard(Guard::FreeWindowOpen, open, || {
        let opens = free.opens.map(|opens| opens.to_string()).unwrap_or_default();
        let found = format!("notice must come so long before that others sign from {opens} on");
        (found, "sign it then".to_string())
    })
}

/// Whether the rights say no more than that of equal offers the holder's is taken.
fn is_preference(case: &Case) -> bool {
    let rights = case.restriction.rights();
    !rights.is_empty() && rights.iter().all(|right| right.says.mode == RefusalMode::Preference)
}

/// Says whose right is in the way, where one still is.
fn explain(case: &Case, offer: &Bid, refused: Refused) -> Refused {
    let any = |is: fn(&State) -> bool| case.parts.iter().any(|part| is(&part.state));
    let unasked = any(|state| matches!(state, State::Draft | State::Expired));
    let asked = any(|state| {
        matches!(
            state,
            State::Noticed(_) | State::Open(_) | State::Negotiating { .. } | State::Matching { .. }
        )
    });
    let free = any(|state| matches!(state, State::Free(_) | State::Exempt));
    match &case.restriction {
        Restriction::Exclusive { holder, clause } if unasked && !free => {
            let found =
                format!("`{clause}`: only `{holder}` may supply this, not `{}`", offer.supplier);
            let help =
                format!("award it to `{holder}`, or record its consent with `charter consent`");
            Refused::new(Guard::State, found, help)
        }
        Restriction::FirstRight { rights } if (unasked || asked) && !free => {
            let names: Vec<_> = rights.iter().map(|right| format!("`{}`", right.holder)).collect();
            let (names, clause) = (names.join(" and "), &rights[0].clause);
            let found = format!("`{clause}`: {names} has not had its first say; {}", refused.found);
            let help = match unasked {
                true => "give notice with `charter notify` and wait for the answer",
                false => "wait for its answer",
            };
            Refused::new(Guard::State, found, help)
        }
        _ => refused,
    }
}
