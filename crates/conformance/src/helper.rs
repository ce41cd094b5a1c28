//! The seam behind which the server keeps its own formats: `authwarden internal`, or whatever
//! else has the same verbs.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

/// An import of a hundred people takes a second or two in a debug build.
const TIMEOUT: Duration = Duration::from_mins(1);

/// How the helper is called: a program, arguments before the verb, the environment.
#[derive(Clone, Debug)]
pub struct Helper {
    program: String,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Helper {
    /// `template` is a program and its first arguments, separated by spaces.
    pub fn new(template: &str, environment: Vec<(String, String)>) -> Result<Self> {
        let mut words = template.split_whitespace().map(str::to_owned);
        let program = words.next().context("the helper has no program")?;
        Ok(Self { program, arguments: words.collect(), environment })
    }

    pub async fn import_users(&self, app_id: &str, file: &Path) -> Result<()> {
        let file = file.display().to_string();
        self.run("import-users", &[("--app-id", app_id)], &[&file]).await.map(drop)
    }

    pub async fn create_session(
        &self,
        app_id: &str,
        session_id: &str,
        token: &str,
        user_id: &str,
    ) -> Result<()> {
        let flags = [
            ("--app-id", app_id),
            ("--session-type", "idp"),
            ("--session-id", session_id),
            ("--token", token),
            ("--user-id", user_id),
        ];
        self.run("create-session", &flags, &[]).await.map(drop)
    }

    pub async fn create_challenge(&self, app_id: &str, purpose: &str, token: &str) -> Result<()> {
        let flags = [("--app-id", app_id), ("--purpose", purpose), ("--token", token)];
        self.run("create-challenge", &flags, &[]).await.map(drop)
    }

    /// A refresh token of a fresh grant.
    pub async fn refresh_token(&self, app_id: &str, user: &str, client: &str) -> Result<String> {
        let flags = [("--app-id", app_id), ("--user-id", user), ("--client-id", client)];
        self.run("generate-refresh-token", &flags, &[]).await
    }

    pub async fn app_session_token(&self, app_id: &str, refresh_token: &str) -> Result<String> {
        let flags = [("--app-id", app_id), ("--refresh-token", refresh_token)];
        self.run("generate-app-session-token", &flags, &[]).await
    }

    /// What the helper prints, without the line's end.
    async fn run(&self, verb: &str, flags: &[(&str, &str)], rest: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(verb).envs(self.environment.iter().cloned());
        command.args(flags.iter().flat_map(|(name, value)| [name, value])).args(rest);
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(TIMEOUT, command.output())
            .await
            .with_context(|| format!("{verb} did not end"))?
            .with_context(|| format!("cannot start {}", self.program))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("{verb} failed: {}", said.trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}
