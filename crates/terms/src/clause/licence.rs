use super::Effort;
use crate::fields::{Collected, Fields};
use crate::value::{Value, words};
use crate::{Duration, Finding, Name, Registry};

words! {
    /// Who else may have the same licence.
    pub enum LicenceExclusivity {
        /// Nobody else; whether the grantor may still use it itself is for `binds_grantor_too` to say.
        Exclusive = "exclusive",
        /// Nobody else but the grantor itself.
        Sole = "sole",
        /// Anybody.
        NonExclusive = "non_exclusive",
    }
}

words! {
    /// In whose products what is licensed may be used.
    pub enum FieldOfUse {
        /// Only in the holder's, and in those of its affiliates where they are covered.
        OwnProducts = "own_products",
        /// In anybody's.
        Any = "any",
    }
}

words! {
    /// To whom the holder may grant sublicences.
    pub enum Sublicense {
        /// To nobody.
        No = "no",
        /// To its affiliates.
        Affiliates = "affiliates",
        /// To those who work for it: contractors, manufacturers, distributors.
        Contractors = "contractors",
        /// To the customers who use its products.
        EndUsers = "end_users",
        /// To anybody.
        Free = "free",
    }
}

words! {
    /// What the holder gives for the licence.
    pub enum Consideration {
        /// No royalty.
        RoyaltyFree = "royalty_free",
        /// Nothing more: what was due has been paid.
        PaidUp = "paid_up",
        /// A fee that another clause or a schedule sets.
        Fee = "fee",
        /// Payments as milestones are reached.
        Milestones = "milestones",
        /// A royalty on what is sold or used.
        RoyaltyBearing = "royalty_bearing",
    }
}

words! {
    /// What a licence outlives.
    pub enum Survives {
        /// Nothing, but what was begun may be wound down; for as long as `survival` says, if it does.
        WindDown = "wind_down",
        /// The agreement's expiry.
        Expiry = "expiry",
        /// The holder's breach.
        Breach = "breach",
        /// The grantor's termination for convenience.
        Termination = "termination",
        /// A change in who controls the holder.
        ChangeOfControl = "change_of_control",
        /// The insolvency of either party.
        Insolvency = "insolvency",
        /// The sale of an affiliate or line of business that has it, for the business it has at that time.
        Divestment = "divestment",
    }
}

words! {
    /// Which uses the grantor must first approve.
    pub enum Approval {
        /// None.
        None = "none",
        /// Each, at its discretion.
        Sole = "sole",
        /// Each, which it may not unreasonably refuse.
        NotUnreasonable = "not_unreasonable",
        /// Those that do not keep to its `guidelines`.
        OutsideGuidelines = "outside_guidelines",
    }
}

words! {
    /// What the holder does with copies once the licence has ended.
    pub enum AtEnd {
        /// It no longer uses them.
        Cease = "cease",
        /// It gives them back.
        Return = "return",
        /// It destroys them.
        Destroy = "destroy",
    }
}

/// "The holder may use, or sell on, what is the grantor's." Source: domain rules §1.9.
///
/// Its territory and field are its `scope`'s; its term is `from` and `until`; to whom it may be
/// transferred is `assignable`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licence {
    /// Who else may have it.
    pub exclusivity: LicenceExclusivity,
    /// Whether an exclusive licence keeps the grantor out too ("even as to").
    pub binds_grantor_too: bool,
    /// In whose products it may be used.
    pub field_of_use: FieldOfUse,
    /// Whether the holder's affiliates have it too.
    pub affiliates: bool,
    /// To whom the holder may sublicense.
    pub sublicense: Vec<Sublicense>,
    /// Whether those to whom it has sublicensed may sublicense too ("through multiple tiers").
    pub multiple_tiers: bool,
    /// Whether others may do for the holder what it may do itself.
    pub have_made: bool,
    /// What the holder gives for it; all of these.
    pub consideration: Vec<Consideration>,
    /// Whether it has no end in time.
    pub perpetual: bool,
    /// Whether the grantor cannot take it back.
    pub irrevocable: bool,
    /// What it outlives; each of these.
    pub survives: Vec<Survives>,
    /// Which uses the grantor must first approve.
    pub approval: Approval,
    /// How long the grantor may take to answer when it is asked for approval, if it is stated.
    pub response_window: Option<Duration>,
    /// The grantor's rules that uses keep to, as `brand-guidelines`.
    pub guidelines: Vec<String>,
    /// What each use must be accompanied by: one of these notices.
    pub attribution: Vec<String>,
    /// How hard the holder must try to make use of it, if it must.
    pub diligence: Option<Effort>,
    /// What is done with copies once it has ended.
    pub at_end: AtEnd,
}

impl Licence {
    /// Whether somebody has it to himself: nobody else may be given the same.
    pub fn is_exclusive(&self) -> bool {
        self.exclusivity != LicenceExclusivity::NonExclusive
    }

    /// Whether a party has it through its holder: it is the holder, or an affiliate where those are
    /// covered.
    pub fn covers(&self, registry: &Registry, holder: &Name, party: &str) -> bool {
        party == holder.as_str()
            || (self.affiliates && registry.is_affiliate(party, holder.as_str()))
    }

    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Licence {
        let licence = Licence {
            exclusivity: f.or("exclusivity", LicenceExclusivity::NonExclusive),
            binds_grantor_too: f.or("binds_grantor_too", false),
            field_of_use: f.or("field_of_use", FieldOfUse::OwnProducts),
            affiliates: f.or("affiliates", true),
            sublicense: f.or("sublicense", vec![Sublicense::No]),
            multiple_tiers: f.or("multiple_tiers", false),
            have_made: f.or("have_made", false),
            consideration: f.or("consideration", vec![Consideration::RoyaltyFree]),
            perpetual: f.or("perpetual", false),
            irrevocable: f.or("irrevocable", false),
            survives: f.or("survives", vec![Survives::WindDown]),
            approval: f.or("approval", Approval::None),
            response_window: f.optional("response_window"),
            guidelines: f.optional("guidelines").unwrap_or_default(),
            attribution: f.optional("attribution").unwrap_or_default(),
            diligence: f.optional("diligence"),
            at_end: f.or("at_end", AtEnd::Cease),
        };
        licence.check(f, into);
        licence
    }

    /// Complains about what cannot be meant together.
    fn check(&self, f: &Fields<'_>, into: &mut Collected) {
        let mut complain = |name: &str, message: String, help: &str| {
            let place = f.origin_of(name).label("here");
            let finding = Finding::error("charter::value::contradiction", message, place);
            into.findings.push(finding.help(help));
        };
        let of = &f.title;
        if self.binds_grantor_too && self.exclusivity != LicenceExclusivity::Exclusive {
            let message = format!("{of} keeps its grantor out, but is `{}`", self.exclusivity);
            complain("binds_grantor_too", message, "make it `exclusivity = exclusive`");
        }
        alone("sublicense", &self.sublicense, Sublicense::No, of, &mut complain);
        if self.multiple_tiers && self.sublicense == [Sublicense::No] {
            let message = format!("{of} lets nobody sublicense, yet through several tiers");
            complain("multiple_tiers", message, "say to whom the holder may `sublicense`");
        }
        let free = Consideration::RoyaltyFree;
        if self.consideration.contains(&Consideration::RoyaltyBearing)
            && self.consideration.contains(&free)
        {
            let message = format!("{of} is both `royalty_free` and `royalty_bearing`");
            complain("consideration", message, "keep one of the two");
        }
        alone("survives", &self.survives, Survives::WindDown, of, &mut complain);
        if self.approval == Approval::OutsideGuidelines && self.guidelines.is_empty() {
            let message = format!("{of} names no guidelines that need no approval");
            complain("approval", message, "add `guidelines = \"…\"`");
        }
    }
}

/// Complains where a word that says nothing else does stands beside others.
fn alone<T: Value + PartialEq>(
    name: &str,
    words: &[T],
    word: T,
    of: &str,
    complain: &mut impl FnMut(&str, String, &str),
) {
    if words.len() > 1 && words.contains(&word) {
        let word = word.show();
        let message = format!("{of} says `{word}` beside another `{name}`");
        complain(name, message, &format!("leave `{word}` out, or write it alone"));
    }
}
