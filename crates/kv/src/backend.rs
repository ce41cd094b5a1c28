//! The two backends behind one set of verbs: the only place that knows which one it is.

use std::sync::Arc;

use stdx::Timestamp;
use tokio::sync::broadcast;

use crate::memory::Memory;
use crate::redis::Redis;
use crate::{Charge, Key, KvError, Rate, Result};

#[derive(Clone)]
pub(crate) enum Backend {
    Memory(Arc<Memory>),
    Redis(Redis),
}

/// Messages of one channel, in order.
pub struct Subscription(Source);

pub(crate) enum Source {
    Memory { channel: String, messages: broadcast::Receiver<(String, Vec<u8>)> },
    Redis(Box<::redis::aio::PubSub>),
}

/// Hands the call to whichever backend it is.
macro_rules! either {
    ($self:ident, $backend:ident => $memory:expr, $redis:expr) => {
        match $self {
            Backend::Memory($backend) => Ok($memory),
            Backend::Redis($backend) => $redis.await,
        }
    };
}

impl Backend {
    pub(crate) fn memory() -> Self {
        Self::Memory(Arc::default())
    }

    pub(crate) fn redis(url: &str) -> Result<Self> {
        Redis::new(url).map(Self::Redis)
    }

    pub(crate) async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<Vec<u8>>> {
        either!(self, it => it.get(key, now), it.get(key, now))
    }

    pub(crate) async fn put(
        &self,
        key: &Key,
        value: &[u8],
        until: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        either!(self, it => it.put(key, value, until, now), it.put(key, value, until, now))
    }

    pub(crate) async fn take(&self, key: &Key, now: Timestamp) -> Result<Option<Vec<u8>>> {
        either!(self, it => it.take(key, now), it.take(key, now))
    }

    pub(crate) async fn swap(
        &self,
        key: &Key,
        change: (Option<&[u8]>, &[u8]),
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        either!(self, it => it.swap(key, change, until, now), it.swap(key, change, until, now))
    }

    pub(crate) async fn delete(&self, keys: &[Key]) -> Result<()> {
        either!(self, it => it.delete(keys), it.delete(keys))
    }

    pub(crate) async fn charge(
        &self,
        key: &Key,
        rate: Rate,
        weight: f64,
        now: Timestamp,
    ) -> Result<Charge> {
        either!(self, it => it.charge(key, rate, weight, now), it.charge(key, rate, weight, now))
    }

    pub(crate) fn sweep(&self, now: Timestamp) {
        if let Self::Memory(memory) = self {
            memory.sweep(now);
        }
    }

    pub(crate) async fn publish(&self, channel: &str, message: &[u8]) -> Result<()> {
        either!(self, it => it.publish(channel, message), it.publish(channel, message))
    }

    pub(crate) async fn subscribe(&self, channel: &str) -> Result<Subscription> {
        either!(self, it => it.subscribe(channel), it.subscribe(channel)).map(Subscription)
    }
}

impl Subscription {
    /// Waits for the next message. After an error, subscribe again.
    pub async fn next(&mut self) -> Result<Vec<u8>> {
        match &mut self.0 {
            Source::Memory { channel, messages } => loop {
                match messages.recv().await {
                    Ok((on, message)) if on == *channel => return Ok(message),
                    Ok(_) => {}
                    Err(_) => return Err(KvError::MessagesLost),
                }
            },
            Source::Redis(messages) => {
                use futures_util::StreamExt as _;
                let message = messages.on_message().next().await;
                Ok(message.ok_or(KvError::MessagesLost)?.get_payload_bytes().to_vec())
            }
        }
    }
}
