//! Offers: what others would supply it for, or give for it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use terms::{Duration, Money, Name};

/// On what terms capacity is offered, or was put to a holder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Offered {
    /// Per accelerator-hour.
    pub price: Money,
    /// For how many months.
    pub months: u32,
    /// From which day.
    pub from: Date,
    /// Paid at the start, beside the price.
    #[serde(default)]
    pub up_front: Option<Money>,
    /// How many accelerators stand from which month on (counted from 0), where not all do at once.
    #[serde(default)]
    pub ramp: Vec<(u32, u64)>,
    /// Terms beside the price.
    #[serde(default)]
    pub guarded: BTreeMap<Guarded, String>,
    /// The wider deal it is a part of, if it is.
    #[serde(default)]
    pub package: Option<Box<Package>>,
    /// What is given beside money, if anything is.
    #[serde(default)]
    pub in_kind: Option<Box<InKind>>,
    /// What the grantor pays brokers and finders beside it.
    #[serde(default)]
    pub fee: Option<Money>,
    /// What the grantor owes the holder that buys, and the holder sets off, where its clause counts it
    /// at its full amount; it counts as paid at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<Money>,
}

/// What the customer gives beside money: equity, a site, a licence. Source: domain rules §2.7,
/// "in-kind or unique terms".
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InKind {
    /// What it is.
    pub what: String,
    /// What it is worth in money, by an expert; it counts as paid at the start.
    pub worth: Money,
    /// The expert.
    pub appraised_by: Name,
}

/// Terms beside the price that may not get better for others unseen. Source: domain rules §2.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guarded {
    /// The share of the price paid before delivery; more is better for the supplier.
    Prepayment,
    /// The share paid for whether taken or not; more is better for the supplier.
    TakeOrPay,
    /// Security the customer gives; more is better for the supplier.
    CreditSupport,
    /// The cap of liquidated damages; less is better for the supplier.
    DamagesCap,
    /// The cap of liability; less is better for the supplier.
    LiabilityCap,
    /// Exclusivity conceded to the supplier: `yes` or `no`.
    Exclusivity,
    /// The technical specification: only the same compares.
    Specification,
    /// The region: only the same compares.
    Region,
}

impl Guarded {
    /// The term's name, as the agreement has it.
    pub fn name(self) -> &'static str {
        match self {
            Guarded::Prepayment => "prepayment",
            Guarded::TakeOrPay => "take_or_pay",
            Guarded::CreditSupport => "credit_support",
            Guarded::DamagesCap => "damages_cap",
            Guarded::LiabilityCap => "liability_cap",
            Guarded::Exclusivity => "exclusivity",
            Guarded::Specification => "specification",
            Guarded::Region => "region",
        }
    }
}

/// A wider deal of which the requirement is a part. Source: domain rules §2.7, "package".
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Package {
    /// What all of it costs, over the whole term; it takes the place of the price per hour and of
    /// what is paid at the start.
    pub price: Money,
    /// What the part that the right is about would cost alone.
    pub burdened: Money,
    /// What the rest would cost alone.
    pub free: Money,
}

/// An offer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Bid {
    /// The party that offers.
    pub supplier: Name,
    /// How many accelerators.
    pub quantity: u64,
    /// The fewest it would do; all of them if not stated.
    #[serde(default)]
    pub minimum: Option<u64>,
    /// On what terms.
    pub terms: Offered,
    /// Until when it stands.
    pub valid_until: Option<Timestamp>,
    /// What shows that it is meant.
    #[serde(default)]
    pub evidence: Evidence,
    /// What must be so before it binds: financing, permits, another award.
    #[serde(default)]
    pub contingencies: Vec<String>,
    /// Where it stands.
    #[serde(default)]
    pub status: BidStatus,
    /// When it counted as received.
    #[serde(default)]
    pub received: Timestamp,
}

/// What shows that an offer is meant. Source: domain rules §1.4, `bona_fide`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// It is in writing.
    pub written: bool,
    /// It is signed.
    pub signed: bool,
    /// It is at arm's length.
    pub arms_length: bool,
    /// It has the money behind it.
    pub financed: bool,
    /// Somebody responsible and fully disclosed makes it.
    pub responsible: bool,
    /// What was deposited, of the price: a percentage.
    pub deposit: u32,
}

impl Default for Evidence {
    /// As offers made here are: entered and signed by the party itself.
    fn default() -> Evidence {
        Evidence {
            written: true,
            signed: true,
            arms_length: true,
            financed: true,
            responsible: true,
            deposit: 0,
        }
    }
}

/// Where an offer stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BidStatus {
    /// It may be signed.
    #[default]
    Standing,
    /// Sealed: nothing of it is known but that it is there.
    Sealed {
        /// The commitment to it.
        seal: String,
    },
    /// Chosen; what it is contingent on must be so by then.
    Contingent {
        /// The last instant.
        until: Timestamp,
        /// The part it is chosen for.
        part: usize,
        /// How many.
        quantity: u64,
    },
    /// Signed; an offer is signed once.
    Signed,
    /// Withdrawn by its supplier, or out of the running.
    Gone,
}

/// How offers are asked for: posted before the first one and never changed after it. Source: domain
/// rules §3.1.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tender {
    /// The method by which they are compared, as the crate `evaluation` names it; or a formula in
    /// its words, after `formula:`.
    pub method: String,
    /// The yearly rate money is discounted at, in per cent.
    pub discount: String,
    /// What an accelerator-hour costs elsewhere while an offer leaves the need open.
    pub cover: Option<Money>,
    /// The last instant at which offers are taken; open if none.
    pub closes: Option<Timestamp>,
    /// Whether offers are sealed until then, and by when they must then be revealed.
    pub reveal_by: Option<Timestamp>,
    /// The seed of the lottery, posted openly: whoever knew it knew who would win. Journals of old have
    /// it; nothing is posted or drawn with it any more.
    #[serde(default)]
    pub seed: Option<u64>,
    /// The commitment to the seed of the lottery that decides between equals where nothing else does, as
    /// [`crate::lottery::commitment`] makes it; no lottery is held without.
    #[serde(default)]
    pub lottery: Option<String>,
    /// How long those whose offers are equal may improve them, sealed, before later tie-breaks are asked;
    /// they may not if none. The domain rules §3.4 say 24 hours.
    #[serde(default)]
    pub improvement: Option<Duration>,
}
