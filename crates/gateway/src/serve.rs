//! Threads that listen and carry, and the handle by which they are changed and stopped.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use socket2::{Domain, Protocol, Socket, Type};
use terms::{Known, Terms};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::carry::carry;
use crate::client::Client;
use crate::config::{Mistake, Secrets, Settings, TlsSettings};
use crate::explain::{Explanation, NothingToExplain, explain};
use crate::homes::Homes;
use crate::later::{Later, watch};
use crate::meter::estimate::Estimator;
use crate::meter::spent::spent_by;
use crate::meter::{
    Ids, Log, LogError, Recovered, RollError, Rolled, Row, Unresolved, Writer, roll,
};
use crate::seen::{Of, RollFigures, Sight};
use crate::upstream::Connector;
use crate::worker::{Clock, Shared, Worker};
use crate::world::{Wired, World, millis};

/// How long a group of rows waits for others before the disk takes it over.
const SYNC_EVERY: Duration = Duration::from_millis(20);

/// How long calls that run may go on once the gateway is to stop.
const GRACE: Duration = Duration::from_secs(30);

/// How often connections that nobody uses are looked for.
const SWEEP: Duration = Duration::from_secs(10);

/// All that a gateway begins with.
pub struct Start<'a> {
    /// The table `[gateway]`.
    pub settings: &'a Settings,
    /// Where upstreams' keys are found.
    pub secrets: &'a dyn Secrets,
    /// The terms that are adopted.
    pub terms: Arc<Terms>,
    /// What is known of them.
    pub known: Known,
    /// The folder of rows.
    pub rows: PathBuf,
    /// What tells the time.
    pub clock: Clock,
    /// Makes connections to upstreams.
    pub connector: Connector,
}

/// A gateway that is running. It stops when this is dropped.
pub struct Gateway {
    shared: Arc<Shared>,
    workers: Vec<Arc<Worker>>,
    /// Where rows of what was done later go.
    watched: Arc<Writer>,
    threads: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
    address: SocketAddr,
    recovered: Recovered,
}

/// Why a gateway does not run.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The settings are wrong.
    #[error("the settings of the gateway are wrong: {}", listed(.0))]
    Settings(Vec<Mistake>),
    /// Rows cannot be kept.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The address cannot be listened on, or there are no threads.
    #[error("could not listen on `{address}`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error("the certificate in `{}` and its key cannot be used: {wrong}", file.display())]
    Certificate {
        /// The certificate's file.
        file: PathBuf,
        /// Why not; nothing of the key is in it.
        wrong: String,
    },
    /// The system has no random numbers.
    #[error("the system has no random numbers")]
    Random(#[from] getrandom::Error),
}

fn listed(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Begins to carry calls.
///
/// # Errors
/// The settings are wrong, the address is taken, or rows cannot be kept.
pub fn serve(start: Start<'_>) -> Result<Gateway, ServeError> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let count = start.settings.workers.unwrap_or(processors).max(1);
    let wired = Wired::of(start.settings, start.secrets, count, None);
    let wired = wired.map_err(ServeError::Settings)?;
    let world = World::new(Arc::new(wired), start.terms, start.known, (start.clock)());
    let count_again = |row: &Row<String>| {
        if let Some((day, spent)) = spent_by(row) {
            world.spent(&row.key, day, spent);
        }
    };
    let (log, mut recovered) = Log::open(&start.rows, SYNC_EVERY, count_again)?;
    let before = log.spent().lock().unwrap_or_else(PoisonError::into_inner);
    before.each(|key, day, spent| world.spent(key, day, spent));
    drop(before);

    let acceptor = start.settings.tls.as_ref().map(acceptor).transpose()?;
    let default = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
    let wanted = start.settings.listen.unwrap_or(default);
    let failed = |source| ServeError::Listen { address: wanted, source };
    let first = listen(wanted).map_err(failed)?;
    let address = first.local_addr().map_err(failed)?;
    let mut listeners = vec![first];
    for _ in 1..count {
        listeners.push(listen(address).map_err(failed)?);
    }
    let (remember, now) = (start.settings.remember, (start.clock)());
    let homes = Homes::open(&log, remember, now)?;
    let later = Later::open(&log, remember, now)?;
    let unresolved = Unresolved::open(&log)?;
    recovered.torn += log.torn();
    let watched = Arc::new(log.writer()?);
    let shared = Arc::new(Shared {
        homes,
        later,
        unresolved,
        estimator: Estimator::start().map_err(failed)?,
        world: arc_swap::ArcSwap::from_pointee(world),
        log,
        ids: Ids::new()?,
        clock: start.clock,
        connector: start.connector,
        changing: std::sync::Mutex::default(),
        stopping: std::sync::atomic::AtomicBool::new(false),
        rolled: RollFigures::of(recovered),
    });
    let (stop, stopped) = watch::channel(false);
    let (mut workers, mut threads) = (Vec::new(), Vec::new());
    for (number, listener) in listeners.into_iter().enumerate() {
        let rows = shared.log.writer()?;
        let worker = Arc::new(Worker::new(number, shared.clone(), rows));
        workers.push(worker.clone());
        let stopped = stopped.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(failed)?;
        let thread = std::thread::Builder::new().name(format!("gateway-{number}"));
        let acceptor = acceptor.clone();
        let run = move || runtime.block_on(run(worker, listener, acceptor, stopped));
        let thread = thread.spawn(run);
        threads.push(thread.map_err(failed)?);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(failed)?;
    let watching = watch(shared.clone(), watched.clone(), stopped);
    let thread = std::thread::Builder::new().name("gateway-later".to_string());
    threads.push(thread.spawn(move || runtime.block_on(watching)).map_err(failed)?);
    Ok(Gateway { shared, workers, watched, threads, stop, address, recovered })
}

impl Gateway {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it found where an earlier run left off.
    pub fn recovered(&self) -> Recovered {
        self.recovered
    }

    /// Decides every call from now on by other terms. Calls that run go on.
    pub fn adopt(&self, terms: Arc<Terms>, known: Known) {
        let now = (self.shared.clock)();
        self.shared.change(|world| Some(world.under(terms, known, now)));
    }

    /// Carries every call from now on by other settings. Calls that run go on, and so do limits and
    /// budgets that have not changed. The address and the number of workers stay as they are.
    ///
    /// # Errors
    /// All that is wrong with the settings; then nothing has changed.
    pub fn reload(&self, settings: &Settings, secrets: &dyn Secrets) -> Result<(), Vec<Mistake>> {
        let now = (self.shared.clock)();
        let before = self.shared.world.load_full();
        let wired = Wired::of(settings, secrets, self.workers.len(), Some(&before.wired))?;
        self.shared.change(|world| Some(world.with(Arc::new(wired), now)));
        Ok(())
    }

    /// What can be seen of it, for as long as anybody looks.
    pub fn sight(&self) -> Sight {
        Sight::new(self.shared.clone(), self.workers.clone())
    }

    /// Says what would happen to a call of a key now.
    ///
    /// # Errors
    /// There is no such key, or nothing that it may ask for by that name.
    pub fn explain(&self, key: &str, model: &str) -> Result<Explanation, NothingToExplain> {
        explain(&self.shared.world((self.shared.clock)()), key, model)
    }

    /// How many batches, responses in the background and fine-tuning jobs are not metered yet.
    pub fn waited_for(&self) -> usize {
        self.shared.later.count()
    }

    /// Takes every row so far over into the usage store.
    ///
    /// # Errors
    /// A row cannot be read or kept. What was not taken over stays.
    pub fn roll(&self, store: &usage::Store) -> Result<Rolled, RollError> {
        self.workers.iter().try_for_each(|worker| worker.rows.rotate())?;
        let Shared { log, later, unresolved, .. } = &*self.shared;
        let settling = later.settling();
        self.watched.rotate()?;
        drop(settling);
        log.sync().map_err(|error| LogError::io("sync", log.dir(), error))?;
        let rolled = roll(log, unresolved, store)?;
        self.shared.rolled.note(rolled, (self.shared.clock)());
        Ok(rolled)
    }

    /// Stops it for good; see [`finish`](Gateway::finish).
    pub fn stop(self) {
        drop(self);
    }

    /// Takes no more calls, waits for those that run, and has the disk take over every row. What is left
    /// to do is to take the last rows over.
    pub fn finish(&mut self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        let _ = self.stop.send(true);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        self.shared.estimator.stop();
        // The log takes care of the disk again when it is dropped, if this fails.
        let _ = self.shared.log.sync();
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.finish();
    }
}

/// A socket of its own for each worker at one address, among which the system shares connections out.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(4096)?;
    Ok(socket.into())
}

/// What shows a certificate to clients.
fn acceptor(settings: &TlsSettings) -> Result<TlsAcceptor, ServeError> {
    let file = &settings.certificate_file;
    let failed = |wrong: String| ServeError::Certificate { file: file.clone(), wrong };
    let chain = CertificateDer::pem_file_iter(file).map_err(|error| failed(error.to_string()))?;
    let chain: Result<Vec<_>, _> = chain.collect();
    let chain = chain.map_err(|error| failed(error.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(&settings.key_file);
    let key = key.map_err(|error| failed(error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| failed(error.to_string()))?;
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(tls)))
}

async fn run(
    worker: Arc<Worker>,
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    mut stopped: watch::Receiver<bool>,
) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let told = stopped.clone();
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let busy = worker.busy();
                    let (worker, stopped) = (worker.clone(), told.clone());
                    let acceptor = acceptor.clone();
                    tokio::spawn(async move {
                        let counted = Of::new(&worker, |gauges| &gauges.connections);
                        begin(worker, stream, acceptor, stopped).await;
                        drop(counted);
                        drop(busy);
                    });
                }
                // Too many files are open, say: others may be closed in the meantime.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            _ = sweep.tick() => {
                let world = worker.shared.world.load_full();
                worker.pool(&world).sweep(Instant::now());
            }
            _ = stopped.wait_for(|stopped| *stopped) => break,
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(GRACE, worker.until_idle()).await;
}

/// Begins a connection, with TLS where there is a certificate.
async fn begin(
    worker: Arc<Worker>,
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    stopped: watch::Receiver<bool>,
) {
    // Small pieces go at once: they are what somebody waits for.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    match acceptor {
        None => connection(worker, Client(stream), stopped, true).await,
        // Boxed, so that a connection without TLS has no room for one with it.
        Some(acceptor) => Box::pin(begin_tls(worker, stream, acceptor, stopped)).await,
    }
}

async fn begin_tls(
    worker: Arc<Worker>,
    stream: TcpStream,
    acceptor: TlsAcceptor,
    stopped: watch::Receiver<bool>,
) {
    let wait = millis(worker.shared.world.load().wired.limits.header_ms);
    // Boxed, as it needs no room any more once it is over.
    let accepted = tokio::time::timeout(wait, Box::pin(acceptor.accept(stream))).await;
    if let Ok(Ok(stream)) = accepted {
        connection(worker, stream, stopped, false).await;
    }
}

/// Answers the requests of one connection, which may tell by itself when its client leaves.
async fn connection(
    worker: Arc<Worker>,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    mut stopped: watch::Receiver<bool>,
    tells: bool,
) {
    let (header_bytes, header_wait) = {
        let world = worker.shared.world.load();
        let limits = &world.wired.limits;
        (limits.header_bytes.max(8 << 10), millis(limits.header_ms))
    };
    let service = service_fn(move |request| {
        let worker = worker.clone();
        // Boxed, so that its room is given back while the answer's body passes.
        let carried = Box::pin(carry(worker, request));
        async move { Ok::<_, std::convert::Infallible>(carried.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_wait)
        .max_buf_size(header_bytes)
        .half_close(tells)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    // A connection that breaks has nobody to tell; its calls have their rows.
    let ended = tokio::select! {
        _ = connection.as_mut() => true,
        stopped = stopped.wait_for(|stopped| *stopped) => {
            drop(stopped);
            false
        }
    };
    if !ended {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}
