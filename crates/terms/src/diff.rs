//! What changed between two days, clause by clause.

use crate::in_force::{EndedBy, Lapsed};
use crate::{Clause, InForce, Parameter};

/// One change.
#[derive(Debug, Clone)]
pub enum Change<'a> {
    /// A clause began.
    Began(&'a Clause),
    /// A clause ended, with nothing in its place.
    Ended(Lapsed<'a>),
    /// A clause took the place of another.
    Replaced {
        /// What held before.
        before: &'a Clause,
        /// What holds now.
        after: &'a Clause,
        /// Parameters that differ: name, before, after.
        differing: Vec<(String, Option<Parameter>, Option<Parameter>)>,
    },
}

/// What changed from one day to another, in the order of the documents.
pub fn diff<'a>(from: &InForce<'a>, to: &InForce<'a>) -> Vec<Change<'a>> {
    let held = |clause: &Clause| from.clauses.iter().any(|other| std::ptr::eq(*other, clause));
    let mut changes = Vec::new();
    let mut replaced: Vec<&Clause> = Vec::new();
    for after in to.clauses.iter().copied().filter(|clause| !held(clause)) {
        let before = after
            .replaces
            .as_ref()
            .and_then(|(id, _)| from.clauses.iter().copied().find(|clause| clause.id == *id));
        changes.push(match before {
            Some(before) => {
                replaced.push(before);
                Change::Replaced { before, after, differing: differing(before, after) }
            }
            None => Change::Began(after),
        });
    }
    let ended = to.lapsed.iter().filter(|lapsed| {
        held(lapsed.clause) && !replaced.iter().any(|clause| std::ptr::eq(*clause, lapsed.clause))
    });
    changes.extend(ended.cloned().map(Change::Ended));
    changes
}

fn differing(
    before: &Clause,
    after: &Clause,
) -> Vec<(String, Option<Parameter>, Option<Parameter>)> {
    let names = before.parameters.iter().chain(&after.parameters).map(|p| p.name.as_str());
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        if name != "replaces" && !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen.into_iter()
        .map(|name| {
            (name.to_string(), before.parameter(name).cloned(), after.parameter(name).cloned())
        })
        .filter(|(_, before, after)| {
            before.as_ref().map(|p| &p.value) != after.as_ref().map(|p| &p.value)
        })
        .collect()
}

impl EndedBy<'_> {
    /// What ended a clause, in words: `its own until, 2031-01-01`.
    pub fn describe(&self) -> String {
        match self {
            EndedBy::Itself(bound) => format!("its own end, {bound}"),
            EndedBy::Extended(bound) => format!("its own end, {bound}, extended"),
            EndedBy::Ending(ending) => {
                format!("{}:{}", ending.origin.document.name, ending.origin.line())
            }
            EndedBy::Replacement(clause) => {
                format!(
                    "`{}` in {}:{}",
                    clause.id,
                    clause.origin.document.name,
                    clause.origin.line()
                )
            }
        }
    }
}
