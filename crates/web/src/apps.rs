//! Which project a host belongs to.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, OnceLock, RwLock};

use ctx::App;
use domain::AppId;
use tokio::sync::Semaphore;

/// Unknown hosts that are looked up at the same time: anybody can make names up, and they must not
/// take every connection to the database from those who have one.
const LOOKUPS_MAX: usize = 4;

/// No host is longer (RFC 1035 §2.3.4).
const HOST_BYTES_MAX: usize = 255;

/// A project with all of its hosts.
pub type Served = (Arc<App>, Vec<String>);

type Lookup = Pin<Box<dyn Future<Output = Option<Served>> + Send>>;

/// Finds the project of a host that nobody here knows yet.
type Finder = Box<dyn Fn(String) -> Lookup + Send + Sync>;

/// The projects that are served, by host. Cheap to clone; changed as a whole.
#[derive(Clone, Debug, Default)]
pub struct Apps(Arc<Shared>);

struct Shared {
    table: RwLock<Table>,
    finder: OnceLock<Finder>,
    lookups: Semaphore,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            table: RwLock::default(),
            finder: OnceLock::new(),
            lookups: Semaphore::new(LOOKUPS_MAX),
        }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Apps").field("table", &self.table).finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Table {
    by_host: HashMap<String, Arc<App>>,
    /// The only project of a directory source: internal listeners serve it under any name.
    only: Option<Arc<App>>,
}

impl Apps {
    /// Serves exactly these projects from now on, each under its public origin's host and the
    /// extra hosts given with it. Requests under way keep the snapshot that they started with.
    pub fn replace(&self, apps: impl IntoIterator<Item = Served>) {
        let mut table = Table::default();
        let apps: Vec<_> = apps.into_iter().collect();
        for (app, hosts) in &apps {
            for host in hosts {
                table.by_host.insert(host.to_ascii_lowercase(), app.clone());
            }
        }
        // A project names its own origin, so that name counts only where nobody was given it.
        for (app, _) in &apps {
            table.by_host.entry(app.host().to_ascii_lowercase()).or_insert_with(|| app.clone());
        }
        if let [(app, _)] = apps.as_slice() {
            table.only = Some(app.clone());
        }
        *self.0.table.write().expect("nothing panics while it holds this lock") = table;
    }

    /// Has hosts that nobody knows looked up like this from now on. The first call counts.
    pub fn ask(&self, finder: impl Fn(String) -> Lookup + Send + Sync + 'static) {
        let _ = self.0.finder.set(Box::new(finder));
    }

    /// The project that answers to `host`, also if it came a moment ago.
    pub async fn find_or_ask(&self, host: &str) -> Option<Arc<App>> {
        let known = self.find(host);
        let (None, Some(finder)) = (&known, self.0.finder.get()) else { return known };
        if host.len() > HOST_BYTES_MAX {
            return None;
        }
        let _permit = self.0.lookups.acquire().await.ok()?;
        // Others may have asked for the same host while we waited.
        if let Some(known) = self.find(host) {
            return Some(known);
        }
        let (app, hosts) = finder(host.to_owned()).await?;
        let mut table = self.0.table.write().expect("nothing panics while it holds this lock");
        for host in hosts {
            table.by_host.insert(host.to_ascii_lowercase(), app.clone());
        }
        table.only = None;
        Some(app)
    }

    /// The project that answers to `host`, which comes without a port.
    pub fn find(&self, host: &str) -> Option<Arc<App>> {
        let table = self.0.table.read().expect("nothing panics while it holds this lock");
        table.by_host.get(host).cloned()
    }

    /// The project of this id, if it is served.
    pub fn of_id(&self, id: &AppId) -> Option<Arc<App>> {
        let table = self.0.table.read().expect("nothing panics while it holds this lock");
        table.by_host.values().find(|app| app.id == *id).cloned()
    }

    /// The project, when there is one alone.
    pub fn only(&self) -> Option<Arc<App>> {
        self.0.table.read().expect("nothing panics while it holds this lock").only.clone()
    }

    /// Every project once, in no order.
    pub fn all(&self) -> Vec<Arc<App>> {
        let table = self.0.table.read().expect("nothing panics while it holds this lock");
        let mut apps: Vec<Arc<App>> = table.by_host.values().cloned().collect();
        apps.sort_by(|left, right| left.id.cmp(&right.id));
        apps.dedup_by(|left, right| left.id == right.id);
        apps
    }
}
