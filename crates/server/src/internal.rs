//! What an installation under test is prepared with, behind no HTTP: people, sessions, tokens.
//!
//! Test suites need sessions and challenges whose names they choose, and people whose passwords
//! they know. The command line offers these verbs where the environment says that the installation
//! is there to be tested, and nowhere else. They are the rules of the server itself, so that
//! nobody outside has to know how it keeps things.

use std::sync::Arc;

use accounts::import::{self, Detail, Import, Problem};
use accounts::login_id::Lists;
use ctx::{Caller, Ctx};
use domain::{AppId, ClientId, GrantId, Scopes, UserId};
use kv::Kv;
use sessions::challenge::Purpose;
use sessions::grant::NewGrant;
use sessions::refresh::Found;
use sessions::{SessionsError, app_session, browser, challenge, consent, grant, refresh};
use stdx::{Rng, Secret, Timestamp};
use store::{Store, StoreError};

use crate::database::{self, DatabaseError};
use crate::settings::Settings;
use crate::start::{self, Report, StartError};

/// What the refresh tokens of test suites may do.
const SCOPES: &str = "openid offline_access https://authgear.com/scopes/full-access";

/// One project of an installation under test.
pub struct Internal {
    store: Store,
    kv: Kv,
    ctx: Ctx,
}

#[derive(Debug, thiserror::Error)]
pub enum InternalError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the project cannot be used: {0}")]
    Project(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Sessions(#[from] SessionsError),
    #[error(transparent)]
    Accounts(#[from] accounts::AccountError),
    #[error("the import is refused: {0:?}")]
    Import(Problem),
    #[error("there is no client {0}")]
    Client(String),
    #[error("the refresh token is not good")]
    RefreshToken,
}

impl Internal {
    /// Opens the databases of `settings` and reads the project `app_id` from them.
    pub async fn open(
        settings: &Settings,
        app_id: &str,
        report: Report<'_>,
    ) -> Result<Self, InternalError> {
        let store = start::open_store(settings, report).await?;
        let kv = start::open_kv(settings, report)?;
        let app = database::load_one(&store, &AppId::new(app_id)).await?;
        let app = app.map_err(InternalError::Project)?;
        let rng = Rng::system();
        let request_id = rng.uuid();
        let caller = Caller { ip: "127.0.0.1".to_owned(), user_agent: "e2e".to_owned() };
        let now = Timestamp::from_clock();
        Ok(Self { store, kv, ctx: Ctx { app: Arc::new(app), now, rng, caller, request_id } })
    }

    /// Imports people; what became of each record is in the answer.
    pub async fn import_users(&self, document: &[u8]) -> Result<Vec<Detail>, InternalError> {
        let import = Import::parse(document).map_err(InternalError::Import)?;
        Ok(import::run(&self.ctx, &self.store, &Lists::of(&self.ctx.app), &import).await?)
    }

    /// Opens a browser session whose cookie is `<id>.<secret>`.
    pub async fn create_session(
        &self,
        user: &str,
        id: &str,
        secret: &str,
    ) -> Result<(), InternalError> {
        let user = UserId::new(user);
        let mut tx = self.store.write(&self.ctx.app.id).await?;
        let known = (id.to_owned(), secret);
        browser::create_known(&self.ctx, &mut tx, &user, Vec::new(), known).await?;
        Ok(tx.commit().await?)
    }

    pub async fn create_challenge(
        &self,
        purpose: Purpose,
        token: &str,
    ) -> Result<(), InternalError> {
        Ok(challenge::issue_known(&self.ctx, &self.kv, purpose, token).await?)
    }

    /// Signs somebody in to a client and gives the refresh token.
    pub async fn refresh_token(
        &self,
        user: &str,
        client_id: &str,
    ) -> Result<Secret<String>, InternalError> {
        let mut clients = self.ctx.app.config.oauth.clients.iter();
        let client = clients.find(|it| it.client_id == client_id);
        let client = client.ok_or_else(|| InternalError::Client(client_id.to_owned()))?;
        let (user, id, scopes) =
            (UserId::new(user), ClientId::new(client_id), Scopes::parse(SCOPES));
        let mut tx = self.store.write(&self.ctx.app.id).await?;
        let authorization = consent::give(&self.ctx, &mut tx, &user, &id, &scopes).await?;
        let new = NewGrant {
            id: GrantId::new(self.ctx.rng.uuid()),
            user_id: user,
            authorization_id: authorization.id,
            scopes,
            idp_session_id: None,
            identity_id: None,
            sso_enabled: false,
            amr: Vec::new(),
            authenticated_at: self.ctx.now,
            device_info: None,
            app2app_device_key_jwk: None,
            dpop_jkt: None,
        };
        let issued = grant::issue(&self.ctx, &mut tx, client, new).await?;
        tx.commit().await?;
        Ok(issued.refresh_token)
    }

    pub async fn app_session_token(
        &self,
        refresh_token: &str,
    ) -> Result<Secret<String>, InternalError> {
        let mut tx = self.store.write(&self.ctx.app.id).await?;
        let found = refresh::find(&self.ctx, &mut tx, refresh_token).await?;
        tx.commit().await?;
        let Found::Live(live) = found else { return Err(InternalError::RefreshToken) };
        let (ctx, kv) = (&self.ctx, &self.kv);
        Ok(app_session::issue_token(ctx, kv, &live.grant, &live.token.id).await?.0)
    }
}
