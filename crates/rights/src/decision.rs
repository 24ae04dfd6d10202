use jiff::civil::Date;
use serde::Serialize;
use terms::{Act, Attribute, Basis, Clause, Kind, Parameter, Provision, compile::Ending};

/// Whether an act is allowed; what restricts more comes later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Go ahead.
    Permitted,
    /// Only once a process has cleared it.
    Conditional,
    /// Not at all.
    Forbidden,
}

/// Which rule of precedence decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// What is somebody else's needs a licence, and none holds the act.
    NoLicence,
    /// A licence holds the act; where the act is conditional, once its grantor has approved.
    Licensed,
    /// An exclusivity, or a licence nobody else may have, holds the act, and it is not with the holder.
    Exclusivity,
    /// An exclusivity of a share of the grantor's requirements holds the act: it is conditional on that
    /// share, as measured.
    Requirement,
    /// A first right holds the act.
    FirstRight,
    /// A consent covers what another clause would forbid or condition; where the act is conditional, if
    /// something is so that the act does not state.
    Consent,
    /// No clause stands against the act.
    Free,
}

/// The answer to one question.
#[derive(Debug, Clone, Serialize)]
pub struct Decision {
    /// What was asked.
    pub act: Act,
    /// For which day.
    pub on: Date,
    /// The answer.
    pub verdict: Verdict,
    /// The rule of precedence that gave it.
    pub rule: Rule,
    /// The clauses that decided.
    pub because: Vec<Reason>,
    /// The clauses that did not, and why not.
    pub considered: Vec<Considered>,
    /// What would make the act allowed, if it is not.
    pub way_out: Option<String>,
}

/// A clause that decided.
#[derive(Debug, Clone, Serialize)]
pub struct Reason {
    /// Kind and label; `end.` before them where it was the clause's end that decided.
    pub clause: String,
    /// The document it stands in.
    pub document: String,
    /// The line its block begins on.
    pub line: usize,
    /// The party that is bound.
    pub grantor: Option<String>,
    /// The party that holds the right.
    pub holder: Option<String>,
    /// How long the holder of a first right may think.
    pub response_window: Option<String>,
    /// Why it decided.
    pub why: String,
    /// The clause's text.
    pub text: String,
    /// Values that no source states.
    pub assumed: Vec<Parameter>,
}

/// A clause that did not decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Considered {
    /// Kind and label.
    pub clause: String,
    /// The document it stands in.
    pub document: String,
    /// Why it did not decide.
    pub why_not: String,
}

impl Verdict {
    /// `permitted`, `conditional` or `forbidden`.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Permitted => "permitted",
            Verdict::Conditional => "conditional",
            Verdict::Forbidden => "forbidden",
        }
    }
}

impl Reason {
    /// Whether it is this clause that decided, not its end.
    pub fn is(&self, clause: &Clause) -> bool {
        self.clause == clause.id.to_string() && self.document == clause.origin.document.name
    }

    pub(crate) fn of(clause: &Clause, why: String) -> Reason {
        let response_window = match &clause.provision {
            Provision::RightOfFirstRefusal(right) => Some(right.response_window.to_string()),
            Provision::RightOfFirstOffer(right) => Some(right.response_window.to_string()),
            Provision::RightOfFirstNegotiation(right) => Some(right.response_window.to_string()),
            _ => None,
        };
        let is_assumed = |parameter: &&Parameter| matches!(parameter.basis, Basis::Assumed(_));
        Reason {
            clause: clause.id.to_string(),
            document: clause.origin.document.name.clone(),
            line: clause.origin.line(),
            grantor: Some(clause.grantor.to_string()),
            holder: Some(clause.holder.to_string()),
            response_window,
            why,
            text: clause.text.clone(),
            assumed: clause.parameters.iter().filter(is_assumed).cloned().collect(),
        }
    }

    /// A clause that decided by its end, or by ending another: nobody has a window to answer.
    pub(crate) fn of_end(clause: &Clause, why: String) -> Reason {
        Reason { response_window: None, ..Reason::of(clause, why) }
    }

    pub(crate) fn of_ending(ending: &Ending, why: String) -> Reason {
        Reason {
            clause: format!("end.{}", ending.clause),
            document: ending.origin.document.name.clone(),
            line: ending.origin.line(),
            grantor: None,
            holder: None,
            response_window: None,
            why,
            text: ending.text.clone(),
            assumed: Vec::new(),
        }
    }
}

impl Considered {
    pub(crate) fn new(clause: &Clause, why_not: impl Into<String>) -> Considered {
        Considered {
            clause: clause.id.to_string(),
            document: clause.origin.document.name.clone(),
            why_not: why_not.into(),
        }
    }
}

/// Whether clauses of a kind can decide about acts at all.
pub(crate) fn decides(kind: Kind) -> bool {
    kind.restricts() || matches!(kind, Kind::Consent | Kind::Licence)
}

/// Attributes an act leaves open, as a sentence names them.
pub(crate) fn listed(open: &[Attribute]) -> String {
    open.iter().map(|attribute| format!("`{attribute}`")).collect::<Vec<_>>().join(", ")
}
