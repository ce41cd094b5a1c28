//! Projects and their hosts: `_portal_config_source` and `_portal_domain`.
//!
//! These two are read across projects, by the server that serves them all: the unit of work
//! belongs to no project (its `$1` is empty), and the statements say so.

use std::collections::HashMap;

use domain::AppId;
use serde_json::{Map, Value};
use stdx::Timestamp;

use crate::db::{Arg, Row};
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

/// What tells whether a project has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectStamp {
    pub app_id: AppId,
    pub updated_at: Timestamp,
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
    /// Every project with its hosts and the time of its last change, without its files.
    pub async fn overview(&mut self) -> Result<Vec<ProjectStamp>> {
        let sql = "SELECT app_id, updated_at FROM _portal_config_source
                    WHERE $1 = '' ORDER BY app_id";
        let rows = self.0.fetch_all(sql, &[]).await?;
        let mut hosts: HashMap<String, Vec<String>> = HashMap::new();
        let sql = "SELECT app_id, domain FROM _portal_domain WHERE $1 = '' ORDER BY app_id, domain";
        for row in self.0.fetch_all(sql, &[]).await? {
            hosts.entry(row.text("app_id")?).or_default().push(row.text("domain")?);
        }
        let stamp = |row: &Row| {
            let app_id = row.text("app_id")?;
            let domains = hosts.remove(&app_id).unwrap_or_default();
            let updated_at = row.time("updated_at")?;
            Ok(ProjectStamp { app_id: AppId::new(app_id), updated_at, domains })
        };
        rows.iter().map(stamp).collect()
    }

    /// The project that was given a host.
    pub async fn find_owner(&mut self, domain: &str) -> Result<Option<AppId>> {
        let sql = "SELECT app_id FROM _portal_domain WHERE $1 = '' AND domain = $2";
        let row = self.0.fetch_optional(sql, &[Arg::Text(domain)]).await?;
        row.map(|row| Ok(AppId::new(row.text("app_id")?))).transpose()
    }

    /// The project of this unit of work, with its hosts.
    pub async fn find(&mut self) -> Result<Option<ConfigSource>> {
        let sql = "SELECT updated_at, data FROM _portal_config_source WHERE app_id = $1";
        let Some(row) = self.0.fetch_optional(sql, &[]).await? else { return Ok(None) };
        let sql = "SELECT domain FROM _portal_domain WHERE app_id = $1 ORDER BY domain";
        let domains = self.0.fetch_all(sql, &[]).await?;
        Ok(Some(ConfigSource {
            app_id: self.0.app().clone(),
            updated_at: row.time("updated_at")?,
            data: row.object("data")?,
            domains: domains.iter().map(|row| row.text("domain")).collect::<Result<_>>()?,
        }))
    }

    /// Writes the files of this project, replacing what was there.
    pub async fn put(&mut self, id: &str, data: &Map<String, Value>, at: Timestamp) -> Result<()> {
        let sql = "INSERT INTO _portal_config_source
                     (app_id, id, created_at, updated_at, data, plan_name)
                   VALUES ($1, $2, $3, $3, $4, '')
                   ON CONFLICT (app_id) DO UPDATE
                     SET data = excluded.data, updated_at = excluded.updated_at";
        self.0.execute(sql, &[Arg::Text(id), Arg::Time(at), Arg::Object(data)]).await?;
        Ok(())
    }

    /// Gives this project a host. A host has one owner: it stays with whoever has it.
    pub async fn add_domain(&mut self, id: &str, domain: &str, at: Timestamp) -> Result<bool> {
        let sql = "INSERT INTO _portal_domain
                     (app_id, id, created_at, domain, apex_domain, verification_nonce, is_custom)
                   VALUES ($1, $2, $3, $4, $4, '', FALSE)
                   ON CONFLICT (apex_domain) DO NOTHING";
        let args = [Arg::Text(id), Arg::Time(at), Arg::Text(domain)];
        Ok(self.0.execute(sql, &args).await? == 1)
    }
}
