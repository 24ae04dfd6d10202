//! What suppliers offer, and what the grantor does about it; or buyers, where the grantor sells.

use std::path::PathBuf;

use sourcing::command::{
    award::{Award, AwardBest},
    bid::MakeBid,
    contingency::MeetContingency,
    present::Present,
    withdraw_offer::WithdrawOffer,
};
use sourcing::offer::{BidStatus, Evidence};
use sourcing::{Bid, Case, Does};
use terms::{Money, Name};

use super::offered::OtherTerms;
use super::{Acting, Ground, Group, When, lottery, seal};
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
  charter reveal halls --by oracle --bid 1 --offer oracle-halls.json
  charter bid halls --by oracle --improves 1 --price \"USD 2.30\" --sealed oracle-better.json"
    )]
    Bid(Box<MakesOffer>),
    /// Reveal a sealed offer, or a sealed improvement of one, once nobody may hand in another
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
    /// Ask those whose offers are equal, and next to be awarded, to improve them: sealed, and once
    #[command(after_help = "\
Example:
  charter improvement halls --by openai

Each of them may then hand in an improvement, for as long as the tender says: `charter bid halls --by
oracle --improves 1 --price \"USD 2.30\" --sealed oracle-better.json`, and reveal it once that is over:
`charter reveal halls --by oracle --bid 1 --offer oracle-better.json`. Only what is paid may change, and
only for the better.")]
    Improvement {
        #[command(flatten)]
        acting: Acting,
    },
    /// Sign an offer, or the one that serves best
    #[command(after_help = "\
Examples:
  charter award halls --by openai --bid 1
  charter award halls --by openai --bid 1 --quantity 8000
  charter award halls --by openai --best        `charter compare halls` says which that is
  charter award halls --by openai --best --seed halls-seed.json     where the lottery decides")]
    Award {
        #[command(flatten)]
        acting: Acting,
        /// The offer's number
        #[arg(long, value_name = "N", required_unless_present = "best")]
        bid: Option<usize>,
        /// The offer that serves best, as offers are compared in this case
        #[arg(long, conflicts_with_all = ["bid", "quantity"])]
        best: bool,
        /// The file that `charter tender --lottery` wrote: its seed is revealed where the lottery decides
        #[arg(long, value_name = "FILE", requires = "best")]
        seed: Option<PathBuf>,
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
    #[arg(long, value_name = "N", required_unless_present = "improves")]
    quantity: Option<u64>,
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
    /// The number of your offer that it improves, where you were asked to: nothing but what is paid
    /// changes
    #[arg(long, value_name = "N", requires = "sealed")]
    #[arg(conflicts_with_all = ["quantity", "minimum", "valid_until", "contingent_on", "lacks"])]
    pub improves: Option<usize>,
}

impl Group for Command {
    fn acting(&self) -> &Acting {
        match self {
            Command::Bid(offer) => &offer.acting,
            Command::Reveal { acting, .. }
            | Command::Present { acting, .. }
            | Command::WithdrawOffer { acting, .. }
            | Command::Improvement { acting }
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
            Command::Improvement { .. } => Does::AskImprovement,
            Command::Award { bid: None, seed, acting, .. } => {
                let seed = seed.map(|path| lottery::seed(&path, &acting.case)).transpose()?;
                Does::AwardBest(AwardBest { seed })
            }
            Command::Contingency { bid, evidence, .. } => {
                Does::MeetContingency(MeetContingency { bid, evidence })
            }
        })
    }
}

impl MakesOffer {
    /// The offer.
    pub fn bid(&self, ground: &Ground<'_>) -> Result<Bid, Failure> {
        let case = ground.case(&self.acting.case)?;
        if let Some(number) = self.improves {
            return self.improved(case, number);
        }
        let base = case.requirement.terms();
        let has = |what: &str| !self.lacks.iter().any(|lacks| lacks == what);
        let valid_until = self.valid_until.map(|until| ground.instant(until)).transpose()?;
        Ok(Bid {
            supplier: Name::new(&self.acting.by),
            quantity: self.quantity.unwrap_or_default(),
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

    /// The offer of a number on better terms.
    fn improved(&self, case: &Case, number: usize) -> Result<Bid, Failure> {
        let offer = case.bids.get(number.wrapping_sub(1)).cloned().ok_or_else(|| {
            Failure::wrong_use(
                format!("there is no offer {number}"),
                format!("see the offers with `charter rounds {}`", self.acting.case),
            )
        })?;
        let terms = self.other.over(offer.terms.clone(), Some(self.price));
        Ok(Bid { terms, ..offer })
    }
}
