//! What would happen to a call, and why, without making it.

use rights::Verdict;
use serde::Serialize;
use thiserror::Error;

use crate::carry::choose;
use crate::config::Strategy;
use crate::refusal::Problem;
use crate::standing::Rate;
use crate::world::World;

/// What would happen to a call of one key for one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The key, by its name.
    pub key: String,
    /// The name that is asked for.
    pub model: String,
    /// How candidates are put in order.
    pub strategy: Strategy,
    /// Whether the key's calls are billed under the agreement, so that none goes unmetered.
    pub billed: bool,
    /// After how many milliseconds without a first byte the second is asked beside the first.
    pub hedge_ms: Option<u64>,
    /// Every candidate of the route: those that may answer first, in the order in which they are tried
    /// as far as that rests on terms and settings alone.
    pub candidates: Vec<ExplainedCandidate>,
}

/// What the agreement says of one candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedCandidate {
    /// The upstream.
    pub upstream: String,
    /// The cloud it runs on.
    pub host: String,
    /// The model, by its name in the agreement.
    pub model: String,
    /// By which name the upstream is asked for it.
    pub deployment: String,
    /// Whether it may answer.
    pub verdict: Verdict,
    /// What identifies the decision.
    pub decision: String,
    /// Why it does not answer: with the clauses and what would change it, or the limit of its route.
    pub why_not: Option<String>,
    /// What a token costs.
    pub rate: Option<Rate>,
}

/// Why there is nothing to explain.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NothingToExplain {
    /// No key has this name.
    #[error("there is no key `{0}`")]
    NoSuchKey(String),
    /// No route has this name, or the key may not ask for it.
    #[error("there is no route `{0}`, or the key may not ask for it")]
    NoSuchModel(String),
}

/// Says what would happen to a call, in a world as it is at one moment.
///
/// # Errors
/// There is no such key, or nothing that it may ask for by that name.
pub fn explain(world: &World, key: &str, model: &str) -> Result<Explanation, NothingToExplain> {
    let wired = &world.wired;
    let found = wired.ring.all().find(|known| *known.name == *key);
    let found = found.ok_or_else(|| NothingToExplain::NoSuchKey(key.to_string()))?;
    let route = wired.wiring.routes.get(model).filter(|_| found.may_ask_for(model));
    let route = route.ok_or_else(|| NothingToExplain::NoSuchModel(model.to_string()))?;
    let candidates = route.candidates.iter().map(|candidate| {
        let (subject, target) = (found.subject, candidate.number);
        let verdict = world.standing.verdict(subject, target);
        let refusal = || Problem::Refused(world.standing.refusal(subject, target)).to_string();
        let upstream = &wired.wiring.upstreams[candidate.upstream];
        let decision = world.standing.decision_id(subject, target);
        let rate = world.standing.rate(subject, target);
        let beyond = choose::beyond(&route.limits, upstream.region.as_deref(), rate);
        let beyond = beyond.map(|limit| format!("it is beyond the route's `{limit}`"));
        ExplainedCandidate {
            upstream: upstream.name.to_string(),
            host: upstream.host.to_string(),
            model: candidate.model.to_string(),
            deployment: candidate.deployment.to_string(),
            verdict,
            decision: decision.to_str().unwrap_or_default().to_string(),
            why_not: if verdict == Verdict::Permitted { beyond } else { Some(refusal()) },
            rate,
        }
    });
    let mut candidates: Vec<_> = candidates.collect();
    if route.strategy == Strategy::Cost {
        candidates.sort_by_key(|candidate| choose::cost(candidate.rate));
    }
    candidates.sort_by_key(|candidate| candidate.why_not.is_some());
    Ok(Explanation {
        key: key.to_string(),
        model: model.to_string(),
        strategy: route.strategy,
        billed: world.standing.bills(found.subject),
        hedge_ms: route.hedge.and_then(|hedge| u64::try_from(hedge.as_millis()).ok()),
        candidates,
    })
}
