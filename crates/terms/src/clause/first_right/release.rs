//! How free the grantor is once the holder has not taken a case.

use serde::{Deserialize, Serialize};

use crate::fields::Fields;
use crate::value::{Expression, Unreadable, Value, unexpected, words};
use crate::{Duration, Finding, Money};

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
    pub(in crate::clause) fn read(f: &mut Fields<'_>, free_window: FreeWindow) -> Release {
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
