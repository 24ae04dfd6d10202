//! What happens to what is signed, or was signed without leave.

use sourcing::Does;
use sourcing::command::{
    annul::Annul, change_terms::ChangeTerms, default::Default, detect::Detect,
};
use terms::{Money, Name};

use super::offered::OtherTerms;
use super::{Acting, Ground, Group};
use crate::outcome::Failure;

#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Sign the definitive agreement after an exercise; both sides do
    #[command(after_help = "Example:\n  charter sign halls --by microsoft")]
    Sign {
        #[command(flatten)]
        acting: Acting,
    },
    /// Change what is signed with somebody else; both sides say so
    #[command(
        after_help = "Example:\n  charter change-terms halls --by openai --part 2 --price \"USD 2.30\""
    )]
    ChangeTerms {
        #[command(flatten)]
        acting: Acting,
        /// The new price per accelerator-hour; the signed one if not given
        #[arg(long)]
        price: Option<Money>,
        #[command(flatten)]
        other: Box<OtherTerms>,
        /// The independent person that has seen it, where the holders are not told all of it
        #[arg(long, value_name = "PARTY")]
        certified_by: Option<String>,
        /// 32 random bytes in hexadecimal digits, for a seal that shows later what it was; keep them
        #[arg(long, value_name = "HEX")]
        nonce: Option<String>,
    },
    /// Undo what is signed; both sides say so, or the decision-maker for error
    #[command(
        after_help = "Example:\n  charter annul halls --by openai --part 2 --reason \"site fell through\""
    )]
    Annul {
        #[command(flatten)]
        acting: Acting,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Record that what is signed with somebody else ended by that party's default
    #[command(
        after_help = "Example:\n  charter default halls --by openai --part 2 --reason \"oracle terminated\""
    )]
    Default {
        #[command(flatten)]
        acting: Acting,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Record that somebody was found to have signed without leave
    #[command(after_help = "\
Example:
  charter detect halls --by microsoft --party oracle --quantity 8000 --price \"USD 2.10\" \\
    --evidence \"audit of 2 May\"")]
    Detect {
        #[command(flatten)]
        acting: Acting,
        /// Who signed
        #[arg(long, value_name = "PARTY")]
        party: String,
        /// How many accelerators
        #[arg(long, value_name = "N")]
        quantity: u64,
        /// The price per accelerator-hour
        #[arg(long)]
        price: Money,
        #[command(flatten)]
        other: Box<OtherTerms>,
        /// What shows it
        #[arg(long)]
        evidence: String,
        /// The independent person that has seen it, where the holders are not told all of it
        #[arg(long, value_name = "PARTY")]
        certified_by: Option<String>,
        /// 32 random bytes in hexadecimal digits, for a seal that shows later what it was; keep them
        #[arg(long, value_name = "HEX")]
        nonce: Option<String>,
    },
}

impl Group for Command {
    fn acting(&self) -> &Acting {
        match self {
            Command::Sign { acting }
            | Command::ChangeTerms { acting, .. }
            | Command::Annul { acting, .. }
            | Command::Default { acting, .. }
            | Command::Detect { acting, .. } => acting,
        }
    }

    fn does(&self, ground: &Ground<'_>) -> Result<Does, Failure> {
        Ok(match self.clone() {
            Command::Sign { .. } => Does::Sign,
            Command::ChangeTerms { acting, price, other, certified_by, nonce } => {
                let base = ground.signed(&acting.case, acting.part)?;
                let (terms, certified_by) = (other.over(base, price), certified_by.map(Name::new));
                Does::ChangeTerms(ChangeTerms { terms, certified_by, nonce })
            }
            Command::Annul { reason, .. } => Does::Annul(Annul { reason }),
            Command::Default { reason, .. } => Does::Default(Default { reason }),
            Command::Detect {
                acting,
                party,
                quantity,
                price,
                other,
                evidence,
                certified_by,
                nonce,
            } => {
                let base = ground.case(&acting.case)?.requirement.terms();
                Does::Detect(Box::new(Detect {
                    party: Name::new(party),
                    quantity,
                    terms: other.over(base, Some(price)),
                    evidence,
                    certified_by: certified_by.map(Name::new),
                    nonce,
                }))
            }
        })
    }
}
