//! Acts whose verdict changes from one day to another.
//!
//! Nobody can read off a list of clauses what they may do now and could not do before. So this
//! finds acts that show it: for each clause of a deciding kind that is in force on one of two days
//! only, acts in its scope on which [`decide()`] gives another verdict on the other day.
//!
//! *Sound*: an act is returned only if `decide` gave both verdicts, on all that is in force.
//! *Complete*: a verdict depends on a value of an act only through which constraints of scopes hold
//! it and whose it is. So one value is tried for each class of values that neither tells apart,
//! attribute by attribute; those that the registry does not know cannot be asked for and are not
//! tried. If no act that states everything shows a clause's change, acts that leave something open
//! are tried too.

use std::collections::{BTreeMap, BTreeSet};

use terms::{
    Act, Attribute, Clause, Fit, InForce, Interval, Kind, Name, Registry, Scope, Values, Verb,
};

use crate::decide::counterparty;
use crate::decision::decides;
use crate::ruling::{Unexplained, rule};
use crate::{Decision, Ruling, Verdict, decide, licence};

/// An act whose verdict on an earlier day is not that on a later one.
#[derive(Debug, Clone)]
pub struct VerdictChange {
    /// The decision on the earlier day.
    pub before: Decision,
    /// The decision on the later day.
    pub after: Decision,
}

/// What an act shows: that a clause (by its place among the changed ones) has to do with acts of
/// this verb going from one verdict to another.
type Shown = (usize, Verb, Verdict, Verdict);

/// An act that shows something, not yet chosen.
struct Candidate {
    act: Act,
    /// Whether somebody else acts than the party the clause names, such as its affiliate.
    by_another: bool,
    /// Whether the party deals with itself, which it may well do but would not ask about.
    with_itself: bool,
}

/// Acts whose verdict changes between two days of the same terms: for each clause that began or
/// ended, each verb and each change of verdict at least one act, where there is one. One act may
/// stand for several. In the order of the clauses, those of `before` first.
pub fn changes(before: &InForce<'_>, after: &InForce<'_>) -> Vec<VerdictChange> {
    let search = Search::new(before, after);
    let mut found: BTreeMap<BTreeSet<Shown>, Candidate> = BTreeMap::new();
    for at in 0..search.changed.len() {
        // Acts that leave nothing open that matters say most; the others only where none shows it.
        if !search.candidates(at, false, &mut found) {
            search.candidates(at, true, &mut found);
        }
    }
    let chosen = cover(found).into_iter().map(|act| search.trimmed(act));
    chosen
        .map(|act| VerdictChange { before: decide(before, &act), after: decide(after, &act) })
        .filter(|change| change.before.verdict != change.after.verdict)
        .collect()
}

/// Few candidates that together show everything: the one that shows most that is not shown yet, and
/// so on.
fn cover(mut found: BTreeMap<BTreeSet<Shown>, Candidate>) -> Vec<Act> {
    let mut missing: BTreeSet<Shown> = found.keys().flatten().copied().collect();
    let mut chosen = Vec::new();
    while !missing.is_empty() {
        // Of two that show equally much, the one that comes first.
        let best = found.keys().rev().max_by_key(|shown| shown.intersection(&missing).count());
        let Some(best) = best.cloned() else { break };
        missing.retain(|shown| !best.contains(shown));
        if let Some(candidate) = found.remove(&best) {
            chosen.push((best, candidate.act));
        }
    }
    chosen.sort_by(|(one, _), (other, _)| one.cmp(other));
    chosen.into_iter().map(|(_, act)| act).collect()
}

/// The clauses among which acts are looked for.
struct Search<'a> {
    before: &'a InForce<'a>,
    after: &'a InForce<'a>,
    /// Clauses of deciding kinds in force on one of the days only.
    changed: Vec<&'a Clause>,
    /// Clauses of deciding kinds in force on either day.
    deciding: Vec<&'a Clause>,
}

impl<'a> Search<'a> {
    fn new(before: &'a InForce<'a>, after: &'a InForce<'a>) -> Search<'a> {
        let deciding = |in_force: &'a InForce<'a>| {
            in_force.clauses.iter().copied().filter(|clause| decides(clause.id.kind))
        };
        let lacks = |in_force: &InForce<'_>, clause: &Clause| {
            !in_force.clauses.iter().any(|other| std::ptr::eq(*other, clause))
        };
        let ended = deciding(before).filter(|clause| lacks(after, clause));
        let began: Vec<_> = deciding(after).filter(|clause| lacks(before, clause)).collect();
        let changed = ended.chain(began.iter().copied()).collect();
        let deciding = deciding(before).chain(began).collect();
        Search { before, after, changed, deciding }
    }

    fn registry(&self) -> &'a Registry {
        &self.after.terms.registry
    }

    /// Finds acts in the scope of a changed clause whose verdict changes, and keeps the plainest for
    /// everything they show. Whether there is any.
    fn candidates(
        &self,
        at: usize,
        open: bool,
        found: &mut BTreeMap<BTreeSet<Shown>, Candidate>,
    ) -> bool {
        let clause = self.changed[at];
        let mut any = false;
        let verbs = Verb::WORDS.iter().filter_map(|word| Verb::from_word(word));
        for (verb, bound) in verbs.flat_map(|verb| actors(clause, verb).map(move |a| (verb, a))) {
            let mut acts = Vec::new();
            for by in self.parties(clause, verb, bound) {
                let act = Act::new(verb, by, BTreeMap::new());
                self.state(clause, act, verb.attributes(), open, &mut acts);
            }
            for act in acts {
                let shown = self.shown(at, &act);
                if shown.is_empty() {
                    continue;
                }
                any = true;
                let other = counterparty(self.registry(), &act);
                let with_itself = other == Some(act.by.as_str());
                let candidate = Candidate { by_another: act.by != *bound, with_itself, act };
                match found.get(&shown) {
                    Some(known) if known.rank() <= candidate.rank() => {}
                    _ => _ = found.insert(shown, candidate),
                }
            }
        }
        any
    }

    /// The parties whose acts of a verb a clause is about, one for each class.
    fn parties(&self, clause: &Clause, verb: Verb, bound: &Name) -> Vec<Name> {
        let act = Act::new(verb, bound.clone(), BTreeMap::new());
        let is_theirs = |by: &String| self.registry().is_affiliate(by, bound.as_str());
        let known = self.near(&act, Some(Attribute::By));
        let parties = self.representatives(Attribute::By, &act, &known).into_iter();
        let parties = parties.filter(is_theirs).map(Name::new);
        parties.filter(|by| meets(clause, &Act::new(verb, by.clone(), BTreeMap::new()))).collect()
    }

    /// States one attribute after the other in every way that matters, as long as the act stays in
    /// the clause's scope.
    fn state(
        &self,
        clause: &Clause,
        act: Act,
        attributes: &[Attribute],
        open: bool,
        into: &mut Vec<Act>,
    ) {
        let Some((attribute, rest)) = attributes.split_first() else {
            into.push(act);
            return;
        };
        let values = match act.get(*attribute) {
            Some(_) => Vec::new(),
            None => self.representatives(*attribute, &act, &self.near(&act, None)),
        };
        for value in &values {
            let mut stating = act.clone();
            stating.stated.insert(*attribute, value.clone());
            let stating = stating.completed(self.registry());
            if meets(clause, &stating) {
                self.state(clause, stating, rest, open, into);
            }
        }
        if open || values.is_empty() {
            self.state(clause, act, rest, open, into);
        }
    }

    /// The deciding clauses whose scope an act may fall into, whatever an attribute's value is.
    fn near(&self, act: &Act, whatever: Option<Attribute>) -> Vec<&'a Clause> {
        let readings = |act: &Act| {
            let mut cube = act.cube();
            if let Some(attribute) = whatever {
                cube.set(attribute, everything(attribute));
            }
            Scope::from(cube)
        };
        let acts = readings(act);
        // To license somebody lies in a licence where the use lies that is licensed.
        let uses = licence::licensed_use(act).map(|use_of_it| readings(&use_of_it));
        let meets = |clause: &&Clause| {
            let uses = uses.as_ref().filter(|_| clause.id.kind == Kind::Licence);
            clause.scope.meets(&acts) || uses.is_some_and(|uses| clause.scope.meets(uses))
        };
        self.deciding.iter().copied().filter(meets).collect()
    }

    /// Values of an attribute, one for each class of those that no clause near the act and no owner
    /// tells apart; none if nothing is told by it.
    fn representatives(&self, attribute: Attribute, act: &Act, near: &[&Clause]) -> Vec<String> {
        let registry = self.registry();
        let constraints: BTreeSet<&Values> =
            near.iter().flat_map(|clause| clause.scope.constraints(attribute)).collect();
        if constraints.is_empty() && !tells_whose(attribute) {
            return Vec::new();
        }
        let mut values = attribute.known_values(registry);
        if attribute.takes_any() {
            values = samples(attribute, &constraints);
        }
        let mut classes = BTreeSet::new();
        values.retain(|value| {
            let held: Vec<_> = constraints.iter().map(|values| values.holds(value)).collect();
            let party = whose(registry, attribute, value);
            let sides: Option<Vec<_>> = party.map(|party| {
                let stands = |clause: &&Clause| {
                    let (grantor, holder) = (clause.grantor.as_str(), clause.holder.as_str());
                    let within = |other| registry.is_affiliate(party, other);
                    [within(grantor), within(holder), party == grantor, party == holder]
                };
                near.iter().map(stands).collect()
            });
            let own = party.is_some_and(|party| registry.is_affiliate(act.by.as_str(), party));
            let model = registry.models.get(value.as_str());
            let model = model.filter(|_| attribute == Attribute::Model);
            classes.insert((held, sides, own, model.map(|model| &model.asset)))
        });
        values
    }

    /// What an act shows: for each changed clause that decided on its day, the change of verdict. If
    /// none of them is cited, as where a missing licence is what decides, the clause that was asked
    /// about. Nothing if the verdict stays.
    fn shown(&self, at: usize, act: &Act) -> BTreeSet<Shown> {
        let near = self.near(act, None);
        let (before, after) = (among(self.before, act, &near), among(self.after, act, &near));
        if before.verdict == after.verdict {
            return BTreeSet::new();
        }
        let cited = |clause: &Clause| {
            let mut cited = before.because.iter().chain(&after.because);
            cited.any(|because| std::ptr::eq(because.clause, clause))
        };
        let mut shown: BTreeSet<_> = (0..self.changed.len())
            .filter(|at| cited(self.changed[*at]))
            .map(|at| (at, act.verb, before.verdict, after.verdict))
            .collect();
        if shown.is_empty() {
            shown.insert((at, act.verb, before.verdict, after.verdict));
        }
        shown
    }

    /// The act without what makes no difference to either decision.
    fn trimmed(&self, mut act: Act) -> Act {
        let told = |act: &Act| {
            let near = self.near(act, None);
            [self.before, self.after].map(|in_force| {
                let ruling = among(in_force, act, &near);
                let because = ruling.because.into_iter();
                (ruling.verdict, because.map(|because| &because.clause.id).collect::<Vec<_>>())
            })
        };
        let owned = [Attribute::Model, Attribute::Product, Attribute::Service, Attribute::Asset];
        for attribute in owned {
            let near = self.near(&act, None);
            if near.iter().any(|clause| clause.scope.constraints(attribute).next().is_some()) {
                continue;
            }
            let mut without = act.clone();
            without.stated.remove(&attribute);
            if told(&without) == told(&act) {
                act = without;
            }
        }
        act
    }
}

impl Candidate {
    /// The plainest comes first.
    fn rank(&self) -> impl Ord + use<> {
        (self.by_another, self.with_itself, self.act.stated.len(), self.act.to_string())
    }
}

/// The ruling by these of the clauses in force: clauses whose scope the act is outside of decide
/// nothing.
fn among<'a>(in_force: &InForce<'a>, act: &Act, near: &[&Clause]) -> Ruling<'a> {
    let is_near = |clause: &&&Clause| near.iter().any(|other| std::ptr::eq(*other, **clause));
    let clauses: Vec<_> = in_force.clauses.iter().filter(is_near).copied().collect();
    rule(in_force, &clauses, act, &mut Unexplained)
}

fn meets(clause: &Clause, act: &Act) -> bool {
    licence::fit(clause, act) != Fit::Outside
}

/// The parties whose acts of a verb a clause is about. A licence may also keep its grantor from the
/// same.
fn actors(clause: &Clause, verb: Verb) -> impl Iterator<Item = &Name> {
    let grantor = match clause.id.kind {
        Kind::Consent => None,
        Kind::Licence => {
            Some(&clause.grantor).filter(|_| matches!(verb, Verb::Use | Verb::License))
        }
        _ => Some(&clause.grantor),
    };
    let holder =
        Some(&clause.holder).filter(|_| matches!(clause.id.kind, Kind::Consent | Kind::Licence));
    holder.into_iter().chain(grantor)
}

/// Whether it matters to a decision whose the thing is that an attribute names.
fn tells_whose(attribute: Attribute) -> bool {
    use Attribute::*;
    matches!(attribute, By | With | Provider | Host | Service | Asset | Model | Product)
}

/// The party behind what an attribute names.
fn whose<'a>(registry: &'a Registry, attribute: Attribute, value: &'a str) -> Option<&'a str> {
    let owner = match attribute {
        Attribute::By | Attribute::With => return Some(value),
        Attribute::Provider | Attribute::Host => return registry.operator(value),
        Attribute::Service => &registry.services.get(value)?.owner,
        Attribute::Asset => &registry.assets.get(value)?.owner,
        Attribute::Product => &registry.products.get(value)?.owner,
        Attribute::Model => &registry.models.get(value)?.owner,
        _ => return None,
    };
    Some(owner.as_str())
}

/// A value from each part into which constraints divide an attribute that takes any.
fn samples(attribute: Attribute, constraints: &BTreeSet<&Values>) -> Vec<String> {
    let parts = constraints.iter().fold(vec![everything(attribute)], |parts, values| {
        let divided = parts.iter().flat_map(|part| [part.intersect(values), part.subtract(values)]);
        divided.filter(|part| !part.is_empty()).collect()
    });
    parts.iter().filter_map(Values::witness).collect()
}

/// Every value an act would state of an attribute: a deal about nothing is none.
fn everything(attribute: Attribute) -> Values {
    match attribute {
        Attribute::Quantity => Values::within(Interval { start: Some(1), end: None }),
        _ => Values::AllBut(BTreeSet::new()),
    }
}
