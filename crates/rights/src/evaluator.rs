use std::collections::HashMap;

use terms::act::Said;
use terms::{Act, Attribute, Clause, InForce, Kind, Values};

use crate::decision::decides;
use crate::ruling::{Unexplained, rule};
use crate::{Ruling, licence};

/// Rules on acts without putting the ruling into words: the form for many questions about one day.
///
/// The clauses' scopes are turned on their side. For each value that a scope names, a row of bits
/// tells which parts of which scopes let it through; a stated act is met by the bits that all its
/// values share. The few clauses left are weighed by the very code that [`decide()`](crate::decide())
/// weighs all of them with.
#[derive(Debug, Clone)]
pub struct Evaluator<'a> {
    in_force: &'a InForce<'a>,
    /// The clause that each bit is a part of.
    clauses: Vec<&'a Clause>,
    rows: Vec<(Attribute, Rows)>,
    /// By party that acts: the clauses that concern it.
    parties: HashMap<String, Bits>,
}

/// Which parts of scopes let a value of one attribute through.
#[derive(Debug, Clone)]
struct Rows {
    /// Values that some scope names.
    named: HashMap<String, Bits>,
    /// Any other value, and none, where the verb does not have the attribute.
    other: Bits,
}

impl<'a> Evaluator<'a> {
    /// Prepares the clauses in force on a day.
    pub fn new(in_force: &'a InForce<'a>) -> Evaluator<'a> {
        let deciding = in_force.clauses.iter().filter(|clause| decides(clause.id.kind));
        let parts: Vec<_> = deciding
            .flat_map(|clause| clause.scope.cubes().iter().map(move |cube| (*clause, cube)))
            .collect();
        // Counts are left to the weighing: there are too many of them to list.
        let attributes = Attribute::WORDS.iter().filter_map(|word| Attribute::from_word(word));
        let rows = attributes.filter(|attribute| *attribute != Attribute::Quantity).filter_map(
            |attribute| {
                let constraints: Vec<_> =
                    parts.iter().map(|(_, cube)| cube.get(attribute)).collect();
                let constrained = constraints.iter().any(Option::is_some);
                constrained.then(|| (attribute, Rows::of(attribute, &constraints)))
            },
        );
        let registry = &in_force.terms.registry;
        let concerning = |party: &str| {
            let mut bits = Bits::all(parts.len());
            for (at, (clause, _)) in parts.iter().enumerate() {
                let concerned = match clause.id.kind {
                    // Also those of others: one may be exclusive.
                    Kind::Licence => continue,
                    Kind::Consent => &clause.holder,
                    _ => &clause.grantor,
                };
                if !registry.is_affiliate(party, concerned.as_str()) {
                    bits.set(at, false);
                }
            }
            bits
        };
        let parties =
            registry.parties.keys().map(|party| (party.to_string(), concerning(party.as_str())));
        Evaluator {
            in_force,
            rows: rows.collect(),
            parties: parties.collect(),
            clauses: parts.iter().map(|(clause, _)| *clause).collect(),
        }
    }

    /// The ruling on an act: the verdict, rule and clauses of [`decide()`](crate::decide()).
    pub fn ruling(&self, act: &Act) -> Ruling<'a> {
        let mut left = self.left(act);
        // Licences to use something hold the licensing of it too.
        if let Some(use_of_it) = licence::licensed_use(act) {
            left.add(&self.left(&use_of_it));
        }
        let mut clauses: Vec<&Clause> = left.places().map(|at| self.clauses[at]).collect();
        // The parts of one scope stand beside each other.
        clauses.dedup_by(|one, other| std::ptr::eq(*one, *other));
        rule(self.in_force, &clauses, act, &mut Unexplained)
    }

    /// The parts of scopes that an act may lie in.
    fn left(&self, act: &Act) -> Bits {
        let mut left = match self.parties.get(act.by.as_str()) {
            Some(concerning) => concerning.clone(),
            None => Bits::all(self.clauses.len()),
        };
        for (attribute, rows) in &self.rows {
            match act.said(*attribute) {
                Said::Stated(value) => left.keep(rows.named.get(value).unwrap_or(&rows.other)),
                Said::Absent => left.keep(&rows.other),
                Said::Open => {}
            }
        }
        left
    }
}

impl Rows {
    /// What the constraints of all parts let through, `None` being no constraint.
    fn of(attribute: Attribute, constraints: &[Option<&Values>]) -> Rows {
        let mut other = Bits::all(constraints.len());
        for (at, values) in constraints.iter().enumerate() {
            // No scope can name what stands for no value.
            let holds = |values: &Values| values.holds(attribute.absent_value());
            other.set(at, values.is_none_or(holds));
        }
        let mut named: HashMap<String, Bits> = HashMap::new();
        for (at, values) in constraints.iter().enumerate() {
            let (words, within) = match values {
                Some(Values::Only(words)) => (words, true),
                Some(Values::AllBut(words)) => (words, false),
                _ => continue,
            };
            for word in words {
                named.entry(word.clone()).or_insert_with(|| other.clone()).set(at, within);
            }
        }
        Rows { named, other }
    }
}

/// One bit for each part of a scope.
#[derive(Debug, Clone)]
struct Bits(Vec<u64>);

impl Bits {
    fn all(count: usize) -> Bits {
        let mut bits = Bits(vec![u64::MAX; count.div_ceil(64)]);
        (count..bits.0.len() * 64).for_each(|beyond| bits.set(beyond, false));
        bits
    }

    fn set(&mut self, at: usize, value: bool) {
        let bit = 1 << (at % 64);
        if value {
            self.0[at / 64] |= bit;
        } else {
            self.0[at / 64] &= !bit;
        }
    }

    fn keep(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(mine, other)| *mine &= other);
    }

    fn add(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(mine, other)| *mine |= other);
    }

    /// The places of the bits that are set, in order.
    fn places(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(word, bits)| {
            let mut left = *bits;
            std::iter::from_fn(move || {
                let at = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(word * 64 + at)
            })
        })
    }
}
