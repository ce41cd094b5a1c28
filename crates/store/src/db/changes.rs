//! What others have changed, told by the database.
//!
//! PostgreSQL tells whoever listens on a channel when a transaction that notified is committed
//! (<https://www.postgresql.org/docs/current/sql-notify.html>). Channels belong to the whole
//! database, not to a schema, and a message may be lost with the connection: being told is a
//! reason to look, and never the only one. SQLite has nothing of the kind.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool, PgPoolOptions};
use tokio::time::{Instant, timeout_at};

use super::error::{Result, failed};
use super::{Engine, Store};

/// A server that does not take the connection for this long is not there.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// What arrives this soon after the first message is one change: a transaction may send many.
const TOGETHER: Duration = Duration::from_millis(100);

/// A connection that listens. It is opened when it is first waited for, and again when lost.
pub struct Changes {
    channels: &'static [&'static str],
    pool: PgPool,
    listener: Option<PgListener>,
}

impl Store {
    /// Listens on `channels`; `None` where the database tells nothing and has to be asked.
    pub fn changes(&self, channels: &'static [&'static str]) -> Option<Changes> {
        let Engine::Postgres { pool, .. } = &self.engine else { return None };
        let options = pool.connect_options().as_ref().clone();
        // A pool of its own, so that listening takes no connection from those who write.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(CONNECT_MAX)
            .connect_lazy_with(options);
        Some(Changes { channels, pool, listener: None })
    }
}

impl Changes {
    /// Waits until something may have changed: somebody said so, or listening has begun (again)
    /// and what was said before went unheard. After an error, wait a little and call it again.
    pub async fn next(&mut self) -> Result<()> {
        let Some(listener) = &mut self.listener else { return self.listen().await };
        match listener.try_recv().await {
            Ok(Some(_)) => {
                let until = Instant::now() + TOGETHER;
                while let Ok(Ok(Some(_))) = timeout_at(until, listener.try_recv()).await {}
                Ok(())
            }
            Ok(None) => {
                self.listener = None;
                // Something that always hangs up must not keep us busy.
                tokio::time::sleep(TOGETHER).await;
                self.listen().await
            }
            Err(error) => {
                self.listener = None;
                Err(failed("listen")(error))
            }
        }
    }

    async fn listen(&mut self) -> Result<()> {
        let mut listener = PgListener::connect_with(&self.pool).await.map_err(failed("connect"))?;
        listener.eager_reconnect(false);
        listener.listen_all(self.channels.iter().copied()).await.map_err(failed("listen"))?;
        self.listener = Some(listener);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
