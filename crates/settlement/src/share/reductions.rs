//! What lowers the rate. Source: domain rules §1.10 (step-down).

use std::collections::BTreeMap;

use exact::Exact;
use jiff::civil::Date;
use terms::Bound;
use terms::clause::Reduction;

/// How much of the rate reductions leave on a day, those that wait for a sum to be paid aside.
///
/// `day_of` says when an event happened, if it did. Of reductions by one event the largest counts;
/// others apply one after another. One that compares sales with those before an event is left out:
/// nobody knows those.
pub fn left_on(
    reductions: &[Reduction],
    day: Date,
    day_of: impl Fn(&Bound) -> Option<Date>,
) -> Exact {
    let mut by_event: BTreeMap<Option<String>, Vec<Exact>> = BTreeMap::new();
    for reduction in reductions {
        if reduction.once_paid.is_none() && has_begun(reduction, day, &day_of) {
            let event = reduction.event.as_ref().map(ToString::to_string);
            by_event.entry(event).or_default().push(reduction.by.fraction().into());
        }
    }
    let left = |by: Exact| Exact::whole(1) - by;
    by_event.into_iter().fold(Exact::whole(1), |so_far, (event, by)| match event {
        Some(_) => so_far * left(by.into_iter().max().unwrap_or_default()),
        None => by.into_iter().fold(so_far, |so_far, by| so_far * left(by)),
    })
}

/// Whether what sets a reduction off had happened by a day, and its delay had passed.
pub fn has_begun(
    reduction: &Reduction,
    day: Date,
    day_of: impl Fn(&Bound) -> Option<Date>,
) -> bool {
    if reduction.sales_at_most.is_some() {
        return false;
    }
    match &reduction.event {
        None => true,
        Some(event) => day_of(event).is_some_and(|event| reduction.delay.after(event) <= day),
    }
}

/// What is left of what was earned in a calendar year where the rate falls once enough was paid:
/// each reduction lowers what comes after its sum was reached, those with higher sums on top.
///
/// `steps` are the sums and by how much, in rising order of the sums. What is credited or kept back
/// for an advance counts as paid.
pub fn stepped_down(steps: &[(Exact, Exact)], earned: &Exact) -> Exact {
    let mut left = earned.clone();
    let mut due = Exact::zero();
    let mut rate = Exact::whole(1);
    for (sum, by) in steps {
        let Some(room) = (sum.clone() - due.clone()).over(&rate) else { return due };
        if left <= room {
            break;
        }
        left = left - room;
        due = sum.clone();
        rate = rate * (Exact::whole(1) - by.clone());
    }
    due + left * rate
}
