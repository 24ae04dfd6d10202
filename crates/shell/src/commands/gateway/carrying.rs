//! A gateway that runs, and goes by what is adopted and what charter.toml says meanwhile.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ::gateway::meter::Rolled;
use ::gateway::upstream::Connector;
use ::gateway::{Gateway, Start, serve};
use journal::Position;
use telemetry::Telemetry;
use telemetry::log::TARGET;
use terms::{Known, Occurrence};
use tracing::{Level, debug, enabled, error, info};

use super::{Kept, configured, of, rows, wrong_settings};
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::{complain, say};
use crate::waker::{Waker, Woken};
use crate::workspace::{Adoption, Workspace};

/// How often rows are taken over into the store of usage.
const ROLL_EVERY: Duration = Duration::from_secs(60);

/// Rows in memory while they are taken over: a few megabytes beside the calls that go on, whatever waits.
const ROLL_ROWS: usize = 1 << 16;

/// How often charter.toml is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Where a gateway is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listening {
    /// By callers.
    pub calls: SocketAddr,
    /// By operators, if settings let them.
    pub operations: Option<SocketAddr>,
}

pub(super) fn run(workspace: &Workspace, json: bool) -> Outcome {
    carry(workspace, None, |listening| say_where(listening, json))?;
    if !json {
        say!("stopped");
    }
    Ok(Answer::Yes)
}

fn say_where(Listening { calls, operations }: Listening, json: bool) {
    if json {
        let operations = operations.map(|address| format!("http://{address}"));
        let calls = format!("http://{calls}");
        say!("{}", serde_json::json!({ "listening": calls, "operations": operations }));
        return;
    }
    say!("{}  http://{calls}", term::green("listening"));
    if let Some(address) = operations {
        say!("{}  http://{address}/readyz /metrics", term::green("operations"));
    }
}

/// Carries calls until a signal says stop: at the address that is given, or else at that of the settings. Once
/// they are taken, `begun` is told where.
///
/// # Errors
/// [`Failure`] if nothing is adopted, the settings are not sound, or the last rows cannot be taken over; these
/// stay where they are.
pub fn carry(
    workspace: &Workspace,
    listen: Option<SocketAddr>,
    begun: impl FnOnce(Listening),
) -> Result<(), Failure> {
    raise_file_limit();
    // Said before anything is listened to: who listens to a journal wants one.
    workspace.adopted_terms()?;
    let mut waker = Waker::listen(workspace)?;
    let mut rests_on = RestsOn::now(workspace)?;
    let clock = workspace.clock;
    let mut settings = configured(workspace)?;
    settings.listen = listen.or(settings.listen);
    if let Some(log) = &settings.log {
        telemetry::log::begin(log.format, log.level);
    }
    let mut gateway = serve(Start {
        settings: &settings,
        secrets: &Kept { folder: &workspace.root },
        terms: workspace.adopted_terms()?,
        known: Known::Everything,
        rows: rows(workspace),
        clock: Arc::new(move || clock.read()),
        connector: Connector::new()?,
    })
    .map_err(|error| Failure::failed(error.to_string(), "see `charter gateway --help`"))?;
    let variable = |name: &str| std::env::var(name).ok();
    let shown = Telemetry::start(gateway.sight(), &settings, variable)
        .map_err(|error| Failure::failed(error.to_string(), "see `charter gateway --help`"))?;
    let operations = shown.address();
    begun(Listening { calls: gateway.address(), operations });
    let recovered = gateway.recovered();
    info!(
        target: TARGET,
        event = "started",
        address = %gateway.address(),
        operations = operations.map(|address| address.to_string()),
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
            // The last calls are taken over, and shown, too.
            gateway.finish();
            let rolled = roll(&gateway, workspace);
            drop(shown);
            info!(target: TARGET, event = "stopped");
            return rolled;
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

fn roll(gateway: &Gateway, workspace: &Workspace) -> Result<(), Failure> {
    let store = workspace.usage()?.with_buffer_rows(ROLL_ROWS);
    let rolled = gateway.roll(&store);
    if let Ok(rolled) = &rolled {
        let Rolled { new, nothing, unresolved, rejected, .. } = *rolled;
        debug!(target: TARGET, event = "rolled", new, nothing, unresolved);
        if rejected > 0 {
            complain!(
                "{}  {rejected} calls have the ids of others; see `{}`",
                term::red("rejected"),
                store.root().join("rejected").display()
            );
        }
        if unresolved > 0 {
            complain!(
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
            gateway.adopt(workspace.adopted_terms()?, Known::Everything);
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
