//! What may be forgotten: values with a lifetime, compare-and-swap, rate limit buckets, messages.
//!
//! Flow states, codes and challenges live here; losing them costs a retry, never an account or a
//! sign-in. One process keeps them in its own memory, a fleet in Redis. Time is passed in, and a
//! value whose time is over is not there, whatever the server's clock says. Which backend it is
//! is known to `backend` only.

mod backend;
mod bucket;
mod key;
mod memory;
mod redis;
#[cfg(test)]
mod tests;

use serde::Serialize;
use serde::de::DeserializeOwned;
use stdx::Timestamp;

use backend::Backend;
pub use backend::Subscription;
pub use bucket::{Charge, Rate};
pub use key::Key;

/// A handle on the store. Clones share everything.
#[derive(Clone)]
pub struct Kv(Backend);

/// Nothing can be said about the value. Whoever asked should be told to try again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KvError {
    #[error("{operation} failed")]
    Unavailable {
        operation: &'static str,
        #[source]
        source: std::sync::Arc<::redis::RedisError>,
    },
    /// A value that another version of the program wrote, or nobody.
    #[error("a value could not be read as what it should be")]
    Unreadable,
    /// The subscriber may have missed messages: it should forget what it has cached.
    #[error("messages were lost")]
    MessagesLost,
    /// Others change the same value all the time. Nothing was changed; it can be tried again.
    #[error("a value was changed by others each time")]
    Contended,
}

pub type Result<T> = std::result::Result<T, KvError>;

impl Kv {
    /// In this process. Gone with the last handle.
    pub fn memory() -> Self {
        Self(Backend::memory())
    }

    /// On the Redis 7 server at `url`. Connects when it is first needed, and again when it must.
    pub fn redis(url: &str) -> Result<Self> {
        Backend::redis(url).map(Self)
    }

    pub async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<Vec<u8>>> {
        self.0.get(key, now).await
    }

    /// Keeps `value` for `ttl_seconds`, whatever was there.
    pub async fn put(
        &self,
        key: &Key,
        value: &[u8],
        ttl_seconds: i64,
        now: Timestamp,
    ) -> Result<()> {
        self.0.put(key, value, now.plus_seconds(ttl_seconds), now).await
    }

    /// Reads and removes in one step: of two takers, one gets it.
    pub async fn take(&self, key: &Key, now: Timestamp) -> Result<Option<Vec<u8>>> {
        self.0.take(key, now).await
    }

    /// Keeps `next` if the value still is `current` (`None`: if there is none).
    ///
    /// Returns false, having changed nothing, when somebody else was first.
    pub async fn swap(
        &self,
        key: &Key,
        current: Option<&[u8]>,
        next: &[u8],
        ttl_seconds: i64,
        now: Timestamp,
    ) -> Result<bool> {
        self.0.swap(key, (current, next), now.plus_seconds(ttl_seconds), now).await
    }

    pub async fn delete(&self, key: &Key) -> Result<()> {
        self.0.delete(std::slice::from_ref(key)).await
    }

    /// Deletes several in one round trip.
    pub async fn delete_all(&self, keys: &[Key]) -> Result<()> {
        self.0.delete(keys).await
    }

    /// Takes `weight` from a bucket if that much is left; a negative weight gives back.
    pub async fn charge(
        &self,
        key: &Key,
        rate: Rate,
        weight: f64,
        now: Timestamp,
    ) -> Result<Charge> {
        self.0.charge(key, rate, weight, now).await
    }

    /// Frees what is over. Redis does that by itself.
    pub fn sweep(&self, now: Timestamp) {
        self.0.sweep(now);
    }

    /// Tells every subscriber of the channel, on every node.
    pub async fn publish(&self, channel: &str, message: &[u8]) -> Result<()> {
        self.0.publish(channel, message).await
    }

    /// Everything published on the channel from now on.
    pub async fn subscribe(&self, channel: &str) -> Result<Subscription> {
        self.0.subscribe(channel).await
    }

    pub async fn get_json<T: DeserializeOwned>(
        &self,
        key: &Key,
        now: Timestamp,
    ) -> Result<Option<T>> {
        self.get(key, now).await?.map(|value| from_json(&value)).transpose()
    }

    pub async fn take_json<T: DeserializeOwned>(
        &self,
        key: &Key,
        now: Timestamp,
    ) -> Result<Option<T>> {
        self.take(key, now).await?.map(|value| from_json(&value)).transpose()
    }

    pub async fn put_json<T: Serialize + Sync>(
        &self,
        key: &Key,
        value: &T,
        ttl_seconds: i64,
        now: Timestamp,
    ) -> Result<()> {
        let value = serde_json::to_vec(value).map_err(|_| KvError::Unreadable)?;
        self.put(key, &value, ttl_seconds, now).await
    }
}

fn from_json<T: DeserializeOwned>(value: &[u8]) -> Result<T> {
    serde_json::from_slice(value).map_err(|_| KvError::Unreadable)
}
