//! What a commitment says that its line does not follow.

use terms::clause::{ChosenBy, Effort, MakeUp, Shortfall, ShortfallRemedy};
use terms::{Clause, Duration, Provision, Unit};

use super::{counted, is_drawn_down, own_end, periods};
use crate::statement::Input;
use crate::take_or_pay::is_payment;

/// The names of all that, and the values that make it so; nothing if the line follows all of it.
pub(in crate::statement) fn left_aside(input: &Input<'_>, clause: &Clause) -> Option<String> {
    let Provision::Commitment(commitment) = &clause.provision else { return None };
    if let Err(aside) = counted(input, clause, commitment) {
        return Some(aside);
    }
    input.terms.starts(clause, input.known)?;
    let Some(periods) = periods(input, clause, commitment) else {
        return Some(format!("per = {}", commitment.minimum.per));
    };
    let first = &commitment.shortfall.first;
    let mut aside: Vec<String> = Vec::new();
    if commitment.effort != Effort::Absolute {
        aside.push(format!("effort = {}", commitment.effort));
    }
    let others = first.remedy.iter().filter(|remedy| is_choice(first) || !is_payment(**remedy));
    let others = others.filter(|remedy| **remedy != ShortfallRemedy::None);
    let others: Vec<String> = others.map(ToString::to_string).collect();
    if !others.is_empty() {
        aside.push(format!("shortfall_remedy = {}", others.join(", ")));
    }
    if first.occurrences > 1 {
        aside.push(format!("occurrences = {}", first.occurrences));
    }
    let ends_within = |expires: Duration| match (periods.months(), expires.unit) {
        (Some(months), Unit::Months) => !expires.count.is_multiple_of(months),
        (None, _) => false,
        _ => true,
    };
    let make_up = commitment.make_up.as_ref().map(|make_up: &MakeUp| make_up.expires);
    if make_up.is_some_and(ends_within) {
        aside.push("make_up that expires within a period".to_string());
    }
    if input.ends(clause).is_some_and(|ends| ends <= input.month.end())
        && own_end(input, clause).is_none()
    {
        aside.push("what is due as an amendment ends it".to_string());
    }
    let of_shortfall = [
        ("with_interest", first.with_interest),
        ("make_good_within", first.make_good_within.is_some()),
        ("further_remedy", !commitment.shortfall.further.is_empty()),
    ];
    let of_shortfall = of_shortfall.into_iter().filter(|(_, is_said)| *is_said);
    aside.extend(of_shortfall.map(|(name, _)| name.to_string()));
    // A drawdown is what it is; what follows when it ends is said in that month.
    if is_drawn_down(input, clause, commitment) {
        aside.clear();
    }
    let always = [
        // What is drawn down has one line a month, and none for an advance.
        ("in_advance", commitment.in_advance && commitment.drawn_down().is_some()),
        ("towards", commitment.towards.is_some()),
        ("subject_to", !commitment.subject_to.is_empty()),
        ("multiple_of", commitment.multiple_of.is_some()),
        ("buy_down", commitment.buy_down.is_some()),
        ("security", commitment.security.is_some()),
        ("free_of_deductions", commitment.free_of_deductions),
        ("accelerates", commitment.accelerates),
    ];
    let always = always.into_iter().filter(|(_, is_said)| *is_said);
    aside.extend(always.map(|(name, _)| name.to_string()));
    (!aside.is_empty()).then(|| aside.join(", "))
}

/// Whether somebody chooses between remedies.
fn is_choice(shortfall: &Shortfall) -> bool {
    shortfall.remedy.len() > 1 && shortfall.chosen_by != ChosenBy::Nobody
}
