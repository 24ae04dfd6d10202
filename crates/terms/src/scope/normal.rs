//! The normal form of a scope: one for all ways of writing the same acts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cube, Interval, Scope, Values};
use crate::act::Attribute;

impl Scope {
    /// The same acts in the one form that all scopes of them share: disjoint cubes, in order. Attribute
    /// by attribute, values that leave the same of the rest stand together.
    ///
    /// Takes time in the number of different sets of its cubes that some value lets through.
    pub fn normal(&self) -> Scope {
        let cubes = self.cubes.iter().filter(|cube| !cube.is_empty()).cloned().collect();
        Scope { cubes: normal(cubes) }
    }
}

fn normal(cubes: Vec<Cube>) -> Vec<Cube> {
    let constrained = cubes.iter().filter_map(|cube| cube.constraints.keys().next());
    let Some(attribute) = constrained.min().copied() else {
        // Without constraints, one cube holds all acts.
        return cubes.into_iter().take(1).collect();
    };
    let lets =
        |cube: &Cube, class: &Values| cube.get(attribute).is_none_or(|values| values.meets(class));
    // First by the cubes that let a class through, which is quick, then by what they leave.
    let mut through: BTreeMap<Vec<usize>, Vec<Values>> = BTreeMap::new();
    for class in classes(cubes.iter().filter_map(|cube| cube.get(attribute)).collect()) {
        let letting: Vec<_> = (0..cubes.len()).filter(|at| lets(&cubes[*at], &class)).collect();
        through.entry(letting).or_default().push(class);
    }
    let mut leaving: BTreeMap<Vec<Cube>, Vec<Values>> = BTreeMap::new();
    for (letting, classes) in through.into_iter().filter(|(letting, _)| !letting.is_empty()) {
        leaving.entry(normal(rest_of(&cubes, attribute, &letting))).or_default().extend(classes);
    }
    let mut cubes: Vec<_> = leaving
        .into_iter()
        .flat_map(|(rest, classes)| {
            let values = Values::union(&classes);
            rest.into_iter().map(move |mut cube| {
                if !values.is_everything() {
                    cube.set(attribute, values.clone());
                }
                cube
            })
        })
        .collect();
    cubes.sort();
    cubes
}

/// What some of the cubes say of the other attributes.
fn rest_of(cubes: &[Cube], attribute: Attribute, letting: &[usize]) -> Vec<Cube> {
    let rest = |at: &usize| {
        let mut rest = cubes[*at].clone();
        rest.constraints.remove(&attribute);
        rest
    };
    letting.iter().map(rest).collect()
}

/// The values of an attribute, in classes that each constraint holds wholly or not at all.
fn classes(constraints: Vec<&Values>) -> Vec<Values> {
    let mut words: BTreeSet<&String> = BTreeSet::new();
    let mut cuts: BTreeSet<i64> = BTreeSet::new();
    let mut counts = false;
    for values in constraints {
        match values {
            Values::Only(named) | Values::AllBut(named) => words.extend(named),
            Values::Within(intervals) => {
                counts = true;
                cuts.extend(intervals.iter().flat_map(|i| [i.start, i.end]).flatten());
            }
        }
    }
    if counts {
        let starts = std::iter::once(None).chain(cuts.iter().copied().map(Some));
        let ends = cuts.iter().copied().map(Some).chain(std::iter::once(None));
        return starts
            .zip(ends)
            .map(|(start, end)| Values::within(Interval { start, end }))
            .collect();
    }
    let all_but = Values::AllBut(words.iter().map(ToString::to_string).collect());
    words.into_iter().map(|word| Values::only([word.as_str()])).chain([all_but]).collect()
}
