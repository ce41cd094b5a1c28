//! Names of values.

use domain::AppId;

/// The name of a value: a kind, the project it belongs to, and an id within both.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    /// `kind` is one of ours, never input: it keeps kinds apart whatever the ids are.
    pub fn new(app: &AppId, kind: &'static str, id: &str) -> Self {
        Self(format!("authwarden:app:{}:{kind}:{id}", app.as_str()))
    }

    /// For what belongs to the whole installation.
    pub fn global(kind: &'static str, id: &str) -> Self {
        Self(format!("authwarden:global:{kind}:{id}"))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}
