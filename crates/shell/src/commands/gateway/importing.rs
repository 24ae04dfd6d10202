//! Takes over a configuration of LiteLLM's proxy.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use terms::finding::suggest;
use terms::registry::Entry;
use toml_edit::DocumentMut;

use super::litellm::{self, Ground, Imported};
use super::yaml::Node;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::{complain, say};
use crate::workspace::{Settings, Workspace};

/// Most bytes of a configuration.
const BYTES_MAX: u64 = 4 << 20;

#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
What is carried over stands in `[gateway]`; what is not, and what means something else here, is listed with
its place in the YAML. No key is ever shown: one that stands in the file is to be put into the environment,
under the name that is listed.

Examples:
  charter gateway import-litellm config.yaml
  charter gateway import-litellm config.yaml --host azure --write

Exits with 1 if a model could not be carried over.")]
pub struct Args {
    /// The configuration, as LiteLLM's proxy reads it
    file: PathBuf,
    /// The cloud that upstreams run on, by its name in the agreement, where nothing tells
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Add the table to charter.toml, which must have none
    #[arg(long)]
    write: bool,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let registry = workspace.read_terms()?.terms.registry;
    let names = |entry| registry.names(entry).map(str::to_string).collect();
    if let Some(host) = &args.host
        && !registry.knows(Entry::Cloud, host)
    {
        let message = format!("`--host {host}`: no cloud is called so");
        return Err(Failure::wrong_use(message, suggest(host, registry.names(Entry::Cloud))));
    }
    let config = read(&args.file)?;
    let variable = |name: &str| std::env::var(name).ok();
    let imported = litellm::import(
        &config,
        &Ground {
            clouds: names(Entry::Cloud),
            models: names(Entry::Model),
            host: args.host.as_deref(),
            variable: &variable,
        },
    );
    let table = litellm::document(&imported);
    let text = table.to_string();
    // INVARIANT: what is said or written can be read back.
    toml::from_str::<Settings>(&text)?;
    if args.write {
        write(&workspace.root.join("charter.toml"), &table)?;
    }
    if json {
        term::json(&serde_json::json!({
            "gateway": text, "notes": imported.notes, "left_out": imported.left_out,
            "written": args.write,
        }))?;
    } else {
        show(&imported, &text, args);
    }
    Ok(Answer::of(imported.left_out == 0))
}

fn read(file: &Path) -> Result<Node, Failure> {
    let named = file.display();
    let unread = |error: std::io::Error| {
        Failure::wrong_use(
            format!("cannot read `{named}`: {error}"),
            "name the file of LiteLLM's settings",
        )
    };
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(unread)?;
    opened.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unread)?;
    let wrong = |what: &str| {
        let help = "`model_list`, `router_settings`, … are what LiteLLM's proxy is started with";
        Failure::wrong_use(
            format!("`{named}` is no configuration of LiteLLM's proxy: {what}"),
            help,
        )
    };
    if bytes.len() as u64 > BYTES_MAX {
        return Err(wrong("it is longer than 4 MiB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong("it is no text"))?;
    let config = Node::read(&text).map_err(|error| wrong(&error))?;
    match config.get("model_list").map(Node::list) {
        None | Some([]) => Err(wrong("it has no `model_list`")),
        Some(_) => Ok(config),
    }
}

/// Adds the table behind all that is there. The file is whole at each moment.
fn write(path: &Path, table: &DocumentMut) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path)?;
    let settings: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        Failure::failed(
            format!("charter.toml cannot be read: {}", error.message()),
            "mend it first",
        )
    })?;
    if settings.contains_key("gateway") {
        return Err(Failure::wrong_use(
            "charter.toml has a `[gateway]` already",
            "leave `--write` out, and put what you want of it there yourself",
        ));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    let gap = if text.is_empty() || text.ends_with("\n\n") { "" } else { "\n" };
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    write!(beside, "{text}{end}{gap}{table}")?;
    beside.as_file().set_permissions(path.metadata()?.permissions())?;
    beside.as_file().sync_all()?;
    beside.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn show(imported: &Imported, text: &str, args: &Args) {
    if args.write {
        say!("{}  `[gateway]` to charter.toml", term::green("added"));
    } else {
        say!("{}", text.trim_end());
    }
    // Beside the table, so that what is written into a file is the table alone.
    let told = |line: String| complain!("{line}");
    for note in &imported.notes {
        told(format!("{}:{}: {}", args.file.display(), note.line, term::bold(&note.path)));
        told(format!("  {}", note.instead));
    }
    let (routes, upstreams) = (imported.routes.len(), imported.upstreams.len());
    told(format!(
        "{} at {}; {} left out. No caller has a key yet: `charter gateway key NAME` makes one",
        term::count(routes, "name"),
        term::count(upstreams, "upstream"),
        term::count(imported.left_out, "model"),
    ));
}
