//! What somebody may know of a case: all of it, or what its events told them.

use std::sync::Arc;

use jiff::Timestamp;
use journal::Position;
use shell::cases::Chronicles;
use sourcing::offer::BidStatus;
use sourcing::{Bid, Case, Dated, Event, Lot, Requirement, State, Tender, audience};
use terms::{Name, Terms};

use super::kept::Kept;
use crate::viewer::Viewer;

/// What it takes to say what a viewer may know of cases, read once for all of them.
pub struct Looking<'r> {
    pub(super) viewer: &'r Viewer,
    pub(super) now: Timestamp,
    pub(super) terms: Arc<Terms>,
    /// The last event that changed the terms.
    pub(super) terms_changed: Position,
    pub(super) chronicles: Arc<Chronicles>,
    pub(super) kept: &'r Kept,
}

impl Looking<'_> {
    /// A case as far as the viewer may know of it; none where that is nothing.
    pub fn known<'c>(&self, name: &'c str, case: &'c Case) -> Option<Known<'c>> {
        let (viewer, at) = (self.viewer, self.now.max(case.latest));
        if !viewer.reads("sourcing", &case.agreement) {
            return None;
        }
        let party = viewer.party.as_ref();
        let sees_all = |party| audience::sees_all(&self.terms, case, at, party);
        let eye = match party {
            _ if viewer.sees_all_of(&case.agreement) || party.is_some_and(sees_all) => Eye::Whole,
            Some(party) => {
                let chronicle = self.chronicles.get(name)?;
                let (kept, changed) = (self.kept, self.terms_changed);
                let seen = kept.seen_with(&self.terms, changed, party, name, chronicle);
                let seen = chronicle.happened.iter().zip(seen.iter());
                let mut seen = seen.filter(|(_, with)| with.is_some()).map(|(of, _)| of).peekable();
                seen.peek()?;
                Eye::Party(party.clone(), Box::new(Told::by(seen)))
            }
            None => return None,
        };
        Some(Known { name, case, terms: self.terms.clone(), eye })
    }
}

/// A case, as far as somebody may know of it.
pub struct Known<'c> {
    /// What it is called.
    pub name: &'c str,
    case: &'c Case,
    terms: Arc<Terms>,
    eye: Eye,
}

/// Who looks.
enum Eye {
    /// Somebody who sees all of it.
    Whole,
    /// A party, which was told so much.
    Party(Name, Box<Told>),
}

/// What a party was told of a case that says more than that it is there.
#[derive(Debug, Default)]
struct Told {
    /// What is needed.
    requirement: Option<Requirement>,
    /// How offers are asked for.
    tender: Option<Tender>,
    /// It is needed no longer.
    withdrawn: bool,
}

impl<'c> Known<'c> {
    /// All of the case, where all of it may be seen.
    pub fn all(&self) -> Option<&'c Case> {
        matches!(self.eye, Eye::Whole).then_some(self.case)
    }

    /// How many parts it has.
    pub fn all_parts(&self) -> usize {
        self.case.parts.len()
    }

    /// What is needed.
    pub fn requirement(&self) -> Option<&Requirement> {
        match &self.eye {
            Eye::Whole => Some(&self.case.requirement),
            Eye::Party(_, told) => told.requirement.as_ref(),
        }
    }

    /// The parts of which it is known where they stand, by their places, each with how much it is of.
    pub fn parts(&self) -> impl Iterator<Item = (usize, u64, &'c State)> {
        let parts = self.case.parts.iter().enumerate().filter(|(part, _)| self.knows(*part));
        parts.map(|(part, of)| (part, of.quantity, &of.state))
    }

    /// Where a part stands.
    pub fn state(&self, part: usize) -> Option<&'c State> {
        self.case.state(part).filter(|_| self.knows(part))
    }

    fn knows(&self, part: usize) -> bool {
        match &self.eye {
            Eye::Whole => true,
            Eye::Party(party, _) => audience::knows_state(&self.terms, self.case, part, party),
        }
    }

    /// Whether it may make an offer, and until when, as it was told; none once that is over.
    pub fn offers_until(&self, now: Timestamp) -> Option<Option<Timestamp>> {
        let Eye::Party(_, told) = &self.eye else { return None };
        let tender = told.tender.as_ref().filter(|_| !told.withdrawn)?;
        tender.closes.is_none_or(|closes| now <= closes).then_some(tender.closes)
    }

    /// The party's own offers, by their places, where it does not see the whole case.
    pub fn own_offers(&self) -> Vec<(usize, &'c Bid)> {
        let Eye::Party(party, _) = &self.eye else { return Vec::new() };
        let is_own = |at: usize| audience::is_own_offer(&self.terms, self.case, at, party);
        self.case.bids.iter().enumerate().filter(|(at, _)| is_own(*at)).collect()
    }

    /// The lots that may be seen, by their places.
    pub fn lots(&self) -> impl Iterator<Item = (usize, &'c Lot)> {
        self.case.lots.iter().enumerate().filter(|(at, _)| match &self.eye {
            Eye::Whole => true,
            Eye::Party(party, _) => audience::is_own_lot(&self.terms, self.case, *at, party),
        })
    }

    /// Whether it is over for a party that does not know where any part stands: no offer of its own does, and
    /// none is taken.
    pub fn is_over(&self, now: Timestamp) -> bool {
        let stands = |(_, bid): &(usize, &Bid)| {
            matches!(
                bid.status,
                BidStatus::Standing | BidStatus::Sealed { .. } | BidStatus::Contingent { .. }
            )
        };
        let withdrawn = matches!(&self.eye, Eye::Party(_, told) if told.withdrawn);
        withdrawn || (self.offers_until(now).is_none() && !self.own_offers().iter().any(stands))
    }
}

impl Told {
    fn by<'e>(events: impl Iterator<Item = &'e Dated>) -> Told {
        let mut told = Told::default();
        for dated in events {
            match &dated.event {
                Event::Requested { requirement, .. }
                | Event::Amended { requirement, .. }
                | Event::Superseded { requirement, .. } => {
                    told.requirement = Some(requirement.clone());
                }
                Event::Tendered { tender } => told.tender = Some(tender.clone()),
                Event::Withdrawn => told.withdrawn = true,
                _ => {}
            }
        }
        told
    }
}
