//! What each event must say, and what a holder must not see.

use sourcing::{Case, Dated, Does, Event, audience};
use terms::Name;
use terms::clause::IdentityDisclosure;

use super::{Happened, Law, Told, Watcher};

impl Watcher {
    /// Every change names the guards that were asked, and the clause where there is one.
    pub(super) fn explained(&mut self, h: &Happened<'_>) {
        let Dated { by, clause, guards, event, .. } = h.dated;
        // Who withdrew an offer, and by which command, its readers may not know.
        let unnamed = event.name() == "offer-withdrawn";
        if h.first {
            self.must(Law::Explained, unnamed || by.is_some(), || format!("{:?}", h.dated));
            let asked = !guards.is_empty() || matches!(event, Event::Requested { .. });
            self.must(Law::Explained, asked, || format!("no guards: {:?}", h.dated));
        }
        let covered = h.before.is_some_and(|case| case.restriction.clause().is_some());
        let delay = matches!(event, Event::Screened { .. });
        self.must(Law::Explained, delay || !covered || clause.is_some(), || {
            format!("no clause: {:?}", h.dated)
        });
        let evidence = match event {
            Event::Consented { evidence, .. }
            | Event::Waived { evidence, .. }
            | Event::ContingencyMet { evidence, .. } => Some(evidence),
            Event::Ruled { reasons, .. } => Some(reasons),
            Event::Disputed { dispute } => Some(&dispute.grounds),
            Event::DeliveryDelayed { .. } => None,
            Event::Excused { reason, .. } => Some(reason),
            _ => None,
        };
        self.must(Law::Explained, evidence.is_none_or(|said| !said.trim().is_empty()), || {
            format!("no evidence: {:?}", h.dated)
        });
    }

    /// No holder sees a rival's name where it is asked blind, nor its terms where even they are sealed.
    pub(super) fn blind(&mut self, h: &Happened<'_>, told: &Told) {
        let Some(case) = h.before else { return };
        // Who controls it a holder knows.
        if matches!(h.dated.event, Event::ControlChanged { .. }) {
            return;
        }
        let rights = case.restriction.rights();
        let discloses = |right: &sourcing::Right| right.says.approach.identity_disclosure;
        let blind =
            case.blinded || rights.iter().any(|right| discloses(right) != IdentityDisclosure::Full);
        if !blind {
            return;
        }
        let sealed = rights
            .iter()
            .any(|right| discloses(right) == IdentityDisclosure::IndependentCertificate);
        let mut written = None;
        for holder in case.restriction.holders() {
            if !audience::may_see(h.terms, Some(case), h.dated, holder) {
                continue;
            }
            let written = written.get_or_insert_with(|| h.written.to_string());
            let of_others = h.after().bids.iter().filter(|bid| {
                let own = |party: &Name| {
                    h.terms.registry.is_affiliate(bid.supplier.as_str(), party.as_str())
                };
                !case.restriction.holders().any(own) && bid.supplier != case.requirement.grantor
            });
            for bid in of_others {
                // What it says itself, and who is known to have broken the agreement, it may see.
                let own =
                    h.dated.by.as_ref().is_some_and(|by| {
                        h.terms.registry.is_affiliate(by.as_str(), holder.as_str())
                    });
                let secret = !own && !told.known.contains(&bid.supplier);
                let named = secret && written.contains(&format!("\"{}\"", bid.supplier));
                let priced = secret && sealed && tells_of_offers(h.dated.event.name()) && {
                    let price = serde_json::to_string(&bid.terms.price).expect("a price is JSON");
                    written.contains(&price) && !known_price(h, case, bid.terms.price)
                };
                let (holder, written) = (holder.clone(), written.clone());
                self.must(Law::Blind, !named && !priced, || format!("{holder} sees {written}"));
            }
        }
    }

    /// What a case is pinned to changes by what says so alone.
    pub(super) fn pinned(&mut self, h: &Happened<'_>) {
        let Some(before) = h.before else { return };
        let after = h.after();
        self.must(Law::Pinned, before.agreement == after.agreement, || format!("{:?}", h.dated));
        let may = match &h.dated.event {
            Event::Screened { .. } => {
                matches!(h.command.does, Does::Request(_) | Does::Rescreen | Does::Amend(_))
            }
            Event::Assigned { .. } | Event::AssignmentLapsed { .. } | Event::Waived { .. } => true,
            Event::ContractRejected { .. } => true,
            _ => false,
        };
        self.must(Law::Pinned, may || before.restriction == after.restriction, || {
            format!("{:?}", h.dated)
        });
    }
}

/// Whether an event is about what others offer.
pub(super) fn tells_of_offers(event: &str) -> bool {
    [
        "bid-received",
        "bid-revealed",
        "offer-disclosed",
        "offer-presented",
        "released",
        "third-signed",
        "awarded-contingent",
        "terms-changed",
        "tagged-back",
    ]
    .contains(&event)
}

/// Whether a price was put to the holders, or is of their own offers: then it tells nothing.
pub(super) fn known_price(h: &Happened<'_>, case: &Case, price: terms::Money) -> bool {
    let own = h.after().bids.iter().filter(|bid| {
        let is =
            |holder: &Name| h.terms.registry.is_affiliate(bid.supplier.as_str(), holder.as_str());
        case.restriction.holders().any(is)
    });
    let mut own = own.map(|bid| bid.terms.price);
    case.requirement.price == price || own.any(|own| own == price)
}
