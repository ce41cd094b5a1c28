//! Each format, the queue and the time that nobody takes.

use std::time::Instant;

use super::*;

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

async fn check(password: &str, hash: &str, expected: Verdict) {
    let verdict = Hasher::for_tests().verify(&secret(password), &secret(hash)).await;
    assert_eq!(verdict, Ok(expected), "{password} against {hash}");
}

const OLD: Verdict = Verdict::Right { needs_rehash: true };
const CURRENT: Verdict = Verdict::Right { needs_rehash: false };

#[tokio::test]
async fn what_was_hashed_is_right_and_current() {
    let hasher = Hasher::for_tests();
    let hash = hasher.hash(&Rng::seeded(0), &secret("correct horse")).await.unwrap();
    assert!(hash.reveal().starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
    check("correct horse", hash.reveal(), CURRENT).await;
    check("correct Horse", hash.reveal(), Verdict::Wrong).await;
    check("", hash.reveal(), Verdict::Wrong).await;
}

#[tokio::test]
async fn a_hash_of_other_cost_is_right_and_old() {
    // A vector of the reference implementation: argon2id, "password", "somesalt".
    let hash =
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    check("password", hash, OLD).await;
    check("Password", hash, Verdict::Wrong).await;
}

#[tokio::test]
async fn bcrypt_is_verified() {
    // From the paper's reference implementation: cost 6, password "a".
    let hash = "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe";
    check("a", hash, OLD).await;
    check("b", hash, Verdict::Wrong).await;
}

#[tokio::test]
async fn the_format_of_upstream_is_written_and_verified() {
    let settings = HasherSettings { format: HashFormat::BcryptSha512, threads: 1, queue_max: 1 };
    let hasher = Hasher::new(&settings);
    let hash = hasher.hash(&Rng::seeded(0), &secret("pass\0word")).await.unwrap();
    assert!(hash.reveal().starts_with("$bcrypt-sha512$$2a$10$"), "{}", hash.reveal());
    assert_eq!(hasher.verify(&secret("pass\0word"), &hash).await, Ok(CURRENT));
    check("pass\0word", hash.reveal(), OLD).await;
    check("pass", hash.reveal(), Verdict::Wrong).await;
}

#[tokio::test]
async fn what_is_not_a_hash_matches_nothing() {
    for broken in ["", "$", "plain", "$argon2id$v=19$m=8,t=1$x", "$bcrypt-sha512$", "$2a$06$short"]
    {
        check("password", broken, Verdict::Wrong).await;
    }
    let hungry = "$argon2id$v=19$m=4000000000,t=1,p=1$c29tc2FsdA$nf65EOgLrQMR";
    check("password", hungry, Verdict::Wrong).await;
}

#[tokio::test]
async fn a_password_that_is_too_long_is_never_hashed_and_never_right() {
    let hasher = Hasher::for_tests();
    let long = secret(&"x".repeat(PASSWORD_BYTES_MAX + 1));
    assert!(matches!(hasher.hash(&Rng::seeded(0), &long).await, Err(HasherError::TooLong)));
    assert_eq!(hasher.verify(&long, &secret("$2a$")).await, Ok(Verdict::Wrong));
}

#[tokio::test]
async fn earlier_passwords_are_recognised() {
    let hasher = Hasher::for_tests();
    let mut earlier = Vec::new();
    for password in ["one", "two"] {
        earlier.push(hasher.hash(&Rng::seeded(0), &secret(password)).await.unwrap());
    }
    assert_eq!(hasher.is_any(&secret("two"), earlier.clone()).await, Ok(true));
    assert_eq!(hasher.is_any(&secret("three"), earlier).await, Ok(false));
    assert_eq!(hasher.is_any(&secret("three"), vec![]).await, Ok(false));
}

#[tokio::test]
async fn a_full_queue_is_busy_and_recovers() {
    let settings = HasherSettings { format: HashFormat::BcryptSha512, threads: 1, queue_max: 2 };
    let hasher = Hasher::new(&settings);
    let rng = Rng::seeded(0);
    let password = secret("x");
    let attempts = (0..20).map(|_| hasher.hash(&rng, &password));
    let outcomes = futures_join(attempts).await;
    let busy = outcomes.iter().filter(|it| matches!(it, Err(HasherError::Busy))).count();
    assert!((16..20).contains(&busy), "{busy} of 20 were told to come back");
    assert!(hasher.hash(&rng, &password).await.is_ok());
}

#[tokio::test]
async fn room_is_told_of_before_anything_is_asked() {
    let settings = HasherSettings { format: HashFormat::BcryptSha512, threads: 1, queue_max: 1 };
    let hasher = Hasher::new(&settings);
    let (started, has_started) = tokio::sync::oneshot::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let mut working = Box::pin(hasher.run(move || (started.send(()), released.recv()).1));
    assert!(is_pending(&mut working).await);
    has_started.await.unwrap();
    assert!(hasher.has_room(), "the thread is busy, and nobody waits");
    let mut waiting = Box::pin(hasher.run(|| 7));
    assert!(is_pending(&mut waiting).await, "it is in the queue");
    assert!(!hasher.has_room());
    assert_eq!(hasher.run(|| 8).await, Err(HasherError::Busy));
    release.send(()).unwrap();
    assert_eq!(waiting.await, Ok(7));
    assert!(hasher.has_room());
    assert_eq!(working.await, Ok(Ok(())));
}

#[tokio::test]
async fn a_panic_costs_one_answer() {
    let hasher = Hasher::for_tests();
    for _ in 0..3 {
        let panicked = hasher.run(|| assert_eq!(1, 2, "on purpose")).await;
        assert_eq!(panicked, Err(HasherError::Failed));
    }
    assert_eq!(hasher.run(|| 7).await, Ok(7));
}

#[tokio::test]
async fn nobody_takes_as_long_as_somebody() {
    let hasher = Hasher::new(&HasherSettings { threads: 1, ..HasherSettings::default() });
    let password = secret("correct horse");
    let hash = hasher.hash(&Rng::seeded(0), &password).await.unwrap();
    let (mut somebody, mut nobody) = (u128::MAX, u128::MAX);
    for _ in 0..5 {
        let start = Instant::now();
        assert_eq!(hasher.verify(&secret("wrong"), &hash).await, Ok(Verdict::Wrong));
        somebody = somebody.min(start.elapsed().as_micros());
        let start = Instant::now();
        assert_eq!(hasher.verify_nobody(&secret("wrong")).await, Ok(Verdict::Wrong));
        nobody = nobody.min(start.elapsed().as_micros());
    }
    let (low, high) = (somebody.min(nobody), somebody.max(nobody));
    assert!(high < low * 2, "somebody {somebody} µs, nobody {nobody} µs");
}

/// Starts all of them before it waits for any.
/// Polls a future once.
async fn is_pending<F: Future + Unpin>(future: &mut F) -> bool {
    let mut future = std::pin::Pin::new(future);
    std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_pending())).await
}

async fn futures_join<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.map(Box::pin).collect();
    let mut outputs: Vec<_> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let std::task::Poll::Ready(it) = future.as_mut().poll(cx)
            {
                *output = Some(it);
            }
        }
        if outputs.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    outputs.into_iter().flatten().collect()
}
