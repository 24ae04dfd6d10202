//! Clauses that give one party the same right against one other at the same time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::timed::Timed;
use crate::{Basis, Clause, Kind, Parameter, Scope, Terms};

/// Two clauses of one kind between the same parties about the same acts, in force together.
pub(super) struct Doubled<'a> {
    /// The one that began first.
    pub earlier: &'a Clause,
    pub later: &'a Clause,
    /// The first day on which both hold.
    pub on: Date,
    /// The parameters for which they state different values.
    pub contradictions: Vec<(&'a Parameter, &'a Parameter)>,
}

/// Every such pair.
///
/// First rights count as the same where their scopes overlap, as one deal would set both going.
/// Clauses of the other kinds do only with the same scope: prohibitions, licences and payments of
/// different scope add up. What is paid twice for the same may add up as well, and limits may hold
/// beside each other, so those count only across documents.
pub(super) fn doubled<'a>(terms: &'a Terms, timed: &[Timed<'a>]) -> Vec<Doubled<'a>> {
    let mut groups: BTreeMap<_, Vec<Timed<'a>>> = BTreeMap::new();
    for one in timed.iter().filter(|one| can_double(one.clause.id.kind)) {
        let clause = one.clause;
        let scope = (!clause.id.kind.is_first_right()).then_some(&clause.scope);
        let key = (clause.id.kind.word(), &clause.grantor, &clause.holder, subject(clause));
        groups.entry((key, scope.map(Scope::cubes))).or_default().push(*one);
    }
    let ids: BTreeSet<_> = timed.iter().map(|one| &one.clause.id).collect();
    let can_pair = |earlier: &Timed<'_>, later: &Timed<'_>| {
        let (earlier, later) = (earlier.clause, later.clause);
        // One id twice, or a `replaces` that is not there, is a finding already.
        let replaces = later.replaces.as_ref();
        earlier.id != later.id
            && replaces.is_none_or(|(id, _)| ids.contains(id))
            && (!adds_up(later.id.kind) || earlier.document != later.document)
            && earlier.scope.meets(&later.scope)
    };
    let pairs = groups.into_values().flat_map(|group| meeting(group, can_pair));
    pairs
        .map(|(earlier, later)| Doubled {
            earlier: earlier.clause,
            later: later.clause,
            on: later.begins,
            contradictions: contradictions(terms, earlier.clause, later.clause),
        })
        .collect()
}

/// Two of these that are in force together and can pair, the one that begins first first. Of clauses
/// with the same scope each is told of once, with the one before it.
fn meeting<'a>(
    mut clauses: Vec<Timed<'a>>,
    can_pair: impl Fn(&Timed<'_>, &Timed<'_>) -> bool,
) -> Vec<(Timed<'a>, Timed<'a>)> {
    clauses.sort_by_key(|one| one.begins);
    let mut pairs = Vec::new();
    let mut open: Vec<Timed<'a>> = Vec::new();
    for next in clauses {
        open.retain(|one| one.holds(next.begins));
        let most = if next.clause.id.kind.is_first_right() { usize::MAX } else { 1 };
        let before = open.iter().rev().filter(|one| can_pair(one, &next)).take(most);
        pairs.extend(before.map(|one| (*one, next)));
        open.push(next);
    }
    pairs
}

/// Whether two clauses of a kind can say the same thing twice. Money that is committed or put in is
/// so once more each time it is said, and so is a seat or an option.
fn can_double(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Commitment | Kind::Investment | Kind::Funding | Kind::Observer | Kind::Option
    )
}

/// Whether several clauses of a kind in one document are meant to hold beside each other: what is
/// paid adds up, and limits and duties are all to be met.
fn adds_up(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::RevenueShare
            | Kind::ProfitParticipation
            | Kind::VolumeTier
            | Kind::LiquidatedDamages
            | Kind::PerformanceCommitment
            | Kind::PriceCap
            | Kind::VolumeLimit
    )
}

/// What else tells apart two clauses of a kind that may stand beside each other.
fn subject(clause: &Clause) -> Option<&str> {
    let name = match clause.id.kind {
        Kind::LiquidatedDamages => "trigger",
        Kind::MostFavouredNation => "favour",
        Kind::ChangeOfControl => "remedy",
        kind if kind.is_first_right() => "trigger",
        // One carve-out may be for what is passive, another for what is given on a proviso.
        Kind::Consent if clause.parameter("provided").is_some() => "provided",
        Kind::Consent => "kind",
        _ => return None,
    };
    clause.parameter(name).map(|parameter| parameter.value.as_str())
}

/// The parameters for which both state a value, and not the same. What a clause leaves to the
/// language it does not state; its parties, scope and time are what makes it this clause.
fn contradictions<'a>(
    terms: &Terms,
    one: &'a Clause,
    other: &'a Clause,
) -> Vec<(&'a Parameter, &'a Parameter)> {
    let (bound, holds) = one.id.kind.roles();
    let identity = [bound, holds, "scope", "from", "until", "survival", "replaces"];
    let stated = |parameter: &&Parameter| parameter.basis != Basis::Default;
    // A scenario supposes something else on purpose.
    let supposed = |clause: &Clause| {
        terms.documents[clause.document].frame.as_ref().is_some_and(|frame| frame.supposed)
    };
    if supposed(one) || supposed(other) {
        return Vec::new();
    }
    let parameters = one.parameters.iter().filter(stated);
    parameters
        .filter(|parameter| !identity.contains(&parameter.name.as_str()))
        .filter_map(|parameter| {
            let theirs = other.parameter(&parameter.name).filter(stated)?;
            (theirs.value != parameter.value).then_some((parameter, theirs))
        })
        .collect()
}
