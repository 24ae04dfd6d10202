//! The clauses that hold on some day of the month, each with its days.

use std::collections::BTreeSet;

use jiff::civil::Date;
use terms::{Clause, Provision};

use super::Input;

/// The clauses of a kind that hold on some day of the month. One that is replaced within the month is
/// there twice, each with its own days.
pub(super) fn holding<'a, T>(
    input: &Input<'a>,
    of_kind: impl Fn(&'a Provision) -> Option<&'a T>,
) -> Vec<(&'a Clause, &'a T, BTreeSet<Date>)> {
    let mut found: Vec<(&Clause, &T, BTreeSet<Date>)> = Vec::new();
    for day in input.month.days() {
        for clause in input.terms.in_force(day, input.known).clauses {
            let Some(provision) = of_kind(&clause.provision) else { continue };
            match found.iter_mut().find(|(known, ..)| std::ptr::eq(*known, clause)) {
                Some((.., days)) => {
                    days.insert(day);
                }
                None => found.push((clause, provision, BTreeSet::from([day]))),
            }
        }
    }
    found
}
