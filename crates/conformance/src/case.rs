//! A case: one document of a case file, read strictly.
//!
//! A field, an action or a hook that is not known here is an error. Whoever writes `http_stauts`
//! must not be told that all is well.

mod files;
mod step;

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

pub use files::{Broken, Glob, load};
pub use step::{
    Action, AdminOutput, ApproveConsent, ClearCookies, Create, DeviceJwt, ExchangeCode,
    GenerateTotp, GraphQl, GraphQlOutput, GraphQlRequest, HookQuery, HttpOutput, HttpRequest,
    ImportCreate, ImportGet, ImportRequest, Input, MailQuery, OAuthRedirect, OAuthSetup, Output,
    Query, RefreshToken, Rows, SamlElement, SamlOutput, SamlRequest, SessionCookie, Sleep, Step,
};

/// A case that can be run.
#[derive(Clone, Debug)]
pub struct Case {
    /// `path#N`: the file below the folder of all cases, and the document in it, from one.
    pub id: String,
    /// What its paths are relative to.
    pub folder: PathBuf,
    pub document: Document,
    pub steps: Vec<Step>,
}

/// What a document says before its steps.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    pub name: String,
    #[serde(default)]
    pub focus: bool,
    #[serde(default)]
    pub app_id: Option<String>,
    #[serde(default, rename = "authgear.yaml")]
    pub config: Overlay,
    #[serde(default, rename = "authgear.features.yaml")]
    pub features: Overlay,
    #[serde(default)]
    pub extra_files_directory: Option<String>,
    #[serde(default)]
    pub before: Vec<Before>,
    pub steps: Vec<Value>,
    /// An extension of ours: the case's SQL is in both dialects.
    #[serde(default)]
    pub portable_sql: bool,
}

/// How a configuration file differs from the base.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    #[serde(default)]
    pub extend: Option<String>,
    #[serde(default, rename = "override")]
    pub changes: Option<String>,
}

/// Something that is so before the first step.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Before {
    UserImport { user_import: String },
    CustomSql { custom_sql: SqlFile },
    CustomAuditSql { custom_audit_sql: SqlFile },
    CreateSession { create_session: CreateSession },
    CreateChallenge { create_challenge: CreateChallenge },
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlFile {
    pub path: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateSession {
    pub session_type: String,
    pub session_id: String,
    pub token: String,
    pub select_user_id_sql: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateChallenge {
    pub token: String,
    pub purpose: String,
}

impl Case {
    /// The first folder of its path: what tables group it by.
    pub fn group(&self) -> &str {
        self.id.split('/').next().unwrap_or(&self.id)
    }

    /// Whether all of its SQL is in both dialects. What only looks things up in plain columns is;
    /// whoever writes more says so with `portable_sql`.
    pub fn has_portable_sql(&self) -> bool {
        let in_steps = self.steps.iter().filter_map(|step| match &step.action {
            Action::Query(query) | Action::AuditQuery(query) => Some(query.query.as_str()),
            _ => None,
        });
        let before = &self.document.before;
        let in_sessions = before.iter().filter_map(|it| match it {
            Before::CreateSession { create_session: it } => Some(it.select_user_id_sql.as_str()),
            _ => None,
        });
        let has_files = before
            .iter()
            .any(|it| matches!(it, Before::CustomSql { .. } | Before::CustomAuditSql { .. }));
        self.document.portable_sql || (!has_files && in_steps.chain(in_sessions).all(is_portable))
    }

    /// Whether it must have the installation to itself.
    pub fn is_alone(&self) -> bool {
        self.document.app_id.is_some()
    }
}

/// Words that only PostgreSQL knows, or reads differently.
const DIALECT: [&str; 8] =
    ["::", "now(", "interval", "jsonb", "encode(", "decode(", "ilike", "_audit_"];

fn is_portable(sql: &str) -> bool {
    let sql = sql.trim().to_lowercase();
    sql.starts_with("select") && !DIALECT.iter().any(|word| sql.contains(word))
}
