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
        let mut count = 0;
        for (app, hosts) in apps {
            count += 1;
            let own = app.host().to_owned();
            for host in hosts.into_iter().chain([own]) {
                table.by_host.insert(host.to_ascii_lowercase(), app.clone());
            }
            table.only = (count == 1).then_some(app);
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
