//! Bids side by side, and who is awarded how much.

mod fill;
mod warning;

use serde::{Deserialize, Serialize};

use crate::basis::{Basis, Evaluated, Method, Objective, Standing};
use crate::breakdown::Breakdown;
use crate::check::Invalid;
use crate::offer::Offer;
use crate::reason::Reason;
use crate::tie_break::{Entrant, Seed, TieBreak, Ties, Turn};

pub use warning::Warning;

/// Offers side by side, the best first: what a terminal or a page shows before an award is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// What they were compared by.
    pub method: Method,
    /// What scores were to be.
    pub objective: Objective,
    /// The most accelerators needed in any month: what the award fills.
    pub needed: u64,
    /// What no offer fills.
    pub left: u64,
    /// One row an offer, in the order in which they had their turn.
    pub rows: Vec<Row>,
    /// Equal offers, by number, that are to have a sealed improvement round before the award counts.
    /// Empty if none is posted or it would change no award. Compare again without
    /// [`TieBreak::ImprovementRound`] once it has been held.
    pub improvement_rounds: Vec<Vec<u32>>,
    /// Equal offers, by number, among which the lottery decides, where that changes an award: which is
    /// so whatever the seed.
    #[serde(default)]
    pub lotteries: Vec<Vec<u32>>,
    /// What to know before relying on it.
    pub warnings: Vec<Warning>,
}

/// An offer among others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The number of the offer.
    pub number: u32,
    /// Who made it.
    pub bidder: String,
    /// Where it stands.
    pub standing: Standing,
    /// What it comes to by every method.
    pub breakdown: Breakdown,
    /// The fewest accelerators it takes.
    pub minimum: u64,
    /// The accelerators awarded.
    pub awarded: u64,
    /// Why.
    pub reason: Reason,
    /// The rules that parted it from offers of equal score.
    pub ties: Vec<TieBreak>,
}

/// Compares offers and awards the need: the best first, each as far as the need reaches; the last gets
/// the rest if it takes as little, and is skipped if not. The order of the list does not matter.
/// Source: domain rules §3.3 and §3.4.
///
/// # Errors
/// [`Invalid`] if the need cannot be computed with, or two offers have one number;
/// [`Invalid::InOffer`] if one of the offers cannot be computed with.
pub fn compare(
    basis: &Basis,
    offers: &[Offer],
    tie_breaks: &[TieBreak],
    seed: &Seed,
) -> Result<Comparison, Invalid> {
    basis.need.check()?;
    let mut entrants = enter(basis, offers)?;
    let (to_improve, drawn) = (Vec::new(), Vec::new());
    let mut ties = Ties { side: basis.side, rules: tie_breaks, seed, to_improve, drawn };
    let turns = turns(&mut entrants, &mut ties);
    let needed = basis.need.accelerators();
    let awards = fill::fill(needed, &entrants, &turns);

    let contested = |group: &Vec<usize>| {
        let whole = |at: &usize| awards[*at].reason == Reason::InFull;
        !group.iter().all(whole) && group.iter().any(|&at| awards[at].quantity > 0)
    };
    let number = |&at: &usize| entrants[at].offer.number;
    let numbers = |groups: &[Vec<usize>]| -> Vec<Vec<u32>> {
        let contested = groups.iter().filter(|group| contested(group));
        contested.map(|group| group.iter().map(number).collect()).collect()
    };
    let (improvement_rounds, lotteries) = (numbers(&ties.to_improve), numbers(&ties.drawn));
    let warnings = warning::warnings(basis, &entrants, &awards)?;

    let left = needed - awards.iter().map(|award| award.quantity).sum::<u64>();
    let order: Vec<usize> = turns.into_iter().flatten().collect();
    let mut slots: Vec<Option<Row>> = entrants
        .into_iter()
        .zip(awards)
        .map(|(Entrant { offer, evaluated: Evaluated { standing, breakdown }, ties }, award)| {
            Some(Row {
                number: offer.number,
                bidder: offer.bidder.clone(),
                standing,
                breakdown,
                minimum: offer.minimum,
                awarded: award.quantity,
                reason: award.reason,
                ties,
            })
        })
        .collect();
    Ok(Comparison {
        method: basis.method.clone(),
        objective: basis.objective(),
        needed,
        left,
        rows: order.into_iter().filter_map(|at| slots[at].take()).collect(),
        improvement_rounds,
        lotteries,
        warnings,
    })
}

/// Works out every offer, in the order of their numbers.
fn enter<'a>(basis: &Basis, offers: &'a [Offer]) -> Result<Vec<Entrant<'a>>, Invalid> {
    if offers.len() > Invalid::MOST_OFFERS {
        let (what, count, most) = ("offers", offers.len(), Invalid::MOST_OFFERS);
        return Err(Invalid::TooMany { what, count, most });
    }
    let mut sorted: Vec<&Offer> = offers.iter().collect();
    sorted.sort_by_key(|offer| offer.number);
    let twins = sorted.windows(2).find(|two| two[0].number == two[1].number);
    if let Some([Offer { number, .. }, _]) = twins {
        return Err(Invalid::SameNumber { number: *number });
    }
    let enter = |offer: &'a Offer| {
        let (minimum, quantity) = (offer.minimum, offer.economics.accelerators());
        if minimum > quantity {
            return Err(Invalid::MinimumAboveQuantity { minimum, quantity });
        }
        let evaluated = basis.evaluate(&offer.economics)?;
        Ok(Entrant { offer, evaluated, ties: Vec::new() })
    };
    let enter = |offer: &'a Offer| {
        enter(offer).map_err(|invalid| {
            let (number, invalid) = (offer.number, Box::new(invalid));
            Invalid::InOffer { number, invalid }
        })
    };
    sorted.into_iter().map(enter).collect()
}

/// Who has a turn when: by score, and among equals by the tie-breaks. What has no score comes last, by
/// number.
fn turns(entrants: &mut [Entrant<'_>], ties: &mut Ties<'_>) -> Vec<Turn> {
    let mut places: Vec<usize> = (0..entrants.len()).collect();
    let standing = |entrants: &[Entrant<'_>], at: usize| entrants[at].evaluated.standing;
    places.sort_by(|&one, &other| standing(entrants, one).order(&standing(entrants, other)));
    let equal = |entrants: &[Entrant<'_>], one: usize, other: usize| {
        standing(entrants, one).order(&standing(entrants, other)).is_eq()
    };
    let groups: Vec<Vec<usize>> = places
        .chunk_by(|&one, &other| equal(entrants, one, other))
        .map(<[usize]>::to_vec)
        .collect();
    let mut turns = Vec::new();
    for group in groups {
        match standing(entrants, group[0]) {
            Standing::Scored(_) => turns.extend(ties.order(entrants, group)),
            Standing::Unscored(_) => turns.extend(group.into_iter().map(|at| vec![at])),
        }
    }
    turns
}
