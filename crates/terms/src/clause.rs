//! Clauses: what the parties promised each other.
//!
//! Start with [`Clause`]: what every clause has. Each kind has one file, which holds its own
//! parameters, their defaults and where those come from.

mod appraisal;
mod audit_right;
mod change_of_control;
mod commitment;
mod consent;
mod currency;
mod effort;
mod escalator;
mod exclusivity;
mod excuse;
mod first_right;
mod funding;
mod investment;
mod level;
mod licence;
mod liquidated_damages;
mod most_favoured_nation;
mod observer;
mod option;
mod performance_commitment;
mod price_cap;
mod profit_participation;
mod renewal;
mod revenue_share;
mod right_of_first_negotiation;
mod right_of_first_offer;
mod right_of_first_refusal;
mod scope_block;
mod shortfall;
mod tiers;
mod volume_limit;
mod volume_tier;

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::document::FencedBlock;
use crate::fields::{Collected, Fields};
use crate::finding::Origin;
use crate::registry::Entry;
use crate::value::{Expression, Form, Parameter, Shape, Unreadable, Value, unexpected, words};
use crate::{Duration, Name, Scope};

pub use appraisal::{Appraisal, AppraisalResult, AppraisersNamedBy};
pub use audit_right::AuditRight;
pub use change_of_control::{ChangeOfControl, ControlRemedy};
pub use commitment::{
    CarryForward, Commitment, CommitmentMeasure, Credit, MakeUp, MakeUpPrice, MakeUpThreshold,
};
pub use consent::{
    CarveOut, Consent, DeemedResult, Evidence, Limit, Measure, Metric, OnFail, Primarily, Standard,
    TestDates,
};
pub use effort::Effort;
pub use escalator::{Escalator, IndexBase};
pub use exclusivity::{Cover, Exclusivity, LostMinimum, MinimumToKeep};
pub use excuse::Excuse;
pub use first_right::{
    Approach, BreachEffect, ClockStart, Exercisable, Exercise, Expense, FreeTermsLimit, FreeWindow,
    FreeWindowStart, HolderTerms, IdentityDisclosure, InNameOf, NegotiationStart, NoticeForm,
    NoticeWithin, OnExercise, Release, Reoffer, Silence, Trigger, WaiverScope,
};
pub use funding::{Funding, Tranche};
pub use investment::{Contribution, Instrument, Investment};
pub use level::{Level, Measures, Per, Step, StepBegins, When, Whichever, Whole};
pub use licence::{
    Approval, AtEnd, Consideration, FieldOfUse, Licence, LicenceExclusivity, Sublicense, Survives,
};
pub use liquidated_damages::{
    Combination, Counted, DamagesBase, DamagesCap, DamagesEnd, DamagesRate, DamagesTrigger,
    Formula, LiquidatedDamages, PaidFrom, Promised, RunsFrom,
};
pub use most_favoured_nation::{
    BetterDeal, Comparable, Favour, FavourEffect, MostFavouredNation, Tested,
};
pub use observer::Observer;
pub use option::{
    CloseFrom, OnLapse, OptionPayment, OptionPrice, OptionRight, OptionSide, OptionStandstill,
    Pending, PriceRule, SetOff,
};
pub use performance_commitment::{PerformanceCommitment, PerformanceMeasure};
pub use price_cap::{
    AdjustedOn, AdjustedTo, CostPlus, Decreases, Exempt, Increase, PriceCap, Reopening,
};
pub use profit_participation::{Profit, ProfitParticipation};
pub use renewal::{Renewal, RenewalMode, RenewalPrice, Rollover};
pub use revenue_share::{
    Accounting, Advance, Base, Deduction, DividedBy, GuaranteeTest, IfProhibited, Intercompany,
    MinimumGuarantee, PerUnit, Pool, RateSetter, Reduction, RevenueShare, Seller, Separately, Tier,
    TierMeasure, TierMode,
};
pub use right_of_first_negotiation::RightOfFirstNegotiation;
pub use right_of_first_offer::RightOfFirstOffer;
pub use right_of_first_refusal::{
    BonaFide, MatchStandard, MultiHolder, PackageRule, PartialExercise, RefusalMode,
    RightOfFirstRefusal, WithdrawnOffer,
};
pub use shortfall::{ChosenBy, Shortfall, ShortfallRemedy, Shortfalls};
pub use volume_limit::{AboveMaximum, Allocation, Limited, VolumeLimit};
pub use volume_tier::{PriceTier, VolumeTier};

words! {
    /// The kinds of clause.
    pub enum Kind {
        /// What the scope holds, the grantor does with the holder alone, or not at all.
        Exclusivity = "exclusivity",
        /// The holder may take a deal before others get it.
        RightOfFirstRefusal = "right_of_first_refusal",
        /// The holder may make an offer before the grantor turns to others.
        RightOfFirstOffer = "right_of_first_offer",
        /// The grantor negotiates with the holder before it turns to others.
        RightOfFirstNegotiation = "right_of_first_negotiation",
        /// By its own decision the holder may take something, or make the grantor take it.
        Option = "option",
        /// The grantor lets the holder do what a right of the grantor's would otherwise stand against.
        Consent = "consent",
        /// The customer takes, or pays for, at least so much.
        Commitment = "commitment",
        /// The grantor supplies, sells, spends, keeps or achieves at least so much.
        PerformanceCommitment = "performance_commitment",
        /// The holder may use or sell on what belongs to the grantor.
        Licence = "licence",
        /// The payer pays the payee a share of revenue.
        RevenueShare = "revenue_share",
        /// The holder takes part in the grantor's profit.
        ProfitParticipation = "profit_participation",
        /// The investor puts money into the issuer.
        Investment = "investment",
        /// The holder may attend and be informed, and decides nothing.
        Observer = "observer",
        /// The funder pays for a project of the recipient's.
        Funding = "funding",
        /// Nobody comparable gets better terms than the holder.
        MostFavouredNation = "most_favoured_nation",
        /// The price of a unit depends on how many are taken.
        VolumeTier = "volume_tier",
        /// The grantor supplies, allows or does at most so much.
        VolumeLimit = "volume_limit",
        /// Prices rise no further and no more often than this.
        PriceCap = "price_cap",
        /// A sum agreed beforehand is due for delay or another failure.
        LiquidatedDamages = "liquidated_damages",
        /// The holder may have the grantor's books audited.
        AuditRight = "audit_right",
        /// The agreement goes on for another term.
        Renewal = "renewal",
        /// The holder has a say if somebody else comes to control the grantor.
        ChangeOfControl = "change_of_control",
    }
}

/// The kind and label of a clause, as `right_of_first_refusal.new-capacity`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ClauseId {
    /// The kind.
    pub kind: Kind,
    /// The label.
    pub label: String,
}

/// One clause of one document.
#[derive(Debug, Clone)]
pub struct Clause {
    /// Its kind and label. A replacing clause may have the id of the one it replaces.
    pub id: ClauseId,
    /// The party that is bound: grantor, customer, payer, issuer or funder.
    pub grantor: Name,
    /// The party that holds the right: holder, supplier, payee, investor or recipient.
    pub holder: Name,
    /// Which acts it is about; everything unless a `scope` narrows it.
    pub scope: Scope,
    /// When it begins; the document's effective date unless stated.
    pub from: Option<Bound>,
    /// When it ends: the first of these.
    pub until: Vec<Bound>,
    /// How long it goes on once its document has ended, if it outlives that.
    pub survival: Option<Duration>,
    /// To whom the holder may hand it on. Source: domain rules §1.1.
    pub assignable: Assignable,
    /// The clause it takes the place of.
    pub replaces: Option<(ClauseId, Origin)>,
    /// Every parameter as people see it, with where it comes from.
    pub parameters: Vec<Parameter>,
    /// What this kind of clause provides.
    pub provision: Provision,
    /// The nearest heading above.
    pub heading: String,
    /// The prose above its block: the clause's text.
    pub text: String,
    /// Where it stands.
    pub origin: Origin,
    /// Which of the documents it stands in, by place in `Terms::documents`.
    pub document: usize,
}

/// What each kind of clause provides.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub enum Provision {
    Exclusivity(Exclusivity),
    RightOfFirstRefusal(RightOfFirstRefusal),
    Consent(Consent),
    Commitment(Box<Commitment>),
    PerformanceCommitment(Box<PerformanceCommitment>),
    Licence(Licence),
    RevenueShare(RevenueShare),
    ProfitParticipation(ProfitParticipation),
    Investment(Investment),
    Observer(Observer),
    Funding(Funding),
    RightOfFirstOffer(RightOfFirstOffer),
    RightOfFirstNegotiation(RightOfFirstNegotiation),
    Option(OptionRight),
    MostFavouredNation(MostFavouredNation),
    VolumeTier(VolumeTier),
    VolumeLimit(VolumeLimit),
    PriceCap(Box<PriceCap>),
    LiquidatedDamages(LiquidatedDamages),
    AuditRight(AuditRight),
    Renewal(Renewal),
    ChangeOfControl(ChangeOfControl),
}

words! {
    /// To whom the holder may hand a right on.
    pub enum Assignable {
        /// To nobody without the grantor's agreement.
        No = "no",
        /// To its affiliates.
        Affiliates = "affiliates",
        /// To companies it owns wholly.
        WhollyOwned = "wholly_owned",
        /// To whoever takes over the business it belongs to.
        Successor = "successor",
        /// To anybody.
        Free = "free",
    }
}

/// A day, or whatever day a condition occurs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// The start of this day.
    On(Date),
    /// The day the condition occurs.
    When(Name),
}

impl Kind {
    /// Whether the holder must be given its say before the grantor deals with others.
    pub fn is_first_right(self) -> bool {
        matches!(
            self,
            Kind::RightOfFirstRefusal | Kind::RightOfFirstOffer | Kind::RightOfFirstNegotiation
        )
    }

    /// What this kind calls the party that is bound and the party that holds the right.
    pub fn roles(self) -> (&'static str, &'static str) {
        match self {
            Kind::Commitment => ("customer", "supplier"),
            Kind::RevenueShare => ("payer", "payee"),
            Kind::Investment => ("issuer", "investor"),
            Kind::Funding => ("funder", "recipient"),
            _ => ("grantor", "holder"),
        }
    }

    /// Whether clauses of this kind stand against acts: they forbid them or make them conditional.
    pub fn restricts(self) -> bool {
        self == Kind::Exclusivity || self.is_first_right()
    }

    fn read(self, f: &mut Fields<'_>, into: &mut Collected) -> Option<Provision> {
        Some(match self {
            Kind::Exclusivity => Provision::Exclusivity(Exclusivity::read(f, into)),
            Kind::RightOfFirstRefusal => {
                Provision::RightOfFirstRefusal(RightOfFirstRefusal::read(f, into))
            }
            Kind::Consent => Provision::Consent(Consent::read(f, into)),
            Kind::Commitment => Provision::Commitment(Box::new(Commitment::read(f, into)?)),
            Kind::PerformanceCommitment => {
                Provision::PerformanceCommitment(Box::new(PerformanceCommitment::read(f, into)?))
            }
            Kind::Licence => Provision::Licence(Licence::read(f, into)),
            Kind::RevenueShare => Provision::RevenueShare(RevenueShare::read(f, into)?),
            Kind::ProfitParticipation => {
                Provision::ProfitParticipation(ProfitParticipation::read(f, into)?)
            }
            Kind::Investment => Provision::Investment(Investment::read(f, into)),
            Kind::Observer => Provision::Observer(Observer::read(f, into)),
            Kind::Funding => Provision::Funding(Funding::read(f, into)?),
            Kind::RightOfFirstOffer => {
                Provision::RightOfFirstOffer(RightOfFirstOffer::read(f, into))
            }
            Kind::RightOfFirstNegotiation => {
                Provision::RightOfFirstNegotiation(RightOfFirstNegotiation::read(f, into))
            }
            Kind::Option => Provision::Option(OptionRight::read(f, into)),
            Kind::MostFavouredNation => {
                Provision::MostFavouredNation(MostFavouredNation::read(f, into))
            }
            Kind::VolumeTier => Provision::VolumeTier(VolumeTier::read(f, into)?),
            Kind::VolumeLimit => Provision::VolumeLimit(VolumeLimit::read(f, into)?),
            Kind::PriceCap => Provision::PriceCap(Box::new(PriceCap::read(f, into))),
            Kind::LiquidatedDamages => {
                Provision::LiquidatedDamages(LiquidatedDamages::read(f, into)?)
            }
            Kind::AuditRight => Provision::AuditRight(AuditRight::read(f)),
            Kind::Renewal => Provision::Renewal(Renewal::read(f, into)),
            Kind::ChangeOfControl => Provision::ChangeOfControl(ChangeOfControl::read(f)),
        })
    }
}

impl Clause {
    /// Reads a clause's block; what cannot be read goes `into` the findings.
    pub(crate) fn read(
        kind: Kind,
        label: &str,
        block: &FencedBlock,
        document: usize,
        mut f: Fields<'_>,
        into: &mut Collected,
    ) -> Option<Clause> {
        let (grantor, holder) = kind.roles();
        let grantor = f.named(grantor, &[Entry::Party]);
        let holder = f.named(holder, &[Entry::Party]);
        let from = f.optional("from");
        let until: Vec<Bound> = f.optional("until").unwrap_or_default();
        f.expect_conditions("from", from.as_slice(), into);
        f.expect_conditions("until", &until, into);
        let survival = f.optional("survival");
        let assignable = f.or("assignable", Assignable::No);
        let replaces = f.optional::<ClauseId>("replaces").map(|id| (id, f.origin_of("replaces")));
        let scope = scope_block::read(&mut f, kind, into);
        let provision = kind.read(&mut f, into);
        let origin = f.origin();
        let parameters = std::mem::take(&mut f.parameters);
        f.finish(into);
        Some(Clause {
            id: ClauseId { kind, label: label.to_string() },
            grantor: grantor?,
            holder: holder?,
            scope,
            from,
            until,
            survival,
            assignable,
            replaces,
            parameters,
            provision: provision?,
            heading: block.heading.clone(),
            text: block.prose.clone(),
            origin,
            document,
        })
    }

    /// Its parameters without the parties and what it replaces, which are told elsewhere.
    pub fn provisions(&self) -> impl Iterator<Item = &Parameter> {
        let (grantor, holder) = self.id.kind.roles();
        let elsewhere = [grantor, holder, "replaces"];
        self.parameters.iter().filter(move |parameter| !elsewhere.contains(&&*parameter.name))
    }

    /// A parameter as people see it.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

impl fmt::Display for ClauseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind, self.label)
    }
}

impl From<ClauseId> for String {
    fn from(id: ClauseId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for ClauseId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for ClauseId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split_once('.')
            .and_then(|(kind, label)| {
                let kind = Kind::from_word(kind)?;
                (!label.is_empty()).then(|| ClauseId { kind, label: label.to_string() })
            })
            .ok_or_else(|| format!("`{text}` is not {}", ClauseId::EXPECTED))
    }
}

impl Value for ClauseId {
    const EXPECTED: &'static str = "a clause by kind and label, as exclusivity.cloud";
    const FORM: Form = Form::Clause;

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match &expression.shape {
            Shape::Path(parts) => parts.join(".").parse().ok(),
            Shape::Text(text) => text.parse().ok(),
            _ => None,
        }
        .ok_or_else(|| unexpected::<Self>(expression))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for Bound {
    const EXPECTED: &'static str =
        "a date or a condition, as \"2031-01-01\" or condition.agi-verified";
    const FORM: Form = Form::Bound;

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match &expression.shape {
            Shape::Path(parts) => match &parts[..] {
                [condition, name] if condition == "condition" => {
                    Ok(Bound::When(Name::new(name.as_str())))
                }
                _ => Err(unexpected::<Self>(expression)),
            },
            _ => Date::read(expression).map(Bound::On).map_err(|_| unexpected::<Self>(expression)),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bound::On(date) => write!(f, "{date}"),
            Bound::When(name) => write!(f, "condition.{name}"),
        }
    }
}
