//! A port that nobody answers at: connecting to it takes for ever.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};

/// A listener whose queue is full, so that the system drops whoever comes.
#[derive(Debug)]
pub struct Silent {
    address: SocketAddr,
    _listener: TcpListener,
    _queue: Vec<TcpStream>,
    _runtime: tokio::runtime::Runtime,
}

impl Silent {
    /// Takes a free port of the loopback and fills its queue.
    ///
    /// # Errors
    /// The system has no port left.
    pub fn new() -> io::Result<Silent> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let listener = runtime.block_on(async {
            let socket = TcpSocket::new_v4()?;
            socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
            socket.listen(1)
        })?;
        let address = listener.local_addr()?;
        let mut queue = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
            queue.push(stream);
        }
        Ok(Silent { address, _listener: listener, _queue: queue, _runtime: runtime })
    }

    /// Where nobody answers.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
