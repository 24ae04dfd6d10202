//! `charter serve`: opens what a server needs, and answers until it is told to stop.
//!
//! One process has everything: pages, the HTTP API, the timers of cases and what parties are told.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use access::Access;
use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use futures_util::StreamExt;
use gateway::config::{LogFormat, LogLevel, Ratio};
use gateway::seen::Seeing;
use people::openid::{Provider, http_client};
use people::{People, Secret};
use serde::Deserialize;
use shell::outcome::{Answer, Failure, Outcome};
use shell::workspace::{Asker, Clock, Workspace};
use shell::{Listening, Serve, capture, commands, guide};
use telemetry::otlp::{SERVER, Sending, Target};
use tokio::signal::unix::{SignalKind, signal};

use crate::api::Api;
use crate::api::gate::Policies;
use crate::desk::{Desk, Room};
use crate::entrance::{self, Entrance};
use crate::live::News;
use crate::seen::Seen;
use crate::server::App;
use crate::{api, operation, pages, server};

/// How long what is under way has, once the server is told to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// How often figures are sent, if nothing is said.
const METRICS_EVERY: Duration = Duration::from_secs(15);

/// How long timers rest where they cannot run: nothing may have been adopted yet.
const TIMERS_AGAIN: Duration = Duration::from_secs(10);

/// `[server]` in `charter.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    /// Whether a proxy on this machine stands before the server, and says who asks.
    behind_a_proxy: bool,
    /// Who vouches for people, beside passwords.
    openid: Option<people::openid::Settings>,
    /// Where figures and traces are sent; nowhere if nothing is said.
    telemetry: Option<Collector>,
    /// What is written to standard error.
    log: Option<Log>,
}

/// `[server.telemetry]`: where figures and traces are sent, by OTLP over HTTP.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Collector {
    /// The collector, as `http://127.0.0.1:4318`; `OTEL_EXPORTER_OTLP_ENDPOINT` if nothing is said.
    endpoint: Option<String>,
    /// Of how many requests spans are made, as `1/100`; of none if nothing is said.
    #[serde(default)]
    sample: Ratio,
    /// How often figures are sent; every 15 seconds if nothing is said.
    metrics_every_ms: Option<u64>,
    /// Whether a caller's `traceparent` is gone on with.
    #[serde(default)]
    accept_traceparent: bool,
}

/// `[server.log]`: what is written to standard error.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Log {
    /// In which form.
    format: LogFormat,
    /// From which level on; each request has a line of the level `info`.
    level: LogLevel,
}

/// Serves the workspace that holds `directory`.
///
/// # Errors
/// [`Failure`] if there is no workspace, the address cannot be listened on, or what is needed is not sound.
pub fn serve(directory: &Path, clock: Clock, args: &Serve, json: bool) -> Outcome {
    let (root, settings, head) = {
        let workspace = Workspace::find(directory, clock)?;
        (workspace.root.clone(), settings(&workspace)?, workspace.head()?)
    };
    begin_log(settings.log.as_ref());
    let private = root.join(".charter");
    std::fs::create_dir_all(&private)?;
    let people = People::open(&private)?;
    let listener = listen(args.listen)?;
    let address = listener.local_addr()?;
    let origin = origin(args, address);
    let desk = Desk::open(&root, clock)?;
    let token = people.set_up_token(clock.read())?;
    let stopping = Arc::new(AtomicBool::new(false));
    let timers = timers(&root, clock, stopping.clone())?;
    let gateway = args.gateway.map(|listen| gateway(&root, clock, listen)).transpose()?;
    let (listening, carrying) = gateway.unzip();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let news = News::of(root, clock, desk.clone())?;
        let provider = settings.openid.map(|of| provider(of, &origin)).transpose()?;
        let collector = settings.telemetry.as_ref();
        let seen = Seen::new(clock, news.clone(), seeing(collector), head.position.0);
        let _sending = collector.map(|of| send(of, seen.clone())).transpose()?;
        tokio::spawn(hear(news.clone(), seen.clone()));
        let entrance = Arc::new(Entrance {
            people,
            access: Arc::new(Access::load()?),
            provider,
            desk: desk.clone(),
            clock,
            origin: origin.clone(),
            is_behind_a_proxy: settings.behind_a_proxy,
        });
        tokio::spawn(warm_up(entrance.clone()));
        let router = seen.around(rooms(App { desk, news }, entrance)?);
        announce(&origin, token.as_ref(), listening, json);
        let tls = match (&args.certificate, &args.key) {
            (Some(certificate), Some(key)) => Some(tls(certificate, key).await?),
            _ => None,
        };
        answer(listener, tls, router).await
    })?;
    stopping.store(true, Ordering::Relaxed);
    // Timers and the gateway hear the same signal.
    let _ = timers.join();
    if let Some(carrying) = carrying {
        let _ = carrying.join();
    }
    Ok(Answer::Yes)
}

/// Reads what pages ask for again and again before anybody asks, so that the first does not wait for it. What
/// cannot be read is said to whoever asks for it.
async fn warm_up(entrance: Arc<Entrance>) {
    let read = |room: &Room| {
        if !room.workspace.adoptions()?.is_empty() {
            room.terms()?;
        }
        room.chronicles().map(drop)
    };
    let _ = entrance.desk.read(Asker::Machine, read).await;
    let _ = tokio::task::spawn_blocking(move || entrance.access.table()).await;
}

/// Every address there is, with the door before those that are not for everybody.
///
/// # Errors
/// [`Failure`] if the policies are not sound.
pub fn rooms(app: App, entrance: Arc<Entrance>) -> Result<Router, Failure> {
    let gate = Arc::new(Policies(entrance.access.clone()));
    let commands = pages::of_commands(Api { app: app.clone(), gate: gate.clone() });
    let inside = server::pages(app.clone()).merge(commands).merge(api::routes(app, gate));
    let inside = inside.merge(operation::routes(entrance.clone()));
    let all = inside.merge(server::open()).merge(api::open());
    Ok(server::guarded(entrance::around(entrance, all)))
}

fn settings(workspace: &Workspace) -> Result<Settings, Failure> {
    let table = workspace.settings.server.clone();
    table.try_into().map_err(|error: toml::de::Error| {
        Failure::failed(
            format!("cannot read `[server]` in `charter.toml`: {}", error.message()),
            "it has `behind_a_proxy` and tables `[server.openid]`, `[server.telemetry]` and `[server.log]`",
        )
    })
}

fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).map_err(|error| {
        Failure::failed(
            format!("cannot listen on {address}: {error}"),
            "choose another address with `--listen`, or stop what listens there",
        )
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Has what goes wrong written down, and each request where settings say so.
fn begin_log(settings: Option<&Log>) {
    let unsaid = Log { level: LogLevel::Warn, ..Log::default() };
    let Log { format, level } = settings.unwrap_or(&unsaid);
    telemetry::log::begin(*format, *level);
}

/// Of which requests there are spans.
fn seeing(collector: Option<&Collector>) -> Seeing {
    Seeing {
        sample: collector.map(|collector| collector.sample),
        accept: collector.is_some_and(|collector| collector.accept_traceparent),
        ..Seeing::default()
    }
}

/// Begins to send what is seen.
fn send(collector: &Collector, seen: Arc<Seen>) -> Result<Sending, Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    let target = Target::of(SERVER, collector.endpoint.as_deref(), variable)
        .map_err(|error| Failure::failed(error.to_string(), "see docs/server.md"))?;
    let every = collector.metrics_every_ms.map_or(METRICS_EVERY, Duration::from_millis);
    Ok(Sending::start(target, every, seen)?)
}

/// Follows the journal for the figures.
async fn hear(news: Arc<News>, seen: Arc<Seen>) {
    let mut positions = std::pin::pin!(news.positions());
    while let Some(position) = positions.next().await {
        seen.heard(position);
    }
}

/// How people reach the server.
fn origin(args: &Serve, address: SocketAddr) -> String {
    let scheme = if args.certificate.is_some() { "https" } else { "http" };
    let of_address = || format!("{scheme}://{address}");
    args.url.as_ref().map_or_else(of_address, |url| url.trim_end_matches('/').to_string())
}

fn provider(settings: people::openid::Settings, origin: &str) -> Result<Provider, Failure> {
    let secret = match &settings.client_secret_env {
        None => None,
        Some(name) => Some(Secret::new(std::env::var(name).map_err(|_| {
            Failure::failed(
                format!(
                    "the secret of `[server.openid]` should be in the environment, in `{name}`"
                ),
                format!("set `{name}` to what the provider gave you"),
            )
        })?)),
    };
    let http = http_client()?;
    Ok(Provider::new(settings, secret, format!("{origin}/login/openid/return"), http)?)
}

/// Says where the server is, and how the first operator comes in.
fn announce(origin: &str, token: Option<&Secret>, gateway: Option<Listening>, json: bool) {
    let set_up = token.map(|token| format!("{origin}/set-up/{}", token.reveal()));
    let calls = gateway.map(|gateway| format!("http://{}", gateway.calls));
    let operations = gateway.and_then(|gateway| gateway.operations);
    let operations = operations.map(|address| format!("http://{address}"));
    if json {
        let said = serde_json::json!({
            "address": origin, "set_up": set_up, "gateway": calls, "operations": operations,
        });
        println!("{said}");
        return;
    }
    println!("serving {origin}");
    if let Some(calls) = calls {
        println!("carrying calls at {calls}");
    }
    if let Some(operations) = operations {
        println!("the gateway's operations are at {operations}");
    }
    if let Some(set_up) = set_up {
        println!("nobody can log in yet; make the first account, once, at\n  {set_up}");
    }
}

async fn tls(certificate: &PathBuf, key: &PathBuf) -> Result<RustlsConfig, Failure> {
    // One library of ciphers for all of the process; who came first chose the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    RustlsConfig::from_pem_file(certificate, key).await.map_err(|error| {
        Failure::failed(
            format!("cannot use the certificate and its key: {error}"),
            "both are PEM files; the certificates begin with the server's own",
        )
    })
}

/// Answers until a signal says stop, and then finishes what is under way.
async fn answer(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    router: Router,
) -> Result<(), Failure> {
    let handle = Handle::new();
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::spawn({
        let handle = handle.clone();
        async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            handle.graceful_shutdown(Some(LAST_ANSWERS));
        }
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    match tls {
        Some(tls) => {
            axum_server::from_tcp_rustls(listener, tls)?.handle(handle).serve(service).await?
        }
        None => axum_server::from_tcp(listener)?.handle(handle).serve(service).await?,
    }
    Ok(())
}

/// Carries calls in a thread of its own; returns once they are taken.
fn gateway(
    root: &Path,
    clock: Clock,
    listen: Option<SocketAddr>,
) -> Result<(Listening, JoinHandle<()>), Failure> {
    let root = root.to_path_buf();
    let (sender, begun) = std::sync::mpsc::channel();
    let carry = move || {
        let workspace = Workspace::find(&root, clock);
        let tell = |listening| drop(sender.send(Ok(listening)));
        if let Err(failure) = workspace.and_then(|workspace| shell::carry(&workspace, listen, tell))
        {
            tracing::error!(reason = failure.message(), "the gateway ended");
            drop(sender.send(Err(failure)));
        }
    };
    let carrying = std::thread::Builder::new().name("gateway".to_string()).spawn(carry)?;
    let gone = || Failure::failed("the gateway did not begin", "see the log for why");
    Ok((begun.recv().map_err(|_| gone())??, carrying))
}

/// Lets time pass in every case, and tells the parties, as `charter watch` does.
fn timers(root: &Path, clock: Clock, stopping: Arc<AtomicBool>) -> Result<JoinHandle<()>, Failure> {
    let words = ["charter".into(), "-C".into(), root.into(), "watch".into()];
    let watch = move || {
        while !stopping.load(Ordering::Relaxed) {
            let parsed = guide::parse(words.to_vec(), clock);
            let (done, _) = capture(|| parsed.map(|cli| commands::run(cli, clock)));
            match done {
                Ok(Ok(_)) => return,
                Ok(Err(failure)) => tracing::info!(reason = failure.message(), "timers rest"),
                Err(error) => return tracing::error!(%error, "there are no timers"),
            }
            std::thread::sleep(TIMERS_AGAIN);
        }
    };
    Ok(std::thread::Builder::new().name("timers".to_string()).spawn(watch)?)
}
