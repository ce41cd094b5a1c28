use kv::Kv;

use super::{Rooms, SEATS_OF_ROOM_MAX};

/// Rooms, seats and ears.
fn count(rooms: &Rooms) -> (usize, usize, usize) {
    let waiting = rooms.lock();
    (waiting.rooms.len(), waiting.seats, waiting.ear.len())
}

#[tokio::test]
async fn a_room_has_so_many_seats_and_another_room_has_its_own() {
    let (rooms, kv) = (Rooms::default(), Kv::memory());
    let seats: Vec<_> = (0..SEATS_OF_ROOM_MAX).map(|_| rooms.sit(&kv, "app", "one")).collect();
    assert!(seats.iter().all(Option::is_some));
    assert!(rooms.sit(&kv, "app", "one").is_none());
    assert!(rooms.sit(&kv, "app", "two").is_some());
    assert!(rooms.sit(&kv, "elsewhere", "one").is_some(), "a room belongs to a project");
    drop(seats);
    assert!(rooms.sit(&kv, "app", "one").is_some());
}

#[tokio::test]
async fn nothing_is_left_when_nobody_waits() {
    let (rooms, kv) = (Rooms::default(), Kv::memory());
    let seats = [rooms.sit(&kv, "app", "one"), rooms.sit(&kv, "app", "two")];
    assert_eq!(count(&rooms), (2, 2, 1));
    drop(seats);
    assert_eq!(count(&rooms), (0, 0, 0));
}

#[tokio::test]
async fn an_ear_that_failed_is_replaced_for_whoever_sits_down_next() {
    let (rooms, kv) = (Rooms::default(), Kv::memory());
    let _first = rooms.sit(&kv, "app", "one");
    rooms.lock().ear.abort_all();
    // The task sees that it is to end when it is next polled.
    tokio::task::yield_now().await;
    let mut second = rooms.sit(&kv, "app", "two").unwrap();
    assert_eq!(count(&rooms), (2, 2, 1));
    // A new ear wakes everybody when it begins to listen.
    second.news().await;
}
