//! What goes on if a party falls away.
//!
//! The question of everybody who builds on somebody else's models, cloud or channel. A party *falls
//! away* on a day: from then on it and the parties it controls do nothing any more. What that means
//! is settled here once:
//!
//! 1. Clauses between that side and others end on the day, duties and rights alike. Clauses among
//!    others stay, and so do investments and funding: what was paid stays paid.
//! 2. A clause outlives the day where its terms say so ([`mod@survival`]): by its `survival` for that
//!    long, a licence by what it `survives` until its own end.
//! 3. An act *stops* if it was permitted the day before it happened, and is not any more; or if the
//!    party itself did it, or runs the cloud it is done on. A right to use or sell on what is the
//!    party's needs nobody's help and lasts as long as its licence.
//! 4. What *could take over* is a model that the same party may use, or a cloud of somebody else on
//!    which it may run the service, when nothing that only outlives the day counts any more. A cloud
//!    that a clause which outlives the day still keeps closed opens when that clause ends.
//!
//! 5. A model can take over from models. From anything else that is licensed, such as
//!    infrastructure, nothing the registry knows can.
//!
//! Whether a product does use a model is not in the terms: what it may use is what it can lose.

mod dependents;
mod survival;

use jiff::civil::Date;
use serde::Serialize;
use terms::registry::Entry;
use terms::{Act, Clause, InForce, Name};

use crate::Reason;

use survival::Fate;
pub use survival::{Cause, End};

/// What happens to everything that depends on a party if it falls away.
#[derive(Debug, Clone, Serialize)]
pub struct Continuity {
    /// The party.
    pub without: Name,
    /// The first day without it.
    pub on: Date,
    /// How it falls away.
    pub cause: Cause,
    /// Every product, channel and stream of the registry, in this order.
    pub dependents: Vec<Dependent>,
    /// The clauses between the party's side and others that are in force on the day.
    pub clauses: Vec<EndedClause>,
}

/// A product, channel or stream, and what becomes of it.
#[derive(Debug, Clone, Serialize)]
pub struct Dependent {
    /// `product`, `channel` or `stream`.
    pub kind: Entry,
    /// Its name.
    pub name: Name,
    /// Whose it is: the owner of a product, the seller of a channel, the recipient of a stream.
    pub of: Name,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Why, in a sentence.
    pub why: String,
    /// The acts that stop or go on for a time only.
    pub acts: Vec<Affected>,
    /// What could take over from them.
    pub instead: Vec<Takeover>,
    /// Clauses by which its revenue is shared, between the party's side and others.
    pub money: Vec<EndedClause>,
}

/// What becomes of a product, channel or stream; the worst comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It goes on as it is.
    GoesOn,
    /// What it needs outlives the day, for a time.
    WindsDown,
    /// Something it needs stops, and something else could take over.
    CanMove,
    /// It goes on or can move, but loses something else that nothing could take over from.
    InPart,
    /// Something it needs stops, and nothing known could take over that day.
    Stops,
}

/// An act that depends on the party.
#[derive(Debug, Clone, Serialize)]
pub struct Affected {
    /// The act.
    pub act: Act,
    /// Until when it goes on; `None` if it stops on the day.
    pub survives: Option<End>,
    /// Why.
    pub why: String,
    /// The clauses that permitted it.
    pub because: Vec<Reason>,
}

/// An act that could take over.
#[derive(Debug, Clone, Serialize)]
pub struct Takeover {
    /// The act.
    pub act: Act,
    /// From when on, if a clause that outlives the day stands against it until then.
    pub from: Option<End>,
    /// Why it may.
    pub why: String,
    /// The clauses that permit it, or whose end does.
    pub because: Vec<Reason>,
    /// When the licence it rests on ends, as far as is known.
    pub until: Option<Date>,
}

/// A clause between the party's side and others.
#[derive(Debug, Clone, Serialize)]
pub struct EndedClause {
    /// Kind and label.
    pub clause: String,
    /// The document it stands in.
    pub document: String,
    /// The line its block begins on.
    pub line: usize,
    /// The party that is bound.
    pub grantor: Name,
    /// The party that holds the right.
    pub holder: Name,
    /// Until when it goes on; `None` if it ends on the day.
    pub survives: Option<End>,
    /// Why.
    pub why: String,
}

/// What becomes of every product, channel and stream if a party falls away on the day of
/// `in_force`. A party that no clause and no registry entry names leaves everything as it is.
pub fn continuity(in_force: &InForce<'_>, without: &Name, cause: Cause) -> Continuity {
    let world = World::new(in_force, without, cause);
    let clauses = world.tied.iter().map(|(clause, fate)| EndedClause::new(clause, fate)).collect();
    let dependents = dependents::of(&world);
    Continuity { without: without.clone(), on: in_force.on, cause, dependents, clauses }
}

/// What is in force, with the party and without it.
struct World<'a> {
    without: &'a Name,
    /// With the party.
    before: &'a InForce<'a>,
    /// Without it, as long as everything lasts that outlives the day.
    meanwhile: InForce<'a>,
    /// Without it, once nothing lasts that only outlives the day.
    after: InForce<'a>,
    /// The clauses between the party's side and others.
    tied: Vec<(&'a Clause, Fate)>,
}

impl<'a> World<'a> {
    fn new(before: &'a InForce<'a>, without: &'a Name, cause: Cause) -> World<'a> {
        let mut tied = Vec::new();
        let mut after = before.clone();
        let mut meanwhile = before.clone();
        for clause in before.clauses.iter().copied() {
            let Some(fate) = survival::fate(before, clause, without, cause) else { continue };
            after.clauses.retain(|other| !std::ptr::eq(*other, clause));
            if fate.survives.is_none() {
                meanwhile.clauses.retain(|other| !std::ptr::eq(*other, clause));
            }
            tied.push((clause, fate));
        }
        World { without, before, meanwhile, after, tied }
    }

    /// Whether a party falls away too.
    fn is_gone(&self, party: &str) -> bool {
        self.before.terms.registry.is_affiliate(party, self.without.as_str())
    }

    /// The fate of a clause that is cited, if it is one between the party's side and others.
    fn fate_of(&self, reason: &Reason) -> Option<&Fate> {
        self.tied.iter().find(|(clause, _)| reason.is(clause)).map(|(_, fate)| fate)
    }
}

impl EndedClause {
    fn new(clause: &Clause, fate: &Fate) -> EndedClause {
        EndedClause {
            clause: clause.id.to_string(),
            document: clause.origin.document.name.clone(),
            line: clause.origin.line(),
            grantor: clause.grantor.clone(),
            holder: clause.holder.clone(),
            survives: fate.survives,
            why: fate.why.clone(),
        }
    }
}

impl Outcome {
    /// `goes on`, `winds down`, `can move`, `in part` or `stops`.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::GoesOn => "goes on",
            Outcome::WindsDown => "winds down",
            Outcome::CanMove => "can move",
            Outcome::InPart => "in part",
            Outcome::Stops => "stops",
        }
    }
}
