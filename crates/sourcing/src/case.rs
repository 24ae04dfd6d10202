//! A case: one requirement of capacity on its way to a supplier, and the states of its parts.

mod apply;

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use terms::clause::RightOfFirstRefusal;
use terms::{ClauseId, Money, Name, Quantity, Verb};

/// What the customer needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// Who needs it.
    pub customer: Name,
    /// Whether it is to be contracted or built.
    pub act: Verb,
    /// `research`, `training` or `inference`.
    pub purpose: String,
    /// How many accelerators of which class.
    pub quantity: Quantity,
    /// The smallest number that may be taken alone; a divisor of the quantity.
    pub lot: u64,
    /// The day they must stand.
    pub need_by: Date,
    /// For how many months.
    pub months: u32,
    /// What the customer offers to pay per accelerator-hour.
    pub price: Money,
}

/// What an agreement says about where a requirement may be met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Restriction {
    /// No right covers it.
    None {
        /// The clause that says so, if one does.
        clause: Option<String>,
    },
    /// Only the holder may supply it.
    Exclusive {
        /// The exclusivity.
        clause: ClauseId,
        /// Its holder.
        holder: Name,
    },
    /// The holder may step in first.
    FirstRefusal {
        /// The right.
        clause: ClauseId,
        /// Its holder.
        holder: Name,
        /// Its parameters, as they were when the case was screened: the case is pinned to them.
        right: Box<RightOfFirstRefusal>,
    },
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What is needed.
    pub requirement: Requirement,
    /// The agreement under which it is sourced.
    pub agreement: Name,
    /// What that says about it; set by screening.
    pub restriction: Restriction,
    /// The parts, whose quantities always sum to the requirement's.
    pub parts: Vec<Part>,
    /// Offers received, by number from 1.
    pub bids: Vec<Bid>,
    /// Which of them are signed, counted from 0; an offer is signed once.
    pub signed: BTreeSet<usize>,
    /// Lots to be delivered, by number from 1.
    pub lots: Vec<Lot>,
    /// How many rounds have been opened.
    pub rounds: u32,
    /// When the last thing happened in it. What counts earlier comes too late.
    pub latest: Timestamp,
}

/// A part of a requirement and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// How many accelerators.
    pub quantity: u64,
    /// Its state.
    pub state: State,
}

/// The states of a part. Source: domain rules §2.2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// Requested; nobody has been told.
    Draft,
    /// A notice is on its way to the holder.
    Noticed {
        /// When it counts as received.
        receipt: Timestamp,
        /// When the window that then opens ends.
        deadline: Timestamp,
    },
    /// The holder may answer.
    Open {
        /// The last instant at which it may.
        deadline: Timestamp,
    },
    /// Others may sign.
    Free {
        /// Most that they may be paid per accelerator-hour; no limit if none.
        baseline: Option<Money>,
        /// The last instant at which they may sign; open-ended if none.
        closes: Option<Timestamp>,
    },
    /// The holder may match an offer.
    Matching {
        /// The number of the offer.
        bid: usize,
        /// The last instant at which it may.
        deadline: Timestamp,
        /// When the free window that was interrupted would have closed.
        closes: Option<Timestamp>,
    },
    /// The holder supplies it.
    Committed {
        /// The supplier.
        supplier: Name,
        /// Its price per accelerator-hour.
        price: Money,
        /// The last instant for signing the definitive agreement; none once signed.
        sign_by: Option<Timestamp>,
    },
    /// Somebody else supplies it.
    ThirdSigned {
        /// The supplier.
        supplier: Name,
        /// Its price per accelerator-hour.
        price: Money,
    },
    /// Everything is delivered.
    Fulfilled,
    /// No right covers it; anybody may supply it.
    Exempt,
    /// The customer no longer needs it.
    Withdrawn,
    /// The free window ended unused: a new notice is needed.
    Expired,
}

/// An offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bid {
    /// The party that offers.
    pub supplier: Name,
    /// How many accelerators.
    pub quantity: u64,
    /// At what price per accelerator-hour.
    pub price: Money,
    /// Until when it stands.
    pub valid_until: Option<Timestamp>,
}

/// Capacity to be delivered on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// Which part it fulfils.
    pub part: usize,
    /// Who delivers.
    pub supplier: Name,
    /// How many accelerators.
    pub quantity: u64,
    /// At what price per accelerator-hour.
    pub price: Money,
    /// The day it is due.
    pub due: Date,
    /// The day the supplier now expects to deliver, if it has said so.
    pub expected: Option<Date>,
    /// When it was delivered.
    pub delivered: Option<Timestamp>,
}

impl State {
    /// The state's name, as the domain rules write it.
    pub fn name(&self) -> &'static str {
        match self {
            State::Draft => "DRAFT",
            State::Noticed { .. } => "NOTICED",
            State::Open { .. } => "OPEN",
            State::Free { .. } => "FREE",
            State::Matching { .. } => "MATCHING",
            State::Committed { .. } => "COMMITTED",
            State::ThirdSigned { .. } => "THIRD_SIGNED",
            State::Fulfilled => "FULFILLED",
            State::Exempt => "EXEMPT",
            State::Withdrawn => "WITHDRAWN",
            State::Expired => "EXPIRED",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {}", self.quantity, self.state.name())
    }
}

impl Restriction {
    /// The party that has a say, if one has.
    pub fn holder(&self) -> Option<&Name> {
        match self {
            Restriction::None { .. } => None,
            Restriction::Exclusive { holder, .. } | Restriction::FirstRefusal { holder, .. } => {
                Some(holder)
            }
        }
    }

    /// The clause behind it, if there is one.
    pub fn clause(&self) -> Option<String> {
        match self {
            Restriction::None { clause } => clause.clone(),
            Restriction::Exclusive { clause, .. } | Restriction::FirstRefusal { clause, .. } => {
                Some(clause.to_string())
            }
        }
    }
}
