//! Values in the memory of this process.
//!
//! Bounded: when a shard is full, what would have ended soonest ends now, so that a flood of new
//! values costs the oldest ones a retry and not the process its life.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stdx::Timestamp;
use tokio::sync::broadcast;

use crate::backend::Source;
use crate::bucket::{self, from_millis, to_millis};
use crate::{Charge, Key, Rate};

/// Enough that requests rarely meet at one lock.
const SHARDS: usize = 16;

/// Half a gibibyte in all: some hundred thousand flows at once.
const SHARD_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What a value costs beside its bytes: the key's frame and the tables.
const OVERHEAD_BYTES: usize = 160;

/// Messages that a slow subscriber may be behind before it is told that it lost some.
const MESSAGES_MAX: usize = 1_024;

pub(crate) struct Memory {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
    messages: broadcast::Sender<(String, Vec<u8>)>,
}

#[derive(Default)]
struct Shard {
    values: HashMap<Arc<str>, Value>,
    by_end: BTreeSet<(Timestamp, Arc<str>)>,
    bytes: usize,
}

struct Value {
    until: Timestamp,
    bytes: Vec<u8>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
            messages: broadcast::Sender::new(MESSAGES_MAX),
        }
    }
}

impl Memory {
    pub(crate) fn get(&self, key: &Key, now: Timestamp) -> Option<Vec<u8>> {
        self.shard(key).live(key, now).map(<[u8]>::to_vec)
    }

    pub(crate) fn put(&self, key: &Key, value: &[u8], until: Timestamp, now: Timestamp) {
        self.shard(key).insert(key, value.to_vec(), until, now);
    }

    pub(crate) fn take(&self, key: &Key, now: Timestamp) -> Option<Vec<u8>> {
        let taken = self.shard(key).remove(key.as_str())?;
        (now < taken.until).then_some(taken.bytes)
    }

    pub(crate) fn swap(
        &self,
        key: &Key,
        (current, next): (Option<&[u8]>, &[u8]),
        until: Timestamp,
        now: Timestamp,
    ) -> bool {
        let mut shard = self.shard(key);
        let matches = shard.live(key, now) == current;
        if matches {
            shard.insert(key, next.to_vec(), until, now);
        }
        matches
    }

    pub(crate) fn delete(&self, keys: &[Key]) {
        for key in keys {
            self.shard(key).remove(key.as_str());
        }
    }

    pub(crate) fn charge(&self, key: &Key, rate: Rate, weight: f64, now: Timestamp) -> Charge {
        let mut shard = self.shard(key);
        let stored = shard.live(key, now).and_then(|bytes| bytes.try_into().ok());
        let full_at = stored.map(i64::from_be_bytes);
        let (next, charge) = bucket::charge(full_at, rate, weight, to_millis(now));
        if let Some(full_at) = next {
            shard.insert(key, full_at.to_be_bytes().to_vec(), from_millis(full_at), now);
        }
        charge
    }

    pub(crate) fn sweep(&self, now: Timestamp) {
        for shard in &self.shards {
            lock(shard).sweep(now);
        }
    }

    pub(crate) fn publish(&self, channel: &str, message: &[u8]) {
        // Nobody listening is fine.
        let _ = self.messages.send((channel.to_owned(), message.to_vec()));
    }

    pub(crate) fn subscribe(&self, channel: &str) -> Source {
        Source::Memory { channel: channel.to_owned(), messages: self.messages.subscribe() }
    }

    fn shard(&self, key: &Key) -> MutexGuard<'_, Shard> {
        let hash = self.hasher.hash_one(key.as_str());
        let index = usize::try_from(hash % SHARDS as u64).unwrap_or_default();
        lock(&self.shards[index])
    }
}

/// A panic elsewhere leaves a shard whole: no change to it is interrupted by one.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shard {
    fn live(&self, key: &Key, now: Timestamp) -> Option<&[u8]> {
        let value = self.values.get(key.as_str())?;
        (now < value.until).then_some(value.bytes.as_slice())
    }

    fn insert(&mut self, key: &Key, bytes: Vec<u8>, until: Timestamp, now: Timestamp) {
        self.remove(key.as_str());
        let size = size(key.as_str(), &bytes);
        if self.bytes + size > SHARD_BYTES_MAX {
            self.sweep(now);
        }
        while self.bytes + size > SHARD_BYTES_MAX {
            let Some((_, soonest)) = self.by_end.first().cloned() else { break };
            self.remove(&soonest);
        }
        self.bytes += size;
        let key: Arc<str> = key.as_str().into();
        self.by_end.insert((until, key.clone()));
        self.values.insert(key, Value { until, bytes });
    }

    fn remove(&mut self, key: &str) -> Option<Value> {
        let (key, value) = self.values.remove_entry(key)?;
        self.by_end.remove(&(value.until, key.clone()));
        self.bytes -= size(&key, &value.bytes);
        Some(value)
    }

    fn sweep(&mut self, now: Timestamp) {
        while let Some((until, key)) = self.by_end.first().cloned()
            && until <= now
        {
            self.remove(&key);
        }
    }
}

fn size(key: &str, bytes: &[u8]) -> usize {
    key.len() + bytes.len() + OVERHEAD_BYTES
}

#[cfg(test)]
mod tests {
    use domain::AppId;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_767_225_600);

    fn key(id: &str) -> Key {
        Key::new(&AppId::new("test"), "thing", id)
    }

    #[test]
    fn a_full_shard_gives_up_what_ends_soonest() {
        let mut shard = Shard::default();
        let half = vec![0; SHARD_BYTES_MAX / 2 - 1_000];
        shard.insert(&key("late"), half.clone(), NOW.plus_seconds(90), NOW);
        shard.insert(&key("soon"), half.clone(), NOW.plus_seconds(30), NOW);
        shard.insert(&key("new"), half, NOW.plus_seconds(60), NOW);
        let mut left: Vec<_> = ["late", "soon", "new"]
            .into_iter()
            .filter(|id| shard.live(&key(id), NOW).is_some())
            .collect();
        left.sort_unstable();
        assert_eq!(left, ["late", "new"]);
        assert!(shard.bytes <= SHARD_BYTES_MAX);
    }

    #[test]
    fn sweeping_frees_what_is_over() {
        let memory = Memory::default();
        memory.put(&key("a"), b"1", NOW.plus_seconds(1), NOW);
        memory.put(&key("b"), b"1", NOW.plus_seconds(2), NOW);
        memory.sweep(NOW.plus_seconds(1));
        let kept =
            |memory: &Memory| memory.shards.iter().map(|it| lock(it).values.len()).sum::<usize>();
        assert_eq!(kept(&memory), 1);
        memory.sweep(NOW.plus_seconds(2));
        assert_eq!(kept(&memory), 0);
        assert_eq!(memory.shards.iter().map(|it| lock(it).bytes).sum::<usize>(), 0);
    }
}
