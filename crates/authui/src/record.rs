//! What the pages say happened, for the audit log: written in the transaction that made it happen.

use accounts::models::load_user_model;
use domain::{AuthenticatorType, UserId};
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
            language: Some(self.visit.language().to_owned()),
            http_url: format!("{}{}", self.visit.ctx.app.origin(), self.visit.path),
            ..Source::default()
        }
    }
}

async fn models(tx: &mut Tx, ended: &[SessionRef]) -> Result<Vec<serde_json::Value>, Problem> {
    let (_, listed) = listing::show(tx, ended).await?;
    Ok(listed.iter().map(Listed::to_model).collect())
}
