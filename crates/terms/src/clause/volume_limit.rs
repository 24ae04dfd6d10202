use super::level::{Level, Per, When, Whichever};
use crate::fields::{Collected, Fields};
use crate::value::words;
use crate::{Duration, Finding, Money};

words! {
    /// Whose conduct a limit is on.
    pub enum Limited {
        /// What the grantor supplies to the holder, does for it or lets it do.
        Grant = "grant",
        /// What the grantor does itself, or through or with others.
        Conduct = "conduct",
    }
}

words! {
    /// How supply is divided between those who ask for it.
    pub enum Allocation {
        /// Who asks first gets it.
        FirstCome = "first_come",
        /// In proportion to what each asks for.
        ProRata = "pro_rata",
        /// In proportion to what each had before.
        Historical = "historical",
        /// The holder gets it before others.
        HolderFirst = "holder_first",
    }
}

words! {
    /// What holds above the maximum.
    pub enum AboveMaximum {
        /// Nothing more is owed or allowed.
        None = "none",
        /// The grantor makes reasonable efforts to supply more.
        ReasonableEfforts = "reasonable_efforts",
        /// More is supplied later, at a time of which the grantor gives notice.
        Deferral = "deferral",
        /// More needs the other party's consent, which is in its discretion.
        Consent = "consent",
        /// More is charged for.
        Charge = "charge",
        /// Supply is suspended until the holder is back below the maximum.
        Suspension = "suspension",
    }
}

/// "So much and no more." Source: domain rules §1.7 (volume limits), whose defaults these are; a cap
/// on each customer's share is a share `of = capacity` for `each = "customer"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeLimit {
    /// How much at most, over what time.
    pub maximum: Level,
    /// Whose conduct it limits.
    pub limits: Limited,
    /// What holds above the maximum: all of these.
    pub above_maximum: Vec<AboveMaximum>,
    /// How long the holder has, once told when more could be supplied, to say whether it wants it.
    pub deferral_notice: Duration,
    /// What is charged for a unit above the maximum, if it is stated.
    pub charge: Option<Money>,
    /// When what lies within the maximum is due.
    pub when: When,
    /// How long before it is due what lies within the maximum must be asked for, if it is stated.
    pub call_notice: Option<Duration>,
    /// How soon after it is ordered what lies within the maximum must be supplied, if it is stated.
    pub supplied_within: Option<Duration>,
    /// How what is to be had is divided, if it is stated.
    pub allocation: Option<Allocation>,
    /// Whether nothing is charged up to the maximum.
    pub free_of_charge: bool,
    /// Whether a shorter period has a smaller maximum.
    pub prorate: bool,
}

impl VolumeLimit {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<VolumeLimit> {
        let maximum = Level::read(f, Per::Term, Whichever::Lesser, into);
        let limits = f.or("limits", Limited::Grant);
        let above = match limits {
            Limited::Grant => AboveMaximum::ReasonableEfforts,
            Limited::Conduct => AboveMaximum::None,
        };
        let limit = VolumeLimit {
            limits,
            above_maximum: f.or("above_maximum", vec![above]),
            deferral_notice: f.or("deferral_notice", Duration::days(10)),
            charge: f.optional("charge"),
            when: f.or("when", When::OnRequest),
            call_notice: f.optional("call_notice"),
            supplied_within: f.optional("supplied_within"),
            allocation: f.optional("allocation"),
            free_of_charge: f.or("free_of_charge", false),
            prorate: f.or("prorate", true),
            maximum: maximum?,
        };
        limit.check(f, into);
        Some(limit)
    }

    /// Above a maximum there is nothing or something, and only what is charged for has a price.
    fn check(&self, f: &Fields<'_>, into: &mut Collected) {
        let none = self.above_maximum.contains(&AboveMaximum::None);
        let charged = self.above_maximum.contains(&AboveMaximum::Charge);
        let wrong = if none && self.above_maximum.len() > 1 {
            Some(("above_maximum", "`none` and something", "leave `none` out, or the others"))
        } else if self.charge.is_some() && !charged {
            Some(("charge", "for nothing", "add `charge` to `above_maximum`"))
        } else {
            None
        };
        if let Some((name, label, help)) = wrong {
            let place = f.origin_of(name).label(label);
            let message = format!("{} contradicts itself above its maximum", f.title);
            let finding = Finding::error("charter::volume-limit::above", message, place);
            into.findings.push(finding.help(help));
        }
    }
}
