//! Connections that are made, and kept between two exchanges.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::connection::{Connection, Io};
use crate::config::Upstream;

/// How long a connection that nobody uses is kept: less than upstreams do.
const IDLE: Duration = Duration::from_secs(50);

/// Most connections to one upstream that a worker keeps while nobody uses them.
const IDLE_MAX: usize = 1024;

/// Makes connections.
#[derive(Clone)]
pub struct Connector {
    tls: Arc<rustls::ClientConfig>,
}

/// The connections of one worker that are between two exchanges, by upstream.
#[derive(Debug)]
pub struct Pool {
    idle: Vec<Mutex<Vec<Connection>>>,
}

impl Connector {
    /// Trusts the certificates the system trusts.
    ///
    /// # Errors
    /// The system's certificates cannot be read.
    pub fn new() -> io::Result<Connector> {
        let mut roots = rustls::RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        Connector::trusting(roots)
    }

    /// Trusts these certificates.
    ///
    /// # Errors
    /// The library refuses its own defaults.
    pub fn trusting(roots: rustls::RootCertStore) -> io::Result<Connector> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Connector { tls: Arc::new(tls) })
    }

    /// Makes a connection.
    ///
    /// # Errors
    /// The name cannot be resolved, nobody listens there, or the certificate is not trusted.
    pub async fn connect(&self, upstream: &Upstream) -> io::Result<Connection> {
        let host = upstream.authority.host();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((bare, upstream.port())).await?;
        // Small pieces go at once: they are what somebody waits for.
        stream.set_nodelay(true)?;
        if !upstream.tls {
            return Ok(Connection::new(Io::Plain(stream)));
        }
        let name = ServerName::try_from(bare.to_string()).map_err(io::Error::other)?;
        let stream = TlsConnector::from(self.tls.clone()).connect(name, stream).await?;
        Ok(Connection::new(Io::Tls(Box::new(stream))))
    }
}

impl Pool {
    /// Keeps connections to so many upstreams.
    pub fn new(upstreams: usize) -> Pool {
        Pool { idle: (0..upstreams).map(|_| Mutex::default()).collect() }
    }

    /// The connection used last of those that are still open.
    pub fn take(&self, upstream: usize, now: Instant) -> Option<Connection> {
        let mut idle = self.idle.get(upstream)?.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(mut connection) = idle.pop() {
            let since = connection.idle_since.take().unwrap_or(now);
            if now.saturating_duration_since(since) < IDLE && connection.is_quiet() {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection whose exchange has come to its end.
    pub fn give(&self, upstream: usize, mut connection: Connection, now: Instant) {
        let Some(idle) = self.idle.get(upstream) else { return };
        let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX {
            connection.reused = true;
            connection.idle_since = Some(now);
            idle.push(connection);
        }
    }

    /// Closes what has not been used for too long.
    pub fn sweep(&self, now: Instant) {
        for idle in &self.idle {
            let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.retain(|connection| {
                connection
                    .idle_since
                    .is_some_and(|since| now.saturating_duration_since(since) < IDLE)
            });
        }
    }
}
