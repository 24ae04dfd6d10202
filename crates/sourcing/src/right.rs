//! The rights a case is pinned to: what an agreement said about it when it was screened.

use std::hash::{Hash, Hasher};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use terms::clause::Assignable;
use terms::clause::{
    HolderTerms, MatchStandard, MultiHolder, PackageRule, PartialExercise, RefusalMode,
    RightOfFirstNegotiation, RightOfFirstOffer, RightOfFirstRefusal, WithdrawnOffer,
};
use terms::{ClauseId, Duration, Name, Share};

/// What an agreement says about where a requirement may be met.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Restriction {
    /// No right covers it.
    None {
        /// The clause that says so, if one does.
        clause: Option<String>,
        /// The exemption by which none does, if it is one.
        #[serde(default)]
        exemption: Option<String>,
        /// The holders of the rights it is exempt from: of a bridge in an emergency they are told.
        #[serde(default)]
        exempt_from: Vec<Name>,
    },
    /// Only the holder may supply it.
    Exclusive {
        /// The exclusivity.
        clause: ClauseId,
        /// Its holder.
        holder: Name,
    },
    /// Holders may step in first.
    FirstRight {
        /// Their rights, those of a lower tier first. There is at least one.
        rights: Vec<Right>,
    },
}

/// A first right, as a case is pinned to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Right {
    /// The clause.
    pub clause: ClauseId,
    /// Who holds it.
    pub holder: Name,
    /// What kind it is.
    pub kind: RightKind,
    /// What it says. Offers and negotiations have what they do not say as a refusal's defaults.
    pub says: Box<RightOfFirstRefusal>,
    /// Which tier the holder is asked in, from 0.
    pub tier: u32,
    /// Its weight among the holders of its tier.
    pub weight: u64,
    /// To whom the holder may hand it on.
    pub assignable: Assignable,
    /// The instant from which the right no longer holds, if that is known.
    pub ends: Option<Timestamp>,
    /// Whether its limits on what others may sign outlive it.
    pub limits_survive: bool,
    /// Whether its holder may better its bid in talks, once it has made one.
    #[serde(default = "may_revise")]
    pub may_revise: bool,
    /// Whether what the grantor owes its holder counts at its full amount in its bid.
    #[serde(default)]
    pub credits_at_par: bool,
    /// Whether its holder has waived it for the case.
    #[serde(default)]
    pub waived: Option<Waiver>,
}

/// Talks are talks unless the clause says otherwise.
fn may_revise() -> bool {
    true
}

/// How far a holder has waived its right for a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiver {
    /// Others may sign within the limits of the right.
    WithinLimits,
    /// They may sign on any terms.
    Unlimited,
}

/// What a holder may have a say in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Say {
    /// Whether it takes what is put to it by notice.
    Notice,
    /// Whether it matches an offer.
    Match,
}

/// The kinds of first rights. Source: domain rules §1.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RightKind {
    /// The holder may take the deal on the terms put to it.
    Refusal,
    /// The holder may make an offer first.
    Offer,
    /// The holder is talked to first.
    Negotiation,
}

impl Right {
    /// Whether its holder's say in something may begin at an instant.
    pub fn holds(&self, say: Say, at: Timestamp) -> bool {
        self.has(say) && self.ends.is_none_or(|ends| at < ends)
    }

    /// Whether its holder has a say in something. A mere preference gives none, it decides between
    /// equal offers. Who let others sign within the limits of its right may still match an offer that
    /// goes beyond them. Source: domain rules §2.3, rows 9 and 14.
    pub fn has(&self, say: Say) -> bool {
        let waived = match say {
            Say::Notice => self.waived.is_some(),
            Say::Match => self.waived == Some(Waiver::Unlimited),
        };
        !waived && self.says.mode != RefusalMode::Preference
    }

    /// Whether it limits what others may sign from an instant on.
    pub fn limits(&self, from: Timestamp) -> bool {
        self.waived != Some(Waiver::Unlimited)
            && (self.limits_survive || self.ends.is_none_or(|ends| from < ends))
    }

    /// Whether its holder takes what is put to it, rather than offering or talking.
    pub fn takes(&self) -> bool {
        let terms = self.says.exercise.holder_terms;
        self.says.mode != RefusalMode::Consideration
            && !matches!(terms, HolderTerms::Agreed | HolderTerms::Offered)
    }
}

impl Restriction {
    /// The holders that have a say.
    pub fn holders(&self) -> impl Iterator<Item = &Name> {
        let (one, rights): (Option<&Name>, &[Right]) = match self {
            Restriction::None { .. } => (None, &[]),
            Restriction::Exclusive { holder, .. } => (Some(holder), &[]),
            Restriction::FirstRight { rights } => (None, rights),
        };
        one.into_iter().chain(rights.iter().map(|right| &right.holder))
    }

    /// The first rights; empty where there is none.
    pub fn rights(&self) -> &[Right] {
        match self {
            Restriction::FirstRight { rights } => rights,
            _ => &[],
        }
    }

    /// The first right asked first, where there is one.
    pub fn right(&self) -> Option<&Right> {
        self.rights().first()
    }

    /// The rights of a tier, each with its place.
    pub fn tier(&self, tier: u32) -> impl Iterator<Item = (usize, &Right)> {
        self.rights().iter().enumerate().filter(move |(_, right)| right.tier == tier)
    }

    /// Another holds a right from now on.
    pub(crate) fn hand_on(&mut self, right: usize, to: Name) {
        match self {
            Restriction::None { .. } => {}
            Restriction::Exclusive { holder, .. } => *holder = to,
            Restriction::FirstRight { .. } => {
                if let Some(right) = self.right_mut(right) {
                    right.holder = to;
                }
            }
        }
    }

    /// A first right by its place, to be changed.
    pub(crate) fn right_mut(&mut self, right: usize) -> Option<&mut Right> {
        match self {
            Restriction::FirstRight { rights } => rights.get_mut(right),
            _ => None,
        }
    }

    /// The clause behind it, if there is one.
    pub fn clause(&self) -> Option<String> {
        match self {
            Restriction::None { clause, .. } => clause.clone(),
            Restriction::Exclusive { clause, .. } => Some(clause.to_string()),
            Restriction::FirstRight { rights } => {
                rights.first().map(|right| right.clause.to_string())
            }
        }
    }
}

/// What a right of first offer says, in the words of a refusal.
pub(crate) fn of_offer(offer: &RightOfFirstOffer) -> RightOfFirstRefusal {
    let RightOfFirstOffer {
        approach,
        response_window,
        silence_means,
        exercise,
        close_within,
        free_window,
        free_terms_limit,
        release,
    } = offer.clone();
    let as_negotiation = RightOfFirstNegotiation {
        approach,
        response_window,
        silence_means,
        exercise,
        may_revise: true,
        credits_at_par: false,
        free_window,
        free_terms_limit,
        release,
    };
    RightOfFirstRefusal { close_within, ..of_negotiation(&as_negotiation) }
}

/// What a right of first negotiation says, in the words of a refusal.
pub(crate) fn of_negotiation(negotiation: &RightOfFirstNegotiation) -> RightOfFirstRefusal {
    let n = negotiation.clone();
    RightOfFirstRefusal {
        mode: RefusalMode::HolderFirst,
        approach: n.approach,
        bona_fide: Vec::new(),
        deposit: Share::percent(0),
        response_window: n.response_window,
        silence_means: n.silence_means,
        match_standard: MatchStandard::EconomicEquivalent,
        cash_substitution: true,
        fee_deduction: false,
        credit_deemed_equal: false,
        partial_exercise: PartialExercise::WholeLots,
        package_rule: PackageRule::HolderElects,
        multi_holder: MultiHolder::Tiered,
        weight: 1,
        over_allotment: false,
        ranks_after: Vec::new(),
        exercise: n.exercise,
        close_after: None,
        close_within: Duration::days(60),
        match_window: Duration::business_days(10),
        withdrawn_offer: WithdrawnOffer::Lapses,
        free_window: n.free_window,
        free_terms_limit: n.free_terms_limit,
        free_terms_tolerance: Share::percent(0),
        release: n.release,
        exempt_short_term: Duration::days(31),
        exempt_repeat: Duration::days(28),
        exempt_below: None,
        exempt_affiliates: false,
    }
}

impl Hash for Right {
    /// What a right says never changes while its clause and holder stay: a case is pinned to it.
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.clause, &self.holder, self.kind, self.tier, self.weight).hash(state);
        (self.ends, self.waived).hash(state);
    }
}
