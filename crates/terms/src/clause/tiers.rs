//! `tier` blocks: what holds up to a bound, then up to the next.

use crate::fields::{Collected, Fields};
use crate::value::Value;
use crate::{Finding, Money};

/// What the upper end of a tier is counted in.
pub(super) trait Bounds: Value + Copy {
    /// Whether a tier up to `next` goes on where one up to `self` ends.
    fn is_below(self, next: Self) -> bool;
}

impl Bounds for Money {
    fn is_below(self, next: Money) -> bool {
        self.currency == next.currency && self.amount < next.amount
    }
}

impl Bounds for u64 {
    fn is_below(self, next: u64) -> bool {
        self < next
    }
}

/// Reads what the attribute `value` says of everything, or what the `tier` blocks say of their parts;
/// `otherwise` if neither does.
pub(super) fn one_or_more<U: Bounds, V: Value>(
    f: &mut Fields<'_>,
    value: &'static str,
    otherwise: Option<V>,
    into: &mut Collected,
) -> Option<Vec<(Option<U>, V)>> {
    let has_tiers = f.has_block("tier");
    let tiers = read(f, value, into);
    if !has_tiers {
        let of_all = match otherwise {
            Some(otherwise) => Some(f.or(value, otherwise)),
            None => f.required(value),
        };
        return Some(vec![(None, of_all?)]);
    }
    if f.optional::<V>(value).is_some() {
        let place = f.origin_of(value).label("beside the tiers");
        let message = format!("{} has tiers and one `{value}` for all", f.title);
        let finding = Finding::error("charter::value::twice", message, place);
        into.findings.push(finding.help("keep the tiers, or the one"));
    }
    tiers
}

/// Reads the `tier` blocks: the upper end of each, none for an open one, and what the attribute
/// `value` says of it. They must rise, and only the last may be open.
pub(super) fn read<U: Bounds, V: Value>(
    f: &mut Fields<'_>,
    value: &'static str,
    into: &mut Collected,
) -> Option<Vec<(Option<U>, V)>> {
    let mut tiers: Vec<(Option<U>, Option<V>)> = Vec::new();
    for mut block in f.blocks("tier") {
        let up_to: Option<U> = block.optional("up_to");
        let held = block.required(value);
        let rises = match (tiers.last(), up_to) {
            (None, _) | (Some((Some(_), _)), None) => true,
            (Some((Some(below), _)), Some(above)) => below.is_below(above),
            (Some((None, _)), _) => false,
        };
        if !rises {
            let place = block.origin().label("after this tier");
            let message = format!("the tiers of {} do not rise", f.title);
            let help = "write tiers in rising order of `up_to`, the last without one";
            into.findings.push(Finding::error("charter::tier::order", message, place).help(help));
        }
        f.adopt(block, &format!("tier {}", tiers.len() + 1), into);
        tiers.push((up_to, held));
    }
    tiers.into_iter().map(|(up_to, held)| Some((up_to, held?))).collect()
}
