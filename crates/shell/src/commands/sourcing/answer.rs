//! What holders answer, and what both say in talks.

use sourcing::command::{
    consent::Consent,
    counter::Counter,
    decline::Decline,
    documents::{RequestDocuments, SendDocuments},
    exercise::Exercise,
    match_offer::MatchOffer,
    waive::Waive,
};
use sourcing::{Channel, Does};
use terms::{Money, Name};

use super::offered::OtherTerms;
use super::{Acting, Ground, Group};
use crate::outcome::Failure;

#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Ask for documents, as the holder; or send them
    #[command(subcommand)]
    Documents(Documents),
    /// Take all of it, or whole lots, as the holder
    #[command(after_help = "Example:\n  charter exercise halls --by microsoft --quantity 16000")]
    Exercise {
        #[command(flatten)]
        acting: Acting,
        /// How many accelerators; all if not given
        #[arg(long, value_name = "N")]
        quantity: Option<u64>,
        /// What it is made conditional on; may be given again, and makes it no exercise
        #[arg(long, value_name = "WHAT")]
        condition: Vec<String>,
        /// Whom the holder has take its place, where the clause lets it
        #[arg(long, value_name = "PARTY")]
        designee: Option<String>,
    },
    /// Not take it, or not match an offer, as the holder
    #[command(after_help = "\
Examples:
  charter decline halls --by microsoft
  charter decline halls --by microsoft --unable    because it cannot")]
    Decline {
        #[command(flatten)]
        acting: Acting,
        /// Because the holder is unable to
        #[arg(long)]
        unable: bool,
    },
    /// Waive the right for this case, and this case alone, as the holder
    #[command(
        after_help = "Example:\n  charter waive halls --by microsoft --evidence \"letter of 3 June\""
    )]
    Waive {
        #[command(flatten)]
        acting: Acting,
        /// Others may then sign on any terms
        #[arg(long)]
        unlimited: bool,
        /// What shows it
        #[arg(long)]
        evidence: String,
    },
    /// Let others supply this case, as the holder; or record that it did so tacitly
    #[command(after_help = "\
Example:
  charter consent overflow --by openai --tacit --evidence \"told on 3 June, no objection\"")]
    Consent {
        #[command(flatten)]
        acting: Acting,
        /// The holder knew and did not object
        #[arg(long)]
        tacit: bool,
        /// What shows it
        #[arg(long)]
        evidence: String,
    },
    /// Say that talks are welcome, as the holder of a right of first negotiation
    #[command(after_help = "Example:\n  charter interest halls --by microsoft")]
    Interest {
        #[command(flatten)]
        acting: Acting,
    },
    /// Put other terms forward; no exercise
    #[command(after_help = "Example:\n  charter counter halls --by microsoft --price \"USD 2.30\"")]
    Counter {
        #[command(flatten)]
        acting: Acting,
        /// The price per accelerator-hour; that of the request if not given
        #[arg(long)]
        price: Option<Money>,
        #[command(flatten)]
        other: Box<OtherTerms>,
    },
    /// Agree to what the other side put forward last
    #[command(after_help = "Example:\n  charter agree halls --by openai")]
    Agree {
        #[command(flatten)]
        acting: Acting,
    },
    /// Take the presented offer's terms for oneself, as the holder
    #[command(after_help = "\
Examples:
  charter match halls --by microsoft
  charter match halls --by microsoft --price \"USD 2.36\"")]
    Match {
        #[command(flatten)]
        acting: Acting,
        /// The price per accelerator-hour; the offer's if not given
        #[arg(long)]
        price: Option<Money>,
        #[command(flatten)]
        other: Box<OtherTerms>,
        /// Take the whole of a package, not only the part the right is about
        #[arg(long)]
        whole_package: bool,
    },
}

#[derive(Debug, Clone, clap::Subcommand)]
pub enum Documents {
    /// Ask for documents, as the holder
    #[command(
        after_help = "Example:\n  charter documents request halls --by microsoft --list \"site plan\""
    )]
    Request {
        #[command(flatten)]
        acting: Acting,
        /// A document that is wanted; may be given again
        #[arg(long, value_name = "WHAT", required = true)]
        list: Vec<String>,
    },
    /// Send what was asked for, as the grantor
    #[command(
        after_help = "Example:\n  charter documents send halls --by openai --channel courier"
    )]
    Send {
        #[command(flatten)]
        acting: Acting,
        /// hand, email, courier, post or post_abroad
        #[arg(long, value_parser = super::need::channel, default_value = "email")]
        channel: Channel,
    },
}

impl Group for Command {
    fn acting(&self) -> &Acting {
        match self {
            Command::Documents(Documents::Request { acting, .. })
            | Command::Documents(Documents::Send { acting, .. })
            | Command::Exercise { acting, .. }
            | Command::Decline { acting, .. }
            | Command::Waive { acting, .. }
            | Command::Consent { acting, .. }
            | Command::Interest { acting }
            | Command::Counter { acting, .. }
            | Command::Agree { acting }
            | Command::Match { acting, .. } => acting,
        }
    }

    fn does(&self, ground: &Ground<'_>) -> Result<Does, Failure> {
        let command = self.clone();
        Ok(match command {
            Command::Documents(Documents::Request { list, .. }) => {
                Does::RequestDocuments(RequestDocuments { list })
            }
            Command::Documents(Documents::Send { channel, .. }) => {
                Does::SendDocuments(SendDocuments { channel })
            }
            Command::Exercise { quantity, condition, designee, .. } => {
                let designee = designee.map(Name::new);
                Does::Exercise(Exercise { quantity, conditions: condition, designee })
            }
            Command::Decline { unable, .. } => Does::Decline(Decline { unable }),
            Command::Waive { unlimited, evidence, .. } => {
                Does::Waive(Waive { unlimited, evidence })
            }
            Command::Consent { tacit, evidence, .. } => Does::Consent(Consent { tacit, evidence }),
            Command::Interest { .. } => Does::Interest,
            Command::Counter { acting, price, other } => {
                let base = ground.case(&acting.case)?.requirement.terms();
                Does::Counter(Counter { terms: other.over(base, price) })
            }
            Command::Agree { .. } => Does::Agree,
            Command::Match { acting, price, other, whole_package } => {
                let base = ground.presented(&acting.case, acting.part)?;
                // Those of the offer itself, unless something else is said.
                let terms = base.map(|base| (other.over(base.clone(), price), base));
                let terms = terms.filter(|(said, base)| said != base).map(|(said, _)| said);
                Does::Match(MatchOffer { terms, package: whole_package })
            }
        })
    }
}
