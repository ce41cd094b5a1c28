//! Projects and their hosts: `_portal_config_source` and `_portal_domain`.
//!
//! These two are read across projects, by the server that serves them all: the unit of work
//! belongs to no project (its `$1` is empty), and the statements say so.

use domain::AppId;
use serde_json::{Map, Value};
use stdx::Timestamp;

use crate::db::Arg;
use crate::{Changes, Result, Store, Tx};

/// Where PostgreSQL tells of projects and of hosts, also when Authgear's portal writes them.
pub(crate) const CONFIG_SOURCE_CHANGE: &str = "config_source_change";
pub(crate) const DOMAIN_CHANGE: &str = "domain_change";

/// One project as the database keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigSource {
    pub app_id: AppId,
    pub updated_at: Timestamp,
    /// Escaped path to base64 of the file.
    pub data: Map<String, Value>,
    pub domains: Vec<String>,
}

pub struct ConfigSources<'tx>(&'tx mut Tx);

impl Store {
    /// A reader of what belongs to no project.
    pub async fn read_everywhere(&self) -> Result<Tx> {
        self.read(&AppId::new("")).await
    }

    /// Tells when a project or a host may have changed; `None` on SQLite, which has to be asked.
    pub fn config_source_changes(&self) -> Option<Changes> {
        self.changes(&[CONFIG_SOURCE_CHANGE, DOMAIN_CHANGE])
    }
}

impl Tx {
    pub fn config_sources(&mut self) -> ConfigSources<'_> {
        ConfigSources(self)
    }
}

impl ConfigSources<'_> {
    /// Every project with its hosts.
    pub async fn list(&mut self) -> Result<Vec<ConfigSource>> {
        let sql = "SELECT app_id, updated_at, data FROM _portal_config_source
                    WHERE $1 = '' ORDER BY app_id";
        let rows = self.0.fetch_all(sql, &[]).await?;
        let mut sources = Vec::with_capacity(rows.len());
        for row in rows {
            sources.push(ConfigSource {
                app_id: AppId::new(row.text("app_id")?),
                updated_at: row.time("updated_at")?,
                data: row.object("data")?,
                domains: Vec::new(),
            });
        }
        for (app_id, domain) in self.domains().await? {
            let owner = sources.iter_mut().find(|source| source.app_id == app_id);
            if let Some(source) = owner {
                source.domains.push(domain);
            }
        }
        Ok(sources)
    }

    /// What changes when any project does: projects with their times, and all hosts.
    pub async fn fingerprint(&mut self) -> Result<String> {
        let sql = "SELECT app_id, updated_at FROM _portal_config_source
                    WHERE $1 = '' ORDER BY app_id";
        let mut parts = Vec::new();
        for row in self.0.fetch_all(sql, &[]).await? {
            parts.push(format!("{}@{}", row.text("app_id")?, row.time("updated_at")?.0));
        }
        let domains = self.domains().await?;
        parts.extend(domains.into_iter().map(|(app_id, domain)| format!("{app_id}={domain}")));
        Ok(parts.join(" "))
    }

    /// Writes the files of this project, replacing what was there.
    pub async fn put(&mut self, id: &str, data: &Map<String, Value>, at: Timestamp) -> Result<()> {
        let sql = "INSERT INTO _portal_config_source
                     (app_id, id, created_at, updated_at, data, plan_name)
                   VALUES ($1, $2, $3, $3, $4, '')
                   ON CONFLICT (app_id) DO UPDATE
                     SET data = excluded.data, updated_at = excluded.updated_at";
        self.0.execute(sql, &[Arg::Text(id), Arg::Time(at), Arg::Object(data)]).await?;
        let app = self.0.app().clone();
        self.0.notify(CONFIG_SOURCE_CHANGE, app.as_str()).await
    }

    /// Gives this project a host. A host has one owner: it stays with whoever has it.
    pub async fn add_domain(&mut self, id: &str, domain: &str, at: Timestamp) -> Result<bool> {
        let sql = "INSERT INTO _portal_domain
                     (app_id, id, created_at, domain, apex_domain, verification_nonce, is_custom)
                   VALUES ($1, $2, $3, $4, $4, '', FALSE)
                   ON CONFLICT (apex_domain) DO NOTHING";
        let args = [Arg::Text(id), Arg::Time(at), Arg::Text(domain)];
        let is_new = self.0.execute(sql, &args).await? == 1;
        if is_new {
            self.0.notify(DOMAIN_CHANGE, domain).await?;
        }
        Ok(is_new)
    }

    async fn domains(&mut self) -> Result<Vec<(AppId, String)>> {
        let sql = "SELECT app_id, domain FROM _portal_domain WHERE $1 = '' ORDER BY app_id, domain";
        let rows = self.0.fetch_all(sql, &[]).await?;
        rows.iter().map(|row| Ok((AppId::new(row.text("app_id")?), row.text("domain")?))).collect()
    }
}
