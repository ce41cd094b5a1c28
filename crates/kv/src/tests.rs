//! The conformance suite: every backend must pass every case.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::AppId;
use stdx::Timestamp;

use crate::{Charge, Key, Kv, KvError, Rate};

const NOW: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// A key that no other test and no earlier run uses.
fn key(kv: &str) -> Key {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let run = (std::process::id(), Timestamp::from_clock().0);
    Key::new(&AppId::new("test"), "thing", &format!("{kv}-{run:?}-{number}"))
}

async fn a_value_is_kept_to_the_second(kv: &Kv) {
    let key = key("put");
    assert_eq!(kv.get(&key, NOW).await.unwrap(), None);
    kv.put(&key, b"\x00\xff", 10, NOW).await.unwrap();
    let just_before = Timestamp(NOW.plus_seconds(10).0 - 1);
    assert_eq!(kv.get(&key, just_before).await.unwrap().as_deref(), Some(&b"\x00\xff"[..]));
    assert_eq!(kv.get(&key, NOW.plus_seconds(10)).await.unwrap(), None);
}

async fn a_later_value_replaces_an_earlier_one(kv: &Kv) {
    let key = key("replace");
    kv.put(&key, b"1", 10, NOW).await.unwrap();
    kv.put(&key, b"2", 20, NOW).await.unwrap();
    let found = kv.get(&key, NOW.plus_seconds(15)).await.unwrap();
    assert_eq!(found.as_deref(), Some(&b"2"[..]));
}

async fn a_value_is_taken_once(kv: &Kv) {
    let key = key("take");
    kv.put(&key, b"1", 10, NOW).await.unwrap();
    let (first, second) = tokio::join!(kv.take(&key, NOW), kv.take(&key, NOW));
    let mut taken = [first.unwrap(), second.unwrap()];
    taken.sort();
    assert_eq!(taken, [None, Some(b"1".to_vec())]);
}

async fn a_value_that_is_over_cannot_be_taken(kv: &Kv) {
    let key = key("take-late");
    kv.put(&key, b"1", 10, NOW).await.unwrap();
    assert_eq!(kv.take(&key, NOW.plus_seconds(10)).await.unwrap(), None);
}

async fn swapping_needs_the_current_value(kv: &Kv) {
    let key = key("swap");
    assert!(!kv.swap(&key, Some(b"1"), b"2", 10, NOW).await.unwrap());
    assert!(kv.swap(&key, None, b"1", 10, NOW).await.unwrap());
    assert!(!kv.swap(&key, None, b"2", 10, NOW).await.unwrap());
    assert!(!kv.swap(&key, Some(b"9"), b"2", 10, NOW).await.unwrap());
    assert!(kv.swap(&key, Some(b"1"), b"2", 10, NOW).await.unwrap());
    assert_eq!(kv.get(&key, NOW).await.unwrap().as_deref(), Some(&b"2"[..]));
    let later = NOW.plus_seconds(10);
    assert!(!kv.swap(&key, Some(b"2"), b"3", 10, later).await.unwrap());
    assert!(kv.swap(&key, None, b"3", 10, later).await.unwrap());
}

async fn of_two_swappers_one_wins(kv: &Kv) {
    let key = key("race");
    kv.put(&key, b"0", 10, NOW).await.unwrap();
    let (first, second) = tokio::join!(
        kv.swap(&key, Some(b"0"), b"1", 10, NOW),
        kv.swap(&key, Some(b"0"), b"2", 10, NOW)
    );
    assert!(first.unwrap() ^ second.unwrap());
}

async fn a_deleted_value_is_gone(kv: &Kv) {
    let key = key("delete");
    kv.put(&key, b"1", 10, NOW).await.unwrap();
    kv.delete(&key).await.unwrap();
    kv.delete(&key).await.unwrap();
    assert_eq!(kv.get(&key, NOW).await.unwrap(), None);
}

async fn several_values_are_deleted_at_once(kv: &Kv) {
    let keys = ["delete-1", "delete-2", "delete-3"].map(key);
    for key in &keys {
        kv.put(key, b"1", 10, NOW).await.unwrap();
    }
    kv.delete_all(&keys[..2]).await.unwrap();
    kv.delete_all(&[]).await.unwrap();
    assert_eq!(kv.get(&keys[0], NOW).await.unwrap(), None);
    assert_eq!(kv.get(&keys[1], NOW).await.unwrap(), None);
    assert!(kv.get(&keys[2], NOW).await.unwrap().is_some());
}

async fn an_empty_value_is_a_value(kv: &Kv) {
    let key = key("empty");
    kv.put(&key, b"", 10, NOW).await.unwrap();
    assert!(kv.swap(&key, Some(b""), b"1", 10, NOW).await.unwrap());
}

async fn a_bucket_allows_its_burst_and_then_one_per_interval(kv: &Kv) {
    let key = key("bucket");
    let rate = Rate::per_seconds(60, 3);
    let at = |seconds| NOW.plus_seconds(seconds);
    for next in [-20, 0, 20] {
        let charged = kv.charge(&key, rate, 1.0, NOW).await.unwrap();
        assert_eq!(charged, Charge::Charged { next_at: at(next) });
    }
    let exhausted = Charge::Exhausted { retry_at: at(20) };
    assert_eq!(kv.charge(&key, rate, 1.0, NOW).await.unwrap(), exhausted);
    assert_eq!(kv.charge(&key, rate, 1.0, at(19)).await.unwrap(), exhausted);
    let again = kv.charge(&key, rate, 1.0, at(20)).await.unwrap();
    assert_eq!(again, Charge::Charged { next_at: at(40) });
    let full_again = kv.charge(&key, rate, 3.0, at(1_000)).await.unwrap();
    assert!(matches!(full_again, Charge::Charged { .. }));
}

async fn what_was_charged_can_be_given_back(kv: &Kv) {
    let key = key("refund");
    let rate = Rate::per_seconds(60, 1);
    for _ in 0..3 {
        let charged = kv.charge(&key, rate, 1.0, NOW).await.unwrap();
        assert!(matches!(charged, Charge::Charged { .. }));
        kv.charge(&key, rate, -1.0, NOW).await.unwrap();
    }
}

async fn a_weight_of_zero_only_asks(kv: &Kv) {
    let key = key("ask");
    let rate = Rate::per_seconds(60, 1);
    for _ in 0..3 {
        let asked = kv.charge(&key, rate, 0.0, NOW).await.unwrap();
        assert!(matches!(asked, Charge::Charged { .. }));
    }
    assert!(matches!(kv.charge(&key, rate, 1.0, NOW).await.unwrap(), Charge::Charged { .. }));
}

async fn a_weight_may_be_a_fraction(kv: &Kv) {
    let key = key("fraction");
    let rate = Rate::per_seconds(60, 1);
    for _ in 0..2 {
        let charged = kv.charge(&key, rate, 0.5, NOW).await.unwrap();
        assert!(matches!(charged, Charge::Charged { .. }));
    }
    assert!(matches!(kv.charge(&key, rate, 0.5, NOW).await.unwrap(), Charge::Exhausted { .. }));
}

async fn json_goes_in_and_comes_out(kv: &Kv) {
    let key = key("json");
    kv.put_json(&key, &vec!["a", "b"], 10, NOW).await.unwrap();
    let found: Option<Vec<String>> = kv.get_json(&key, NOW).await.unwrap();
    assert_eq!(found.unwrap(), ["a", "b"]);
    let wrong = kv.get_json::<u32>(&key, NOW).await;
    assert!(matches!(wrong, Err(KvError::Unreadable)));
    let taken: Option<Vec<String>> = kv.take_json(&key, NOW).await.unwrap();
    assert_eq!(taken.unwrap(), ["a", "b"]);
    assert_eq!(kv.get(&key, NOW).await.unwrap(), None);
}

async fn subscribers_hear_their_channel_only(kv: &Kv) {
    let channel = format!("{:?}", key("channel"));
    let mut first = kv.subscribe(&channel).await.unwrap();
    let mut second = kv.subscribe(&channel).await.unwrap();
    kv.publish("another", b"no").await.unwrap();
    kv.publish(&channel, b"one").await.unwrap();
    kv.publish(&channel, b"two").await.unwrap();
    for subscription in [&mut first, &mut second] {
        assert_eq!(subscription.next().await.unwrap(), b"one");
        assert_eq!(subscription.next().await.unwrap(), b"two");
    }
}

async fn sweeping_keeps_what_is_alive(kv: &Kv) {
    let key = key("sweep");
    kv.put(&key, b"1", 10, NOW).await.unwrap();
    kv.sweep(NOW.plus_seconds(9));
    assert!(kv.get(&key, NOW.plus_seconds(9)).await.unwrap().is_some());
}

macro_rules! conformance {
    ($($case:ident),* $(,)?) => {
        mod in_memory {
            $(#[tokio::test]
            async fn $case() {
                super::$case(&super::Kv::memory()).await;
            })*
        }
        mod on_redis {
            $(#[tokio::test]
            async fn $case() {
                if let Some(kv) = super::redis() {
                    super::$case(&kv).await;
                }
            })*
        }
    };
}

conformance! {
    a_value_is_kept_to_the_second,
    a_later_value_replaces_an_earlier_one,
    a_value_is_taken_once,
    a_value_that_is_over_cannot_be_taken,
    swapping_needs_the_current_value,
    of_two_swappers_one_wins,
    a_deleted_value_is_gone,
    several_values_are_deleted_at_once,
    an_empty_value_is_a_value,
    a_bucket_allows_its_burst_and_then_one_per_interval,
    what_was_charged_can_be_given_back,
    a_weight_of_zero_only_asks,
    a_weight_may_be_a_fraction,
    json_goes_in_and_comes_out,
    subscribers_hear_their_channel_only,
    sweeping_keeps_what_is_alive,
}

/// The server that `TEST_REDIS` names, or `None` to skip.
fn redis() -> Option<Kv> {
    #[expect(clippy::disallowed_methods, reason = "the one switch of the test suite")]
    let url = std::env::var("TEST_REDIS").ok()?;
    Some(Kv::redis(&url).unwrap())
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_value() {
    let kv = Kv::redis("redis://127.0.0.1:1").unwrap();
    let key = key("nowhere");
    let rate = Rate::per_seconds(60, 1);
    let failures = [
        kv.get(&key, NOW).await.map(drop),
        kv.put(&key, b"1", 10, NOW).await,
        kv.take(&key, NOW).await.map(drop),
        kv.swap(&key, None, b"1", 10, NOW).await.map(drop),
        kv.delete(&key).await,
        kv.delete_all(std::slice::from_ref(&key)).await,
        kv.charge(&key, rate, 1.0, NOW).await.map(drop),
        kv.publish("channel", b"1").await,
        kv.subscribe("channel").await.map(drop),
    ];
    for failure in failures {
        assert!(matches!(failure, Err(KvError::Unavailable { .. })), "{failure:?}");
    }
}

#[test]
fn every_verb_is_in_a_case() {
    let (source, cases) = (include_str!("lib.rs"), include_str!("tests.rs"));
    let is_end = |it: char| !it.is_alphanumeric() && it != '_';
    let verbs: Vec<_> = source
        .split("pub async fn ")
        .skip(1)
        .filter_map(|rest| rest.split(is_end).next())
        .filter(|verb| {
            !cases.contains(&format!("kv.{verb}(")) && !cases.contains(&format!("kv.{verb}::"))
        })
        .collect();
    assert_eq!(verbs, Vec::<&str>::new());
}

/// The two must count alike: a fleet and a single process have the same limits.
#[tokio::test]
async fn both_backends_count_alike() {
    let Some(redis) = redis() else { return };
    let (memory, rng) = (Kv::memory(), stdx::Rng::seeded(7));
    let key = key("alike");
    let rate = Rate { period_millis: 61_000, burst: 7 };
    let mut now = NOW;
    for _ in 0..500 {
        let [pause, weight] = rng.bytes::<2>();
        now = now.plus_seconds(i64::from(pause % 16));
        let weight = f64::from(weight % 9) / 4.0 - 0.5;
        let here = memory.charge(&key, rate, weight, now).await.unwrap();
        let there = redis.charge(&key, rate, weight, now).await.unwrap();
        assert_eq!(here, there, "weight {weight}");
    }
}
