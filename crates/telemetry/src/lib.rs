//! Shows what a gateway or a server does: to those who ask, to a collector, and in a log.
//!
//! The gateway counts, and hands out figures and facts through its [`Sight`]; this crate turns them into
//! what others read. It is a crate of its own so that the gateway builds without any of it, and no
//! library of metrics or traces stands on the path of a call. Everything here runs on one thread beside
//! the workers. A server of pages counts for itself, and is an [`otlp::Source`].
//!
//! Start with [`Telemetry::start`]; [`metric`] has the table of all metrics, [`operations`] answers
//! those who ask, [`otlp`] sends, and [`log`] writes lines.

mod client;
pub mod log;
pub mod metric;
pub mod operations;
pub mod otlp;
pub mod prometheus;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gateway::config::Settings;
use gateway::seen::Sight;
use thiserror::Error;
use tokio::sync::watch;

use crate::log::Watcher;
use crate::otlp::{Exporter, GATEWAY, Target};

/// How often facts are taken and circuits looked at.
const TICK: Duration = Duration::from_millis(200);

/// Whatever shows a gateway. It stops when this is dropped, after it has shown what is left.
pub struct Telemetry {
    thread: Option<JoinHandle<()>>,
    stop: watch::Sender<bool>,
    address: Option<SocketAddr>,
}

/// Why a gateway cannot be shown.
#[derive(Debug, Error)]
pub enum StartError {
    /// What would be shown without a key would be shown to others.
    #[error(
        "`gateway.operations.listen` is `{0}`, which other machines can reach, and what is shown there \
         needs no key; say `beyond_this_machine = true` if they should"
    )]
    Exposed(SocketAddr),
    /// The address cannot be listened on, or there is no thread.
    #[error("could not listen on `{address}` for operators")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// There is no thread for it.
    #[error("could not start a thread")]
    Thread(#[from] std::io::Error),
    /// Nobody knows where to send.
    #[error(transparent)]
    Target(#[from] otlp::TargetError),
}

impl Telemetry {
    /// Begins to show a gateway as its settings say; `environment` looks a variable up.
    ///
    /// # Errors
    /// What the settings say cannot be done.
    pub fn start(
        sight: Sight,
        settings: &Settings,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Telemetry, StartError> {
        let mut listener = None;
        if let Some(operations) = &settings.operations {
            let address = operations.listen;
            if !address.ip().is_loopback() && !operations.beyond_this_machine {
                return Err(StartError::Exposed(address));
            }
            let failed = |source| StartError::Listen { address, source };
            let bound = TcpListener::bind(address).map_err(failed)?;
            bound.set_nonblocking(true).map_err(failed)?;
            listener = Some(bound);
        }
        let address = listener.as_ref().and_then(|listener| listener.local_addr().ok());
        let exporter = match &settings.telemetry {
            None => None,
            Some(telemetry) => {
                let target = Target::of(GATEWAY, telemetry.endpoint.as_deref(), &environment)?;
                let every = Duration::from_millis(telemetry.metrics_every_ms);
                Some(Exporter::new(target, every, Arc::new(sight.clone())))
            }
        };
        let watcher = settings.log.as_ref().map(|_| Watcher::new(&sight));
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let run = move || {
            runtime.block_on(run(sight, listener, exporter, watcher, stopped));
            // A collector that does not answer holds nobody up.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("telemetry".to_string()).spawn(run)?;
        Ok(Telemetry { thread: Some(thread), stop, address })
    }

    /// Where operators ask, if they can.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn run(
    sight: Sight,
    listener: Option<TcpListener>,
    exporter: Option<Exporter>,
    mut watcher: Option<Watcher>,
    mut stopped: watch::Receiver<bool>,
) {
    if let Some(listener) = listener {
        tokio::spawn(operations::serve(listener, sight.clone()));
    }
    let takes_facts = exporter.is_some() || watcher.is_some();
    let sending = exporter.as_ref().map(|exporter| tokio::spawn(exporter.clone().run()));
    let mut tick = tokio::time::interval(TICK);
    loop {
        let ends = tokio::select! {
            _ = tick.tick(), if takes_facts => false,
            _ = stopped.wait_for(|stopped| *stopped) => true,
        };
        let facts = sight.facts();
        if let Some(watcher) = &mut watcher {
            watcher.look(&sight, &facts, Instant::now());
        }
        if let Some(exporter) = &exporter {
            exporter.take(&facts);
        }
        if ends {
            break;
        }
    }
    if let Some(sending) = sending {
        sending.abort();
    }
    if let Some(exporter) = &exporter {
        exporter.finish().await;
    }
}
