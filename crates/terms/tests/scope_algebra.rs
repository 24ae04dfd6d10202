//! Laws of scopes. Every one is checked against plain enumeration of a small universe of acts, in
//! which each attribute has, beside the words and counts that scopes name, a value none of them does.

use std::collections::BTreeMap;

use proptest::prelude::*;
use terms::scope::Interval;
use terms::{Act, Attribute, Cube, Fit, Name, Scope, Values, Verb};

const PURPOSES: [&str; 3] = ["research", "training", "unnamed"];
const CLASSES: [&str; 3] = ["H100", "GB200", "unnamed"];
const SERVICES: [&str; 2] = ["api", "unnamed"];
const COUNTS: [&str; 8] = ["-1", "0", "1", "2", "3", "4", "5", "6"];
/// What an act has where its verb has no such attribute.
const NO_WORD: &str = "—";

type Point = BTreeMap<Attribute, &'static str>;

/// Every point of the universe.
fn universe() -> Vec<Point> {
    let mut points = vec![Point::new()];
    let axes: [(Attribute, &[&'static str]); 4] = [
        (Attribute::Purpose, &PURPOSES),
        (Attribute::Class, &CLASSES),
        (Attribute::Service, &SERVICES),
        (Attribute::Quantity, &COUNTS),
    ];
    for (attribute, values) in axes {
        points = points
            .iter()
            .flat_map(|point| {
                values.iter().map(|value| {
                    let mut point = point.clone();
                    point.insert(attribute, *value);
                    point
                })
            })
            .collect();
    }
    points
}

/// Which points of the universe a scope holds.
fn held(scope: &Scope) -> Vec<bool> {
    universe().iter().map(|point| scope.holds(point)).collect()
}

fn zip(a: &Scope, b: &Scope, both: impl Fn(bool, bool) -> bool) -> Vec<bool> {
    held(a).into_iter().zip(held(b)).map(|(a, b)| both(a, b)).collect()
}

fn words(known: &'static [&'static str]) -> impl Strategy<Value = Values> {
    // The last word of a universe is the one that no scope names.
    let named = known.len() - 1;
    (proptest::sample::subsequence(&known[..named], 0..=named), any::<bool>()).prop_map(
        |(words, complement)| {
            let only = Values::only(words);
            if complement { only.complement() } else { only }
        },
    )
}

fn counts() -> impl Strategy<Value = Values> {
    let end = || proptest::option::of(0..6i64);
    (end(), end()).prop_map(|(start, end)| Values::within(Interval { start, end }))
}

fn cube() -> impl Strategy<Value = Cube> {
    use proptest::option::of as some;
    (some(words(&PURPOSES)), some(words(&CLASSES)), some(words(&SERVICES)), some(counts()))
        .prop_map(|(purpose, class, service, quantity)| {
            let mut cube = Cube::any();
            purpose.into_iter().for_each(|values| cube.set(Attribute::Purpose, values));
            class.into_iter().for_each(|values| cube.set(Attribute::Class, values));
            service.into_iter().for_each(|values| cube.set(Attribute::Service, values));
            quantity.into_iter().for_each(|values| cube.set(Attribute::Quantity, values));
            cube
        })
}

/// A union of cubes less some others, as a document writes it with `scope` and `except`.
fn scope() -> impl Strategy<Value = Scope> {
    let cubes = |most| proptest::collection::vec(cube().prop_map(Scope::from), 0..=most);
    let union = |all: Vec<Scope>| all.iter().fold(Scope::nothing(), |all, one| all.union(one));
    (cubes(3), cubes(2)).prop_map(move |(some, except)| union(some).subtract(&union(except)))
}

/// A contract for capacity or the running of a service, with some attributes left open.
fn act() -> impl Strategy<Value = Act> {
    let pick =
        |values: &'static [&'static str]| proptest::option::of(proptest::sample::select(values));
    let verb = proptest::sample::select(&[Verb::Contract, Verb::Serve][..]);
    (verb, pick(&PURPOSES), pick(&CLASSES), pick(&SERVICES), pick(&COUNTS[1..])).prop_map(
        |(verb, purpose, class, service, quantity)| {
            let stated = [
                (Attribute::Purpose, purpose),
                (Attribute::Class, class),
                (Attribute::Service, service),
                (Attribute::Quantity, quantity),
            ];
            let stated = stated
                .into_iter()
                .filter(|(attribute, _)| verb.attributes().contains(attribute))
                .filter_map(|(attribute, value)| Some((attribute, value?.to_string())))
                .collect();
            Act::new(verb, Name::new("lab"), stated)
        },
    )
}

/// Every reading of an act: whatever it leaves open may be anything; what its verb does not have
/// is nothing that a scope can name.
fn readings(act: &Act) -> Vec<BTreeMap<Attribute, String>> {
    let mut readings: Vec<BTreeMap<Attribute, String>> = universe()
        .into_iter()
        .map(|point| {
            let read = |(attribute, value): (Attribute, &str)| {
                let value = match act.get(attribute) {
                    Some(stated) => stated.to_string(),
                    None if act.verb.attributes().contains(&attribute) => value.to_string(),
                    None if attribute == Attribute::Quantity => "-1".to_string(),
                    None => NO_WORD.to_string(),
                };
                (attribute, value)
            };
            point.into_iter().map(read).collect()
        })
        .collect();
    readings.sort();
    readings.dedup();
    readings
}

proptest! {
    #[test]
    fn every_operation_agrees_with_enumeration(a in scope(), b in scope()) {
        prop_assert_eq!(held(&a.union(&b)), zip(&a, &b, |a, b| a || b));
        prop_assert_eq!(held(&a.intersect(&b)), zip(&a, &b, |a, b| a && b));
        prop_assert_eq!(held(&a.subtract(&b)), zip(&a, &b, |a, b| a && !b));
        prop_assert_eq!(held(&a.complement()), zip(&a, &a, |a, _| !a));
        prop_assert_eq!(a.is_within(&b), zip(&a, &b, |a, b| !a || b).iter().all(|holds| *holds));
        prop_assert_eq!(a.is_equal(&b), held(&a) == held(&b));
        prop_assert_eq!(a.is_empty(), !held(&a).contains(&true));
        prop_assert_eq!(a.is_equal(&b), a.normal() == b.normal());
        prop_assert_eq!(held(&a.normal()), held(&a));
        prop_assert_eq!(a.meets(&b), !a.intersect(&b).is_empty());
    }

    #[test]
    fn de_morgan(a in scope(), b in scope()) {
        let (not_a, not_b) = (a.complement(), b.complement());
        prop_assert!(a.union(&b).complement().is_equal(&not_a.intersect(&not_b)));
        prop_assert!(a.intersect(&b).complement().is_equal(&not_a.union(&not_b)));
        prop_assert!(a.complement().complement().is_equal(&a));
    }

    #[test]
    fn absorption_and_distribution(a in scope(), b in scope(), c in scope()) {
        prop_assert!(a.union(&a.intersect(&b)).is_equal(&a));
        prop_assert!(a.intersect(&a.union(&b)).is_equal(&a));
        let either = b.union(&c);
        prop_assert!(a.intersect(&either).is_equal(&a.intersect(&b).union(&a.intersect(&c))));
    }

    #[test]
    fn what_is_taken_away_and_what_is_left_are_the_whole(a in scope(), b in scope()) {
        let (left, taken) = (a.subtract(&b), a.intersect(&b));
        prop_assert!(left.intersect(&b).is_empty());
        prop_assert!(left.intersect(&taken).is_empty());
        prop_assert!(left.union(&taken).is_equal(&a));
    }

    #[test]
    fn a_witness_lies_inside(a in scope()) {
        match a.witness() {
            Some(witness) => {
                let point = witness.iter().map(|(key, value)| (*key, value.as_str())).collect();
                prop_assert!(a.holds(&point), "{a} does not hold its witness {witness:?}");
            }
            None => prop_assert!(a.is_empty()),
        }
    }

    #[test]
    fn an_act_fits_as_all_its_readings_do(scope in scope(), act in act()) {
        let held: Vec<_> = readings(&act)
            .iter()
            .map(|reading| {
                let point = reading.iter().map(|(key, value)| (*key, value.as_str())).collect();
                scope.holds(&point)
            })
            .collect();
        match scope.fit(&act) {
            Fit::Inside => prop_assert!(!held.contains(&false), "{scope} / {act}"),
            Fit::Outside => prop_assert!(!held.contains(&true), "{scope} / {act}"),
            Fit::Open(open) => {
                prop_assert!(held.contains(&true) && held.contains(&false), "{scope} / {act}");
                // Whatever is then said about these attributes settles the question.
                for reading in readings(&act) {
                    let mut told = act.clone();
                    for attribute in &open {
                        prop_assert_eq!(act.get(*attribute), None);
                        prop_assert!(act.verb.attributes().contains(attribute), "{}", attribute);
                        told.stated.insert(*attribute, reading[attribute].clone());
                    }
                    let fit = scope.fit(&told);
                    prop_assert!(!matches!(fit, Fit::Open(_)), "{scope} / {told}: {fit:?}");
                }
            }
        }
    }
}

#[test]
fn the_edges_of_counts() {
    let all_but = |interval| Values::within(interval).complement();
    let nothing = Values::within(Interval { start: Some(5), end: Some(5) });
    assert!(nothing.is_empty());
    assert_eq!(nothing.complement(), Values::within(Interval::ALL));
    assert!(all_but(Interval::ALL).is_empty());
    // Nothing is below the least number there is, nor above the greatest.
    let below = Interval { start: None, end: Some(i64::MIN) };
    assert!(Values::within(below).is_empty());
    assert_eq!(all_but(Interval { start: Some(i64::MIN), end: None }).witness(), None);
    assert!(Values::within(Interval::exactly(i64::MAX)).holds(&i64::MAX.to_string()));
    assert!(!all_but(Interval::exactly(i64::MAX)).holds(&i64::MAX.to_string()));
}

#[test]
fn many_exceptions_are_no_trouble() {
    // Each takes one class in one region away; cut up naively they would make 2⁴⁰ pieces.
    let mut scope = Scope::everything();
    for at in 0..40 {
        let mut except = Cube::any();
        except.set(Attribute::Class, Values::only([format!("class-{at}").as_str()]));
        except.set(Attribute::Region, Values::only([format!("region-{at}").as_str()]));
        scope = scope.subtract(&except.into());
    }
    let holds = |class, region| {
        scope.holds(&BTreeMap::from([(Attribute::Class, class), (Attribute::Region, region)]))
    };
    assert!(!holds("class-7", "region-7"));
    assert!(holds("class-7", "region-8"));
}
