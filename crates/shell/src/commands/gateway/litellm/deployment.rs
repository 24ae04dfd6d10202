//! One entry of `model_list`.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use zeroize::Zeroizing;

use super::{Ground, Notes, Upstream};
use crate::commands::gateway::yaml::{Node, Value};

/// A model at an upstream, and what decides how often it is asked.
#[derive(Debug)]
pub struct Deployment {
    /// The model, by its name in the agreement.
    pub model: String,
    /// By which name the upstream knows it.
    pub known_as: String,
    /// Where it is, without a name and without models.
    pub upstream: Upstream,
    /// What the upstream is best called.
    pub named: String,
    /// The line of the entry.
    pub line: u64,
    pub weight: Option<Decimal>,
    pub requests_per_minute: Option<Decimal>,
    pub tokens_per_minute: Option<Decimal>,
    pub order: Option<i64>,
}

/// Under which variables of the environment keys are put that stand in the file.
#[derive(Debug, Default)]
pub struct Secrets {
    /// Those that the file names itself.
    taken: BTreeSet<String>,
    /// Those that were chosen. What they hold is compared, and never shown.
    chosen: Vec<(String, Zeroizing<String>)>,
}

impl Secrets {
    /// Sees which variables the entries of `model_list` name, or take where they name none.
    pub fn of(entries: &[Node]) -> Secrets {
        let keys = entries.iter().filter_map(|entry| {
            let params = entry.get("litellm_params")?;
            let Some(stated) = params.get("api_key") else {
                let (stated, _) =
                    params.get("model")?.text()?.split_once('/').unwrap_or(("openai", ""));
                return Some(provider(stated)?.key.to_string());
            };
            Some(stated.text()?.strip_prefix("os.environ/")?.to_string())
        });
        Secrets { taken: keys.collect(), chosen: Vec::new() }
    }

    /// The variable for a key of an upstream: the same for the same key.
    fn variable(&mut self, key: &str, upstream: &str) -> String {
        if let Some((variable, _)) = self.chosen.iter().find(|(_, known)| **known == key) {
            return variable.clone();
        }
        let word = upstream.to_uppercase().replace('-', "_");
        // A variable does not begin with a digit.
        let front =
            if word.starts_with(|sign: char| sign.is_ascii_digit()) { "UPSTREAM_" } else { "" };
        let names = (1..).map(|number| match number {
            1 => format!("{front}{word}_API_KEY"),
            number => format!("{front}{word}_API_KEY_{number}"),
        });
        let is_free = |name: &String| {
            !self.taken.contains(name) && self.chosen.iter().all(|(known, _)| known != name)
        };
        let variable = names.into_iter().find(is_free).expect("numbers do not end");
        self.chosen.push((variable.clone(), Zeroizing::new(key.to_string())));
        variable
    }
}

/// Where a provider's secret and address are where an entry does not say.
struct Provider {
    dialect: &'static str,
    key: &'static str,
    url: Option<&'static str>,
}

/// Providers whose API is OpenAI's, by LiteLLM's names for them.
fn provider(name: &str) -> Option<Provider> {
    let (dialect, key, url) = match name {
        "openai" | "text-completion-openai" => {
            ("openai", "OPENAI_API_KEY", Some("https://api.openai.com/v1"))
        }
        "azure" | "azure_text" => ("azure", "AZURE_API_KEY", None),
        "hosted_vllm" => ("openai", "HOSTED_VLLM_API_KEY", None),
        "openai_like" | "custom_openai" => ("openai", "OPENAI_LIKE_API_KEY", None),
        "litellm_proxy" => ("openai", "LITELLM_PROXY_API_KEY", None),
        _ => return None,
    };
    Some(Provider { dialect, key, url })
}

/// Models that LiteLLM takes for OpenAI's where no provider is named.
const OF_OPENAI: [&str; 13] = [
    "gpt-",
    "o1",
    "o3",
    "o4",
    "chatgpt-",
    "text-embedding-",
    "dall-e",
    "whisper-",
    "tts-",
    "davinci-",
    "babbage-",
    "omni-moderation",
    "computer-use",
];

/// The cloud where nothing says one: it is asked for by this word.
pub const CLOUD: &str = "CLOUD";

impl Deployment {
    /// Reads an entry: the name clients ask for, and what answers. `None` where there is no counterpart.
    pub fn read(
        entry: &Node,
        path: &str,
        ground: &Ground<'_>,
        secrets: &mut Secrets,
        notes: &mut Notes,
    ) -> Option<(String, Deployment)> {
        let none = Node { line: entry.line, value: Value::Null };
        let params = entry.get("litellm_params").unwrap_or(&none);
        let under = |name: &str| format!("{path}.litellm_params.{name}");
        let text = |name: &str| params.get(name).and_then(Node::text);
        let line = |name: &str| params.get(name).map_or(entry.line, |node| node.line);
        let Some(name) = entry.get("model_name").and_then(Node::text) else {
            notes.add(path, entry.line, "left out: it has no `model_name`");
            return None;
        };
        let Some(model) = text("model") else {
            notes.add(path, entry.line, "left out: it has no `litellm_params.model`");
            return None;
        };
        if name.contains('*') || model.contains('*') {
            let instead = "left out: each name that clients may ask for is a route of its own";
            notes.add(format!("{path}.model_name"), entry.line, instead);
            return None;
        }
        let (stated, known_as) = match (text("custom_llm_provider"), model.split_once('/')) {
            (Some(stated), _) => {
                (stated, model.strip_prefix(&format!("{stated}/")).unwrap_or(model))
            }
            (None, Some((stated, rest))) => (stated, rest),
            (None, None) if OF_OPENAI.iter().any(|of| model.starts_with(of)) => ("openai", model),
            (None, None) => ("", model),
        };
        let Some(provider) = provider(stated) else {
            let instead = match stated {
                "" => "left out: it names no provider; write `openai/` in front if its API is OpenAI's".into(),
                other => format!(
                    "left out: `{other}` speaks an API of its own; what carries OpenAI's API there can be \
                     an upstream"
                ),
            };
            notes.add(under("model"), line("model"), instead);
            return None;
        };

        let mut resolve = |name: &str| -> Result<Option<String>, ()> {
            let Some(stated) = text(name) else { return Ok(None) };
            let Some(variable) = stated.strip_prefix("os.environ/") else {
                return Ok(Some(stated.to_string()));
            };
            let instead = format!(
                "left out: `{variable}` is not in the environment; set it and import again, or write what it \
                 says"
            );
            let found = (ground.variable)(variable);
            if found.is_none() {
                notes.add(under(name), line(name), instead);
            }
            found.map(Some).ok_or(())
        };
        let address = ["api_base", "base_url"].into_iter().find(|name| params.get(name).is_some());
        let address = address.unwrap_or("model");
        let stated_url = if address == "model" { None } else { resolve(address).ok()? };
        let version = resolve("api_version").ok()?;
        let Some(url) = stated_url.or_else(|| provider.url.map(str::to_string)) else {
            let instead = "left out: it has no `api_base`, so nobody knows where it is";
            notes.add(under("api_base"), entry.line, instead);
            return None;
        };
        let place = match place(&url, provider.dialect, version) {
            Ok(place) => place,
            Err(wrong) => {
                notes.add(under(address), line(address), format!("left out: {wrong}"));
                return None;
            }
        };
        let named = named(&place.url);
        let secret_env = match text("api_key") {
            None => provider.key.to_string(),
            Some(stated) => match stated.strip_prefix("os.environ/") {
                Some(variable) => variable.to_string(),
                None => {
                    let variable = secrets.variable(stated, &named);
                    let instead = format!(
                        "put this key into the environment as `{variable}`; as it has been in a file, a new \
                         one is better"
                    );
                    notes.add(under("api_key"), line("api_key"), instead);
                    variable
                }
            },
        };
        let model = in_agreement(entry, name, known_as, path, ground, notes);
        let host = host(&place, ground, &under(address), line(address), notes);
        let number = |name: &str| {
            let node = params.get(name).or_else(|| entry.get(name));
            node?.text()?.parse::<Decimal>().ok()
        };
        let deployment = Deployment {
            model,
            known_as: known_as.to_string(),
            upstream: Upstream {
                name: String::new(),
                host,
                url: place.url,
                dialect: place.dialect,
                region: text("region_name").map(str::to_string),
                api_version: place.version,
                secret_env,
                deployments: BTreeMap::new(),
                concurrency_max: text("max_parallel_requests").and_then(|most| most.parse().ok()),
            },
            named,
            line: entry.line,
            weight: number("weight"),
            requests_per_minute: number("rpm"),
            tokens_per_minute: number("tpm"),
            order: text("order").and_then(|order| order.parse().ok()),
        };
        for (name, value) in params.table() {
            if let Some(instead) = instead_of(name) {
                notes.add(under(name), value.line, instead);
            }
        }
        for (name, value) in entry.table() {
            match name.as_str() {
                "model_name" | "litellm_params" => {}
                "model_info" => describe(value, path, notes),
                _ => {
                    if let Some(instead) = instead_of(name) {
                        notes.add(format!("{path}.{name}"), value.line, instead);
                    }
                }
            }
        }
        Some((name.to_string(), deployment))
    }
}

/// Where and how an upstream is called.
struct Place {
    url: String,
    dialect: &'static str,
    version: Option<String>,
}

/// A gateway adds the paths of the dialect itself.
fn place(base: &str, dialect: &'static str, version: Option<String>) -> Result<Place, String> {
    let base = base.trim_end_matches('/');
    let is_url = ["https://", "http://"].iter().any(|scheme| base.starts_with(scheme));
    if !is_url || base.contains(['@', '?', '#']) {
        return Err("it is no address such as `https://api.openai.com/v1`".to_string());
    }
    if dialect == "openai" {
        let url = base.strip_suffix("/v1").ok_or_else(|| {
            "calls go to `/v1/…` below an upstream's `url`, and this address does not end with `/v1`".to_string()
        })?;
        return Ok(Place { url: url.to_string(), dialect, version: None });
    }
    if let Some(url) = base.strip_suffix("/openai/v1") {
        return Ok(Place { url: url.to_string(), dialect: "azure-v1", version: None });
    }
    if base.contains("/openai") {
        return Err("Azure's address is that of the resource, without a path".to_string());
    }
    let url = base.to_string();
    match version.as_deref() {
        Some("v1" | "latest") => Ok(Place { url, dialect: "azure-v1", version: None }),
        Some("preview") => Ok(Place { url, dialect: "azure-v1", version }),
        _ => Ok(Place { url, dialect, version }),
    }
}

/// What an upstream is called: the first word of where it is that says something.
fn named(url: &str) -> String {
    let host = url.split("//").nth(1).unwrap_or_default();
    let host = host.split(['/', ':']).next().unwrap_or_default();
    if host == "api.openai.com" {
        return "openai".to_string();
    }
    let is_number = host.split('.').all(|part| part.parse::<u8>().is_ok());
    let word = if is_number { host } else { host.split('.').next().unwrap_or_default() };
    let plain =
        |sign: char| if sign.is_ascii_alphanumeric() { sign.to_ascii_lowercase() } else { '-' };
    let word: String = word.chars().map(plain).collect();
    if word.is_empty() { "upstream".to_string() } else { word }
}

/// The model by its name in the agreement.
fn in_agreement(
    entry: &Node,
    name: &str,
    known_as: &str,
    path: &str,
    ground: &Ground<'_>,
    notes: &mut Notes,
) -> String {
    let base = entry.get("model_info").and_then(|info| info.get("base_model")).and_then(Node::text);
    let base = base.map(|base| base.rsplit('/').next().unwrap_or(base));
    let known = |model: &&str| ground.models.iter().any(|known| known == model);
    let all = base.into_iter().chain([known_as, name]);
    let found = all.clone().find(known);
    found.map(str::to_string).unwrap_or_else(|| {
        let model = base.unwrap_or(known_as);
        let instead = format!(
            "the agreement knows no model `{model}`, so nothing is allowed with it: name it in a `model` of the \
             registry, or write another name for `model` in the route"
        );
        notes.add(format!("{path}.litellm_params.model"), entry.line, instead);
        model.to_string()
    })
}

/// The cloud an upstream runs on, by its name in the agreement.
fn host(place: &Place, ground: &Ground<'_>, path: &str, line: u64, notes: &mut Notes) -> String {
    let knows = |name: &str| ground.clouds.iter().any(|cloud| cloud == name);
    if place.dialect != "openai" && knows("azure") {
        return "azure".to_string();
    }
    if let Some(host) = ground.host {
        return host.to_string();
    }
    let known = ground.clouds.join("`, `");
    let instead = format!(
        "nothing says which cloud this runs on: write one of `{known}` for `{CLOUD}`, or import again with \
         `--host`"
    );
    notes.add(path, line, instead);
    CLOUD.to_string()
}

/// What describes a model to LiteLLM alone.
fn describe(info: &Node, path: &str, notes: &mut Notes) {
    for (name, value) in info.table() {
        let instead = match name.as_str() {
            // The first is taken over, the others are names and kinds that nothing here asks for.
            "base_model" | "id" | "mode" => continue,
            name if name.contains("cost") => "prices stand in a `price_list` of the agreement",
            _ => "describes the model, and nothing here rests on it",
        };
        notes.add(format!("{path}.model_info.{name}"), value.line, instead);
    }
}

/// What to do instead of a parameter that is not carried over; `None` for those that are.
fn instead_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "model"
        | "custom_llm_provider"
        | "api_key"
        | "api_base"
        | "base_url"
        | "api_version"
        | "weight"
        | "order"
        | "region_name"
        | "max_parallel_requests" => return None,
        "rpm" => {
            "a limit is a key's here: `requests_per_minute` in `[[gateway.key]]`; among several candidates this \
             counts as a weight"
        }
        "tpm" => {
            "a limit is a key's here: `tokens_per_minute` in `[[gateway.key]]`; among several candidates this \
             counts as a weight, where there is no rpm"
        }
        "timeout" | "stream_timeout" | "max_retries" | "num_retries" | "cooldown_time" => {
            "times and attempts are the same for all upstreams: `[gateway.limits]`"
        }
        "tags" => "`models` of a key says which names it may ask for",
        "max_budget" | "budget_duration" => "a budget is a key's: `budget` in `[[gateway.key]]`",
        name if name.contains("cost") => "prices stand in a `price_list` of the agreement",
        "temperature"
        | "max_tokens"
        | "max_completion_tokens"
        | "top_p"
        | "seed"
        | "stop"
        | "n"
        | "user"
        | "extra_body"
        | "extra_headers"
        | "headers"
        | "organization"
        | "reasoning_effort" => "a call is carried as it is: let the client's request say it",
        _ => "has no counterpart",
    })
}
