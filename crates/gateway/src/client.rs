//! A client's connection that tells by itself when the client has left.
//!
//! hyper learns that a client has left while its answer is awaited or comes by reading on, for which it
//! keeps 8 kB of room as long as a stream is idle. Here the connection looks instead, without room, each
//! time it is flushed, which hyper does whenever it is woken.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A connection without TLS. Where hyper reads on its own (`half_close` is false), it is of no use.
#[derive(Debug)]
pub(crate) struct Client(pub TcpStream);

impl Client {
    /// Whether the client sends nothing any more, and all it sent has been read. If not, the task is woken
    /// once something comes.
    fn has_left(&self, cx: &mut Context<'_>) -> bool {
        let mut first = [0];
        match self.0.poll_peek(cx, &mut ReadBuf::new(&mut first)) {
            Poll::Ready(Ok(bytes)) => bytes == 0,
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        }
    }
}

impl AsyncRead for Client {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, room)
    }
}

impl AsyncWrite for Client {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match self.has_left(cx) {
            true => Err(io::ErrorKind::ConnectionAborted.into()),
            false => Ok(()),
        })
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
