//! Who comes first among offers of equal score. Source: domain rules §3.4.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::basis::{Evaluated, Objective, Side};
use crate::offer::Offer;

/// What the lottery is drawn from: 32 bytes that nobody knew when the bids were made.
pub type Seed = [u8; 32];

/// A rule that parts equal offers. Each is optional; they are asked in the order in which they are
/// posted. Whatever is equal after all of them goes to the lottery, so there always is an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TieBreak {
    /// Whoever holds the first right.
    HolderWins,
    /// What serves the need better by M5.
    CostToCover,
    /// The shorter term, if the present values are equal to the cent.
    ShorterTerm,
    /// More accelerators.
    HigherQuantity,
    /// One sealed round of improvements. It is not held here: a [`Comparison`] names the offers that
    /// need it and goes on as if nobody had improved.
    ///
    /// [`Comparison`]: crate::Comparison
    ImprovementRound,
    /// The earlier receipt. What is received within five minutes of the first of them is as early.
    EarlierReceipt,
    /// Those that accept a part share what is left, by what they offer.
    ProRata,
    /// A lottery: the lowest BLAKE3 hash, keyed with the seed, of the bidder's name, a zero byte, the
    /// offer's number (four bytes, the lowest first) and its identity.
    Lottery,
}

impl TieBreak {
    /// Every rule, in the usual order.
    pub const ALL: [TieBreak; 8] = [
        TieBreak::HolderWins,
        TieBreak::CostToCover,
        TieBreak::ShorterTerm,
        TieBreak::HigherQuantity,
        TieBreak::ImprovementRound,
        TieBreak::EarlierReceipt,
        TieBreak::ProRata,
        TieBreak::Lottery,
    ];

    /// Receipts no further apart than this are as early.
    pub const SAME_RECEIPT: SignedDuration = SignedDuration::from_mins(5);
}

/// An offer in its place.
pub(crate) struct Entrant<'a> {
    pub(crate) offer: &'a Offer,
    pub(crate) evaluated: Evaluated,
    /// The rules that parted it from its equals.
    pub(crate) ties: Vec<TieBreak>,
}

/// Offers that have their turn together: one, or several that share.
pub(crate) type Turn = Vec<usize>;

/// Puts offers of equal score in order.
pub(crate) struct Ties<'a> {
    pub(crate) side: Side,
    pub(crate) rules: &'a [TieBreak],
    pub(crate) seed: &'a Seed,
    /// Groups that are to have an improvement round, if it matters to the award.
    pub(crate) to_improve: Vec<Vec<usize>>,
    /// Groups the lottery put in order, likewise.
    pub(crate) drawn: Vec<Vec<usize>>,
}

impl Ties<'_> {
    /// The turns of some offers, by their places among the entrants.
    pub(crate) fn order(&mut self, entrants: &mut [Entrant<'_>], group: Vec<usize>) -> Vec<Turn> {
        let rules = self.rules;
        self.ordered(entrants, group, rules)
    }

    fn ordered(
        &mut self,
        entrants: &mut [Entrant<'_>],
        group: Vec<usize>,
        rules: &[TieBreak],
    ) -> Vec<Turn> {
        if group.len() == 1 {
            return vec![group];
        }
        for (at, &rule) in rules.iter().enumerate() {
            let later = &rules[at + 1..];
            if rule == TieBreak::ImprovementRound {
                self.to_improve.push(group.clone());
                continue;
            }
            if rule == TieBreak::Lottery {
                break;
            }
            if rule == TieBreak::ProRata {
                let partial = |at: &usize| entrants[*at].accepts_part();
                let (sharing, others): (Turn, Vec<usize>) =
                    group.iter().partition(|at| partial(at));
                if sharing.len() > 1 {
                    group.iter().for_each(|&at| entrants[at].ties.push(rule));
                    let mut turns = vec![sharing];
                    if !others.is_empty() {
                        turns.extend(self.ordered(entrants, others, later));
                    }
                    return turns;
                }
                continue;
            }
            let parts = self.part(rule, entrants, &group);
            if parts.len() > 1 {
                group.iter().for_each(|&at| entrants[at].ties.push(rule));
                return parts
                    .into_iter()
                    .flat_map(|part| self.ordered(entrants, part, later))
                    .collect();
            }
        }
        self.drawn.push(group.clone());
        group.iter().for_each(|&at| entrants[at].ties.push(TieBreak::Lottery));
        self.part(TieBreak::Lottery, entrants, &group)
    }

    /// Parts a group by a rule; what is equal stays together.
    fn part(&self, rule: TieBreak, entrants: &[Entrant<'_>], group: &[usize]) -> Vec<Vec<usize>> {
        let offer = |at: usize| entrants[at].offer;
        let breakdown = |at: usize| &entrants[at].evaluated.breakdown;
        match rule {
            TieBreak::HolderWins => by_key(group, |at| Reverse(offer(at).holder)),
            TieBreak::CostToCover => by_key(group, |at| {
                let cost = breakdown(at).cost_to_cover_per_hour;
                match self.side.objective() {
                    Objective::Minimise => cost,
                    Objective::Maximise => -cost,
                }
            }),
            TieBreak::ShorterTerm => {
                let values: Vec<Decimal> =
                    group.iter().map(|&at| breakdown(at).present_value).collect();
                let equal = values.iter().all(|value| *value == values[0]);
                by_key(group, |at| if equal { breakdown(at).months } else { 0 })
            }
            TieBreak::HigherQuantity => by_key(group, |at| Reverse(breakdown(at).accelerators)),
            TieBreak::EarlierReceipt => by_receipt(entrants, group),
            // Not a generator that is drawn from in turn: so a ticket depends on the seed and its own
            // bidder alone, not on who else bid or in what order, and each bidder can check it.
            TieBreak::Lottery => by_key(group, |at| {
                let offer = offer(at);
                let mut ticket = blake3::Hasher::new_keyed(self.seed);
                ticket.update(offer.bidder.as_bytes()).update(&[0]);
                ticket.update(&offer.number.to_le_bytes()).update(&offer.identity);
                (*ticket.finalize().as_bytes(), offer.number)
            }),
            TieBreak::ImprovementRound | TieBreak::ProRata => vec![group.to_vec()],
        }
    }
}

impl Entrant<'_> {
    /// Whether the bidder takes less than it offers.
    pub(crate) fn accepts_part(&self) -> bool {
        self.offer.minimum < self.offer.economics.accelerators()
    }
}

fn by_key<K: Ord>(group: &[usize], key: impl Fn(usize) -> K) -> Vec<Vec<usize>> {
    let mut parts: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for &at in group {
        parts.entry(key(at)).or_default().push(at);
    }
    parts.into_values().collect()
}

/// Each part begins with the earliest that is left; so being as early is one question, not a chain
/// of five minutes after five minutes.
fn by_receipt(entrants: &[Entrant<'_>], group: &[usize]) -> Vec<Vec<usize>> {
    let received = |at: usize| entrants[at].offer.received;
    let mut sorted = group.to_vec();
    sorted.sort_by_key(|&at| received(at));
    let mut parts: Vec<Vec<usize>> = Vec::new();
    for at in sorted {
        match parts.last_mut() {
            Some(part)
                if received(at).duration_since(received(part[0])) <= TieBreak::SAME_RECEIPT =>
            {
                part.push(at);
            }
            _ => parts.push(vec![at]),
        }
    }
    // Inside of a part offers stay in the order of their numbers, as entrants are.
    parts.iter_mut().for_each(|part| part.sort_unstable());
    parts
}

impl fmt::Display for TieBreak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TieBreak::HolderWins => "the holder of the right wins",
            TieBreak::CostToCover => "lower cost to cover the need",
            TieBreak::ShorterTerm => "shorter term at equal present value",
            TieBreak::HigherQuantity => "higher quantity",
            TieBreak::ImprovementRound => "one sealed improvement round",
            TieBreak::EarlierReceipt => "earlier receipt",
            TieBreak::ProRata => "pro rata",
            TieBreak::Lottery => "lottery",
        })
    }
}
