//! Why others may sign, and what.

use jiff::SignedDuration;
use sourcing::case::Free;
use sourcing::{Case, Offered, Restriction, Side, State};
use terms::Provision;
use terms::clause::{FreeTermsLimit, RefusalMode};

use super::{Happened, Law, Leave, Seen, Told, Watcher};

impl Watcher {
    /// An exemption of a first right is one of a few, and not of a need that was withdrawn just before.
    pub(super) fn exempted(&mut self, h: &Happened<'_>) {
        let Restriction::None { exemption: Some(rule), .. } = &h.after().restriction else {
            return;
        };
        let need = &h.after().requirement;
        let small = h.terms.clauses.iter().any(|clause| match &clause.provision {
            Provision::RightOfFirstRefusal(says) => {
                says.exempt_below.as_ref().is_some_and(|below| need.quantity.count < below.count)
            }
            _ => false,
        });
        let holds = small || need.months <= 1 || need.emergency.is_some();
        self.must(Law::Safety, holds, || format!("exempt by {rule}: {need:?}"));
        let days = SignedDuration::from_hours(24 * 90);
        let again = h.after.others(h.name).any(|(_, other)| {
            let same = other.requirement.quantity.class == need.quantity.class
                && other.requirement.purpose == need.purpose
                && other.requirement.region == need.region;
            same && other.withdrawn.is_some_and(|at| h.dated.at.duration_since(at) <= days)
        });
        self.must(Law::Safety, !again, || "exempt, though withdrawn just before".to_string());
    }

    /// What others sign is exempt, released or ordered; once; in time; on no better terms.
    pub(super) fn third_signed(
        &mut self,
        h: &Happened<'_>,
        told: &mut Told,
        part: usize,
        quantity: u64,
        signed: &sourcing::case::Signed,
    ) {
        let case = h.before.expect("a case is there");
        let now = h.dated.at;
        if matches!(case.state(part), Some(State::Matching { signed: Some(_), .. })) {
            // It was signed before; the holders did not match how it was changed.
            return;
        }
        if let Some(bid) = signed.bid {
            self.signed_once(h, told, bid);
            let offer = case.bids.get(bid);
            let offered = offer.is_some_and(|offer| {
                (offer.minimum.unwrap_or(offer.quantity)..=offer.quantity).contains(&quantity)
                    && offer.supplier == signed.party
                    && offer.valid_until.is_none_or(|until| now <= until)
            });
            self.must(Law::Safety, offered, || format!("not as offered: {:?}", h.dated));
        }
        let all = case.parts.get(part).map_or(0, |part| part.quantity);
        self.must(Law::Conservation, (1..=all).contains(&quantity), || format!("{quantity}"));
        let only_preferred = !case.restriction.rights().is_empty()
            && case.restriction.rights().iter().all(|r| r.says.mode == RefusalMode::Preference);
        let group =
            h.terms.registry.is_affiliate(signed.party.as_str(), case.requirement.grantor.as_str());
        match &told.parts[part].leave {
            None if only_preferred || group => {}
            None => self.broke(Law::Safety, format!("nobody let it be signed: {:?}", h.dated)),
            Some(Leave::Anything | Leave::Ordered) => {}
            Some(Leave::Released(free)) => {
                let free = free.clone();
                self.within(h, case, &free, &told.parts[part].clone(), signed);
            }
        }
    }

    pub(super) fn within(
        &mut self,
        h: &Happened<'_>,
        case: &Case,
        free: &Free,
        seen: &Seen,
        signed: &sourcing::case::Signed,
    ) {
        let now = h.dated.at;
        self.must(Law::FreeWindow, free.closes.is_none_or(|closes| now <= closes), || {
            format!("{now} is after {:?}", free.closes)
        });
        let presented =
            matches!(case.state(h.part().unwrap_or_default()), Some(State::Matching { .. }));
        self.must(Law::Safety, !presented && seen.paused.is_none(), || format!("{:?}", h.dated));
        if free.unrestricted {
            return;
        }
        // Others wait for as long after the notice as the clause wants.
        let early = free.opens.is_some_and(|opens| h.dated.at < opens);
        self.must(Law::FreeWindow, !early, || format!("before it opens: {:?}", h.dated));
        let told = free
            .only
            .as_ref()
            .is_none_or(|only| h.terms.registry.is_affiliate(signed.party.as_str(), only.as_str()));
        self.must(Law::Safety, told, || format!("another third party: {:?}", h.dated));
        let defended = signed.bid.is_some_and(|bid| free.defended.contains(&bid));
        let two_step =
            case.restriction.rights().iter().any(|r| r.says.mode == RefusalMode::TwoStep);
        self.must(Law::Safety, !two_step || defended || case.right_ended.is_some(), || {
            format!("never presented: {:?}", h.dated)
        });
        // A clause that limits nothing does not, whatever others were told of.
        let rights = case.restriction.rights();
        let limits = |right: &sourcing::Right| right.says.free_terms_limit != FreeTermsLimit::None;
        let limited = rights.is_empty() || rights.iter().any(limits);
        let better = limited
            && free.baseline.as_ref().is_some_and(|baseline| {
                worse_for_grantor(case.requirement.side(), &signed.terms, baseline)
            });
        self.must(Law::NewRound, !better || defended, || {
            format!("{} is better than {:?}", signed.terms.price, free.baseline)
        });
    }

    pub(super) fn signed_once(&mut self, h: &Happened<'_>, told: &mut Told, bid: usize) {
        let first = told.signed.insert(bid);
        // A contingent one is chosen, met and signed; a changed one is signed again as it is now.
        self.must(Law::Safety, first, || format!("offer {bid} is signed twice: {:?}", h.dated));
    }

    /// A release follows from its reason at once, and is without limits only for one of some reasons.
    pub(super) fn released(&mut self, h: &Happened<'_>, told: &Told, part: usize, free: &Free) {
        let case = h.before.expect("a case is there");
        let reasons = [
            "declined",
            "lapsed",
            "waived",
            "talks-ended",
            "partial-exercised",
            "exercised",
            "elected",
            "consented",
            "match-declined",
            "match-lapsed",
            "close-failed",
            "offer-withdrawn",
            "bid-gone",
            "contract-rejected",
            "assignment-lapsed",
            "third-defaulted",
            "right-ended",
            "shortfall",
            "annulled",
            "screened",
            "released",
            "resumed",
            "ruled",
            "notice-sent",
            "offer-presented",
        ];
        let because = |reasons: &[&str]| told.since.iter().any(|name| reasons.contains(name));
        // Once every right has ended or lapsed nothing need be asked.
        let mut holders = case.restriction.holders().enumerate();
        let ended = case.right_ended.is_some() || holders.all(|(at, _)| case.lapsed.contains(&at));
        self.must(Law::Safety, because(&reasons) || ended, || {
            format!("out of nothing: {:?}", h.dated)
        });
        let limited = case.restriction.rights().iter().enumerate().any(|(at, right)| {
            let none = right.says.free_terms_limit == FreeTermsLimit::None;
            let over = right.ends.is_some_and(|ends| ends <= h.dated.at) && !right.limits_survive;
            !none
                && !over
                && !told.waived.contains(&at)
                && right.says.mode != RefusalMode::Preference
                && right.says.mode != RefusalMode::Consideration
        });
        let lifts = [
            "close-failed",
            "contract-rejected",
            "assignment-lapsed",
            "consented",
            "shortfall",
            "right-ended",
            "third-defaulted",
        ];
        let unlimited = free.unrestricted || free.baseline.is_none();
        self.must(Law::Safety, !unlimited || !limited || because(&lifts) || ended, || {
            format!("part {part} is free without limits: {:?} after {:?}", h.dated, told.since)
        });
        if let Some(State::Open(_)) = case.state(part) {
            let silent = h.dated.by.is_none();
            let said = because(&["lapsed", "elected", "exercised", "partial-exercised"]);
            self.must(Law::OneLapse, !silent || said, || format!("no lapse: {:?}", h.dated));
        }
        // After a match that was not made, others may sign no better than what was put.
        if because(&["match-declined", "match-lapsed"])
            && let (Some(bid), Some(baseline)) = (told.parts[part].presented, &free.baseline)
            && let Some(offer) = case.bids.get(bid)
        {
            self.must(Law::NewRound, offer.terms == *baseline, || format!("{:?}", h.dated));
        }
    }
}

pub(super) fn window_lapsed(told: &Told, part: usize) -> bool {
    told.parts[part].window.as_ref().is_some_and(|window| window.lapsed)
}

/// Whether terms cost the grantor more than others, as far as they compare by price alone.
pub(super) fn worse_for_grantor(side: Side, terms: &Offered, than: &Offered) -> bool {
    match side {
        Side::BuyerBurdened => terms.price.amount > than.price.amount,
        Side::SellerBurdened => terms.price.amount < than.price.amount,
    }
}
