//! Running many cases: in parallel, those that need the installation to themselves alone and last.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::case::Case;
use crate::run::{Outcome, run};
use crate::world::World;

/// A case and how it went.
#[derive(Clone, Debug)]
pub struct Finished {
    pub id: String,
    pub name: String,
    pub outcome: Outcome,
    pub took: Duration,
}

/// Says what became of a case, as soon as it is known.
pub type Progress = Arc<dyn Fn(&Finished) + Send + Sync>;

/// Asks whether the server still lives; the answer is how it ended.
pub type Pulse = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// Runs all of them. Once the server has ended, what is left does not count as run.
pub async fn run_all(
    world: Arc<World>,
    cases: Vec<Case>,
    jobs: usize,
    progress: Progress,
    pulse: Pulse,
) -> Vec<Finished> {
    let (alone, together): (Vec<Case>, Vec<Case>) = cases.into_iter().partition(Case::is_alone);
    let mut finished = Vec::new();
    for (cases, jobs) in [(together, jobs.max(1)), (alone, 1)] {
        let queue = Arc::new(Mutex::new(VecDeque::from(cases)));
        let mut workers = JoinSet::new();
        for _ in 0..jobs {
            let (world, queue) = (world.clone(), queue.clone());
            let (progress, pulse) = (progress.clone(), pulse.clone());
            workers.spawn(async move { work(&world, &queue, &progress, &pulse).await });
        }
        while let Some(done) = workers.join_next().await {
            finished.extend(done.unwrap_or_default());
        }
    }
    finished.sort_by(|left, right| left.id.cmp(&right.id));
    finished
}

async fn work(
    world: &World,
    queue: &Mutex<VecDeque<Case>>,
    progress: &Progress,
    pulse: &Pulse,
) -> Vec<Finished> {
    let mut finished = Vec::new();
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(case) = next else { return finished };
        let start = tokio::time::Instant::now();
        let mut outcome = match pulse() {
            None => run(world, &case).await,
            Some(ended) => Outcome::Crashed(ended),
        };
        // An answer that a dying server still gave proves nothing.
        if !matches!(outcome, Outcome::Crashed(_))
            && let Some(ended) = pulse()
        {
            outcome = Outcome::Crashed(ended);
        }
        let Case { id, document, .. } = case;
        let done = Finished { id, name: document.name, outcome, took: start.elapsed() };
        progress(&done);
        finished.push(done);
    }
}
