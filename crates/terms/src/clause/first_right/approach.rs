//! How the grantor turns to the holder.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use crate::fields::{Collected, Fields};
use crate::value::{Expression, Unreadable, Value, unexpected, words};
use crate::{Bound, Duration, Name};

words! {
    /// What obliges the grantor to turn to the holder.
    pub enum Trigger {
        /// It proposes or decides to do what the scope holds.
        Proposal = "proposal",
        /// It has a third party's offer that it would accept.
        ThirdPartyOffer = "third_party_offer",
        /// A third party approaches it unasked and is not turned away.
        Approach = "approach",
        /// It asks third parties for offers, or decides to.
        Solicitation = "solicitation",
        /// It has the bids of several third parties.
        Bids = "bids",
        /// Its board or management sets off a formal process.
        FormalProcess = "formal_process",
        /// It means to sign a term sheet or letter of intent.
        TermSheet = "term_sheet",
        /// It agrees to let a third party see information about it.
        Disclosure = "disclosure",
        /// It develops or comes by something new of the kind.
        NewItem = "new_item",
        /// It finds, in its own reasonable judgement, that something is fit for it.
        Determination = "determination",
        /// It needs something of the kind.
        Need = "need",
        /// The holder asks.
        Request = "request",
    }
}

words! {
    /// In what form notices and answers count.
    pub enum NoticeForm {
        /// Only in writing.
        Written = "written",
        /// In any form.
        Any = "any",
    }
}

words! {
    /// What the holder learns of who else is interested.
    pub enum IdentityDisclosure {
        /// Who it is.
        Full = "full",
        /// Nothing: neither who they are nor what they offer.
        Blind = "blind",
        /// That an independent person has seen who it is.
        IndependentCertificate = "independent_certificate",
    }
}

words! {
    /// When the holder's time to answer begins.
    pub enum ClockStart {
        /// When the notice counts as received.
        DeemedReceipt = "deemed_receipt",
        /// When the notice is given.
        NoticeGiven = "notice_given",
        /// When the last document the notice must have is received.
        LastDocumentReceived = "last_document_received",
    }
}

words! {
    /// Until when the holder may exercise.
    pub enum Exercisable {
        /// Within the response window.
        InWindow = "in_window",
        /// At any time before the act takes effect.
        UntilCompletion = "until_completion",
    }
}

words! {
    /// What it means if the holder says nothing until the deadline.
    pub enum Silence {
        /// The right lapses for this case.
        Reject = "reject",
        /// The holder has exercised.
        Accept = "accept",
        /// Nothing yet: only an answer frees the grantor.
        Wait = "wait",
    }
}

/// How soon notice must be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoticeWithin {
    /// Without delay.
    Promptly,
    /// In this time.
    Lasting(Duration),
}

impl Value for NoticeWithin {
    const EXPECTED: &'static str = "a length of time or `promptly`, as \"20 days\"";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match expression.word() {
            Some("promptly") => Ok(NoticeWithin::Promptly),
            _ => Duration::read(expression)
                .map(NoticeWithin::Lasting)
                .map_err(|_| unexpected::<Self>(expression)),
        }
    }

    fn show(&self) -> String {
        match self {
            NoticeWithin::Promptly => "promptly".to_string(),
            NoticeWithin::Lasting(duration) => duration.show(),
        }
    }
}

/// How the grantor turns to the holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approach {
    /// What obliges it to; any of these.
    pub trigger: Vec<Trigger>,
    /// What must have occurred for the holder to have the right, all of it.
    pub subject_to: Vec<Name>,
    /// How long a breach may be cured after notice where the right begins, ends or depends on it.
    pub cure: Option<Duration>,
    /// Whether the grantor makes those give the right whose acts it controls.
    pub procures: bool,
    /// How soon after the trigger notice must be given.
    pub notice_within: NoticeWithin,
    /// How long before the act, or before leave for it is asked of a court or authority, notice
    /// must be given; before the end of the agreement where the right begins then.
    pub notice_before: Option<Duration>,
    /// Whether the grantor must tell the holder promptly of every change of the terms.
    pub changes_notified: bool,
    /// In what form notices and answers count.
    pub notice_form: NoticeForm,
    /// What the notice must have.
    pub notice_contains: Vec<Name>,
    /// What else the grantor gives the holder to consider, if asked.
    pub information_on_request: Vec<Name>,
    /// What the holder learns of third parties.
    pub identity_disclosure: IdentityDisclosure,
    /// When the holder's time begins.
    pub clock_starts: ClockStart,
    /// The time of day its time ends; that of the agreement unless stated.
    pub cutoff_time: Option<Time>,
    /// Until when the holder may answer.
    pub exercisable: Exercisable,
    /// Whether the grantor may not deal with others meanwhile.
    pub standstill: bool,
}

impl Approach {
    pub(in crate::clause) fn read(
        f: &mut Fields<'_>,
        trigger: Trigger,
        standstill: bool,
        into: &mut Collected,
    ) -> Approach {
        Approach {
            trigger: f.or("trigger", vec![trigger]),
            subject_to: conditions(f, "subject_to", into),
            cure: f.optional("cure"),
            procures: f.or("procures", false),
            notice_within: f.or("notice_within", NoticeWithin::Promptly),
            notice_before: f.optional("notice_before"),
            changes_notified: f.or("changes_notified", true),
            notice_form: f.or("notice_form", NoticeForm::Written),
            notice_contains: f.or("notice_contains", vec![Name::new("terms")]),
            information_on_request: f.optional("information_on_request").unwrap_or_default(),
            identity_disclosure: f.or("identity_disclosure", IdentityDisclosure::Full),
            clock_starts: f.or("clock_starts", ClockStart::LastDocumentReceived),
            cutoff_time: f.optional("cutoff_time"),
            exercisable: f.or("exercisable", Exercisable::InWindow),
            standstill: f.or("standstill", standstill),
        }
    }
}

/// A condition by its name.
struct ConditionName(Name);

impl Value for ConditionName {
    const EXPECTED: &'static str = "a condition, as condition.agi-verified";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match Bound::read(expression) {
            Ok(Bound::When(name)) => Ok(ConditionName(name)),
            _ => Err(unexpected::<Self>(expression)),
        }
    }

    fn show(&self) -> String {
        format!("condition.{}", self.0)
    }
}

/// The conditions that an attribute names.
pub(in crate::clause) fn conditions(
    f: &mut Fields<'_>,
    name: &'static str,
    into: &mut Collected,
) -> Vec<Name> {
    let named: Vec<ConditionName> = f.optional(name).unwrap_or_default();
    let names: Vec<Name> = named.into_iter().map(|condition| condition.0).collect();
    let bounds: Vec<Bound> = names.iter().cloned().map(Bound::When).collect();
    f.expect_conditions(name, &bounds, into);
    names
}
