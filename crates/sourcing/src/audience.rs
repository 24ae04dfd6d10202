//! Who may see which event of a case: whole, or not at all.
//!
//! The grantor, the decision-maker and observers that have no part in the case see all of it; sealed
//! offers and improvements only once all are revealed. Suppliers see what they are asked for and what is theirs.
//! Holders see nothing before a notice, then their rounds; of others' offers what the clause gives
//! them: all of it, the terms to be met, or that an independent person has seen it. Source: domain
//! rules §1.4, `identity_disclosure`, §2.7, "confidential T", and invariant 18 of §2.8.

use jiff::Timestamp;
use terms::clause::IdentityDisclosure;
use terms::{Known, Name, Provision, Terms};

use crate::case::{Case, Free, Joint, State};
use crate::disclosure::disclosure;
use crate::event::{Dated, Event};
use crate::improvement;
use crate::offer::BidStatus;
use crate::right::Restriction;

/// When a party may see an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// From when it happens.
    Now,
    /// Once the party is asked: by a notice, a tender, or by taking part.
    OnceAsked,
    /// Once every sealed offer is revealed, or the time to is over.
    OnceRevealed,
    /// Once every sealed improvement is, likewise.
    OnceImproved,
    /// At no time.
    Never,
}

/// Whether a party may see an event of a case when it happens. `case` is the case before the event.
pub fn may_see(terms: &Terms, case: Option<&Case>, dated: &Dated, party: &Name) -> bool {
    sight(terms, case, dated, party) == Sight::Now
}

/// What a party may see at an instant of all that has happened in a case, in order.
pub fn view<'e>(
    terms: &Terms,
    events: &'e [Dated],
    party: &Name,
    now: Timestamp,
) -> Vec<&'e Dated> {
    let mut case = None;
    let mut asked = false;
    let mut sights = Vec::with_capacity(events.len());
    for dated in events {
        let sight = sight(terms, case.as_ref(), dated, party);
        asked |= sight == Sight::Now && asks(&dated.event);
        sights.push(sight);
        case = Case::apply(case, dated);
    }
    let open = Opened::of(case.as_ref(), asked, now);
    let seen = events.iter().zip(sights).filter(|(_, sight)| sight.is_open(open));
    seen.map(|(dated, _)| dated).collect()
}

/// For each event of a case, in order, the place of the one with which a party comes to see it:
/// mostly itself. None as long as the party may not see it.
pub fn seen_with(terms: &Terms, events: &[Dated], party: &Name) -> Vec<Option<usize>> {
    come_to_see(events, |case, dated| sight(terms, case, dated, party))
}

fn come_to_see(
    events: &[Dated],
    sight: impl Fn(Option<&Case>, &Dated) -> Sight,
) -> Vec<Option<usize>> {
    let mut case = None;
    let mut asked = false;
    let mut seen_with = vec![None; events.len()];
    let mut waiting = Vec::new();
    for (place, dated) in events.iter().enumerate() {
        let sight = sight(case.as_ref(), dated);
        asked |= sight == Sight::Now && asks(&dated.event);
        case = Case::apply(case, dated);
        let opened = Opened::of(case.as_ref(), asked, dated.at);
        waiting.push((place, sight));
        waiting.retain(|(earlier, sight)| {
            let open = sight.is_open(opened);
            if open {
                seen_with[*earlier] = Some(place);
            }
            !open && *sight != Sight::Never
        });
    }
    seen_with
}

/// The same for somebody who has no part in anything and sees everything: what is sealed, once all of it is
/// revealed, as who sees one sealed offer before the others could tell of it.
pub fn seen_with_everything(events: &[Dated]) -> Vec<Option<usize>> {
    come_to_see(events, |_, dated| everything(&dated.event))
}

/// Whether something of a case is or was sealed.
pub fn has_seals(case: &Case) -> bool {
    let tendered = case.tender.as_ref().is_some_and(|tender| tender.reveal_by.is_some());
    tendered || !case.improvements.is_empty()
}

fn everything(event: &Event) -> Sight {
    match event {
        Event::BidRevealed { .. } => Sight::OnceRevealed,
        Event::ImprovementRevealed { .. } => Sight::OnceImproved,
        _ => Sight::Now,
    }
}

/// What has come about that a sight may wait for.
#[derive(Debug, Clone, Copy)]
struct Opened {
    /// The party is asked.
    asked: bool,
    /// Offers are revealed.
    revealed: bool,
    /// Improvements are.
    improved: bool,
}

impl Opened {
    fn of(case: Option<&Case>, asked: bool, now: Timestamp) -> Opened {
        Opened {
            asked,
            revealed: case.is_none_or(|case| all_revealed(case, now)),
            improved: case.is_none_or(|case| improvement::running(case, now).is_none()),
        }
    }
}

impl Sight {
    /// Whether a party sees the event by now.
    fn is_open(self, opened: Opened) -> bool {
        match self {
            Sight::Now => true,
            Sight::OnceAsked => opened.asked,
            Sight::OnceRevealed => opened.revealed,
            Sight::OnceImproved => opened.improved,
            Sight::Never => false,
        }
    }
}

/// Whether nothing about sealed offers is open any more.
pub(crate) fn all_revealed(case: &Case, now: Timestamp) -> bool {
    let Some(tender) = &case.tender else { return true };
    let Some(by) = tender.reveal_by else { return true };
    let closed = tender.closes.is_some_and(|closes| closes < now);
    let sealed = case.bids.iter().any(|bid| matches!(bid.status, BidStatus::Sealed { .. }));
    by < now || (closed && !sealed)
}

/// Whether whoever sees an event at once is asked by it, takes part, or sees all of the case.
fn asks(event: &Event) -> bool {
    matches!(
        event,
        Event::Screened { .. }
            | Event::NoticeSent { .. }
            | Event::RoundOpened { .. }
            | Event::OfferPresented { .. }
            | Event::BridgeNotified
            | Event::BreachDetected { .. }
            | Event::Tendered { .. }
            | Event::BidReceived { .. }
            | Event::BidSealed { .. }
            | Event::Awarded { .. }
    )
}

/// When a party may see an event. `case` is the case before the event.
pub fn sight(terms: &Terms, case: Option<&Case>, dated: &Dated, party: &Name) -> Sight {
    let Some(case) = case else {
        return match &dated.event {
            // Whether an observer holds a right to it, too, shows with the screening.
            Event::Requested { requirement, .. } => {
                let grantor = requirement.grantor.as_str();
                match terms.registry.is_affiliate(party.as_str(), grantor) {
                    true => Sight::Now,
                    false => Sight::OnceAsked,
                }
            }
            _ => Sight::Never,
        };
    };
    let viewer = Viewer { terms, case, party };
    let comes_to_hold = match &dated.event {
        Event::Screened { restriction, .. } => {
            *party != case.requirement.grantor
                && restriction.holders().any(|holder| viewer.is(holder))
        }
        _ => false,
    };
    if !comes_to_hold && sees_all(terms, case, dated.at, party) {
        return everything(&dated.event);
    }
    let as_supplier = viewer.as_supplier(&dated.event);
    if viewer.is_exempted() && as_supplier == Sight::Never {
        return match &dated.event {
            Event::BridgeNotified | Event::BridgeNoticeMissed => Sight::Now,
            Event::BridgeAllowed { .. } => Sight::OnceAsked,
            _ => Sight::Never,
        };
    }
    match viewer.holds() && as_supplier != Sight::Now {
        true => viewer.as_holder(dated),
        false => as_supplier,
    }
}

/// Whether a party sees all of a case at an instant: it is the grantor, the decision-maker or an
/// observer, and has no part in the case beside that.
pub fn sees_all(terms: &Terms, case: &Case, at: Timestamp, party: &Name) -> bool {
    let viewer = Viewer { terms, case, party };
    viewer.has_no_part() && is_insider(terms, &case.agreement, &case.requirement.grantor, at, party)
}

/// Whether a party sees all of a case for what it is: its grantor, the decision-maker, or one whom
/// the grantor has given an observer's place.
fn is_insider(
    terms: &Terms,
    agreement: &Name,
    grantor: &Name,
    at: Timestamp,
    party: &Name,
) -> bool {
    if terms.registry.is_affiliate(party.as_str(), grantor.as_str()) {
        return true;
    }
    let agreement = terms.agreements().find(|named| named.name == *agreement);
    let Some(agreement) = agreement else { return false };
    if agreement.decision_maker.as_ref() == Some(party) {
        return true;
    }
    let mut places = terms.clauses.iter().filter(|clause| {
        matches!(clause.provision, Provision::Observer(_))
            && clause.holder == *party
            && clause.grantor == *grantor
    });
    // The day is asked for where there is such a clause: this is asked of every event of every case.
    places.any(|clause| {
        let day = at.to_zoned(agreement.time_zone.clone()).date();
        terms.is_in_force(clause, day, Known::At(at))
    })
}

/// Whether a party that does not see all of a case may know where a part of it stands, and until when: where
/// the part is before it as a holder, its own offer is before the holders, or the part is signed with it.
pub fn knows_state(terms: &Terms, case: &Case, part: usize, party: &Name) -> bool {
    let viewer = Viewer { terms, case, party };
    match case.state(part).map(State::underlying) {
        Some(State::Noticed(noticed)) => viewer.in_tier(noticed.tier),
        Some(State::Open(open) | State::Negotiating { open, .. }) => viewer.in_tier(open.tier),
        Some(State::Matching { tier, bid, .. }) => viewer.in_tier(*tier) || viewer.made(*bid),
        _ => viewer.deals(part),
    }
}

/// Whether an offer is a party's own, by its place.
pub fn is_own_offer(terms: &Terms, case: &Case, bid: usize, party: &Name) -> bool {
    Viewer { terms, case, party }.made(bid)
}

/// Whether a party delivers a lot or has it delivered, by its place.
pub fn is_own_lot(terms: &Terms, case: &Case, lot: usize, party: &Name) -> bool {
    Viewer { terms, case, party }.delivers(lot)
}

struct Viewer<'a> {
    terms: &'a Terms,
    case: &'a Case,
    party: &'a Name,
}

impl Viewer<'_> {
    fn is(&self, name: &Name) -> bool {
        self.terms.registry.is_affiliate(self.party.as_str(), name.as_str())
    }

    fn holds(&self) -> bool {
        self.case.restriction.holders().any(|holder| self.is(holder))
    }

    /// Whether it holds a right that the case is exempt from. It has no say, and is told of no more
    /// than a bridge in an emergency: what was needed, and that it was signed.
    fn is_exempted(&self) -> bool {
        match &self.case.restriction {
            Restriction::None { exempt_from, .. } => {
                exempt_from.iter().any(|holder| self.is(holder))
            }
            _ => false,
        }
    }

    /// Whether it neither holds a right to the case nor makes offers in it. Who does is no mere
    /// observer.
    fn has_no_part(&self) -> bool {
        let grantor = &self.case.requirement.grantor;
        let bids = || self.case.bids.iter().any(|bid| self.is(&bid.supplier));
        self.party == grantor || !(self.holds() || bids())
    }

    fn is_right(&self, place: usize) -> bool {
        let holder = self.case.restriction.holders().nth(place);
        holder.is_some_and(|holder| self.is(holder))
    }

    fn in_tier(&self, tier: u32) -> bool {
        self.case.restriction.tier(tier).any(|(_, right)| self.is(&right.holder))
    }

    fn made(&self, bid: usize) -> bool {
        self.case.bids.get(bid).is_some_and(|bid| self.is(&bid.supplier))
    }

    /// Whether the part is signed with the party.
    fn deals(&self, part: usize) -> bool {
        match self.case.state(part).map(State::underlying) {
            Some(State::Committed { signed, .. } | State::ThirdSigned { signed, .. }) => {
                self.is(&signed.party)
            }
            Some(State::Matching { signed: Some(signed), .. }) => self.is(&signed.party),
            _ => false,
        }
    }

    fn delivers(&self, lot: usize) -> bool {
        let lot = self.case.lots.get(lot);
        lot.is_some_and(|lot| self.is(&lot.supplier) || self.deals(lot.part))
    }

    /// What everybody sees that has a part in a matter: offers, deals and lots of its own.
    fn as_supplier(&self, event: &Event) -> Sight {
        let own = match event {
            Event::Requested { .. } => return Sight::OnceAsked,
            // The case does not know yet whose right it falls under.
            Event::Screened { restriction, .. } => {
                let held = restriction.holders().any(|holder| self.is(holder));
                return if held { Sight::OnceAsked } else { Sight::Never };
            }
            Event::Tendered { .. } if self.holds() && !told(self.case) => return Sight::OnceAsked,
            Event::Tendered { .. } => true,
            Event::Amended { .. } | Event::Superseded { .. } | Event::Withdrawn => {
                let bids = self.case.bids.iter().any(|bid| self.is(&bid.supplier));
                bids || (self.case.tender.is_some() && !self.holds())
            }
            Event::BidSealed { supplier, .. } => self.is(supplier),
            Event::BidReceived { bid } => self.is(&bid.supplier),
            Event::BidRevealed { bid, .. }
            | Event::BidGone { bid, .. }
            | Event::OfferPresented { bid, .. }
            | Event::AwardedContingent { bid, .. }
            | Event::ContingencyMet { bid, .. }
            | Event::ContingencyFailed { bid }
            | Event::ImprovementAsked { bid, .. }
            | Event::ImprovementSealed { bid, .. }
            | Event::ImprovementRevealed { bid, .. }
            | Event::ImprovementForgone { bid } => self.made(*bid),
            // Whoever may have been drawn works out its ticket.
            Event::SeedRevealed { .. } => self.case.bids.iter().any(|bid| self.is(&bid.supplier)),
            Event::OfferWithdrawn { part } => match self.case.state(*part).map(State::underlying) {
                Some(State::Matching { bid, .. }) => self.made(*bid),
                _ => false,
            },
            Event::Awarded { signed, .. } | Event::ThirdSigned { signed, .. } => {
                self.is(&signed.party)
            }
            Event::SignatureGiven { part, .. }
            | Event::DefinitiveSigned { part }
            | Event::CloseFailed { part, .. }
            | Event::Annulled { part, .. }
            | Event::TermsChanged { part, .. }
            | Event::TaggedBack { part, .. }
            | Event::ThirdDefaulted { part, .. }
            | Event::Fulfilled { part } => self.deals(*part),
            Event::Proposed { by, what } => match what {
                Joint::Annul { part } | Joint::ChangeTerms { part, .. } => self.deals(*part),
                Joint::Rescreen => self.is(by),
            },
            Event::LotScheduled { lot } => self.is(&lot.supplier) || self.deals(lot.part),
            Event::DeliveryDelayed { lot, .. }
            | Event::Slipped { lot, .. }
            | Event::Excused { lot, .. }
            | Event::DeliveryLate { lot, .. }
            | Event::GraceEnded { lot, .. }
            | Event::Shortfall { lot, .. }
            | Event::Recovered { lot, .. }
            | Event::PartDelivered { lot, .. }
            | Event::Delivered { lot }
            | Event::DamagesDue { lot, .. } => self.delivers(*lot),
            _ => false,
        };
        if own { Sight::Now } else { Sight::Never }
    }

    /// What a holder sees beside that.
    fn as_holder(&self, dated: &Dated) -> Sight {
        let case = self.case;
        let disclosure = disclosure(case);
        let full = disclosure == IdentityDisclosure::Full;
        // An event says who caused it.
        if !full && dated.by.as_ref().is_some_and(|by| self.is_rival(by)) {
            return Sight::Never;
        }
        let seen = match &dated.event {
            Event::Requested { .. } | Event::Screened { .. } | Event::Tendered { .. } => {
                return Sight::OnceAsked;
            }
            Event::NoticeSent { tier, .. } | Event::OfferPresented { tier, .. } => {
                self.in_tier(*tier)
            }
            Event::OfferDisclosed { part, .. } => match case.state(*part) {
                Some(State::Noticed(noticed)) => self.in_tier(noticed.tier),
                Some(State::Matching { tier, .. }) => self.in_tier(*tier),
                _ => false,
            },
            Event::Countered { right, .. }
            | Event::Agreed { right, .. }
            | Event::Exercised { right, .. }
            | Event::PartialExercised { right, .. }
            | Event::Matched { right, .. } => full || self.is_right(*right),
            Event::Released { part, free } => full || self.is_own_release(*part, free),
            Event::Ruled { state, .. } => full || self.is_own_state(state),
            // Deals with others.
            Event::Awarded { .. }
            | Event::ThirdSigned { .. }
            | Event::TermsChanged { .. }
            | Event::TaggedBack { .. }
            | Event::ThirdDefaulted { .. } => full,
            Event::BreachDetected { .. } => full || dated.by.as_ref().is_some_and(|by| self.is(by)),
            Event::Proposed { what, .. } => *what == Joint::Rescreen,
            Event::BridgeNotified | Event::BridgeNoticeMissed => true,
            Event::BridgeAllowed { .. } => return Sight::OnceAsked,
            Event::RoundOpened { .. }
            | Event::DocumentsRequested { .. }
            | Event::DocumentsSent { .. }
            | Event::Elected { .. }
            | Event::Declined { .. }
            | Event::Lapsed { .. }
            | Event::Consented { .. }
            | Event::Waived { .. }
            | Event::Interested { .. }
            | Event::TalksEnded { .. }
            | Event::MatchDeclined { .. }
            | Event::MatchLapsed { .. }
            | Event::OfferWithdrawn { .. }
            | Event::MustRenotice { .. }
            | Event::Amended { .. }
            | Event::Superseded { .. }
            | Event::Withdrawn
            | Event::Extended { .. }
            | Event::Assigned { .. }
            | Event::AssignmentLapsed { .. }
            | Event::RightEnded
            | Event::ControlChanged { .. }
            | Event::Blinded
            | Event::ControlSuspended { .. }
            | Event::DisclosureKept
            | Event::InsolvencyNoticed { .. }
            | Event::AssuranceAsked { .. }
            | Event::ContractAssumed { .. }
            | Event::ContractRejected { .. }
            | Event::Disputed { .. }
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::DisputeSettled { .. }
            | Event::RightSuspended { .. } => told(case),
            Event::Exempted { .. }
            | Event::BidSealed { .. }
            | Event::BidRevealed { .. }
            | Event::BidReceived { .. }
            | Event::BidGone { .. }
            | Event::AwardedContingent { .. }
            | Event::ContingencyMet { .. }
            | Event::ContingencyFailed { .. }
            | Event::ImprovementAsked { .. }
            | Event::ImprovementSealed { .. }
            | Event::ImprovementRevealed { .. }
            | Event::ImprovementForgone { .. }
            | Event::SeedRevealed { .. }
            | Event::SignatureGiven { .. }
            | Event::DefinitiveSigned { .. }
            | Event::CloseFailed { .. }
            | Event::Annulled { .. }
            | Event::LotScheduled { .. }
            | Event::DeliveryDelayed { .. }
            | Event::Slipped { .. }
            | Event::Excused { .. }
            | Event::DeliveryLate { .. }
            | Event::GraceEnded { .. }
            | Event::Shortfall { .. }
            | Event::Recovered { .. }
            | Event::PartDelivered { .. }
            | Event::Delivered { .. }
            | Event::DamagesDue { .. }
            | Event::Fulfilled { .. } => false,
        };
        if seen { Sight::Now } else { Sight::Never }
    }

    /// Neither the viewer, nor one of those a holder deals with.
    fn is_rival(&self, by: &Name) -> bool {
        let case = self.case;
        let affiliate = |of: &Name| self.terms.registry.is_affiliate(by.as_str(), of.as_str());
        let mut agreements = self.terms.agreements();
        let decides = agreements.any(|agreement| {
            agreement.name == case.agreement && agreement.decision_maker.as_ref() == Some(by)
        });
        let mut known = case.restriction.holders().chain([&case.requirement.grantor]);
        !(decides || known.any(affiliate))
    }

    /// Whether a release says nothing of an offer of others.
    fn is_own_release(&self, part: usize, free: &Free) -> bool {
        let of_others = self.case.state(part).is_some_and(|state| {
            !matches!(state, State::Noticed(_)) && state.before_holders().is_some()
        });
        told(self.case) && !of_others && free.defended.is_empty() && free.only.is_none()
    }

    /// Whether a state says nothing of an offer of others.
    fn is_own_state(&self, state: &State) -> bool {
        match state {
            State::Committed { signed, .. } => self.is(&signed.party),
            State::Noticed(noticed) => noticed.bid.is_none(),
            State::Open(open) => open.bid.is_none(),
            State::Paused { was, .. } => self.is_own_state(was),
            State::Negotiating { .. }
            | State::Free(_)
            | State::Matching { .. }
            | State::ThirdSigned { .. } => false,
            State::Draft
            | State::Fulfilled
            | State::Exempt
            | State::Withdrawn
            | State::Superseded
            | State::Expired
            | State::Annulled
            | State::Void => true,
        }
    }
}

/// Whether holders have been given notice of the case.
fn told(case: &Case) -> bool {
    let noticed = |state: &State| matches!(state, State::Noticed(_));
    case.rounds > 0 || case.parts.iter().any(|part| noticed(&part.state))
}
