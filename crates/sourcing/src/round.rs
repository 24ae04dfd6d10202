//! A round: notice goes to the holders of a tier. Once all of them have answered, or their time is
//! over, what they take is theirs, and the rest goes to the holders of the next tier, or free.
//!
//! Source: domain rules §2.3, rows 2 to 8, and §2.7, "several holders oversubscribe".

use evaluation::{Holder, HolderRule, HolderShare, share};
use jiff::Timestamp;
use rust_decimal::Decimal;
use terms::clause::{ClockStart, PartialExercise};

use crate::case::{Answer, Case, Open, Signed, State};
use crate::command::World;
use crate::deadline::{Channel, ClockError};
use crate::disclosure::disclosed;
use crate::event::Event;
use crate::offer::Offered;
use crate::right::{Right, Say};
use crate::{closing, release};

/// The holders of a tier that are asked by notice, each by its place: those whose right held when the
/// notice was received; all of them where none did, as a notice that is out is answered.
pub(crate) fn asked(case: &Case, tier: u32, receipt: Timestamp) -> Vec<(usize, &Right)> {
    having(case, Say::Notice, tier, receipt)
}

/// The holders of a tier that may match an offer, likewise.
pub(crate) fn matching(case: &Case, tier: u32, since: Timestamp) -> Vec<(usize, &Right)> {
    having(case, Say::Match, tier, since)
}

fn having(case: &Case, say: Say, tier: u32, since: Timestamp) -> Vec<(usize, &Right)> {
    let lapsed = |at: &usize| case.lapsed.contains(at);
    let of_tier = || {
        let of_tier = case.restriction.tier(tier);
        of_tier.filter(|(at, right)| right.has(say) && !lapsed(at))
    };
    let held: Vec<_> = of_tier().filter(|(_, right)| right.holds(say, since)).collect();
    if held.is_empty() { of_tier().collect() } else { held }
}

/// The first tier, after another if there was one, in which a holder's right holds.
pub(crate) fn next_tier(case: &Case, say: Say, after: Option<u32>, at: Timestamp) -> Option<u32> {
    let rights = case.restriction.rights().iter().enumerate();
    let held = rights.filter(|(place, right)| right.holds(say, at) && !case.lapsed.contains(place));
    held.map(|(_, right)| right.tier).filter(|tier| after.is_none_or(|after| after < *tier)).min()
}

/// What is put to the holders of a tier.
pub(crate) struct Put<'a> {
    pub part: usize,
    pub quantity: u64,
    pub terms: &'a Offered,
    pub bid: Option<usize>,
    pub tier: u32,
}

/// The notice that puts it to them. Source: domain rules §2.3, row 2.
pub(crate) fn notice(
    world: &World<'_>,
    case: &Case,
    put: &Put<'_>,
    channel: Channel,
    at: Timestamp,
) -> Result<Event, ClockError> {
    let receipt = world.clock.deemed_receipt(at, channel)?;
    let deadline = deadline(world, case, put.tier, at, receipt)?;
    let Put { part, quantity, bid, tier, .. } = *put;
    let terms = bid.is_none().then(|| put.terms.clone());
    Ok(Event::NoticeSent { part, quantity, channel, receipt, deadline, terms, bid, tier })
}

/// The last instant at which the holders of a tier may answer: the latest of those that their
/// clauses give them, each with its own cutoff.
pub(crate) fn deadline(
    world: &World<'_>,
    case: &Case,
    tier: u32,
    given: Timestamp,
    receipt: Timestamp,
) -> Result<Timestamp, ClockError> {
    let mut last = receipt;
    for (_, right) in asked(case, tier, receipt) {
        let approach = &right.says.approach;
        let from = match approach.clock_starts {
            ClockStart::NoticeGiven => given,
            ClockStart::DeemedReceipt | ClockStart::LastDocumentReceived => receipt,
        };
        last = last.max(world.clock_of(right).deadline(from, right.says.response_window)?);
    }
    Ok(last)
}

/// Whether the time of a tier waits for documents that a holder has asked for.
pub(crate) fn waits_for_documents(case: &Case, tier: u32, receipt: Timestamp) -> bool {
    let starts = |right: &Right| right.says.approach.clock_starts;
    let mut asked = asked(case, tier, receipt).into_iter();
    asked.any(|(_, right)| starts(right) == ClockStart::LastDocumentReceived)
}

/// Whether every holder of the tier has answered.
pub(crate) fn all_answered(case: &Case, tier: u32, receipt: Timestamp, answers: &[Answer]) -> bool {
    let answered = |at: usize| answers.iter().any(|answer| answer.right == at);
    asked(case, tier, receipt).into_iter().all(|(at, _)| answered(at))
}

/// What follows once the holders of a tier are done with a part: what they take is theirs; the rest
/// goes on.
pub(crate) fn done(
    world: &World<'_>,
    case: &Case,
    part: usize,
    open: &Open,
    answers: &[Answer],
    at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    let Some(all) = case.parts.get(part).map(|part| part.quantity) else { return Ok(Vec::new()) };
    let mut events = Vec::new();
    let (mut left, mut rest) = (all, part);
    for (place, quantity) in allotted(case, open, answers, all) {
        let Some(right) = case.restriction.rights().get(place) else { continue };
        let sign_by = closing::sign_by(world, right, at)?;
        let signed = Signed { party: right.holder.clone(), terms: open.terms.clone(), bid: None };
        if quantity == left {
            events.push(Event::Exercised { part: rest, right: place, signed, sign_by });
        } else {
            let (part, right) = (rest, place);
            events.push(Event::PartialExercised { part, right, quantity, signed, sign_by });
            // What is left becomes a part of its own, at the end.
            rest = case.parts.len() + events.len() - 1;
        }
        left -= quantity;
    }
    // What nobody took any of goes on whole, even if it were nothing: a round that is over is over.
    if left > 0 || events.is_empty() {
        let taken = left < all;
        events.extend(onward(world, case, part, rest, left, open, taken, at)?);
    }
    Ok(events)
}

/// What the holders of a tier did not take is put to those of the next, by the same notice and on
/// the same terms; where there are none, others may sign it.
#[allow(clippy::too_many_arguments, reason = "what is left of a round is all of these")]
fn onward(
    world: &World<'_>,
    case: &Case,
    part: usize,
    rest: usize,
    left: u64,
    open: &Open,
    taken: bool,
    at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    if let Some(tier) = next_tier(case, Say::Notice, Some(open.tier), at) {
        let put = Put { part: rest, quantity: left, terms: &open.terms, bid: open.bid, tier };
        let mut events = vec![notice(world, case, &put, Channel::Email, at)?];
        if let Some((bid, offer)) = open.bid.and_then(|bid| Some((bid, case.bids.get(bid)?))) {
            let certificate = case.certificates.get(&bid).cloned().unwrap_or_default();
            events.push(disclosed(case, rest, case.rounds + 1, offer, &certificate));
        }
        return Ok(events);
    }
    let baseline = match case.state(part) {
        _ if taken => Some(release::quoted(case, open, left)),
        Some(State::Negotiating { by_grantor, by_holder, .. }) => {
            release::last_put(case, open, by_grantor.as_ref(), by_holder.as_ref())
        }
        _ => release::last_put(case, open, None, None),
    };
    let free = release::freedom(&world.clock, case, Some(open), baseline, at)?;
    Ok(vec![Event::Released { part: rest, free }])
}

/// What each holder gets of what it elected, those that get anything in the order of the rights.
/// What one leaves the others may take, if their clauses let them. Where all must take whole lots,
/// lots are shared.
///
/// Source: domain rules §2.7, "several holders oversubscribe".
fn allotted(case: &Case, open: &Open, answers: &[Answer], all: u64) -> Vec<(usize, u64)> {
    let asked = asked(case, open.tier, open.receipt);
    let takes = |place: usize| {
        let answer = answers.iter().find(|answer| answer.right == place);
        answer.and_then(|answer| answer.takes).unwrap_or_default().min(all)
    };
    let lot = case.requirement.lot.max(1);
    let by_lots = all.is_multiple_of(lot)
        && asked.iter().all(|(place, right)| {
            right.says.partial_exercise != PartialExercise::AnyQuantity
                && takes(*place).is_multiple_of(lot)
        });
    let unit = if by_lots { lot } else { 1 };
    let holders = asked.iter().map(|(place, right)| Holder {
        // A weight of nothing would be a right to nothing.
        weight: Decimal::from(right.weight.max(1)),
        tier: right.tier,
        election: takes(*place) / unit,
    });
    let mut holders: Vec<Holder> = holders.collect();
    let entitled = shared(all / unit, &holders);
    for ((holder, share), (_, right)) in holders.iter_mut().zip(entitled).zip(&asked) {
        if !right.says.over_allotment {
            holder.election = holder.election.min(share.entitlement);
        }
    }
    let shares = shared(all / unit, &holders).into_iter().map(|share| share.total() * unit);
    let places = asked.iter().map(|(place, _)| *place);
    places.zip(shares).filter(|(_, quantity)| *quantity > 0).collect()
}

/// Nobody gets anything of more holders than can be meant.
fn shared(capacity: u64, holders: &[Holder]) -> Vec<HolderShare> {
    share(HolderRule::ProRata, capacity, holders).unwrap_or_default()
}
