//! Any two scopes and any act: the laws of a Boolean algebra hold, the normal form is one for each set
//! of acts, and an act fits a scope as all its readings do.

#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::{Corpus, fuzz_target};
use terms::scope::Interval;
use terms::{Act, Attribute, Cube, Fit, Name, Scope, Values, Verb};

/// What scopes constrain: two attributes of words and one of counts, and the verb, as some verbs do
/// not have the others.
const WORDS: [(Attribute, [&str; 2]); 3] = [
    (Attribute::Act, ["contract", "build"]),
    (Attribute::Class, ["h100", "gb200"]),
    (Attribute::Provider, ["azure", "oci"]),
];
const VERBS: [Verb; 3] = [Verb::Contract, Verb::Build, Verb::Serve];
/// A word that no scope names.
const UNNAMED: &str = "unnamed";
const CUBES_MAX: usize = 3;
const INTERVALS_MAX: usize = 2;

/// How a document writes a scope: cubes, less others.
#[derive(Debug, Arbitrary)]
struct Written {
    some: Vec<WrittenCube>,
    except: Vec<WrittenCube>,
}

#[derive(Debug, Arbitrary)]
struct WrittenCube {
    /// For each attribute of words: nothing, or a bit a word and whether all but these are meant.
    words: [Option<(u8, bool)>; 3],
    counts: Option<Vec<(Option<End>, Option<End>)>>,
}

/// An end of an interval: mostly small, or one of the extremes.
#[derive(Debug, Arbitrary)]
enum End {
    Small(u8),
    Any(i64),
    Least,
    Greatest,
}

#[derive(Debug, Arbitrary)]
struct WrittenAct {
    verb: u8,
    class: Option<u8>,
    provider: Option<u8>,
    quantity: Option<u32>,
}

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let mut unstructured = Unstructured::new(bytes);
    let read = <(Written, Written, WrittenAct)>::arbitrary(&mut unstructured);
    let Ok((a, b, act)) = read else { return Corpus::Reject };
    let is_long = |scope: &Written| scope.some.len() > CUBES_MAX || scope.except.len() > CUBES_MAX;
    if is_long(&a) || is_long(&b) {
        return Corpus::Reject;
    }
    let (a, b, act) = (a.scope(), b.scope(), act.act());
    agrees_with_enumeration(&a, &b);
    laws(&a, &b);
    for scope in [&a, &b, &a.intersect(&b)] {
        fits_as_its_readings_do(scope, &act);
    }
    Corpus::Keep
});

fn laws(a: &Scope, b: &Scope) {
    let (not_a, not_b) = (a.complement(), b.complement());
    let (both, either) = (a.intersect(b), a.union(b));
    assert!(either.complement().is_equal(&not_a.intersect(&not_b)), "De Morgan: {a} / {b}");
    assert!(both.complement().is_equal(&not_a.union(&not_b)), "De Morgan: {a} / {b}");
    assert!(not_a.complement().is_equal(a), "double complement: {a}");
    assert!(!a.meets(&not_a) && a.union(&not_a).is_equal(&Scope::everything()), "{a}");
    assert!(
        a.union(&both).is_equal(a) && a.intersect(&either).is_equal(a),
        "absorption: {a} / {b}"
    );
    let left = a.subtract(b);
    assert!(left.intersect(b).is_empty() && !left.meets(b), "{a} less {b}");
    assert!(left.union(&both).is_equal(a), "{a} less {b}");
    assert_eq!(a.meets(b), !both.is_empty(), "{a} / {b}");
    assert_eq!(a.is_equal(b), a.normal() == b.normal(), "{a} / {b}");
    for scope in [a, b, &both, &either, &left, &not_a] {
        let normal = scope.normal();
        assert_eq!(normal.normal(), normal, "{scope}");
        assert!(normal.is_equal(scope), "{scope}");
        disjoint(&normal);
        witness_lies_inside(scope);
    }
    assert_eq!(either.normal(), b.union(a).normal(), "{a} / {b}");
    assert_eq!(either.normal(), left.union(b).normal(), "{a} / {b}");
}

fn disjoint(normal: &Scope) {
    for (at, one) in normal.cubes().iter().enumerate() {
        for other in &normal.cubes()[at + 1..] {
            assert!(!Scope::from(one.clone()).meets(&other.clone().into()), "{one} / {other}");
        }
    }
}

fn witness_lies_inside(scope: &Scope) {
    let Some(witness) = scope.witness() else {
        assert!(scope.is_empty(), "{scope}");
        return;
    };
    let point = witness.iter().map(|(key, value)| (*key, value.as_str())).collect();
    assert!(scope.holds(&point), "{scope} does not hold its witness {witness:?}");
}

fn agrees_with_enumeration(a: &Scope, b: &Scope) {
    let results = [a.union(b), a.intersect(b), a.subtract(b), a.complement(), a.normal()];
    let (mut within, mut equal, mut meets) = (true, true, false);
    for point in universe(&[a, b]) {
        let point = point.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let (in_a, in_b) = (a.holds(&point), b.holds(&point));
        let expected = [in_a || in_b, in_a && in_b, in_a && !in_b, !in_a, in_a];
        let held = results.each_ref().map(|scope| scope.holds(&point));
        assert_eq!(held, expected, "{a} / {b} at {point:?}");
        within &= !in_a || in_b;
        equal &= in_a == in_b;
        meets |= in_a && in_b;
    }
    assert_eq!(a.is_within(b), within, "{a} / {b}");
    assert_eq!(a.is_equal(b), equal, "{a} / {b}");
    assert_eq!(a.meets(b), meets, "{a} / {b}");
}

fn fits_as_its_readings_do(scope: &Scope, act: &Act) {
    let readings = readings(scope, act);
    let held: BTreeSet<bool> = readings
        .iter()
        .map(|reading| scope.holds(&reading.iter().map(|(k, v)| (*k, v.as_str())).collect()))
        .collect();
    let Fit::Open(open) = scope.fit(act) else {
        let inside = scope.fit(act) == Fit::Inside;
        assert!(!held.contains(&!inside), "{scope} / {act}: {:?}", scope.fit(act));
        return;
    };
    assert_eq!(held.len(), 2, "{scope} / {act} is open");
    // Whatever is then said about these attributes settles the question.
    let told: BTreeSet<Vec<&String>> = readings
        .iter()
        .map(|reading| open.iter().map(|attribute| &reading[attribute]).collect())
        .collect();
    for values in told {
        let mut told = act.clone();
        told.stated.extend(open.iter().copied().zip(values.into_iter().cloned()));
        assert!(!matches!(scope.fit(&told), Fit::Open(_)), "{scope} / {told}");
    }
}

type Point = BTreeMap<Attribute, String>;

/// Points that stand for all others: whatever scopes do not tell apart has one.
fn universe(scopes: &[&Scope]) -> Vec<Point> {
    let mut points = vec![Point::new()];
    for (attribute, words) in WORDS {
        let words = words.iter().chain([&UNNAMED]).map(ToString::to_string).collect();
        points = crossed(points, attribute, words);
    }
    crossed(points, Attribute::Quantity, counts(scopes))
}

/// Every reading of an act: what it leaves open may be anything, what its verb does not have is
/// nothing a scope can name.
fn readings(scope: &Scope, act: &Act) -> Vec<Point> {
    let mut points = vec![Point::new()];
    for (attribute, words) in WORDS {
        let any = words.iter().chain([&UNNAMED]).map(ToString::to_string).collect();
        points = crossed(points, attribute, read(act, attribute, any));
    }
    crossed(points, Attribute::Quantity, read(act, Attribute::Quantity, counts(&[scope])))
}

fn read(act: &Act, attribute: Attribute, any: Vec<String>) -> Vec<String> {
    match act.get(attribute) {
        Some(stated) => vec![stated.to_string()],
        None if act.verb.attributes().contains(&attribute) => any,
        None => vec![attribute.absent_value().to_string()],
    }
}

fn crossed(points: Vec<Point>, attribute: Attribute, values: Vec<String>) -> Vec<Point> {
    let cross = |point: Point| {
        values.iter().map(move |value| {
            let mut point = point.clone();
            point.insert(attribute, value.clone());
            point
        })
    };
    points.into_iter().flat_map(cross).collect()
}

/// Both extremes, and the numbers on either side of each end of an interval.
fn counts(scopes: &[&Scope]) -> Vec<String> {
    let mut counts = BTreeSet::from([i64::MIN, -1, 0, i64::MAX]);
    for values in scopes.iter().flat_map(|scope| scope.constraints(Attribute::Quantity)) {
        let Values::Within(intervals) = values else { continue };
        for end in intervals.iter().flat_map(|interval| [interval.start, interval.end]).flatten() {
            counts.extend([end.saturating_sub(1), end]);
        }
    }
    counts.iter().map(ToString::to_string).collect()
}

impl Written {
    fn scope(&self) -> Scope {
        let union = |cubes: &[WrittenCube]| {
            let cubes = cubes.iter().map(|cube| Scope::from(cube.cube()));
            cubes.fold(Scope::nothing(), |all, one| all.union(&one))
        };
        union(&self.some).subtract(&union(&self.except))
    }
}

impl WrittenCube {
    fn cube(&self) -> Cube {
        let mut cube = Cube::any();
        for ((attribute, words), written) in WORDS.into_iter().zip(self.words) {
            let Some((bits, all_but)) = written else { continue };
            let named = words.into_iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
            let only = Values::only(named.map(|(_, word)| word));
            cube.set(attribute, if all_but { only.complement() } else { only });
        }
        if let Some(intervals) = &self.counts {
            cube.set(Attribute::Quantity, counts_of(intervals));
        }
        cube
    }
}

/// All numbers but those outside each interval, which makes several intervals of two.
fn counts_of(intervals: &[(Option<End>, Option<End>)]) -> Values {
    let outside = intervals.iter().take(INTERVALS_MAX).map(|(start, end)| {
        let (start, end) = (start.as_ref().map(End::number), end.as_ref().map(End::number));
        Values::within(Interval { start, end }).complement()
    });
    outside
        .reduce(|all, one| all.intersect(&one))
        .map_or_else(|| Values::within(Interval::ALL), |outside| outside.complement())
}

impl End {
    fn number(&self) -> i64 {
        match self {
            End::Small(number) => i64::from(*number % 8) - 1,
            End::Any(number) => *number,
            End::Least => i64::MIN,
            End::Greatest => i64::MAX,
        }
    }
}

impl WrittenAct {
    fn act(&self) -> Act {
        let verb = VERBS[usize::from(self.verb) % VERBS.len()];
        let word = |words: [&str; 2], at: u8| {
            words.get(usize::from(at) % 3).unwrap_or(&UNNAMED).to_string()
        };
        let stated = [
            (Attribute::Class, self.class.map(|at| word(WORDS[1].1, at))),
            (Attribute::Provider, self.provider.map(|at| word(WORDS[2].1, at))),
            (Attribute::Quantity, self.quantity.map(|count| (count % 10).to_string())),
        ];
        let stated = stated.into_iter().filter(|(key, _)| verb.attributes().contains(key));
        let stated = stated.filter_map(|(key, value)| Some((key, value?))).collect();
        Act::new(verb, Name::new("lab"), stated)
    }
}
