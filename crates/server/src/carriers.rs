//! What carries entries of the outbox to places outside: a loop for each kind of place.
//!
//! Kinds do not wait for each other, and neither do places: each has a lane. Lanes have a bound,
//! and one project has a part of it, so that receivers that hang cost their own project alone.

use std::collections::HashMap;
use std::time::Duration;

use ctx::{Caller, Ctx};
use domain::AppId;
use events::{Lane, Sink};
use messaging::Carrier;
use tokio::task::{Id, JoinSet};
use web::Platform;

/// How soon an entry leaves the outbox when there was nothing to do before.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Lanes of one kind at the same time: each holds a few connections to a receiver.
const LANES_MAX: usize = 64;

/// Lanes of one project among them.
const LANES_OF_A_PROJECT_MAX: usize = 16;

/// Delivers entries of one kind, until the process ends.
pub async fn carry<S: Sink + Clone + 'static>(platform: Platform, sink: S) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    let mut lanes = Lanes::default();
    let mut was_failing = false;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = lanes.one_ends() => continue,
        }
        match events::due_lanes::<S>(&platform.store, platform.clock.now()).await {
            Ok(due) => {
                was_failing = false;
                for lane in due {
                    if lanes.has_room_for(&lane) {
                        lanes.start(platform.clone(), sink.clone(), lane);
                    }
                }
            }
            // Said once: a database that is away would fill the log.
            Err(error) if !was_failing => {
                tracing::error!(%error, kind = S::KIND, "nothing can be delivered; trying on");
                was_failing = true;
            }
            Err(_) => {}
        }
    }
}

/// What carries messages to people.
pub fn of_messages(platform: &Platform) -> Carrier {
    Carrier {
        store: platform.store.clone(),
        kv: platform.kv.clone(),
        outbound: platform.outbound.clone(),
        hooks: platform.hooks.clone(),
    }
}

/// Lanes that are being worked on.
#[derive(Default)]
struct Lanes {
    tasks: JoinSet<()>,
    under_way: HashMap<Id, Lane>,
}

impl Lanes {
    fn has_room_for(&self, lane: &Lane) -> bool {
        let of_project = self.under_way.values().filter(|it| it.app == lane.app).count();
        self.under_way.len() < LANES_MAX
            && of_project < LANES_OF_A_PROJECT_MAX
            && !self.under_way.values().any(|it| it == lane)
    }

    fn start<S: Sink + 'static>(&mut self, platform: Platform, sink: S, lane: Lane) {
        let named = lane.clone();
        let task = self.tasks.spawn(async move {
            let operation_of = |app: &AppId| operation(&platform, app);
            let now = || platform.clock.now();
            let carried = events::carry(&platform.store, &sink, &lane, &operation_of, &now).await;
            if let Err(error) = carried {
                tracing::warn!(%error, app = %lane.app, "a delivery is not on record yet");
            }
        });
        self.under_way.insert(task.id(), named);
    }

    /// Waits until a lane is at its end; forever while there is none.
    async fn one_ends(&mut self) {
        let id = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => error.id(),
            None => std::future::pending().await,
        };
        self.under_way.remove(&id);
    }
}

/// What work beside the requests is given. Nobody asked for it, so there is no caller.
pub(crate) fn operation(platform: &Platform, app: &AppId) -> Option<Ctx> {
    let app = platform.apps.of_id(app)?;
    Some(Ctx {
        app,
        now: platform.clock.now(),
        rng: platform.rng.clone(),
        caller: Caller::default(),
        request_id: String::new(),
    })
}

#[cfg(test)]
mod tests;
