//! What moves money by rules that are not computed here: it is named, so that nobody takes the lines
//! for all there is.

use std::collections::BTreeSet;

use terms::{Clause, Kind, Provision};

use super::{Input, commitments, damages, participation, prices};

/// The parameters of a revenue share that its line follows, with the values it does that for; with
/// none, whatever the value.
const FOLLOWED: &[(&str, &[&str])] = &[
    ("payer", &[]),
    ("payee", &[]),
    ("from", &[]),
    ("until", &[]),
    ("survival", &[]),
    ("assignable", &[]),
    ("replaces", &[]),
    ("scope", &[]),
    ("base", &[]),
    ("of", &[]),
    ("sellers", &["affiliates"]),
    // What a metered call was charged counts as received.
    ("accounting", &[]),
    ("deductions", &[]),
    ("deductions_cap", &[]),
    ("baseline", &[]),
    ("intercompany", &[]),
    ("rate", &[]),
    ("tier_mode", &[]),
    ("tier_measure", &[]),
    ("rate_set_by", &["agreement"]),
    ("per_unit", &[]),
    ("unit", &[]),
    ("separately", &["product", "channel", "product, channel", "channel, product"]),
    ("reduction.by", &[]),
    ("reduction.event", &[]),
    ("reduction.delay", &[]),
    ("reduction.once_paid", &[]),
    ("reduction_floor", &[]),
    ("third_party_credit", &[]),
    ("credit_carry_over", &[]),
    ("minimum_guarantee.amount", &[]),
    ("minimum_guarantee.period", &[]),
    ("minimum_guarantee.escalator", &[]),
    ("minimum_guarantee.test", &[]),
    ("minimum_guarantee.offset", &[]),
    ("minimum_guarantee.unless", &[]),
    ("minimum_guarantee.from", &[]),
    ("minimum_guarantee.until", &[]),
    ("advance.amount", &[]),
    ("advance.recoupable", &[]),
    ("advance.recoupment", &[]),
    ("advance.interest", &[]),
    ("advance.due", &[]),
    ("cap_per_period", &[]),
    ("cap_per_year", &[]),
    ("cap_total", &[]),
    ("cap_of_price", &[]),
    ("netting", &[]),
    ("period", &[]),
    ("payment_delay", &[]),
    ("if_prohibited", &[]),
    ("renegotiated", &[]),
];

/// Clauses in force on a day of the month that move money and have no line, and what lines leave out.
pub(super) fn not_computed(input: &Input<'_>) -> Vec<String> {
    let days = input.month.days();
    let clauses = days.flat_map(|day| input.terms.in_force(day, input.known).clauses);
    let named: BTreeSet<_> = clauses.filter_map(|clause| named(input, clause)).collect();
    named.into_iter().collect()
}

fn named(input: &Input<'_>, clause: &Clause) -> Option<String> {
    let name = format!("{} ({})", clause.id, clause.origin.document.name);
    match clause.id.kind {
        Kind::VolumeLimit | Kind::PerformanceCommitment => Some(name),
        Kind::MostFavouredNation | Kind::PriceCap | Kind::VolumeTier => {
            prices::left_aside(input, clause).map(|aside| format!("{name}: {aside}"))
        }
        Kind::Commitment => {
            commitments::left_aside(input, clause).map(|aside| format!("{name}: {aside}"))
        }
        Kind::LiquidatedDamages => {
            damages::left_aside(input, clause).map(|aside| format!("{name}: {aside}"))
        }
        Kind::ProfitParticipation => match &clause.provision {
            Provision::ProfitParticipation(terms) => {
                participation::is_unused(input, clause, terms).then_some(name)
            }
            _ => None,
        },
        Kind::RevenueShare => {
            let parameters = clause.parameters.iter();
            let left_out = parameters.filter(|parameter| {
                !parameter.name.starts_with("tier ")
                    && !is_followed(&parameter.name, &parameter.value)
            });
            let left_out: Vec<_> = left_out.map(ToString::to_string).collect();
            (!left_out.is_empty()).then(|| format!("{name}: {}", left_out.join(", ")))
        }
        _ => None,
    }
}

fn is_followed(name: &str, value: &str) -> bool {
    FOLLOWED
        .iter()
        .any(|(known, values)| *known == name && (values.is_empty() || values.contains(&value)))
}
