//! What is so before the first step: the project, its people, rows that no API could make.

use std::path::Path;

use anyhow::Context as _;
use http::Method;
use md5::{Digest as _, Md5};
use serde_json::json;
use stdx::hex;

use super::{Run, project_address};
use crate::case::{Before, CreateSession};
use crate::client::Request;
use crate::config;
use crate::failure::Failure;
use crate::template::{self, BRACES, Outside};

impl Run<'_> {
    /// Writes the project, waits until it is served, and lets the hooks work.
    pub(super) async fn prepare(&mut self) -> Result<(), Failure> {
        let files = self.world.base.files(self.case, &self.app_id, &self.outside())?;
        let rng = &self.world.rng;
        let ids = [rng.uuid(), rng.uuid(), rng.uuid()];
        let (app_id, domain) = (&self.app_id, config::domain(&self.app_id));
        let database = &self.world.database;
        database.put_project(app_id, &domain, &config::pack(&files), ids).await?;
        let case = self.case;
        for hook in &case.document.before {
            self.hook(hook).await?;
        }
        self.wait_for_project().await
    }

    fn outside(&self) -> Outside<'_> {
        Outside {
            rng: &self.world.rng,
            now: self.world.now(),
            keys: &self.world.keys,
            link_codes: &self.link_codes,
        }
    }

    async fn hook(&mut self, hook: &Before) -> Result<(), Failure> {
        let (app_id, helper) = (&self.app_id, &self.world.helper);
        match hook {
            Before::UserImport { user_import } => {
                let file = self.case.folder.join(user_import);
                // A file that is not there is passed over, as in the original.
                if file.exists() {
                    let done = helper.import_users(app_id, &file).await;
                    done.map_err(|error| Failure::from(error).at("before: user_import"))?;
                }
            }
            Before::CustomSql { custom_sql: file }
            | Before::CustomAuditSql { custom_audit_sql: file } => {
                let sql = self.fixture(&self.case.folder.join(&file.path))?;
                let done = self.world.database.script(&sql).await;
                done.map_err(|error| Failure::from(error).at(&format!("before: {}", file.path)))?;
            }
            Before::CreateSession { create_session } => {
                let user_id = self.selected_user(create_session).await?;
                let CreateSession { session_id, token, .. } = create_session;
                let helper = &self.world.helper;
                helper.create_session(&self.app_id, session_id, token, &user_id).await?;
            }
            Before::CreateChallenge { create_challenge: it } => {
                helper.create_challenge(app_id, &it.purpose, &it.token).await?;
            }
        }
        Ok(())
    }

    fn fixture(&self, file: &Path) -> Result<String, Failure> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        self.with_app_id(&text)
    }

    fn with_app_id(&self, text: &str) -> Result<String, Failure> {
        let data = json!({ "AppID": self.app_id });
        Ok(template::render(text, BRACES, &data, &self.outside())?)
    }

    async fn selected_user(&self, session: &CreateSession) -> Result<String, Failure> {
        if session.session_type != "idp" {
            let what = format!("there are no sessions of type {}", session.session_type);
            return Err(Failure::new("create_session", what));
        }
        let sql = self.with_app_id(&session.select_user_id_sql)?;
        let rows = self.world.database.query(&sql).await?;
        let id = rows.first().and_then(|row| row["id"].as_str());
        id.map(str::to_owned)
            .ok_or_else(|| Failure::new("create_session: a row with an id", format!("{rows:?}")))
    }

    /// The server notices a new project in its own time, which must be short.
    async fn wait_for_project(&mut self) -> Result<(), Failure> {
        let address = project_address("/.well-known/openid-configuration")?;
        let start = tokio::time::Instant::now();
        loop {
            let answer = self.send(Request::new(Method::GET, address.clone())).await?;
            if answer.status != 404 {
                return Ok(());
            }
            if start.elapsed() > self.world.patience.project {
                return Err(Failure::new("the project is served", "nobody knows its host"));
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// The code of a recovery link, which in these projects follows from the person's id.
    pub(super) async fn link_code(&self, claim: &str, value: &str) -> Result<String, Failure> {
        let quoted = |text: &str| text.replace('\'', "''");
        let sql = format!(
            "SELECT i.user_id FROM _auth_identity_login_id l JOIN _auth_identity i ON i.id = l.id
              WHERE l.app_id = '{}' AND l.claims ->> '{}' = '{}'",
            self.app_id,
            quoted(claim),
            quoted(value)
        );
        let rows = self.world.database.query(&sql).await?;
        match rows.as_slice() {
            [row] => Ok(hex(&Md5::digest(row["user_id"].as_str().unwrap_or_default()))),
            _ => Err(Failure::differs("linkOTPCode: people", &1, rows.len())),
        }
    }
}
