//! Guards: what must hold for a command to be carried out.
//!
//! Each has a name, so that a refusal says which one failed, an event says which ones passed, and a
//! party can contest one. [`Guards`] says which are asked: all of them, except where a model checker
//! removes one to see that it notices. Source: domain rules §2.3, column "guard".

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! guards {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal,)+) => {
        /// A guard.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Guard {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Guard {
            /// Every guard.
            pub const ALL: &'static [Guard] = &[$(Guard::$name,)+];

            /// Its name, as people type it.
            pub fn name(self) -> &'static str {
                match self { $(Guard::$name => $word,)+ }
            }

            /// What it asks for.
            pub fn asks(self) -> &'static str {
                match self { $(Guard::$name => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

guards! {
    /// The grantor itself acts.
    ByGrantor = "by-grantor",
    /// A holder of the right acts, or its affiliate.
    ByHolder = "by-holder",
    /// The supplier of the lot or offer acts, or its affiliate.
    BySupplier = "by-supplier",
    /// The decision-maker acts.
    ByDecisionMaker = "by-decision-maker",
    /// One of the parties that may say so acts.
    ByParty = "by-party",
    /// The case is, or is not yet, there.
    CaseExists = "case-exists",
    /// Nothing in the case counts later already.
    InOrder = "in-order",
    /// A right of the kind covers the case.
    Covered = "covered",
    /// The part is in a state that allows it.
    State = "state",
    /// The requirement is complete and makes sense.
    CompleteRequirement = "complete-requirement",
    /// The same need was not withdrawn within 90 days.
    NotWithdrawnBefore = "not-withdrawn-before",
    /// The exemption holds.
    ExemptionHolds = "exemption-holds",
    /// The right still holds, so that a round may begin.
    RightHolds = "right-holds",
    /// It is received by the deadline.
    InTime = "in-time",
    /// The quantity is a part of what is open.
    WithinQuantity = "within-quantity",
    /// The clause allows so much of it to be taken.
    PartialAllowed = "partial-allowed",
    /// Lots that are of use only together are taken together.
    Linked = "linked",
    /// The exercise is unconditional.
    Unconditional = "unconditional",
    /// No more than the supplier has declared to have.
    WithinCapacity = "within-capacity",
    /// The answer is the first one.
    NotAnswered = "not-answered",
    /// It meets the clause's standard for matching.
    MeetsStandard = "meets-standard",
    /// It is expressly said, with evidence.
    Evidence = "evidence",
    /// The request for documents is in time, and the first.
    DocumentsInTime = "documents-in-time",
    /// Terms were put forward that can be agreed to.
    TermsProposed = "terms-proposed",
    /// The offer is there and stands.
    OfferStands = "offer-stands",
    /// The offer is in the currency of the request, for a part of what is needed.
    OfferComparable = "offer-comparable",
    /// The offer is bona fide, as the clause says.
    BonaFide = "bona-fide",
    /// Offers are taken until the tender closes.
    TenderOpen = "tender-open",
    /// How offers are compared is said before the first one.
    TenderBeforeOffers = "tender-before-offers",
    /// The offer is what was sealed.
    SealOpens = "seal-opens",
    /// No holder has defended against the offer already.
    DefendedOnce = "defended-once",
    /// No outside talks while the holder negotiates alone.
    Standstill = "standstill",
    /// Nothing better for others than what was put to the holder.
    WithinTerms = "within-terms",
    /// Every outside deal is put to the holder first.
    PresentedFirst = "presented-first",
    /// Within what is released, and not reserved for another.
    WithinRelease = "within-release",
    /// Others sign no earlier than the clause's time after the notice.
    FreeWindowOpen = "free-window-open",
    /// Only with the third party the holder was told of.
    SameThirdParty = "same-third-party",
    /// What an offer is contingent on is so.
    ContingencyMet = "contingency-met",
    /// The package is one the clause allows.
    PackageAllowed = "package-allowed",
    /// Both said the same.
    Mutual = "mutual",
    /// Before the first delivery.
    BeforeDelivery = "before-delivery",
    /// A deadline is only put off, by the party it protects.
    OnlyLater = "only-later",
    /// There is something to settle.
    Disputed = "disputed",
    /// The lot is to be delivered.
    LotOpen = "lot-open",
    /// The clause lets the due day slip, once and on notice.
    SlipAllowed = "slip-allowed",
    /// The lot fell short and not all of it is placed.
    Recoverable = "recoverable",
    /// The emergency's bridge is short and small.
    BridgeLimits = "bridge-limits",
    /// Nobody chooses among sealed offers or improvements before all are revealed, or the time to is
    /// over.
    AllRevealed = "all-revealed",
    /// Where the right is a preference, no standing offer of its holder is as good.
    HolderPreferred = "holder-preferred",
    /// A deal with others that still needs a holder's consent has it.
    ConsentGiven = "consent-given",
    /// There are equal offers, next to be awarded, whose suppliers have not been asked to improve them.
    Tied = "tied",
    /// Equal offers have had the round of improvements that was posted.
    ImprovementHeld = "improvement-held",
    /// An improvement is the same offer, and better for the grantor.
    Improves = "improves",
    /// The seed of the lottery was committed to before the offers, and they were made before it was
    /// revealed.
    SeedUnknown = "seed-unknown",
    /// The seed of the lottery is the one that was committed to.
    SeedOpens = "seed-opens",
}

/// Which guards are asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Guards {
    removed: Option<Guard>,
}

impl Guards {
    /// All of them: what runs in production.
    pub const ALL: Guards = Guards { removed: None };

    /// All but one, to see that a checker notices.
    pub fn without(guard: Guard) -> Guards {
        Guards { removed: Some(guard) }
    }

    /// Whether it is asked.
    pub fn ask(self, guard: Guard) -> bool {
        self.removed != Some(guard)
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Guard {
    type Err = String;

    fn from_str(text: &str) -> Result<Guard, String> {
        let named = Guard::ALL.iter().copied().find(|guard| guard.name() == text);
        named.ok_or_else(|| format!("no guard is called `{text}`"))
    }
}
