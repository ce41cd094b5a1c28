//! Access tokens. What travels is opaque, or a JWT whose `jti` is the hash under which the
//! token is known; either way there is a row, so that ending a grant ends its tokens.

use appconfig::ClientConfig;
use ctx::Ctx;
use domain::{AccessToken, AccessTokenHolder, ClientId, Scopes};
use jose::Expected;
use stdx::{Secret, Timestamp, sha256_hex};
use store::Tx;

use crate::error::Result;

/// The `typ` of an access token (RFC 9068 §2.1).
pub const JWT_TYPE: &str = "at+jwt";

/// A token that was just made.
#[derive(Debug)]
pub struct Issued {
    /// The opaque form.
    pub token: Secret<String>,
    /// The name of the row, and the `jti` of the JWT form.
    pub hash: String,
    pub expires_at: Timestamp,
    pub expires_in_seconds: i64,
}

/// Makes a token that does what `scopes` say until its client's lifetime is over; with a
/// `dpop_jkt`, for nobody but the holder of that key.
pub async fn issue(
    ctx: &Ctx,
    tx: &mut Tx,
    client: &ClientConfig,
    holder: AccessTokenHolder,
    scopes: Scopes,
    dpop_jkt: Option<String>,
) -> Result<Issued> {
    issue_for(ctx, tx, client, (holder, None), (scopes, dpop_jkt)).await
}

/// The same for a client itself, and for a resource of the project's (RFC 8707 §2.2). It is
/// nobody's session: nothing of ours opens to it.
pub async fn issue_to_client(
    ctx: &Ctx,
    tx: &mut Tx,
    client: &ClientConfig,
    audience: &str,
    scopes: Scopes,
    dpop_jkt: Option<String>,
) -> Result<Issued> {
    issue_for(ctx, tx, client, (AccessTokenHolder::Client, Some(audience)), (scopes, dpop_jkt))
        .await
}

/// The same for whoever holds it, and for the audience that is named; for us if none is.
pub async fn issue_for(
    ctx: &Ctx,
    tx: &mut Tx,
    client: &ClientConfig,
    (holder, audience): (AccessTokenHolder, Option<&str>),
    (scopes, dpop_jkt): (Scopes, Option<String>),
) -> Result<Issued> {
    let token = ctx.rng.token();
    let expires_in_seconds = client.access_token_lifetime_seconds;
    let row = AccessToken {
        hash: sha256_hex(&token),
        holder,
        client_id: ClientId::new(&client.client_id),
        scopes,
        audience: audience.map(str::to_owned),
        dpop_jkt,
        created_at: ctx.now,
        expires_at: ctx.now.plus_seconds(expires_in_seconds),
    };
    tx.access_tokens().insert(&row).await?;
    Ok(Issued {
        token: Secret::new(token),
        hash: row.hash,
        expires_at: row.expires_at,
        expires_in_seconds,
    })
}

/// The name of the row that a presented token stands for; `None` when it cannot be one.
///
/// A JWT must be an access token of this project and for this server: an ID token, or one for
/// another audience, opens nothing (RFC 9068 §4).
pub fn row_name(ctx: &Ctx, presented: &str) -> Option<String> {
    name(ctx, presented, Some(ctx.app.origin()))
}

/// The same for a token for whatever audience: to be told about, or to be revoked.
pub(crate) fn row_name_for_any(ctx: &Ctx, presented: &str) -> Option<String> {
    name(ctx, presented, None)
}

fn name(ctx: &Ctx, presented: &str, audience: Option<&str>) -> Option<String> {
    // Base64url of `{"`: no opaque token of ours has a dot, so nothing is taken for the other.
    if !presented.starts_with("eyJ") || !presented.contains('.') {
        let plausible = !presented.is_empty() && presented.len() <= 256;
        return plausible.then(|| sha256_hex(presented));
    }
    let jwt = ctx.app.keys.verify(presented).ok()?;
    let expected = Expected {
        now: ctx.now,
        skew_seconds: 0,
        issuer: Some(ctx.app.origin()),
        audience,
        expired_is_fine: false,
    };
    if !jwt.header.is_type(JWT_TYPE) || jwt.check(&expected).is_err() {
        return None;
    }
    jwt.text("jti").map(str::to_owned)
}

/// Makes the token worthless at once (RFC 7009 §2.1); whether there was one.
pub async fn revoke(ctx: &Ctx, tx: &mut Tx, presented: &str) -> Result<bool> {
    let Some(hash) = row_name_for_any(ctx, presented) else { return Ok(false) };
    Ok(tx.access_tokens().delete(&hash).await?)
}
