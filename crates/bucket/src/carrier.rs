//! The thread that requests run on.

use std::future::Future;
use std::io;
use std::sync::mpsc::sync_channel;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A thread with a runtime, which ends with it.
pub(crate) struct Carrier {
    runtime: Handle,
    /// Dropped with the carrier, which ends the thread.
    _alive: oneshot::Sender<()>,
}

impl Carrier {
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (alive, over) = oneshot::channel();
        thread::Builder::new().name("bucket".into()).spawn(move || {
            // An error means that the carrier is gone, which is what is waited for.
            let _ = runtime.block_on(over);
        })?;
        Ok(Self { runtime: handle, _alive: alive })
    }

    /// Waits for a request, on any thread.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        request: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let (send, receive) = sync_channel(1);
        self.runtime.spawn(async move {
            // Whoever asked waits below.
            let _ = send.send(request.await);
        });
        receive
            .recv()
            .expect("a request ends with an answer, and its thread lives as long as we do")
    }
}
