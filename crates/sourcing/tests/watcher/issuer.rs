//! Who may issue which command. Source: domain rules §2.3, column "command (issuer)", and §2.4.

use sourcing::offer::BidStatus;
use sourcing::{Book, Case, Command, Does, State};
use terms::{Name, Terms};

/// Whether the party that issued a command is one that may; `before` is what there was before it.
pub fn may_issue(terms: &Terms, before: &Book, name: &str, command: &Command) -> bool {
    let by = &command.by;
    let Some(case) = before.case(name) else {
        return match &command.does {
            Does::Request(request) => request.requirement.grantor == *by,
            _ => true,
        };
    };
    Issuer { terms, case, by }.may(&command.does)
}

/// Whether a party decides the disputes of a case.
pub fn decides(terms: &Terms, case: &Case, by: &Name) -> bool {
    Issuer { terms, case, by }.decides()
}

struct Issuer<'a> {
    terms: &'a Terms,
    case: &'a Case,
    by: &'a Name,
}

impl Issuer<'_> {
    fn may(&self, does: &Does) -> bool {
        match does {
            Does::Tick | Does::Request(_) => true,
            Does::NotifyBridge
            | Does::Notify(_)
            | Does::SendDocuments(_)
            | Does::Tender(_)
            | Does::Present(_)
            | Does::Award(_)
            | Does::AwardBest(_)
            | Does::AskImprovement
            | Does::Amend(_)
            | Does::Withdraw
            | Does::DealBlind
            | Does::SuspendForControl
            | Does::AskAssurance => self.grantor(),
            Does::Exercise(_)
            | Does::Decline(_)
            | Does::Waive(_)
            | Does::RequestDocuments(_)
            | Does::Interest
            | Does::Match(_) => self.holder(),
            Does::Consent(consent) => self.holder() || consent.tacit && self.grantor(),
            Does::Counter(_) | Does::Agree | Does::Assign(_) | Does::ChangeControl(_) => {
                self.holder() || self.grantor()
            }
            Does::Rescreen | Does::Dispute(_) => self.holder() || self.grantor(),
            Does::Extend(_) | Does::Insolvency(_) => {
                self.holder() || self.grantor() || self.decides()
            }
            Does::Seal(_) => !self.grantor(),
            Does::Bid(bid) => self.is(&bid.bid.supplier) && !self.grantor(),
            Does::Reveal(reveal) => self.offered(reveal.number),
            Does::SealImprovement(seal) => self.offered(seal.number),
            Does::RevealImprovement(reveal) => self.offered(reveal.number),
            Does::MeetContingency(meet) => self.offered(meet.bid),
            Does::WithdrawOffer(withdraw) => self.offered(withdraw.bid) || self.grantor(),
            Does::Sign => self.grantor() || self.signs(),
            Does::Annul(_) => self.grantor() || self.signs() || self.decides(),
            Does::ChangeTerms(_) | Does::Default(_) => self.grantor() || self.signs(),
            Does::Detect(_) => self.holder() || self.decides(),
            Does::Assume | Does::Reject => {
                let insolvent = self.case.insolvency.as_ref();
                insolvent.is_some_and(|insolvent| self.is(&insolvent.holder))
            }
            Does::Stay(_) | Does::Resume | Does::Rule(_) => self.decides(),
            Does::Delay(delay) => self.supplies(delay.lot),
            Does::Slip(slip) => self.supplies(slip.lot),
            Does::Deliver(deliver) => self.supplies(deliver.lot),
            Does::DeclareShortfall(declare) => self.supplies(declare.lot),
            Does::Recover(recover) => self.supplies(recover.lot),
            Does::Excuse(excuse) => !self.supplies(excuse.lot),
        }
    }

    fn is(&self, party: &Name) -> bool {
        self.terms.registry.is_affiliate(self.by.as_str(), party.as_str())
    }

    fn grantor(&self) -> bool {
        *self.by == self.case.requirement.grantor
    }

    fn holder(&self) -> bool {
        self.case.restriction.holders().any(|holder| self.is(holder))
    }

    fn decides(&self) -> bool {
        let mut agreements = self.terms.agreements();
        let agreement = agreements.find(|agreement| agreement.name == self.case.agreement);
        agreement.is_some_and(|agreement| agreement.decision_maker.as_ref() == Some(self.by))
    }

    fn offered(&self, number: usize) -> bool {
        let bid = self.case.bids.get(number.wrapping_sub(1));
        bid.is_some_and(|bid| self.is(&bid.supplier) && bid.status != BidStatus::Gone)
    }

    /// Whether it is a party to something signed.
    fn signs(&self) -> bool {
        self.case.parts.iter().any(|part| match &part.state {
            State::Committed { signed, .. } | State::ThirdSigned { signed, .. } => {
                self.is(&signed.party)
            }
            _ => false,
        })
    }

    fn supplies(&self, number: usize) -> bool {
        let lot = self.case.lots.get(number.wrapping_sub(1));
        lot.is_some_and(|lot| self.is(&lot.supplier))
    }
}
