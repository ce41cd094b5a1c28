//! Many cases at once, and a server that dies.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use conformance::suite::{Finished, run_all};

use crate::fake::{Fake, json, shown, status};

const CREATE: &str = "steps: [{ action: create, input: '{}' }]\n";

#[tokio::test]
async fn cases_after_a_crash_are_not_counted_as_passed() {
    let has_died = Arc::new(AtomicBool::new(false));
    let dying = has_died.clone();
    let fake = Fake::new(move |_| {
        dying.store(true, Ordering::Relaxed);
        Some(json(r#"{"result":{}}"#))
    })
    .await;
    let cases = vec![fake.case("steps: []\n"), fake.case(CREATE), fake.case("steps: []\n")];
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = told.clone();
    let progress = move |it: &Finished| telling.lock().unwrap().push(shown(&it.outcome));
    let pulse = move || has_died.load(Ordering::Relaxed).then(|| "it ended".to_owned());
    let world = Arc::new(fake.world.clone());
    let all = run_all(world, cases, 1, Arc::new(progress), Arc::new(pulse)).await;
    assert_eq!(*told.lock().unwrap(), ["passed", "crashed: it ended", "crashed: it ended"]);
    assert_eq!(all.len(), 3);
}

#[tokio::test]
async fn cases_that_need_everything_run_alone_and_last() {
    let fake = Fake::new(|_| Some(status(200))).await;
    let mut cases: Vec<_> =
        ["app_id: one\nsteps: []\n", "steps: []\n", "app_id: one\nsteps: []\n", "steps: []\n"]
            .iter()
            .map(|it| fake.case(it))
            .collect();
    for (number, case) in cases.iter_mut().enumerate() {
        case.id = format!("{number}");
    }
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = told.clone();
    let progress = move |it: &Finished| telling.lock().unwrap().push(it.id.clone());
    let world = Arc::new(fake.world.clone());
    let all = run_all(world, cases, 2, Arc::new(progress), Arc::new(|| None)).await;
    let told = told.lock().unwrap();
    assert_eq!(told[2..], ["0", "2"]);
    assert_eq!(all.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["0", "1", "2", "3"]);
}
