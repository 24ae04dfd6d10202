//! A case: one requirement of capacity on its way to a supplier, and the states of its parts.

pub(crate) mod apply;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use evaluation::Side;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use terms::{Money, Name, Quantity, Verb};

use crate::improvement::Improvement;
use crate::lot::Lot;
use crate::lottery::Drawn;
use crate::offer::{Bid, BidStatus, Offered, Tender};
use crate::right::Restriction;

/// What the grantor needs; or has to give, where it sells.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Requirement {
    /// Who needs it: the grantor of the rights it may fall under.
    pub grantor: Name,
    /// Whether it is to be contracted, built or sold.
    pub act: Verb,
    /// `research`, `training` or `inference`.
    pub purpose: String,
    /// How many accelerators of which class.
    pub quantity: Quantity,
    /// The smallest number that may be taken alone; a divisor of the quantity.
    pub lot: u64,
    /// Where it must stand, if that matters.
    pub region: Option<String>,
    /// The day it must stand.
    pub need_by: Date,
    /// For how many months.
    pub months: u32,
    /// What the grantor offers to pay, or asks, per accelerator-hour.
    pub price: Money,
    /// What it asks for a rest of so many lots, where a holder leaves one; its price if not stated.
    /// By the number of lots. Source: domain rules §2.7, "partial exercise".
    #[serde(default)]
    pub quotes: BTreeMap<u64, Money>,
    /// Its other terms.
    #[serde(default)]
    pub guarded: BTreeMap<crate::offer::Guarded, String>,
    /// Whether its lots are of use only together: then all are taken, or none.
    #[serde(default)]
    pub linked: bool,
    /// A bridge in an emergency: what it is. Source: domain rules §2.7, "emergency need".
    #[serde(default)]
    pub emergency: Option<String>,
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Case {
    /// What is needed.
    pub requirement: Requirement,
    /// The agreement under which it is sourced.
    pub agreement: Name,
    /// What that says about it; set by screening. The case is pinned to it.
    pub restriction: Restriction,
    /// The parts. The quantities of those that count sum to the requirement's.
    pub parts: Vec<Part>,
    /// How offers are asked for, if they are.
    pub tender: Option<Tender>,
    /// Offers received, by number from 1.
    pub bids: Vec<Bid>,
    /// What shows later which offer was put to the holders, by the offer's place.
    #[serde(default)]
    pub certificates: BTreeMap<usize, Certificate>,
    /// What suppliers were asked to improve, by the offer's place; it stays once that is over.
    #[serde(default)]
    pub improvements: BTreeMap<usize, Improvement>,
    /// Seals under which offers were handed in, by the offer's place.
    #[serde(default)]
    pub seals: BTreeMap<usize, String>,
    /// The seed of the lottery, once it is revealed.
    #[serde(default)]
    pub drawn: Option<Drawn>,
    /// Lots to be delivered, by number from 1.
    pub lots: Vec<Lot>,
    /// How many rounds have been opened.
    pub rounds: u32,
    /// Since when the holder is insolvent, and by when it must give assurance, if that was asked.
    pub insolvency: Option<Insolvency>,
    /// What is disputed and not yet ruled upon.
    pub disputes: Vec<Dispute>,
    /// What one party has said to and the other has not yet.
    pub proposals: Vec<(Name, Joint)>,
    /// The holder has come under a competitor's control, and the grantor may still choose what
    /// follows, until then.
    pub control_changed: Option<Timestamp>,
    /// Whether rights that were to be matched by name are matched blind since.
    pub blinded: bool,
    /// Commands that were carried out, by their ids.
    pub done: BTreeSet<String>,
    /// By when the holder must be told of a bridge that was signed in an emergency.
    pub bridge_notice: Option<Timestamp>,
    /// When it was withdrawn, if it was: the same need may not be met elsewhere for 90 days.
    pub withdrawn: Option<Timestamp>,
    /// When the right the case is pinned to has ended.
    pub right_ended: Option<Timestamp>,
    /// What was needed at the last notice: small changes since count together. Source: domain
    /// rules §2.6.
    pub last_round: Requirement,
    /// Rights that lapsed before their time, by their places: handed on though they may not be, or
    /// rejected in insolvency.
    pub lapsed: BTreeSet<usize>,
    /// Rights whose holders have consented to deals with others in this case, where their clauses
    /// want that beside a first right, by their places.
    #[serde(default)]
    pub consented: BTreeSet<usize>,
    /// When the last thing happened in it. What counts earlier comes too late.
    pub latest: Timestamp,
    /// When it was requested.
    pub requested: Timestamp,
}

/// What shows later which offer was put to the holders, where they were not told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Certificate {
    /// The independent person that has seen the offer, where one has.
    pub by: Option<Name>,
    /// The commitment to the offer.
    pub seal: Option<String>,
}

/// A holder in insolvency. Source: domain rules §2.3, row 26.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Insolvency {
    /// Who.
    pub holder: Name,
    /// Since when.
    pub since: Timestamp,
    /// By when it must give assurance, if the grantor asked for it.
    pub assure_by: Option<Timestamp>,
}

/// A guard that a party contests. Source: domain rules §2.3, row 27.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Dispute {
    /// Who contests it.
    pub by: Name,
    /// Which.
    pub guard: crate::guard::Guard,
    /// On what grounds.
    pub grounds: String,
    /// Since when.
    pub since: Timestamp,
}

/// What takes two parties.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Joint {
    /// Undo what is signed of a part. Source: domain rules §2.3, row 31.
    Annul {
        /// Which part.
        part: usize,
    },
    /// Change what is signed of a part. Source: row 32.
    ChangeTerms {
        /// Which part.
        part: usize,
        /// To what.
        terms: Offered,
    },
    /// Let the case follow what the agreement says now. Source: row 24.
    Rescreen,
}

/// A part of a requirement and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Part {
    /// How many accelerators.
    pub quantity: u64,
    /// Its state.
    pub state: State,
}

/// The states of a part. Source: domain rules §2.2.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// Requested; nobody has been told.
    Draft,
    /// A notice is on its way to the holders.
    Noticed(Noticed),
    /// The holders may answer.
    Open(Open),
    /// Everything stands still.
    Paused {
        /// As it was.
        was: Box<State>,
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: PauseReason,
    },
    /// Grantor and holder talk.
    Negotiating {
        /// The round they talk in; its window, if it has not ended, runs on.
        open: Open,
        /// The holder that talks, by its place among the rights.
        right: usize,
        /// When the talks end.
        until: Timestamp,
        /// What the grantor last put forward.
        by_grantor: Option<Offered>,
        /// What the holder last put forward.
        by_holder: Option<Offered>,
    },
    /// Others may sign.
    Free(Free),
    /// The holders may match an offer.
    Matching {
        /// The offer, by its place.
        bid: usize,
        /// The last instant at which they may.
        deadline: Timestamp,
        /// When this began.
        since: Timestamp,
        /// Which tier of holders may.
        tier: u32,
        /// What the holders of the tier have said.
        answers: Vec<Answer>,
        /// The freedom it interrupted.
        free: Free,
        /// What happens to the deal that set this off, where it was signed already.
        signed: Option<Box<Signed>>,
    },
    /// A holder supplies it, or buys it.
    Committed {
        /// Who, and on what terms.
        signed: Signed,
        /// The last instant for signing the definitive agreement; none once both have.
        sign_by: Option<Timestamp>,
        /// Who has signed.
        signed_by: BTreeSet<Name>,
        /// The grantor let the time to sign pass: the holder may compel it.
        compellable: bool,
    },
    /// Somebody else supplies it, or buys it.
    ThirdSigned {
        /// Who, and on what terms.
        signed: Signed,
        /// The freedom used.
        free: Option<Free>,
    },
    /// Everything is delivered.
    Fulfilled,
    /// No right covers it; anybody may supply it.
    Exempt,
    /// The grantor no longer needs it.
    Withdrawn,
    /// A material change has put a new need in its place.
    Superseded,
    /// The free window ended unused: a new notice is needed.
    Expired,
    /// What was signed is undone by agreement, or for error. The need is a new part.
    Annulled,
    /// What was signed with somebody else is void. The need is a new part.
    Void,
}

/// Why everything stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// A holder is insolvent.
    Insolvency,
    /// The decision-maker ordered a stay.
    Stay,
    /// The holder has come under a competitor's control.
    ChangeOfControl,
}

/// A notice on its way.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Noticed {
    /// When it counts as received.
    pub receipt: Timestamp,
    /// When the window that then opens ends.
    pub deadline: Timestamp,
    /// On what terms the holders may take it.
    pub terms: Offered,
    /// The offer they are of, where they are a third party's.
    pub bid: Option<usize>,
    /// Which tier of holders it goes to.
    pub tier: u32,
    /// Whether the holder's request for documents stands.
    pub documents: Documents,
    /// Holders of earlier tiers that have expressly declined it, by their places.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub declined: BTreeSet<usize>,
}

/// A round that is open.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Open {
    /// When the notice counted as received.
    pub receipt: Timestamp,
    /// The last instant at which the holders may answer; none while the window waits for documents.
    pub deadline: Option<Timestamp>,
    /// On what terms the holders may take it.
    pub terms: Offered,
    /// The offer they are of, where they are a third party's.
    pub bid: Option<usize>,
    /// Which tier of holders is asked.
    pub tier: u32,
    /// What the holders of the tier have said.
    pub answers: Vec<Answer>,
    /// Whether the holder asked for documents.
    pub documents: Documents,
}

/// Where the holder's request for documents stands. Source: domain rules §2.3, row 4.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Documents {
    /// None was made.
    #[default]
    Complete,
    /// It waits for the grantor.
    Requested,
    /// It was met; there is no second one.
    Sent,
}

/// What one of several holders said.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Answer {
    /// Which right it holds, by its place.
    pub right: usize,
    /// How many it takes; none if it declined.
    pub takes: Option<u64>,
}

/// The freedom to sign with others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Free {
    /// Nothing better for others than this; anything if none.
    pub baseline: Option<Offered>,
    /// The first instant at which they may sign, where the clause wants notice so long before; at
    /// once if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens: Option<Timestamp>,
    /// The last instant at which they may sign; open-ended if none.
    pub closes: Option<Timestamp>,
    /// Whether no right applies to it any more, whatever its kind: a shortfall, a failed closing,
    /// an insolvency.
    pub unrestricted: bool,
    /// Offers that the holder has not matched, by their places: it defends once against each.
    pub defended: BTreeSet<usize>,
    /// The only party others may be, where the release is for the one the holder was told of.
    pub only: Option<Name>,
    /// The lot that fell short and so freed it, and the deal the lot was of.
    pub short: Option<Box<(usize, State)>>,
    /// Holders that have expressly declined what it is free on, by their places: a decline is final
    /// for what was put to them. Silence is none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub declined: BTreeSet<usize>,
}

/// Who supplies or buys, and on what terms.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Signed {
    /// Who.
    pub party: Name,
    /// On what terms.
    pub terms: Offered,
    /// The offer it is, by its place, if it is one.
    pub bid: Option<usize>,
}

impl State {
    /// The state's name, as the domain rules write it.
    pub fn name(&self) -> &'static str {
        match self {
            State::Draft => "DRAFT",
            State::Noticed(_) => "NOTICED",
            State::Open(_) => "OPEN",
            State::Paused { .. } => "PAUSED",
            State::Negotiating { .. } => "NEGOTIATING",
            State::Free(_) => "FREE",
            State::Matching { .. } => "MATCHING",
            State::Committed { .. } => "COMMITTED",
            State::ThirdSigned { .. } => "THIRD_SIGNED",
            State::Fulfilled => "FULFILLED",
            State::Exempt => "EXEMPT",
            State::Withdrawn => "WITHDRAWN",
            State::Superseded => "SUPERSEDED",
            State::Expired => "EXPIRED",
            State::Annulled => "ANNULLED",
            State::Void => "VOID",
        }
    }

    /// The state itself; of what stands still, the one it was in.
    pub fn underlying(&self) -> &State {
        match self {
            State::Paused { was, .. } => was.underlying(),
            state => state,
        }
    }

    /// Whether somebody is bound to supply it, or has.
    pub fn is_bound(&self) -> bool {
        matches!(self, State::Committed { .. } | State::ThirdSigned { .. } | State::Fulfilled)
    }

    /// Whether its quantity is one of those that sum to the requirement's: it has not been put
    /// in another's place.
    pub fn counts(&self) -> bool {
        !matches!(self, State::Superseded | State::Annulled | State::Void)
    }

    /// Whether the grantor still looks for somebody to supply it. Where a deal is signed already
    /// and the holders may only take it over, it does not.
    pub fn is_wanted(&self) -> bool {
        match self.underlying() {
            State::Matching { signed, .. } => signed.is_none(),
            state => state.counts() && !state.is_bound() && *state != State::Withdrawn,
        }
    }

    /// Whether it is wanted, and a right is or may come in the way: what a change of the
    /// requirement reaches.
    pub fn is_pending(&self) -> bool {
        self.is_wanted() && *self != State::Exempt
    }

    /// Whether it is one of the states that rows 21 to 28 call active.
    pub fn is_active(&self) -> bool {
        matches!(
            self,
            State::Draft
                | State::Noticed(_)
                | State::Open(_)
                | State::Paused { .. }
                | State::Negotiating { .. }
                | State::Free(_)
                | State::Matching { .. }
        )
    }

    /// The offer that is before the holders, by its place, if one is; also while that stands still.
    pub(crate) fn before_holders(&self) -> Option<usize> {
        match self.underlying() {
            State::Noticed(noticed) => noticed.bid,
            State::Open(open) | State::Negotiating { open, .. } => open.bid,
            State::Matching { bid, .. } => Some(*bid),
            _ => None,
        }
    }

    /// The last instant of what runs now; none where nothing does.
    pub fn deadline(&self) -> Option<Timestamp> {
        match self {
            State::Noticed(noticed) => Some(noticed.receipt),
            State::Open(open) => open.deadline,
            State::Negotiating { until, .. } => Some(*until),
            State::Free(free) => free.closes,
            State::Matching { deadline, .. } => Some(*deadline),
            State::Committed { sign_by, compellable: false, .. } => *sign_by,
            _ => None,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {}", self.quantity, self.state.name())
    }
}

impl Requirement {
    /// Which way capacity goes.
    pub fn side(&self) -> Side {
        match self.act {
            Verb::Sell | Verb::Resell => Side::SellerBurdened,
            _ => Side::BuyerBurdened,
        }
    }

    /// The terms the grantor itself puts forward.
    pub fn terms(&self) -> Offered {
        Offered {
            price: self.price,
            months: self.months,
            from: self.need_by,
            up_front: None,
            ramp: Vec::new(),
            guarded: self.guarded.clone(),
            package: None,
            in_kind: None,
            fee: None,
            credit: None,
        }
    }
}

impl Case {
    /// Whether what comes of it is provisional: a guard is contested and not yet ruled upon. Source:
    /// domain rules §2.3, row 27.
    pub fn is_provisional(&self) -> bool {
        !self.disputes.is_empty()
    }

    /// The holders whose rights have not lapsed before their time, each with its place.
    pub fn holders(&self) -> impl Iterator<Item = (usize, &Name)> {
        let holders = self.restriction.holders().enumerate();
        holders.filter(|(at, _)| !self.lapsed.contains(at))
    }

    /// Whether a part is reserved for an offer that is chosen, and contingent.
    pub fn is_reserved(&self, part: usize) -> bool {
        let mut bids = self.bids.iter();
        bids.any(|bid| matches!(bid.status, BidStatus::Contingent { part: of, .. } if of == part))
    }

    /// How many accelerators no change of the requirement reaches: they are bound, withdrawn or
    /// exempt.
    pub fn settled_quantity(&self) -> u64 {
        let settled = |part: &&Part| part.state.counts() && !part.state.is_pending();
        self.parts.iter().filter(settled).map(|part| part.quantity).sum()
    }

    /// How many accelerators of a part stand.
    pub fn delivered(&self, part: usize) -> u64 {
        let stand = self.lots.iter().filter(|lot| lot.part == part && lot.delivered.is_some());
        stand.map(|lot| lot.quantity).sum()
    }

    /// Who delivers and who has it, where `party` is the one that deals with the grantor.
    pub fn supplier_and_customer<'a>(&'a self, party: &'a Name) -> (&'a Name, &'a Name) {
        let grantor = &self.requirement.grantor;
        match self.requirement.side() {
            Side::BuyerBurdened => (party, grantor),
            Side::SellerBurdened => (grantor, party),
        }
    }

    /// How many accelerators a supplier has committed to in it: what it has signed, delivered or
    /// elected to take, and what it is chosen for while its offer is contingent.
    pub fn committed(&self, supplier: &Name) -> u64 {
        let parts = self.parts.iter().enumerate().map(|(at, part)| match &part.state {
            State::Committed { signed, .. } | State::ThirdSigned { signed, .. } => {
                let signs = self.supplier_and_customer(&signed.party).0 == supplier;
                if signs { part.quantity } else { 0 }
            }
            State::Fulfilled => {
                let lots =
                    self.lots.iter().filter(|lot| lot.part == at && lot.supplier == *supplier);
                lots.map(|lot| lot.quantity).sum()
            }
            State::Open(open) => self.elected(supplier, &open.answers),
            State::Matching { answers, .. } => self.elected(supplier, answers),
            _ => 0,
        });
        let chosen = self.bids.iter().map(|bid| match bid.status {
            BidStatus::Contingent { quantity, .. } => {
                let supplies = self.supplier_and_customer(&bid.supplier).0 == supplier;
                if supplies { quantity } else { 0 }
            }
            _ => 0,
        });
        parts.chain(chosen).fold(0, u64::saturating_add)
    }

    fn elected(&self, supplier: &Name, answers: &[Answer]) -> u64 {
        let of_supplier = |answer: &&Answer| {
            let right = self.restriction.rights().get(answer.right);
            right.is_some_and(|right| self.supplier_and_customer(&right.holder).0 == supplier)
        };
        answers.iter().filter(of_supplier).filter_map(|answer| answer.takes).sum()
    }
}

impl Joint {
    /// The part it is about, if it is about one.
    pub fn part(&self) -> Option<usize> {
        match self {
            Joint::Annul { part } | Joint::ChangeTerms { part, .. } => Some(*part),
            Joint::Rescreen => None,
        }
    }
}
