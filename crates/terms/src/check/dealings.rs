//! With whom acts are done, as far as that decides whether a clause stands against them.

use crate::{
    Act, Attribute, Clause, Cube, Fit, Name, Provision, Registry, Scope, Terms, Values, Verb,
};

/// The acts that somebody does with this party or those it controls.
pub(super) fn dealings(registry: &Registry, party: &Name) -> Scope {
    let is_theirs = |other: &str| registry.is_affiliate(other, party.as_str());
    let clouds = registry.clouds.iter().filter(|(_, cloud)| is_theirs(cloud.operator.as_str()));
    let clouds: Vec<_> = clouds.map(|(name, _)| name.as_str()).collect();
    let parties = registry.parties.keys().map(|name| name.as_str());
    let parties: Vec<_> = parties.filter(|name| is_theirs(name)).collect();
    let verbs = Verb::WORDS.iter().filter_map(|word| Verb::from_word(word));
    let trade: Vec<_> = verbs.filter(|verb| verb.attributes().contains(&Attribute::With)).collect();
    let contracted = clouds.iter().chain(&parties).copied();
    let contracting = dealing(&[Verb::Contract], Attribute::Provider, Values::only(contracted));
    let serving = dealing(&[Verb::Serve], Attribute::Host, Values::only(clouds.iter().copied()));
    let trading = dealing(&trade, Attribute::With, Values::only(parties));
    contracting.union(&serving).union(&trading)
}

/// An example of an act of their grantor's in a scope that all these exclusivities and first rights
/// stand against: with none of their holders, and not its own building where that is let be.
pub(super) fn opposed(terms: &Terms, scope: &Scope, rules: &[&Clause]) -> Option<Act> {
    let grantor = &rules.first()?.grantor;
    let lets_be = rules.iter().any(
        |rule| matches!(&rule.provision, Provision::Exclusivity(only) if !only.binds_grantor_too),
    );
    let with_holders = rules.iter().map(|rule| dealings(&terms.registry, &rule.holder));
    let mut spared = with_holders.fold(Scope::nothing(), |all, with| all.union(&with));
    if lets_be {
        let mut building = Cube::any();
        building.set(Attribute::Act, Values::only([Verb::Build.word()]));
        spared = spared.union(&building.into());
    }
    let makes_itself =
        |act: &Act| act.verb == Verb::Make && act.get(Attribute::With).is_none() && lets_be;
    let example = |scope: &Scope| Act::example(scope, grantor, &terms.registry);
    // An act that leaves open with whom it is done says more than one that names a stranger.
    example(scope)
        .filter(|act| spared.fit(act) != Fit::Inside && !makes_itself(act))
        .or_else(|| example(&scope.subtract(&spared)))
}

fn dealing(verbs: &[Verb], attribute: Attribute, with: Values) -> Scope {
    let mut cube = Cube::any();
    cube.set(Attribute::Act, Values::only(verbs.iter().map(Verb::word)));
    cube.set(attribute, with);
    cube.into()
}
