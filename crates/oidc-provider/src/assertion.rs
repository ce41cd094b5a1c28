//! `private_key_jwt`: a client proves itself with a JWT that it signed (RFC 7523 §3).
//!
//! The assertion is for this server, lives shortly, and is good once. Its keys are those that the
//! client has in the configuration, or publishes at its `x_jwks_uri`.

use appconfig::ClientConfig;
use ctx::Ctx;
use jose::{Expected, Jwt};
use kv::Key;
use oauth::{ErrorCode, OAuthError};
use stdx::sha256_hex;
use web::Platform;

use crate::client_keys;
use crate::error::EndpointError;

pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far two clocks may disagree.
const SKEW_SECONDS: i64 = 60;

/// An assertion is remembered until it ends, so that nobody uses it twice; a client that lives
/// longer than this between signing and sending has lost its way.
const LIFETIME_SECONDS_MAX: i64 = 60 * 60;

/// UUIDs and 256 random bits are a fraction of it.
const JTI_BYTES_MAX: usize = 256;

/// Whether the client signed `assertion` for us, and nobody has used it. `endpoint` is where it was
/// sent: besides the issuer, its address is accepted as the audience, and so is the token endpoint's
/// (RFC 7523 §3 (3), RFC 9126 §2).
pub async fn check(
    platform: &Platform,
    ctx: &Ctx,
    client: &ClientConfig,
    assertion: &str,
    endpoint: &str,
) -> Result<(), EndpointError> {
    let jwt = client_keys::verify(platform, ctx, client, assertion).await.map_err(refused)?;
    check_claims(ctx, client, &jwt, endpoint)?;
    let id = jwt.text("jti").filter(|it| (1..=JTI_BYTES_MAX).contains(&it.len()));
    let id = id.ok_or_else(|| refused("the assertion has no jti"))?;
    let ends_at = jwt.instant("exp").unwrap_or(ctx.now).plus_seconds(SKEW_SECONDS);
    let name = sha256_hex(&format!("{} {id}", client.client_id));
    let key = Key::new(&ctx.app.id, "client_assertion", &name);
    let left = ends_at.seconds_since(ctx.now).max(1);
    if platform.kv.swap(&key, None, b"used", left, ctx.now).await? {
        return Ok(());
    }
    Err(refused("the assertion was used before"))
}

fn check_claims(
    ctx: &Ctx,
    client: &ClientConfig,
    jwt: &Jwt,
    endpoint: &str,
) -> Result<(), EndpointError> {
    // Other JWTs that the client signs (RFC 8725 §3.11).
    let is_assertion = jwt.header.typ.is_none()
        || ["JWT", "client-authentication+jwt"].iter().any(|it| jwt.header.is_type(it));
    if !is_assertion {
        return Err(refused("the assertion is a token of another type"));
    }
    let id = Some(client.client_id.as_str());
    if jwt.text("iss") != id || jwt.text("sub") != id {
        return Err(refused("iss and sub of the assertion must be the client ID"));
    }
    let expected = Expected {
        now: ctx.now,
        skew_seconds: SKEW_SECONDS,
        issuer: None,
        audience: None,
        expired_is_fine: false,
    };
    jwt.check(&expected).map_err(|error| refused(error.to_string()))?;
    let latest = ctx.now.plus_seconds(LIFETIME_SECONDS_MAX);
    if jwt.instant("exp").is_none_or(|ends_at| ends_at > latest) {
        return Err(refused("the assertion lives too long"));
    }
    let origin = ctx.app.origin();
    let ours = [origin.to_owned(), format!("{origin}/oauth2/token"), format!("{origin}{endpoint}")];
    if jwt.audiences().iter().any(|audience| ours.iter().any(|it| it == audience)) {
        return Ok(());
    }
    Err(refused("the assertion is for another audience"))
}

fn refused(text: impl Into<std::borrow::Cow<'static, str>>) -> EndpointError {
    EndpointError::ClientAuthentication(OAuthError::new(ErrorCode::InvalidClient, text))
}

#[cfg(test)]
mod tests;
