//! What parties may do. One file a command; anything a file does not allow is refused.

pub mod agree;
pub mod amend;
pub mod annul;
pub mod assign;
pub mod assurance;
pub mod award;
pub mod bid;
pub mod change_terms;
pub mod consent;
pub mod contingency;
pub mod control;
pub mod counter;
pub mod decline;
pub mod default;
pub mod delay;
pub mod deliver;
pub mod detect;
pub mod dispute;
pub mod documents;
pub mod excuse;
pub mod exercise;
pub mod extend;
pub mod improvement;
pub mod insolvency;
pub mod interest;
pub mod match_offer;
pub mod notify;
pub mod notify_bridge;
pub mod present;
pub mod recover;
pub mod request;
pub mod rescreen;
pub mod rule;
pub mod seal;
pub mod shortfall;
pub mod sign;
pub mod slip;
pub mod stay;
pub mod tender;
pub mod waive;
pub mod withdraw;
pub mod withdraw_offer;

use std::cell::RefCell;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use terms::{Agreement, Known, Name, Registry, Terms};
use thiserror::Error;

use crate::book::Book;
use crate::case::{Case, State};
use crate::deadline::{Clock, ClockError};
use crate::event::{Dated, Event};
use crate::guard::{Guard, Guards};
use crate::right::Right;
use crate::timer;

/// A command: who does what.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Command {
    /// What tells it from any other; one that is repeated changes nothing. None where nobody could
    /// repeat it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The party that acts.
    pub by: Name,
    /// The part it is about, counted from 1; the first it can be about if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<usize>,
    /// What it does.
    #[serde(flatten)]
    pub does: Does,
}

impl Command {
    /// A command without an id, about the first part it can be about.
    pub fn new(by: impl Into<String>, does: Does) -> Command {
        Command { id: None, by: Name::new(by), part: None, does }
    }
}

/// What a command does.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "does", rename_all = "kebab-case")]
#[allow(missing_docs)] // Each variant's module says it.
pub enum Does {
    Request(Box<request::Request>),
    NotifyBridge,
    Notify(notify::Notify),
    RequestDocuments(documents::RequestDocuments),
    SendDocuments(documents::SendDocuments),
    Exercise(exercise::Exercise),
    Decline(decline::Decline),
    Waive(waive::Waive),
    Consent(consent::Consent),
    Interest,
    Counter(counter::Counter),
    Agree,
    Tender(tender::OpenTender),
    Seal(seal::SealBid),
    Reveal(Box<seal::RevealBid>),
    Bid(Box<bid::MakeBid>),
    WithdrawOffer(withdraw_offer::WithdrawOffer),
    Present(present::Present),
    Match(match_offer::MatchOffer),
    Award(award::Award),
    AwardBest(award::AwardBest),
    AskImprovement,
    SealImprovement(improvement::SealImprovement),
    RevealImprovement(Box<improvement::RevealImprovement>),
    MeetContingency(contingency::MeetContingency),
    Sign,
    Amend(Box<amend::Amend>),
    Withdraw,
    Extend(extend::Extend),
    Rescreen,
    Annul(annul::Annul),
    ChangeTerms(change_terms::ChangeTerms),
    Default(default::Default),
    Detect(Box<detect::Detect>),
    Assign(assign::Assign),
    ChangeControl(control::ChangeControl),
    DealBlind,
    SuspendForControl,
    Insolvency(insolvency::NoticeInsolvency),
    AskAssurance,
    Assume,
    Reject,
    Dispute(dispute::RaiseDispute),
    Stay(stay::Stay),
    Resume,
    Rule(Box<rule::Rule>),
    Delay(delay::Delay),
    Slip(slip::Slip),
    Excuse(excuse::Excuse),
    Deliver(deliver::Deliver),
    DeclareShortfall(shortfall::DeclareShortfall),
    Recover(recover::Recover),
    /// Nobody does anything; time passes.
    Tick,
}

/// Why a command was refused; nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize)]
#[error("{found}")]
pub struct Refused {
    /// The guard that failed.
    pub guard: Guard,
    /// What was found instead.
    pub found: String,
    /// What would help.
    pub help: String,
    /// The clause the guard comes from, if it comes from one.
    pub clause: Option<String>,
}

impl Refused {
    /// A refusal, with what would help.
    pub fn new(guard: Guard, found: impl Into<String>, help: impl Into<String>) -> Refused {
        Refused { guard, found: found.into(), help: help.into(), clause: None }
    }
}

impl From<ClockError> for Refused {
    fn from(error: ClockError) -> Refused {
        let help = "extend the agreement's calendars";
        Refused::new(Guard::CompleteRequirement, error.to_string(), help)
    }
}

/// What a command sees of the world.
pub(crate) struct World<'a> {
    pub terms: &'a Terms,
    pub book: &'a Book,
    /// The name of the case.
    pub name: &'a str,
    pub agreement: &'a Agreement,
    pub clock: Clock<'a>,
    pub by: &'a Name,
    pub now: Timestamp,
    /// The part the command is about, if it names one.
    pub part: Option<usize>,
    guards: Guards,
    passed: RefCell<Vec<Guard>>,
}

/// Says what happens next; changes nothing. The same inputs always give the same answer.
///
/// `name` is the case's name; `now` is the instant the command counts at: for an answer, its actual
/// receipt. What time alone brings about until then happens first. Commands come in the order of
/// these instants; one that counts before what happened already is refused. Source: domain rules
/// §2.5, rule 5.
///
/// # Errors
/// [`Refused`], with the guard that failed and what would help.
pub fn decide(
    terms: &Terms,
    book: &Book,
    name: &str,
    command: &Command,
    now: Timestamp,
) -> Result<Vec<Dated>, Refused> {
    decide_asking(Guards::ALL, terms, book, name, command, now)
}

/// As [`decide`], asking only some guards: for checkers that see whether one is missed.
///
/// # Errors
/// As [`decide`].
#[doc(hidden)]
pub fn decide_asking(
    guards: Guards,
    terms: &Terms,
    book: &Book,
    name: &str,
    command: &Command,
    now: Timestamp,
) -> Result<Vec<Dated>, Refused> {
    let by = &command.by;
    let case = book.case(name);
    let agreement = match case {
        None => agreement_with(terms, by, now)?,
        Some(case) => agreement_of(terms, case)?,
    };
    let world = World {
        terms,
        book,
        name,
        agreement,
        clock: Clock::of(terms, agreement),
        by,
        now,
        part: command.part.map(|part| part.wrapping_sub(1)),
        guards,
        passed: RefCell::default(),
    };
    let Some(case) = case else {
        let Does::Request(request) = &command.does else {
            let help = "begin it with `charter request`";
            return Err(Refused::new(Guard::CaseExists, "there is no such case", help));
        };
        let events = request.decide(&world)?;
        return Ok(world.dated(command, None, events));
    };
    if command.id.as_ref().is_some_and(|id| case.done.contains(id)) {
        return Ok(Vec::new());
    }
    world.guard(Guard::InOrder, case.latest <= now, || {
        let found = format!("{now} is before {}, when this case last changed", case.latest);
        (found, "what arrives later counts later; give a later instant".to_string())
    })?;
    let (case, mut events) = timer::run(&world, case.clone(), now)?;
    let caused = world.perform(&case, &command.does).map_err(|mut refused| {
        refused.clause = refused.clause.or_else(|| case.restriction.clause());
        refused
    })?;
    events.extend(world.dated(command, case.restriction.clause(), caused));
    Ok(events)
}

impl<'a> World<'a> {
    fn perform(&self, case: &Case, does: &Does) -> Result<Vec<Event>, Refused> {
        match does {
            Does::Request(_) => {
                let help = "choose another name";
                Err(Refused::new(Guard::CaseExists, "this case is there already", help))
            }
            Does::NotifyBridge => notify_bridge::decide(self, case),
            Does::Notify(notify) => notify.decide(self, case),
            Does::RequestDocuments(request) => request.decide(self, case),
            Does::SendDocuments(send) => send.decide(self, case),
            Does::Exercise(exercise) => exercise.decide(self, case),
            Does::Decline(decline) => decline.decide(self, case),
            Does::Waive(waive) => waive.decide(self, case),
            Does::Consent(consent) => consent.decide(self, case),
            Does::Interest => interest::decide(self, case),
            Does::Counter(counter) => counter.decide(self, case),
            Does::Agree => agree::decide(self, case),
            Does::Tender(tender) => tender.decide(self, case),
            Does::Seal(seal) => seal.decide(self, case),
            Does::Reveal(reveal) => reveal.decide(self, case),
            Does::Bid(bid) => bid.decide(self, case),
            Does::WithdrawOffer(withdraw) => withdraw.decide(self, case),
            Does::Present(present) => present.decide(self, case),
            Does::Match(matching) => matching.decide(self, case),
            Does::Award(award) => award.decide(self, case),
            Does::AwardBest(best) => best.decide(self, case),
            Does::AskImprovement => improvement::ask(self, case),
            Does::SealImprovement(seal) => seal.decide(self, case),
            Does::RevealImprovement(reveal) => reveal.decide(self, case),
            Does::MeetContingency(meet) => meet.decide(self, case),
            Does::Sign => sign::decide(self, case),
            Does::Amend(amend) => amend.decide(self, case),
            Does::Withdraw => withdraw::decide(self, case),
            Does::Extend(extend) => extend.decide(self, case),
            Does::Rescreen => rescreen::decide(self, case),
            Does::Annul(annul) => annul.decide(self, case),
            Does::ChangeTerms(change) => change.decide(self, case),
            Does::Default(default) => default.decide(self, case),
            Does::Detect(detect) => detect.decide(self, case),
            Does::Assign(assign) => assign.decide(self, case),
            Does::ChangeControl(change) => change.decide(self, case),
            Does::DealBlind => control::deal_blind(self, case),
            Does::SuspendForControl => control::suspend(self, case),
            Does::Insolvency(notice) => notice.decide(self, case),
            Does::AskAssurance => assurance::ask(self, case),
            Does::Assume => assurance::assume(self, case),
            Does::Reject => assurance::reject(self, case),
            Does::Dispute(dispute) => dispute.decide(self, case),
            Does::Stay(stay) => stay.decide(self, case),
            Does::Resume => stay::resume(self, case),
            Does::Rule(rule) => rule.decide(self, case),
            Does::Delay(delay) => delay.decide(self, case),
            Does::Slip(slip) => slip.decide(self, case),
            Does::Excuse(excuse) => excuse.decide(self, case),
            Does::Deliver(deliver) => deliver.decide(self, case),
            Does::DeclareShortfall(declare) => declare.decide(self, case),
            Does::Recover(recover) => recover.decide(self, case),
            Does::Tick => Ok(Vec::new()),
        }
    }

    /// Asks a guard: if it does not hold, the command is refused with what was found and what would
    /// help. What passed goes into the events.
    pub(crate) fn guard(
        &self,
        guard: Guard,
        holds: bool,
        otherwise: impl FnOnce() -> (String, String),
    ) -> Result<(), Refused> {
        if holds {
            let mut passed = self.passed.borrow_mut();
            if !passed.contains(&guard) {
                passed.push(guard);
            }
            return Ok(());
        }
        if !self.guards.ask(guard) {
            return Ok(());
        }
        let (found, help) = otherwise();
        Err(Refused::new(guard, found, help))
    }

    fn dated(&self, command: &Command, clause: Option<String>, events: Vec<Event>) -> Vec<Dated> {
        let guards = self.passed.take();
        // What follows from screening follows from the clause it found.
        let screened = events.iter().rev().find_map(|event| match event {
            Event::Screened { restriction, .. } => Some(restriction.clause()),
            _ => None,
        });
        let tagged = events.iter().any(|event| matches!(event, Event::TaggedBack { .. }));
        let date = |(at, event): (usize, Event)| {
            let clause = match &event {
                Event::Screened { restriction, .. } => restriction.clause(),
                Event::Exempted { .. } => screened.clone().flatten().or(clause.clone()),
                Event::LotScheduled { lot } => lot.delay.clause.clone().or(clause.clone()),
                _ => clause.clone(),
            };
            // Its readers may not know whose offer it was, nor so who withdrew or changed it.
            let unnamed = match event {
                Event::OfferWithdrawn { .. } => true,
                Event::OfferPresented { .. } | Event::OfferDisclosed { .. } => tagged,
                _ => false,
            };
            Dated {
                at: self.now,
                by: (!unnamed).then(|| self.by.clone()),
                clause,
                command: command.id.clone().filter(|_| !unnamed),
                // What was asked stands with the first event of a command.
                guards: if at == 0 { guards.clone() } else { Vec::new() },
                event,
            }
        };
        events.into_iter().enumerate().map(date).collect()
    }

    /// Only the grantor may do this.
    pub(crate) fn must_be_grantor(&self, case: &Case) -> Result<(), Refused> {
        let grantor = &case.requirement.grantor;
        self.guard(Guard::ByGrantor, self.by == grantor, || {
            let found =
                format!("only `{grantor}`, whose case it is, may do this, not `{}`", self.by);
            (found, format!("let `{grantor}` do it"))
        })
    }

    /// Only a holder, or an affiliate of one, may do this: which, by its place among the rights; 0
    /// for the holder of an exclusivity.
    pub(crate) fn must_be_holder(&self, case: &Case) -> Result<usize, Refused> {
        let holders: Vec<_> = case.restriction.holders().collect();
        let Some(first) = holders.first() else {
            let help = "anybody may supply it";
            return Err(Refused::new(Guard::Covered, "no right covers this case", help));
        };
        let mut left = case.holders();
        let place = left.find(|(_, holder)| self.is_affiliate(self.by, holder)).map(|(at, _)| at);
        let lapsed = holders.iter().any(|holder| self.is_affiliate(self.by, holder));
        self.guard(Guard::ByHolder, place.is_some(), || {
            if lapsed {
                let found = format!("the right of `{}` has lapsed", self.by);
                return (found, "anybody may make an offer: `charter bid`".to_string());
            }
            let names: Vec<_> = holders.iter().map(|holder| format!("`{holder}`")).collect();
            let found =
                format!("only the holder, {}, may do this, not `{}`", names.join(" or "), self.by);
            (found, format!("let `{first}` do it"))
        })?;
        Ok(place.unwrap_or_default())
    }

    /// Only one of these parties, or an affiliate of one, may do this: which, by its place.
    pub(crate) fn must_be_one_of(&self, parties: &[&Name]) -> Result<usize, Refused> {
        let place = parties.iter().position(|party| self.is_affiliate(self.by, party));
        self.guard(Guard::ByParty, place.is_some(), || {
            let names: Vec<_> = parties.iter().map(|party| format!("`{party}`")).collect();
            let names = names.join(" or ");
            (format!("only {names} may do this, not `{}`", self.by), format!("let {names} do it"))
        })?;
        Ok(place.unwrap_or_default())
    }

    /// Only the decision-maker the agreement names may do this.
    pub(crate) fn must_be_decision_maker(&self) -> Result<(), Refused> {
        let named = self.agreement.decision_maker.as_ref();
        self.guard(Guard::ByDecisionMaker, named == Some(self.by), || match named {
            Some(named) => {
                let found = format!("only the decision-maker, `{named}`, may do this");
                (found, format!("let `{named}` do it"))
            }
            None => {
                let found = format!("`{}` names nobody who decides disputes", self.agreement.name);
                (found, "write `decision_maker = PARTY` in the agreement".to_string())
            }
        })
    }

    /// What is said and may not be nothing: evidence, grounds, a reason.
    pub(crate) fn must_be_said(&self, said: &str, found: &str, help: &str) -> Result<(), Refused> {
        self.guard(Guard::Evidence, !said.trim().is_empty(), || {
            (found.to_string(), help.to_string())
        })
    }

    /// Whether a party, or one whose affiliate it is, holds a right to the case.
    pub(crate) fn is_of_holder(&self, case: &Case, party: &Name) -> bool {
        case.restriction.holders().any(|holder| self.is_affiliate(party, holder))
    }

    /// The clock by which a right's windows end: a clause may name a time of day of its own.
    pub(crate) fn clock_of(&self, right: &Right) -> Clock<'a> {
        let cutoff = right.says.approach.cutoff_time.unwrap_or(self.clock.cutoff);
        Clock { cutoff, ..self.clock.clone() }
    }

    /// What a supplier has declared to have of what a case is about, if it did, and what it has
    /// committed of it in all cases together: in this one, as it is by now.
    pub(crate) fn capacity(&self, case: &Case, supplier: &Name) -> Option<(u64, u64)> {
        let class = &case.requirement.quantity.class;
        let declared = self.book.declared(supplier, class)?;
        let others = self.book.others(self.name).map(|(_, other)| other);
        let others = others.filter(|other| other.requirement.quantity.class == *class);
        let cases = others.chain([case]).map(|case| case.committed(supplier));
        Some((declared, cases.fold(0, u64::saturating_add)))
    }

    pub(crate) fn is_affiliate(&self, party: &Name, of: &Name) -> bool {
        self.registry().is_affiliate(party.as_str(), of.as_str())
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.terms.registry
    }

    /// The first part in a state a command needs, or the one the command names; else what states
    /// there are instead.
    pub(crate) fn part_in<'c, T>(
        &self,
        case: &'c Case,
        wanted: &str,
        select: impl Fn(&'c State) -> Option<T>,
    ) -> Result<(usize, T), Refused> {
        let mut parts = case.parts.iter().enumerate();
        let found = parts.find_map(|(at, part)| {
            let asked_for = self.part.is_none_or(|named| named == at);
            asked_for.then(|| select(&part.state)).flatten().map(|selected| (at, selected))
        });
        found.ok_or_else(|| {
            let states: Vec<_> = case.parts.iter().map(ToString::to_string).collect();
            let states = states.join(", ");
            let found = match self.part {
                Some(at) if at >= case.parts.len() => {
                    format!("there is no part {}; there is {states}", at.wrapping_add(1))
                }
                Some(at) => format!(
                    "this needs a part that is {wanted}; part {} is {}",
                    at + 1,
                    case.parts[at].state.name()
                ),
                None => format!("this needs a part that is {wanted}; there is {states}"),
            };
            Refused::new(Guard::State, found, "see `charter rounds` for who may do what now")
        })
    }
}

pub(crate) fn agreement_of<'a>(terms: &'a Terms, case: &Case) -> Result<&'a Agreement, Refused> {
    let mut agreements = terms.agreements();
    agreements.find(|agreement| agreement.name == case.agreement).ok_or_else(|| {
        let found = format!("the agreement `{}` is not adopted", case.agreement);
        Refused::new(Guard::CaseExists, found, "adopt its documents with `charter adopt`")
    })
}

/// The agreement a grantor is party to, as known at an instant. Without one nothing could be said
/// about a need, and it would seem free.
fn agreement_with<'a>(
    terms: &'a Terms,
    grantor: &Name,
    now: Timestamp,
) -> Result<&'a Agreement, Refused> {
    let mut later = false;
    for (at, framed) in terms.documents.iter().enumerate() {
        let founds = framed.frame.as_ref().and_then(|frame| frame.founds.as_ref());
        let Some(agreement) = founds.filter(|agreement| agreement.parties.contains(grantor)) else {
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
        let found = format!("no agreement of `{grantor}` was known and in effect at {now}");
        let help = "adopt it with `--known signed` if the parties knew it by then";
        Refused::new(Guard::CaseExists, found, help)
    } else {
        let found = format!("`{grantor}` is party to no adopted agreement");
        let help = "name the party with `--by`, or adopt its agreement";
        Refused::new(Guard::CaseExists, found, help)
    })
}
