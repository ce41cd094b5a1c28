//! What the pages say happened, for the audit log: written in the transaction that made it happen.

use accounts::models::{load_user_model, login_id_model};
use domain::{AuthenticatorType, LoginId, UserId};
use events::{Event, Source, Stage, TerminationType, TriggeredBy, UserModel, record};
use sessions::listing::{self, Listed};
use sessions::{Session, SessionRef};
use store::Tx;

use crate::problem::Problem;
use crate::visit::Visit;

/// Somebody who does something to their own account.
pub struct Recorder<'a> {
    pub visit: &'a Visit,
    pub session: &'a Session,
}

impl Recorder<'_> {
    pub async fn profile_updated(&self, tx: &mut Tx) -> Result<(), Problem> {
        let user = self.user(tx).await?;
        self.write(tx, Event::UserProfileUpdated { user }).await
    }

    pub async fn login_id_added(&self, tx: &mut Tx, new: &LoginId) -> Result<(), Problem> {
        let user = self.user(tx).await?;
        let identity = login_id_model(&self.visit.ctx, new);
        self.write(tx, Event::LoginIdAdded { user, r#type: new.r#type, identity }).await
    }

    pub async fn login_id_updated(
        &self,
        tx: &mut Tx,
        old: &LoginId,
        new: &LoginId,
    ) -> Result<(), Problem> {
        let user = self.user(tx).await?;
        let (r#type, old, new) = (
            new.r#type,
            login_id_model(&self.visit.ctx, old),
            login_id_model(&self.visit.ctx, new),
        );
        self.write(tx, Event::LoginIdUpdated { user, r#type, old, new }).await
    }

    pub async fn login_id_removed(&self, tx: &mut Tx, old: &LoginId) -> Result<(), Problem> {
        let user = self.user(tx).await?;
        let identity = login_id_model(&self.visit.ctx, old);
        self.write(tx, Event::LoginIdRemoved { user, r#type: old.r#type, identity }).await
    }

    pub async fn wrong_password(&self, tx: &mut Tx) -> Result<(), Problem> {
        let user = self.user(tx).await?;
        let (stage, r#type) = (Stage::Primary, AuthenticatorType::Password);
        self.write(tx, Event::AuthenticationFailed { user, stage, r#type }).await
    }

    /// To be called while the sessions that ended can still be read.
    pub async fn sessions_terminated(
        &self,
        tx: &mut Tx,
        ended: &[SessionRef],
        kind: TerminationType,
    ) -> Result<(), Problem> {
        let sessions = models(tx, ended).await?;
        let user = self.user(tx).await?;
        self.write(tx, Event::UserSessionTerminated { user, sessions, kind }).await
    }

    /// The same for one's own session.
    pub async fn signed_out(&self, tx: &mut Tx, ended: &[SessionRef]) -> Result<(), Problem> {
        let sessions = models(tx, ended).await?;
        let user = self.user(tx).await?;
        self.write(tx, Event::UserSignedOut { user, sessions }).await
    }

    async fn user(&self, tx: &mut Tx) -> Result<UserModel, Problem> {
        let user: &UserId = &self.session.user_id;
        Ok(load_user_model(&self.visit.ctx, tx, user).await?)
    }

    async fn write(&self, tx: &mut Tx, event: Event) -> Result<(), Problem> {
        Ok(record(&self.visit.ctx, tx, &self.source(), event).await?)
    }

    /// Through what it comes about.
    pub fn source(&self) -> Source {
        Source {
            triggered_by: TriggeredBy::User,
            client_id: self.session.client_id.clone(),
            language: self.visit.query.get("ui_locales").map(str::to_owned),
            http_url: format!("{}{}", self.visit.ctx.app.origin(), self.visit.path),
            ..Source::default()
        }
    }
}

async fn models(tx: &mut Tx, ended: &[SessionRef]) -> Result<Vec<serde_json::Value>, Problem> {
    let (_, listed) = listing::show(tx, ended).await?;
    Ok(listed.iter().map(Listed::to_model).collect())
}
