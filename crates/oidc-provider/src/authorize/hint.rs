//! `id_token_hint`: who the client thinks the person is (OpenID Connect Core §3.1.2.1).

use ctx::Ctx;
use oauth::{AuthorizationRequest, OAuthError, scope};
use sessions::{Session, SessionRef, Sessions, access_token};
use stdx::Timestamp;

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

/// Reads the hint of a request. It may have expired; it must be ours.
pub async fn read(
    sessions: &Sessions,
    ctx: &Ctx,
    request: &AuthorizationRequest,
) -> Result<Hint, EndpointError> {
    let Some(token) = &request.id_token_hint else { return Ok(Hint::default()) };
    let Some(known) = Known::read(ctx, token) else {
        return Err(OAuthError::invalid_request("invalid id_token_hint").into());
    };
    let session = match &known.session {
        Some(it) => sessions.find(ctx, it, Some(&request.client_id)).await?,
        None => None,
    };
    // A session of somebody else says nothing about the person of the hint.
    let session = session.filter(|it| it.user_id.as_str() == known.user_id);
    let is_trusted = session.as_ref().is_some_and(|it| it.allows(scope::FULL_ACCESS));
    let is_recent = known.expires_at.is_some_and(|expires_at| ctx.now < expires_at);
    Ok(Hint { user_id: Some(known.user_id), session, may_reauthenticate: is_trusted && is_recent })
}

/// What an ID token of ours says, whenever it was made.
#[derive(Debug)]
pub struct Known {
    pub user_id: String,
    pub session: Option<SessionRef>,
    pub audiences: Vec<String>,
    /// The hash of the device secret that belongs to it.
    pub ds_hash: Option<String>,
    expires_at: Option<Timestamp>,
}

impl Known {
    /// The issuer is not compared: it follows from the public origin, which may have changed,
    /// and the key is the project's own.
    pub fn read(ctx: &Ctx, token: &str) -> Option<Self> {
        let jwt = ctx.app.keys.verify(token).ok()?;
        // An access token is signed by the same keys, and is no ID token.
        if jwt.header.is_type(access_token::JWT_TYPE) {
            return None;
        }
        Some(Self {
            user_id: jwt.text("sub")?.to_owned(),
            session: jwt.text("sid").and_then(SessionRef::from_sid),
            audiences: jwt.audiences().into_iter().map(str::to_owned).collect(),
            ds_hash: jwt.text("ds_hash").map(str::to_owned),
            expires_at: jwt.instant("exp"),
        })
    }
}
