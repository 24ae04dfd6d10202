//! Threads that serve: each has a listener of its own on the one port, and a runtime of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::serve::serve;
use crate::wire::Wire;
use crate::world::{Settings, World};

/// A vendor's API on a port of the loopback, until it is dropped.
#[derive(Debug)]
pub struct Upstream {
    world: Arc<World>,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    workers: Vec<JoinHandle<()>>,
}

impl Upstream {
    /// Starts serving.
    ///
    /// # Errors
    /// The port is taken.
    pub fn start(settings: Settings) -> io::Result<Upstream> {
        let first = listener(settings.port)?;
        let address = first.local_addr()?;
        let mut listeners = vec![first];
        for _ in 1..settings.workers.max(1) {
            listeners.push(listener(address.port())?);
        }
        let world = Arc::new(World::new(settings));
        let (stop, stopped) = watch::channel(false);
        let workers = listeners
            .into_iter()
            .map(|listener| {
                let (world, stopped) = (Arc::clone(&world), stopped.clone());
                std::thread::spawn(move || work(&world, listener, stopped))
            })
            .collect();
        Ok(Upstream { world, address, stop, workers })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as a URL without a path: `http://127.0.0.1:4000`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its books, faults and all else that is in it.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }
}

impl Drop for Upstream {
    /// Closes all connections, as a machine does that goes away.
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

fn listener(port: u16) -> io::Result<std::net::TcpListener> {
    // A socket of tokio's wants no runtime until it listens, but listening registers it: a small
    // one does, and the listener moves to its worker's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.set_reuseport(true)?;
        socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
        socket.listen(16_384)?.into_std()
    })
}

fn work(world: &Arc<World>, listener: std::net::TcpListener, mut stopped: watch::Receiver<bool>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .expect("the system has room for a runtime");
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener).expect("the listener is a socket");
        let accepting = async {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => connect(world, stream),
                    // Out of files for now: others may close.
                    Err(_) => sleep(Duration::from_millis(5)).await,
                }
            }
        };
        let stopping = stopped.wait_for(|stopped| *stopped);
        futures_util::future::select(std::pin::pin!(accepting), std::pin::pin!(stopping)).await;
    });
    runtime.shutdown_background();
}

fn connect(world: &Arc<World>, stream: TcpStream) {
    // An answer must not wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let reset = Arc::new(AtomicBool::new(false));
    let wire = Wire::new(stream, Arc::clone(&reset));
    let world = Arc::clone(world);
    let service = service_fn(move |request| serve(Arc::clone(&world), Arc::clone(&reset), request));
    let connection = hyper::server::conn::http1::Builder::new()
        .header_read_timeout(None)
        .writev(false)
        .serve_connection(wire, service)
        .with_upgrades();
    tokio::spawn(async move {
        // A client that leaves is its own affair, and a reset is what a fault asked for.
        let _ = connection.await;
    });
}
