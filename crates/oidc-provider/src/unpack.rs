//! Authorization requests that come another way than in the address: pushed before (RFC 9126), or
//! signed by the client (RFC 9101).
//!
//! Whatever stands in the address beside them is not looked at (RFC 9101 §6.3). An address of the
//! client's, from where we would have to fetch a request, is refused and never called.

use appconfig::ClientConfig;
use ctx::Ctx;
use jose::{Expected, Jwt};
use kv::{Key, Kv};
use oauth::{ErrorCode, OAuthError, Params};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stdx::sha256_hex;
use web::Platform;

use crate::client_keys;
use crate::error::EndpointError;

/// RFC 9126 §2.2.
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// Browsers follow at once; RFC 9126 §2.2 suggests five to six hundred seconds.
pub const PUSHED_SECONDS: i64 = 90;

/// How far two clocks may disagree.
const SKEW_SECONDS: i64 = 60;

/// A request is sent when it is made: one that is good for longer is not for one sign-in.
const LIFETIME_SECONDS_MAX: i64 = 60 * 60;

/// What is about the object, and not about the request (RFC 9101 §4).
const ABOUT_THE_OBJECT: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "jti", "sub"];

/// How a request came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    pub is_pushed: bool,
    pub is_signed: bool,
}

impl Way {
    /// Whether the client may send requests this way.
    pub fn check(self, client: &ClientConfig) -> Result<(), OAuthError> {
        if client.x_require_pushed_authorization_requests && !self.is_pushed {
            let text = "this client must push its authorization requests";
            return Err(OAuthError::invalid_request(text));
        }
        if client.x_require_signed_request_object && !self.is_signed {
            let text = "this client must sign its authorization requests";
            return Err(OAuthError::invalid_request(text));
        }
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct Pushed {
    params: Params,
    is_signed: bool,
}

/// What a request really asks for. A pushed request is good once.
pub async fn unpack(
    platform: &Platform,
    ctx: &Ctx,
    params: &Params,
) -> Result<(Params, Way), EndpointError> {
    let named = params.get("request_uri").and_then(|it| it.strip_prefix(PREFIX));
    let Some(id) = named else { return unpack_object(platform, ctx, params).await };
    let pushed: Option<Pushed> = platform.kv.take_json(&key(ctx, id), ctx.now).await?;
    // RFC 9126 §2.2: for the client that pushed it.
    let pushed = pushed.filter(|it| it.params.get("client_id") == params.get("client_id"));
    let Some(Pushed { params, is_signed }) = pushed else {
        let text = "request_uri is unknown, was used or has expired";
        return Err(OAuthError::new(ErrorCode::InvalidRequestUri, text).into());
    };
    Ok((params, Way { is_pushed: true, is_signed }))
}

/// The same for a request that was not pushed. Of a client without keys a signed request stays what
/// it is, and is refused as what we do not process.
pub async fn unpack_object(
    platform: &Platform,
    ctx: &Ctx,
    params: &Params,
) -> Result<(Params, Way), EndpointError> {
    let plain = || (params.clone(), Way::default());
    let (Some(object), Some(id)) = (params.get("request"), params.get("client_id")) else {
        return Ok(plain());
    };
    let client = ctx.app.config.oauth.find_client(id);
    let Some(client) = client.filter(|it| client_keys::has_keys(it)) else { return Ok(plain()) };
    if params.get("request_uri").is_some() {
        return Err(invalid("request and request_uri exclude each other").into());
    }
    let jwt = client_keys::verify(platform, ctx, client, object).await.map_err(invalid)?;
    let params = read(ctx, client, &jwt)?;
    Ok((params, Way { is_pushed: false, is_signed: true }))
}

/// Keeps a request that was pushed; the name under which it is found.
pub async fn keep(
    ctx: &Ctx,
    kv: &Kv,
    params: Params,
    is_signed: bool,
) -> Result<String, EndpointError> {
    let id = ctx.rng.token();
    let pushed = Pushed { params, is_signed };
    kv.put_json(&key(ctx, &id), &pushed, PUSHED_SECONDS, ctx.now).await?;
    Ok(format!("{PREFIX}{id}"))
}

fn key(ctx: &Ctx, id: &str) -> Key {
    Key::new(&ctx.app.id, "pushed_request", &sha256_hex(id))
}

/// The parameters in a signed request.
fn read(ctx: &Ctx, client: &ClientConfig, jwt: &Jwt) -> Result<Params, OAuthError> {
    // Other JWTs that the client signs (RFC 9101 §10.8).
    let is_request = jwt.header.typ.is_none()
        || ["JWT", "oauth-authz-req+jwt"].iter().any(|it| jwt.header.is_type(it));
    if !is_request {
        return Err(invalid("the request object is a token of another type"));
    }
    let expected = Expected {
        now: ctx.now,
        skew_seconds: SKEW_SECONDS,
        issuer: Some(&client.client_id),
        audience: Some(ctx.app.origin()),
        expired_is_fine: false,
    };
    jwt.check(&expected).map_err(|error| invalid(error.to_string()))?;
    let latest = ctx.now.plus_seconds(LIFETIME_SECONDS_MAX);
    if jwt.instant("exp").is_none_or(|ends_at| ends_at > latest) {
        return Err(invalid("the request object lives too long"));
    }
    if jwt.text("client_id") != Some(client.client_id.as_str()) {
        return Err(invalid("the request object is of another client"));
    }
    let about_the_request =
        jwt.claims.iter().filter(|(name, _)| !ABOUT_THE_OBJECT.contains(&name.as_str()));
    let mut pairs = Vec::new();
    for (name, value) in about_the_request {
        // RFC 9101 §4: requests do not contain requests.
        if name == "request" || name == "request_uri" {
            return Err(invalid("a request object contains no other"));
        }
        pairs.push((name.clone(), text(value)));
    }
    Params::from_pairs(pairs).map_err(|error| invalid(error.to_string()))
}

/// A parameter as it would stand in an address; `claims` is JSON there.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn invalid(text: impl Into<std::borrow::Cow<'static, str>>) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequestObject, text)
}
