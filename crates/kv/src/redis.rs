//! Values on a Redis 7 server.
//!
//! A value begins with the instant at which it ends, in twenty digits, because our clock decides
//! and not the server's; Redis' own expiry only clears up. What must be one step is a script.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue, RedisError, Script, ScriptInvocation};
use stdx::Timestamp;

use crate::backend::Source;
use crate::bucket::{cost, from_millis, to_millis};
use crate::{Charge, Key, KvError, Rate, Result};

/// A request that Redis keeps waiting for longer is better told so.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// Digits of the header: enough for every 64-bit number.
const HEADER: usize = 20;

/// Redis forgets later than we do, so that clocks need not agree.
const GRACE_MILLIS: i64 = 60_000;

static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new("local v = redis.call('GET', KEYS[1]) redis.call('DEL', KEYS[1]) return v")
});

/// KEYS: the value. ARGV: now, whether there must be one, which, the next value, its lifetime.
static SWAP: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local v = redis.call('GET', KEYS[1])
         local live = v and string.sub(v, 1, 20) > ARGV[1]
         local same
         if ARGV[2] == '1' then same = live and string.sub(v, 21) == ARGV[3] else same = not live end
         if not same then return 0 end
         redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
         return 1",
    )
});

/// KEYS: the bucket. ARGV: now, cost, what a full bucket covers, slack for clearing up.
static CHARGE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local now = tonumber(ARGV[1])
         local full = tonumber(redis.call('GET', KEYS[1]) or ARGV[1]) or now
         local next = math.max(full, now) + tonumber(ARGV[2])
         local allowed = next - tonumber(ARGV[3])
         if now < allowed then return {0, allowed} end
         local left = math.max(next - now, 0) + tonumber(ARGV[4])
         redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', string.format('%.0f', left))
         return {1, allowed}",
    )
});

#[derive(Clone)]
pub(crate) struct Redis {
    client: Client,
    connection: ConnectionManager,
}

impl Redis {
    pub(crate) fn new(url: &str) -> Result<Self> {
        let client = Client::open(url).map_err(unavailable("redis url"))?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(ANSWER_MAX))
            .set_response_timeout(Some(ANSWER_MAX))
            .set_number_of_retries(1);
        let connection = ConnectionManager::new_lazy_with_config(client.clone(), config)
            .map_err(unavailable("redis connection"))?;
        Ok(Self { client, connection })
    }

    pub(crate) async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<Vec<u8>>> {
        let value = self.run("get", Cmd::new().arg("GET").arg(key.as_str())).await?;
        Ok(opened(value, now))
    }

    pub(crate) async fn put(
        &self,
        key: &Key,
        value: &[u8],
        until: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let mut command = Cmd::new();
        command.arg("SET").arg(key.as_str()).arg(sealed(value, until));
        command.arg("PX").arg(lifetime_millis(until, now));
        self.run("put", &command).await
    }

    pub(crate) async fn take(&self, key: &Key, now: Timestamp) -> Result<Option<Vec<u8>>> {
        Ok(opened(self.invoke("take", TAKE.key(key.as_str())).await?, now))
    }

    pub(crate) async fn swap(
        &self,
        key: &Key,
        (current, next): (Option<&[u8]>, &[u8]),
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        let mut script = SWAP.key(key.as_str());
        script
            .arg(header(now))
            .arg(i32::from(current.is_some()))
            .arg(current.unwrap_or_default())
            .arg(sealed(next, until))
            .arg(lifetime_millis(until, now));
        self.invoke("swap", script).await
    }

    pub(crate) async fn delete(&self, keys: &[Key]) -> Result<()> {
        let mut command = Cmd::new();
        command.arg("DEL");
        for key in keys {
            command.arg(key.as_str());
        }
        if keys.is_empty() { Ok(()) } else { self.run("delete", &command).await }
    }

    pub(crate) async fn charge(
        &self,
        key: &Key,
        rate: Rate,
        weight: f64,
        now: Timestamp,
    ) -> Result<Charge> {
        let interval = rate.interval();
        let mut script = CHARGE.key(key.as_str());
        script
            .arg(to_millis(now))
            .arg(cost(interval, weight))
            .arg(interval.saturating_mul(rate.burst.max(1)))
            .arg(GRACE_MILLIS);
        let (charged, allowed_at): (bool, i64) = self.invoke("charge", script).await?;
        Ok(if charged {
            let next_at = allowed_at.saturating_add(cost(interval, weight.max(1.0)));
            Charge::Charged { next_at: from_millis(next_at) }
        } else {
            Charge::Exhausted { retry_at: from_millis(allowed_at) }
        })
    }

    pub(crate) async fn publish(&self, channel: &str, message: &[u8]) -> Result<()> {
        let channel = channel_name(channel);
        self.run("publish", Cmd::new().arg("PUBLISH").arg(channel).arg(message)).await
    }

    pub(crate) async fn subscribe(&self, channel: &str) -> Result<Source> {
        let connecting = tokio::time::timeout(ANSWER_MAX, self.client.get_async_pubsub()).await;
        let connected = connecting.map_err(|_| KvError::MessagesLost)?;
        let mut messages = connected.map_err(unavailable("subscribe"))?;
        messages.subscribe(channel_name(channel)).await.map_err(unavailable("subscribe"))?;
        Ok(Source::Redis(Box::new(messages)))
    }

    async fn run<T: FromRedisValue>(&self, operation: &'static str, command: &Cmd) -> Result<T> {
        command.query_async(&mut self.connection.clone()).await.map_err(unavailable(operation))
    }

    async fn invoke<T: FromRedisValue>(
        &self,
        operation: &'static str,
        script: ScriptInvocation<'_>,
    ) -> Result<T> {
        script.invoke_async(&mut self.connection.clone()).await.map_err(unavailable(operation))
    }
}

fn unavailable(operation: &'static str) -> impl FnOnce(RedisError) -> KvError {
    move |source| KvError::Unavailable { operation, source: Arc::new(source) }
}

fn channel_name(channel: &str) -> String {
    format!("authwarden:channel:{channel}")
}

fn header(at: Timestamp) -> String {
    format!("{:020}", at.0.max(0))
}

fn sealed(value: &[u8], until: Timestamp) -> Vec<u8> {
    [header(until).as_bytes(), value].concat()
}

/// The value without its header, if its time is not over.
fn opened(stored: Option<Vec<u8>>, now: Timestamp) -> Option<Vec<u8>> {
    let mut stored = stored?;
    let is_live = stored.get(..HEADER)? > header(now).as_bytes();
    is_live.then(|| stored.split_off(HEADER))
}

fn lifetime_millis(until: Timestamp, now: Timestamp) -> i64 {
    (until.0.saturating_sub(now.0) / 1_000).max(0).saturating_add(GRACE_MILLIS)
}
