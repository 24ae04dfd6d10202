//! What every first right says: how the grantor turns to the holder, what the holder gets, and how
//! free the grantor is once the holder has not taken it. Source: domain rules §1.4.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use super::appraisal::{self, Appraisal};
use super::scope_block;
use crate::fields::{Collected, Fields};
use crate::registry::Entry;
use crate::value::{Expression, Unreadable, Value, unexpected, words};
use crate::{Bound, Duration, Finding, Money, Name, Scope};

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

words! {
    /// What follows when the holder exercises.
    pub enum OnExercise {
        /// Both are bound to the deal.
        Deal = "deal",
        /// What was put to the holder becomes part of this agreement.
        Inclusion = "inclusion",
        /// Both amend this agreement to hold it.
        Amendment = "amendment",
        /// Both negotiate the deal in good faith.
        Negotiation = "negotiation",
        /// The holder does itself what the grantor would not, or would have done.
        StepIn = "step_in",
        /// The grantor brings the holder and the third party together to negotiate.
        Introduction = "introduction",
    }
}

words! {
    /// On what terms the holder takes it.
    pub enum HolderTerms {
        /// Those put to it, or those of the third party's offer.
        Noticed = "noticed",
        /// Those of this agreement.
        Agreement = "agreement",
        /// Those both agree on.
        Agreed = "agreed",
        /// Those it offers and the grantor accepts.
        Offered = "offered",
        /// None worse than any third party is offered.
        NoLessFavourable = "no_less_favourable",
        /// Fair market value.
        FairMarketValue = "fair_market_value",
        /// A price reckoned as another provision of the agreement says.
        Formula = "formula",
        /// Nothing but what handing over costs.
        FreeOfCharge = "free_of_charge",
    }
}

words! {
    /// Who bears what a step-in costs.
    pub enum Expense {
        /// The holder.
        Holder = "holder",
        /// The grantor.
        Grantor = "grantor",
        /// Both.
        Shared = "shared",
    }
}

words! {
    /// In whose name a step-in is done.
    pub enum InNameOf {
        /// The holder's.
        Holder = "holder",
        /// The grantor's.
        Grantor = "grantor",
        /// Both parties'.
        Joint = "joint",
        /// Either party's, as is fitting.
        Either = "either",
    }
}

words! {
    /// When the time both negotiate begins.
    pub enum NegotiationStart {
        /// When the holder says that it is interested.
        Interest = "interest",
        /// When the negotiations begin.
        Commencement = "commencement",
        /// When the notice is received.
        Notice = "notice",
    }
}

words! {
    /// What the grantor may sign with others once the holder has not taken a case.
    pub enum FreeTermsLimit {
        /// Nothing better for them than what was put to the holder, or last offered to it.
        NoMoreFavourable = "no_more_favourable",
        /// As `no_more_favourable`, but of the economic terms alone.
        NoMoreFavourableEconomics = "no_more_favourable_economics",
        /// The same terms.
        SameTerms = "same_terms",
        /// Only what is better for the grantor than the holder's last offer.
        BetterForGrantor = "better_for_grantor",
        /// Anything.
        None = "none",
    }
}

words! {
    /// When the grantor's time to sign with others begins.
    pub enum FreeWindowStart {
        /// When the holder declines, or its time ends.
        Release = "release",
        /// When the notice was delivered to the holder.
        Notice = "notice",
        /// On the date of the third party's offer.
        Offer = "offer",
    }
}

words! {
    /// What brings the right to life again for a case the holder let pass.
    pub enum Reoffer {
        /// A material change of terms.
        MaterialChange = "material_change",
        /// Any change of terms.
        AnyChange = "any_change",
        /// A closing that did not happen in time.
        MissedClosing = "missed_closing",
        /// A proposal to take the deal up again.
        NewProposal = "new_proposal",
    }
}

words! {
    /// What the holder gives up by not exercising.
    pub enum WaiverScope {
        /// This case.
        Case = "case",
        /// The item, whatever is done with it later.
        Item = "item",
        /// The whole right.
        Right = "right",
    }
}

words! {
    /// What follows if the grantor passes the holder over.
    pub enum BreachEffect {
        /// What was done is void.
        Void = "void",
        /// Damages are due.
        Damages = "damages",
        /// A court may stop it.
        Injunction = "injunction",
        /// It is a default that the agreement may be ended for.
        Default = "default",
    }
}

/// How long the grantor may sign with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FreeWindow {
    /// So long.
    Lasting(Duration),
    /// Without end.
    Unlimited,
}

impl Value for FreeWindow {
    const EXPECTED: &'static str = "a length of time or `unlimited`, as \"120 days\"";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match expression.word() {
            Some("unlimited") => Ok(FreeWindow::Unlimited),
            _ => Duration::read(expression)
                .map(FreeWindow::Lasting)
                .map_err(|_| unexpected::<Self>(expression)),
        }
    }

    fn show(&self) -> String {
        match self {
            FreeWindow::Lasting(duration) => duration.show(),
            FreeWindow::Unlimited => "unlimited".to_string(),
        }
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
    pub(super) fn read(
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
pub(super) fn conditions(
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

/// What the holder gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exercise {
    /// What follows.
    pub on_exercise: OnExercise,
    /// What the holder takes, where that is not what the scope holds.
    pub takes: Option<Scope>,
    /// On what terms.
    pub holder_terms: HolderTerms,
    /// Whether the holder may have somebody it names take its place.
    pub designee: bool,
    /// Who bears what a step-in costs.
    pub expense: Option<Expense>,
    /// In whose name a step-in is done.
    pub in_name_of: Option<InNameOf>,
    /// What the holder then gives the grantor.
    pub holder_provides: Vec<Name>,
    /// The fewest items of the kind that this agreement must hold.
    pub included_at_least: Option<u64>,
    /// The most items of the kind that this agreement may hold unless both agree.
    pub included_at_most: Option<u64>,
    /// What must have occurred, or been waived by the party it protects, for the closing.
    pub closing_subject_to: Vec<Name>,
    /// Who sets a value both cannot agree on, such as that of what is offered beside money.
    pub appraisal: Option<Appraisal>,
    /// How long both negotiate where terms are to be agreed.
    pub negotiation_window: Duration,
    /// When that begins.
    pub negotiation_starts: NegotiationStart,
}

impl Exercise {
    pub(super) fn read(
        f: &mut Fields<'_>,
        on_exercise: OnExercise,
        holder_terms: HolderTerms,
        into: &mut Collected,
    ) -> Exercise {
        let exercise = Exercise {
            on_exercise: f.or("on_exercise", on_exercise),
            takes: scope_block::takes(f, into),
            holder_terms: f.or("holder_terms", holder_terms),
            designee: f.or("designee", false),
            expense: f.optional("expense"),
            in_name_of: f.optional("in_name_of"),
            holder_provides: f.optional("holder_provides").unwrap_or_default(),
            included_at_least: f.optional("included_at_least"),
            included_at_most: f.optional("included_at_most"),
            closing_subject_to: conditions(f, "closing_subject_to", into),
            appraisal: appraisal::read(f, into),
            negotiation_window: f.or("negotiation_window", Duration::days(30)),
            negotiation_starts: f.or("negotiation_starts", NegotiationStart::Interest),
        };
        exercise.check(f);
        exercise
    }

    fn check(&self, f: &mut Fields<'_>) {
        let said = [("expense", self.expense.is_some()), ("in_name_of", self.in_name_of.is_some())];
        for (name, _) in said.into_iter().filter(|(_, said)| *said) {
            if self.on_exercise == OnExercise::StepIn {
                continue;
            }
            let place = f.origin_of(name).label("of a step-in");
            let message = format!("{} says the `{name}` of a step-in, but has none", f.title);
            let finding = Finding::error("charter::first-right::no-step-in", message, place);
            f.findings.push(finding.help("write `on_exercise = step_in`, or leave it out"));
        }
        if let (Some(least), Some(most)) = (self.included_at_least, self.included_at_most)
            && least > most
        {
            let place = f.origin_of("included_at_most").label("fewer than `included_at_least`");
            let message = format!("{} needs more items than it may hold", f.title);
            let finding = Finding::error("charter::first-right::limits", message, place);
            f.findings.push(finding.help("write the smaller number as `included_at_least`"));
        }
    }
}

/// How free the grantor is once the holder has not taken a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// When the time to sign with others begins.
    pub free_window_starts: FreeWindowStart,
    /// Whether the grantor may sign only with the third party the holder was told of.
    pub same_third_party: bool,
    /// Whether the grantor must begin again once that time has ended unused.
    pub renotice: bool,
    /// What else brings the right to life again.
    pub reoffer_on: Vec<Reoffer>,
    /// What the holder gives up by not exercising.
    pub waiver_scope: WaiverScope,
    /// Whether the deal with others still needs the holder's consent.
    pub consent_still_needed: bool,
    /// What the grantor pays the holder for letting it deal with others.
    pub transfer_fee: Option<Money>,
    /// Whether nothing else in the agreement then stands against the deal with others.
    pub frees_entirely: bool,
    /// What follows if the grantor passes the holder over.
    pub effect_of_breach: Vec<BreachEffect>,
}

impl Release {
    pub(super) fn read(f: &mut Fields<'_>, free_window: FreeWindow) -> Release {
        let limited = free_window != FreeWindow::Unlimited;
        let release = Release {
            free_window_starts: f.or("free_window_starts", FreeWindowStart::Release),
            same_third_party: f.or("same_third_party", false),
            renotice: f.or("renotice", limited),
            reoffer_on: f.or("reoffer_on", vec![Reoffer::MaterialChange]),
            waiver_scope: f.or("waiver_scope", WaiverScope::Case),
            consent_still_needed: f.or("consent_still_needed", false),
            transfer_fee: f.optional("transfer_fee"),
            frees_entirely: f.or("frees_entirely", false),
            effect_of_breach: f
                .or("effect_of_breach", vec![BreachEffect::Damages, BreachEffect::Injunction]),
        };
        if release.renotice && !limited {
            let place = f.origin_of("renotice").label("never comes");
            let message = format!("the free window of {} never ends", f.title);
            let finding = Finding::error("charter::first-right::no-renotice", message, place);
            f.findings.push(finding.help("say how long `free_window` is, or leave out `renotice`"));
        }
        release
    }
}

/// Parties whose first rights go before the holder's.
pub(super) fn ranks_after(f: &mut Fields<'_>) -> Vec<Name> {
    f.named_list("ranks_after", &[Entry::Party])
}
