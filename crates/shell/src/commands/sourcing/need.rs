//! What the grantor does about its need.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use sourcing::command::{
    amend::Amend, extend::Extend, notify::Notify, request::Request, tender::OpenTender,
};
use sourcing::offer::Guarded;
use sourcing::{Channel, Does, Requirement, Tender};
use terms::{Duration, Money, Name, Quantity, Verb};

use super::offered::{guarded, quote};
use super::{Acting, Ground, Group, When};
use crate::outcome::Failure;

#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// State a need of capacity; the agreement is asked what it says about it
    #[command(after_help = "\
Example:
  charter request halls --by openai --quantity \"64_000 GB200\" --lot 8000 --purpose training \\
    --need-by 2026-06-30 --months 60 --price \"USD 2.40\"

A case goes request → notify → exercise or decline → bid → award → deliver; where no right stands in
the way, request → bid → award → deliver. `charter rounds` says who may do what next.")]
    Request {
        #[command(flatten)]
        acting: Acting,
        #[command(flatten)]
        need: Box<NewNeed>,
    },
    /// Put the need, or an offer, to the holders of a first right; their window opens on receipt
    #[command(after_help = "\
Examples:
  charter notify halls --by openai --channel email
  charter notify halls --by openai --bid 1      the offer is what they may match")]
    Notify {
        #[command(flatten)]
        acting: Acting,
        /// hand, email, courier, post or post_abroad
        #[arg(long, value_parser = channel, default_value = "email")]
        channel: Channel,
        /// The number of the offer that is put to them; the grantor's own terms if none
        #[arg(long, value_name = "N")]
        bid: Option<usize>,
        /// Who has seen the offer and certifies it, where the clause wants an independent person
        #[arg(long, value_name = "PARTY")]
        certified_by: Option<String>,
        /// 64 hexadecimal digits that show later which offer it was, where not all is disclosed
        #[arg(long, value_name = "HEX")]
        nonce: Option<String>,
    },
    /// Tell the holders of a bridge that was signed in an emergency
    #[command(after_help = "Example:\n  charter notify-bridge outage --by openai")]
    NotifyBridge {
        #[command(flatten)]
        acting: Acting,
    },
    /// Ask for offers, and say how they are compared before the first one comes in
    #[command(after_help = "\
Examples:
  charter tender halls --by openai --method cost_to_cover --cover \"USD 2.90\" --closes 2025-02-10
  charter tender halls --by openai --closes 2025-02-10 --reveal-by 2025-02-12    sealed offers
  charter tender halls --by openai --lottery halls-seed.json

Of equal offers the holder's wins, then what costs less to cover the need, the shorter term at equal
present value, the higher quantity; then their suppliers may improve them, sealed (`charter
improvement`); then the earlier receipt, an equal share where parts are accepted, and the lottery.")]
    Tender {
        #[command(flatten)]
        acting: Acting,
        /// unit_rate, net_money, present_value, levelised_price or cost_to_cover
        #[arg(long, default_value = "levelised_price")]
        method: String,
        /// The yearly rate money is discounted at, in per cent
        #[arg(long, value_name = "PERCENT", default_value = "0")]
        discount: String,
        /// What an accelerator-hour costs elsewhere while an offer leaves the need open
        #[arg(long, value_name = "MONEY")]
        cover: Option<Money>,
        /// The last instant at which offers are taken
        #[arg(long, value_name = "INSTANT")]
        closes: Option<When>,
        /// Offers are sealed until it closes, and revealed by then
        #[arg(long, value_name = "INSTANT", requires = "closes")]
        reveal_by: Option<When>,
        /// Decide by lot between equals, where nothing else does: post the commitment to a new seed,
        /// and keep the seed in this file until it is drawn from (`charter award --best --seed FILE`)
        #[arg(long, value_name = "FILE")]
        lottery: Option<PathBuf>,
        /// For how many hours equal offers may be improved, and then revealed; 0 if they may not
        #[arg(long, value_name = "HOURS", default_value_t = 24)]
        improvement: u32,
    },
    /// Change the need; a material change begins a new round
    #[command(after_help = "Example:\n  charter amend halls --by openai --need-by 2026-07-15")]
    Amend {
        #[command(flatten)]
        acting: Acting,
        #[command(flatten)]
        change: Box<Change>,
    },
    /// Put off a deadline that protects the other side
    #[command(
        after_help = "Example:\n  charter extend halls --by openai --until 2025-03-14T17:00:00-07:00"
    )]
    Extend {
        #[command(flatten)]
        acting: Acting,
        /// The new deadline
        #[arg(long, value_name = "INSTANT")]
        until: When,
    },
    /// Let the case follow what the agreement says now; both sides say so
    #[command(after_help = "Example:\n  charter rescreen halls --by openai")]
    Rescreen {
        #[command(flatten)]
        acting: Acting,
    },
    /// Withdraw what is not yet bound
    #[command(after_help = "Example:\n  charter withdraw halls --by openai")]
    Withdraw {
        #[command(flatten)]
        acting: Acting,
    },
}

/// A need, as flags.
#[derive(Debug, Clone, clap::Args)]
pub struct NewNeed {
    /// How many accelerators of which class, as "64_000 GB200"
    #[arg(long)]
    quantity: Quantity,
    /// The smallest number that may be taken alone; all of them if not given
    #[arg(long, value_name = "N")]
    lot: Option<u64>,
    /// research, training or inference
    #[arg(long)]
    purpose: String,
    /// Where they must stand, if that matters
    #[arg(long)]
    region: Option<String>,
    /// The day they must stand
    #[arg(long, value_name = "DATE")]
    need_by: Date,
    /// For how many months
    #[arg(long, value_name = "N")]
    months: u32,
    /// What is offered, or asked, per accelerator-hour, as "USD 2.40"
    #[arg(long)]
    price: Money,
    /// The price of a rest of so many lots, as "3=USD 2.50"; may be given again
    #[arg(long, value_name = "LOTS=PRICE", value_parser = quote)]
    quote: Vec<(u64, Money)>,
    /// A term beside the price, as prepayment=10%; may be given again
    #[arg(long, value_name = "NAME=VALUE", value_parser = guarded)]
    guarded: Vec<(Guarded, String)>,
    /// Its lots are of use only together
    #[arg(long)]
    linked: bool,
    /// A short bridge in an emergency: what it is
    #[arg(long, value_name = "WHAT")]
    emergency: Option<String>,
    /// The grantor would build it itself
    #[arg(long, conflicts_with = "sell")]
    build: bool,
    /// The grantor has too much of it and sells
    #[arg(long)]
    sell: bool,
}

/// What changes of a need.
#[derive(Debug, Clone, clap::Args)]
pub struct Change {
    /// How many accelerators of which class
    #[arg(long)]
    quantity: Option<Quantity>,
    /// The smallest number that may be taken alone
    #[arg(long, value_name = "N")]
    lot: Option<u64>,
    /// research, training or inference
    #[arg(long)]
    purpose: Option<String>,
    /// Where they must stand
    #[arg(long)]
    region: Option<String>,
    /// The day they must stand
    #[arg(long, value_name = "DATE")]
    need_by: Option<Date>,
    /// For how many months
    #[arg(long, value_name = "N")]
    months: Option<u32>,
    /// What is offered, or asked, per accelerator-hour
    #[arg(long)]
    price: Option<Money>,
    /// The price of a rest of so many lots; may be given again
    #[arg(long, value_name = "LOTS=PRICE", value_parser = quote)]
    quote: Vec<(u64, Money)>,
    /// A term beside the price; may be given again
    #[arg(long, value_name = "NAME=VALUE", value_parser = guarded)]
    guarded: Vec<(Guarded, String)>,
    /// How the notice of it travels, where a new round begins
    #[arg(long, value_parser = channel, default_value = "email")]
    channel: Channel,
}

impl Group for Command {
    fn acting(&self) -> &Acting {
        match self {
            Command::Request { acting, .. }
            | Command::Notify { acting, .. }
            | Command::NotifyBridge { acting }
            | Command::Tender { acting, .. }
            | Command::Amend { acting, .. }
            | Command::Extend { acting, .. }
            | Command::Rescreen { acting }
            | Command::Withdraw { acting } => acting,
        }
    }

    fn does(&self, ground: &Ground<'_>) -> Result<Does, Failure> {
        Ok(match self {
            Command::Request { acting, need } => {
                Does::Request(Box::new(Request { requirement: need.requirement(&acting.by) }))
            }
            Command::Notify { channel, bid, certified_by, nonce, .. } => {
                let certified_by = certified_by.clone().map(Name::new);
                Does::Notify(Notify {
                    channel: *channel,
                    bid: *bid,
                    certified_by,
                    nonce: nonce.clone(),
                })
            }
            Command::NotifyBridge { .. } => Does::NotifyBridge,
            Command::Tender { method, discount, cover, closes, reveal_by, improvement, .. } => {
                let instant = |when: &Option<When>| when.map(|at| ground.instant(at)).transpose();
                let tender = Tender {
                    method: method.clone(),
                    discount: discount.clone(),
                    cover: *cover,
                    closes: instant(closes)?,
                    reveal_by: instant(reveal_by)?,
                    seed: None,
                    lottery: None,
                    improvement: (*improvement > 0).then(|| Duration::hours(*improvement)),
                };
                Does::Tender(OpenTender { tender })
            }
            Command::Amend { acting, change } => {
                let before = ground.case(&acting.case)?.requirement.clone();
                let requirement = change.of(before);
                Does::Amend(Box::new(Amend { requirement, channel: change.channel }))
            }
            Command::Extend { until, .. } => {
                Does::Extend(Extend { deadline: ground.instant(*until)? })
            }
            Command::Rescreen { .. } => Does::Rescreen,
            Command::Withdraw { .. } => Does::Withdraw,
        })
    }
}

impl Command {
    /// Where the seed of a lottery is to be kept, if one is posted.
    pub fn lottery(&self) -> Option<&Path> {
        match self {
            Command::Tender { lottery, .. } => lottery.as_deref(),
            _ => None,
        }
    }
}

impl NewNeed {
    fn requirement(&self, by: &str) -> Requirement {
        let need = self.clone();
        let act = match (need.build, need.sell) {
            (true, _) => Verb::Build,
            (_, true) => Verb::Sell,
            _ => Verb::Contract,
        };
        Requirement {
            grantor: Name::new(by),
            act,
            lot: need.lot.unwrap_or(need.quantity.count),
            quantity: need.quantity,
            purpose: need.purpose,
            region: need.region,
            need_by: need.need_by,
            months: need.months,
            price: need.price,
            quotes: need.quote.into_iter().collect(),
            guarded: need.guarded.into_iter().collect(),
            linked: need.linked,
            emergency: need.emergency,
        }
    }
}

impl Change {
    /// The need with what changes of it.
    fn of(&self, before: Requirement) -> Requirement {
        let Change { quantity, lot, purpose, region, need_by, months, price, .. } = self.clone();
        let mut need = before;
        // A need that was taken as a whole stays one.
        let whole = need.lot == need.quantity.count;
        need.quantity = quantity.unwrap_or(need.quantity);
        need.lot = lot.unwrap_or(if whole { need.quantity.count } else { need.lot });
        need.purpose = purpose.unwrap_or(need.purpose);
        need.region = region.or(need.region);
        need.need_by = need_by.unwrap_or(need.need_by);
        need.months = months.unwrap_or(need.months);
        need.price = price.unwrap_or(need.price);
        need.quotes.extend(self.quote.iter().copied());
        need.guarded.extend(self.guarded.iter().cloned());
        need
    }
}

/// How a notice travels.
pub fn channel(text: &str) -> Result<Channel, String> {
    match text {
        "hand" => Ok(Channel::Hand),
        "email" => Ok(Channel::Email),
        "courier" => Ok(Channel::Courier),
        "post" => Ok(Channel::Post),
        "post_abroad" => Ok(Channel::PostAbroad),
        _ => Err("expected hand, email, courier, post or post_abroad".to_string()),
    }
}
