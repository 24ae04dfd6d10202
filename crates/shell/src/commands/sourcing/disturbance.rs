//! What happens to a party or to the process: assignment, control, insolvency, disputes.

use sourcing::command::{
    assign::Assign, control::ChangeControl, dispute::RaiseDispute, insolvency::NoticeInsolvency,
    rule::Rule, stay::Stay,
};
use sourcing::{Does, Guard, State};
use terms::Name;

use super::{Acting, Ground, Group, When};
use crate::outcome::Failure;

#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Hand a right on, as its holder
    #[command(after_help = "Example:\n  charter assign halls --by microsoft --to azure-uk")]
    Assign {
        #[command(flatten)]
        acting: Acting,
        /// To whom
        #[arg(long, value_name = "PARTY")]
        to: String,
        /// The grantor goes on with the new holder though the right may not be handed on
        #[arg(long)]
        continued: bool,
        /// Whose right it was, where the grantor says so and there are several
        #[arg(long, value_name = "PARTY")]
        holder: Option<String>,
    },
    /// Record that a holder has come under a competitor's control, or choose what follows
    #[command(subcommand)]
    Control(Control),
    /// Record that a holder is insolvent
    #[command(after_help = "Example:\n  charter insolvency halls --by openai --holder microsoft")]
    Insolvency {
        #[command(flatten)]
        acting: Acting,
        /// Who is
        #[arg(long, value_name = "PARTY")]
        holder: String,
    },
    /// Ask an insolvent holder for assurance; give it, or refuse it
    #[command(subcommand)]
    Assurance(Assurance),
    /// Contest a guard: what follows is provisional until it is ruled upon
    #[command(after_help = "\
Example:
  charter dispute halls --by microsoft --guard within-terms --grounds \"the rebate is not counted\"")]
    Dispute {
        #[command(flatten)]
        acting: Acting,
        /// Which, as a refusal or `charter why` names it
        #[arg(long)]
        guard: Guard,
        /// On what grounds
        #[arg(long)]
        grounds: String,
    },
    /// Let everything stand still, as the decision-maker
    #[command(
        after_help = "Example:\n  charter stay halls --by arbiter --reason \"until the hearing\""
    )]
    Stay {
        #[command(flatten)]
        acting: Acting,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Let it go on, as the decision-maker
    #[command(after_help = "Example:\n  charter resume halls --by arbiter")]
    Resume {
        #[command(flatten)]
        acting: Acting,
    },
    /// Rule which state a part is in, as the decision-maker
    #[command(after_help = "\
Examples:
  charter rule halls --by arbiter --part 1 --state free --reasons \"the notice was complete\"
  charter rule halls --by arbiter --part 1 --state '{\"state\":\"FREE\",\"unrestricted\":false,…}' …

A state that has more to it than its name is written as `charter rounds CASE --json` shows it.")]
    Rule {
        #[command(flatten)]
        acting: Acting,
        /// draft, free, exempt, expired, withdrawn, annulled, void, fulfilled; or a whole state in JSON
        #[arg(long, value_parser = state)]
        state: Box<State>,
        /// The last instant others may sign, where it comes free; open-ended if not given
        #[arg(long, value_name = "INSTANT")]
        until: Option<When>,
        /// Why
        #[arg(long)]
        reasons: String,
    },
}

#[derive(Debug, Clone, clap::Subcommand)]
pub enum Control {
    /// Record that a holder has come under a competitor's control
    #[command(
        after_help = "Example:\n  charter control changed halls --by openai --competitor oracle"
    )]
    Changed {
        #[command(flatten)]
        acting: Acting,
        /// Who controls it now
        #[arg(long, value_name = "PARTY")]
        competitor: String,
    },
    /// Deal blind from now on, as the grantor
    #[command(after_help = "Example:\n  charter control blind halls --by openai")]
    Blind {
        #[command(flatten)]
        acting: Acting,
    },
    /// Suspend the right to decide about it, as the grantor
    #[command(after_help = "Example:\n  charter control suspend halls --by openai")]
    Suspend {
        #[command(flatten)]
        acting: Acting,
    },
}

#[derive(Debug, Clone, clap::Subcommand)]
pub enum Assurance {
    /// Ask the holder for assurance, as the grantor
    #[command(after_help = "Example:\n  charter assurance ask halls --by openai")]
    Ask {
        #[command(flatten)]
        acting: Acting,
    },
    /// Give it and stand by the agreement, as the holder
    #[command(after_help = "Example:\n  charter assurance give halls --by microsoft")]
    Give {
        #[command(flatten)]
        acting: Acting,
    },
    /// Not stand by the agreement, as the holder
    #[command(after_help = "Example:\n  charter assurance refuse halls --by microsoft")]
    Refuse {
        #[command(flatten)]
        acting: Acting,
    },
}

impl Group for Command {
    fn acting(&self) -> &Acting {
        match self {
            Command::Assign { acting, .. }
            | Command::Control(
                Control::Changed { acting, .. }
                | Control::Blind { acting }
                | Control::Suspend { acting },
            )
            | Command::Insolvency { acting, .. }
            | Command::Assurance(
                Assurance::Ask { acting }
                | Assurance::Give { acting }
                | Assurance::Refuse { acting },
            )
            | Command::Dispute { acting, .. }
            | Command::Stay { acting, .. }
            | Command::Resume { acting }
            | Command::Rule { acting, .. } => acting,
        }
    }

    fn does(&self, ground: &Ground<'_>) -> Result<Does, Failure> {
        Ok(match self.clone() {
            Command::Assign { to, continued, holder, .. } => {
                let (to, holder) = (Name::new(to), holder.map(Name::new));
                Does::Assign(Assign { to, continued, holder })
            }
            Command::Control(Control::Changed { competitor, .. }) => {
                Does::ChangeControl(ChangeControl { competitor: Name::new(competitor) })
            }
            Command::Control(Control::Blind { .. }) => Does::DealBlind,
            Command::Control(Control::Suspend { .. }) => Does::SuspendForControl,
            Command::Insolvency { holder, .. } => {
                Does::Insolvency(NoticeInsolvency { holder: Name::new(holder) })
            }
            Command::Assurance(Assurance::Ask { .. }) => Does::AskAssurance,
            Command::Assurance(Assurance::Give { .. }) => Does::Assume,
            Command::Assurance(Assurance::Refuse { .. }) => Does::Reject,
            Command::Dispute { guard, grounds, .. } => {
                Does::Dispute(RaiseDispute { guard, grounds })
            }
            Command::Stay { reason, .. } => Does::Stay(Stay { reason }),
            Command::Resume { .. } => Does::Resume,
            Command::Rule { state, until, reasons, .. } => {
                let mut state = state;
                if let (State::Free(free), Some(until)) = (state.as_mut(), until) {
                    free.closes = Some(ground.instant(until)?);
                }
                Does::Rule(Box::new(Rule { state: *state, reasons }))
            }
        })
    }
}

/// A state by its name, where there is nothing else to it; or in JSON.
fn state(text: &str) -> Result<Box<State>, String> {
    if text.starts_with('{') {
        return serde_json::from_str(text).map_err(|error| error.to_string());
    }
    let state = match text.to_lowercase().as_str() {
        "draft" => State::Draft,
        "free" => State::Free(sourcing::case::Free::default()),
        "exempt" => State::Exempt,
        "expired" => State::Expired,
        "withdrawn" => State::Withdrawn,
        "annulled" => State::Annulled,
        "void" => State::Void,
        "fulfilled" => State::Fulfilled,
        _ => {
            return Err(
                "expected draft, free, exempt, expired, withdrawn, annulled, void, fulfilled, or \
                  a whole state in JSON"
                    .to_string(),
            );
        }
    };
    Ok(Box::new(state))
}
