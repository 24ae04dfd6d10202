//! Carrying model API calls under the adopted terms.

mod importing;
mod litellm;
mod top;
pub mod unresolved;
mod yaml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ::gateway::config::{Mistake, Secrets, Settings, Strategy, UpstreamSettings};
use ::gateway::explain::{Explanation, explain};
use ::gateway::meter::{Rolled, RowId, Tokens};
use ::gateway::upstream::Connector;
use ::gateway::world::{Wired, World};
use ::gateway::{Gateway, Start, serve};
use journal::Position;
use telemetry::Telemetry;
use telemetry::log::TARGET;
use terms::{Known, Occurrence};
use tracing::{Level, debug, enabled, error, info};
use zeroize::Zeroizing;

use crate::outcome::{Answer, Failure, Outcome};
use crate::say;
use crate::term;
use crate::waker::{Waker, Woken};
use crate::workspace::{Adoption, Workspace};

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

/// How often rows are taken over into the store of usage.
const ROLL_EVERY: Duration = Duration::from_secs(60);

/// How often charter.toml is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    match &args.command {
        None => carry(workspace, json),
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

fn carry(workspace: &Workspace, json: bool) -> Outcome {
    raise_file_limit();
    let mut waker = Waker::listen(workspace)?;
    let mut rests_on = RestsOn::now(workspace)?;
    let clock = workspace.clock;
    let settings = configured(workspace)?;
    if let Some(log) = &settings.log {
        telemetry::log::begin(log);
    }
    let gateway = serve(Start {
        settings: &settings,
        secrets: &Kept { folder: &workspace.root },
        terms: Arc::new(workspace.adopted_terms()?),
        known: Known::Everything,
        rows: rows(workspace),
        clock: Arc::new(move || clock.read()),
        connector: Connector::new()?,
    })
    .map_err(|error| Failure::failed(error.to_string(), "see `charter gateway --help`"))?;
    let variable = |name: &str| std::env::var(name).ok();
    let shown = Telemetry::start(gateway.sight(), &settings, variable)
        .map_err(|error| Failure::failed(error.to_string(), "see `charter gateway --help`"))?;
    if json {
        say!(
            "{}",
            serde_json::json!({
                "listening": format!("http://{}", gateway.address()),
                "operations": shown.address().map(|address| format!("http://{address}")),
            })
        );
    } else {
        say!("{}  http://{}", term::green("listening"), gateway.address());
        if let Some(address) = shown.address() {
            say!("{}  http://{address}/readyz /metrics", term::green("operations"));
        }
    }
    let recovered = gateway.recovered();
    info!(
        target: TARGET,
        event = "started",
        address = %gateway.address(),
        operations = shown.address().map(|address| address.to_string()),
        rows_recovered = recovered.rows,
        segments_torn = recovered.torn,
    );
    let (mut rolled_at, mut has_news) = (Instant::now(), false);
    // What goes wrong here stops no call: it is said once, and tried again.
    let mut troubles = Troubles::default();
    loop {
        let woken = workspace.block_on(waker.wait(LOOK_EVERY, rests_on.position));
        if woken == Woken::Stopped {
            info!(target: TARGET, event = "stopping");
            let rolled = roll(&gateway, workspace);
            gateway.stop();
            // It shows the last calls, too.
            drop(shown);
            info!(target: TARGET, event = "stopped");
            rolled?;
            if !json {
                say!("stopped");
            }
            return Ok(Answer::Yes);
        }
        has_news |= woken == Woken::ByNews;
        if has_news {
            has_news = !troubles.tell("terms", rests_on.follow_terms(workspace, &gateway));
        }
        troubles.tell("settings", rests_on.follow_settings(workspace, &gateway));
        if rolled_at.elapsed() >= ROLL_EVERY {
            rolled_at = Instant::now();
            troubles.tell("rows", roll(&gateway, workspace));
        }
    }
}

/// Lets this process open as many files as the system allows: each call takes two, and what is usual
/// does for five hundred. If that fails, it does for those.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// What has gone wrong and been said.
#[derive(Default)]
struct Troubles(BTreeMap<&'static str, String>);

impl Troubles {
    /// Says what is wrong, unless that was the last thing said of it; whether nothing is.
    fn tell(&mut self, what: &'static str, outcome: Result<(), Failure>) -> bool {
        let Err(failure) = outcome else {
            self.0.remove(what);
            return true;
        };
        let said = failure.message();
        if self.0.get(what) != Some(&said) {
            // In a log of JSON lines every line is one.
            match enabled!(target: TARGET, Level::ERROR) {
                true => error!(target: TARGET, event = "trouble", about = what, wrong = said),
                false => drop(failure.print(false)),
            }
            self.0.insert(what, said);
        }
        false
    }
}

fn rows(workspace: &Workspace) -> PathBuf {
    workspace.private().join("gateway")
}

fn roll(gateway: &Gateway, workspace: &Workspace) -> Result<(), Failure> {
    let rolled = gateway.roll(&workspace.usage()?);
    if let Ok(rolled) = &rolled {
        let Rolled { new, nothing, unresolved, .. } = *rolled;
        debug!(target: TARGET, event = "rolled", new, nothing, unresolved);
        if unresolved > 0 {
            anstream::eprintln!(
                "{}  {unresolved} calls did not say what they used; see `charter gateway unresolved`",
                term::red("unresolved")
            );
        }
    }
    rolled.map(|_| ()).map_err(|error| {
        let help = "the rows stay in `.charter/gateway`; they are taken over the next time";
        Failure::failed(error.to_string(), help)
    })
}

/// What calls are decided and carried by, to notice when it changes.
struct RestsOn {
    position: Position,
    adoptions: Vec<Adoption>,
    occurrences: Vec<Occurrence>,
    settings: Option<SystemTime>,
}

impl RestsOn {
    fn now(workspace: &Workspace) -> Result<RestsOn, Failure> {
        let fold = workspace.fold()?;
        Ok(RestsOn {
            position: fold.head.position,
            adoptions: fold.adoptions.clone(),
            occurrences: fold.occurrences(),
            settings: changed_at(workspace),
        })
    }

    /// Lets the gateway go by the terms that are adopted now.
    fn follow_terms(&mut self, workspace: &Workspace, gateway: &Gateway) -> Result<(), Failure> {
        let fold = workspace.fold()?;
        let occurrences = fold.occurrences();
        if (&fold.adoptions, &occurrences) != (&self.adoptions, &self.occurrences) {
            gateway.adopt(Arc::new(workspace.adopted_terms()?), Known::Everything);
            info!(target: TARGET, event = "adopted", adoptions = fold.adoptions.len());
            (self.adoptions, self.occurrences) = (fold.adoptions.clone(), occurrences);
        }
        self.position = fold.head.position;
        Ok(())
    }

    /// Lets the gateway go by what charter.toml says now. What is wrong with it changes nothing.
    fn follow_settings(&mut self, workspace: &Workspace, gateway: &Gateway) -> Result<(), Failure> {
        let changed_at = changed_at(workspace);
        if changed_at == self.settings {
            return Ok(());
        }
        let path = workspace.root.join("charter.toml");
        let settings = of(crate::workspace::Settings::read(&path)?, workspace)?;
        let kept = Kept { folder: &workspace.root };
        gateway.reload(&settings, &kept).map_err(|mistakes| wrong_settings(&mistakes))?;
        self.settings = changed_at;
        info!(target: TARGET, event = "reloaded");
        Ok(())
    }
}

fn changed_at(workspace: &Workspace) -> Option<SystemTime> {
    let file = workspace.root.join("charter.toml").metadata();
    file.and_then(|file| file.modified()).ok()
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
    let terms = Arc::new(workspace.adopted_terms()?);
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
    let mut random = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *random)?;
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let key = Zeroizing::new(format!("sk-charter-{digits}"));
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
