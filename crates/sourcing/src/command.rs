//! What parties may do. One file a command; anything a file does not allow is refused.

pub mod award;
pub mod bid;
pub mod consent;
pub mod decline;
pub mod delay;
pub mod deliver;
pub mod exercise;
pub mod match_offer;
pub mod notify;
pub mod present;
pub mod request;
pub mod sign;
pub mod withdraw;

use jiff::Timestamp;
use terms::{Agreement, Known, Name, Registry, Terms};
use thiserror::Error;

use crate::case::{Case, State};
use crate::deadline::{Clock, ClockError};
use crate::event::{Dated, Event};
use crate::timer;

/// A command: who does what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The party that acts.
    pub by: Name,
    /// What it does.
    pub does: Does,
}

/// What a command does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // Each variant's module says it.
pub enum Does {
    Request(request::Request),
    Notify(notify::Notify),
    Exercise(exercise::Exercise),
    Decline,
    Consent(consent::Consent),
    Bid(bid::MakeBid),
    Present(present::Present),
    Match,
    Award(award::Award),
    Sign,
    Delay(delay::Delay),
    Deliver(deliver::Deliver),
    Withdraw,
    /// Nobody does anything; time passes.
    Tick,
}

/// Why a command was refused; nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{guard}")]
pub struct Refused {
    /// The guard that failed.
    pub guard: String,
    /// What would help.
    pub help: String,
    /// The clause the guard comes from, if it comes from one.
    pub clause: Option<String>,
}

impl Refused {
    /// A refusal, with what would help.
    pub fn new(guard: impl Into<String>, help: impl Into<String>) -> Refused {
        Refused { guard: guard.into(), help: help.into(), clause: None }
    }
}

impl From<ClockError> for Refused {
    fn from(error: ClockError) -> Refused {
        Refused::new(error.to_string(), "extend the agreement's calendars")
    }
}

/// What a command sees of the world.
pub(crate) struct World<'a> {
    pub terms: &'a Terms,
    pub clock: Clock<'a>,
    pub by: &'a Name,
    pub now: Timestamp,
}

/// Says what happens next; changes nothing. The same inputs always give the same answer.
///
/// `now` is the instant the command counts at: for an answer, its actual receipt. What time alone
/// brings about until then happens first. Commands come in the order of these instants; one that
/// counts before what happened already is refused. Source: domain rules §2.5, rule 5.
///
/// # Errors
/// [`Refused`], with the guard that failed and what would help.
pub fn decide(
    terms: &Terms,
    case: Option<&Case>,
    command: &Command,
    now: Timestamp,
) -> Result<Vec<Dated>, Refused> {
    let by = &command.by;
    let Some(case) = case else {
        let Does::Request(request) = &command.does else {
            return Err(Refused::new("there is no such case", "begin it with `charter request`"));
        };
        let agreement = agreement_with(terms, by, now)?;
        let world = World { terms, clock: Clock::of(terms, agreement), by, now };
        let events = request.decide(&world, agreement)?;
        return Ok(dated(&world, None, events));
    };
    let agreement =
        terms.agreements().find(|agreement| agreement.name == case.agreement).ok_or_else(|| {
            let guard = format!("the agreement `{}` is not adopted", case.agreement);
            Refused::new(guard, "adopt its documents with `charter adopt`")
        })?;
    if now < case.latest {
        let guard = format!("{now} is before {}, when this case last changed", case.latest);
        return Err(Refused::new(guard, "what arrives later counts later; give a later instant"));
    }
    let world = World { terms, clock: Clock::of(terms, agreement), by, now };
    let (case, mut events) = timer::run(&world.clock, case.clone(), now)?;
    let caused = match &command.does {
        Does::Request(_) => Err(Refused::new("this case is there already", "choose another name")),
        Does::Notify(notify) => notify.decide(&world, &case),
        Does::Exercise(exercise) => exercise.decide(&world, &case),
        Does::Decline => decline::decide(&world, &case),
        Does::Consent(consent) => consent.decide(&world, &case),
        Does::Bid(bid) => bid.decide(&world, &case),
        Does::Present(present) => present.decide(&world, &case),
        Does::Match => match_offer::decide(&world, &case),
        Does::Award(award) => award.decide(&world, &case),
        Does::Sign => sign::decide(&world, &case),
        Does::Delay(delay) => delay.decide(&world, &case),
        Does::Deliver(deliver) => deliver.decide(&world, &case),
        Does::Withdraw => withdraw::decide(&world, &case),
        Does::Tick => Ok(Vec::new()),
    };
    let caused = caused.map_err(|mut refused| {
        refused.clause = refused.clause.or_else(|| case.restriction.clause());
        refused
    })?;
    events.extend(dated(&world, case.restriction.clause(), caused));
    Ok(events)
}

fn dated(world: &World<'_>, clause: Option<String>, events: Vec<Event>) -> Vec<Dated> {
    let date = |event| {
        let clause = match &event {
            Event::Screened { restriction } => restriction.clause(),
            _ => clause.clone(),
        };
        Dated { at: world.now, by: Some(world.by.clone()), clause, event }
    };
    events.into_iter().map(date).collect()
}

/// The agreement a customer is party to, as known at an instant. Without one nothing could be said
/// about a need, and it would seem free.
fn agreement_with<'a>(
    terms: &'a Terms,
    customer: &Name,
    now: Timestamp,
) -> Result<&'a Agreement, Refused> {
    let mut later = false;
    for (at, framed) in terms.documents.iter().enumerate() {
        let founds = framed.frame.as_ref().and_then(|frame| frame.founds.as_ref());
        let Some(agreement) = founds.filter(|agreement| agreement.parties.contains(customer))
        else {
            continue;
        };
        let day = now.to_zoned(agreement.time_zone.clone()).date();
        let in_effect = terms.effective(at).is_some_and(|effective| effective <= day);
        if in_effect && terms.knows(at, Known::At(now)) {
            return Ok(agreement);
        }
        later = true;
    }
    Err(if later {
        let guard = format!("no agreement of `{customer}` was known and in effect at {now}");
        Refused::new(guard, "adopt it with `--known signed` if the parties knew it by then")
    } else {
        let guard = format!("`{customer}` is party to no adopted agreement");
        Refused::new(guard, "name the customer with `--by`, or adopt its agreement")
    })
}

impl World<'_> {
    /// Only the customer may do this.
    fn must_be_customer(&self, case: &Case) -> Result<(), Refused> {
        let customer = &case.requirement.customer;
        if self.by == customer {
            return Ok(());
        }
        let guard = format!("only the customer, `{customer}`, may do this, not `{}`", self.by);
        Err(Refused::new(guard, format!("let `{customer}` do it")))
    }

    /// Only the holder of the right, or an affiliate, may do this.
    fn must_be_holder<'c>(&self, case: &'c Case) -> Result<&'c Name, Refused> {
        let Some(holder) = case.restriction.holder() else {
            return Err(Refused::new("no right covers this case", "anybody may supply it"));
        };
        if self.is_affiliate(self.by, holder) {
            return Ok(holder);
        }
        let guard = format!("only the holder, `{holder}`, may do this, not `{}`", self.by);
        Err(Refused::new(guard, format!("let `{holder}` do it")))
    }

    fn is_affiliate(&self, party: &Name, of: &Name) -> bool {
        self.registry().is_affiliate(party.as_str(), of.as_str())
    }

    fn registry(&self) -> &Registry {
        &self.terms.registry
    }
}

/// The first part in a state a command needs, or what states there are instead.
fn part_in<'c, T>(
    case: &'c Case,
    wanted: &str,
    select: impl Fn(&'c State) -> Option<T>,
) -> Result<(usize, T), Refused> {
    let mut parts = case.parts.iter().enumerate();
    parts.find_map(|(at, part)| Some((at, select(&part.state)?))).ok_or_else(|| {
        let states: Vec<_> = case.parts.iter().map(ToString::to_string).collect();
        let guard = format!("this needs a part that is {wanted}; there is {}", states.join(", "));
        Refused::new(guard, "see `charter rounds` for who may do what now")
    })
}
