//! Carrying model API calls under the adopted terms.

/// A gateway that runs.
pub mod carrying;
mod importing;
mod litellm;
pub mod top;
pub mod unresolved;
mod yaml;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::gateway::config::{Mistake, Secrets, Settings, Strategy, UpstreamSettings};
use ::gateway::explain::{Explanation, explain};
use ::gateway::meter::{RowId, Tokens};
use ::gateway::world::{Wired, World};
use terms::Known;
use zeroize::Zeroizing;

use crate::outcome::{Answer, Failure, Outcome};
use crate::random;
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;

/// Carries model API calls: decides each under the adopted terms, routes it to an upstream they allow,
/// and keeps a row of what it used. Stays until told to stop.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  charter gateway                                      stop it with Ctrl-C or SIGTERM
  charter gateway key web
  charter gateway explain --key web --model gpt-4o
  charter gateway unresolved                           calls of which nobody knows what they used
  charter gateway top

Who answers, which names clients may ask for, and who may call stands in charter.toml:

  [gateway]
  listen = \"127.0.0.1:8080\"

  [[gateway.upstream]]
  name = \"azure-east\"
  host = \"azure\"                     # the cloud, as the agreement names it
  url = \"https://example.openai.azure.com\"
  dialect = \"azure\"                  # openai, azure or azure-v1
  secret_env = \"AZURE_KEY\"

  [[gateway.route]]
  name = \"gpt-4o\"
  candidates = [{ model = \"gpt-4o\", upstream = \"azure-east\" }]

What an operator sees of it, each off unless it is there:

  [gateway.operations]               # /healthz /readyz /metrics, and charter gateway top
  listen = \"127.0.0.1:9090\"

  [gateway.telemetry]                # metrics and traces, by OTLP over HTTP
  endpoint = \"http://127.0.0.1:4318\"
  sample = \"1/100\"                 # of how many calls spans are made

  [gateway.log]                      # lines on standard error
  format = \"json\"                  # or text
  level = \"info\"
  calls = true                       # a line for each call; refused ones have one anyway

What is adopted while it runs, and what changes in charter.toml, holds for the next call; calls that run
go on. Rows are taken over into `.charter/usage` every minute and when it stops, for `charter settle`. docs/gateway.md is the guide.")]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Command {
    /// Say what would happen to a call, and why, without making it
    #[command(after_help = "Example:\n  charter gateway explain --key web --model gpt-4o")]
    Explain {
        /// The key, by its name
        #[arg(long, value_name = "NAME")]
        key: String,
        /// The name that is asked for
        #[arg(long, value_name = "NAME")]
        model: String,
    },
    /// Take over a configuration of LiteLLM's proxy
    ImportLitellm(importing::Args),
    /// Look at a running gateway: calls, tokens, waits, errors and money, as they come
    #[command(after_help = "\
Examples:
  charter gateway top
  charter gateway top --once --by upstream
  charter gateway top --json

It asks the operations listener that charter.toml names:

  [gateway.operations]
  listen = \"127.0.0.1:9090\"

Rates and waits are of the last ten seconds (of one, with --once); errors and refusals are counted since
the gateway was started, money since the full hour. Keys: tab and arrows change the table, q ends.")]
    Top(top::Args),
    /// Make a key for a caller; it is shown once, and charter.toml keeps its hash alone
    #[command(after_help = "\
Example:
  charter gateway key web --customer acme --product api --channel direct")]
    Key {
        /// What it is called in rows and figures
        #[arg(value_name = "NAME")]
        name: String,
        /// Who is billed
        #[arg(long, default_value = "CUSTOMER")]
        customer: String,
        /// The product it calls for, as the agreement names it
        #[arg(long, default_value = "PRODUCT")]
        product: String,
        /// The channel it calls through, as the agreement names it
        #[arg(long, default_value = "CHANNEL")]
        channel: String,
    },
    /// List calls of which nobody knows what they used; no month they fall into is final
    #[command(after_help = "\
Example:
  charter gateway unresolved

Exits with 1 if there are any. A call whose tokens are known and whose price is not is listed by
`charter settle`, and settled once a price list that has it is adopted.")]
    Unresolved,
    /// Say what such a call used
    #[command(after_help = "\
Example:
  charter gateway resolve 0a1b… --tokens input=120,cached=20,output=40 --reason 'invoice of May'

Classes of tokens do not overlap: input, cached, cache_write, audio_input, image_input, output,
reasoning, audio_output, image_output. A call that used nothing is `--tokens input=0`.")]
    Resolve {
        /// The row, as `charter gateway unresolved` shows it
        #[arg(value_name = "ROW")]
        row: RowId,
        /// What it used, as input=120,output=40
        #[arg(long)]
        tokens: Tokens,
        /// The model, as the agreement names it, where the row has none
        #[arg(long, value_name = "NAME")]
        model: Option<String>,
        /// How that is known
        #[arg(long)]
        reason: String,
    },
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    match &args.command {
        None => carrying::run(workspace, json),
        Some(Command::Explain { key, model }) => would_happen(workspace, key, model, json),
        Some(Command::ImportLitellm(args)) => importing::run(workspace, args, json),
        Some(Command::Top(args)) => top::run(workspace, args, json),
        Some(Command::Key { name, customer, product, channel }) => {
            new_key(name, [customer, product, channel], json)
        }
        Some(Command::Unresolved) => unresolved::list(workspace, json),
        Some(Command::Resolve { row, tokens, model, reason }) => {
            let (row, tokens, model) = (*row, *tokens, model.as_deref());
            unresolved::enter(workspace, &unresolved::Said { row, tokens, model, reason }, json)
        }
    }
}

fn rows(workspace: &Workspace) -> PathBuf {
    workspace.private().join("gateway")
}

fn wrong_settings(mistakes: &[Mistake]) -> Failure {
    let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    Failure::failed(mistakes.join("; "), "mend `[gateway]` in charter.toml")
}

fn configured(workspace: &Workspace) -> Result<Settings, Failure> {
    of(workspace.settings.clone(), workspace)
}

/// The table of the gateway, its files found from the workspace's folder.
fn of(settings: crate::workspace::Settings, workspace: &Workspace) -> Result<Settings, Failure> {
    let mut settings = settings.gateway.ok_or_else(|| {
        Failure::failed(
            "charter.toml has no `[gateway]`",
            "say who answers and who may call; see `charter gateway --help`",
        )
    })?;
    if let Some(tls) = &mut settings.tls {
        tls.certificate_file = workspace.root.join(&tls.certificate_file);
        tls.key_file = workspace.root.join(&tls.key_file);
    }
    Ok(settings)
}

/// Secrets of upstreams: in the environment, or in files that are named from the workspace's folder.
struct Kept<'a> {
    folder: &'a Path,
}

impl Secrets for Kept<'_> {
    fn of(&self, upstream: &UpstreamSettings) -> Result<Option<String>, String> {
        match (&upstream.secret_env, &upstream.secret_file) {
            (Some(_), Some(_)) => Err("it has both `secret_env` and `secret_file`".to_string()),
            (None, None) => Ok(None),
            (Some(name), None) => std::env::var(name)
                .map(Some)
                .map_err(|_| format!("`{name}` is not in the environment")),
            (None, Some(file)) => {
                let text = std::fs::read_to_string(self.folder.join(file));
                let text =
                    text.map_err(|error| format!("cannot read `{}`: {error}", file.display()))?;
                Ok(Some(text.trim_end().to_string()))
            }
        }
    }
}

/// To say what would happen, nobody's secret is needed.
struct NoSecrets;

impl Secrets for NoSecrets {
    fn of(&self, _: &UpstreamSettings) -> Result<Option<String>, String> {
        Ok(None)
    }
}

fn would_happen(workspace: &Workspace, key: &str, model: &str, json: bool) -> Outcome {
    let wired = Wired::of(&configured(workspace)?, &NoSecrets, 1, None);
    let wired = wired.map_err(|mistakes| wrong_settings(&mistakes))?;
    let terms = workspace.adopted_terms()?;
    let world = World::new(Arc::new(wired), terms, Known::Everything, workspace.now);
    let explained = explain(&world, key, model)
        .map_err(|error| Failure::wrong_use(error.to_string(), "charter.toml has the names"))?;
    let allowed = explained.candidates.iter().any(|candidate| candidate.why_not.is_none());
    if json {
        term::json(&explained)?;
        return Ok(Answer::of(allowed));
    }
    show(&explained);
    Ok(Answer::of(allowed))
}

fn show(explained: &Explanation) {
    let Explanation { key, model, billed, candidates, strategy, hedge_ms } = explained;
    let bills = if *billed { "billed" } else { "not billed" };
    say!("{}  asked for by {key}, {bills} under the agreement", term::bold(model));
    say!(
        "  {}",
        match strategy {
            Strategy::Ordered => "tried in this order",
            Strategy::Cost => "tried in this order, the cheapest first",
            Strategy::Latency => "whoever answered soonest of late is tried first",
            Strategy::Weighted => "tried by lot, in proportion to their weights",
        }
    );
    if let Some(ms) = hedge_ms {
        say!("  if nothing has come after {ms} ms, the second is asked as well");
    }
    for candidate in candidates {
        let (verdict, upstream) = (term::verdict(candidate.verdict), &candidate.upstream);
        say!("  {verdict}  {upstream}: {} on {}", candidate.deployment, candidate.host);
        if let Some(why_not) = &candidate.why_not {
            term::prose("      ", why_not);
        }
    }
}

/// Makes a key of 32 random bytes.
fn new_key(name: &str, [customer, product, channel]: [&String; 3], json: bool) -> Outcome {
    let (random, digits) = random::secret()?;
    let (_random, digits) = (Zeroizing::new(random), Zeroizing::new(digits));
    let key = Zeroizing::new(format!("sk-charter-{}", *digits));
    let hash = blake3::hash(key.as_bytes()).to_hex();
    if json {
        term::json(&serde_json::json!({
            "name": name, "key": *key, "hash": format!("blake3:{hash}"),
        }))?;
        return Ok(Answer::Yes);
    }
    say!("{}  {}\n", term::green("key"), *key);
    say!("It is not shown again. Put its hash into charter.toml:\n");
    say!("[[gateway.key]]\nname = \"{name}\"\nhash = \"blake3:{hash}\"");
    say!("customer = \"{customer}\"\nproduct = \"{product}\"\nchannel = \"{channel}\"");
    Ok(Answer::Yes)
}
