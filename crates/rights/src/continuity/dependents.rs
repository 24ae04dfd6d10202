//! Products, channels and streams, and what each can lose.

use std::collections::BTreeMap;

use jiff::civil::Date;
use terms::registry::{Channel, Entry};
use terms::{Act, Attribute, Clause, Kind, Name, Verb};

use super::{Affected, Dependent, End, EndedClause, Outcome, Takeover, World};
use crate::{Decision, Reason, Verdict, decide};

/// Every product, channel and stream of the registry.
pub(super) fn of(world: &World<'_>) -> Vec<Dependent> {
    let registry = &world.before.terms.registry;
    let products = registry.products.iter().map(|(name, owned)| product(world, name, &owned.owner));
    let mut dependents: Vec<_> = products.collect();
    let channels: Vec<_> =
        registry.channels.iter().map(|(name, of)| channel(world, name, of)).collect();
    let streams: Vec<_> = registry
        .streams
        .iter()
        .map(|(name, of)| {
            let through =
                channels.iter().find(|channel| Some(&channel.name) == of.channel.as_ref());
            stream(world, name, &of.recipient, through)
        })
        .collect();
    dependents.extend(channels);
    dependents.extend(streams);
    dependents
}

/// A product may lose what it uses, and the clouds it runs on.
fn product(world: &World<'_>, name: &Name, owner: &Name) -> Dependent {
    let mut dependent = Dependent::new(Entry::Product, name, owner);
    if world.is_gone(owner.as_str()) {
        return dependent.gone(world, owner, "its owner");
    }
    let registry = &world.before.terms.registry;
    let of_product = (Attribute::Product, name.to_string());
    let using = |what: Attribute, thing: &Name| {
        let stated = [of_product.clone(), (what, thing.to_string())];
        Act::new(Verb::Use, owner.clone(), BTreeMap::from(stated)).completed(registry)
    };
    let holds_models =
        |asset: &&Name| registry.models.values().any(|model| model.asset.as_ref() == Some(asset));
    let (of_models, rest): (Vec<_>, Vec<_>) = registry.assets.keys().partition(holds_models);
    // A model that is part of an asset goes with it.
    let alone = registry.models.iter().filter(|(_, model)| model.asset.is_none());
    let alone = alone.map(|(model, _)| using(Attribute::Model, model));
    let of_models = of_models.into_iter().map(|asset| using(Attribute::Asset, asset));
    let lost: Vec<_> = of_models.chain(alone).filter_map(|act| world.licensed(act)).collect();
    let models = world.models(|model| using(Attribute::Model, model));
    let rest: Vec<_> = rest.into_iter().map(|asset| using(Attribute::Asset, asset)).collect();
    let is_left = !models.is_empty() || rest.iter().any(|act| world.goes_on(act));
    dependent.needs(lost, models);
    dependent.loses(rest.into_iter().filter_map(|act| world.licensed(act)).collect(), is_left);
    dependent.hosted(world, owner, &[of_product]);
    dependent.concluded(world)
}

/// A channel may lose its right to sell, whoever runs what it sells, and the clouds that runs on.
fn channel(world: &World<'_>, name: &Name, of: &Channel) -> Dependent {
    let mut dependent = Dependent::new(Entry::Channel, name, &of.seller);
    dependent.money = world.money(name);
    if world.is_gone(of.seller.as_str()) {
        return dependent.gone(world, &of.seller, "its seller");
    }
    let registry = &world.before.terms.registry;
    let Some(owner) = registry.services.get(&of.service).map(|service| &service.owner) else {
        return dependent.concluded(world);
    };
    let stated =
        [(Attribute::Service, of.service.to_string()), (Attribute::Channel, name.to_string())];
    let reselling = Act::new(Verb::Resell, of.seller.clone(), BTreeMap::from(stated.clone()));
    let reselling: Vec<_> = world.licensed(reselling).into_iter().collect();
    if !world.is_gone(owner.as_str()) {
        dependent.needs(reselling, Vec::new());
        dependent.hosted(world, owner, &stated);
        return dependent.concluded(world);
    }
    // Somebody must run what is sold; only a right to sell that outlives the day says so.
    if reselling.is_empty() {
        return dependent.gone(world, owner, "the owner of its service");
    }
    let using = |model: &Name| {
        let stated = BTreeMap::from([(Attribute::Model, model.to_string())]);
        Act::new(Verb::Use, of.seller.clone(), stated).completed(registry)
    };
    dependent.needs(reselling, world.models(using));
    dependent.concluded(world)
}

/// A stream goes the way of its channel, or of its recipient.
fn stream(
    world: &World<'_>,
    name: &Name,
    recipient: &Name,
    through: Option<&Dependent>,
) -> Dependent {
    let mut dependent = Dependent::new(Entry::Stream, name, recipient);
    if world.is_gone(recipient.as_str()) {
        return dependent.gone(world, recipient, "its recipient");
    }
    match through {
        Some(channel) => {
            dependent.outcome = channel.outcome;
            dependent.why = format!("as channel `{}`: {}", channel.name, channel.why);
            dependent.money = channel.money.clone();
        }
        None => dependent = dependent.concluded(world),
    }
    dependent
}

impl Dependent {
    fn new(kind: Entry, name: &Name, of: &Name) -> Dependent {
        Dependent {
            kind,
            name: name.clone(),
            of: of.clone(),
            outcome: Outcome::GoesOn,
            why: String::new(),
            acts: Vec::new(),
            instead: Vec::new(),
            money: Vec::new(),
        }
    }

    /// It stops with somebody who falls away.
    fn gone(mut self, world: &World<'_>, who: &Name, role: &str) -> Dependent {
        self.outcome = Outcome::Stops;
        self.why = match who == world.without {
            true => format!("{role} is `{who}`"),
            false => format!("{role}, `{who}`, is controlled by `{}`", world.without),
        };
        self
    }

    /// Takes down what is lost of one thing it needs, and what could take over.
    fn needs(&mut self, lost: Vec<Affected>, instead: Vec<Takeover>) {
        let Some(worst) = lost.iter().map(Affected::outcome).max() else { return };
        let at_once = instead.iter().any(|takeover| takeover.from.is_none());
        let outcome = if worst == Outcome::Stops && at_once { Outcome::CanMove } else { worst };
        self.outcome = self.outcome.max(outcome);
        self.acts.extend(lost);
        self.instead.extend(instead);
    }

    /// Takes down what is lost beside that, and whether something is left.
    fn loses(&mut self, lost: Vec<Affected>, is_left: bool) {
        let Some(worst) = lost.iter().map(Affected::outcome).max() else { return };
        let outcome = if worst == Outcome::Stops && is_left { Outcome::InPart } else { worst };
        self.outcome = self.outcome.max(outcome);
        self.acts.extend(lost);
    }

    /// Takes down the clouds of the party that it may run on, and those of others.
    fn hosted(&mut self, world: &World<'_>, by: &Name, stated: &[(Attribute, String)]) {
        let clouds = &world.before.terms.registry.clouds;
        let serving = |host: &Name| {
            let host = (Attribute::Host, host.to_string());
            Act::new(Verb::Serve, by.clone(), stated.iter().cloned().chain([host]).collect())
        };
        let (gone, others): (Vec<_>, Vec<_>) =
            clouds.iter().partition(|(_, cloud)| world.is_gone(cloud.operator.as_str()));
        let lost = gone.into_iter().filter_map(|(host, cloud)| {
            let act = serving(host);
            let why = format!("`{host}` is run by `{}`", cloud.operator);
            let permitted = decide(world.before, &act).verdict == Verdict::Permitted;
            permitted.then(|| Affected { act, survives: None, why, because: Vec::new() })
        });
        let instead = others.into_iter().filter_map(|(host, _)| world.takeover(serving(host)));
        self.needs(lost.collect(), instead.collect());
    }

    /// Says why, from what was taken down.
    fn concluded(mut self, world: &World<'_>) -> Dependent {
        if self.acts.is_empty() {
            self.why = format!("nothing it does depends on `{}`", world.without);
            return self;
        }
        let stops = self.acts.iter().filter(|act| act.survives.is_none());
        let stops: Vec<_> = stops.map(|act| thing(&act.act)).collect();
        let mut parts = Vec::new();
        if !stops.is_empty() {
            parts.push(format!("loses {}", stops.join(", ")));
        }
        for act in &self.acts {
            parts.extend(act.survives.map(|end| format!("keeps {} {end}", thing(&act.act))));
        }
        let instead: Vec<_> = self.instead.iter().map(Takeover::told).collect();
        if !instead.is_empty() {
            parts.push(format!("{} could take over", instead.join(", ")));
        }
        if self.outcome == Outcome::InPart {
            parts.push("nothing known replaces the rest".to_string());
        } else if self.outcome == Outcome::Stops && instead.is_empty() {
            parts.push("nothing known could take over".to_string());
        }
        self.why = parts.join("; ");
        self
    }
}

impl Takeover {
    fn told(&self) -> String {
        let thing = thing(&self.act);
        match self.from {
            None => thing.to_string(),
            Some(End::On(day)) => format!("{thing} from {day} on"),
            Some(End::After(duration)) => format!("{thing} after {duration}"),
            Some(End::Open) => format!("{thing} some day"),
        }
    }
}

/// What an act does something with.
fn thing(act: &Act) -> &str {
    use Attribute::{Asset, Host, Model, Service};
    [Model, Asset, Host, Service].into_iter().find_map(|what| act.get(what)).unwrap_or_default()
}

impl Affected {
    fn outcome(&self) -> Outcome {
        match self.survives {
            None => Outcome::Stops,
            Some(End::Open) => Outcome::GoesOn,
            Some(_) => Outcome::WindsDown,
        }
    }
}

impl World<'_> {
    /// What becomes of an act that a licence of the party permits; `None` if it does not depend on
    /// one.
    fn licensed(&self, act: Act) -> Option<Affected> {
        let before = decide(self.before, &act);
        if before.verdict != Verdict::Permitted || self.goes_on(&act) {
            return None;
        }
        let meanwhile = decide(&self.meanwhile, &act);
        let goes_on = meanwhile.verdict == Verdict::Permitted;
        let deciding = if goes_on { &meanwhile } else { &before };
        let fates: Vec<_> =
            deciding.because.iter().filter_map(|reason| self.fate_of(reason)).collect();
        let survives = goes_on
            .then(|| fates.iter().filter_map(|fate| fate.survives).fold(End::Open, End::min));
        let why = fates
            .first()
            .map_or_else(|| format!("it is with `{}`", self.without), |fate| fate.why.clone());
        Some(Affected { act, survives, why, because: deciding.because.clone() })
    }

    /// Whether an act is permitted without the party, once nothing lasts that only outlives the day.
    fn goes_on(&self, act: &Act) -> bool {
        decide(&self.after, act).verdict == Verdict::Permitted
    }

    /// The models that could take over: those the same party may use without the one that falls away.
    fn models(&self, using: impl Fn(&Name) -> Act) -> Vec<Takeover> {
        let models = self.before.terms.registry.models.keys();
        models.filter_map(|model| self.takeover(using(model))).collect()
    }

    /// An act that could take over, if it is permitted without the party.
    fn takeover(&self, act: Act) -> Option<Takeover> {
        let after = decide(&self.after, &act);
        if after.verdict != Verdict::Permitted {
            return None;
        }
        let meanwhile = decide(&self.meanwhile, &act);
        let kept_closed = meanwhile.verdict != Verdict::Permitted;
        let closing = meanwhile.because.iter().filter_map(|reason| self.fate_of(reason)?.survives);
        let from = kept_closed.then(|| closing.fold(End::Open, End::min));
        let (why, because) = self.permitting(&after);
        let until = because.iter().filter_map(|reason| self.end_of(reason)).min();
        Some(Takeover { act, from, why, because, until })
    }

    /// Why an act is permitted without the party, and by what: the end of a clause that stood against
    /// it, or a licence or consent that goes on.
    fn permitting(&self, after: &Decision) -> (String, Vec<Reason>) {
        let before = decide(self.before, &after.act);
        let freed = before.because.into_iter().filter(|reason| self.fate_of(reason).is_some());
        let freed: Vec<_> = match before.verdict {
            Verdict::Permitted => Vec::new(),
            _ => freed.collect(),
        };
        if !freed.is_empty() {
            return (format!("what stands against it ends with `{}`", self.without), freed);
        }
        let why = match after.because.first() {
            Some(reason) => reason.why.clone(),
            None if after.act.verb == Verb::Use => format!("it is `{}`'s own", after.act.by),
            None => "no clause stands against it".to_string(),
        };
        (why, after.because.clone())
    }

    /// The day a clause that goes on ends, as far as is known.
    fn end_of(&self, reason: &Reason) -> Option<Date> {
        let clause = self.after.clauses.iter().find(|clause| reason.is(clause))?;
        self.before.terms.ends(clause, self.before.known)
    }

    /// The clauses between the party's side and others by which money of a channel is shared.
    fn money(&self, channel: &Name) -> Vec<EndedClause> {
        let point = BTreeMap::from([(Attribute::Channel, channel.as_str())]);
        let shares = |clause: &Clause| {
            matches!(clause.id.kind, Kind::RevenueShare | Kind::ProfitParticipation)
                && clause.scope.holds(&point)
        };
        let tied = self.tied.iter().filter(|(clause, _)| shares(clause));
        tied.map(|(clause, fate)| EndedClause::new(clause, fate)).collect()
    }
}
