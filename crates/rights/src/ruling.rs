use terms::{Act, Clause, Fit, InForce, Share};

use crate::decision::listed;
use crate::licence::{self, Licensing};
use crate::prohibition::{self, Standing};
use crate::{Considered, Reason, Rule, Verdict, facts};

/// The answer to one question, before it is put into words.
#[derive(Debug, Clone)]
pub struct Ruling<'a> {
    /// The answer.
    pub verdict: Verdict,
    /// The rule of precedence that gave it.
    pub rule: Rule,
    /// The clauses in force that decided.
    pub because: Vec<Because<'a>>,
    /// Whose licence is missing, where one is; nobody's in particular if the act leaves that open.
    pub(crate) owner: Option<&'a str>,
}

/// A clause in force that decided.
#[derive(Debug, Clone)]
pub struct Because<'a> {
    /// The clause.
    pub clause: &'a Clause,
    pub(crate) why: Why<'a>,
}

#[derive(Debug, Clone)]
pub(crate) enum Why<'a> {
    /// An exclusivity or first right holds the act, or these readings of it.
    StandsAgainst(Fit),
    /// An exclusivity holds the act, and keeps only this share of requirements for its holder.
    KeepsShare(Share),
    /// A consent to what this clause would hold.
    ConsentsTo(&'a Clause),
    /// A consent to that, if something is so that the act does not state.
    ConsentsIf,
    /// A licence holds the act.
    Licensed,
    /// A licence holds it, if something is so that the act does not state.
    LicensedIf,
    /// Somebody else has this licence to himself.
    OthersAlone,
}

impl Because<'_> {
    /// What must be so for the act to be allowed, where that is not stated, as a sentence goes on
    /// after "if".
    pub(crate) fn fact(&self, in_force: &InForce<'_>, act: &Act) -> Option<String> {
        match &self.why {
            Why::KeepsShare(share) => Some(facts::share_is_kept(self.clause, *share)),
            Why::ConsentsIf => facts::consent_rests_on(in_force, self.clause, act),
            Why::LicensedIf => facts::licence_rests_on(in_force, self.clause, act),
            _ => None,
        }
    }

    /// Whether it lets the act by only if something is so that the act does not state.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.why, Why::KeepsShare(_) | Why::ConsentsIf | Why::LicensedIf)
    }

    /// The clause as a decision cites it.
    pub(crate) fn reason(&self, in_force: &InForce<'_>, act: &Act) -> Reason {
        let clause = self.clause;
        let fact = self.fact(in_force, act).unwrap_or_default();
        let why = match &self.why {
            Why::KeepsShare(_) => format!("it may, if {fact}"),
            Why::ConsentsIf => format!("`{}` consents if {fact}", clause.grantor),
            Why::LicensedIf => {
                format!("`{}` may {} this under the licence if {fact}", act.by, act.verb)
            }
            Why::StandsAgainst(fit) => prohibition::why(in_force, clause, act, fit),
            Why::ConsentsTo(other) => {
                format!("`{}` consents to what `{}` would hold", clause.grantor, other.id)
            }
            Why::Licensed => format!("`{}` may {} this under the licence", act.by, act.verb),
            Why::OthersAlone => format!("`{}` alone has this licence", clause.holder),
        };
        Reason::of(clause, why)
    }
}

/// Rules on an act by some of the clauses in force, which must be all that might decide. The order of
/// precedence is that of [`decide()`](crate::decide()).
pub(crate) fn rule<'a>(
    in_force: &InForce<'a>,
    clauses: &[&'a Clause],
    act: &Act,
    notes: &mut impl Notes,
) -> Ruling<'a> {
    let ruling = |verdict, rule, because| Ruling { verdict, rule, because, owner: None };
    let licensing = licence::licensing(in_force, clauses, act, notes);
    if let Licensing::Missing { because, owner } = licensing {
        return Ruling { owner, ..ruling(Verdict::Forbidden, Rule::NoLicence, because) };
    }
    match prohibition::standing(in_force, clauses, act, notes) {
        Standing::Forbidden(because) => ruling(Verdict::Forbidden, Rule::Exclusivity, because),
        Standing::Conditional(because) => ruling(Verdict::Conditional, Rule::FirstRight, because),
        Standing::Open(because) => {
            let share = because.iter().any(|because| matches!(because.why, Why::KeepsShare(_)));
            let rule = if share { Rule::Requirement } else { Rule::Consent };
            ruling(Verdict::Conditional, rule, because)
        }
        Standing::Consented(because) if !licensing.rests_on_facts() => {
            ruling(Verdict::Permitted, Rule::Consent, because)
        }
        Standing::Consented(_) | Standing::Clear => match licensing {
            Licensing::Held(because) if because.iter().any(Because::is_open) => {
                ruling(Verdict::Conditional, Rule::Licensed, because)
            }
            Licensing::Held(because) => ruling(Verdict::Permitted, Rule::Licensed, because),
            _ => ruling(Verdict::Permitted, Rule::Free, Vec::new()),
        },
    }
}

/// Takes note of clauses that did not decide, or does without.
pub(crate) trait Notes {
    fn pass_over(&mut self, clause: &Clause, why_not: impl FnOnce() -> String);
}

/// Does without.
pub(crate) struct Unexplained;

impl Notes for Unexplained {
    fn pass_over(&mut self, _: &Clause, _: impl FnOnce() -> String) {}
}

/// Every clause that did not decide, each reason once.
#[derive(Default)]
pub(crate) struct PassedOver {
    pub list: Vec<Considered>,
    seen: std::collections::HashSet<(*const Clause, String)>,
}

impl Notes for PassedOver {
    fn pass_over(&mut self, clause: &Clause, why_not: impl FnOnce() -> String) {
        let why_not = why_not();
        if self.seen.insert((std::ptr::from_ref(clause), why_not.clone())) {
            self.list.push(Considered::new(clause, why_not));
        }
    }
}

/// What readings of an act a permission does not hold.
pub(crate) fn only_some_readings(holds: &str, open: &[terms::Attribute]) -> String {
    format!("it {holds} only some readings of the act; state {}", listed(open))
}
