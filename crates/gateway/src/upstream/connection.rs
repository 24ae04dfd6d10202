//! One connection, and the reading and writing of messages on it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use hyper::Method;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::wire::{self, Framing, Head, Malformed};

/// How much is read at once.
const READ_BYTES: usize = 64 << 10;

thread_local! {
    /// Room to read into, one for all connections of a worker: what was read is copied out to where it
    /// just fits, so that a connection on which nothing comes holds next to nothing.
    static ROOM: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into());
}

/// A connection to an upstream, plain or with TLS.
#[derive(Debug)]
pub enum Io {
    /// Plain.
    Plain(TcpStream),
    /// With TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection to an upstream, with what was read from it and not yet used.
#[derive(Debug)]
pub struct Connection {
    io: Io,
    read: BytesMut,
    /// Whether an exchange on it has come to its end, and nothing after.
    pub(super) reused: bool,
    pub(super) idle_since: Option<Instant>,
}

/// Why an exchange broke off.
#[derive(Debug, Error)]
pub enum ExchangeError {
    /// The connection ended before the answer did.
    #[error("the upstream closed the connection")]
    Closed,
    /// The connection failed.
    #[error("the connection to the upstream failed")]
    Io(#[from] io::Error),
    /// The answer is not HTTP.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

impl Connection {
    /// A connection on which nothing has been said.
    pub fn new(io: Io) -> Connection {
        Connection { io, read: BytesMut::new(), reused: false, idle_since: None }
    }

    /// Whether it is still open and silent, as far as is known without asking.
    pub(super) fn is_quiet(&self) -> bool {
        let stream = match &self.io {
            Io::Plain(stream) => stream,
            Io::Tls(stream) => stream.get_ref().0,
        };
        let is_silent = match &self.io {
            Io::Plain(_) => {
                let read = stream.try_read(&mut [0]);
                matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
            }
            // What TLS has to say in between, such as a ticket, is no answer.
            Io::Tls(_) => true,
        };
        self.read.is_empty() && is_silent
    }

    /// Writes two buffers, one after the other.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn write(&mut self, first: &[u8], second: &[u8]) -> io::Result<()> {
        let (mut first, mut second) = (first, second);
        while !first.is_empty() || !second.is_empty() {
            let slices = [io::IoSlice::new(first), io::IoSlice::new(second)];
            let io = &mut self.io;
            let written = poll_fn(|cx| io.poll_write(cx, &slices)).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            let of_first = written.min(first.len());
            first = &first[of_first..];
            second = &second[written - of_first..];
        }
        // TLS may keep what it was given.
        let io = &mut self.io;
        poll_fn(|cx| io.poll_flush(cx)).await
    }

    /// Reads an answer's head.
    ///
    /// # Errors
    /// The connection failed or ended before, or what came is no head.
    pub async fn head(&mut self, method: &Method) -> Result<Head, ExchangeError> {
        poll_fn(|cx| self.poll_head(cx, method)).await
    }

    fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        method: &Method,
    ) -> Poll<Result<Head, ExchangeError>> {
        loop {
            if !self.read.is_empty()
                && let Some(head) = wire::decode_head(&mut self.read, method)?
            {
                return Poll::Ready(Ok(head));
            }
            if ready!(self.poll_fill(cx))? == 0 {
                return Poll::Ready(Err(ExchangeError::Closed));
            }
        }
    }

    /// Whether it had been used before.
    pub fn is_reused(&self) -> bool {
        self.reused
    }

    /// Whether anything of an answer has come.
    pub fn has_read(&self) -> bool {
        !self.read.is_empty()
    }

    /// What has come of a body; at least a byte, unless it has ended.
    pub fn poll_body(
        &mut self,
        cx: &mut Context<'_>,
        framing: &mut Framing,
    ) -> Poll<Result<wire::Piece, ExchangeError>> {
        loop {
            let piece = framing.decode(&mut self.read)?;
            if piece.last || !piece.bytes.is_empty() {
                return Poll::Ready(Ok(piece));
            }
            if ready!(self.poll_fill(cx))? == 0 {
                return Poll::Ready(match framing.ends_with_connection() {
                    true => Ok(wire::Piece { bytes: Bytes::new(), last: true }),
                    false => Err(ExchangeError::Closed),
                });
            }
        }
    }

    /// Reads something; 0 bytes if the connection has ended.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        ROOM.with_borrow_mut(|room| {
            let mut room = ReadBuf::new(room);
            let polled = match &mut self.io {
                Io::Plain(stream) => Pin::new(stream).poll_read(cx, &mut room),
                Io::Tls(stream) => Pin::new(stream).poll_read(cx, &mut room),
            };
            if polled.is_pending() && self.read.is_empty() {
                // Nobody knows for how long: what was read before needs no room meanwhile.
                self.read = BytesMut::new();
            }
            ready!(polled)?;
            self.read.extend_from_slice(room.filled());
            Poll::Ready(Ok(room.filled().len()))
        })
    }

    /// Waits until the upstream says something, or ends the connection.
    pub async fn readable(&self) {
        let stream = match &self.io {
            Io::Plain(stream) => stream,
            Io::Tls(stream) => stream.get_ref().0,
        };
        // An error shows when it is read.
        let _ = stream.readable().await;
    }

    /// Takes it apart, for what comes after HTTP.
    pub fn into_parts(self) -> (Io, BytesMut) {
        (self.io, self.read)
    }
}

impl Io {
    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            Io::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Io::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Io::Plain(_) => Poll::Ready(Ok(())),
            Io::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }
}
