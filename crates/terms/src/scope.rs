//! Scopes: which acts a clause is about.
//!
//! A [`Scope`] is a union of [`Cube`]s, a cube a conjunction of constraints, one per attribute, and
//! a constraint a set of words, the complement of one, or a union of intervals. Together they form
//! a Boolean algebra, so that one value answers "does this act fall under the clause?" and lets
//! `charter check` reason about all acts at once, each conclusion with a [`Scope::witness`].

mod interval;
mod normal;
mod values;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Registry;
use crate::act::{Act, Attribute, Said};

pub use interval::Interval;
pub use values::Values;

/// A conjunction of constraints; an attribute without one may take any value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Cube {
    constraints: BTreeMap<Attribute, Values>,
}

/// A union of cubes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Scope {
    cubes: Vec<Cube>,
}

/// How an act with open attributes stands to a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// Every reading of the act falls in.
    Inside,
    /// No reading does.
    Outside,
    /// Some do; these attributes would settle it.
    Open(Vec<Attribute>),
}

impl Cube {
    /// The cube of all acts.
    pub fn any() -> Cube {
        Cube::default()
    }

    /// Constrains an attribute, replacing any constraint it had.
    pub fn set(&mut self, attribute: Attribute, values: Values) {
        self.constraints.insert(attribute, values);
    }

    /// The constraint on an attribute, if there is one.
    pub fn get(&self, attribute: Attribute) -> Option<&Values> {
        self.constraints.get(&attribute)
    }

    fn is_empty(&self) -> bool {
        self.constraints.values().any(Values::is_empty)
    }

    /// The constraints, in the order of their attributes.
    pub(crate) fn constraints(&self) -> impl Iterator<Item = (Attribute, &Values)> {
        self.constraints.iter().map(|(attribute, values)| (*attribute, values))
    }

    fn meets(&self, other: &Cube) -> bool {
        // From the last attribute on: what is where differs more often than what is done.
        let mut theirs = other.constraints.iter().rev().peekable();
        self.constraints.iter().rev().all(|(attribute, mine)| {
            while theirs.next_if(|(theirs, _)| *theirs > attribute).is_some() {}
            let both = theirs.next_if(|(theirs, _)| *theirs == attribute);
            both.is_none_or(|(_, theirs)| mine.meets(theirs))
        })
    }

    fn intersect(&self, other: &Cube) -> Cube {
        let mut both = self.clone();
        for (attribute, values) in &other.constraints {
            both.constraints
                .entry(*attribute)
                .and_modify(|mine| *mine = mine.intersect(values))
                .or_insert_with(|| values.clone());
        }
        both
    }

    /// What is in `self` and not in `other`, as disjoint cubes: for each attribute `other`
    /// constrains, the part of `self` that fails it and passes all attributes before it.
    fn subtract(&self, other: &Cube) -> Vec<Cube> {
        if !self.meets(other) {
            // Nothing to take away; not cutting it up keeps long lists of exceptions short.
            return vec![self.clone()];
        }
        let mut rest = Vec::new();
        let mut passed = self.clone();
        for (attribute, values) in &other.constraints {
            let mine = passed.constraints.get(attribute);
            let outside = mine.map_or_else(|| values.complement(), |m| m.subtract(values));
            let mut failing = passed.clone();
            failing.set(*attribute, outside);
            if !failing.is_empty() {
                rest.push(failing);
            }
            let inside = mine.map_or_else(|| values.clone(), |mine| mine.intersect(values));
            passed.set(*attribute, inside);
        }
        rest
    }

    /// Whether the cube holds all readings of an act (`Some(true)`), none (`Some(false)`), or some.
    fn holds_readings(&self, act: &Act) -> Option<bool> {
        let mut all = true;
        for (attribute, values) in &self.constraints {
            let holds = match act.said(*attribute) {
                Said::Stated(value) => values.holds(value),
                Said::Absent => values.holds(attribute.absent_value()),
                Said::Open => {
                    all &= values.is_everything();
                    !values.is_empty()
                }
            };
            if !holds {
                return Some(false);
            }
        }
        all.then_some(true)
    }

    fn holds(&self, point: &BTreeMap<Attribute, &str>) -> bool {
        self.constraints
            .iter()
            .all(|(attribute, values)| point.get(attribute).is_none_or(|value| values.holds(value)))
    }
}

impl Scope {
    /// All acts.
    pub fn everything() -> Scope {
        Scope { cubes: vec![Cube::any()] }
    }

    /// No act.
    pub fn nothing() -> Scope {
        Scope::default()
    }

    /// What falls in both.
    pub fn intersect(&self, other: &Scope) -> Scope {
        let pairs = self.cubes.iter().flat_map(|a| other.cubes.iter().map(move |b| (a, b)));
        Scope::of(pairs.filter(|(a, b)| a.meets(b)).map(|(a, b)| a.intersect(b)))
    }

    /// Whether some act falls in both.
    pub fn meets(&self, other: &Scope) -> bool {
        self.cubes.iter().any(|mine| other.cubes.iter().any(|theirs| mine.meets(theirs)))
    }

    /// What falls in either.
    pub fn union(&self, other: &Scope) -> Scope {
        Scope::of(self.cubes.iter().chain(&other.cubes).cloned())
    }

    /// What falls in any of them.
    pub(crate) fn union_of<'a>(scopes: impl IntoIterator<Item = &'a Scope>) -> Scope {
        Scope::of(scopes.into_iter().flat_map(|scope| scope.cubes.iter().cloned()))
    }

    /// What falls in `self` and not in `other`.
    pub fn subtract(&self, other: &Scope) -> Scope {
        let start = self.cubes.clone();
        let rest = other.cubes.iter().fold(start, |cubes, minus| {
            cubes.iter().flat_map(|cube| cube.subtract(minus)).collect()
        });
        Scope::of(rest)
    }

    /// What does not fall in `self`.
    pub fn complement(&self) -> Scope {
        Scope::everything().subtract(self)
    }

    /// Whether no act falls in.
    pub fn is_empty(&self) -> bool {
        self.cubes.iter().all(Cube::is_empty)
    }

    /// Whether every act of `self` falls in `other`.
    pub fn is_within(&self, other: &Scope) -> bool {
        self.subtract(other).is_empty()
    }

    /// Whether both hold the same acts, however they are written.
    pub fn is_equal(&self, other: &Scope) -> bool {
        self.is_within(other) && other.is_within(self)
    }

    /// A concrete example of what falls in: one value for each constrained attribute.
    pub fn witness(&self) -> Option<BTreeMap<Attribute, String>> {
        let cube = self.cubes.iter().find(|cube| !cube.is_empty())?;
        cube.constraints.iter().map(|(key, values)| Some((*key, values.witness()?))).collect()
    }

    /// Whether a point falls in; attributes the point does not have are not asked.
    pub fn holds(&self, point: &BTreeMap<Attribute, &str>) -> bool {
        self.cubes.iter().any(|cube| cube.holds(point))
    }

    /// The cubes it is the union of.
    pub fn cubes(&self) -> &[Cube] {
        &self.cubes
    }

    /// How an act stands to the scope, whatever it leaves open.
    pub fn fit(&self, act: &Act) -> Fit {
        let mut all = Fit::Outside;
        for cube in &self.cubes {
            match cube.holds_readings(act) {
                Some(true) => return Fit::Inside,
                Some(false) => {}
                None => all = Fit::Open(Vec::new()),
            }
        }
        match all {
            // Several cubes may hold all readings together.
            Fit::Open(_) => self.fit_of_readings(act),
            settled => settled,
        }
    }

    fn fit_of_readings(&self, act: &Act) -> Fit {
        let act = Scope::from(act.cube());
        let inside = self.intersect(&act);
        if inside.is_empty() {
            return Fit::Outside;
        }
        let outside = act.subtract(self);
        if outside.is_empty() {
            return Fit::Inside;
        }
        let stated = |attribute: &Attribute| act.cubes[0].get(*attribute).is_none();
        let mut open: Vec<_> = inside
            .cubes
            .iter()
            .chain(&outside.cubes)
            .flat_map(|cube| cube.constraints.keys().copied().filter(stated))
            .collect();
        open.sort_unstable();
        open.dedup();
        Fit::Open(open)
    }

    /// Every constraint on an attribute: two values that the same of these hold are one to the scope.
    pub fn constraints(&self, attribute: Attribute) -> impl Iterator<Item = &Values> {
        self.cubes.iter().filter_map(move |cube| cube.get(attribute))
    }

    /// Lets a party that supplies capacity stand for the clouds it operates: `provider = oracle`
    /// speaks of `oci` too.
    pub(crate) fn add_clouds(&mut self, registry: &Registry) {
        for cube in &mut self.cubes {
            if let Some(Values::Only(words) | Values::AllBut(words)) =
                cube.constraints.get_mut(&Attribute::Provider)
            {
                let operated = registry.clouds.iter();
                let operated =
                    operated.filter(|(_, cloud)| words.contains(cloud.operator.as_str()));
                let clouds: Vec<_> = operated.map(|(name, _)| name.to_string()).collect();
                words.extend(clouds);
            }
        }
    }

    fn of(cubes: impl IntoIterator<Item = Cube>) -> Scope {
        let mut cubes: Vec<_> = cubes.into_iter().filter(|cube| !cube.is_empty()).collect();
        cubes.sort();
        cubes.dedup();
        Scope { cubes }
    }
}

impl From<Cube> for Scope {
    fn from(cube: Cube) -> Scope {
        Scope::of([cube])
    }
}

impl fmt::Display for Cube {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.constraints.is_empty() {
            return f.write_str("every act");
        }
        for (at, (attribute, values)) in self.constraints.iter().enumerate() {
            write!(f, "{}{attribute}={values}", if at > 0 { " " } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cubes.is_empty() {
            return f.write_str("no act");
        }
        for (at, cube) in self.cubes.iter().enumerate() {
            write!(f, "{}{cube}", if at > 0 { " or " } else { "" })?;
        }
        Ok(())
    }
}
