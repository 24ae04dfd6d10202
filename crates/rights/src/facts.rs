//! What an act does not state and its verdict still rests on: shares that are measured, consent that
//! must be asked for, approval of a use.

use terms::clause::{Approval, CarveOut, Consent, DeemedResult, Exclusivity, Limit, Standard};
use terms::{Act, Bound, Clause, InForce, Provision, Share};

use crate::licence;

/// The share of its requirements that an exclusivity's grantor must keep for the holder on the day, if
/// that is less than all.
pub(crate) fn requirement(in_force: &InForce<'_>, clause: &Clause) -> Option<Share> {
    let Provision::Exclusivity(exclusivity) = &clause.provision else { return None };
    let whole = Share::percent(100);
    if exclusivity.requirement_pct == [whole] {
        return None;
    }
    let begun = in_force.terms.starts(clause, in_force.known);
    let share = exclusivity.requirement(begun.unwrap_or(in_force.on), in_force.on);
    (share != whole).then_some(share)
}

/// That the holder of an exclusivity keeps its share, as a sentence goes on after "if".
pub(crate) fn share_is_kept(clause: &Clause, share: Share) -> String {
    let Provision::Exclusivity(Exclusivity { metric: Some(metric), measured_per, .. }) =
        &clause.provision
    else {
        return format!("{share} of what it holds stays with `{}`", clause.holder);
    };
    let apart: Vec<_> = measured_per.iter().map(|attribute| format!("`{attribute}`")).collect();
    let apart = match &apart[..] {
        [] => String::new(),
        apart => format!(" for each {}", apart.join(" and ")),
    };
    format!(
        "at least {share} of the {} it holds stay with `{}`{apart}",
        words(metric.word()),
        clause.holder
    )
}

/// What must still be so for a consent to cover an act in its scope, as a sentence goes on after "if";
/// `None` if nothing need be.
pub(crate) fn consent_rests_on(
    in_force: &InForce<'_>,
    clause: &Clause,
    act: &Act,
) -> Option<String> {
    let Provision::Consent(consent) = &clause.provision else { return None };
    if consent.is_outright() {
        return None;
    }
    let by = &act.by;
    let mut facts = Vec::new();
    match consent.kind {
        CarveOut::General => {}
        CarveOut::PreExisting => {
            let since = in_force.terms.starts(clause, in_force.known);
            let since = since.map_or_else(String::new, |day| format!(" on {day}"));
            facts.push(format!("`{by}` did it already{since}"));
        }
        CarveOut::Passive => facts.push(format!("`{by}` only invests, without control")),
        CarveOut::Incidental => facts.push("it is only a side of something else".to_string()),
    }
    facts.extend(consent.limits.iter().map(is_kept));
    let has_occurred = |bound: &Bound| {
        let day = in_force.terms.day_of(bound, in_force.known);
        day.is_some_and(|day| day <= in_force.on)
    };
    let outstanding = consent.provided.iter().filter(|bound| !has_occurred(bound));
    facts.extend(outstanding.map(|bound| format!("`{bound}` occurs")));
    facts.extend(asked(clause, consent));
    (!facts.is_empty()).then(|| facts.join(", and "))
}

fn is_kept(limit: &Limit) -> String {
    let metric = words(limit.measure.metric.word());
    match (limit.threshold, limit.amount) {
        (Some(threshold), _) => format!("it stays {threshold} of the {metric}"),
        (None, Some(amount)) => {
            format!("it stays within {amount} of {metric} in {}", limit.measure.window)
        }
        (None, None) => format!("the {metric} allow it"),
    }
}

fn asked(clause: &Clause, consent: &Consent) -> Option<String> {
    let manner = match consent.standard? {
        Standard::Sole => "",
        Standard::NotUnreasonable => ", which it may not unreasonably refuse",
    };
    let silence = match (consent.deemed_after, consent.deemed_result) {
        (Some(after), DeemedResult::Grant) => format!(" (or says nothing for {after})"),
        _ => String::new(),
    };
    Some(format!("`{}` consents when asked{silence}{manner}", clause.grantor))
}

/// What must still be so for a licence to hold an act: that its grantor approves, or that whoever is
/// to be sublicensed is one of those it names.
pub(crate) fn licence_rests_on(
    in_force: &InForce<'_>,
    clause: &Clause,
    act: &Act,
) -> Option<String> {
    let facts = [licence::sublicensed_to(in_force, clause, act), approval(clause)];
    let facts: Vec<_> = facts.into_iter().flatten().collect();
    (!facts.is_empty()).then(|| facts.join(", and "))
}

fn approval(clause: &Clause) -> Option<String> {
    let Provision::Licence(licence) = &clause.provision else { return None };
    let approves = format!("`{}` approves of it", clause.grantor);
    match licence.approval {
        Approval::None => None,
        Approval::Sole => Some(approves),
        Approval::NotUnreasonable => {
            Some(format!("{approves}, which it may not unreasonably refuse"))
        }
        Approval::OutsideGuidelines => {
            Some(format!("it keeps to {}, or {approves}", licence.guidelines.join(" and ")))
        }
    }
}

fn words(word: &str) -> String {
    word.replace('_', " ")
}
