//! What the holder of a first right gets.

use serde::{Deserialize, Serialize};

use super::approach::conditions;
use crate::clause::appraisal::{self, Appraisal};
use crate::clause::scope_block;
use crate::fields::{Collected, Fields};
use crate::value::words;
use crate::{Duration, Finding, Name, Scope};

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
    /// On what terms the holder takes what it exercises for.
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
        /// A price computed as another provision of the agreement says.
        Formula = "formula",
        /// No price; the holder bears only what the transfer costs.
        FreeOfCharge = "free_of_charge",
    }
}

words! {
    /// Who bears the cost.
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
    pub(in crate::clause) fn read(
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
