//! The end of an authorization request: consent on record, and a code.

use appconfig::ClientConfig;
use ctx::Ctx;
use domain::{Authorization, ClientId, Scopes, UserId};
use oauth::{AuthorizationRequest, ErrorCode, OAuthError, ResponseType, scope};
use sessions::code::{self, CodeGrant};
use sessions::settings_code::{self, SettingsCode};
use sessions::{AuthenticationInfo, OAuthSession, Session, SessionRef, consent};
use stdx::Timestamp;
use store::Tx;
use web::Platform;

use crate::error::EndpointError;

/// Who authenticated, how and when, and out of which session.
#[derive(Clone, Debug)]
pub struct Proved {
    user_id: UserId,
    amr: Vec<String>,
    authenticated_at: Timestamp,
    session: Option<SessionRef>,
    /// The session of an `id_token_hint`, which this authentication renews.
    reauthenticated_sid: Option<String>,
}

/// What became of the request.
#[derive(Debug)]
pub enum Finished {
    /// With a code, unless the response type asks for none.
    Granted { code: Option<String> },
    /// With what a device gets that waits for it (RFC 8628).
    Device(Box<CodeGrant>),
    /// The person has to say yes first.
    ConsentNeeded,
}

impl Proved {
    pub fn by_flow(info: &AuthenticationInfo, hinted_sid: Option<&str>) -> Self {
        Self {
            user_id: info.user_id.clone(),
            amr: info.amr.clone(),
            authenticated_at: info.authenticated_at,
            session: info.session.clone(),
            reauthenticated_sid: hinted_sid.map(str::to_owned),
        }
    }

    /// A session that there already is: nobody authenticated again.
    pub fn by_session(session: &Session) -> Self {
        Self {
            user_id: session.user_id.clone(),
            amr: session.amr.clone(),
            authenticated_at: session.authenticated_at,
            session: Some(session.session.clone()),
            reauthenticated_sid: None,
        }
    }
}

/// Whether the person has already allowed the client all of this.
pub async fn is_covered(
    platform: &Platform,
    ctx: &Ctx,
    client: &ClientConfig,
    request: &AuthorizationRequest,
    proved: &Proved,
) -> Result<bool, EndpointError> {
    let mut tx = platform.store.read(&ctx.app.id).await?;
    let (client, scopes) = (ClientId::new(&client.client_id), Scopes::parse(&request.scope));
    let found = consent::find_covering(&mut tx, &proved.user_id, &client, &scopes).await?;
    Ok(found.is_some())
}

/// Grants a request. A project's own clients need no consent of the person; others need what
/// is on record, or `consented` now.
pub async fn finish(
    platform: &Platform,
    ctx: &Ctx,
    client: &ClientConfig,
    request: &AuthorizationRequest,
    proved: &Proved,
    consented: bool,
) -> Result<Finished, EndpointError> {
    let (id, scopes) = (ClientId::new(&client.client_id), Scopes::parse(&request.scope));
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let user = tx.users().find(&proved.user_id).await?;
    if !user.is_some_and(|user| user.is_usable(ctx.now)) {
        return Err(OAuthError::new(ErrorCode::AccessDenied, "the account is not usable").into());
    }
    let authorization = if consented {
        Some(consent::give(ctx, &mut tx, &proved.user_id, &id, &scopes).await?)
    } else {
        on_record(ctx, &mut tx, client, &proved.user_id, &scopes).await?
    };
    let Some(authorization) = authorization else { return Ok(Finished::ConsentNeeded) };
    tx.commit().await?;
    let grant = || code_grant(ctx, request, proved, authorization.id.as_str());
    match request.response_type {
        ResponseType::None => Ok(Finished::Granted { code: None }),
        ResponseType::Code => {
            let code = code::issue(ctx, &platform.kv, grant()).await?;
            Ok(Finished::Granted { code: Some(code.reveal().clone()) })
        }
        // Another device: its session is its own, whatever the browser's is, and it is news.
        ResponseType::Device => {
            let grant = CodeGrant { shared_grant_id: None, is_news: true, ..grant() };
            Ok(Finished::Device(Box::new(grant)))
        }
        ResponseType::SettingsAction => Err(not_carried_out()),
    }
}

/// The consent that there is, where nobody can be asked. What a project's own client may do goes
/// without saying; others must have asked before.
pub async fn on_record(
    ctx: &Ctx,
    tx: &mut Tx,
    client: &ClientConfig,
    user: &UserId,
    scopes: &Scopes,
) -> Result<Option<Authorization>, EndpointError> {
    let id = ClientId::new(&client.client_id);
    if client.is_first_party() {
        return Ok(Some(consent::give(ctx, tx, user, &id, scopes).await?));
    }
    Ok(consent::find_covering(tx, user, &id, scopes).await?)
}

/// Grants a settings action that was carried out. It opens nothing, so that nobody asks whether the
/// account may still be used: the action may have been to give it up.
pub async fn action(
    platform: &Platform,
    ctx: &Ctx,
    session: &OAuthSession,
    info: &AuthenticationInfo,
) -> Result<Finished, EndpointError> {
    if !session.action_done {
        return Err(not_carried_out());
    }
    let request = &session.request;
    let code = SettingsCode {
        client_id: request.client_id.clone(),
        redirect_uri: request.redirect_uri.clone(),
        code_challenge: request.code_challenge.clone(),
        user_id: info.user_id.as_str().to_owned(),
    };
    let code = settings_code::issue(ctx, &platform.kv, &code).await?;
    Ok(Finished::Granted { code: Some(code.reveal().clone()) })
}

fn not_carried_out() -> EndpointError {
    let text = "the settings action was not carried out";
    OAuthError::new(ErrorCode::AccessDenied, text).into()
}

fn code_grant(
    ctx: &Ctx,
    request: &AuthorizationRequest,
    proved: &Proved,
    authorization_id: &str,
) -> CodeGrant {
    let (idp_session, shared_grant) = match &proved.session {
        Some(SessionRef::Idp(id)) => (Some(id.as_str().to_owned()), None),
        Some(SessionRef::Grant(id)) => (None, Some(id.as_str().to_owned())),
        None => (None, None),
    };
    // Without a new refresh token, authenticating again adds nothing but time to the grant that
    // the client has already.
    let offline = Scopes::parse(&request.scope).contains(scope::OFFLINE_ACCESS);
    let renewed = proved.reauthenticated_sid.as_deref().and_then(SessionRef::from_sid);
    let renewed = match renewed {
        Some(SessionRef::Grant(id)) if !offline => Some(id.as_str().to_owned()),
        _ => None,
    };
    CodeGrant {
        grant_id: renewed.unwrap_or_else(|| ctx.rng.uuid()),
        client_id: request.client_id.clone(),
        redirect_uri: request.redirect_uri.clone(),
        code_challenge: request.code_challenge.clone(),
        scope: request.scope.clone(),
        nonce: request.nonce.clone(),
        // A grant can only live and die with a browser session that there is.
        sso_enabled: request.sso_enabled() && idp_session.is_some(),
        authorization_id: authorization_id.to_owned(),
        user_id: proved.user_id.as_str().to_owned(),
        amr: proved.amr.clone(),
        authenticated_at_micros: proved.authenticated_at.0,
        // A flow that opens a browser session has told of it.
        is_news: idp_session.is_none() && shared_grant.is_none(),
        idp_session_id: idp_session,
        shared_grant_id: shared_grant,
        reauthenticated_sid: proved.reauthenticated_sid.clone(),
        dpop_jkt: request.dpop_jkt.clone(),
        claims: request.claims.id_token.clone(),
        resource: request.resource.clone(),
    }
}
