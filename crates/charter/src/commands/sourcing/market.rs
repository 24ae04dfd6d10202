//! What suppliers offer, and what the grantor does about it; or buyers, where the grantor sells.

use std::path::PathBuf;

use sourcing::command::{
    award::Award, bid::MakeBid, contingency::MeetContingency, present::Present,
    withdraw_offer::WithdrawOffer,
};
use sourcing::offer::{BidStatus, Evidence};
use sourcing::{Bid, Does};
use terms::{Money, Name};

use super::offered::OtherTerms;
use super::{Acting, Ground, Group, When, seal};
use crate::outcome::Failure;

#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Make an offer, as a supplier; open, or sealed until the tender closes
    #[command(
        visible_alias = "offer",
        after_help = "\
Examples:
  charter bid halls --by oracle --quantity 64000 --price \"USD 2.35\"
  charter bid halls --by oracle --quantity 64000 --price \"USD 2.35\" --sealed oracle-halls.json
  charter reveal halls --by oracle --bid 1 --offer oracle-halls.json"
    )]
    Bid(Box<MakesOffer>),
    /// Reveal a sealed offer, once the tender has closed
    #[command(
        after_help = "Example:\n  charter reveal halls --by oracle --bid 1 --offer oracle-halls.json"
    )]
    Reveal {
        #[command(flatten)]
        acting: Acting,
        /// The offer's number
        #[arg(long, value_name = "N")]
        bid: usize,
        /// The file that `charter bid --sealed` wrote
        #[arg(long, value_name = "FILE")]
        offer: PathBuf,
    },
    /// Put an offer that is better for its supplier to the holder, to match or not
    #[command(after_help = "Example:\n  charter present halls --by openai --bid 2")]
    Present {
        #[command(flatten)]
        acting: Acting,
        /// The offer's number
        #[arg(long, value_name = "N")]
        bid: usize,
        /// The independent person that has seen it and certifies it, where the clause wants one
        #[arg(long, value_name = "PARTY")]
        certified_by: Option<String>,
        /// 32 random bytes in hexadecimal digits, where the holders are not told all of it; keep
        /// them: they show later which offer it was, and are not entered
        #[arg(long, value_name = "HEX")]
        nonce: Option<String>,
    },
    /// Withdraw an offer, as its supplier; or drop it, as the grantor
    #[command(after_help = "Example:\n  charter withdraw-offer halls --by oracle --bid 1")]
    WithdrawOffer {
        #[command(flatten)]
        acting: Acting,
        /// The offer's number
        #[arg(long, value_name = "N")]
        bid: usize,
    },
    /// Sign an offer, or the one that serves best
    #[command(after_help = "\
Examples:
  charter award halls --by openai --bid 1
  charter award halls --by openai --bid 1 --quantity 8000
  charter award halls --by openai --best        `charter compare halls` says which that is")]
    Award {
        #[command(flatten)]
        acting: Acting,
        /// The offer's number
        #[arg(long, value_name = "N", required_unless_present = "best")]
        bid: Option<usize>,
        /// The offer that serves best, as offers are compared in this case
        #[arg(long, conflicts_with_all = ["bid", "quantity"])]
        best: bool,
        /// How many of it; all if not given
        #[arg(long, value_name = "N")]
        quantity: Option<u64>,
    },
    /// Say that what a chosen offer is contingent on is so
    #[command(after_help = "\
Example:
  charter contingency halls --by oracle --bid 1 --evidence \"financing closed on 3 June\"")]
    Contingency {
        #[command(flatten)]
        acting: Acting,
        /// The offer's number
        #[arg(long, value_name = "N")]
        bid: usize,
        /// What shows it
        #[arg(long)]
        evidence: String,
    },
}

/// An offer, as flags.
#[derive(Debug, Clone, clap::Args)]
pub struct MakesOffer {
    #[command(flatten)]
    pub acting: Acting,
    /// How many accelerators
    #[arg(long, value_name = "N")]
    quantity: u64,
    /// The fewest it would do; all of them if not given
    #[arg(long, value_name = "N")]
    minimum: Option<u64>,
    /// The price per accelerator-hour, as "USD 2.35"
    #[arg(long)]
    price: Money,
    #[command(flatten)]
    other: OtherTerms,
    /// Until when it stands
    #[arg(long, value_name = "INSTANT")]
    valid_until: Option<When>,
    /// What must be so before it binds, as financing; may be given again
    #[arg(long, value_name = "WHAT")]
    contingent_on: Vec<String>,
    /// What it lacks to be bona fide: written, signed, arms_length, financed or responsible
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    #[arg(value_parser = ["written", "signed", "arms_length", "financed", "responsible"])]
    lacks: Vec<String>,
    /// What was deposited, in per cent of the price
    #[arg(long, value_name = "PERCENT", default_value_t = 0)]
    deposit: u32,
    /// Hand in only a seal of it, and keep the offer with its secret in this file, to reveal it later
    #[arg(long, value_name = "FILE")]
    pub sealed: Option<PathBuf>,
}

impl Group for Command {
    fn acting(&self) -> &Acting {
        match self {
            Command::Bid(offer) => &offer.acting,
            Command::Reveal { acting, .. }
            | Command::Present { acting, .. }
            | Command::WithdrawOffer { acting, .. }
            | Command::Award { acting, .. }
            | Command::Contingency { acting, .. } => acting,
        }
    }

    fn does(&self, ground: &Ground<'_>) -> Result<Does, Failure> {
        Ok(match self.clone() {
            Command::Bid(offer) => Does::Bid(Box::new(MakeBid { bid: offer.bid(ground)? })),
            Command::Reveal { acting, bid, offer } => seal::reveal(bid, &offer, &acting.case)?,
            Command::Present { bid, certified_by, nonce, .. } => {
                let certified_by = certified_by.map(Name::new);
                Does::Present(Present { bid, certified_by, nonce })
            }
            Command::WithdrawOffer { bid, .. } => Does::WithdrawOffer(WithdrawOffer { bid }),
            Command::Award { bid: Some(bid), quantity, .. } => Does::Award(Award { bid, quantity }),
            Command::Award { bid: None, .. } => Does::AwardBest,
            Command::Contingency { bid, evidence, .. } => {
                Does::MeetContingency(MeetContingency { bid, evidence })
            }
        })
    }
}

impl MakesOffer {
    /// The offer.
    pub fn bid(&self, ground: &Ground<'_>) -> Result<Bid, Failure> {
        let base = ground.case(&self.acting.case)?.requirement.terms();
        let has = |what: &str| !self.lacks.iter().any(|lacks| lacks == what);
        let valid_until = self.valid_until.map(|until| ground.instant(until)).transpose()?;
        Ok(Bid {
            supplier: Name::new(&self.acting.by),
            quantity: self.quantity,
            minimum: self.minimum,
            terms: self.other.over(base, Some(self.price)),
            valid_until,
            evidence: Evidence {
                written: has("written"),
                signed: has("signed"),
                arms_length: has("arms_length"),
                financed: has("financed"),
                responsible: has("responsible"),
                deposit: self.deposit,
            },
            contingencies: self.contingent_on.clone(),
            status: BidStatus::Standing,
            received: jiff::Timestamp::default(),
        })
    }
}
