//! How calls are routed: `router_settings`, and what of `litellm_settings` says the same.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::deployment::Deployment;
use super::{Candidate, Imported, Notes, Route};
use crate::commands::gateway::yaml::{Node, Value};

/// Deployments that go by one name, each with its upstream's.
type Group = (String, Vec<(Deployment, String)>);

/// What `litellm_settings` may say of routing.
pub const IN_LITELLM_SETTINGS: [&str; 7] = [
    "num_retries",
    "request_timeout",
    "allowed_fails",
    "fallbacks",
    "default_fallbacks",
    "context_window_fallbacks",
    "content_policy_fallbacks",
];

/// A setting with its place.
struct Placed<'a> {
    path: String,
    node: &'a Node,
}

/// Makes a route of each group and alias, and says how each chooses.
pub fn read(config: &Node, groups: &[Group], imported: &mut Imported, notes: &mut Notes) {
    // The router's own settings come before those of the library.
    let stated = |names: &[&str]| {
        ["router_settings", "litellm_settings"].iter().find_map(|section| {
            names.iter().find_map(|name| {
                let node = config.get(section)?.get(name)?;
                Some(Placed { path: format!("{section}.{name}"), node })
            })
        })
    };
    let strategy = strategy(stated(&["routing_strategy"]), notes);
    imported.routes = groups.iter().map(|group| route(group, strategy, notes)).collect();

    let plain: Vec<Route> = imported.routes.clone();
    if let Some(fallbacks) = stated(&["fallbacks"]) {
        for (at, each) in fallbacks.node.list().iter().enumerate() {
            for (name, to) in each.table() {
                let path = format!("{}[{at}].{name}", fallbacks.path);
                let routes = imported.routes.iter_mut();
                let mut found = false;
                for route in routes.filter(|route| name == "*" || route.name == *name) {
                    found = true;
                    fall_back(route, to, &plain, &path, notes);
                }
                if !found {
                    notes.add(path, to.line, format!("no model here is called `{name}`"));
                }
            }
        }
    }
    if let Some(default) = stated(&["default_fallbacks"]) {
        for route in &mut imported.routes {
            fall_back(route, default.node, &plain, &default.path, notes);
        }
    }
    if let Some(aliases) = stated(&["model_group_alias"]) {
        for (name, to) in aliases.node.table() {
            let path = format!("{}.{name}", aliases.path);
            let group = to.get("model").unwrap_or(to).text().unwrap_or_default();
            match imported.routes.iter().find(|route| route.name == group).cloned() {
                _ if imported.routes.iter().any(|route| route.name == *name) => {
                    notes.add(path, to.line, "a model has this name already");
                }
                Some(route) => imported.routes.push(Route { name: name.clone(), ..route }),
                None => notes.add(path, to.line, format!("no model here is called `{group}`")),
            }
        }
    }
    if let Some(retries) = stated(&["num_retries"]) {
        match retries.node.text().and_then(|count| count.parse::<u32>().ok()) {
            Some(count) => imported.attempts = Some(count.saturating_add(1)),
            None => notes.add(retries.path, retries.node.line, "is no whole number"),
        }
    }
    if let Some(timeout) = stated(&["timeout", "request_timeout"]) {
        let seconds = timeout.node.text().and_then(|text| text.parse::<Decimal>().ok());
        imported.first_byte_ms = seconds.and_then(|seconds| {
            seconds.checked_mul(Decimal::ONE_THOUSAND)?.to_u64().filter(|wait| *wait > 0)
        });
        let instead = match imported.first_byte_ms {
            Some(_) => {
                "counts until an answer begins (`first_byte_ms`); `gap_ms` says how long it may pause after that"
            }
            None => "is no number of seconds",
        };
        notes.add(timeout.path, timeout.node.line, instead);
    }
    not_carried(config, notes);
}

fn strategy(stated: Option<Placed<'_>>, notes: &mut Notes) -> &'static str {
    let Some(Placed { path, node }) = stated else { return "weighted" };
    match node.text().unwrap_or_default() {
        "simple-shuffle" => "weighted",
        "latency-based-routing" => "latency",
        "cost-based-routing" => "cost",
        other => {
            let instead =
                format!("`{other}` has no counterpart: candidates are drawn by lot (`weighted`)");
            notes.add(path, node.line, instead);
            "weighted"
        }
    }
}

fn route((name, members): &Group, strategy: &'static str, notes: &mut Notes) -> Route {
    let mut members: Vec<_> = members.iter().collect();
    let is_ordered = members.iter().any(|(deployment, _)| deployment.order.is_some());
    let strategy = match members.len() {
        1 => None,
        _ if is_ordered => {
            members.sort_by_key(|(deployment, _)| deployment.order.unwrap_or(i64::MAX));
            let same = members.windows(2).find(|pair| pair[0].0.order == pair[1].0.order);
            if let Some([(first, _), ..]) = same {
                let instead =
                    "deployments of the same `order` are tried one after the other, as they stand";
                notes.add(format!("model_list ({name})"), first.line, instead);
            }
            None
        }
        _ => Some(strategy),
    };
    let weights = if strategy == Some("weighted") { weights(&members) } else { Vec::new() };
    let candidates = members.iter().enumerate().map(|(at, (deployment, upstream))| Candidate {
        model: deployment.model.clone(),
        upstream: upstream.clone(),
        weight: weights.get(at).copied(),
    });
    Route { name: name.clone(), strategy, candidates: candidates.collect() }
}

/// Whole weights in the proportion of the first that anybody states: `weight`, `rpm` or `tpm`. Whoever
/// states none has no part of the calls then. Nothing if nobody states any.
fn weights(members: &[&(Deployment, String)]) -> Vec<u32> {
    type Weight = fn(&Deployment) -> Option<Decimal>;
    let by: [Weight; 3] = [
        |deployment| deployment.weight,
        |deployment| deployment.requests_per_minute,
        |deployment| deployment.tokens_per_minute,
    ];
    let stated =
        |weight: &&Weight| members.iter().any(|(deployment, _)| weight(deployment).is_some());
    let Some(weight) = by.iter().find(stated) else { return Vec::new() };
    let all =
        members.iter().map(|(deployment, _)| weight(deployment).unwrap_or_default().normalize());
    let all: Vec<Decimal> = all.collect();
    let scale = all.iter().map(Decimal::scale).max().unwrap_or_default();
    let whole = |weight: &Decimal| {
        let unit = Decimal::from(10u64.checked_pow(scale)?);
        weight.checked_mul(unit)?.to_u32()
    };
    let whole: Option<Vec<u32>> = all.iter().map(whole).collect();
    let mut whole = whole.unwrap_or_default();
    let divisor = whole.iter().copied().fold(0, divisor);
    if divisor > 1 {
        whole.iter_mut().for_each(|weight| *weight /= divisor);
    }
    if whole.iter().all(|weight| *weight == 0) { Vec::new() } else { whole }
}

fn divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { divisor(b, a % b) }
}

/// Adds the candidates of other routes, to be asked when those of this one fail.
fn fall_back(route: &mut Route, to: &Node, routes: &[Route], path: &str, notes: &mut Notes) {
    if matches!(route.strategy, Some("latency" | "cost")) {
        let instead = format!(
            "left out for `{}`: where the soonest or the cheapest is chosen, others would be chosen too; a route \
             with the strategy `ordered` can have them",
            route.name
        );
        notes.add(path, to.line, instead);
        return;
    }
    for name in to.list() {
        let name = name.text().unwrap_or_default();
        if name == route.name {
            continue;
        }
        let Some(other) = routes.iter().find(|other| other.name == name) else {
            notes.add(path, to.line, format!("no model here is called `{name}`"));
            continue;
        };
        for candidate in &other.candidates {
            let weight = route.strategy.map(|_| 0);
            let candidate = Candidate { weight, ..candidate.clone() };
            let same = |there: &Candidate| {
                (&there.model, &there.upstream) == (&candidate.model, &candidate.upstream)
            };
            if !route.candidates.iter().any(same) {
                route.candidates.push(candidate);
            }
        }
    }
    // Those it had share the calls evenly, which is what no weight says; beside a weight it must be said.
    for candidate in &mut route.candidates {
        if route.strategy.is_some() {
            candidate.weight.get_or_insert(1);
        }
    }
}

fn not_carried(config: &Node, notes: &mut Notes) {
    let settings = config.get("router_settings").map(Node::table).unwrap_or_default();
    let in_router = settings.iter().map(|(name, value)| ("router_settings", name, value));
    let settings = config.get("litellm_settings").map(Node::table).unwrap_or_default();
    let in_library = settings.iter().map(|(name, value)| ("litellm_settings", name, value));
    let in_library = in_library.filter(|(_, name, _)| IN_LITELLM_SETTINGS.contains(&name.as_str()));
    for (section, name, value) in in_router.chain(in_library) {
        let instead = match name.as_str() {
            "routing_strategy" | "fallbacks" | "default_fallbacks" | "model_group_alias"
            | "num_retries" | "timeout" | "request_timeout" => continue,
            "context_window_fallbacks" | "content_policy_fallbacks" => {
                "an upstream that refuses a call for what it says has answered: the client may ask for another \
                 model"
            }
            "allowed_fails" | "cooldown_time" | "allowed_fails_policy" | "disable_cooldowns" => {
                "an upstream that keeps failing is asked last until it answers again; nothing is to be set"
            }
            "retry_after" | "retry_policy" | "model_group_retry_policy" => {
                "how long to wait is as the upstream says, or doubles from 100 ms"
            }
            name if name.starts_with("redis_") => {
                "one process holds its limits itself: no Redis is needed"
            }
            _ if matches!(value.value, Value::Null) => continue,
            _ => "has no counterpart",
        };
        notes.add(format!("{section}.{name}"), value.line, instead);
    }
}
