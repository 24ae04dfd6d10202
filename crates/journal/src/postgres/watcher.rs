//! How events of other connections are noticed.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::runtime::Runtime;

use super::{Server, client};
use crate::StorageError;
use crate::store;

/// How often to look even if nothing was said: a notice may have been lost on the way, and a server
/// that is gone does not say so.
const EVERY: Duration = Duration::from_secs(1);

pub(super) struct Watcher {
    listener: Option<PgListener>,
    runtime: Runtime,
    server: Server,
    silent: Duration,
}

impl Watcher {
    pub(super) fn new(server: &Server) -> Result<Watcher, StorageError> {
        let runtime = client::runtime()?;
        let listener = runtime.block_on(listen(server));
        let listener = listener.map_err(|error| StorageError::postgres(server.name(), error))?;
        let (listener, server) = (Some(listener), server.clone());
        Ok(Watcher { listener, runtime, server, silent: Duration::ZERO })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // A listener says goodbye in a task of its own.
        let _on_runtime = self.runtime.enter();
        self.listener = None;
    }
}

impl store::Watcher for Watcher {
    fn wait(&mut self, patience: Duration) -> Result<bool, StorageError> {
        let Watcher { listener, runtime, server, silent } = self;
        runtime.block_on(async {
            let Some(heard) = listener else {
                // Lost; the one who asks comes again after this, and looks for itself meanwhile.
                tokio::time::sleep(patience).await;
                *listener = listen(server).await.ok();
                return Ok(true);
            };
            match tokio::time::timeout(patience, heard.try_recv()).await {
                Ok(Ok(Some(_))) => {
                    // Those already here are all of the same news.
                    while heard.next_buffered().is_some() {}
                    Ok(true)
                }
                Ok(Ok(None) | Err(_)) => {
                    *listener = None;
                    Ok(true)
                }
                Err(_) => {
                    *silent += patience;
                    let long = *silent >= EVERY;
                    if long {
                        *silent = Duration::ZERO;
                    }
                    Ok(long)
                }
            }
        })
    }
}

async fn listen(server: &Server) -> Result<PgListener, sqlx::Error> {
    let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(server.options.clone());
    let channel: String =
        sqlx::query_scalar("SELECT 'journal_' || 'events'::regclass::oid").fetch_one(&pool).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    // A lost connection is to be told of and not to be mended in silence: what was said meanwhile
    // has to be looked for.
    listener.eager_reconnect(false);
    listener.listen(&channel).await?;
    Ok(listener)
}
