use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use terms::finding::suggest;
use terms::registry::{Entry, PriceList, Processing, Sale};
use terms::{Basis, Name, Parameter, Registry};

use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;

#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Prices are for a million tokens; a class of tokens that is not stated costs what the class it is part of does,
which is marked as default.

Examples:
  charter prices show
  charter prices show gpt-4o --at 2025-02-01 --channel direct
  charter prices show --brief        only what the lists say, with defaults counted

Exits with 1 if nothing has a price.")]
pub struct Args {
    /// The model; every one if not given
    model: Option<String>,
    /// The UTC day; today if not given
    #[arg(long, value_name = "DATE")]
    at: Option<Date>,
    /// The channel; every one if not given
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// Show only what the lists say, and count their defaults
    #[arg(long)]
    brief: bool,
}

/// What a model costs by one list.
#[derive(Serialize)]
struct Row<'a> {
    model: &'a str,
    price_list: &'a Name,
    document: &'a str,
    line: usize,
    channels: BTreeSet<&'a str>,
    /// The clouds for which it holds, where the list names some.
    hosts: BTreeSet<&'a str>,
    parameters: Vec<Parameter>,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let registry = workspace.sound_terms(None)?.registry;
    let day = args.at.unwrap_or_else(|| workspace.now.to_zoned(TimeZone::UTC).date());
    let models = named(&registry, Entry::Model, "MODEL", args.model.as_deref())?;
    let channels = named(&registry, Entry::Channel, "--channel", args.channel.as_deref())?;
    let rows = rows(&registry, &models, &channels, day);
    if json {
        term::json(&rows)?;
        return Ok(Answer::of(!rows.is_empty()));
    }
    say!("{} with prices on {day}", term::count(rows.len(), "model"));
    for row in &rows {
        print(row, args.brief);
    }
    Ok(Answer::of(!rows.is_empty()))
}

/// The one that was named, or all there are.
fn named<'a>(
    registry: &'a Registry,
    entry: Entry,
    what: &str,
    name: Option<&'a str>,
) -> Result<Vec<&'a str>, Failure> {
    match name {
        None => Ok(registry.names(entry).collect()),
        Some(name) if registry.knows(entry, name) => Ok(vec![name]),
        Some(name) => {
            let message = format!("`{what}` is `{name}`: no {entry} is called so");
            Err(Failure::wrong_use(message, suggest(name, registry.names(entry))))
        }
    }
}

/// Whatever has a price, by the list that decides.
fn rows<'a>(
    registry: &'a Registry,
    models: &[&'a str],
    channels: &[&'a str],
    day: Date,
) -> Vec<Row<'a>> {
    let mut rows: BTreeMap<(&str, &Name), Row<'a>> = BTreeMap::new();
    for model in models {
        for channel in channels {
            for host in registry.names(Entry::Cloud) {
                let processing = Processing::Standard;
                let sale = Sale { channel, host, model, processing, day };
                let Ok(priced) = registry.price(&sale) else { continue };
                let row = rows.entry((model, priced.name)).or_insert_with(|| Row {
                    model,
                    price_list: priced.name,
                    document: &priced.list.origin.document.name,
                    line: priced.list.origin.line(),
                    channels: BTreeSet::new(),
                    hosts: BTreeSet::new(),
                    parameters: parameters(priced.list, model),
                });
                row.channels.insert(channel);
                if !priced.list.hosts.is_empty() {
                    row.hosts.insert(host);
                }
            }
        }
    }
    rows.into_values().collect()
}

/// What a list says of a model, without the words in front.
fn parameters(list: &PriceList, model: &str) -> Vec<Parameter> {
    let front = format!("price {model}.");
    let of_model = list.parameters.iter().filter_map(|parameter| {
        let name = parameter.name.strip_prefix(&front)?.to_string();
        Some(Parameter { name, ..parameter.clone() })
    });
    of_model.collect()
}

fn print(row: &Row<'_>, brief: bool) {
    let place = format!("price_list.{} {}:{}", row.price_list, row.document, row.line);
    say!("\n{}  {}", term::bold(row.model), term::dim(place));
    let joined = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
    let hosts = if row.hosts.is_empty() {
        String::new()
    } else {
        format!("; run at {}", joined(&row.hosts))
    };
    term::item("  ", "    ", &format!("sold through {}{hosts}", joined(&row.channels)));
    let is_default = |parameter: &&Parameter| parameter.basis == Basis::Default;
    for parameter in row.parameters.iter().filter(|parameter| !brief || !is_default(parameter)) {
        let basis = match &parameter.basis {
            Basis::Stated => String::new(),
            Basis::Default => " (default)".to_string(),
            Basis::Assumed(why) => format!(" (assumed: {why})"),
        };
        term::item("    ", "      ", &format!("{parameter}{basis}"));
    }
    let defaults = row.parameters.iter().filter(is_default).count();
    if brief && defaults > 0 {
        say!("    {}", term::dim(format!("… and {}", term::count(defaults, "default"))));
    }
}
