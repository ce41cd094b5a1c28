//! Which project a host belongs to.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use ctx::App;

/// The projects that are served, by host. Cheap to clone; changed as a whole.
#[derive(Clone, Debug, Default)]
pub struct Apps(Arc<RwLock<Table>>);

#[derive(Debug, Default)]
struct Table {
    by_host: HashMap<String, Arc<App>>,
    /// The only project of a directory source: internal listeners serve it under any name.
    only: Option<Arc<App>>,
}

impl Apps {
    /// Serves exactly these projects from now on, each under its public origin's host and the
    /// extra hosts given with it. Requests under way keep the snapshot that they started with.
    pub fn replace(&self, apps: impl IntoIterator<Item = (Arc<App>, Vec<String>)>) {
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
        *self.0.write().expect("nothing panics while it holds this lock") = table;
    }

    /// The project that answers to `host`, which comes without a port.
    pub fn find(&self, host: &str) -> Option<Arc<App>> {
        let table = self.0.read().expect("nothing panics while it holds this lock");
        table.by_host.get(host).cloned()
    }

    /// The project, when there is one alone.
    pub fn only(&self) -> Option<Arc<App>> {
        self.0.read().expect("nothing panics while it holds this lock").only.clone()
    }

    /// Every project once, in no order.
    pub fn all(&self) -> Vec<Arc<App>> {
        let table = self.0.read().expect("nothing panics while it holds this lock");
        let mut apps: Vec<Arc<App>> = table.by_host.values().cloned().collect();
        apps.sort_by(|left, right| left.id.cmp(&right.id));
        apps.dedup_by(|left, right| left.id == right.id);
        apps
    }
}
