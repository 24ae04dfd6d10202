//! Standing offers side by side: which serves a part best, by what the tender posted.

use evaluation::{Comparison, Objective, Offer, Seed, TieBreak, compare};
use jiff::Timestamp;
use terms::{Name, Registry, Terms};

use crate::book::Book;
use crate::case::{Case, Part, State};
use crate::command::award::AwardBest;
use crate::command::{Command, Does, Refused, agreement_of, bid, decide, seal};
use crate::deadline::Clock;
use crate::event::{Dated, Event};
use crate::guard::Guard;
use crate::offer::{Bid, BidStatus};
use crate::valuation::Valuation;
use crate::{improvement, lottery};

/// The rules by which equal offers are parted: all of them, but for a round of improvements that was not
/// posted.
fn tie_breaks(case: &Case) -> Vec<TieBreak> {
    let improves = case.tender.as_ref().is_some_and(|tender| tender.improvement.is_some());
    let asked = |rule: &TieBreak| improves || *rule != TieBreak::ImprovementRound;
    TieBreak::ALL.into_iter().filter(asked).collect()
}

/// The offers that stand for a part, the best first, with what each comes to and how much of it
/// serves the part best. Offers carry their numbers, from 1; the holder of a right wins ties.
///
/// What may be signed is another question: `award` answers it.
///
/// # Errors
/// [`Refused`] while sealed offers are not revealed, or if there is no such part, or nothing can be
/// computed of what was posted.
pub fn best(
    terms: &Terms,
    case: &Case,
    part: usize,
    now: Timestamp,
) -> Result<Comparison, Refused> {
    let agreement = agreement_of(terms, case)?;
    best_of(&Clock::of(terms, agreement), &terms.registry, case, part, now, None)
}

/// A part for which somebody is still wanted, the offers that stand for it, and what is done about it.
#[derive(Debug, Clone)]
pub struct Contest {
    /// The part's place.
    pub part: usize,
    /// The offers side by side.
    pub comparison: Comparison,
    /// What `award --best` about this part would sign or choose now: the offer's number, from 1, and how
    /// many of it. Else why it would be refused.
    pub award: Result<(usize, u64), Refused>,
}

/// The contests there are, part by part: each as if it were the only one, though an offer is signed once.
///
/// # Errors
/// As [`best`], and if there is no such case.
pub fn contests(
    terms: &Terms,
    book: &Book,
    name: &str,
    now: Timestamp,
) -> Result<Vec<Contest>, Refused> {
    let Some(case) = book.case(name) else {
        return Err(Refused::new(
            Guard::CaseExists,
            "there is no such case",
            "see `charter rounds`",
        ));
    };
    let wanted = case.parts.iter().enumerate().filter(|(_, part)| part.state.is_wanted());
    let contest = |(part, _): (usize, &Part)| {
        let comparison = best(terms, case, part, now)?;
        let by = case.requirement.grantor.clone();
        let command = Command {
            id: None,
            by,
            part: Some(part + 1),
            does: Does::AwardBest(AwardBest::default()),
        };
        let award = decide(terms, book, name, &command, now);
        let award = award.map(|happened| happened.iter().find_map(signed).unwrap_or_default());
        Ok(Contest { part, comparison, award })
    };
    wanted.map(contest).collect()
}

/// The offer that is signed or chosen by an event, by its number, and how many of it.
fn signed(dated: &Dated) -> Option<(usize, u64)> {
    match &dated.event {
        Event::Awarded { quantity, signed, .. } | Event::ThirdSigned { quantity, signed, .. } => {
            Some((signed.bid? + 1, *quantity))
        }
        Event::AwardedContingent { quantity, bid, .. } => Some((bid + 1, *quantity)),
        _ => None,
    }
}

/// As [`best`], with the lottery drawn from a seed that is to be revealed, if one is given.
pub(crate) fn best_of(
    clock: &Clock<'_>,
    registry: &Registry,
    case: &Case,
    part: usize,
    now: Timestamp,
    seed: Option<Seed>,
) -> Result<Comparison, Refused> {
    let Some(needed) = case.parts.get(part).map(|part| part.quantity) else {
        let found = format!("there is no part {}", part.saturating_add(1));
        return Err(Refused::new(Guard::State, found, "see `charter rounds ID`"));
    };
    if !crate::audience::all_revealed(case, now) {
        let help = "wait until all are revealed, or the time to is over";
        return Err(Refused::new(Guard::AllRevealed, "offers are still sealed", help));
    }
    if let Some(running) = improvement::running(case, now) {
        let (found, help) = bid::still_improved(running);
        return Err(Refused::new(Guard::AllRevealed, found, help));
    }
    let stands = |at: usize, bid: &Bid| {
        bid.status == BidStatus::Standing
            && bid.valid_until.is_none_or(|until| now <= until)
            && !bid::is_before_holder(case, at)
    };
    compared(clock, registry, case, needed, seed, stands)
}

/// Those offers of a case that `select` picks, compared for so many accelerators, as [`best`]
/// compares those that stand: for looking back.
///
/// # Errors
/// [`Refused`] if the case's agreement is not adopted, or nothing can be computed of what was
/// posted.
pub fn comparison(
    terms: &Terms,
    case: &Case,
    needed: u64,
    select: impl Fn(&Bid) -> bool,
) -> Result<Comparison, Refused> {
    let clock = Clock::of(terms, agreement_of(terms, case)?);
    compared(&clock, &terms.registry, case, needed, None, |_, bid| select(bid))
}

fn compared(
    clock: &Clock<'_>,
    registry: &Registry,
    case: &Case,
    needed: u64,
    seed: Option<Seed>,
    select: impl Fn(usize, &Bid) -> bool,
) -> Result<Comparison, Refused> {
    let bids = case.bids.iter().enumerate();
    let selected: Vec<(usize, &Bid)> = bids.filter(|(at, bid)| select(*at, bid)).collect();
    let terms = selected.iter().map(|(_, bid)| &bid.terms);
    let valuation = Valuation::new(clock, case, needed, terms)?;
    let holds = |supplier: &Name| {
        let mut holders = case.restriction.holders();
        holders.any(|holder| registry.is_affiliate(supplier.as_str(), holder.as_str()))
    };
    let offer = |(at, bid): &(usize, &Bid)| {
        let economics = valuation.economics(&bid.terms, bid.quantity)?;
        let minimum = bid.minimum.unwrap_or(bid.quantity).min(economics.accelerators());
        Ok(Offer {
            // INVARIANT: no case has more offers than can be numbered.
            number: u32::try_from(at + 1).unwrap_or(u32::MAX),
            bidder: bid.supplier.to_string(),
            holder: holds(&bid.supplier),
            economics,
            minimum,
            received: bid.received,
            identity: lottery::identity(case, *at, bid.received),
        })
    };
    let offers = selected.iter().map(offer).collect::<Result<Vec<_>, Refused>>()?;
    Ok(compare(
        &valuation.basis,
        &offers,
        &tie_breaks(case),
        &seed.unwrap_or_else(|| known_seed(case)),
    )?)
}

/// The first part that somebody can be awarded.
pub(crate) fn open_part(case: &Case, named: Option<usize>) -> Option<usize> {
    named.or_else(|| {
        case.parts.iter().position(|part| matches!(part.state, State::Free(_) | State::Exempt))
    })
}

/// Whether an offer scores better than another for so many accelerators, by the tender's method; none
/// where one of them has no score.
pub(crate) fn is_better(
    clock: &Clock<'_>,
    case: &Case,
    needed: u64,
    offer: &Bid,
    than: &Bid,
) -> Result<Option<bool>, Refused> {
    let valuation = Valuation::new(clock, case, needed, [&offer.terms, &than.terms])?;
    let score = |bid: &Bid| {
        let economics = valuation.economics(&bid.terms, bid.quantity)?;
        Ok::<_, Refused>(valuation.basis.evaluate(&economics)?.standing.score())
    };
    let (Some(score), Some(than)) = (score(offer)?, score(than)?) else { return Ok(None) };
    Ok(Some(match score.objective {
        Objective::Minimise => score.value < than.value,
        Objective::Maximise => score.value > than.value,
    }))
}

/// What the lottery is drawn from: the seed that was revealed, or posted openly in journals of old. Until
/// then any order will do among offers that the lottery is to decide between.
fn known_seed(case: &Case) -> Seed {
    let revealed = case.drawn.as_ref().and_then(|drawn| seal::nonce(&drawn.seed));
    if let Some(revealed) = revealed {
        return revealed;
    }
    let mut seed = Seed::default();
    let posted = case.tender.as_ref().and_then(|tender| tender.seed).unwrap_or_default();
    for (byte, of) in seed.iter_mut().zip(posted.to_le_bytes()) {
        *byte = of;
    }
    seed
}
