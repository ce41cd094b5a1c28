//! `id_token_hint`: who the client thinks the person is (OpenID Connect Core §3.1.2.1).

use ctx::Ctx;
use domain::UserId;
use oauth::{AuthorizationRequest, ErrorCode, OAuthError, scope};
use sessions::{KnownIdToken, Session, Sessions, subject};

use crate::error::EndpointError;

/// What a hint came to.
#[derive(Debug, Default)]
pub struct Hint {
    pub user_id: Option<String>,
    /// The session that it names, if it is alive.
    pub session: Option<Session>,
    /// Whether it is recent enough for the person to be asked for the second time only.
    pub may_reauthenticate: bool,
}

impl Hint {
    /// Takes up the `sub` that the parameter `claims` insists on (OpenID Connect Core §5.5.1). A name
    /// that is the client's own can only be that of whoever is there.
    pub fn narrow(
        &mut self,
        ctx: &Ctx,
        request: &AuthorizationRequest,
        browser: Option<&Session>,
    ) -> Result<(), OAuthError> {
        let Some(wanted) = &request.claims.subject else { return Ok(()) };
        let is_wanted = |user: &UserId| subject(ctx, Some(&request.client_id), user) == *wanted;
        let direct = UserId::new(wanted);
        let known = self.user_id.as_ref().map(UserId::new);
        let here = browser.map(|it| it.user_id.clone());
        let found = [known, Some(direct), here].into_iter().flatten().find(is_wanted);
        let contradicts = |it: &UserId| self.user_id.as_ref().is_some_and(|id| id != it.as_str());
        match found {
            Some(user) if !contradicts(&user) => {
                self.user_id = Some(user.as_str().to_owned());
                Ok(())
            }
            _ => Err(OAuthError::new(ErrorCode::LoginRequired, "another user is wanted")),
        }
    }
}

/// Reads the hint of a request. It may have expired; it must be ours.
pub async fn read(
    sessions: &Sessions,
    ctx: &Ctx,
    request: &AuthorizationRequest,
) -> Result<Hint, EndpointError> {
    let Some(token) = &request.id_token_hint else { return Ok(Hint::default()) };
    let invalid = || OAuthError::invalid_request("invalid id_token_hint");
    let known = KnownIdToken::read(ctx, token).ok_or_else(invalid)?;
    let user_id = known.user(sessions, ctx).await?.ok_or_else(invalid)?;
    let session = match &known.session {
        Some(it) => sessions.find(ctx, it, Some(&request.client_id)).await?,
        None => None,
    };
    // A session of somebody else says nothing about the person of the hint.
    let session = session.filter(|it| it.user_id == user_id);
    let is_trusted = session.as_ref().is_some_and(|it| it.allows(scope::FULL_ACCESS));
    let is_recent = known.expires_at.is_some_and(|expires_at| ctx.now < expires_at);
    let user_id = Some(user_id.as_str().to_owned());
    Ok(Hint { user_id, session, may_reauthenticate: is_trusted && is_recent })
}
