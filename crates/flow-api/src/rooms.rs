//! Everybody in this process who waits for a link to be approved, and one ear for all of them.
//!
//! There is one subscription to what the nodes announce, while anybody waits at all. News wakes
//! those who wait in the room that it is about; when the ear was deaf for a while, it wakes all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use accounts::otp::room;
use kv::{Kv, KvError};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Tabs of one flow. More are somebody who holds sockets for their own sake.
const SEATS_OF_ROOM_MAX: usize = 8;

/// A socket costs some ten kilobytes and a file: these are a hundred megabytes at most.
const SEATS_MAX: usize = 10_000;

/// How soon a lost connection to the other nodes is tried again.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// The rooms of a process. Clones share them.
#[derive(Clone, Default)]
pub struct Rooms(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    rooms: HashMap<Name, Room>,
    seats: usize,
    ear: JoinSet<()>,
}

/// A room of a project.
type Name = (String, String);

struct Room {
    news: watch::Sender<()>,
    seats: usize,
}

/// A place to wait; giving it up is dropping it.
pub struct Seat {
    rooms: Rooms,
    name: Name,
    news: watch::Receiver<()>,
}

impl Rooms {
    /// A seat in the room; none when too many are taken.
    pub fn sit(&self, kv: &Kv, app: &str, room: &str) -> Option<Seat> {
        let mut waiting = self.lock();
        if waiting.seats >= SEATS_MAX {
            return None;
        }
        let name = (app.to_owned(), room.to_owned());
        let entry = waiting
            .rooms
            .entry(name.clone())
            .or_insert_with(|| Room { news: watch::Sender::new(()), seats: 0 });
        if entry.seats >= SEATS_OF_ROOM_MAX {
            return None;
        }
        entry.seats += 1;
        let news = entry.news.subscribe();
        waiting.seats += 1;
        // One that has ended by itself has failed: it listens as long as somebody waits.
        while waiting.ear.try_join_next().is_some() {
            tracing::error!("what listens for approved links has failed; listening again");
        }
        if waiting.ear.is_empty() {
            waiting.ear.spawn(listen(self.clone(), kv.clone()));
        }
        Some(Seat { rooms: self.clone(), name, news })
    }

    fn wake(&self, name: &Name) {
        if let Some(room) = self.lock().rooms.get(name) {
            room.news.send_replace(());
        }
    }

    fn wake_all(&self) {
        for room in self.lock().rooms.values() {
            room.news.send_replace(());
        }
    }

    /// A panic elsewhere leaves the rooms whole: no change to them is interrupted by one.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Waits until there may be news of the room.
    pub async fn news(&mut self) {
        // The sender lives as long as the seat.
        let _ = self.news.changed().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut waiting = self.rooms.lock();
        waiting.seats -= 1;
        if let Some(room) = waiting.rooms.get_mut(&self.name) {
            room.seats -= 1;
            if room.seats == 0 {
                waiting.rooms.remove(&self.name);
            }
        }
        if waiting.seats == 0 {
            // Nobody waits: it would be a circle that keeps itself alive.
            waiting.ear.abort_all();
            waiting.ear = JoinSet::new();
        }
    }
}

async fn listen(rooms: Rooms, kv: Kv) {
    loop {
        if let Err(error) = hear(&rooms, &kv).await {
            tracing::warn!(%error, "approved links are not heard of; trying again");
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

async fn hear(rooms: &Rooms, kv: &Kv) -> Result<(), KvError> {
    let mut messages = room::listen(kv).await?;
    // What was announced before this is found by looking.
    rooms.wake_all();
    loop {
        let message = messages.next().await?;
        if let Some(news) = room::read(&message) {
            rooms.wake(&(news.app, news.room));
        }
    }
}

#[cfg(test)]
mod tests;
