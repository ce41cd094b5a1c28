//! Grants: one sign-in through one application, with its first refresh token.

use appconfig::ClientConfig;
use ctx::Ctx;
use domain::{
    AuthorizationId, ClientId, Grant, GrantId, IdentityId, IdpSessionId, RefreshToken, Scopes,
    UserId,
};
use oauth::DeviceInfo;
use stdx::{Secret, Timestamp};
use store::Tx;

use crate::access::{Lifetimes, access};
use crate::end;
use crate::error::Result;
use crate::refresh;
use crate::session::SessionRef;

/// What a new grant is to be.
#[derive(Clone, Debug)]
pub struct NewGrant {
    pub id: GrantId,
    pub user_id: UserId,
    pub authorization_id: AuthorizationId,
    pub scopes: Scopes,
    pub idp_session_id: Option<IdpSessionId>,
    pub identity_id: Option<IdentityId>,
    pub sso_enabled: bool,
    pub amr: Vec<String>,
    pub authenticated_at: Timestamp,
    pub device_info: Option<DeviceInfo>,
    pub app2app_device_key_jwk: Option<String>,
    /// The key that its refresh token is bound to.
    pub dpop_jkt: Option<String>,
}

/// A grant that was just made.
#[derive(Debug)]
pub struct Issued {
    pub grant: Grant,
    /// Told once. Handing it out is up to the caller: without `offline_access` nobody gets it.
    pub refresh_token: Secret<String>,
    /// Grants of the same person and client that had to make room.
    pub ended: Vec<SessionRef>,
}

/// Makes a grant for `client`. Where the client allows one session at a time, the others of
/// the same person end.
pub async fn issue(ctx: &Ctx, tx: &mut Tx, client: &ClientConfig, new: NewGrant) -> Result<Issued> {
    let mut ended = Vec::new();
    if client.x_max_concurrent_session == 1 {
        tx.lock(&format!("one grant {} {}", new.user_id, client.client_id)).await?;
        for other in tx.grants().list(&new.user_id).await? {
            if other.client_id.as_str() == client.client_id {
                ended.extend(end::grant_alone(ctx, tx, &other.id).await?);
            }
        }
    }
    let lifetimes = Lifetimes::of_client(client);
    let grant = Grant {
        id: new.id,
        user_id: new.user_id,
        client_id: ClientId::new(&client.client_id),
        idp_session_id: new.idp_session_id,
        identity_id: new.identity_id,
        created_at: ctx.now,
        authenticated_at: new.authenticated_at,
        amr: new.amr,
        initial_access: access(ctx),
        last_access: access(ctx),
        device_info: new.device_info.map(|info| info.to_json()),
        sso_enabled: new.sso_enabled,
        app2app_device_key_jwk: new.app2app_device_key_jwk,
        device_secret_hash: None,
        device_secret_dpop_jkt: None,
        expires_at: lifetimes.expires_at(ctx.now),
        idle_expires_at: lifetimes.idle_expires_at(ctx.now),
        ended_at: None,
    };
    tx.grants().insert(&grant).await?;
    let (row, refresh_token) =
        refresh::first(ctx, &grant, Some(new.authorization_id), new.scopes, new.dpop_jkt);
    tx.refresh_tokens().insert(&row).await?;
    Ok(Issued { grant, refresh_token, ended })
}

/// A further refresh token of a grant that there is already, for a client that was opened from
/// the grant's session.
pub async fn add_refresh_token(
    ctx: &Ctx,
    tx: &mut Tx,
    grant: &Grant,
    client: &ClientConfig,
    authorization: (AuthorizationId, Scopes),
    dpop_jkt: Option<String>,
) -> Result<Secret<String>> {
    let (id, scopes) = authorization;
    let (row, refresh_token) = refresh::first(ctx, grant, Some(id), scopes, dpop_jkt);
    let row = RefreshToken { client_id: ClientId::new(&client.client_id), ..row };
    tx.refresh_tokens().insert(&row).await?;
    Ok(refresh_token)
}
