use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use terms::finding::suggest;
use terms::registry::Entry;
use terms::{Document, Registry, Severity, Source as TermsSource};

use super::choose::{Chosen, Wanted, choose};
use super::document::{Frame, document};
use super::source::{Source, Unreadable};
use super::{genai_prices, litellm, table};
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::{complain, say};
use crate::workspace::Workspace;

/// Most bytes of a file: several times what the largest has that is published.
const BYTES_MAX: u64 = 64 << 20;

#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Formats:
  litellm       model_prices_and_context_window.json of LiteLLM
  genai-prices  prices/data.json of Pydantic's genai-prices
  csv           provider, model, and prices such as usd_per_million_input_tokens,
                usd_per_million_cached_input_tokens, usd_per_million_output_tokens, usd_per_call

Of the models of the agreement those are taken over that the file lists under the same name. Where several
providers have it, `--provider` says whose; `--models NAME=KEY` takes another name of the file's. What a price
list cannot say (prices by length of context, by second, by image) is listed at the end of the document and on
standard error, each with its reason.

Examples:
  charter prices import model_prices.json --format litellm --channel direct --out prices-2026.md
  charter prices import data.json --format genai-prices --provider openai --from 2026-01-01
  charter prices import ours.csv --format csv --models gpt-5,gpt-4o=azure/gpt-4o --channel direct

Exits with 1 if a model that is asked for could not be taken over.")]
pub struct Args {
    /// The file
    file: PathBuf,
    /// litellm, genai-prices or csv
    #[arg(long)]
    format: Format,
    /// The channels the prices hold on; that of the agreement where it has only one
    #[arg(long = "channel", value_name = "NAME")]
    channels: Vec<String>,
    /// The clouds they hold for; every one if none is named
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
    /// The first day they hold; today if not given
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Which models, by their names in the agreement; every one if not given
    #[arg(long, value_name = "NAME[=KEY]", value_delimiter = ',')]
    models: Vec<String>,
    /// Whose models, by the file's word, as openai or azure
    #[arg(long, value_name = "WORD")]
    provider: Option<String>,
    /// What the price list is to be called; the format's name if not given
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The document to write, which must not be there yet; standard output if not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A format of published prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Litellm,
    GenaiPrices,
    Csv,
}

impl Format {
    const WORDS: [&str; 3] = ["litellm", "genai-prices", "csv"];

    fn word(self) -> &'static str {
        Format::WORDS[self as usize]
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "litellm" => Ok(Format::Litellm),
            "genai-prices" => Ok(Format::GenaiPrices),
            "csv" => Ok(Format::Csv),
            _ => Err(suggest(word, Format::WORDS)),
        }
    }
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let registry = workspace.read_terms()?.terms.registry;
    let channels = channels(&registry, &args.channels)?;
    for host in &args.hosts {
        must_know(&registry, Entry::Cloud, "host", host)?;
    }
    if let Some(out) = args.out.as_ref().filter(|out| out.exists()) {
        return Err(is_there(out));
    }
    let wanted = wanted(&registry, &args.models)?;
    let source = read(&args.file, args.format)?;
    let today = workspace.now.to_zoned(TimeZone::UTC).date();
    let chosen = choose(&source, &wanted, args.provider.as_deref(), args.from.unwrap_or(today));
    let named = args.file.file_name().unwrap_or(args.file.as_os_str()).to_string_lossy();
    let of = args.provider.as_ref().map_or(String::new(), |provider| format!(" of `{provider}`"));
    let frame = Frame {
        name: args.name.as_deref().unwrap_or(args.format.word()),
        source: &format!("{} (`{named}`){of}", source.title),
        channels: &channels,
        hosts: &args.hosts,
        from_is_assumed: args
            .from
            .is_none()
            .then(|| "the day the prices were taken over".to_string()),
        currency: source.currency,
    };
    let title = args.out.as_deref().and_then(Path::file_name);
    let title = title.map_or("prices.md".into(), |name| name.to_string_lossy());
    let text = match chosen.lists.is_empty() {
        true => None,
        false => Some(written(workspace, &title, &frame, &chosen)?),
    };
    if let (Some(text), Some(out)) = (&text, &args.out) {
        write_new(out, text)?;
    }
    report(args, &source, &chosen, text.as_deref(), json)?;
    let all = args.models.is_empty() || chosen.missing.is_empty();
    Ok(Answer::of(text.is_some() && all))
}

/// The channels that were named, or the only one there is.
fn channels(registry: &Registry, named: &[String]) -> Result<Vec<String>, Failure> {
    for channel in named {
        must_know(registry, Entry::Channel, "channel", channel)?;
    }
    let known: Vec<_> = registry.names(Entry::Channel).collect();
    match (named, &known[..]) {
        ([], [only]) => Ok(vec![only.to_string()]),
        ([], _) => Err(Failure::wrong_use(
            "on which channels the prices hold is not said",
            format!("name them with `--channel`; {}", suggest("", known)),
        )),
        _ => Ok(named.to_vec()),
    }
}

fn must_know(registry: &Registry, entry: Entry, flag: &str, name: &str) -> Result<(), Failure> {
    if registry.knows(entry, name) {
        return Ok(());
    }
    let message = format!("`--{flag} {name}`: no {entry} is called so");
    Err(Failure::wrong_use(message, suggest(name, registry.names(entry))))
}

/// The models that were named, or all there are.
fn wanted(registry: &Registry, named: &[String]) -> Result<Vec<Wanted>, Failure> {
    let all: Vec<_> = match named {
        [] => registry.names(Entry::Model).map(str::to_string).collect(),
        named => named.to_vec(),
    };
    let wanted = all.iter().map(|given| {
        let (name, key) = given.split_once('=').unwrap_or((given, given));
        must_know(registry, Entry::Model, "models", name)?;
        Ok(Wanted { name: name.to_string(), key: key.to_string() })
    });
    let wanted: Vec<_> = wanted.collect::<Result<_, Failure>>()?;
    let twice = wanted
        .iter()
        .enumerate()
        .find(|(at, one)| wanted[..*at].iter().any(|before| before.name == one.name));
    match twice {
        Some((_, one)) => Err(Failure::wrong_use(
            format!("`--models` names `{}` twice", one.name),
            "keep one of them",
        )),
        None => Ok(wanted),
    }
}

fn read(file: &Path, format: Format) -> Result<Source, Failure> {
    let named = file.display();
    let unread = |error: std::io::Error| {
        Failure::wrong_use(format!("cannot read `{named}`: {error}"), "name the file of prices")
    };
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(unread)?;
    opened.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unread)?;
    let wrong = |what: &Unreadable| {
        let help = match format {
            Format::Litellm => {
                "it is an object of models, each with `input_cost_per_token` and so on"
            }
            Format::GenaiPrices => {
                "it is a list of providers with `models`, each with `prices`; the package has it as `prices/data.json` where it is developed"
            }
            Format::Csv => {
                "it begins with a line as `provider,model,usd_per_million_input_tokens,usd_per_million_output_tokens`"
            }
        };
        let message = format!("`{named}` is not in the format `{}`: {what}", format.word());
        Failure::wrong_use(message, help)
    };
    let whole = |problem: &str| Unreadable { line: 0, column: 0, problem: problem.to_string() };
    if bytes.len() as u64 > BYTES_MAX {
        return Err(wrong(&whole("it is longer than 64 MiB")));
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong(&whole("it is no text")))?;
    let source = match format {
        Format::Litellm => litellm::read(&text),
        Format::GenaiPrices => genai_prices::read(&text),
        Format::Csv => table::read(&text),
    };
    source.map_err(|unreadable| wrong(&unreadable))
}

/// The document, which fits to those that are there.
fn written(
    workspace: &Workspace,
    title: &str,
    frame: &Frame<'_>,
    chosen: &Chosen,
) -> Result<String, Failure> {
    let cannot = |finding: String| {
        Failure::wrong_use(
            format!("the prices do not fit to the documents: {finding}"),
            "say another `--from`, `--channel`, `--host` or `--name`, or leave models out with `--models`",
        )
    };
    let text = document(title, frame, chosen)
        .map_err(|findings| cannot(findings.first().map_or(String::new(), ToString::to_string)))?;
    let new = Arc::new(Document::new(title, text.as_str()));
    let (mut sources, _) = workspace.stored()?.sources(&BTreeMap::new());
    sources.push(TermsSource { document: new.clone(), known: None });
    let (_, findings) = terms::compile(&sources);
    let wrong = findings.iter().find(|finding| {
        finding.severity == Severity::Error
            && finding.everywhere().any(|place| Arc::ptr_eq(&place.document, &new))
    });
    match wrong {
        Some(finding) => Err(cannot(finding.to_string())),
        None => Ok(text),
    }
}

fn is_there(path: &Path) -> Failure {
    let message = format!("`{}` is there already", path.display());
    Failure::wrong_use(message, "name a file that is not there yet")
}

/// Writes a file that is not there yet; it is whole at each moment.
fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let named = path.display();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let cannot = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => is_there(path),
        _ => {
            Failure::failed(format!("cannot write `{named}`: {error}"), "name a file you may write")
        }
    };
    let mut beside =
        tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(cannot)?;
    beside.write_all(text.as_bytes()).map_err(cannot)?;
    beside.as_file().sync_all().map_err(cannot)?;
    beside.persist_noclobber(path).map_err(|error| cannot(error.error))?;
    Ok(())
}

fn report(
    args: &Args,
    source: &Source,
    chosen: &Chosen,
    text: Option<&str>,
    json: bool,
) -> Result<(), Failure> {
    let taken: BTreeSet<_> =
        chosen.lists.values().flatten().map(|taken| taken.name.as_str()).collect();
    let written = args.out.as_ref().filter(|_| text.is_some());
    if json {
        return Ok(term::json(&serde_json::json!({
            "document": text,
            "written": written.map(|path| path.display().to_string()),
            "models": taken,
            "missing": chosen.missing,
            "left_out": chosen.left_out,
            "listed": source.listed.len(),
        }))?);
    }
    match (text, written) {
        (Some(_), Some(out)) => say!("{}  {}", term::green("written"), out.display()),
        (Some(text), None) => say!("{}", text.trim_end()),
        (None, _) => {}
    }
    // Beside the document, so that what is written into a file is the document alone.
    let told = |line: String| complain!("{line}");
    for left_out in &chosen.left_out {
        let at = format!("{}:{}", args.file.display(), left_out.line);
        told(format!("{at}: {} {}", term::bold(&left_out.model), left_out.what));
        told(format!("  {}: {}", left_out.value, left_out.why));
    }
    for missing in &chosen.missing {
        told(format!("{}  {}: {}", term::yellow("left out"), missing.model, missing.why));
    }
    told(format!(
        "{} of {} in the file; {} of the agreement left out",
        term::count(taken.len(), "model"),
        source.listed.len(),
        chosen.missing.len(),
    ));
    Ok(())
}
