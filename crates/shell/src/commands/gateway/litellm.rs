//! What a configuration of LiteLLM's proxy says, as far as a gateway has a counterpart for it.
//!
//! Nothing of it is dropped in silence: what is not carried over has a [`Note`] with its place. The facts
//! are those of LiteLLM's documentation: "Config.yaml" and "Router – Load Balancing".

mod deployment;
mod routing;
mod table;

use std::collections::BTreeMap;

use serde::Serialize;

use super::yaml::Node;
use deployment::{Deployment, Secrets};

pub use table::document;

/// What an import rests on beside the configuration.
pub struct Ground<'a> {
    /// The clouds that the agreement knows.
    pub clouds: Vec<String>,
    /// The models that it knows.
    pub models: Vec<String>,
    /// The cloud that upstreams run on, where nothing else tells.
    pub host: Option<&'a str>,
    /// What a variable of the environment says.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
}

/// What becomes of a configuration.
#[derive(Debug, Default)]
pub struct Imported {
    /// Who answers.
    pub upstreams: Vec<Upstream>,
    /// Which names clients may ask for.
    pub routes: Vec<Route>,
    /// Most attempts for one call.
    pub attempts: Option<u32>,
    /// Within how many milliseconds an upstream must have answered.
    pub first_byte_ms: Option<u64>,
    /// What is not carried over, or means something else here.
    pub notes: Vec<Note>,
    /// How many entries of `model_list` have no counterpart.
    pub left_out: usize,
}

/// Something that is not carried over, or that somebody has to look at.
#[derive(Debug, Serialize)]
pub struct Note {
    /// Its place in the YAML, as `model_list[0].litellm_params.rpm`.
    pub path: String,
    /// Its line.
    pub line: u64,
    /// What to do instead.
    pub instead: String,
}

/// Somebody's API at an address, with the keys of `gateway::config::UpstreamSettings`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    pub name: String,
    pub host: String,
    pub url: String,
    pub dialect: &'static str,
    pub region: Option<String>,
    pub api_version: Option<String>,
    pub secret_env: String,
    pub deployments: BTreeMap<String, String>,
    pub concurrency_max: Option<u64>,
}

/// A name clients may ask for.
#[derive(Debug, Clone)]
pub struct Route {
    pub name: String,
    pub strategy: Option<&'static str>,
    pub candidates: Vec<Candidate>,
}

/// A model at an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub model: String,
    pub upstream: String,
    pub weight: Option<u32>,
}

/// What is noted while a configuration is read.
#[derive(Default)]
struct Notes(Vec<Note>);

impl Notes {
    fn add(&mut self, path: impl Into<String>, line: u64, instead: impl Into<String>) {
        self.0.push(Note { path: path.into(), line, instead: instead.into() });
    }
}

/// Reads a configuration.
pub fn import(config: &Node, ground: &Ground<'_>) -> Imported {
    let mut notes = Notes::default();
    let mut imported = Imported::default();
    let mut groups: Vec<(String, Vec<(Deployment, String)>)> = Vec::new();
    let entries = config.get("model_list").map(Node::list).unwrap_or_default();
    let mut secrets = Secrets::of(entries);
    for (at, entry) in entries.iter().enumerate() {
        let path = format!("model_list[{at}]");
        let Some((name, deployment)) =
            Deployment::read(entry, &path, ground, &mut secrets, &mut notes)
        else {
            imported.left_out += 1;
            continue;
        };
        let upstream = upstream(&mut imported.upstreams, &deployment);
        let member = (deployment, upstream);
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, members)) => members.push(member),
            None => groups.push((name, vec![member])),
        }
    }
    routing::read(config, &groups, &mut imported, &mut notes);
    others(config, &mut notes);
    imported.notes = notes.0;
    imported.notes.sort_by_key(|note| note.line);
    imported
}

/// The upstream of a deployment: one that is there already, if it is the same but for names of models.
fn upstream(upstreams: &mut Vec<Upstream>, deployment: &Deployment) -> String {
    let Deployment { model, known_as, .. } = deployment;
    let same = |there: &&mut Upstream| {
        let known = there.deployments.get(model);
        let fits = known.map_or(model == known_as || !there.has(model), |known| known == known_as);
        fits && Upstream { name: String::new(), deployments: BTreeMap::new(), ..(**there).clone() }
            == deployment.upstream
    };
    if let Some(there) = upstreams.iter_mut().find(same) {
        there.knows(model, known_as);
        return there.name.clone();
    }
    let wanted = &deployment.named;
    let mut name = wanted.clone();
    let mut number = 2;
    while upstreams.iter().any(|there| there.name == name) {
        name = format!("{wanted}-{number}");
        number += 1;
    }
    let mut new = Upstream { name: name.clone(), ..deployment.upstream.clone() };
    new.knows(model, known_as);
    upstreams.push(new);
    name
}

impl Upstream {
    fn has(&self, model: &str) -> bool {
        self.deployments.contains_key(model)
    }

    fn knows(&mut self, model: &str, known_as: &str) {
        self.deployments.insert(model.to_string(), known_as.to_string());
    }
}

/// All that stands neither in `model_list` nor says how to route.
fn others(config: &Node, notes: &mut Notes) {
    for (section, node) in config.table() {
        match section.as_str() {
            "model_list" | "router_settings" => {}
            "litellm_settings" => {
                for (name, value) in node.table() {
                    if !routing::IN_LITELLM_SETTINGS.contains(&name.as_str()) {
                        notes.add(format!("{section}.{name}"), value.line, litellm_setting(name));
                    }
                }
            }
            "general_settings" => {
                for (name, value) in node.table() {
                    notes.add(format!("{section}.{name}"), value.line, general_setting(name));
                }
            }
            "environment_variables" => {
                for (name, value) in node.table() {
                    let instead = format!("put `{name}` into the environment of the gateway");
                    notes.add(format!("{section}.{name}"), value.line, instead);
                }
            }
            _ => notes.add(section, node.line, "has no counterpart"),
        }
    }
}

fn litellm_setting(name: &str) -> &'static str {
    match name {
        "drop_params" | "modify_params" => {
            "a call is carried as it is: what an upstream does not take, it refuses itself"
        }
        "cache" | "cache_params" => "answers are not kept: each call is made, and metered",
        "callbacks" | "success_callback" | "failure_callback" | "service_callback" => {
            "rows go to `.charter/usage`; nothing of a prompt or an answer is sent to anybody"
        }
        "max_budget" | "budget_duration" => "a budget is a key's: `budget` in `[[gateway.key]]`",
        _ => "has no counterpart",
    }
}

fn general_setting(name: &str) -> &'static str {
    match name {
        "master_key" => {
            "nobody may do everything: make a key for each caller with `charter gateway key NAME`"
        }
        "database_url" | "database_connection_pool_limit" | "store_model_in_db" => {
            "keys stand in charter.toml and rows in `.charter`: no database is needed"
        }
        "max_parallel_requests" | "global_max_parallel_requests" => {
            "`concurrency_max` of an upstream says how many calls it takes at once"
        }
        "alerting" | "alerting_threshold" => {
            "has no counterpart; `/readyz` says whether calls are carried"
        }
        _ => "has no counterpart",
    }
}
