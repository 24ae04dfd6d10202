//! The commands of sourcing. Each fills in a `sourcing::Command`; the rest is the same for all.

mod rounds;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use sourcing::command::{
    Does, award::Award, bid::MakeBid, consent::Consent, delay::Delay, deliver::Deliver,
    exercise::Exercise, notify::Notify, present::Present, request::Request,
};
use sourcing::{Bid, Channel, Dated, Refused, Requirement};
use terms::{Money, Name, Quantity, Terms, Verb};

use super::time::When;
use crate::outcome::{Answer, Failure, Outcome};
use crate::say;
use crate::term;
use crate::workspace::Workspace;

/// The case, the party that acts, and when its act counts.
#[derive(clap::Args)]
pub struct Acting {
    /// The case
    #[arg(value_name = "CASE")]
    case: String,
    /// The party that acts
    #[arg(long, value_name = "PARTY")]
    by: String,
    /// When it counts; now if not given
    #[arg(long, value_name = "INSTANT")]
    at: Option<When>,
}

#[derive(clap::Subcommand)]
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
        /// How many accelerators of which class, as "64_000 GB200"
        #[arg(long)]
        quantity: Quantity,
        /// The smallest number that may be taken alone; all of them if not given
        #[arg(long, value_name = "N")]
        lot: Option<u64>,
        /// research, training or inference
        #[arg(long)]
        purpose: String,
        /// The day they must stand
        #[arg(long, value_name = "DATE")]
        need_by: Date,
        /// For how many months
        #[arg(long, value_name = "N")]
        months: u32,
        /// What the customer offers per accelerator-hour, as "USD 2.40"
        #[arg(long)]
        price: Money,
        /// The customer would build it itself
        #[arg(long)]
        build: bool,
    },
    /// Put the need to the holder of a first right; its window opens on receipt
    #[command(after_help = "Example:\n  charter notify halls --by openai --channel email")]
    Notify {
        #[command(flatten)]
        acting: Acting,
        /// hand, email, courier, post or post_abroad
        #[arg(long, value_parser = channel, default_value = "email")]
        channel: Channel,
    },
    /// Take all of it, or whole lots, as the holder
    #[command(after_help = "Example:\n  charter exercise halls --by microsoft --quantity 16000")]
    Exercise {
        #[command(flatten)]
        acting: Acting,
        /// How many accelerators; all if not given
        #[arg(long, value_name = "N")]
        quantity: Option<u64>,
    },
    /// Not take it, or not match an offer, as the holder
    #[command(after_help = "Example:\n  charter decline halls --by microsoft")]
    Decline {
        #[command(flatten)]
        acting: Acting,
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
    /// Make an offer, as a supplier
    #[command(
        visible_alias = "offer",
        after_help = "Example:\n  charter bid halls --by oracle --quantity 64000 --price \"USD 2.35\""
    )]
    Bid {
        #[command(flatten)]
        acting: Acting,
        /// How many accelerators
        #[arg(long, value_name = "N")]
        quantity: u64,
        /// The price per accelerator-hour, as "USD 2.35"
        #[arg(long)]
        price: Money,
        /// Until when it stands
        #[arg(long, value_name = "INSTANT")]
        valid_until: Option<When>,
    },
    /// Put an offer that is better for its supplier to the holder, to match or not
    #[command(after_help = "Example:\n  charter present halls --by openai --bid 2")]
    Present {
        #[command(flatten)]
        acting: Acting,
        /// The offer's number
        #[arg(long, value_name = "N")]
        bid: usize,
    },
    /// Take the presented offer's terms for oneself, as the holder
    #[command(after_help = "Example:\n  charter match halls --by microsoft")]
    Match {
        #[command(flatten)]
        acting: Acting,
    },
    /// Sign an offer
    #[command(after_help = "Example:\n  charter award halls --by openai --bid 1")]
    Award {
        #[command(flatten)]
        acting: Acting,
        /// The offer's number
        #[arg(long, value_name = "N")]
        bid: usize,
    },
    /// Sign the definitive agreement after an exercise
    #[command(after_help = "Example:\n  charter sign halls --by microsoft")]
    Sign {
        #[command(flatten)]
        acting: Acting,
    },
    /// Announce that a lot will be late, as its supplier
    #[command(after_help = "\
Example:
  charter delay campus --by microsoft --lot 1 --until 2026-09-30 --reason \"grid connection\"")]
    Delay {
        #[command(flatten)]
        acting: Acting,
        /// The lot's number
        #[arg(long, value_name = "N")]
        lot: usize,
        /// The day it is now expected
        #[arg(long, value_name = "DATE")]
        until: Date,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Deliver a lot, as its supplier
    #[command(after_help = "Example:\n  charter deliver halls --by oracle --lot 1")]
    Deliver {
        #[command(flatten)]
        acting: Acting,
        /// The lot's number
        #[arg(long, value_name = "N")]
        lot: usize,
    },
    /// Withdraw what is not yet bound
    #[command(after_help = "Example:\n  charter withdraw halls --by openai")]
    Withdraw {
        #[command(flatten)]
        acting: Acting,
    },
    /// Let time pass: what is due happens, in every case
    #[command(after_help = "Example:\n  charter tick --at 2025-02-21T12:00:00-08:00")]
    Tick {
        /// Up to when; now if not given
        #[arg(long, value_name = "INSTANT")]
        at: Option<When>,
    },
    /// Show cases: states, deadlines, offers, lots, and who may act next
    #[command(after_help = "Examples:\n  charter rounds\n  charter rounds halls --json")]
    Rounds {
        /// Only this case
        #[arg(value_name = "CASE")]
        case: Option<String>,
    },
}

fn channel(word: &str) -> Result<Channel, String> {
    Ok(match word {
        "hand" => Channel::Hand,
        "email" => Channel::Email,
        "courier" => Channel::Courier,
        "post" => Channel::Post,
        "post_abroad" => Channel::PostAbroad,
        _ => return Err("expected hand, email, courier, post or post_abroad".to_string()),
    })
}

pub fn run(workspace: &Workspace, command: Command, json: bool) -> Outcome {
    let (acting, does) = match command {
        Command::Rounds { case } => return rounds::run(workspace, case.as_deref(), json),
        Command::Tick { at } => return tick(workspace, at, json),
        Command::Request { acting, quantity, lot, purpose, need_by, months, price, build } => {
            let requirement = Requirement {
                customer: Name::new(&acting.by),
                act: if build { Verb::Build } else { Verb::Contract },
                purpose,
                lot: lot.unwrap_or(quantity.count),
                quantity,
                need_by,
                months,
                price,
            };
            (acting, Does::Request(Request { requirement }))
        }
        Command::Notify { acting, channel } => (acting, Does::Notify(Notify { channel })),
        Command::Exercise { acting, quantity } => (acting, Does::Exercise(Exercise { quantity })),
        Command::Decline { acting } => (acting, Does::Decline),
        Command::Consent { acting, tacit, evidence } => {
            (acting, Does::Consent(Consent { tacit, evidence }))
        }
        Command::Bid { acting, quantity, price, valid_until } => {
            let zone = workspace.adopted_terms()?.time_zone();
            let valid_until = valid_until.map(|until| until.instant(&zone)).transpose()?;
            let supplier = Name::new(&acting.by);
            let bid = Bid { supplier, quantity, price, valid_until };
            (acting, Does::Bid(MakeBid { bid }))
        }
        Command::Present { acting, bid } => (acting, Does::Present(Present { bid })),
        Command::Match { acting } => (acting, Does::Match),
        Command::Award { acting, bid } => (acting, Does::Award(Award { bid })),
        Command::Sign { acting } => (acting, Does::Sign),
        Command::Delay { acting, lot, until, reason } => {
            (acting, Does::Delay(Delay { lot, expected: until, reason }))
        }
        Command::Deliver { acting, lot } => (acting, Does::Deliver(Deliver { lot })),
        Command::Withdraw { acting } => (acting, Does::Withdraw),
    };
    act(workspace, &acting, does, json)
}

/// How often a command is decided anew because somebody else entered something meanwhile.
const TRIES: usize = 20;

/// Decides a command on the case as it stands and enters what follows.
fn act(workspace: &Workspace, acting: &Acting, does: Does, json: bool) -> Outcome {
    let terms = workspace.adopted_terms()?;
    let zone = terms.time_zone();
    known_party(&terms, &acting.by)?;
    check_case_name(&acting.case)?;
    let command = sourcing::Command { by: Name::new(&acting.by), does };
    for _ in 0..TRIES {
        // Head first: whatever is entered after it makes the append fail.
        let head = workspace.head()?;
        let at = counts_at(workspace, acting.at, &zone)?;
        let case = workspace.case(&acting.case)?;
        let happened = match sourcing::decide(&terms, case.as_ref(), &command, at) {
            Ok(happened) => happened,
            Err(refused) => return refuse(&acting.case, &refused, json),
        };
        if workspace.append_case(head.position, &acting.case, &happened)? {
            if json {
                term::json(&happened)?;
            } else {
                report(&acting.case, &happened, &zone);
            }
            return Ok(Answer::Yes);
        }
    }
    Err(Failure::failed(
        "others keep entering things faster than this can be decided",
        "run the command again",
    ))
}

/// The instant a command counts at: what has not happened yet cannot be entered.
fn counts_at(
    workspace: &Workspace,
    at: Option<When>,
    zone: &TimeZone,
) -> Result<Timestamp, Failure> {
    let now = workspace.time();
    let at = at.map_or(Ok(now), |at| at.instant(zone))?;
    if at <= now {
        return Ok(at);
    }
    Err(Failure::wrong_use(
        format!("{} has not come yet", term::instant(at, zone)),
        "give the instant it happened with `--at`, or leave that out",
    ))
}

/// A case's name goes into the record and is typed often: a short word.
fn check_case_name(name: &str) -> Result<(), Failure> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.is_empty() && name.len() <= 60 && name.chars().all(fits) {
        return Ok(());
    }
    Err(Failure::wrong_use(
        format!("`{name}` cannot name a case"),
        "use small letters, digits and hyphens, as in `halls-2`",
    ))
}

fn known_party(terms: &Terms, party: &str) -> Result<(), Failure> {
    if terms.registry.parties.contains_key(party) {
        return Ok(());
    }
    let known = terms.registry.names(terms::registry::Entry::Party);
    let help = terms::finding::suggest(party, known);
    Err(Failure::wrong_use(format!("no party is called `{party}`"), help))
}

fn report(id: &str, happened: &[Dated], zone: &TimeZone) {
    for dated in happened {
        let by = dated.by.as_ref().map_or("clock".to_string(), ToString::to_string);
        let clause = dated.clause.as_ref().map_or(String::new(), |c| format!("  under {c}"));
        let name = term::bold(dated.event.name());
        let at = term::instant(dated.at, zone);
        say!("{}  {name}  {at}  {by}{}", term::cyan(id), term::dim(clause));
        if let Some(detail) = rounds::detail(&dated.event, zone) {
            term::item("    ", "    ", &detail);
        }
    }
}

fn refuse(id: &str, refused: &Refused, json: bool) -> Outcome {
    if json {
        term::json(&serde_json::json!({
            "refused": refused.guard, "help": refused.help, "clause": refused.clause,
        }))?;
        return Ok(Answer::No);
    }
    say!("{}  {}  {refused}", term::cyan(id), term::red("refused"));
    if let Some(clause) = &refused.clause {
        say!("    {}", term::dim(format!("under {clause}")));
    }
    term::item("    to get there: ", "    ", &refused.help);
    Ok(Answer::No)
}

/// What happened in a case, for `--json`.
#[derive(Serialize)]
struct Ticked {
    case: String,
    happened: Vec<Dated>,
}

fn tick(workspace: &Workspace, at: Option<When>, json: bool) -> Outcome {
    let terms = workspace.adopted_terms()?;
    let zone = terms.time_zone();
    let at = counts_at(workspace, at, &zone)?;
    let command = sourcing::Command { by: Name::new("clock"), does: Does::Tick };
    let mut ticked = Vec::new();
    let mut refused = Vec::new();
    for (id, _) in workspace.cases()? {
        // Head first: whatever is entered after it makes the append fail.
        let head = workspace.head()?;
        let Some(case) = workspace.case(&id)? else { continue };
        // A case whose last event is later than this has nothing due before it.
        if at < case.latest {
            continue;
        }
        match sourcing::decide(&terms, Some(&case), &command, at) {
            Ok(happened) if happened.is_empty() => {}
            Ok(happened) => {
                // If somebody else was faster, their command has let the time pass too.
                if workspace.append_case(head.position, &id, &happened)? {
                    ticked.push(Ticked { case: id, happened });
                }
            }
            // One case whose calendar is too short must not hold up the others.
            Err(error) => refused.push((id, error)),
        }
    }
    if json {
        term::json(&ticked)?;
    } else if ticked.is_empty() {
        say!("nothing is due");
    } else {
        ticked.iter().for_each(|ticked| report(&ticked.case, &ticked.happened, &zone));
    }
    for (id, error) in &refused {
        anstream::eprintln!("{id}  {}  {error}; {}", term::red("refused"), error.help);
    }
    Ok(Answer::of(refused.is_empty()))
}
