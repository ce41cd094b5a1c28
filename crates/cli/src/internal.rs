//! `authwarden internal`: what test suites prepare an installation with.
//!
//! It is in every build, so that the program that is tested is the one that is shipped, and it
//! does nothing unless the environment says that the installation is there to be tested.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, Subcommand};
use server::Internal as Inside;
use sessions::challenge::Purpose;

use crate::arguments::Serve;
use crate::say;

#[derive(Debug, Args)]
pub struct Internal {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    serve: Serve,
    /// Says that this is a test installation, whose data nobody needs
    #[arg(long, env = "AUTHWARDEN_TEST_INSTALLATION", hide = true, default_value_t = false,
          action = clap::ArgAction::Set)]
    is_test_installation: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Import people from a file, and fail if any of them fails
    ImportUsers {
        #[arg(long)]
        app_id: String,
        file: PathBuf,
    },
    /// Open a browser session with a known cookie
    CreateSession {
        #[arg(long)]
        app_id: String,
        #[arg(long, value_parser = ["idp"])]
        session_type: String,
        #[arg(long)]
        session_id: String,
        #[arg(long)]
        token: String,
        #[arg(long)]
        user_id: String,
    },
    /// Keep a known challenge for a device to sign
    CreateChallenge {
        #[arg(long)]
        app_id: String,
        #[arg(long)]
        purpose: String,
        #[arg(long)]
        token: String,
    },
    /// Sign somebody in to a client and print the refresh token
    GenerateRefreshToken {
        #[arg(long)]
        app_id: String,
        #[arg(long)]
        user_id: String,
        #[arg(long)]
        client_id: String,
    },
    /// Print a token with which a browser becomes the app's user
    GenerateAppSessionToken {
        #[arg(long)]
        app_id: String,
        #[arg(long)]
        refresh_token: String,
    },
}

impl Verb {
    fn app_id(&self) -> &str {
        match self {
            Self::ImportUsers { app_id, .. }
            | Self::CreateSession { app_id, .. }
            | Self::CreateChallenge { app_id, .. }
            | Self::GenerateRefreshToken { app_id, .. }
            | Self::GenerateAppSessionToken { app_id, .. } => app_id,
        }
    }
}

pub fn run(arguments: &Internal) -> Result<()> {
    ensure!(
        arguments.is_test_installation,
        "this is for test installations only, and AUTHWARDEN_TEST_INSTALLATION does not say that \
         this is one"
    );
    let settings = arguments.serve.settings();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let inside = Inside::open(&settings, arguments.verb.app_id(), &|_| ()).await?;
        act(&inside, &arguments.verb).await
    })
}

async fn act(inside: &Inside, verb: &Verb) -> Result<()> {
    match verb {
        Verb::ImportUsers { file, .. } => import(inside, file).await,
        Verb::CreateSession { session_id, token, user_id, .. } => {
            Ok(inside.create_session(user_id, session_id, token).await?)
        }
        Verb::CreateChallenge { purpose, token, .. } => {
            let purpose = Purpose::parse(purpose).context("there is no such purpose")?;
            Ok(inside.create_challenge(purpose, token).await?)
        }
        Verb::GenerateRefreshToken { user_id, client_id, .. } => {
            say::line(inside.refresh_token(user_id, client_id).await?.reveal());
            Ok(())
        }
        Verb::GenerateAppSessionToken { refresh_token, .. } => {
            say::line(inside.app_session_token(refresh_token).await?.reveal());
            Ok(())
        }
    }
}

async fn import(inside: &Inside, file: &std::path::Path) -> Result<()> {
    let document =
        std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let details = inside.import_users(&document).await?;
    for (number, detail) in details.iter().enumerate() {
        if let Some(problem) = &detail.problem {
            bail!("record {number}: {}: {} {:?}", problem.reason, problem.message, problem.causes);
        }
        say::line(detail.outcome.as_str());
    }
    Ok(())
}
